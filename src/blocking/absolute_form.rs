//! Requests in absolute form, as a proxy that forwards plain HTTP expects them (RFC 9112, section 3.2.2).
//!
//! ureq sends every request through a proxy with `CONNECT`, which most proxies allow for port 443 only. This connection
//! adds scheme and authority to the path of the request line.

use std::fmt;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport as Connection};

/// Connection to a proxy that forwards requests to one server.
pub(super) struct AbsoluteForm {
    inner: Box<dyn Connection>,
    /// Scheme and authority of the server.
    server: String,
    /// Whether the next bytes start a request line.
    is_at_start: bool,
}

impl AbsoluteForm {
    pub(super) fn new(inner: Box<dyn Connection>, server: String) -> Self {
        Self { inner, server, is_at_start: true }
    }
}

impl Connection for AbsoluteForm {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if !std::mem::take(&mut self.is_at_start) {
            return self.inner.transmit_output(amount, timeout);
        }
        let output = self.inner.buffers().output();
        let head = output.get(..amount).unwrap_or_default();
        let path = head.iter().position(|byte| *byte == b' ').map_or(0, |space| space + 1);
        let head = [&head[..path], self.server.as_bytes(), &head[path..]].concat();
        let capacity = output.len().max(1);
        for chunk in head.chunks(capacity) {
            self.inner.buffers().output()[..chunk.len()].copy_from_slice(chunk);
            self.inner.transmit_output(chunk.len(), timeout)?;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.is_at_start = true;
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl fmt::Debug for AbsoluteForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AbsoluteForm").field(&self.inner).finish()
    }
}
