//! Error responses.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};

use crate::error::CallInfo;
use crate::error::bounded::{Bounded, MAX_VALUE_LEN};
use crate::error::call_info::RequestId;

/// Kind of an error response, from its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// 400: invalid arguments; see [`ApiError::fields`].
    BadRequest,
    /// 401: missing or unknown API key.
    Unauthorized,
    /// 403: the user of the API key lacks the permission.
    PermissionDenied,
    /// 404: the object does not exist, or the user of the API key has no access to it. The platform does not
    /// distinguish the two.
    NotFound,
    /// 409: the request conflicts with existing data.
    Conflict,
    /// 413: the request is too large.
    PayloadTooLarge,
    /// 422: the request is well-formed but invalid.
    Unprocessable,
    /// 429: too many requests; see [`ApiError::retry_after`].
    RateLimited,
    /// 5xx: server error.
    Server,
    /// Any other status outside 2xx: 3xx, because redirects are not followed, 101, 402, 405, 408, …
    Other,
}

impl From<StatusCode> for ApiErrorKind {
    fn from(status: StatusCode) -> Self {
        match status.as_u16() {
            400 => Self::BadRequest,
            401 => Self::Unauthorized,
            403 => Self::PermissionDenied,
            404 => Self::NotFound,
            409 => Self::Conflict,
            413 => Self::PayloadTooLarge,
            422 => Self::Unprocessable,
            429 => Self::RateLimited,
            500..=599 => Self::Server,
            _ => Self::Other,
        }
    }
}

/// Response with an error status.
///
/// To test code that handles errors, create one with [`new`](Self::new) and convert it into an [`Error`](crate::Error):
///
/// ```
/// use std::time::Duration;
/// use mem0::client::{Method, StatusCode};
/// use mem0::error::ApiError;
/// use mem0::Error;
///
/// fn delay_of(error: &Error) -> Option<Duration> {
///     error.is_retryable().then(|| error.retry_after()).flatten()
/// }
///
/// let busy = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Slow down.")
///     .with_call(Method::GET, "/v1/ping/")
///     .with_retry_after(Duration::from_secs(7))
///     .with_request_id("req-1");
/// assert_eq!(delay_of(&busy.into()), Some(Duration::from_secs(7)));
///
/// let refused = ApiError::new(StatusCode::BAD_REQUEST, "")
///     .with_field("email", "This user is a member of the project already.");
/// assert!(refused.is_already_member());
/// assert_eq!(refused.message, "email: This user is a member of the project already.");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct ApiError {
    /// Call that failed.
    pub call: CallInfo,
    /// Status of the response.
    pub status: StatusCode,
    /// Kind of the status.
    pub kind: ApiErrorKind,
    /// Message of the server in one line, from any of the platform's error shapes. E-mail addresses are redacted.
    pub message: String,
    /// Messages per field. Empty if the server named no fields.
    pub fields: BTreeMap<String, Vec<String>>,
    /// Body as text, up to 256 KiB, with the API key redacted. It may be incomplete. `Display` and `Debug` leave it out.
    pub body: String,
    /// Headers of the response. `Display` and `Debug` leave them out.
    pub headers: HeaderMap,
    /// Id of the request, to quote to the operators of the server. `None` if the server sent none.
    pub request_id: Option<String>,
    /// Delay that the server requested in `Retry-After`: seconds, fractions of seconds or a date. `None` if the header
    /// is missing or invalid.
    pub retry_after: Option<Duration>,
    /// Rate limit that the server reported.
    pub rate_limit: RateLimit,
    /// Whether the response looks like one of the self-hosted server.
    pub(crate) is_self_hosted: bool,
}

