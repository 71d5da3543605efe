//! How many requests are made beside each other.

use std::time::{Duration, Instant};

/// The pause after the first 429 without a `Retry-After`; it doubles with every one that follows.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Wait of a worker that finds nothing to do, before it looks again.
pub(crate) const IDLE: Duration = Duration::from_millis(5);

/// How many requests there are beside each other to begin with.
const BEGINNING: f64 = 4.0;

/// Grows by one request for each round that goes well, halves when the platform is asked too often (additive increase,
/// multiplicative decrease), and pauses as long as the platform says.
#[derive(Debug)]
pub(crate) struct ConcurrencyLimiter {
    limit: f64,
    most: f64,
    paused_until: Option<Instant>,
    /// How often in a row the platform was asked too often.
    refusals: u32,
}

impl ConcurrencyLimiter {
    pub(crate) fn new(most: usize) -> Self {
        let most = f64::from(u32::try_from(most.max(1)).unwrap_or(u32::MAX));
        Self { limit: BEGINNING.min(most), most, paused_until: None, refusals: 0 }
    }

    /// How many requests may be under way, at least one.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // From 1 to a number of threads.
    pub(crate) fn limit(&self) -> usize {
        self.limit as usize
    }

    /// How long to wait before the next request.
    pub(crate) fn pause(&self, now: Instant) -> Option<Duration> {
        self.paused_until?.checked_duration_since(now).filter(|pause| !pause.is_zero())
    }

    pub(crate) fn record_success(&mut self) {
        self.refusals = 0;
        self.limit = (self.limit + 1.0 / self.limit).min(self.most);
    }

    /// The platform was asked too often. What was sent beside a request that was refused is refused with it, so that
    /// only the first in a pause counts.
    pub(crate) fn record_rate_limit(&mut self, now: Instant, retry_after: Option<Duration>) {
        let is_first = self.pause(now).is_none();
        if is_first {
            self.limit = (self.limit / 2.0).max(1.0);
            self.refusals = self.refusals.saturating_add(1);
        }
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.refusals.saturating_sub(1).min(10)).min(MAX_PAUSE);
        self.hold(now, retry_after.unwrap_or(doubled));
    }

    /// Sends nothing for that long.
    pub(crate) fn hold(&mut self, now: Instant, pause: Duration) {
        // What no clock can show is not waited for.
        let until = now.checked_add(pause);
        self.paused_until = self.paused_until.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_by_one_a_round_and_halves_once_a_pause() {
        let (now, mut limiter) = (Instant::now(), ConcurrencyLimiter::new(8));
        assert_eq!((limiter.limit(), limiter.pause(now)), (4, None));
        for _ in 0..5 {
            limiter.record_success();
        }
        assert_eq!(limiter.limit(), 5);
        for _ in 0..100 {
            limiter.record_success();
        }
        assert_eq!(limiter.limit(), 8);
        for _ in 0..8 {
            limiter.record_rate_limit(now, Some(Duration::from_secs(3)));
        }
        assert_eq!((limiter.limit(), limiter.pause(now)), (4, Some(Duration::from_secs(3))));
        let later = now + Duration::from_secs(3);
        assert_eq!(limiter.pause(later), None);
        for round in 0..10 {
            limiter.record_rate_limit(later + Duration::from_secs(100 * round), None);
        }
        assert_eq!(limiter.limit(), 1, "never none");
    }

    #[test]
    fn pauses_double_until_something_goes_well() {
        let (mut now, mut limiter) = (Instant::now(), ConcurrencyLimiter::new(8));
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            limiter.record_rate_limit(now, None);
            assert_eq!(limiter.pause(now), Some(Duration::from_secs(seconds)));
            now += Duration::from_secs(seconds);
        }
        limiter.record_success();
        limiter.record_rate_limit(now, None);
        assert_eq!(limiter.pause(now), Some(Duration::from_secs(1)));
    }

    #[test]
    fn no_pause_is_too_long_to_count_with() {
        let (now, mut limiter) = (Instant::now(), ConcurrencyLimiter::new(0));
        limiter.record_rate_limit(now, Some(Duration::MAX));
        assert_eq!((limiter.pause(now), limiter.limit()), (None, 1));
    }
}
