//! What a call returns: the value alone, or the value with what came along.

use std::fmt;

use http::{HeaderMap, StatusCode};

use crate::error::RateLimit;
use crate::redact::redact_keys;

/// A value, and what came along with it.
///
/// `Debug` shows the value, the status and the request id, not the headers.
#[derive(Clone)]
#[non_exhaustive]
pub struct ApiResponse<V> {
    /// The value.
    pub value: V,
    /// The status of the answer.
    pub status: StatusCode,
    /// The headers of the answer.
    pub headers: HeaderMap,
    /// The server's name for this request, to give to its operators.
    pub request_id: Option<String>,
}

impl<V> ApiResponse<V> {
    /// The rate limit the server told; empty where it told none.
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

/// How the calls of a handle return their values. There are two ways, [`ValueOnly`] and [`FullResponse`].
pub trait ResponseMode: sealed::Sealed + Clone + Send + Sync + 'static {
    /// What a call returns for a value of type `V`.
    type Of<V>;

    #[doc(hidden)]
    fn convert<V>(value: V, with_response: impl FnOnce(V) -> ApiResponse<V>) -> Self::Of<V>;
}

/// Calls return their value.
#[derive(Debug, Clone, Copy)]
pub struct ValueOnly;

/// Calls return an [`ApiResponse`] of their value.
#[derive(Debug, Clone, Copy)]
pub struct FullResponse;

impl ResponseMode for ValueOnly {
    type Of<V> = V;

    fn convert<V>(value: V, _: impl FnOnce(V) -> ApiResponse<V>) -> V {
        value
    }
}

impl ResponseMode for FullResponse {
    type Of<V> = ApiResponse<V>;

    fn convert<V>(value: V, with_response: impl FnOnce(V) -> ApiResponse<V>) -> ApiResponse<V> {
        with_response(value)
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::ValueOnly {}
    impl Sealed for super::FullResponse {}
}
