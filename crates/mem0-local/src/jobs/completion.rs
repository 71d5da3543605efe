//! When what was asked for is there.

use std::time::Duration;

/// When what the platform answers before it is done is there: the memories of an add that infers (the default), an
/// export, the profiles of a job.
///
/// The answer says so in every case, and whoever waits asks for the add's event, for the export, which is 404 until
/// it is there, and for the job. What was asked for first is done first. An add with `infer: false` never waits.
///
/// ```
/// use std::time::Duration;
/// use mem0_local::{Completion, LocalPlatform};
///
/// let slow = LocalPlatform::builder().completion(Completion::After(Duration::from_secs(2))).start()?;
/// let by_hand = LocalPlatform::builder().completion(Completion::Manual).start()?;
/// by_hand.run_jobs()?;
/// # Ok::<(), mem0_local::LocalError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Completion {
    /// By the time the next request is answered. Where a model extracts memories, as soon as it has answered.
    #[default]
    Immediate,
    /// When this time has gone by on the platform's clock: with a clock that stands, by moving it.
    After(Duration),
    /// When [`LocalPlatform::run_jobs`](crate::LocalPlatform::run_jobs) is called.
    Manual,
}

impl Completion {
    /// When what was asked for at that moment is due; `None` if time alone does not bring it about. Microseconds since 1970.
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
