//! Waiting for what the platform does in its own time: data and a pure decision.

use std::time::{Duration, Instant};

use crate::error::{Error, TimeoutKind};
use crate::options::RequestOptions;
use crate::request::Request;

/// The shortest wait between two looks: a policy without one would keep the platform busy.
const SHORTEST: Duration = Duration::from_millis(10);

/// How often to look whether something is done, and for how long.
///
/// By default every half second at first and every five seconds in the end, for five minutes.
///
/// ```
/// use std::time::Duration;
/// use mem0::PollPolicy;
///
/// let hasty = PollPolicy::default().interval(Duration::from_millis(50)).timeout(Duration::from_secs(5));
/// # let _ = hasty;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a PollPolicy does nothing until it is given to a call that waits"]
pub struct PollPolicy {
    interval: Duration,
    max_interval: Duration,
    timeout: Duration,
}

impl Default for PollPolicy {
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(500),
            max_interval: Duration::from_secs(5),
            timeout: Duration::from_secs(300),
        }
    }
}

impl PollPolicy {
    /// The wait after the first look; it doubles with every look. Half a second unless set, and 10 ms at least.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// The longest wait between two looks; 5 s unless set.
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.max_interval = interval;
        self
    }

    /// For how long to look, the looks included; five minutes unless set. A wait that would outlast it is not
    /// begun.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// A wait under way.
pub(crate) struct Polling {
    started: Instant,
    policy: PollPolicy,
    looks: u32,
}

impl Polling {
    pub(crate) fn begin(policy: PollPolicy) -> Self {
        Self { started: Instant::now(), policy, looks: 0 }
    }

    /// The options of the next look, which may not outlast the wait.
    pub(crate) fn options(&self, options: &RequestOptions) -> RequestOptions {
        let left = self.remaining().max(SHORTEST);
        let timeout = options.timeout.map_or(left, |timeout| timeout.min(left));
        RequestOptions { timeout: Some(timeout), ..options.clone() }
    }

    /// Whether a look failed for want of time only: the wait's, not the call's own.
    pub(crate) fn is_cut_short(&self, error: &Error) -> bool {
        matches!(error, Error::Timeout(timeout) if timeout.kind == TimeoutKind::Call)
            && self.remaining().is_zero()
    }

    /// How long to wait before the next look; `None` when time has run out.
    pub(crate) fn next_wait(&mut self) -> Option<Duration> {
        let doublings = self.looks.min(31);
        self.looks += 1;
        let wait =
            self.policy.interval.saturating_mul(1 << doublings).min(self.policy.max_interval).max(SHORTEST);
        (wait < self.remaining()).then_some(wait)
    }

    /// The error of a wait that took too long.
    pub(crate) fn ran_out(&self, look: &Request) -> Error {
        Error::timeout(TimeoutKind::Wait, self.policy.timeout, true).of_call(
            look.method(),
            look.path(),
            self.looks,
            true,
        )
    }

    fn remaining(&self) -> Duration {
        self.policy.timeout.saturating_sub(self.started.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut polling = Polling::begin(PollPolicy::default());
        let waits: Vec<_> = (0..6).filter_map(|_| polling.next_wait()).map(|wait| wait.as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 5000, 5000]);
        let policy =
            PollPolicy::default().timeout(Duration::MAX).max_interval(Duration::MAX).interval(Duration::MAX);
        assert_eq!(Polling::begin(policy).next_wait(), None, "it outlasts any wait");
    }

    #[test]
    fn no_policy_keeps_the_platform_busy() {
        for policy in [
            PollPolicy::default().interval(Duration::ZERO),
            PollPolicy::default().max_interval(Duration::ZERO),
        ] {
            assert_eq!(Polling::begin(policy).next_wait(), Some(SHORTEST));
        }
    }

    #[test]
    fn a_wait_that_would_outlast_the_policy_is_not_begun() {
        let policy = PollPolicy::default().timeout(Duration::from_millis(400));
        assert_eq!(Polling::begin(policy).next_wait(), None);
        let options =
            Polling::begin(PollPolicy::default().timeout(Duration::ZERO)).options(&RequestOptions::new());
        assert_eq!(options.timeout, Some(SHORTEST));
        let short = RequestOptions::new().timeout(Duration::from_secs(1));
        assert_eq!(
            Polling::begin(PollPolicy::default()).options(&short).timeout,
            Some(Duration::from_secs(1))
        );
    }
}
