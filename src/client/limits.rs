//! Limits and error phases that both transports share.

use std::io;
use std::time::Duration;

use http::HeaderMap;

use crate::error::{Error, Phase, Result};

/// Maximum idle time of a pooled connection: less than the 5 s after which servers usually close it.
pub(crate) const MAX_IDLE_AGE: Duration = Duration::from_secs(4);

/// Minimum time limit that a transport gets.
const MIN_DURATION: Duration = Duration::from_millis(1);

/// Maximum time limit. Every system's clock can represent an instant that much later.
const MAX_DURATION: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// Clamps a caller's time limit to the range that transports support: zero means "none" to some of them, and others
/// panic on more than the clock can represent.
pub(crate) fn clamp_duration(limit: Duration) -> Duration {
    limit.clamp(MIN_DURATION, MAX_DURATION)
}

/// Maximum number of response headers, and of their bytes. The HTTP libraries have different limits of their own, none
/// of them lower.
const MAX_HEADERS: usize = 100;
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// Rejects response headers over the limits.
pub(crate) fn check_headers(headers: &HeaderMap) -> Result<()> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES {
        return Err(Error::unreadable("its headers are too large"));
    }
    Ok(())
}

/// Whether a `Content-Length` is over the limit, so that the body is not read.
pub(crate) fn exceeds(content_length: u64, limit: usize) -> bool {
    usize::try_from(content_length).map_or(true, |length| length > limit)
}

/// Phase of an error while connecting. A TLS handshake fails because of invalid bytes, a closed connection, or an error
/// that is not the socket's.
pub(crate) fn connect_phase(is_https: bool, error: Option<io::ErrorKind>) -> Phase {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, InvalidData, InvalidInput, Other, UnexpectedEof,
        WriteZero,
    };
    let is_handshake_error = matches!(
        error,
        None | Some(
            BrokenPipe
                | ConnectionAborted
                | ConnectionReset
                | InvalidData
                | InvalidInput
                | Other
                | UnexpectedEof
                | WriteZero
        )
    );
    if is_https && is_handshake_error { Phase::Tls } else { Phase::Connect }
}

/// Phase of an error after the connection was made.
pub(crate) fn exchange_phase(error: Option<io::ErrorKind>) -> Phase {
    match error {
        Some(io::ErrorKind::BrokenPipe) => Phase::Write,
        _ => Phase::Read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_errors_are_not_handshake_errors() {
        // Too many open files.
        let limit = io::Error::from_raw_os_error(24).kind();
        for kind in [limit, io::ErrorKind::ConnectionRefused, io::ErrorKind::NetworkUnreachable] {
            assert_eq!(connect_phase(true, Some(kind)), Phase::Connect, "{kind:?}");
        }
        for kind in [None, Some(io::ErrorKind::InvalidData), Some(io::ErrorKind::ConnectionReset)] {
            assert_eq!(connect_phase(true, kind), Phase::Tls, "{kind:?}");
            assert_eq!(connect_phase(false, kind), Phase::Connect, "{kind:?}");
        }
    }
}
