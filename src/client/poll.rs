//! Polling of background work: policy and state.

use std::time::{Duration, Instant};

use crate::client::limits::clamp_duration;
use crate::client::retry::Decision;
use crate::error::{Error, Result};

/// Policy for polling background work of the platform: delays between polls, and a deadline.
///
/// The first poll is immediate. The delay starts at 200 ms and grows by half after each poll, up to 5 s. The last poll
/// is at the deadline, by default after 2 minutes. The client's timeouts apply to each poll, not to the whole wait.
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
    /// Sets the delay after the first poll; each further delay is longer by half. The default is 200 ms.
    pub fn first_delay(self, delay: Duration) -> Self {
        Self { first_delay: delay, ..self }
    }

    /// Sets the maximum delay between two polls. The default is 5 s.
    pub fn max_delay(self, delay: Duration) -> Self {
        Self { max_delay: delay, ..self }
    }

    /// Sets the maximum duration of the wait. The default is 2 minutes. With zero, there is a single poll.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Decides whether and when to poll again, after `polls` unfinished polls and `elapsed` time.
    pub fn decide(&self, polls: u32, elapsed: Duration) -> Decision {
        let remaining = self.deadline.saturating_sub(elapsed);
        if remaining.is_zero() {
            return Decision::Stop;
        }
        // Zero would poll without a delay.
        let max_delay = self.max_delay.max(Duration::from_millis(1));
        let grown = self.first_delay.as_secs_f64() * 1.5_f64.powf(f64::from(polls.saturating_sub(1)));
        let delay = Duration::try_from_secs_f64(grown).unwrap_or(max_delay);
        Decision::Retry(delay.clamp(Duration::from_millis(1), max_delay).min(remaining))
    }
}

/// State of a wait: its policy, its start, and the number of polls.
pub(crate) struct Poller {
    policy: PollPolicy,
    started: Instant,
    polls: u32,
}

impl Poller {
    pub(crate) fn start(policy: PollPolicy) -> Self {
        Self { policy, started: Instant::now(), polls: 0 }
    }

    /// Delay until the next poll, or the timeout error at the deadline.
    pub(crate) fn next_delay(&mut self) -> Result<Duration> {
        self.polls = self.polls.saturating_add(1);
        match self.policy.decide(self.polls, self.started.elapsed()) {
            Decision::Retry(delay) => Ok(clamp_duration(delay)),
            Decision::Stop => Err(Error::wait_timeout(self.policy.deadline)),
        }
    }

    /// Number of polls so far.
    pub(crate) fn polls(&self) -> u32 {
        self.polls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn delays_grow_to_the_maximum_and_end_at_the_deadline() {
        let policy =
            PollPolicy::default().first_delay(millis(100)).max_delay(millis(300)).deadline(millis(1000));
        for (polls, elapsed, decision) in [
            (1, 0, Decision::Retry(millis(100))),
            (2, 100, Decision::Retry(millis(150))),
            (3, 250, Decision::Retry(millis(225))),
            (4, 475, Decision::Retry(millis(300))),
            (5, 775, Decision::Retry(millis(225))),
            (6, 1000, Decision::Stop),
            (6, 5000, Decision::Stop),
            (u32::MAX, 0, Decision::Retry(millis(300))),
        ] {
            assert_eq!(policy.decide(polls, millis(elapsed)), decision, "{polls} polls, {elapsed} ms");
        }
    }

    #[test]
    fn extreme_settings_neither_panic_nor_poll_without_a_delay() {
        let hasty = PollPolicy::default().first_delay(Duration::ZERO).max_delay(Duration::ZERO);
        assert_eq!(hasty.decide(1, Duration::ZERO), Decision::Retry(millis(1)));
        let endless =
            PollPolicy::default().first_delay(Duration::MAX).max_delay(Duration::MAX).deadline(Duration::MAX);
        assert_eq!(endless.decide(u32::MAX, Duration::ZERO), Decision::Retry(Duration::MAX));
        assert_eq!(PollPolicy::default().deadline(Duration::ZERO).decide(1, Duration::ZERO), Decision::Stop);
    }
}
