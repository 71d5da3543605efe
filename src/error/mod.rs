//! Errors of the clients.
//!
//! [`Error`] has one variant per kind of failure, and predicates such as [`Error::is_retryable`] and
//! [`Error::was_sent`]. The other types are the details of its variants.

mod api_error;
pub(crate) mod body;
pub(crate) mod bounded;
mod call_info;
mod decode_error;
mod event_error;
mod timeout_error;
mod too_large_error;
pub(crate) mod transport_error;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};

use crate::error::bounded::bounded_text;
use crate::ids::EventId;
pub use api_error::{ApiError, ApiErrorKind, RateLimit};
pub use call_info::CallInfo;
pub use decode_error::DecodeError;
pub use event_error::EventError;
pub use timeout_error::{TimeoutError, TimeoutKind};
pub use too_large_error::TooLargeError;
pub use transport_error::{Phase, TransportError};

/// Number of characters of a body that an error shows.
pub(crate) const MAX_EXCERPT_CHARS: usize = 200;

/// Result with [`Error`] as its default error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Error of a call, or of building a client.
///
/// `Display` and `Debug` show neither the API key nor e-mail addresses, and are at most 16 KiB long.
///
/// ```
/// fn advice(error: &mem0::Error) -> &'static str {
///     match error {
///         mem0::Error::Api(api) if api.status == 403 => "ask an OWNER",
///         error if error.is_not_found() => "check the id",
///         error if error.is_retryable() => "try again later",
///         _ => "read the message",
///     }
/// }
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Invalid or missing setting of the client. Nothing was sent, except for a request for the identity of the API key
    /// if the call needs it.
    #[error("invalid configuration: `{field}` {message}")]
    #[non_exhaustive]
    Config {
        /// Name of the setting, which is the builder's method.
        field: &'static str,
        /// Problem, and what to do about it.
        message: String,
    },

    /// Invalid argument. Nothing was sent.
    #[error("invalid argument: `{field}` {message} (nothing was sent)")]
    #[non_exhaustive]
    Invalid {
        /// Name of the argument or field.
        field: &'static str,
        /// Problem, and what to do about it.
        message: String,
    },

    /// Response with an error status.
    #[error(transparent)]
    Api(Box<ApiError>),

    /// Connection that could not be established, or that closed early.
    #[error(transparent)]
    Transport(Box<TransportError>),

    /// Time limit that was exceeded.
    #[error(transparent)]
    Timeout(Box<TimeoutError>),

    /// Successful response that could not be decoded.
    #[error(transparent)]
    Decode(Box<DecodeError>),

    /// Response body over the size limit of the client.
    #[error(transparent)]
    TooLarge(Box<TooLargeError>),

    /// Event that failed on the platform after the request that caused it was accepted.
    #[error(transparent)]
    Event(Box<EventError>),
}

impl Error {
    /// Creates an error about an invalid setting, for transports and extensions of your own.
    pub fn config(field: &'static str, message: impl Into<String>) -> Self {
        Error::Config { field, message: bounded_text(message.into()) }
    }

