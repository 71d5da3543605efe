//! Completion of background jobs.

use std::time::Duration;

/// Time at which background jobs complete: adds with inference (the default), exports and profile jobs.
///
/// The response is the same in every case. Clients wait by reading the event of an add, the export, which is 404
/// until it is complete, or the profile job. Jobs run in the order of their requests. An add with `infer: false`
/// completes at once.
///
/// ```
/// use std::time::Duration;
/// use mem0_local::{Completion, LocalPlatform};
///
/// let slow = LocalPlatform::builder().completion(Completion::After(Duration::from_secs(2))).start()?;
/// let manual = LocalPlatform::builder().completion(Completion::Manual).start()?;
/// manual.run_jobs()?;
/// # Ok::<(), mem0_local::LocalError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Completion {
    /// Before the next request is handled. If a model extracts memories, as soon as it responds.
    #[default]
    Immediate,
    /// When this duration has passed on the platform's clock. A fixed clock must be moved.
    After(Duration),
    /// When [`LocalPlatform::run_jobs`](crate::LocalPlatform::run_jobs) is called.
    Manual,
}

impl Completion {
    /// Due time of a job, in microseconds since 1970; `None` for [`Manual`](Self::Manual).
    pub(crate) fn due(self, requested_at: i64) -> Option<i64> {
        match self {
            Completion::Immediate => Some(requested_at),
            Completion::After(delay) => {
                let delay = i64::try_from(delay.as_micros()).unwrap_or(i64::MAX);
                Some(requested_at.saturating_add(delay))
            }
            Completion::Manual => None,
        }
    }
}
