//! The transport: one attempt of a request.

use std::time::Duration;

use super::maybe_async;
use crate::client::{Request, Response};
use crate::error::Result;

/// Sends a request to the server and returns the response.
///
/// Implement it to pass a transport of your own to
/// [`ClientBuilder::build_with_transport`](super::ClientBuilder::build_with_transport), as in
/// `examples/custom_transport.rs`, or around the client's own to
/// [`ClientBuilder::wrap_transport`](super::ClientBuilder::wrap_transport), as in `examples/middleware.rs`.
///
/// A transport makes one attempt. The client retries, decompresses, decodes and checks the status. Clones share their
/// state, such as a connection pool.
#[maybe_async(AFIT)]
pub trait Transport: Clone + Send + Sync + 'static {
    /// Sends the request once and reads the response, of any status, without following redirects.
    ///
    /// The transport enforces the limits of the request: [`Request::timeout`], which includes reading the body, and
    /// [`Request::body_limit`]. It returns [`Response::with_body_error`] if the body could not be read to its end. In the
    /// async flavour, dropping the future cancels the request.
    ///
    /// # Errors
    /// [`Error::transport`](crate::Error::transport) or [`Error::timeout`](crate::Error::timeout) if there is no
    /// response. Their phase decides whether a write may be retried.
    fn execute(&self, request: &Request) -> impl Future<Output = Result<Response>> + Send;

    /// Waits between two attempts.
    fn sleep(&self, delay: Duration) -> impl Future<Output = ()> + Send;
}
