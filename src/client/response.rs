//! An answer as data, and its way to a value or an error. No socket here.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::StatusCode;
use http::header::{CONTENT_ENCODING, HeaderMap, HeaderName, RETRY_AFTER};
use serde::de::DeserializeOwned;

use crate::client::api_response::ApiResponse;
use crate::client::http_date;
use crate::client::request::{Request, WithoutBody};
use crate::client::secret::ApiKey;
use crate::error::body::read_error_body;
use crate::error::bounded::Bounded;
use crate::error::{ApiError, RateLimit};
use crate::error::{CallInfo, DecodeError, Error, MAX_EXCERPT_CHARS, Result};
use crate::redact::{one_line, redact_keys};

/// How much of a text is looked at to show the beginning of it in one line.
const BEGINNING: usize = 4 * 1024;

/// Headers a server names a request by, the usual one first.
const REQUEST_ID: [&str; 3] = ["x-request-id", "request-id", "x-amzn-requestid"];

/// An answer, as a `Transport` returns it: any status is one, not only a success.
///
/// A transport does not decompress: `Content-Encoding` is looked at here, so that the limit on a body's size
/// counts the same bytes everywhere.
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    broken: Option<Error>,
}

/// How many bytes of the limit an object of an answer counts for at least.
const BYTES_OF_AN_OBJECT: usize = 64;

/// How many objects an answer may always have.
const FEW_OBJECTS: usize = 4096;

impl Response {
    /// An answer that arrived whole.
    pub fn new(status: StatusCode, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self { status, headers, body: body.into(), broken: None }
    }

    /// The same answer, whose body broke off: `error` says how. A refusal is still reported as one, with what
    /// arrived of its body; a success is not.
    #[must_use]
    pub fn with_body_error(self, error: Error) -> Self {
        Self { broken: Some(error), ..self }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body, as far as it arrived, still compressed if the server compressed it.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Decompresses the body and sorts the answers: a success that is whole, or the error it stands for.
    pub(crate) fn check_status(mut self, request: &Request, key: &ApiKey) -> Result<Self> {
        let limit = request.body_limit_of(self.status);
        self.decompress(limit);
        if !self.status.is_success() {
            if self.body.len() > limit {
                // A copy, for a slice would keep all of it.
                self.body = Bytes::copy_from_slice(&self.body[..limit]);
            }
            return Err(Error::Api(Box::new(self.into_api_error(key))));
        }
        match self.broken.take() {
            Some(error) => Err(error),
            None => self.with_few_objects(limit),
        }
    }

    /// Counts the objects of an answer, since each takes hundreds of bytes however short its text is: see
    /// [`BYTES_OF_AN_OBJECT`]. A short body isn't looked at.
    fn with_few_objects(self, limit: usize) -> Result<Self> {
        let most = (limit / BYTES_OF_AN_OBJECT).max(FEW_OBJECTS);
        let count = || self.body.iter().map(|byte| usize::from(*byte == b'{')).sum::<usize>();
        if self.body.len() > most && count() > most {
            return Err(Error::too_many_objects(self.status, limit, most));
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
            self.breaks(Error::unreadable("its body has an unsupported content encoding"));
            return;
        }
        let mut plain = Vec::new();
        let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let outcome = MultiGzDecoder::new(&*self.body).take(bound).read_to_end(&mut plain);
        if plain.len() > limit {
            plain.truncate(limit);
            self.breaks(Error::too_large(self.status, limit));
        } else if outcome.is_err() {
            self.breaks(Error::unreadable("its body is not valid gzip"));
        }
        self.body = plain.into();
    }

    /// Remembers why the body is not whole; the first reason is the cause of the others.
    fn breaks(&mut self, error: Error) {
        self.broken.get_or_insert(error);
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

    /// Reads the value. The answer has been accepted, so it is whole.
    pub(crate) fn decode<V: DeserializeOwned>(&self, request: &Request, key: &ApiKey) -> Result<V> {
        let body: &[u8] = match request.without_body {
            WithoutBody::EmptyObject if self.has_no_body() => b"{}",
            WithoutBody::Null if self.body.is_empty() => b"null",
            _ => &self.body,
        };
        serde_json::from_slice(body).map_err(|error| self.decode_error::<V>(&error, key))
    }

    /// A value that was read, and what came along with it.
    pub(crate) fn along_with<V>(self, value: V, key: &ApiKey) -> ApiResponse<V> {
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

    /// Reads the body once more, slowly, to say where it went wrong.
    fn decode_error<V: DeserializeOwned>(&self, error: &serde_json::Error, key: &ApiKey) -> Error {
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        let (field, message) = match serde_path_to_error::deserialize::<_, V>(&mut reader) {
            Err(error) => (place(error.path()), Bounded(error.inner(), BEGINNING).to_string()),
            Ok(_) => (".".to_owned(), error.to_string()),
        };
        // The client says which call it was.
        Error::Decode(Box::new(self.unexpected(CallInfo::default(), &field, &message, key)))
    }

    /// What is wrong with a field of the body, though it is JSON of the right shape.
    pub(crate) fn unexpected(&self, call: CallInfo, field: &str, message: &str, key: &ApiKey) -> DecodeError {
        let start = &self.body[..self.body.len().min(BEGINNING)];
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

/// A path as text; `.` is the body itself, and stands too where the text is no JSON to have a place in.
fn place(path: &serde_path_to_error::Path) -> String {
    let path = Bounded(path, BEGINNING).to_string();
    if path == "?" { ".".to_owned() } else { path }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

impl RateLimit {
    /// Reads the headers. `redact` is applied to what is kept as text.
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
    let value = REQUEST_ID.iter().find_map(|name| headers.get(HeaderName::from_static(name)))?;
    let id = value.to_str().ok()?;
    Some(one_line(&key.scrub(id))).filter(|id| !id.is_empty())
}

/// `Retry-After`: seconds, fractions of seconds, or a date. What is none of them, or lies before zero, counts
/// as absent; a past date is no wait; more than fits is as long as fits.
fn retry_after(headers: &HeaderMap, now: jiff::Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte)) {
        let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0)?;
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    let moment = http_date::parse(text)?;
    Some(Duration::try_from(moment.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests;
