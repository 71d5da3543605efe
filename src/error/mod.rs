//! What can go wrong, and what to do about it.

mod api_error;
pub(crate) mod body;
pub(crate) mod bounded;
pub(crate) mod transport_error;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::{Method, StatusCode};
use serde::Serialize;

use crate::error::bounded::{Bounded, VALUE_TEXT, bounded_text};
use crate::redact::redact_all;
pub use api_error::{ApiError, ApiErrorKind, RateLimit};
pub use transport_error::{Phase, TransportError};

/// How many characters of a body an error shows.
pub(crate) const EXCERPT: usize = 200;

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything a call can end with instead of its value.
///
/// No variant's `Display` or `Debug` shows the API key or an e-mail address, and none is longer than 16 KiB.
///
/// ```
/// fn advice(error: &mem0::Error) -> &'static str {
///     match error {
///         mem0::Error::Api(api) if api.status == 403 => "ask an OWNER",
///         error if error.is_not_found() => "look at the id",
///         error if error.is_retryable() => "try again later",
///         _ => "read the message",
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client can't be built, or lacks something it needs for this call. Nothing was sent, but for the look-up of the
    /// key's identity where the call needs it.
    #[error("configuration: {field} {message}")]
    #[non_exhaustive]
    Config {
        /// The setting, as the builder's method is called.
        field: &'static str,
        /// What is wrong with it and what was expected.
        message: String,
    },

    /// An argument was refused before anything was sent.
    #[error("invalid {field}: {message} (nothing was sent)")]
    #[non_exhaustive]
    Invalid {
        /// The argument or field.
        field: &'static str,
        /// What is wrong with it and what was expected.
        message: String,
    },

    /// The server answered with a status that is no success.
    #[error(transparent)]
    Api(Box<ApiError>),

    /// The request or its answer was lost on the way.
    #[error(transparent)]
    Transport(Box<TransportError>),

    /// A time limit ran out.
    #[error(transparent)]
    Timeout(Box<TimeoutError>),

    /// A successful answer could not be read.
    #[error(transparent)]
    Decode(Box<DecodeError>),

    /// A response body was larger than the client's limit.
    #[error(transparent)]
    TooLarge(Box<TooLargeError>),
}

/// Which call an error belongs to: what was asked, and how often it was tried.
///
/// An error of a transport belongs to no call until the client returns it; its path is empty then.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallInfo {
    /// The HTTP method.
    pub method: Method,
    /// The path, without the query. E-mail addresses in it are redacted, and so are keys.
    pub path: String,
    /// How many requests were made, the first included. A repeated DELETE may meet its own 404.
    pub attempts: u32,
    /// Whether one of the attempts before the last may have reached the server.
    pub(crate) was_sent_before: bool,
}

impl fmt::Display for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str("request");
        }
        write!(f, "{} {}", self.method, Bounded(&self.path, VALUE_TEXT))?;
        if self.attempts > 1 { write!(f, " (attempt {})", self.attempts) } else { Ok(()) }
    }
}

impl fmt::Debug for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallInfo")
            .field("method", &self.method)
            .field("path", &Bounded(&self.path, VALUE_TEXT))
            .field("attempts", &self.attempts)
            .field("was_sent_before", &self.was_sent_before)
            .finish()
    }
}

/// Which time limit ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutKind {
    /// Resolving, connecting and the TLS handshake took too long. Nothing was sent.
    Connect,
    /// One request and its answer took too long.
    Attempt,
    /// The whole call, with its retries and the waits between them, took too long.
    Call,
    /// What was waited for was still under way at the deadline.
    Wait,
}

/// A time limit that ran out.
#[derive(Debug, thiserror::Error)]
#[error("{call}: {}; {}", self.message(), self.advice())]
#[non_exhaustive]
pub struct TimeoutError {
    /// The call that failed.
    pub call: CallInfo,
    /// Which limit it was.
    pub kind: TimeoutKind,
    /// The limit.
    pub limit: Duration,
    /// Whether a byte of the request may have reached the server.
    pub sent: bool,
    /// Host and port that could not be connected to in time: the server's, or the proxy's; `None` for other limits.
    pub endpoint: Option<String>,
}

impl TimeoutError {
    fn message(&self) -> String {
        let endpoint = self.endpoint.as_deref().map(|endpoint| format!(" to {endpoint}")).unwrap_or_default();
        format!("timed out: {}{endpoint} after {:?}", self.what(), self.limit)
    }

