//! Spans and events of a call, with the feature `tracing`: method, path without the query, statuses, retries. No
//! headers, query or body.

use std::time::Duration;

use http::StatusCode;

use crate::client::request::Request;
use crate::error::Error;

/// Span of one call. It is never entered: events name it as their parent, so that no guard is held across an await.
pub(crate) struct CallTrace {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

#[cfg(feature = "tracing")]
impl CallTrace {
    pub(crate) fn begin(request: &Request) -> Self {
        let span = tracing::debug_span!(
            "mem0.call",
            method = %request.method(),
            path = tracing::field::Empty,
            status = tracing::field::Empty,
            attempts = tracing::field::Empty,
        );
        if !span.is_disabled() {
            span.record("path", crate::redact::redact_all(request.path()).as_str());
        }
        Self { span }
    }

    pub(crate) fn succeeded(&self, status: StatusCode, attempts: u32) {
        self.span.record("status", status.as_u16());
        self.span.record("attempts", attempts);
        tracing::debug!(parent: &self.span, "call succeeded");
    }

    pub(crate) fn retries(&self, request: &Request, error: &Error, attempts: u32, delay: Duration) {
        tracing::warn!(
            parent: &self.span,
            method = %request.method(),
            path = crate::redact::redact_all(request.path()),
            %error,
            attempts,
            ?delay,
            "attempt failed, retrying",
        );
    }

    pub(crate) fn failed(&self, error: &Error) {
        if let Some(status) = error.status() {
            self.span.record("status", status.as_u16());
        }
        self.span.record("attempts", error.attempts());
        tracing::debug!(parent: &self.span, %error, "call failed");
    }
}

#[cfg(not(feature = "tracing"))]
#[allow(clippy::unused_self)]
impl CallTrace {
    pub(crate) fn begin(_: &Request) -> Self {
        Self {}
    }

    pub(crate) fn succeeded(&self, _: StatusCode, _: u32) {}

    pub(crate) fn retries(&self, _: &Request, _: &Error, _: u32, _: Duration) {}

    pub(crate) fn failed(&self, _: &Error) {}
}
