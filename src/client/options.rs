//! What one call does differently from its client.

use std::fmt;
use std::time::Duration;

use crate::client::retry::RetryPolicy;

/// Overrides of a client's settings for the calls of one handle.
///
/// ```
/// use std::time::Duration;
/// use mem0::client::{RequestOptions, RetryPolicy};
///
/// let quick = RequestOptions::new().timeout(Duration::from_secs(2)).retry(RetryPolicy::none());
/// let traced = RequestOptions::new().header("X-Trace", "7f3a");
/// # let _ = (quick, traced);
/// ```
#[derive(Clone, Default)]
#[must_use = "RequestOptions do nothing until they are given to a handle"]
pub struct RequestOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) retry: Option<RetryPolicy>,
}

impl RequestOptions {
    /// No override yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a call may take, with its retries and waits, and with the look-up of the key's own project
    /// where it needs one. Zero is refused by the call.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long one request of a call may take. Zero is refused by the call.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// A header to send along, in place of the client's of that name. Those that the client sets itself
    /// (`Authorization`, `Host`, `Content-Type`, …) are refused by the call. This crate's own entry is appended to
    /// `X-Mem0-Client`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// When a call is tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }
}

impl fmt::Debug for RequestOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestOptions")
            .field("timeout", &self.timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