    fn what(&self) -> &'static str {
        match self.kind {
            TimeoutKind::Connect => "no connection",
            TimeoutKind::Attempt => "no complete answer",
            TimeoutKind::Call => "the whole call was not done",
            TimeoutKind::Wait => "what was waited for was not done",
        }
    }

    fn advice(&self) -> &'static str {
        if self.kind == TimeoutKind::Wait {
            return "it goes on: wait for it again, or give it a longer deadline";
        }
        if self.sent { "the request may have been carried out" } else { "nothing was sent" }
    }
}

/// A successful answer with a body that is not what was expected.
#[derive(Clone, thiserror::Error)]
#[error(
    "{call}: status {}, but the body can't be read{}: {}{}{}",
    .status.as_u16(), self.place(), Bounded(.message, VALUE_TEXT), self.start(), RequestId(self.request_id.as_deref())
)]
#[non_exhaustive]
pub struct DecodeError {
    /// The call whose answer it was. It has been carried out. Where a field is found missing in a value that a call
    /// has returned, the identifiers in the path are placeholders.
    pub call: CallInfo,
    /// The status of the answer.
    pub status: StatusCode,
    /// The place in the body, such as `members[2].role`; `.` is the body itself.
    pub field: String,
    /// What was expected there and what was found.
    pub message: String,
    /// The beginning of the body. The key and e-mail addresses are redacted.
    pub excerpt: String,
    /// The server's name for this request, to give to its operators.
    pub request_id: Option<String>,
}

impl DecodeError {
    fn place(&self) -> String {
        if self.field == "." { String::new() } else { format!(" at `{}`", Bounded(&self.field, VALUE_TEXT)) }
    }

    fn start(&self) -> String {
        if self.excerpt.is_empty() {
            String::new()
        } else {
            format!("; it starts {:?}", Bounded(&self.excerpt, VALUE_TEXT))
        }
    }

    /// A field that is missing from a value that was read without an error: every field of an answer is optional.
    /// The excerpt is of the value, unless that is `()`.
    pub(crate) fn missing(
        method: Method,
        path: &str,
        status: StatusCode,
        field: &str,
        message: &str,
        value: &impl Serialize,
    ) -> Error {
        let text = serde_json::to_string(value).ok().filter(|text| text != "null").unwrap_or_default();
        let excerpt = redact_all(&text).chars().take(EXCERPT).collect();
        Error::Decode(Box::new(Self {
            call: CallInfo::of_operation(method, path),
            status,
            field: field.to_owned(),
            message: message.to_owned(),
            excerpt,
            request_id: None,
        }))
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("call", &self.call)
            .field("status", &self.status)
            .field("field", &Bounded(&self.field, VALUE_TEXT))
            .field("message", &Bounded(&self.message, VALUE_TEXT))
            .field("excerpt", &Bounded(&self.excerpt, VALUE_TEXT))
            .field("request_id", &Bounded(&self.request_id, VALUE_TEXT))
            .finish()
    }
}

/// A response body over the limit.
#[derive(Debug, thiserror::Error)]
#[error("{call}: {}; ask for less, or raise the client's `body_limit`", self.message())]
#[non_exhaustive]
pub struct TooLargeError {
    /// The call whose answer it was. It has been carried out.
    pub call: CallInfo,
    /// The status of the answer.
    pub status: StatusCode,
    /// The limit, in bytes after decompression.
    pub limit: usize,
    /// Number of objects that such an answer may hold, where it was their number that was too large.
    pub most_objects: Option<usize>,
}

impl TooLargeError {
    fn message(&self) -> String {
        let status = self.status.as_u16();
        match self.most_objects {
            Some(most) => format!("the body of the answer (status {status}) has more than {most} objects"),
            None => format!("the body of the answer (status {status}) is larger than {} bytes", self.limit),
        }
    }
}

/// The end of an error's text: the request id, if there is one.
pub(crate) struct RequestId<'a>(pub(crate) Option<&'a str>);

impl fmt::Display for RequestId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |id| write!(f, " [request id {}]", Bounded(id, VALUE_TEXT)))
    }
}

impl Error {
    /// A setting that can't be used. For transports and extensions of your own.
    pub fn config(field: &'static str, message: impl Into<String>) -> Self {
        Error::Config { field, message: bounded_text(message.into()) }
    }

