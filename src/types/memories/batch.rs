//! Outcome of a call for many memories, which is sent as several requests.

use crate::error::{Error, Result};
use crate::ids::MemoryId;

/// Maximum number of memories in one request: see `docs/platform-api.md#batches`.
pub(crate) const MAX_BATCH_LEN: usize = 1000;

/// Outcome of a call for many memories: one [`Batch`] per request, in order.
///
/// A request has up to 1000 memories. Each batch has its own outcome, because a call may be carried out in part.
#[derive(Debug, Clone)]
#[must_use = "some of the batches may have failed; check their outcomes or call `into_result`"]
#[non_exhaustive]
pub struct Batches<V> {
    /// One batch per request.
    pub batches: Vec<Batch<V>>,
}

/// Request for up to 1000 memories, and its outcome.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Batch<V> {
    /// Ids of the memories of the request.
    pub ids: Vec<MemoryId>,
    /// Outcome of the request.
    pub outcome: BatchOutcome<V>,
}

/// Outcome of a request for many memories.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum BatchOutcome<V> {
    /// The request succeeded.
    Done(V),
    /// The request failed. The platform does not document whether some of its memories were changed.
    Failed(Error),
    /// The request was not sent, because an earlier one failed for a reason other than its content.
    NotSent,
}

impl<V> Batches<V> {
    /// Returns the values of all requests.
    ///
    /// # Errors
    /// The first error, if a request failed.
    pub fn into_result(self) -> Result<Vec<V>> {
        let mut done = Vec::with_capacity(self.batches.len());
        for batch in self.batches {
            match batch.outcome {
                BatchOutcome::Done(value) => done.push(value),
                BatchOutcome::Failed(error) => return Err(error),
                // An earlier batch has failed, and its error has been returned.
                BatchOutcome::NotSent => {}
            }
        }
        Ok(done)
    }

    /// Returns the ids of the memories in requests that failed or were not sent.
    pub fn not_done(&self) -> impl Iterator<Item = &MemoryId> {
        let not_done = self.batches.iter().filter(|batch| !matches!(batch.outcome, BatchOutcome::Done(_)));
        not_done.flat_map(|batch| &batch.ids)
    }
}

/// Whether an error was caused by the content of its request, so that the next request may succeed.
pub(crate) fn is_content_error(error: &Error) -> bool {
    error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 404 | 409 | 413 | 422))
}
