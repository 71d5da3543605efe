//! Requests to routes that this version of the crate has no method for.

use std::fmt;

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DefaultTransport, MemoryClient, Pages, Transport, maybe_async};
use crate::client::request::{EmptyBody, Request, Segment, json_bytes};
use crate::client::response_mode::{ResponseMode, ValueOnly};
use crate::error::{Error, Result};

/// A request to any route of the platform, with the API key, retries and errors of every other call.
///
/// Created by [`MemoryClient::request`].
///
/// A path that does not start with `api` belongs to the key's project: if the builder names a different one, the
/// request fails as [`add`](MemoryClient::add) does.
///
/// The deprecated lists and searches of API versions 1 and 2 have no method; call them this way.
///
#[doc = example!(
"use mem0::client::Method;

let pong = client
    .request(Method::GET, [\"v1\", \"ping\", \"\"])
    .query(\"verbose\", \"true\")
    .send::<serde_json::Value>()" await "?;
assert_eq!(pong[\"status\"], \"ok\");"
)]
#[must_use = "a RawRequest does nothing until `send` is called"]
pub struct RawRequest<T = DefaultTransport, S = ValueOnly> {
    client: MemoryClient<T, S>,
    method: Method,
    segments: Vec<String>,
    query: Vec<(String, String)>,
    json: Option<Result<Bytes>>,
    idempotent: Option<bool>,
}

impl<T: Transport, S: ResponseMode> MemoryClient<T, S> {
    /// Creates a request to any route; see [`RawRequest`].
    ///
    /// The paths of the platform end with a slash: pass `""` as the last segment.
    pub fn request<I>(&self, method: Method, segments: I) -> RawRequest<T, S>
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let segments = segments.into_iter().map(Into::into).collect();
        RawRequest { client: self.clone(), method, segments, query: Vec::new(), json: None, idempotent: None }
    }
}

impl<T: Transport, S: ResponseMode> RawRequest<T, S> {
    /// Adds a pair to the query. A name may occur more than once.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the body. If it cannot be serialized as JSON, [`send`](Self::send) returns the error.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.json = Some(json_bytes(body));
        self
    }

    /// Sets whether the request may be retried even if it may have been carried out. By default, this is so for GET,
    /// PUT, DELETE and PATCH, and for a POST [that is known to only read](Request::is_read_only).
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// Returns a paginated list, for a route that responds with an object with `count`, `next` and `results`.
    ///
    /// A POST sends its body for each page. Set [`idempotent`](Self::idempotent) if it only reads and the crate has no
    /// method for its route.
    ///
    /// # Errors
    /// [`Error::Invalid`] as [`send`](Self::send), and for a `page` in the query that is not a number.
    pub fn pages<I>(mut self) -> Result<Pages<I, T, S>> {
        let mut page = None;
        let mut query = Vec::new();
        for (name, value) in std::mem::take(&mut self.query) {
            if name == "page" {
                let invalid = |_| Error::invalid("page", "is not a number; the first page is 1");
                page = Some(value.parse().map_err(invalid)?);
            } else {
                query.push((name.into(), value));
            }
        }
        let client = self.client.clone();
        let size = query.iter().any(|(name, _)| name == "page_size").then_some("page_size");
        let mut template = self.into_request()?;
        template.empty_body = EmptyBody::Error;
        Ok(Pages::new(client, template, page, query, size))
    }

    fn into_request(self) -> Result<Request> {
        let (ends_with_slash, segments) = match self.segments.split_last() {
            Some((last, rest)) if last.is_empty() => (true, rest),
            _ => (false, &self.segments[..]),
        };
        if segments.is_empty() {
            return Err(Error::invalid("path", "has no segments; pass at least one"));
        }
        let segments = segments.iter().map(|segment| Segment::Checked("path segment", segment));
        let mut request = self.client.request_to(self.method, segments)?;
        if !ends_with_slash {
            request.drop_trailing_slash();
        }
        for (name, value) in &self.query {
            request.push_query(name, value);
        }
        if let Some(body) = self.json {
            request.set_body(body?);
        }
        if let Some(idempotent) = self.idempotent {
            request.idempotent = idempotent;
        }
        request.empty_body = EmptyBody::Null;
        request.is_raw = true;
        Ok(request)
    }
}

#[maybe_async]
impl<T: Transport, S: ResponseMode> RawRequest<T, S> {
    /// Sends the request and decodes the response as a `V`. An empty body is decoded as `null`, which fits `()` and
    /// `Option`.
    ///
    /// Dropping the future of the async client cancels the call, but a request already sent may still be carried out.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a path segment that is `.`, `..`, or empty without being the last one, or a body that
    /// cannot be serialized as JSON; nothing is sent then. Like every call: [`Error::Api`], [`Error::Transport`],
    /// [`Error::Timeout`], [`Error::Decode`], [`Error::TooLarge`].
    pub async fn send<V: DeserializeOwned>(self) -> Result<S::Of<V>> {
        let client = self.client.clone();
        let request = self.into_request()?;
        client.send(request).await
    }
}

impl<T, S> fmt::Debug for RawRequest<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("method", &self.method)
            .field(
                "segments",
                &self.segments.iter().map(|text| crate::redact::redact_all(text)).collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}
