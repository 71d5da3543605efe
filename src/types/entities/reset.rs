//! What a reset did.

use std::fmt;

use crate::error::Error;
use crate::error::bounded::{Bounded, VALUE_TEXT};
use crate::id::EventId;

/// What a reset did: deleted entities, one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reset {
    /// How many entities the platform has taken to delete.
    pub deleted: u64,
    /// How many were gone when their turn came.
    pub already_gone: u64,
    /// The events of the deletions, which tell when each is done.
    pub event_ids: Vec<EventId>,
}

/// A reset that stopped at its first failure. What was deleted until then stays deleted, and another reset goes
/// on with the rest.
///
/// `?` turns it into its [`error`](Self::error) where a function returns [`mem0::Result`](crate::Result).
#[non_exhaustive]
pub struct ResetError {
    /// What was done before.
    pub done: Reset,
    /// What went wrong then.
    pub error: Error,
}

impl fmt::Debug for ResetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResetError")
            .field("done", &Bounded(&self.done, VALUE_TEXT))
            .field("error", &self.error)
            .finish()
    }
}

impl fmt::Display for ResetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the reset stopped after {} deletions ({} were gone before): {}",
            self.done.deleted, self.done.already_gone, self.error
        )
    }
}

impl std::error::Error for ResetError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}

impl From<ResetError> for Error {
    fn from(stopped: ResetError) -> Self {
        stopped.error
    }
}
