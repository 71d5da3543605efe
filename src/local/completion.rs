//! When the memories of an add are there.

use std::time::Duration;

/// When the memories of an add that infers (the default) are there. The answer says `PENDING` in every case,
/// and the add's event tells when it is through. An add with `infer: false` never waits.
///
/// ```
/// use std::time::Duration;
/// use mem0::local::{Completion, LocalPlatform};
///
/// let slow = LocalPlatform::builder().completion(Completion::After(Duration::from_secs(2))).start()?;
/// let by_hand = LocalPlatform::builder().completion(Completion::OnSettle).start()?;
/// by_hand.settle()?;
/// # Ok::<(), mem0::local::LocalError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Completion {
    /// By the time the next request is answered. Where a model extracts them, as soon as it has answered.
    #[default]
    AtOnce,
    /// When this time has gone by on the platform's clock: with a clock that stands, by moving it.
    After(Duration),
    /// When [`LocalPlatform::settle`](crate::local::LocalPlatform::settle) is called.
    OnSettle,
}

impl Completion {
    /// When an add of that moment is due; `None` if time alone does not bring it about. Microseconds since 1970.
    pub(crate) fn due(self, added_at: i64) -> Option<i64> {
        match self {
            Completion::AtOnce => Some(added_at),
            Completion::After(delay) => {
                let delay = i64::try_from(delay.as_micros()).unwrap_or(i64::MAX);
                Some(added_at.saturating_add(delay))
            }
            Completion::OnSettle => None,
        }
    }
}
