//! Requests in absolute form, as a proxy that forwards plain HTTP expects them (RFC 9112, section 3.2.2).
//!
//! ureq sends every request through a proxy by `CONNECT`, which most proxies allow for port 443 alone. This is the one
//! thing that is added to what ureq writes: scheme and authority before the path of the request line.

use std::fmt;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport as Connection};

/// A connection to a proxy, by which requests to one server are forwarded.
pub(super) struct AbsoluteForm {
    inner: Box<dyn Connection>,
    /// Scheme and authority of the server.
    server: String,
    /// Whether the next bytes are those of a request line.
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
        let path = head.iter().position(|byte| *byte == b' ').map_or(0, |blank| blank + 1);
        let head = [&head[..path], self.server.as_bytes(), &head[path..]].concat();
        let room = output.len().max(1);
        for part in head.chunks(room) {
            self.inner.buffers().output()[..part.len()].copy_from_slice(part);
            self.inner.transmit_output(part.len(), timeout)?;
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
