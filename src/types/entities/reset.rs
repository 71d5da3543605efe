//! Outcome of a reset.

use std::fmt;

use crate::error::Error;
use crate::error::bounded::{Bounded, MAX_VALUE_LEN};
use crate::ids::EventId;

/// Summary of a reset, which deletes all entities with their memories.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct ResetSummary {
    /// Number of entities whose deletion the platform accepted.
    pub deleted: u64,
    /// Number of entities that no longer existed.
    pub already_gone: u64,
    /// Events of the deletions. Wait for them to know when the deletions are complete.
    pub event_ids: Vec<EventId>,
}

/// Error of a reset, which stops at its first failure.
///
/// Deleted entities stay deleted; another reset continues with the rest.
///
/// In a function that returns [`mem0::Result`](crate::Result), `?` converts it into its [`error`](Self::error).
#[non_exhaustive]
pub struct ResetError {
    /// Summary of the deletions before the failure.
    pub done: ResetSummary,
    /// Error that stopped the reset.
    pub error: Error,
}

impl fmt::Debug for ResetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResetError")
            .field("done", &Bounded(&self.done, MAX_VALUE_LEN))
            .field("error", &self.error)
            .finish()
    }
}

impl fmt::Display for ResetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "reset stopped after {} deletions ({} already gone): {}",
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
