//! Options of single calls.

use std::fmt;
use std::time::Duration;

use crate::client::retry::RetryPolicy;

/// Overrides of the client's settings for single calls.
///
/// Pass them to `with_options` of the client or of a handle.
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
#[must_use = "RequestOptions do nothing until they are passed to `with_options`"]
pub struct RequestOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) retry: Option<RetryPolicy>,
}

impl RequestOptions {
    /// Creates options without overrides.
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits the time of a whole call, with its retries and delays, and with the lookup of the key's project if the
    /// call needs it. The call refuses zero.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Limits the time of one attempt: a request and its response, body included. The call refuses zero.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// Adds a header, in place of the client's header of the same name. The call refuses the headers that the client
    /// sets itself (`Authorization`, `Host`, `Content-Type`, …). The entry of this crate is appended to
    /// `X-Mem0-Client`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the retry policy.
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
