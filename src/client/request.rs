//! A request as data, built and checked without I/O.

mod builder;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Method, StatusCode, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::client::base_url::{BaseUrl, HOSTED_URL};
use crate::client::config::Config;
use crate::error::{Error, Result};
use crate::ids::check_path_segment;
use crate::redact::redact_all;

pub use builder::RequestBuilder;

/// All characters but the unreserved ones are percent-encoded, in paths and in queries.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Paths of POST requests that only read.
const READ_ONLY_POSTS: &[&str] = &[
    "/v3/memories/",
    "/v3/memories/search/",
    "/v2/memories/",
    "/v2/memories/search/",
    "/v1/memories/search/",
    "/v1/exports/get/",
    "/v1/summary/",
];

/// Maximum length of the body of an error response.
const MAX_ERROR_BODY: usize = 256 * 1024;

/// Initial capacity for a path and its query.
const PATH_CAPACITY: usize = 256;

/// A request, which a `Transport` sends.
///
/// The URL is complete and encoded. `Debug` shows no headers, which may contain the API key, and no query, which may
/// contain e-mail addresses.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: String,
    path_start: usize,
    /// Offset of the route's path, after the path of the base URL.
    route_start: usize,
    query_start: usize,
    /// Headers, shared with the client until a call adds its own.
    headers: Arc<HeaderMap>,
    body_headers: Arc<HeaderMap>,
    body: Option<Bytes>,
    timeout: Duration,
    body_limit: usize,
    /// Whether the platform carries it out in the project of the API key.
    uses_key_project: bool,
    pub(crate) idempotent: bool,
    pub(crate) empty_body: EmptyBody,
    /// Whether the caller chose the route.
    pub(crate) is_raw: bool,
}

/// Value of a response without a body (204, 205).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EmptyBody {
    /// An error.
    Error,
    /// An empty object.
    EmptyObject,
    /// `null`, which the caller's type may accept.
    Null,
}

impl Request {
    /// Creates a builder, for tests of a transport. In a program, the client creates the requests.
    pub fn builder() -> RequestBuilder {
        RequestBuilder::default()
    }

