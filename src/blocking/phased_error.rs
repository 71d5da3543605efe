//! Errors of ureq with their phase.

use std::fmt;

use crate::error::Phase;

/// Error of ureq with its phase. ureq's errors do not contain it: a reset during the handshake equals a reset during
/// the response.
#[derive(Debug)]
pub(super) struct PhasedError {
    pub(super) phase: Phase,
    pub(super) error: ureq::Error,
}

impl PhasedError {
    pub(super) fn wrap(phase: Phase, error: ureq::Error) -> ureq::Error {
        ureq::Error::Other(Box::new(Self { phase, error }))
    }
}

impl fmt::Display for PhasedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for PhasedError {}
