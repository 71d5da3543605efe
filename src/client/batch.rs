//! What became of many items that were sent in several requests.

use crate::error::{Error, Result};
use crate::ids::MemoryId;

/// How many memories one request may change or delete (contract 3.4).
pub(crate) const LARGEST_BATCH: usize = 1000;

/// What became of the requests of a call on many memories, in order: a thousand memories a request.
///
/// A call that fails half-way has been carried out half-way: this says which half.
#[derive(Debug)]
#[must_use = "some of the batches may have failed: look at them, or use `into_result`"]
#[non_exhaustive]
pub struct Batches<V> {
    /// One for each request.
    pub batches: Vec<Batch<V>>,
}

/// A request for many memories, and what became of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Batch<V> {
    /// The memories it was about.
    pub ids: Vec<MemoryId>,
    /// What became of it.
    pub outcome: BatchOutcome<V>,
}

/// What became of a request for many memories.
#[derive(Debug)]
#[non_exhaustive]
pub enum BatchOutcome<V> {
    /// It was carried out.
    Done(V),
    /// It failed. Whether some of its memories were changed all the same is not documented.
    Failed(Error),
    /// It was not sent, since one before it failed in a way that would have been its own.
    NotSent,
}

impl<V> Batches<V> {
    /// The platform's answers, if every request succeeded.
    ///
    /// # Errors
    /// The first failure.
    pub fn into_result(self) -> Result<Vec<V>> {
        let mut done = Vec::with_capacity(self.batches.len());
        for batch in self.batches {
            match batch.outcome {
                BatchOutcome::Done(value) => done.push(value),
                BatchOutcome::Failed(error) => return Err(error),
                // Something before it failed, and has been returned.
                BatchOutcome::NotSent => {}
            }
        }
        Ok(done)
    }

    /// The memories of requests that failed or were not sent.
    pub fn not_done(&self) -> impl Iterator<Item = &MemoryId> {
        let not_done = self.batches.iter().filter(|batch| !matches!(batch.outcome, BatchOutcome::Done(_)));
        not_done.flat_map(|batch| &batch.ids)
    }
}

/// Whether the failure of one batch says nothing of the next: it was about what it held.
pub(crate) fn is_about_its_content(error: &Error) -> bool {
    error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 404 | 409 | 413 | 422))
}