    /// Creates a request without query and body. Segments are encoded, and a trailing slash is added, as in all paths
    /// of the platform.
    ///
    /// Fails on a checked segment that is empty, `.` or `..`.
    pub(crate) fn new<'a>(
        method: Method,
        config: &Config,
        segments: impl IntoIterator<Item = Segment<'a>>,
    ) -> Result<Self> {
        let base: &BaseUrl = &config.base_url;
        let mut url = String::with_capacity(base.as_str().len() + PATH_CAPACITY);
        url.push_str(base.as_str());
        for segment in segments {
            url.push('/');
            match segment {
                Segment::Fixed(text) => url.push_str(text),
                Segment::Checked(field, text) => {
                    check_path_segment(field, text)?;
                    url.extend(utf8_percent_encode(text, ENCODED));
                }
            }
        }
        url.push('/');
        // Paths with `/api` contain the ids of their organization or project.
        let path = &url[base.as_str().len()..];
        let uses_key_project = !path.starts_with("/api/") && path != "/v1/ping/";
        let idempotent = !matches!(method, Method::POST | Method::CONNECT) && is_standard(&method);
        let mut request = Self {
            method,
            path_start: base.path_start(),
            route_start: base.as_str().len(),
            query_start: url.len(),
            url,
            headers: config.headers.clone(),
            body_headers: config.body_headers.clone(),
            body: None,
            timeout: config.attempt_timeout,
            body_limit: config.body_limit,
            uses_key_project,
            idempotent,
            empty_body: EmptyBody::Error,
            is_raw: false,
        };
        request.idempotent |= request.is_read_only();
        Ok(request)
    }

    /// Adds a pair to the query, form-encoded.
    pub(crate) fn push_query(&mut self, name: &str, value: &str) {
        self.url.push(if self.query_start == self.url.len() { '?' } else { '&' });
        push_form_encoded(&mut self.url, name);
        self.url.push('=');
        push_form_encoded(&mut self.url, value);
    }

    /// Removes the trailing slash of the path, for routes without one.
    pub(crate) fn drop_trailing_slash(&mut self) {
        if self.url.ends_with('/') && self.query_start == self.url.len() {
            self.url.pop();
            self.query_start = self.url.len();
        }
    }

    /// Sets the body to a value as JSON.
    pub(crate) fn set_json(&mut self, body: &(impl Serialize + ?Sized)) -> Result<()> {
        self.set_body(json_bytes(body)?);
        Ok(())
    }

    /// Sets the body to serialized JSON.
    pub(crate) fn set_body(&mut self, json: Bytes) {
        self.body = Some(json);
        self.headers = self.body_headers.clone();
    }

    pub(crate) fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Returns the HTTP method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the whole URL, with the query. It may contain e-mail addresses: do not log it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Host and port of the server, for messages.
    pub(crate) fn endpoint(&self) -> String {
        let origin = &self.url[..self.path_start];
        let (scheme, authority) = origin.split_once("://").unwrap_or(("", origin));
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
        match scheme {
            _ if has_port => authority.to_owned(),
            "https" => format!("{authority}:443"),
            _ => format!("{authority}:80"),
        }
    }

    /// Returns the path, without the query.
    pub fn path(&self) -> &str {
        &self.url[self.path_start..self.query_start]
    }

    /// Returns the query in its encoded form, without the question mark; empty if there is none. It may contain e-mail
    /// addresses: do not log it.
    pub fn query(&self) -> &str {
        self.url[self.query_start..].trim_start_matches('?')
    }

    /// Returns the headers, including `Authorization`.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the headers for changes, such as a signature or a trace context. A transport that wraps another one
    /// changes a clone of the request, which shares everything but its headers with the original.
    ///
    /// The headers of the client are complete, so that a signature can cover them; the HTTP library adds `Host` and
    /// `Content-Length`.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        Arc::make_mut(&mut self.headers)
    }

    /// Returns the body; `None` if there is none.
    pub fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }

    /// Returns the time limit of this attempt, which includes reading the response body.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Returns the maximum number of bytes of the response body, before decompression. For a longer body, the transport
    /// returns [`Error::too_large`].
    pub fn body_limit(&self) -> usize {
        self.body_limit
    }

    /// Returns the maximum number of bytes of the body of a response with this status: at most 256 KiB for an error
    /// status.
    ///
    /// If the body is longer, the transport keeps the part up to the limit and returns
    /// [`Response::with_body_error`](crate::client::Response::with_body_error).
    pub fn body_limit_of(&self, status: StatusCode) -> usize {
        if status.is_success() { self.body_limit } else { self.body_limit.min(MAX_ERROR_BODY) }
    }

    /// Whether the platform carries it out in the project of the API key, as for memories.
    pub(crate) fn uses_key_project(&self) -> bool {
        self.uses_key_project
    }

    /// Whether the request only reads: a GET or HEAD, or a POST to a route that is known to only read, such as a
    /// search.
    ///
    /// A request that only reads is [idempotent](Self::is_idempotent), unless the caller has set otherwise.
    pub fn is_read_only(&self) -> bool {
        match self.method {
            Method::GET | Method::HEAD => true,
            Method::POST => READ_ONLY_POSTS.contains(&&self.url[self.route_start..self.query_start]),
            _ => false,
        }
    }

    /// Whether a server other than the platform may respond, to a route that the platform has.
    pub(crate) fn may_reach_other_product(&self) -> bool {
        !self.is_raw && self.url[..self.route_start] != *HOSTED_URL
    }

    /// Whether the request may safely be sent again even if it was carried out.
    pub fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// Converts the request to an [`http::Request`] with this body.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the URL is longer than 64 KiB.
    pub fn to_http<B>(&self, body: B) -> Result<http::Request<B>> {
        let mut request = http::Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri()?;
        *request.headers_mut() = HeaderMap::clone(&self.headers);
        Ok(request)
    }

    pub(crate) fn uri(&self) -> Result<Uri> {
        Uri::try_from(self.url.as_str()).map_err(|error| {
            Error::invalid("url", format!("is not a valid request URL: {error}; shorten the arguments"))
        })
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &redact_all(self.path()))
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Serializes a body as JSON.
pub(crate) fn json_bytes(body: &(impl Serialize + ?Sized)) -> Result<Bytes> {
    let invalid = |error| Error::invalid("body", format!("cannot be serialized as JSON: {error}"));
    serde_json::to_vec(body).map(Bytes::from).map_err(invalid)
}