/// Rate limit of a response, from its `X-RateLimit-*` headers.
///
/// Missing and invalid headers are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct RateLimit {
    /// `X-RateLimit-Limit`: number of requests allowed in the window.
    pub limit: Option<u64>,
    /// `X-RateLimit-Remaining`: number of requests left in the window.
    pub remaining: Option<u64>,
    /// `X-RateLimit-Reset`, unchanged. The platform does not document whether it is a time or a number of seconds.
    pub reset: Option<String>,
}

impl ApiError {
    /// Creates an error with a status and the message of the server, for tests and for transports of your own.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            call: CallInfo::default(),
            status,
            kind: status.into(),
            message: message.into(),
            fields: BTreeMap::new(),
            body: String::new(),
            headers: HeaderMap::new(),
            request_id: None,
            retry_after: None,
            rate_limit: RateLimit::default(),
            is_self_hosted: false,
        }
    }

    /// Sets the call that failed, with one attempt.
    #[must_use]
    pub fn with_call(mut self, method: Method, path: impl Into<String>) -> Self {
        self.call = CallInfo::of_operation(method, &path.into());
        self
    }

    /// Adds a message about a field. If the error has no message yet, it becomes the message too.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        if self.message.is_empty() {
            self.message = format!("{field}: {message}");
        }
        self.fields.entry(field).or_default().push(message);
        self
    }

    /// Sets the delay that the server requested.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Sets the id of the request.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self.is_self_hosted = is_default_of_fastapi(self.status, &self.body);
        self
    }

    /// Whether the response looks like one of the self-hosted open-source Mem0 server, which has another API: the base URL
    /// points to the wrong product.
    ///
    /// That server knows none of the platform's routes, and responds with a body that the platform does not have:
    /// `{"detail":"Not Found"}` with 404, or `{"detail":"Method Not Allowed"}` with 405. Never true for the hosted platform's
    /// own URL, and for a raw request, whose route may not exist on the platform.
    ///
    /// ```
    /// use mem0::client::StatusCode;
    /// use mem0::error::ApiError;
    ///
    /// let error = ApiError::new(StatusCode::NOT_FOUND, "Not Found").with_body(r#"{"detail":"Not Found"}"#);
    /// assert!(error.is_self_hosted_server());
    /// ```
    pub fn is_self_hosted_server(&self) -> bool {
        self.is_self_hosted
    }

    /// Whether adding a member failed because the user is a member already.
    ///
    /// The platform has no separate status for this case. With status 400, 409 or 422, the messages about the e-mail address
    /// or the user, or the message if there are no fields, are searched for text such as "This user is already a member of
    /// the project.".
    pub fn is_already_member(&self) -> bool {
        if !matches!(self.status.as_u16(), 400 | 409 | 422) {
            return false;
        }
        if self.fields.is_empty() {
            return says_already_member(&self.message);
        }
        let is_about_user = |field: &str| {
            let field = field.to_ascii_lowercase();
            ["email", "user", "member", "non_field_errors"].iter().any(|name| field.contains(name))
        };
        let messages =
            self.fields.iter().filter(|(field, _)| is_about_user(field)).flat_map(|(_, messages)| messages);
        messages.into_iter().any(|text| says_already_member(text))
    }
}

/// Whether a response is the one of `FastAPI` for an unknown route, or for an unknown method of a route. The platform is
/// built on Django, whose texts differ: `Not found.` and `Method "POST" not allowed.`.
fn is_default_of_fastapi(status: StatusCode, body: &str) -> bool {
    let detail = match status {
        StatusCode::NOT_FOUND => "Not Found",
        StatusCode::METHOD_NOT_ALLOWED => "Method Not Allowed",
        _ => return false,
    };
    // The bodies are short; a long one is not parsed.
    let parse = || serde_json::from_str::<serde_json::Value>(body).ok();
    body.len() <= 64 && parse() == Some(serde_json::json!({ "detail": detail }))
}