    /// An argument that must not be sent. For extensions of your own.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Error::Invalid { field, message: bounded_text(message.into()) }
    }

    /// A failure of a transport of your own: how far it had come, and why it failed.
    pub fn transport(phase: Phase, source: impl StdError + Send + Sync + 'static) -> Self {
        Error::Transport(Box::new(TransportError::new(phase, Box::new(source))))
    }

    /// A response that is HTTP, and not accepted for this reason.
    pub(crate) fn unreadable(reason: &'static str) -> Self {
        Error::Transport(Box::new(TransportError::unreadable(reason)))
    }

    /// A time limit that ran out in a transport of your own. `sent` is whether a byte of the request may
    /// have reached the server.
    pub fn timeout(kind: TimeoutKind, limit: Duration, sent: bool) -> Self {
        let call = CallInfo::default();
        Error::Timeout(Box::new(TimeoutError { call, kind, limit, sent, endpoint: None }))
    }

    /// A body that a transport of your own stopped reading at `limit` bytes.
    pub fn too_large(status: StatusCode, limit: usize) -> Self {
        Error::TooLarge(Box::new(TooLargeError {
            call: CallInfo::default(),
            status,
            limit,
            most_objects: None,
        }))
    }

    /// A response body with more objects than a body of that limit may hold.
    pub(crate) fn too_many_objects(status: StatusCode, limit: usize, most: usize) -> Self {
        Error::TooLarge(Box::new(TooLargeError {
            call: CallInfo::default(),
            status,
            limit,
            most_objects: Some(most),
        }))
    }

    /// The status of the server's answer, if there was an answer.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Error::Api(error) => Some(error.status),
            Error::Decode(error) => Some(error.status),
            Error::TooLarge(error) => Some(error.status),
            Error::Config { .. } | Error::Invalid { .. } | Error::Transport(_) | Error::Timeout(_) => None,
        }
    }

    /// What the status of a refusal stands for; `None` for every other error.
    ///
    /// ```
    /// use mem0::client::StatusCode;
    /// use mem0::error::{ApiError, ApiErrorKind};
    /// use mem0::Error;
    ///
    /// let error = Error::from(ApiError::new(StatusCode::FORBIDDEN, "You are a READER."));
    /// assert_eq!(error.kind(), Some(ApiErrorKind::PermissionDenied));
    /// assert_eq!(error.message(), "You are a READER.");
    /// ```
    pub fn kind(&self) -> Option<ApiErrorKind> {
        match self {
            Error::Api(error) => Some(error.kind),
            _ => None,
        }
    }

    /// What went wrong, without the call and without the request id: of a refusal, the server's own words.
    pub fn message(&self) -> Cow<'_, str> {
        match self {
            Error::Config { message, .. } | Error::Invalid { message, .. } => message.into(),
            Error::Api(error) => error.message.as_str().into(),
            Error::Transport(error) => error.summary().into(),
            Error::Timeout(error) => error.message().into(),
            Error::Decode(error) => error.message.as_str().into(),
            Error::TooLarge(error) => error.message().into(),
        }
    }

    /// How long the server asks to wait before the next request, where it refused this one.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Error::Api(error) => error.retry_after,
            _ => None,
        }
    }

    /// Whether the client itself refused the call, for a setting or an argument, before it was sent: the same call
    /// will be refused again.
    pub fn is_refused_before_sending(&self) -> bool {
        matches!(self, Error::Config { .. } | Error::Invalid { .. })
    }

    /// The server's name for the request, where it gave one.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Error::Api(error) => error.request_id.as_deref(),
            Error::Decode(error) => error.request_id.as_deref(),
            _ => None,
        }
    }

    /// How many requests were made before the call ended with this error; 0 where nothing was sent on its
    /// behalf.
    pub fn attempts(&self) -> u32 {
        self.call().map_or(0, |call| call.attempts)
    }

    /// What does not exist, or what this key's user may not see: the platform does not tell them apart.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::Api(error) if error.kind == ApiErrorKind::NotFound)
    }

    /// Whether a time limit of the client ran out.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Error::Timeout(_))
    }

    /// Whether the same call may well succeed later: 408, 429, 5xx, a lost connection, a timeout.
    ///
    /// This is about the failure, not about the call: repeating a write whose request
    /// [`was_sent`](Self::was_sent) may apply it twice.
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Api(error) => {
                error.status.is_server_error()
                    || matches!(error.status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
            }
            Error::Transport(error) => !error.is_certificate_rejected(),
            Error::Timeout(_) => true,
            Error::Config { .. } | Error::Invalid { .. } | Error::Decode(_) | Error::TooLarge(_) => false,
        }
    }

    /// Whether the request may have reached the server. `false` means that surely nothing did, in none of
    /// the attempts.
    pub fn was_sent(&self) -> bool {
        if self.call().is_some_and(|call| call.was_sent_before) {
            return true;
        }
        match self {
            Error::Config { .. } | Error::Invalid { .. } => false,
            Error::Transport(error) => error.phase.is_sending(),
            Error::Timeout(error) => error.sent,
            Error::Api(_) | Error::Decode(_) | Error::TooLarge(_) => true,
        }
    }

    fn call(&self) -> Option<&CallInfo> {
        match self {
            Error::Config { .. } | Error::Invalid { .. } => None,
            Error::Api(error) => Some(&error.call),
            Error::Transport(error) => Some(&error.call),
            Error::Timeout(error) => Some(&error.call),
            Error::Decode(error) => Some(&error.call),
            Error::TooLarge(error) => Some(&error.call),
        }
    }

    /// Names the host and port that an error of a connection is about.
    pub(crate) fn at(mut self, host_and_port: Option<String>) -> Self {
        match &mut self {
            Error::Transport(error) => error.endpoint = host_and_port,
            Error::Timeout(error) => error.endpoint = host_and_port,
            _ => {}
        }
        self
    }

    /// What was waited for was still under way at the deadline.
    pub(crate) fn not_done(deadline: Duration) -> Self {
        Error::timeout(TimeoutKind::Wait, deadline, true)
    }

    /// Says which call this error ended, after how many attempts.
    pub(crate) fn of_call(
        mut self,
        method: &Method,
        path: &str,
        attempts: u32,
        was_sent_before: bool,
    ) -> Self {
        let call = match &mut self {
            Error::Config { .. } | Error::Invalid { .. } => return self,
            Error::Api(error) => &mut error.call,
            Error::Transport(error) => &mut error.call,
            Error::Timeout(error) => &mut error.call,
            Error::Decode(error) => &mut error.call,
            Error::TooLarge(error) => &mut error.call,
        };
        *call = CallInfo::new(method, path, attempts, was_sent_before);
        self
    }
}

