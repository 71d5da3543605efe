//! Transport of the command: sends requests, or records changes instead of sending them in a dry run.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mem0::Result;
use mem0::blocking::{Transport, Ureq};
use mem0::client::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::interrupts::Interrupts;

/// Requests that a dry run did not send, in order.
pub(crate) type UnsentRequests = Arc<Mutex<Vec<Value>>>;

/// Records a request that a dry run does not send.
pub(crate) fn record(unsent: &UnsentRequests, request: &Request) {
    // A body that is not JSON is recorded as text.
    let body = request.body().map(|body| {
        serde_json::from_slice::<Value>(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
    });
    let query = Some(request.query()).filter(|query| !query.is_empty());
    let recorded = json!({
        "method": request.method().as_str(), "path": request.path(), "query": query, "body": body,
    });
    unsent.lock().unwrap_or_else(PoisonError::into_inner).push(recorded);
}

/// Transport that sends read-only requests and, in a dry run, records the others.
#[derive(Clone)]
pub(crate) struct DryRunTransport {
    inner: Ureq,
    interrupts: Interrupts,
    unsent: Option<UnsentRequests>,
}

impl DryRunTransport {
    /// Wraps a transport. With `unsent`, requests that change something are recorded there. After a signal, they may be
    /// [blocked](Interrupts::blocks_changes).
    pub(crate) fn new(inner: Ureq, interrupts: Interrupts, unsent: Option<UnsentRequests>) -> Self {
        Self { inner, interrupts, unsent }
    }
}

impl Transport for DryRunTransport {
    fn execute(&self, request: &Request) -> Result<Response> {
        if request.is_read_only() {
            return self.inner.execute(request);
        }
        let Some(unsent) = &self.unsent else {
            if self.interrupts.blocks_changes() {
                return Err(mem0::Error::invalid("request", "was not sent: the command was interrupted"));
            }
            return self.inner.execute(request);
        };
        record(unsent, request);
        // The requests that follow need the ID of a created project.
        let creates_project = *request.method() == Method::POST && request.path().ends_with("/projects/");
        let response = if creates_project { r#"{"project_id":"dry-run"}"# } else { "{}" };
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), response))
    }

    fn sleep(&self, delay: Duration) {
        self.inner.sleep(delay);
    }
}
