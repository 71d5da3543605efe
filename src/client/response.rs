//! A response as data, and its conversion to a value or an error.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::StatusCode;
use http::header::{CONTENT_ENCODING, HeaderMap, HeaderName, RETRY_AFTER};
use serde::de::DeserializeOwned;

use crate::client::api_key::ApiKey;
use crate::client::api_response::ApiResponse;
use crate::client::http_date;
use crate::client::request::{EmptyBody, Request};
use crate::error::body::read_error_body;
use crate::error::bounded::Bounded;
use crate::error::{ApiError, RateLimit};
use crate::error::{CallInfo, DecodeError, Error, MAX_EXCERPT_CHARS, Result};
use crate::redact::{one_line, redact_keys};

/// Maximum length of the text from which an excerpt is made.
const MAX_EXCERPT_INPUT: usize = 4 * 1024;

/// Headers with the request id, in order of preference.
const REQUEST_ID_HEADERS: [&str; 3] = ["x-request-id", "request-id", "x-amzn-requestid"];

/// A response of any status, which a `Transport` returns.
///
/// A transport does not decompress the body. The client does, so that the body limit applies to the same bytes with
/// every transport.
#[derive(Clone)]
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    body_error: Option<Error>,
}

/// Minimum number of bytes that a JSON object counts as.
const MIN_BYTES_PER_OBJECT: usize = 64;

/// Number of objects that every response may have.
const MIN_OBJECT_LIMIT: usize = 4096;

impl Response {
    /// Creates a response with a complete body.
    pub fn new(status: StatusCode, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self { status, headers, body: body.into(), body_error: None }
    }

    /// Marks the body as incomplete because of `error`.
    ///
    /// A response with an error status is still reported as [`Error::Api`], with the part of the body that arrived. A
    /// response with a success status is reported as `error`.
    #[must_use]
    pub fn with_body_error(self, error: Error) -> Self {
        Self { body_error: Some(error), ..self }
    }

    /// Returns the status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the body, or the part that arrived, still compressed if the server compressed it.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Decompresses the body. Fails with the error of the status or of an incomplete body.
    pub(crate) fn check_status(mut self, request: &Request, key: &ApiKey) -> Result<Self> {
        let limit = request.body_limit_of(self.status);
        self.decompress(limit);
        if !self.status.is_success() {
            if self.body.len() > limit {
                // A slice would keep the whole body in memory.
                self.body = Bytes::copy_from_slice(&self.body[..limit]);
            }
            let mut error = self.into_api_error(key);
            error.is_self_hosted &= request.may_reach_other_product();
            return Err(Error::Api(Box::new(error)));
        }
        match self.body_error.take() {
            Some(error) => Err(error),
            None => self.check_object_count(limit),
        }
    }

    /// Limits the number of JSON objects, since each takes hundreds of bytes of memory even if its text is short. A
    /// short body is not counted.
    fn check_object_count(self, limit: usize) -> Result<Self> {
        let max = (limit / MIN_BYTES_PER_OBJECT).max(MIN_OBJECT_LIMIT);
        let count = || self.body.iter().map(|byte| usize::from(*byte == b'{')).sum::<usize>();
        if self.body.len() > max && count() > max {
            return Err(Error::too_many_objects(self.status, limit, max));
        }
        Ok(self)
    }

    fn decompress(&mut self, limit: usize) {
        let Some(encoding) = self.headers.get(CONTENT_ENCODING) else { return };
        if self.body.is_empty() || encoding.as_bytes().eq_ignore_ascii_case(b"identity") {
            return;
        }
        let is_gzip =
            [&b"gzip"[..], b"x-gzip"].iter().any(|name| encoding.as_bytes().eq_ignore_ascii_case(name));
        if !is_gzip {
            self.body = Bytes::new();
            self.set_body_error(Error::unreadable("its body has an unsupported content encoding"));
            return;
        }
        let mut plain = Vec::new();
        let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let outcome = MultiGzDecoder::new(&*self.body).take(bound).read_to_end(&mut plain);
        if plain.len() > limit {
            plain.truncate(limit);
            self.set_body_error(Error::too_large(self.status, limit));
        } else if outcome.is_err() {
            self.set_body_error(Error::unreadable("its body is not valid gzip"));
        }
        self.body = plain.into();
    }

    /// Records why the body is incomplete. The first error is kept, as the cause of later ones.
    fn set_body_error(&mut self, error: Error) {
        self.body_error.get_or_insert(error);
    }

