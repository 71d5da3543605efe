//! What both transports have to agree on.

use std::io;
use std::time::Duration;

use http::HeaderMap;

use crate::error::{Error, Phase, Result};

/// How long a connection may lie idle before it is dropped: less than the 5 s after which servers usually close.
pub(crate) const IDLE_CONNECTION: Duration = Duration::from_secs(4);

/// The shortest time limit a transport is given.
const SHORTEST: Duration = Duration::from_millis(1);

/// The longest time limit anything works with. A moment so much later still exists on every system's clock.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// A caller's time limit, in the range that transports can count with: zero means "none" to some of them, and
/// more than the clock can show is a panic to others.
pub(crate) fn bounded(limit: Duration) -> Duration {
    limit.clamp(SHORTEST, LONGEST)
}

/// How many headers an answer may have, and how many bytes they may take. What the HTTP libraries allow by
/// themselves differs, and none allows fewer or less.
const MOST_HEADERS: usize = 100;
const MOST_HEADER_BYTES: usize = 64 * 1024;

/// Refuses a head that is larger than one may be.
pub(crate) fn check_head(headers: &HeaderMap) -> Result<()> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > MOST_HEADERS || bytes > MOST_HEADER_BYTES {
        return Err(Error::unreadable("its head is too large"));
    }
    Ok(())
}

/// Whether a body that is promised to have that many bytes is not worth beginning to read.
pub(crate) fn exceeds(promised: u64, limit: usize) -> bool {
    usize::try_from(promised).map_or(true, |promised| promised > limit)
}

/// Phase of an error while connecting. A handshake fails by what is wrong with the bytes, by their end, or by an error
/// that is not the socket's.
pub(crate) fn connect_phase(is_https: bool, error: Option<io::ErrorKind>) -> Phase {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, InvalidData, InvalidInput, Other, UnexpectedEof,
        WriteZero,
    };
    let is_of_handshake = matches!(
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
    if is_https && is_of_handshake { Phase::Tls } else { Phase::Connect }
}

/// Whether an exchange that broke with this error broke while the request was written.
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
    fn an_error_of_the_socket_is_not_the_handshakes() {
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
