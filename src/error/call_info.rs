//! Call that an error belongs to.

use std::fmt;

use http::Method;

use crate::error::bounded::{Bounded, MAX_VALUE_LEN};
use crate::ids::EventId;
use crate::redact::redact_all;

/// Call that an error belongs to: method, path and number of attempts.
///
/// The client fills it in. In an error that a transport has just created, the path is empty.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallInfo {
    /// HTTP method.
    pub method: Method,
    /// Path without the query. E-mail addresses and keys are redacted.
    pub path: String,
    /// Number of requests, the first one included. After a retry, a DELETE may get 404 because an earlier attempt succeeded.
    pub attempts: u32,
    /// Event that the call waited for, or that the accepted request caused. `None` for all other calls.
    pub event_id: Option<EventId>,
    /// Whether an attempt before the last one may have reached the server.
    pub(crate) was_sent_before: bool,
}

impl fmt::Display for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str("request");
        }
        write!(f, "{} {}", self.method, Bounded(&self.path, MAX_VALUE_LEN))?;
        if self.attempts > 1 { write!(f, " (attempt {})", self.attempts) } else { Ok(()) }
    }
}

impl fmt::Debug for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallInfo")
            .field("method", &self.method)
            .field("path", &Bounded(&self.path, MAX_VALUE_LEN))
            .field("attempts", &self.attempts)
            .field("event_id", &Bounded(&self.event_id, MAX_VALUE_LEN))
            .field("was_sent_before", &self.was_sent_before)
            .finish()
    }
}

impl CallInfo {
    /// Call with one attempt, known by its operation.
    pub(crate) fn of_operation(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), attempts: 1, event_id: None, was_sent_before: false }
    }

    pub(crate) fn new(method: &Method, path: &str, attempts: u32, was_sent_before: bool) -> Self {
        Self { method: method.clone(), path: redact_all(path), attempts, event_id: None, was_sent_before }
    }
}

/// End of an error message: the request id, if there is one.
pub(crate) struct RequestId<'a>(pub(crate) Option<&'a str>);

impl fmt::Display for RequestId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |id| write!(f, " [request id {}]", Bounded(id, MAX_VALUE_LEN)))
    }
}
