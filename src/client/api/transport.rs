//! What carries requests.

use std::time::Duration;

use super::maybe_async;
use crate::client::{Request, Response};
use crate::error::Result;

/// Carries a request to the server and its answer back. Implement it to bring a transport of your own to
/// [`ClientBuilder::build_with_transport`](super::ClientBuilder::build_with_transport); `examples/custom_transport.rs` shows one.
///
/// A transport makes one attempt. Retries, decoding, decompression and the sorting of statuses are the client's.
/// Clones share what they hold, such as a connection pool.
#[maybe_async(AFIT)]
pub trait Transport: Clone + Send + Sync + 'static {
    /// Sends the request once and reads the answer, whatever its status. Redirects are not followed.
    ///
    /// The transport keeps the limits of the request: [`Request::timeout`], the body's reading included, and
    /// [`Request::body_limit`]. An answer whose body could not be read to its end is
    /// [`Response::with_body_error`].
    ///
    /// # Errors
    /// [`Error::transport`](crate::Error::transport) or [`Error::timeout`](crate::Error::timeout), where there
    /// was no answer. What they say of the phase decides whether a write may be repeated.
    fn execute(&self, request: &Request) -> impl Future<Output = Result<Response>> + Send;

    /// Waits between two attempts.
    fn sleep(&self, delay: Duration) -> impl Future<Output = ()> + Send;
}