/// Segment of a path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Segment<'a> {
    /// A literal segment.
    Fixed(&'static str),
    /// An argument with its name, which is checked and encoded.
    Checked(&'static str, &'a str),
}

fn is_standard(method: &Method) -> bool {
    [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD, Method::OPTIONS, Method::TRACE]
        .contains(method)
}

fn push_form_encoded(url: &mut String, text: &str) {
    for chunk in utf8_percent_encode(text, ENCODED) {
        url.push_str(if chunk == "%20" { "+" } else { chunk });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::client::settings::Settings;

    fn config(base_url: &str) -> Config {
        let settings = Settings {
            api_key: Some("m0-secret".into()),
            base_url: Some(base_url.into()),
            ..Settings::default()
        };
        settings.check(|_| None).unwrap()
    }

    fn request(segments: &[Segment<'_>]) -> Result<Request> {
        Request::new(Method::GET, &config("https://h.example/base/"), segments.iter().copied())
    }

    #[test]
    fn segments_are_encoded_and_dots_rejected() {
        let request =
            request(&[Segment::Fixed("v1"), Segment::Checked("id", "a/b c?d#e%ü.-_~!'()*")]).unwrap();
        assert_eq!(request.path(), "/base/v1/a%2Fb%20c%3Fd%23e%25%C3%BC.-_~%21%27%28%29%2A/");
        assert_eq!(request.query(), "");
        for wrong in ["", ".", "..", "%2e", "%2E.", ".%2e"] {
            let error = self::request(&[Segment::Checked("id", wrong)]).unwrap_err();
            assert!(matches!(error, Error::Invalid { field: "id", .. }), "{wrong}: {error}");
        }
    }

    #[test]
    fn queries_are_form_encoded() {
        let mut request = request(&[Segment::Fixed("v1")]).unwrap();
        request.push_query("email", "a+b c@x.io");
        request.push_query("fields", "*x,y*");
        assert_eq!(request.query(), "email=a%2Bb+c%40x.io&fields=%2Ax%2Cy%2A");
        assert_eq!(request.path(), "/base/v1/");
        assert_eq!(request.url(), format!("https://h.example/base/v1/?{}", request.query()));
        let shown = format!("{request:?}");
        assert!(!shown.contains("x.io") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn posts_that_only_read_are_idempotent() {
        let read_only = |config: &Config, method, segments: &[&'static str]| {
            let segments = segments.iter().map(|segment| Segment::Fixed(segment));
            let request = Request::new(method, config, segments).unwrap();
            assert_eq!(request.is_idempotent(), request.is_read_only() || request.method() == Method::DELETE);
            request.is_read_only()
        };
        for config in [config("http://localhost"), config("https://h.example/base/")] {
            assert!(read_only(&config, Method::POST, &["v3", "memories"]));
            assert!(read_only(&config, Method::POST, &["v1", "exports", "get"]));
            assert!(read_only(&config, Method::GET, &["v9", "anything"]));
            assert!(!read_only(&config, Method::POST, &["v3", "memories", "add"]));
            assert!(!read_only(&config, Method::POST, &["v9", "v3", "memories"]));
            assert!(!read_only(&config, Method::DELETE, &["v3", "memories"]));
        }
    }

    #[test]
    fn only_posts_and_unknown_methods_are_not_idempotent() {
        for (method, idempotent) in [
            (Method::GET, true),
            (Method::PUT, true),
            (Method::DELETE, true),
            (Method::PATCH, true),
            (Method::POST, false),
            (Method::from_bytes(b"BREW").unwrap(), false),
        ] {
            let request = Request::new(method, &config("http://localhost"), []).unwrap();
            assert_eq!(request.is_idempotent(), idempotent);
        }
    }

    #[test]
    fn a_long_url_is_an_error() {
        let mut request = request(&[]).unwrap();
        request.push_query("q", &"x".repeat(70_000));
        assert!(matches!(request.to_http(()), Err(Error::Invalid { field: "url", .. })));
    }
}