impl CallInfo {
    /// A call that was answered, known by its operation alone.
    pub(crate) fn of_operation(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), attempts: 1, was_sent_before: false }
    }

    pub(crate) fn new(method: &Method, path: &str, attempts: u32, was_sent_before: bool) -> Self {
        Self { method: method.clone(), path: redact_all(path), attempts, was_sent_before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_says_what_to_do_next() {
        let io = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        for (error, advice) in [
            (Error::config("api_key", "is empty; set MEM0_API_KEY"), "set MEM0_API_KEY"),
            (Error::invalid("name", "is empty; give one"), "nothing was sent"),
            (Error::transport(Phase::Resolve, io()), "check the base URL"),
            (Error::transport(Phase::Connect, io()), "check the base URL"),
            (Error::transport(Phase::Proxy, io()), "HTTPS_PROXY"),
            (Error::transport(Phase::Tls, io()), "speaks TLS"),
            (Error::transport(Phase::Write, io()), "may have arrived"),
            (Error::transport(Phase::Read, io()), "may have been carried out"),
            (Error::timeout(TimeoutKind::Connect, Duration::from_secs(1), false), "nothing was sent"),
            (Error::timeout(TimeoutKind::Call, Duration::from_secs(1), true), "may have been carried out"),
            (Error::timeout(TimeoutKind::Wait, Duration::from_secs(1), true), "wait for it again"),
            (Error::too_large(StatusCode::OK, 7), "body_limit"),
        ] {
            assert!(error.to_string().contains(advice), "{error}");
        }
    }

    #[test]
    fn only_the_early_phases_prove_that_nothing_was_sent() {
        let io = || std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let sent = |phase| Error::transport(phase, io()).was_sent();
        assert!(!sent(Phase::Resolve) && !sent(Phase::Proxy) && !sent(Phase::Connect) && !sent(Phase::Tls));
        assert!(sent(Phase::Write) && sent(Phase::Read));
        assert!(!Error::invalid("name", "is empty").was_sent());
        assert!(Error::too_large(StatusCode::OK, 1).was_sent());
    }
}