    /// Creates an error about an invalid argument, for extensions of your own.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Error::Invalid { field, message: bounded_text(message.into()) }
    }

    /// Creates an error for a transport of your own, from the phase in which it failed and the cause.
    pub fn transport(phase: Phase, source: impl StdError + Send + Sync + 'static) -> Self {
        Error::Transport(Box::new(TransportError::new(phase, Arc::new(source))))
    }

    /// Creates an error about a response that is valid HTTP but not accepted.
    pub(crate) fn unreadable(reason: &'static str) -> Self {
        Error::Transport(Box::new(TransportError::unreadable(reason)))
    }

    /// Creates a timeout error for a transport of your own. `sent` is whether a byte of the request may have reached
    /// the server.
    pub fn timeout(kind: TimeoutKind, limit: Duration, sent: bool) -> Self {
        let call = CallInfo::default();
        Error::Timeout(Box::new(TimeoutError { call, kind, limit, sent, endpoint: None }))
    }

    /// Creates an error for a transport of your own that stopped reading a body at `limit` bytes.
    pub fn too_large(status: StatusCode, limit: usize) -> Self {
        Error::TooLarge(Box::new(TooLargeError {
            call: CallInfo::default(),
            status,
            limit,
            max_objects: None,
        }))
    }

    /// Creates an error about a body with too many objects for its size limit.
    pub(crate) fn too_many_objects(status: StatusCode, limit: usize, max_objects: usize) -> Self {
        Error::TooLarge(Box::new(TooLargeError {
            call: CallInfo::default(),
            status,
            limit,
            max_objects: Some(max_objects),
        }))
    }

    /// Returns the status of the response, if the error is about one. `None` for a failed event, too.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Error::Api(error) => Some(error.status),
            Error::Decode(error) => Some(error.status),
            Error::TooLarge(error) => Some(error.status),
            Error::Config { .. }
            | Error::Invalid { .. }
            | Error::Transport(_)
            | Error::Timeout(_)
            | Error::Event(_) => None,
        }
    }

    /// Returns the kind of an error response; `None` for all other errors.
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

    /// Returns the message without the call and the request id. For an error response, this is the message of the
    /// server.
    pub fn message(&self) -> Cow<'_, str> {
        match self {
            Error::Config { message, .. } | Error::Invalid { message, .. } => message.into(),
            Error::Api(error) => error.message.as_str().into(),
            Error::Transport(error) => error.summary().into(),
            Error::Timeout(error) => error.message().into(),
            Error::Decode(error) => error.message.as_str().into(),
            Error::TooLarge(error) => error.message().into(),
            Error::Event(error) => error.message().into(),
        }
    }

    /// Returns the delay that the server requested in `Retry-After`, if this is an error response with that header.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Error::Api(error) => error.retry_after,
            _ => None,
        }
    }

    /// Whether the client refused the call before sending it, because of a setting or an argument. The same call will be
    /// refused again.
    pub fn is_refused_before_sending(&self) -> bool {
        matches!(self, Error::Config { .. } | Error::Invalid { .. })
    }

    /// Returns the id of the request, if the server sent one.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Error::Api(error) => error.request_id.as_deref(),
            Error::Decode(error) => error.request_id.as_deref(),
            _ => None,
        }
    }

    /// Returns the event that the call waited for. `None` if the call waited for no event, or the add that would have
    /// caused it was not accepted.
    ///
    /// The event may still be in progress: `client.events().wait(event_id, policy)` waits for it again.
    pub fn event_id(&self) -> Option<&EventId> {
        self.call()?.event_id.as_ref()
    }

    /// Returns the number of requests that the call made; 0 if it made none. For a call that waits, this is the number of
    /// the last request's attempts, or of the polls if the deadline passed.
    pub fn attempts(&self) -> u32 {
        self.call().map_or(0, |call| call.attempts)
    }

    /// Whether the response was 404: the object does not exist, or the user of the API key has no access to it. The
    /// platform does not distinguish the two.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::Api(error) if error.kind == ApiErrorKind::NotFound)
    }

    /// Whether a time limit of the client was exceeded.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Error::Timeout(_))
    }

    /// Whether the same call may succeed later: 408, 429, 5xx, a failed connection or a timeout.
    ///
    /// Repeating a write whose request [`was_sent`](Self::was_sent) may apply it twice.
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Api(error) => {
                error.status.is_server_error()
                    || matches!(error.status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
            }
            Error::Transport(error) => !error.is_certificate_rejected(),
            Error::Timeout(_) => true,
            Error::Config { .. }
            | Error::Invalid { .. }
            | Error::Decode(_)
            | Error::TooLarge(_)
            | Error::Event(_) => false,
        }
    }

    /// Whether the request may have reached the server. `false` means that no attempt has reached it.
    pub fn was_sent(&self) -> bool {
        if self.call().is_some_and(|call| call.was_sent_before) {
            return true;
        }
        match self {
            Error::Config { .. } | Error::Invalid { .. } => false,
            Error::Transport(error) => error.phase.may_have_sent(),
            Error::Timeout(error) => error.sent,
            Error::Api(_) | Error::Decode(_) | Error::TooLarge(_) | Error::Event(_) => true,
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
            Error::Event(error) => Some(&error.call),
        }
    }

    /// Sets the host and port of an error of a connection.
    pub(crate) fn at(mut self, host_and_port: Option<String>) -> Self {
        match &mut self {
            Error::Transport(error) => error.endpoint = host_and_port,
            Error::Timeout(error) => error.endpoint = host_and_port,
            _ => {}
        }
        self
    }

    /// Creates a timeout of a wait.
    pub(crate) fn wait_timeout(deadline: Duration) -> Self {
        Error::timeout(TimeoutKind::Wait, deadline, true)
    }

    /// Sets the call that failed, and its number of attempts.
    pub(crate) fn of_call(
        mut self,
        method: &Method,
        path: &str,
        attempts: u32,
        was_sent_before: bool,
    ) -> Self {
        if let Some(call) = self.call_mut() {
            *call = CallInfo::new(method, path, attempts, was_sent_before);
        }
        self
    }

    /// Sets the event that the call waited for.
    pub(crate) fn of_event(mut self, event_id: &EventId) -> Self {
        if let Some(call) = self.call_mut() {
            call.event_id = Some(event_id.clone());
        }
        self
    }

    /// Sets the event of a request that was accepted before the call: the whole operation counts as sent.
    pub(crate) fn after_acceptance(self, event_id: &EventId) -> Self {
        let error = match self {
            // A transport of the caller refused to send the call.
            error @ (Error::Config { .. } | Error::Invalid { .. }) => Error::transport(Phase::Connect, error),
            error => error,
        };
        let mut error = error.of_event(event_id);
        if let Some(call) = error.call_mut() {
            call.was_sent_before = true;
        }
        error
    }

    fn call_mut(&mut self) -> Option<&mut CallInfo> {
        match self {
            Error::Config { .. } | Error::Invalid { .. } => None,
            Error::Api(error) => Some(&mut error.call),
            Error::Transport(error) => Some(&mut error.call),
            Error::Timeout(error) => Some(&mut error.call),
            Error::Decode(error) => Some(&mut error.call),
            Error::TooLarge(error) => Some(&mut error.call),
            Error::Event(error) => Some(&mut error.call),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_to_do() {
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
    fn early_phases_prove_that_nothing_was_sent() {
        let io = || std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let sent = |phase| Error::transport(phase, io()).was_sent();
        assert!(!sent(Phase::Resolve) && !sent(Phase::Proxy) && !sent(Phase::Connect) && !sent(Phase::Tls));
        assert!(sent(Phase::Write) && sent(Phase::Read));
        assert!(!Error::invalid("name", "is empty").was_sent());
        assert!(Error::too_large(StatusCode::OK, 1).was_sent());
    }
}
