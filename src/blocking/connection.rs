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
    /// Whether a request is under way of which the head has been sent.
    has_head: bool,
    /// Whether nothing of the answer has come yet but announcements that it will.
    awaits_answer: bool,
}

impl GuardedConnection {
    pub(super) fn new(inner: Box<dyn Connection>, heads: Arc<Heads>) -> Self {
        Self { inner, heads, has_head: false, awaits_answer: false }
    }

    /// Sends the head that ureq has not seen in place of the one it wrote.
    fn transmit_head(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let output = self.inner.buffers().output();
        let Some(head) = output.get(..amount).and_then(|head| self.heads.exchange(head)) else {
            return Err(Error::ConnectionFailed);
        };
        let room = output.len();
        for piece in head.chunks(room) {
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
        if self.has_head {
            return self.inner.transmit_output(amount, timeout);
        }
        self.has_head = true;
        self.transmit_head(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.has_head = false;
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
