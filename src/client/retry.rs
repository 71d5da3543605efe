//! When a call is tried again: data and a pure decision.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::StatusCode;

use crate::error::{Error, TimeoutKind};

/// When and how often a call is tried again.
///
/// By default twice, after waits that grow from half a second and are drawn at random (full jitter), when
/// repeating is safe:
///
/// | what happened | calls that may be repeated (GET, PUT, DELETE, PATCH) | others (POST) |
/// |---|---|---|
/// | nothing reached the server | tried again | tried again |
/// | 429 | tried again | tried again |
/// | 408, 5xx, a broken connection, an attempt timeout | tried again | only with [`retry_writes`](Self::retry_writes) |
///
/// A server's `Retry-After` replaces the client's own delay. One that is longer than
/// [`max_retry_after`](Self::max_retry_after), or than the time the call has left, ends the call with the server's
/// error: [`Error::retry_after`] holds the value.
///
/// ```
/// use std::time::Duration;
/// use mem0::client::RetryPolicy;
///
/// // Short delays of its own, and up to two minutes where the server asks for them.
/// let patient = RetryPolicy::default()
///     .max_retries(5)
///     .max_delay(Duration::from_secs(5))
///     .max_retry_after(Duration::from_secs(120));
/// let never = RetryPolicy::none();
/// # let _ = (patient, never);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a RetryPolicy does nothing until it is given to a client or to a call"]
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
    /// No call is tried again.
    pub fn none() -> Self {
        Self { max_retries: 0, ..Self::default() }
    }

    /// How often a call is tried again at most; 2 unless set.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// The longest first wait; it doubles with every retry. Half a second unless set.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Upper bound of the client's own delay between two attempts; 30 s unless set.
    ///
    /// It does not limit a server's `Retry-After`: see [`max_retry_after`](Self::max_retry_after).
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Longest `Retry-After` of a server that is waited for; 30 s unless set. A longer one ends the call with the
    /// server's error.
    pub fn max_retry_after(mut self, delay: Duration) -> Self {
        self.max_retry_after = delay;
        self
    }

    /// Whether calls that are not safe to repeat (creating, adding a member) are repeated too when they may
    /// have been carried out already. Off unless set: what was created may then exist twice.
    pub fn retry_writes(mut self, retry: bool) -> Self {
        self.retry_writes = retry;
        self
    }

    /// What to do after an attempt failed with `error`.
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
        let longest = self.base_delay.saturating_mul(1 << doublings).min(self.max_delay);
        let drawn = longest.as_secs_f64() * attempt.jitter.clamp(0.0, 1.0);
        // What is no number, or no longer fits, is the longest wait.
        Duration::try_from_secs_f64(drawn).map_or(longest, |wait| wait.min(longest))
    }
}

/// What a [`RetryPolicy`] has to know of a failed attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Which attempt it was; the first is 1.
    pub number: u32,
    /// Whether the request may be repeated even if it was carried out.
    pub idempotent: bool,
    /// How much time the call has left.
    pub remaining: Duration,
    /// A random number from 0 to 1: how much of the longest wait is waited.
    pub jitter: f64,
}

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Wait, then try again.
    Retry(Duration),
    /// Give up: the error is the call's.
    Stop,
}

/// Keeps retries from making a bad hour of the platform worse: a bucket of tokens, shared by a client and its
/// clones.
///
/// A retry takes a token, ten calls that succeed at once give one back, and with none left calls are not
/// tried again. Give one budget to several clients to let them share it.
#[derive(Debug, Clone)]
#[must_use = "a RetryBudget does nothing until it is given to a client"]
pub struct RetryBudget {
    tenths: Arc<AtomicU32>,
    capacity: u32,
}

/// What a retry costs, in tenths of a token.
const RETRY_COST: u32 = 10;

impl Default for RetryBudget {
    /// A hundred retries.
    fn default() -> Self {
        Self::new(100)
    }
}

impl RetryBudget {
    /// A budget of so many retries at most; it starts full.
    pub fn new(retries: u32) -> Self {
        let capacity = retries.saturating_mul(RETRY_COST);
        Self { tenths: Arc::new(AtomicU32::new(capacity)), capacity }
    }

    /// How many retries are left.
    pub fn remaining(&self) -> u32 {
        self.tenths.load(Ordering::Relaxed) / RETRY_COST
    }

    /// Takes what a retry costs, if it is there.
    pub(crate) fn take(&self) -> bool {
        let take = |tenths: u32| tenths.checked_sub(RETRY_COST);
        self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Gives back a tenth for a call that went well at once.
    pub(crate) fn refund(&self) {
        // A full bucket, the usual case, is left alone: writing would bounce the cache line between threads.
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
    fn what_surely_did_nothing_is_repeated_and_the_rest_only_where_that_is_safe() {
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
    fn waits_double_up_to_the_cap_and_are_drawn_at_random() {
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
    fn no_number_is_too_large_or_too_strange_to_wait_for() {
        let policy = RetryPolicy::default().base_delay(Duration::MAX).max_delay(Duration::MAX);
        for jitter in [1.0, f64::NAN, f64::INFINITY, 2.0] {
            let attempt = Attempt { jitter, remaining: Duration::MAX, ..attempt(1, true) };
            assert_eq!(policy.decide(&attempt, &api(500, None)), Decision::Stop, "it outlasts any call");
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
    fn a_retry_after_is_heeded_or_ends_the_call() {
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
    fn a_budget_runs_out_and_recovers() {
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
