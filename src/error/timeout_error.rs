//! Timeouts.

use std::borrow::Cow;
use std::time::Duration;

use crate::error::CallInfo;
use crate::error::bounded::{Bounded, MAX_VALUE_LEN};
use crate::redact::{one_line, redact_keys};

/// Time limit that was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutKind {
    /// Limit on DNS resolution, connecting and the TLS handshake. Nothing was sent.
    Connect,
    /// Limit on one request and its response.
    Attempt,
    /// Limit on the whole call, with its retries and the delays between them.
    Call,
    /// Deadline of a wait for an event, an export or a profile job. The platform continues its work.
    Wait,
}

/// Error of a call or a wait that exceeded a time limit.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{call}: {}; {}", self.message(), self.advice())]
#[non_exhaustive]
pub struct TimeoutError {
    /// Call that failed.
    pub call: CallInfo,
    /// Kind of the limit.
    pub kind: TimeoutKind,
    /// Length of the limit.
    pub limit: Duration,
    /// Whether a byte of the request may have reached the server.
    pub sent: bool,
    /// Host and port of the server or proxy, if connecting to it timed out; `None` for other limits.
    pub endpoint: Option<String>,
}

impl TimeoutError {
    pub(super) fn message(&self) -> String {
        let endpoint = self.endpoint.as_deref().map(|endpoint| format!(" to {endpoint}")).unwrap_or_default();
        format!("timed out: {}{endpoint} after {:?}", self.problem(), self.limit)
    }

    fn problem(&self) -> Cow<'static, str> {
        match self.kind {
            TimeoutKind::Connect => "no connection".into(),
            TimeoutKind::Attempt => "no complete response".into(),
            TimeoutKind::Call => "the call was not complete".into(),
            TimeoutKind::Wait => match &self.call.event_id {
                Some(id) => {
                    let id = one_line(&redact_keys(id.as_str()));
                    format!("event {} was not complete", Bounded(&id, MAX_VALUE_LEN)).into()
                }
                None => "the operation was not complete".into(),
            },
        }
    }

    fn advice(&self) -> &'static str {
        if self.kind == TimeoutKind::Wait {
            return "it is still in progress; wait for it again, or use a longer deadline";
        }
        if self.call.event_id.is_some() {
            return "the event may still be in progress; wait for it again";
        }
        if self.sent { "the request may have been carried out" } else { "nothing was sent" }
    }
}
