//! How often to look whether something is done: data and a pure decision.

use std::time::{Duration, Instant};

use crate::client::limits::bounded;
use crate::client::retry::Decision;
use crate::error::{Error, Result};

/// How often to ask whether something is done that the platform does in its own time, and for how long.
///
/// The first look is at once; the waits between looks start at 200 ms and grow by half, up to 5 s, and the last look is
/// at the deadline, 2 minutes unless set. The client's time limits hold for each look, not for all of them.
///
/// ```
/// use std::time::Duration;
/// use mem0::client::PollPolicy;
///
/// let patient = PollPolicy::default().deadline(Duration::from_secs(600)).max_delay(Duration::from_secs(20));
/// # let _ = patient;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a PollPolicy does nothing until it is passed to a call that waits"]
pub struct PollPolicy {
    first_delay: Duration,
    max_delay: Duration,
    deadline: Duration,
}

impl Default for PollPolicy {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_millis(200),
            max_delay: Duration::from_secs(5),
            deadline: Duration::from_secs(120),
        }
    }
}

impl PollPolicy {
    /// The wait after the first look; each one is half as long again. 200 ms unless set.
    pub fn first_delay(self, delay: Duration) -> Self {
        Self { first_delay: delay, ..self }
    }

    /// The longest wait between two looks; 5 s unless set.
    pub fn max_delay(self, delay: Duration) -> Self {
        Self { max_delay: delay, ..self }
    }

    /// How long to go on for; 2 minutes unless set. With zero there is one look.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// What to do after `looks` looks, the last of which found it under way, when `waited` has gone by.
    pub fn decide(&self, looks: u32, waited: Duration) -> Decision {
        let remaining = self.deadline.saturating_sub(waited);
        if remaining.is_zero() {
            return Decision::Stop;
        }
        // A wait of nothing would ask without a pause.
        let longest = self.max_delay.max(Duration::from_millis(1));
        let grown = self.first_delay.as_secs_f64() * 1.5_f64.powf(f64::from(looks.saturating_sub(1)));
        let wait = Duration::try_from_secs_f64(grown).unwrap_or(longest);
        Decision::Retry(wait.clamp(Duration::from_millis(1), longest).min(remaining))
    }
}

/// A wait under way.
pub(crate) struct Wait {
    policy: PollPolicy,
    started: Instant,
    looks: u32,
}

impl Wait {
    pub(crate) fn begin(policy: PollPolicy) -> Self {
        Self { policy, started: Instant::now(), looks: 0 }
    }

    /// How long to wait until the next look, or that it took too long.
    pub(crate) fn next_delay(&mut self) -> Result<Duration> {
        self.looks = self.looks.saturating_add(1);
        match self.policy.decide(self.looks, self.started.elapsed()) {
            Decision::Retry(delay) => Ok(bounded(delay)),
            Decision::Stop => Err(Error::wait_timeout(self.policy.deadline)),
        }
    }

    /// How many looks there have been.
    pub(crate) fn looks(&self) -> u32 {
        self.looks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn waits_grow_up_to_the_longest_and_the_last_ends_at_the_deadline() {
        let policy =
            PollPolicy::default().first_delay(millis(100)).max_delay(millis(300)).deadline(millis(1000));
        for (looks, waited, decision) in [
            (1, 0, Decision::Retry(millis(100))),
            (2, 100, Decision::Retry(millis(150))),
            (3, 250, Decision::Retry(millis(225))),
            (4, 475, Decision::Retry(millis(300))),
            (5, 775, Decision::Retry(millis(225))),
            (6, 1000, Decision::Stop),
            (6, 5000, Decision::Stop),
            (u32::MAX, 0, Decision::Retry(millis(300))),
        ] {
            assert_eq!(policy.decide(looks, millis(waited)), decision, "{looks} looks, {waited} ms");
        }
    }

    #[test]
    fn no_setting_makes_it_panic_or_ask_without_a_pause() {
        let hasty = PollPolicy::default().first_delay(Duration::ZERO).max_delay(Duration::ZERO);
        assert_eq!(hasty.decide(1, Duration::ZERO), Decision::Retry(millis(1)));
        let endless =
            PollPolicy::default().first_delay(Duration::MAX).max_delay(Duration::MAX).deadline(Duration::MAX);
        assert_eq!(endless.decide(u32::MAX, Duration::ZERO), Decision::Retry(Duration::MAX));
        assert_eq!(PollPolicy::default().deadline(Duration::ZERO).decide(1, Duration::ZERO), Decision::Stop);
    }
}
