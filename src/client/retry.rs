//! Retries: policy, decision and budget.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::StatusCode;

use crate::error::{Error, TimeoutKind};

/// Policy for retries of failed attempts.
///
/// By default, a call is retried twice if that is safe, with exponential backoff from half a second and full jitter:
///
/// | failure | idempotent calls (GET, PUT, DELETE, PATCH) | others (POST) |
/// |---|---|---|
/// | nothing reached the server | retried | retried |
/// | 429 | retried | retried |
/// | 408, 5xx, a lost connection, an attempt timeout | retried | only with [`retry_writes`](Self::retry_writes) |
///
/// A server's `Retry-After` replaces the client's own delay. If it is longer than
/// [`max_retry_after`](Self::max_retry_after), or than the time left for the call, the call ends with the server's
/// error, and [`Error::retry_after`] returns it.
///
/// ```
/// use std::time::Duration;
/// use mem0::client::RetryPolicy;
///
/// // Short delays, but up to two minutes if the server requests them.
/// let patient = RetryPolicy::default()
///     .max_retries(5)
///     .max_delay(Duration::from_secs(5))
///     .max_retry_after(Duration::from_secs(120));
/// let never = RetryPolicy::none();
/// # let _ = (patient, never);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a RetryPolicy does nothing until it is passed to a client or to a call"]
pub struct RetryPolicy {
    max_retries: u32,
    base_delay: Duration,
    max_delay: Duration,
    max_retry_after: Duration,
    retry_writes: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 2,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(30),
            retry_writes: false,
        }
    }
}

impl RetryPolicy {
    /// Creates a policy without retries.
    pub fn none() -> Self {
        Self { max_retries: 0, ..Self::default() }
    }

    /// Sets the maximum number of retries of a call. The default is 2.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets the maximum delay before the first retry; it doubles with each retry. The default is half a second.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Sets the maximum of the client's own delay between two attempts. The default is 30 s.
    ///
    /// A server's `Retry-After` has a limit of its own: [`max_retry_after`](Self::max_retry_after).
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Sets the maximum `Retry-After` that the client waits for. The default is 30 s. A longer one ends the call with
    /// the server's error.
    pub fn max_retry_after(mut self, delay: Duration) -> Self {
        self.max_retry_after = delay;
        self
    }

    /// Sets whether calls that are not idempotent (create, add) are retried even if they may have been carried out. The
    /// default is `false`, because a retry may create an object twice.
    pub fn retry_writes(mut self, retry: bool) -> Self {
        self.retry_writes = retry;
        self
    }

    /// Decides whether to retry after `attempt` failed with `error`.
    pub fn decide(&self, attempt: &Attempt, error: &Error) -> Decision {
        if attempt.number > self.max_retries || !self.may_repeat(attempt, error) {
            return Decision::Stop;
        }
        let wait = match error.retry_after() {
            Some(wait) if wait > self.max_retry_after => return Decision::Stop,
            Some(wait) => wait,
            None => self.backoff(attempt),
        };
        if wait >= attempt.remaining { Decision::Stop } else { Decision::Retry(wait) }
    }

    fn may_repeat(&self, attempt: &Attempt, error: &Error) -> bool {
        let is_safe = attempt.idempotent || self.retry_writes;
        match error {
            Error::Api(error) if error.status == StatusCode::TOO_MANY_REQUESTS => true,
            Error::Timeout(error) if error.kind == TimeoutKind::Call => false,
            error => error.is_retryable() && (is_safe || !error.was_sent()),
        }
    }

    fn backoff(&self, attempt: &Attempt) -> Duration {
        let doublings = attempt.number.saturating_sub(1).min(31);
        let max_delay = self.base_delay.saturating_mul(1 << doublings).min(self.max_delay);
        let delay = max_delay.as_secs_f64() * attempt.jitter.clamp(0.0, 1.0);
        // NaN and overflow stand for the maximum.
        Duration::try_from_secs_f64(delay).map_or(max_delay, |delay| delay.min(max_delay))
    }
}

/// Failed attempt, the input of [`RetryPolicy::decide`].
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Number of the attempt, from 1.
    pub number: u32,
    /// Whether the request may be sent again even if it may have been carried out.
    pub idempotent: bool,
    /// Time left for the call.
    pub remaining: Duration,
    /// Random number from 0 to 1, as a fraction of the maximum delay.
    pub jitter: f64,
}

/// Decision after a failed attempt or an unfinished poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Retry after this delay.
    Retry(Duration),
    /// Return the error.
    Stop,
}

/// Token bucket that limits retries while the platform is failing.
///
/// A client and its clones share one. Pass one budget to several clients to share it among them.
///
/// A retry takes one token, and ten calls that succeed on the first attempt return one. Without tokens, calls are not
/// retried.
#[derive(Debug, Clone)]
#[must_use = "a RetryBudget does nothing until it is passed to a client"]
pub struct RetryBudget {
    tenths: Arc<AtomicU32>,
    capacity: u32,
}

/// Cost of a retry, in tenths of a token.
const RETRY_COST: u32 = 10;

impl Default for RetryBudget {
    /// Creates a budget of 100 retries.
    fn default() -> Self {
        Self::new(100)
    }
}

impl RetryBudget {
    /// Creates a full budget of this number of retries.
    pub fn new(retries: u32) -> Self {
        let capacity = retries.saturating_mul(RETRY_COST);
        Self { tenths: Arc::new(AtomicU32::new(capacity)), capacity }
    }

    /// Returns the number of retries left.
    pub fn remaining(&self) -> u32 {
        self.tenths.load(Ordering::Relaxed) / RETRY_COST
    }

