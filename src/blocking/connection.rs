//! A connection of the blocking flavour, with what ureq lets pass.

use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport as Connection};

use super::connector::Phased;
use super::heads::Heads;
use crate::error::Phase;

/// How an answer starts that is no answer yet.
const CONTINUE: &[u8] = b"HTTP/1.1 100";

/// ureq's connection, guarded.
pub(super) struct GuardedConnection {
    inner: Box<dyn Connection>,
    heads: Arc<Heads>,
    /// Whether a request is under way whose head ureq has written.
    has_head: bool,
    /// The head to send, until it is known whether a body comes with it.
    head: Option<Vec<u8>>,
    /// Whether nothing of the answer has come yet but announcements that it will.
    awaits_answer: bool,
}

impl GuardedConnection {
    pub(super) fn new(inner: Box<dyn Connection>, heads: Arc<Heads>) -> Self {
        Self { inner, heads, has_head: false, head: None, awaits_answer: false }
    }

    /// Keeps the head that ureq has not seen in place of the one it wrote. It is sent together with the body,
    /// which ureq writes apart: one packet in place of two.
    fn keep_head(&mut self, amount: usize) -> Result<(), Error> {
        let head = self.inner.buffers().output().get(..amount).and_then(|head| self.heads.exchange(head));
        self.head = Some(head.ok_or(Error::ConnectionFailed)?);
        Ok(())
    }

    fn transmit(&mut self, bytes: &[u8], timeout: NextTimeout) -> Result<(), Error> {
        let room = self.inner.buffers().output().len().max(1);
        for piece in bytes.chunks(room) {
            self.inner.buffers().output()[..piece.len()].copy_from_slice(piece);
            self.inner.transmit_output(piece.len(), timeout)?;
        }
        Ok(())
    }
}

impl Connection for GuardedConnection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.awaits_answer = true;
        if !self.has_head {
            self.has_head = true;
            return self.keep_head(amount);
        }
        match self.head.take() {
            None => self.inner.transmit_output(amount, timeout),
            Some(mut bytes) => {
                bytes.extend_from_slice(self.inner.buffers().output().get(..amount).unwrap_or_default());
                self.transmit(&bytes, timeout)
            }
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.has_head = false;
        if let Some(head) = self.head.take() {
            self.transmit(&head, timeout)?;
        }
        let made_progress = self.inner.await_input(timeout).map_err(lost)?;
        if self.awaits_answer {
            self.awaits_answer = skip_announcements(self.inner.buffers());
        }
        Ok(made_progress)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl fmt::Debug for GuardedConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuardedConnection").field(&self.inner).finish()
    }
}

/// Takes every `100 Continue` from the front of the input, with whatever headers it has: ureq gives up on those
/// that have any. Returns whether an answer that is none of them is still to come.
fn skip_announcements(buffers: &mut dyn Buffers) -> bool {
    loop {
        let input = buffers.input();
        if !input.starts_with(&CONTINUE[..input.len().min(CONTINUE.len())]) {
            return false;
        }
        let Some(end) = input.windows(4).position(|window| window == b"\r\n\r\n") else { return true };
        buffers.input_consume(end + 4);
    }
}

/// A connection that is torn down is no end of a body, as ureq would have it: a body that lasts until the end
/// of its connection is whole after an orderly end alone.
fn lost(error: Error) -> Error {
    match error {
        Error::Io(error)
            if matches!(
                error.kind(),
                ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::UnexpectedEof
            ) =>
        {
            Phased::wrap(Phase::Read, Error::Io(error))
        }
        error => error,
    }
}
