//! What carries the requests: the library's own transport, which a dry run stops before it changes anything.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mem0::blocking::{Transport, Ureq};
use mem0::{HeaderMap, Method, Request, Response, Result, StatusCode};
use serde_json::{Value, json};

/// The requests that were not sent, in their order.
pub(crate) type Kept = Arc<Mutex<Vec<Value>>>;

/// Sends requests, or keeps the ones that would change something.
#[derive(Clone)]
pub(crate) struct Wire {
    inner: Ureq,
    kept: Option<Kept>,
}

impl Wire {
    /// Sends everything; with `kept`, only what changes nothing, and puts the rest there.
    pub(crate) fn new(inner: Ureq, kept: Option<Kept>) -> Self {
        Self { inner, kept }
    }
}

impl Transport for Wire {
    fn execute(&self, request: &Request) -> Result<Response> {
        let Some(kept) = self.kept.as_ref().filter(|_| changes(request)) else {
            return self.inner.execute(request);
        };
        let body = request.body().and_then(|body| serde_json::from_slice::<Value>(body).ok());
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

/// Whether a request is more than a question. Some questions are POSTs.
fn changes(request: &Request) -> bool {
    let questions = ["/v3/memories/", "/v3/memories/search/", "/v1/exports/get/", "/v1/summary/"];
    match *request.method() {
        Method::GET => false,
        Method::POST => !questions.iter().any(|question| request.path().ends_with(question)),
        _ => true,
    }
}
