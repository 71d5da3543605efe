//! Limit of concurrent requests, adapted to rate limiting.

use std::time::{Duration, Instant};

/// Pause after the first 429 without `Retry-After`. It doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Sleep of an idle worker between two polls.
pub(crate) const IDLE_SLEEP: Duration = Duration::from_millis(5);

/// Initial limit.
const INITIAL_LIMIT: f64 = 4.0;

/// Limit that grows by one for each successful round and halves on a 429 (additive increase, multiplicative decrease).
/// After a 429 no request is sent until `Retry-After` has passed.
#[derive(Debug)]
pub(crate) struct ConcurrencyLimiter {
    limit: f64,
    max: f64,
    paused_until: Option<Instant>,
    /// Number of consecutive 429 responses; those that arrive during a pause count once.
    rate_limits: u32,
}

impl ConcurrencyLimiter {
    pub(crate) fn new(max: usize) -> Self {
        let max = f64::from(u32::try_from(max.max(1)).unwrap_or(u32::MAX));
        Self { limit: INITIAL_LIMIT.min(max), max, paused_until: None, rate_limits: 0 }
    }

    /// Maximum number of requests in flight; at least one.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Between 1 and the number of workers.
    pub(crate) fn limit(&self) -> usize {
        self.limit as usize
    }

    /// Remaining pause before the next request.
    pub(crate) fn pause(&self, now: Instant) -> Option<Duration> {
        self.paused_until?.checked_duration_since(now).filter(|pause| !pause.is_zero())
    }

    pub(crate) fn record_success(&mut self) {
        self.rate_limits = 0;
        self.limit = (self.limit + 1.0 / self.limit).min(self.max);
    }

    /// Records a 429. Requests that were in flight at the same time get a 429 too, so only the first one in a pause
    /// lowers the limit.
    pub(crate) fn record_rate_limit(&mut self, now: Instant, retry_after: Option<Duration>) {
        let is_first = self.pause(now).is_none();
        if is_first {
            self.limit = (self.limit / 2.0).max(1.0);
            self.rate_limits = self.rate_limits.saturating_add(1);
        }
        let doubled =
            FIRST_PAUSE.saturating_mul(1 << self.rate_limits.saturating_sub(1).min(10)).min(MAX_PAUSE);
        self.pause_for(now, retry_after.unwrap_or(doubled));
    }

    /// Sends no request for the given time.
    pub(crate) fn pause_for(&mut self, now: Instant, pause: Duration) {
        // A pause that overflows the clock is ignored.
        let until = now.checked_add(pause);
        self.paused_until = self.paused_until.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_grows_by_one_per_round_and_halves_once_per_pause() {
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
        assert_eq!(limiter.limit(), 1, "never below one");
    }

    #[test]
    fn pauses_double_until_a_request_succeeds() {
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
    fn a_pause_that_overflows_the_clock_is_ignored() {
        let (now, mut limiter) = (Instant::now(), ConcurrencyLimiter::new(0));
        limiter.record_rate_limit(now, Some(Duration::MAX));
        assert_eq!((limiter.pause(now), limiter.limit()), (None, 1));
    }
}
