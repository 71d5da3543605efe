//! TCP stream with faults on demand.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::http::activity::Activity;
use crate::lock;

/// Fault of the writes of a connection.
#[derive(Debug, Default)]
pub(crate) enum WriteFault {
    /// Bytes are sent unchanged.
    #[default]
    None,
    /// The connection is reset and sends nothing.
    Reset,
    /// The response head and half of its body are sent, then the connection closes.
    Truncate,
    /// Other bytes are sent instead, then the connection closes.
    Replace(Vec<u8>),
    /// The connection is closed for writing.
    Closed,
}

/// Handle to set the fault of a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct FaultHandle(Arc<Mutex<WriteFault>>);

impl FaultHandle {
    pub(crate) fn set(&self, write_fault: WriteFault) {
        *lock(&self.0) = write_fault;
    }
}

#[derive(Debug)]
pub(crate) struct FaultStream {
    stream: TcpStream,
    fault: FaultHandle,
    activity: Activity,
}

impl FaultStream {
    pub(crate) fn new(stream: TcpStream, fault: FaultHandle, activity: Activity) -> Self {
        Self { stream, fault, activity }
    }
}

impl AsyncRead for FaultStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for FaultStream {
    /// Response head and a small body arrive in one call, because this stream does not support vectored writes.
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let FaultStream { stream, fault, activity } = &mut *self;
        let mut write_fault = lock(&fault.0);
        let (bytes_to_send, reported_len) = match &*write_fault {
            WriteFault::None => {
                let written = Pin::new(stream).poll_write(context, bytes);
                if written.is_ready() {
                    activity.write_progressed();
                }
                return written;
            }
            WriteFault::Reset => {
                // Closing a socket with a linger time of zero sends a reset.
                let _ = stream.set_zero_linger();
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            WriteFault::Closed => return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            WriteFault::Truncate => (truncated_body(bytes).to_vec(), bytes.len()),
            WriteFault::Replace(garbage) => (garbage.clone(), bytes.len()),
        };
        match Pin::new(stream).poll_write(context, &bytes_to_send) {
            Poll::Ready(Ok(_)) => {
                *write_fault = WriteFault::Closed;
                Poll::Ready(Ok(reported_len))
            }
            other => other,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if matches!(*lock(&self.fault.0), WriteFault::Closed) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_ready() {
            self.activity.flushed();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Returns the head and the first half of the body of a response.
fn truncated_body(response: &[u8]) -> &[u8] {
    let head = response.windows(4).position(|end| end == b"\r\n\r\n").map_or(response.len(), |at| at + 4);
    &response[..head + (response.len() - head) / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_is_truncated_to_its_first_half() {
        assert_eq!(truncated_body(b"HTTP/1.1 200 OK\r\n\r\n{}"), b"HTTP/1.1 200 OK\r\n\r\n{");
        assert_eq!(truncated_body(b"no head"), b"no head");
    }
}
