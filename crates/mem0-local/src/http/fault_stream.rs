//! A connection that can be made to fail.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::http::activity::Activity;
use crate::lock;

/// What becomes of the bytes a connection is to send.
#[derive(Debug, Default)]
pub(crate) enum WriteFault {
    /// They are sent.
    #[default]
    None,
    /// None of them is sent: the connection is reset.
    Reset,
    /// The head of the answer and half of its body are sent, then the connection ends.
    Truncate,
    /// These are sent in their place, then the connection ends.
    Replace(Vec<u8>),
    /// The connection ends after what was sent.
    Closed,
}

/// The handle of a connection by which its handler makes it fail.
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
    /// The head and a small body come in one call, since this offers no vectored writes.
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let FaultStream { stream, fault, activity } = &mut *self;
        let mut write_fault = lock(&fault.0);
        let (part, answer) = match &*write_fault {
            WriteFault::None => {
                let written = Pin::new(stream).poll_write(context, bytes);
                if written.is_ready() {
                    activity.write_progressed();
                }
                return written;
            }
            WriteFault::Reset => {
                // Closing with nothing lingering is what sends a reset.
                let _ = stream.set_zero_linger();
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            WriteFault::Closed => return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            WriteFault::Truncate => (truncated_body(bytes).to_vec(), bytes.len()),
            WriteFault::Replace(garbage) => (garbage.clone(), bytes.len()),
        };
        match Pin::new(stream).poll_write(context, &part) {
            Poll::Ready(Ok(_)) => {
                *write_fault = WriteFault::Closed;
                Poll::Ready(Ok(answer))
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

/// The head and the first half of the body.
fn truncated_body(answer: &[u8]) -> &[u8] {
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    &answer[..head + (answer.len() - head) / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_body_is_not_all_of_it() {
        assert_eq!(truncated_body(b"HTTP/1.1 200 OK\r\n\r\n{}"), b"HTTP/1.1 200 OK\r\n\r\n{");
        assert_eq!(truncated_body(b"no head"), b"no head");
    }
}
