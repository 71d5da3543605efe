//! A plan that stopped in the middle.

use std::fmt;

use crate::error::Error;

/// A plan that stopped at its first failure. The steps before it are done and stay done; planning and applying again
/// goes on with the rest.
///
/// `?` turns it into its [`error`](Self::error) where a function returns [`mem0::Result`](crate::Result).
#[derive(Debug)]
#[non_exhaustive]
pub struct ApplyError {
    /// How many steps are done. The one after them is the one that failed: it may have happened all the same, where
    /// its answer was lost.
    pub done: usize,
    /// How many there were.
    pub of: usize,
    /// What went wrong.
    pub error: Error,
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the plan stopped after {} of its {} steps: {}", self.done, self.of, self.error)
    }
}

impl std::error::Error for ApplyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}

impl From<ApplyError> for Error {
    fn from(stopped: ApplyError) -> Self {
        stopped.error
    }
}