/// Whether a message says that a user is a member already, as opposed to: must be a member.
fn says_already_member(text: &str) -> bool {
    let text = text.to_lowercase();
    let words = || text.split(|character: char| !character.is_alphanumeric() && character != '\'');
    let contains_any = |wanted: &[&str]| words().any(|word| wanted.contains(&word));
    contains_any(&["already"])
        && contains_any(&["member", "members", "belongs", "part", "added"])
        && !contains_any(&["not", "isn't", "must", "should", "role", "invited", "another", "other", "name"])
}

const SELF_HOSTED_ADVICE: &str = "; this looks like the self-hosted open-source Mem0 server, but this SDK speaks the API of \
                                  the hosted Mem0 Platform: use its base URL https://api.mem0.ai, or mem0-local for tests";

impl ApiError {
    /// Advice on what to do next, with a leading separator; empty if there is none.
    fn advice(&self) -> &'static str {
        match self.kind {
            _ if self.is_self_hosted => SELF_HOSTED_ADVICE,
            ApiErrorKind::Unauthorized => "; check the API key",
            ApiErrorKind::PermissionDenied => "; use the API key of an OWNER",
            ApiErrorKind::NotFound if self.message.to_lowercase().contains("page") => {
                "; the list has fewer pages"
            }
            ApiErrorKind::NotFound => "; check the ids, and that the user of the API key is a member",
            ApiErrorKind::Server => "; try again later",
            ApiErrorKind::Other if self.status.is_redirection() => {
                "; redirects are not followed; check the base URL"
            }
            _ => "",
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advice = self.advice();
        let message = if advice.is_empty() { &self.message } else { self.message.trim_end_matches('.') };
        let message = Bounded(message, MAX_VALUE_LEN);
        write!(f, "{}: status {}: {message}{advice}", self.call, self.status.as_u16())?;
        if let Some(wait) = self.retry_after {
            write!(f, "; the server requests a delay of {} s", wait.as_secs_f64())?;
        }
        RequestId(self.request_id.as_deref()).fmt(f)
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("call", &self.call)
            .field("status", &self.status)
            .field("kind", &self.kind)
            .field("message", &Bounded(&self.message, MAX_VALUE_LEN))
            .field("advice", &self.advice().trim_start_matches("; "))
            .field("fields", &Bounded(&self.fields, MAX_VALUE_LEN))
            .field("request_id", &Bounded(&self.request_id, MAX_VALUE_LEN))
            .field("retry_after", &self.retry_after)
            .field("rate_limit", &Bounded(&self.rate_limit, MAX_VALUE_LEN))
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ApiError {}

impl From<ApiError> for crate::Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_member_is_recognized() {
        let error = |status: u16, field: Option<&str>, text: &str| {
            let error = ApiError::new(StatusCode::from_u16(status).unwrap_or_default(), "");
            match field {
                Some(field) => error.with_field(field, text),
                None => ApiError { message: text.to_owned(), ..error },
            }
        };
        for (status, field, text) in [
            (400, Some("email"), "This user is a member of the organization already."),
            (400, Some("email"), "User is already a member"),
            (400, Some("user_id"), "ALREADY a member of this project"),
            (409, None, "User already belongs to this project."),
            (422, Some("non_field_errors"), "Already added to the organization"),
        ] {
            assert!(error(status, field, text).is_already_member(), "{status} {field:?} {text}");
        }
        for (status, field, text) in [
            (400, Some("role"), "The member has this role already."),
            (400, Some("email"), "The user must already be a member of the organization."),
            (400, Some("email"), "This user is not a member of the organization."),
            (400, Some("name"), "There is a project of that name already."),
            (409, None, "A project of that name already exists"),
            (400, Some("email"), "This user already belongs to another organization."),
            (400, Some("email"), "Enter a valid e-mail address."),
            (403, None, "You are already a member, and a READER."),
            (500, None, "This user is a member of the project already."),
            (400, None, ""),
        ] {
            assert!(!error(status, field, text).is_already_member(), "{status} {field:?} {text}");
        }
    }
}
