//! Completion of background jobs.

use std::time::Duration;

/// Time at which background jobs complete: adds with `infer: true`, exports and profile jobs.
///
/// The response to the request is the same for every variant. A client polls the event of an add, the export (404 until
/// it is complete), or the profile job. Jobs run in the order of their requests. An add with `infer: false` is not a
/// job: it completes before its response.
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
    /// Before the next request is handled. With a model, an add completes when the model has responded.
    #[default]
    Immediate,
    /// When this duration has passed on the platform's clock. A [manual](crate::Clock::manual) clock must be advanced.
    After(Duration),
    /// When [`LocalPlatform::run_jobs`](crate::LocalPlatform::run_jobs) is called.
    Manual,
}

impl Completion {
    /// Due time of a job, in microseconds since 1970; `None` for [`Manual`](Self::Manual).
    pub(crate) fn due(self, requested_at: i64) -> Option<i64> {
        match self {
            Self::Immediate => Some(requested_at),
            Self::After(delay) => {
                let delay = i64::try_from(delay.as_micros()).unwrap_or(i64::MAX);
                Some(requested_at.saturating_add(delay))
            }
            Self::Manual => None,
        }
    }
}
