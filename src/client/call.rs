//! State of one call: time limits, retries and errors.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::client::config::Config;
use crate::client::headers::add_headers;
use crate::client::limits::clamp_duration;
use crate::client::options::RequestOptions;
use crate::client::request::Request;
use crate::client::retry::{Attempt, Decision, RetryPolicy};
use crate::client::trace::CallTrace;
use crate::error::{CallInfo, Error, Result, TimeoutKind};

/// A call in flight, with its lookups and retries.
pub(crate) struct Call {
    started: Instant,
    limit: Duration,
    attempt_limit: Duration,
    retry: RetryPolicy,
    headers: Vec<(String, String)>,
    /// Whether an attempt that failed may have reached the server.
    was_sent: AtomicBool,
}

impl Call {
    /// Starts the clock. Fails on invalid options.
    pub(crate) fn begin(config: &Config, options: &RequestOptions) -> Result<Self> {
        for (field, limit) in [("timeout", options.timeout), ("attempt_timeout", options.attempt_timeout)] {
            if limit.is_some_and(|limit| limit.is_zero()) {
                return Err(Error::invalid(field, "is zero; set a longer one"));
            }
        }
        Ok(Self {
            started: Instant::now(),
            limit: options.timeout.map_or(config.timeout, clamp_duration),
            attempt_limit: options.attempt_timeout.map_or(config.attempt_timeout, clamp_duration),
            retry: options.retry.clone().unwrap_or_else(|| config.retry.clone()),
            headers: options.headers.clone(),
            was_sent: AtomicBool::new(false),
        })
    }

    /// Adds the headers of this call to a request.
    pub(crate) fn prepare(&self, request: &mut Request) -> Result<()> {
        if self.headers.is_empty() {
            return Ok(());
        }
        add_headers(request.headers_mut(), &self.headers).map_err(|error| match error {
            Error::Config { field, message } => Error::Invalid { field, message },
            error => error,
        })
    }

    /// Time left for the call.
    pub(crate) fn remaining(&self) -> Duration {
        self.limit.saturating_sub(self.started.elapsed())
    }

    /// Time limit of the next attempt.
    pub(crate) fn attempt_limit(&self) -> Duration {
        clamp_duration(self.attempt_limit.min(self.remaining()))
    }

    /// Distinguishes the timeout of an attempt from that of the call.
    pub(crate) fn classify_timeout(&self, mut error: Error, request: &Request) -> Error {
        if let Error::Timeout(timeout) = &mut error
            && timeout.kind == TimeoutKind::Attempt
            && request.timeout() < self.attempt_limit
        {
            timeout.kind = TimeoutKind::Call;
            timeout.limit = self.limit;
        }
        error
    }

    pub(crate) fn decide(&self, request: &Request, number: u32, error: &Error) -> Decision {
        let attempt = Attempt {
            number,
            idempotent: request.is_idempotent(),
            remaining: self.remaining(),
            jitter: random_fraction(),
        };
        self.retry.decide(&attempt, error)
    }

    /// Resets the record of attempts, after a lookup within the same call.
    pub(crate) fn begin_request(&self) {
        self.was_sent.store(false, Ordering::Relaxed);
    }

    /// Records whether a failed attempt that is retried may have reached the server.
    pub(crate) fn record_attempt(&self, error: &Error) {
        if error.was_sent() {
            self.was_sent.store(true, Ordering::Relaxed);
        }
    }

    /// Error with the call's details, as returned to the caller.
    pub(crate) fn failed(&self, error: Error, request: &Request, attempts: u32) -> Error {
        error.of_call(request.method(), request.path(), attempts, self.was_sent.load(Ordering::Relaxed))
    }

    /// Details of the call, for an error about its response.
    pub(crate) fn info(&self, request: &Request, attempts: u32) -> CallInfo {
        CallInfo::new(request.method(), request.path(), attempts, self.was_sent.load(Ordering::Relaxed))
    }

    /// Timeout of the call before the request was sent.
    pub(crate) fn timed_out(&self, request: &Request) -> Error {
        self.failed(Error::timeout(TimeoutKind::Call, self.limit, false), request, 0)
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn trace(&self, request: &Request) -> CallTrace {
        CallTrace::begin(request)
    }
}

/// Random number from 0 to 1 for jitter, from the standard library's hasher seeds.
fn random_fraction() -> f64 {
    let bits = u32::try_from(RandomState::new().build_hasher().finish() >> 32).unwrap_or(u32::MAX);
    f64::from(bits) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::client::settings::Settings;
    use crate::error::Phase;

    #[test]
    fn attempts_of_a_lookup_do_not_count_for_the_next_request() {
        let settings = Settings { api_key: Some("m0-secret".into()), ..Settings::default() };
        let config = settings.check(|_| None).unwrap();
        let call = Call::begin(&config, &RequestOptions::new()).unwrap();
        let request = Request::new(http::Method::POST, &config, []).unwrap();
        let error = |phase| Error::transport(phase, std::io::Error::other("no"));
        call.record_attempt(&error(Phase::Read));
        assert!(call.failed(error(Phase::Connect), &request, 2).was_sent());
        call.begin_request();
        assert!(!call.failed(error(Phase::Connect), &request, 1).was_sent());
    }
}
