//! What carries the requests: the library's own transport, which a dry run stops before it changes anything.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mem0::Result;
use mem0::blocking::{Transport, Ureq};
use mem0::client::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::interrupts::Interrupts;

/// The requests that were not sent, in their order.
pub(crate) type Kept = Arc<Mutex<Vec<Value>>>;

/// Sends requests, or keeps the ones that would change something.
#[derive(Clone)]
pub(crate) struct Wire {
    inner: Ureq,
    interrupts: Interrupts,
    kept: Option<Kept>,
}

impl Wire {
    /// Sends everything; with `kept`, only what changes nothing, and puts the rest there. After a signal, what changes
    /// something may be [refused](Interrupts::refuses_change).
    pub(crate) fn new(inner: Ureq, interrupts: Interrupts, kept: Option<Kept>) -> Self {
        Self { inner, interrupts, kept }
    }
}

impl Transport for Wire {
    fn execute(&self, request: &Request) -> Result<Response> {
        if request.is_read_only() {
            return self.inner.execute(request);
        }
        let Some(kept) = &self.kept else {
            if self.interrupts.refuses_change() {
                return Err(mem0::Error::invalid("request", "is one too many: the command was interrupted"));
            }
            return self.inner.execute(request);
        };
        // What is no JSON is shown as the text it is.
        let body = request.body().map(|body| {
            serde_json::from_slice::<Value>(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
        });
        let query = Some(request.query()).filter(|query| !query.is_empty());
        let shown = json!({
            "method": request.method().as_str(), "path": request.path(), "query": query, "body": body,
        });
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(shown);
        // What a dry run makes has an identifier, so that what would be done with it next can be shown.
        let makes_project = *request.method() == Method::POST && request.path().ends_with("/projects/");
        let answer = if makes_project { r#"{"project_id":"dry-run"}"# } else { "{}" };
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), answer))
    }

    fn sleep(&self, delay: Duration) {
        self.inner.sleep(delay);
    }
}
