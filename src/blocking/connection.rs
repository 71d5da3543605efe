//! A connection of the blocking flavour, with what ureq lets pass.

use std::io::ErrorKind;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport as Connection};

use super::connector::Phased;
use crate::error::Phase;

/// ureq's connection, guarded.
#[derive(Debug)]
pub(super) struct GuardedConnection {
    inner: Box<dyn Connection>,
}

impl GuardedConnection {
    pub(super) fn new(inner: Box<dyn Connection>) -> Self {
        Self { inner }
    }
}

impl Connection for GuardedConnection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout).map_err(lost)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
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
