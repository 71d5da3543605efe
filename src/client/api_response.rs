//! A value with its response.

use std::fmt;

use http::{HeaderMap, StatusCode};

use crate::error::RateLimit;
use crate::redact::redact_keys;

/// A value with the status, headers and request id of its response.
///
/// `Debug` shows the value, the status and the request id, not the headers.
#[derive(Clone)]
#[non_exhaustive]
pub struct ApiResponse<V> {
    /// The value.
    pub value: V,
    /// Status of the response.
    pub status: StatusCode,
    /// Headers of the response.
    pub headers: HeaderMap,
    /// Id of the request, to quote to the operators of the server. `None` if the server sent none.
    pub request_id: Option<String>,
}

impl<V> ApiResponse<V> {
    /// Returns the rate limit that the server reported in the headers.
    pub fn rate_limit(&self) -> RateLimit {
        RateLimit::from_headers(&self.headers, redact_keys)
    }
}

impl<V: fmt::Debug> fmt::Debug for ApiResponse<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiResponse")
            .field("value", &self.value)
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}
