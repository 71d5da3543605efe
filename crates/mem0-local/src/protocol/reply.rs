//! What the platform answers.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

/// An answer: status, headers, body.
#[derive(Debug)]
pub(crate) struct HttpReply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

impl HttpReply {
    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        Self { status, headers, body: body.to_string().into() }
    }

    pub(crate) fn ok(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// `{"message": …}`: the shape of organizations and projects.
    pub(crate) fn message(status: StatusCode, message: &str) -> Self {
        Self::json(status, &json!({ "message": message }))
    }

    /// `{"error": …}`: the shape of memories, events and webhooks.
    pub(crate) fn error(status: StatusCode, error: &str) -> Self {
        Self::json(status, &json!({ "error": error }))
    }

    /// `{"detail": …}`: the shape of the framework.
    pub(crate) fn detail(status: StatusCode, detail: &str) -> Self {
        Self::json(status, &json!({ "detail": detail }))
    }

    pub(crate) fn unauthorized(detail: &str) -> Self {
        Self::detail(StatusCode::UNAUTHORIZED, detail).header(WWW_AUTHENTICATE, "Token")
    }

    pub(crate) fn method_not_allowed(method: &http::Method, allow: &str) -> Self {
        let detail = format!("Method \"{method}\" not allowed.");
        Self::detail(StatusCode::METHOD_NOT_ALLOWED, &detail).header(ALLOW, allow)
    }

    pub(crate) fn moved(location: &str) -> Self {
        let empty = Self { status: StatusCode::MOVED_PERMANENTLY, headers: Vec::new(), body: Bytes::new() };
        empty.header(LOCATION, location)
    }

    /// Adds a header. A value that no header can hold is left out.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}

impl IntoResponse for HttpReply {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }
}

/// Why an operation was not carried out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was refused with this answer.
    Refused(Box<HttpReply>),
    /// The store failed.
    Storage(rusqlite::Error),
}

impl From<HttpReply> for Failure {
    fn from(reply: HttpReply) -> Self {
        Failure::Refused(Box::new(reply))
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Failure::Storage(error)
    }
}

/// What a handler ends with.
pub(crate) type Answer = Result<HttpReply, Failure>;
