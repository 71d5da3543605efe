//! Error of a partly applied plan.

use std::fmt;

use crate::error::Error;

/// Error of a step that stopped a plan.
///
/// The steps before it are applied and are not rolled back. To continue, plan and apply again.
///
/// `?` converts it to its [`error`](Self::error) in a function that returns [`mem0::Result`](crate::Result).
#[derive(Debug)]
#[non_exhaustive]
pub struct ApplyError {
    /// Number of applied steps, which is also the index of the failed step. The failed step may have been carried out
    /// if its response was lost.
    pub done: usize,
    /// Number of steps of the plan.
    pub total: usize,
    /// Error of the failed step.
    pub error: Error,
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plan stopped after {} of {} steps: {}", self.done, self.total, self.error)
    }
}

impl std::error::Error for ApplyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}

impl From<ApplyError> for Error {
    fn from(error: ApplyError) -> Self {
        error.error
    }
}
