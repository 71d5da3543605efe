//! Errors of ureq, with the step that failed.

use std::fmt;

use crate::error::Phase;

/// An error with the step that failed. ureq's own errors do not tell: a handshake that is reset looks like a response
/// that is.
#[derive(Debug)]
pub(super) struct Phased {
    pub(super) phase: Phase,
    pub(super) error: ureq::Error,
}

impl Phased {
    pub(super) fn wrap(phase: Phase, error: ureq::Error) -> ureq::Error {
        ureq::Error::Other(Box::new(Self { phase, error }))
    }
}

impl fmt::Display for Phased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Phased {}
