//! Builder of requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};

use super::{EmptyBody, Request, is_standard};
use crate::error::{Error, Result};
use crate::redact::redact_all;

/// Builder of a [`Request`], for tests of a transport. Created by [`Request::builder`].
///
/// ```
/// use mem0::client::{Method, Request};
///
/// let request = Request::builder()
///     .method(Method::POST)
///     .url("https://api.mem0.ai/v3/memories/search/?verbose=true")
///     .header("x-team", "search")
///     .body(r#"{"query": "tea"}"#)
///     .build()?;
/// assert_eq!(request.path(), "/v3/memories/search/");
/// assert_eq!(request.query(), "verbose=true");
/// assert_eq!(request.headers()["x-team"], "search");
/// assert!(request.is_read_only());
/// # Ok::<(), mem0::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a RequestBuilder does nothing until `build` is called"]
pub struct RequestBuilder {
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Bytes>,
    timeout: Duration,
    body_limit: usize,
}

impl Default for RequestBuilder {
    fn default() -> Self {
        Self {
            method: Method::GET,
            url: String::new(),
            headers: Vec::new(),
            body: None,
            timeout: Duration::from_secs(60),
            body_limit: 16 * 1024 * 1024,
        }
    }
}

/// Shows neither query, headers nor body.
impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.split(['?', '#']).next().unwrap_or_default();
        f.debug_struct("RequestBuilder")
            .field("method", &self.method)
            .field("url", &redact_all(url))
            .finish_non_exhaustive()
    }
}

impl RequestBuilder {
    /// Sets the HTTP method. The default is GET.
    pub fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// Sets the whole URL, with the query.
    pub fn url(self, url: impl Into<String>) -> Self {
        Self { url: url.into(), ..self }
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body. The default is none.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        Self { body: Some(body.into()), ..self }
    }

    /// Sets the time limit of the attempt. The default is 60 s.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sets the maximum number of bytes of the response body. The default is 16 MiB.
    pub fn body_limit(self, bytes: usize) -> Self {
        Self { body_limit: bytes, ..self }
    }

    /// Builds the request.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a URL without `http` or `https` and a host, and for an invalid header.
    pub fn build(self) -> Result<Request> {
        let is_complete = |uri: &Uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
        };
        let invalid =
            || Error::invalid("url", "is not a valid URL; use one such as https://api.mem0.ai/v1/ping/");
        let uri = self.url.parse::<Uri>().ok().filter(is_complete).ok_or_else(invalid)?;
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            let invalid = || Error::invalid("header", "has an invalid name or value; use printable ASCII");
            let name = HeaderName::try_from(name).map_err(|_| invalid())?;
            headers.append(name, HeaderValue::try_from(value).map_err(|_| invalid())?);
        }
        let headers = Arc::new(headers);
        let origin = format!(
            "{}://{}",
            uri.scheme_str().unwrap_or_default(),
            uri.authority().map_or("", |authority| authority.as_str())
        );
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path_start = origin.len();
        let mut request = Request {
            idempotent: self.method != Method::POST && is_standard(&self.method),
            method: self.method,
            path_start,
            route_start: path_start,
            query_start: path_start + uri.path().len(),
            url: origin + uri.path() + &query,
            body_headers: headers.clone(),
            headers,
            body: self.body,
            timeout: self.timeout,
            body_limit: self.body_limit,
            uses_key_project: false,
            is_raw: true,
            empty_body: EmptyBody::Error,
        };
        request.idempotent |= request.is_read_only();
        Ok(request)
    }
}
