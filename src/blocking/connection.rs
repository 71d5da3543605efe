//! ureq's connection, with two corrections for reading responses.

use std::fmt;
use std::io::ErrorKind;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport as Connection};

use super::phased_error::PhasedError;
use crate::error::Phase;

/// Start of an interim response, which precedes the final one.
const CONTINUE: &[u8] = b"HTTP/1.1 100";

/// ureq's connection with the corrections.
pub(super) struct GuardedConnection {
    inner: Box<dyn Connection>,
    /// Whether a request was sent and its final response has not begun.
    awaits_response: bool,
}

impl GuardedConnection {
    pub(super) fn new(inner: Box<dyn Connection>) -> Self {
        Self { inner, awaits_response: false }
    }
}

impl Connection for GuardedConnection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.awaits_response = true;
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let made_progress = self.inner.await_input(timeout).map_err(mark_reset)?;
        if self.awaits_response {
            self.awaits_response = skip_interim_responses(self.inner.buffers());
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

/// Removes every `100 Continue` with its headers from the input, since ureq fails on headers in them. Returns whether
/// the final response has not begun.
fn skip_interim_responses(buffers: &mut dyn Buffers) -> bool {
    loop {
        let input = buffers.input();
        if !input.starts_with(&CONTINUE[..input.len().min(CONTINUE.len())]) {
            return false;
        }
        let Some(end) = input.windows(4).position(|window| window == b"\r\n\r\n") else { return true };
        buffers.input_consume(end + 4);
    }
}

/// Marks a reset connection as an error. ureq would treat it as the end of a body that is delimited by the end of its
/// connection.
fn mark_reset(error: Error) -> Error {
    match error {
        Error::Io(error)
            if matches!(
                error.kind(),
                ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::UnexpectedEof
            ) =>
        {
            PhasedError::wrap(Phase::Read, Error::Io(error))
        }
        error => error,
    }
}