    fn into_api_error(self, key: &ApiKey) -> ApiError {
        let text = String::from_utf8_lossy(&self.body);
        let (message, fields) = read_error_body(self.status, &text, |text| key.scrub(text));
        let mut error = ApiError::new(self.status, message).with_body(key.scrub(&text));
        error.fields = fields;
        error.request_id = request_id(&self.headers, key);
        error.retry_after = retry_after(&self.headers, jiff::Timestamp::now());
        error.rate_limit = RateLimit::from_headers(&self.headers, |text| redact_keys(&key.scrub(text)));
        error.headers = self.headers;
        error
    }

    /// Decodes the value of a complete, successful response.
    pub(crate) fn decode<V: DeserializeOwned>(&self, request: &Request, key: &ApiKey) -> Result<V> {
        let body: &[u8] = match request.empty_body {
            EmptyBody::EmptyObject if self.has_no_body() => b"{}",
            EmptyBody::Null if self.body.is_empty() => b"null",
            _ => &self.body,
        };
        serde_json::from_slice(body).map_err(|error| self.decode_error::<V>(&error, key))
    }

    /// Combines a decoded value with status, headers and request id.
    pub(crate) fn into_api_response<V>(self, value: V, key: &ApiKey) -> ApiResponse<V> {
        ApiResponse {
            value,
            status: self.status,
            request_id: request_id(&self.headers, key),
            headers: self.headers,
        }
    }

    fn has_no_body(&self) -> bool {
        self.body.is_empty() && matches!(self.status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT)
    }

    /// Decodes the body again, tracking the path, to report where decoding failed.
    fn decode_error<V: DeserializeOwned>(&self, error: &serde_json::Error, key: &ApiKey) -> Error {
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        let (field, message) = match serde_path_to_error::deserialize::<_, V>(&mut reader) {
            Err(error) => (path_text(error.path()), Bounded(error.inner(), MAX_EXCERPT_INPUT).to_string()),
            Ok(_) => (".".to_owned(), error.to_string()),
        };
        // The client adds the call.
        Error::Decode(Box::new(self.field_error(CallInfo::default(), &field, &message, key)))
    }

    /// Error about a field of the body.
    pub(crate) fn field_error(
        &self,
        call: CallInfo,
        field: &str,
        message: &str,
        key: &ApiKey,
    ) -> DecodeError {
        let start = &self.body[..self.body.len().min(MAX_EXCERPT_INPUT)];
        let start = one_line(&key.scrub(&String::from_utf8_lossy(start)));
        DecodeError {
            call,
            status: self.status,
            field: one_line(&key.scrub(field)),
            message: one_line(&key.scrub(message)),
            excerpt: start.chars().take(MAX_EXCERPT_CHARS).collect(),
            request_id: request_id(&self.headers, key),
        }
    }
}

/// Path as text. `.` is the body itself, and stands for an unknown path in invalid JSON too.
fn path_text(path: &serde_path_to_error::Path) -> String {
    let path = Bounded(path, MAX_EXCERPT_INPUT).to_string();
    if path == "?" { ".".to_owned() } else { path }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .field("body_error", &self.body_error)
            .finish_non_exhaustive()
    }
}

impl RateLimit {
    /// Parses the headers. `redact` is applied to text.
    pub(crate) fn from_headers(headers: &HeaderMap, redact: impl Fn(&str) -> String) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        Self {
            limit: text("x-ratelimit-limit").and_then(|text| text.parse().ok()),
            remaining: text("x-ratelimit-remaining").and_then(|text| text.parse().ok()),
            reset: text("x-ratelimit-reset").map(|text| one_line(&redact(text))),
        }
    }
}

fn request_id(headers: &HeaderMap, key: &ApiKey) -> Option<String> {
    let value = REQUEST_ID_HEADERS.iter().find_map(|name| headers.get(HeaderName::from_static(name)))?;
    let id = value.to_str().ok()?;
    Some(one_line(&key.scrub(id))).filter(|id| !id.is_empty())
}

/// Parses `Retry-After`: seconds, with or without a fraction, or a date. Invalid and negative values count as absent; a
/// past date is zero; a value that overflows is the maximum.
fn retry_after(headers: &HeaderMap, now: jiff::Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte)) {
        let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0)?;
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    let date = http_date::parse(text)?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests;