    /// Takes the cost of a retry, and returns whether there was enough.
    pub(crate) fn take(&self) -> bool {
        let take = |tenths: u32| tenths.checked_sub(RETRY_COST);
        self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Returns a tenth of a token for a call that succeeded on the first attempt.
    pub(crate) fn refund(&self) {
        // A full bucket is the usual case, and a write would move the cache line between threads.
        if self.tenths.load(Ordering::Relaxed) < self.capacity {
            let refund = |tenths: u32| (tenths < self.capacity).then(|| tenths + 1);
            let _ = self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, refund);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ApiError;
    use crate::error::Phase;

    fn attempt(number: u32, idempotent: bool) -> Attempt {
        Attempt { number, idempotent, remaining: Duration::from_secs(100), jitter: 1.0 }
    }

    fn api(status: u16, retry_after: Option<Duration>) -> Error {
        let status = StatusCode::from_u16(status).unwrap_or_default();
        let mut error = ApiError::new(status, "");
        error.retry_after = retry_after;
        error.into()
    }

    fn transport(phase: Phase) -> Error {
        Error::transport(phase, std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    }

    fn retries(policy: &RetryPolicy, idempotent: bool, error: &Error) -> bool {
        matches!(policy.decide(&attempt(1, idempotent), error), Decision::Retry(_))
    }

    #[test]
    fn writes_are_retried_only_if_they_were_not_carried_out() {
        let policy = RetryPolicy::default();
        let timeout = |kind, sent| Error::timeout(kind, Duration::from_secs(1), sent);
        for (error, safe, write) in [
            (transport(Phase::Resolve), true, true),
            (transport(Phase::Connect), true, true),
            (transport(Phase::Tls), true, true),
            (transport(Phase::Write), true, false),
            (transport(Phase::Read), true, false),
            (timeout(TimeoutKind::Connect, false), true, true),
            (timeout(TimeoutKind::Attempt, true), true, false),
            (timeout(TimeoutKind::Call, true), false, false),
            (timeout(TimeoutKind::Call, false), false, false),
            (api(408, None), true, false),
            (api(429, None), true, true),
            (api(500, None), true, false),
            (api(503, None), true, false),
            (api(302, None), false, false),
            (api(400, None), false, false),
            (api(404, None), false, false),
            (Error::invalid("name", "is empty"), false, false),
            (Error::too_large(StatusCode::OK, 1), false, false),
        ] {
            assert_eq!(retries(&policy, true, &error), safe, "{error}");
            assert_eq!(retries(&policy, false, &error), write, "{error}");
            let bold = policy.clone().retry_writes(true);
            assert_eq!(retries(&bold, false, &error), safe, "{error}");
            assert!(!retries(&RetryPolicy::none(), true, &error), "{error}");
        }
    }

    #[test]
    fn delays_double_to_the_maximum_and_scale_with_jitter() {
        let policy = RetryPolicy::default().max_retries(100).max_delay(Duration::from_secs(3));
        let wait =
            |number, jitter| policy.decide(&Attempt { jitter, ..attempt(number, true) }, &api(500, None));
        for (number, jitter, milliseconds) in [
            (1, 1.0, 500),
            (2, 1.0, 1000),
            (3, 1.0, 2000),
            (4, 1.0, 3000),
            (99, 1.0, 3000),
            (2, 0.5, 500),
            (1, 0.0, 0),
        ] {
            assert_eq!(wait(number, jitter), Decision::Retry(Duration::from_millis(milliseconds)));
        }
        assert_eq!(policy.decide(&attempt(101, true), &api(500, None)), Decision::Stop);
    }

    #[test]
    fn extreme_delays_and_jitter_do_not_panic() {
        let policy = RetryPolicy::default().base_delay(Duration::MAX).max_delay(Duration::MAX);
        for jitter in [1.0, f64::NAN, f64::INFINITY, 2.0] {
            let attempt = Attempt { jitter, remaining: Duration::MAX, ..attempt(1, true) };
            assert_eq!(policy.decide(&attempt, &api(500, None)), Decision::Stop, "longer than any call");
        }
        let policy = RetryPolicy::default();
        for jitter in [f64::NAN, -1.0, f64::NEG_INFINITY, 2.0] {
            let attempt = Attempt { jitter, ..attempt(1, true) };
            assert!(
                matches!(policy.decide(&attempt, &api(500, None)), Decision::Retry(wait) if wait <= policy.base_delay)
            );
        }
    }

    #[test]
    fn retry_after_is_waited_for_or_ends_the_call() {
        let policy = RetryPolicy::default();
        let decide =
            |seconds| policy.decide(&attempt(1, false), &api(429, Some(Duration::from_secs(seconds))));
        assert_eq!(decide(0), Decision::Retry(Duration::ZERO));
        assert_eq!(decide(30), Decision::Retry(Duration::from_secs(30)));
        assert_eq!(decide(31), Decision::Stop);
        assert_eq!(decide(u64::MAX), Decision::Stop);
        assert_eq!(
            policy
                .clone()
                .max_delay(Duration::from_millis(1))
                .decide(&attempt(1, true), &api(503, Some(Duration::from_secs(30)))),
            Decision::Retry(Duration::from_secs(30))
        );
        let hasty = Attempt { remaining: Duration::from_secs(5), ..attempt(1, true) };
        assert_eq!(policy.decide(&hasty, &api(429, Some(Duration::from_secs(5)))), Decision::Stop);
    }

    #[test]
    fn budget_is_exhausted_and_recovers() {
        let budget = RetryBudget::new(2);
        let clone = budget.clone();
        assert!(budget.take() && clone.take() && !budget.take());
        for _ in 0..10 {
            clone.refund();
        }
        assert_eq!(budget.remaining(), 1);
        for _ in 0..100 {
            budget.refund();
        }
        assert_eq!(budget.remaining(), 2);
        assert!(!RetryBudget::new(0).take());
    }
}
