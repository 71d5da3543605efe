//! Refusals of the server.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};

use crate::error::bounded::{Bounded, VALUE_TEXT};
use crate::error::{CallInfo, RequestId};

/// What kind of refusal a status stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// 400: the server did not accept the arguments; see [`ApiError::fields`].
    BadRequest,
    /// 401: no key, or one the server does not know.
    Unauthorized,
    /// 403: the key's user may not do this (contract D25).
    PermissionDenied,
    /// 404: it does not exist, or the key's user may not see it.
    NotFound,
    /// 409: it clashes with what is there.
    Conflict,
    /// 413: the request is too large (contract D26).
    PayloadTooLarge,
    /// 422: well-formed, and still not acceptable.
    Unprocessable,
    /// 429: too many requests; see [`ApiError::retry_after`].
    RateLimited,
    /// 5xx: the server failed.
    Server,
    /// Any other status that is no success: 3xx, since redirects are not followed, 101, 402, 405, 408, …
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

/// An answer whose status is no success.
///
/// To test code that handles errors, make one with [`new`](Self::new), and turn it into an [`Error`](crate::Error)
/// with `From`:
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
    /// The call that was refused.
    pub call: CallInfo,
    /// The status of the answer.
    pub status: StatusCode,
    /// What the status stands for.
    pub kind: ApiErrorKind,
    /// What the server said, in one line, from whichever of the platform's error shapes it used. E-mail
    /// addresses in it are redacted.
    pub message: String,
    /// What it said of single fields: field → messages. Empty where it named none.
    pub fields: BTreeMap<String, Vec<String>>,
    /// The body as text, as far as it arrived and up to 256 KiB, with the API key redacted. Not part of `Display` or
    /// `Debug`.
    pub body: String,
    /// The headers of the answer. Not part of `Display` or `Debug`.
    pub headers: HeaderMap,
    /// The server's name for this request, to give to its operators.
    pub request_id: Option<String>,
    /// How long the server asks to wait, from `Retry-After` in seconds, in fractions of seconds, or as a date.
    pub retry_after: Option<Duration>,
    /// The rate limit the server told.
    pub rate_limit: RateLimit,
}

/// The `X-RateLimit-*` headers of an answer; absent or unreadable ones are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// `X-RateLimit-Limit`: requests allowed in the window.
    pub limit: Option<u64>,
    /// `X-RateLimit-Remaining`: requests left in it.
    pub remaining: Option<u64>,
    /// `X-RateLimit-Reset`, as sent: whether it is a moment or a number of seconds is not documented.
    pub reset: Option<String>,
}

impl ApiError {
    /// An answer with this status, in which the server says `message`. For tests, and for transports that answer by
    /// themselves.
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
        }
    }

    /// Sets the call that was refused, at its first attempt.
    #[must_use]
    pub fn with_call(mut self, method: Method, path: impl Into<String>) -> Self {
        self.call = CallInfo::of_operation(method, &path.into());
        self
    }

    /// Adds what the server says of a field. It is the message too, where there is none.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        if self.message.is_empty() {
            self.message = format!("{field}: {message}");
        }
        self.fields.entry(field).or_default().push(message);
        self
    }

    /// Sets how long the server asks to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Sets the server's name for the request.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// Whether a member was not added since they are one already.
    ///
    /// The platform has no status of its own for that. It is read from what a 400, 409 or 422 says of the e-mail
    /// address or the user, or from its message where it names no field: a text such as "This user is already a member of
    /// the project.".
    pub fn is_already_member(&self) -> bool {
        if !matches!(self.status.as_u16(), 400 | 409 | 422) {
            return false;
        }
        if self.fields.is_empty() {
            return says_already_member(&self.message);
        }
        let is_of_the_user = |field: &str| {
            let field = field.to_ascii_lowercase();
            ["email", "user", "member", "non_field_errors"].iter().any(|name| field.contains(name))
        };
        let said = self.fields.iter().filter(|(field, _)| is_of_the_user(field)).flat_map(|(_, said)| said);
        said.into_iter().any(|text| says_already_member(text))
    }
}

/// Whether a sentence says that somebody is a member already, rather than that they have to be one.
fn says_already_member(text: &str) -> bool {
    let text = text.to_lowercase();
    let words = || text.split(|character: char| !character.is_alphanumeric() && character != '\'');
    let is_there = |wanted: &[&str]| words().any(|word| wanted.contains(&word));
    is_there(&["already"])
        && is_there(&["member", "members", "belongs", "part", "added"])
        && !is_there(&["not", "isn't", "must", "should", "role", "invited", "another", "other", "name"])
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advice = match self.kind {
            ApiErrorKind::Unauthorized => "; check the API key",
            ApiErrorKind::PermissionDenied => "; it takes an OWNER's key",
            ApiErrorKind::NotFound if self.message.to_lowercase().contains("page") => {
                "; the list has fewer pages"
            }
            ApiErrorKind::NotFound => "; check the ids, and that the key's user is a member there",
            ApiErrorKind::Server => "; try again later",
            ApiErrorKind::Other if self.status.is_redirection() => {
                "; redirects are not followed: check the base URL"
            }
            _ => "",
        };
        let said = if advice.is_empty() { &self.message } else { self.message.trim_end_matches('.') };
        let said = Bounded(said, VALUE_TEXT);
        write!(f, "{}: status {}: {said}{advice}", self.call, self.status.as_u16())?;
        if let Some(wait) = self.retry_after {
            write!(f, "; the server asks to wait {} s", wait.as_secs_f64())?;
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
            .field("message", &Bounded(&self.message, VALUE_TEXT))
            .field("fields", &Bounded(&self.fields, VALUE_TEXT))
            .field("request_id", &Bounded(&self.request_id, VALUE_TEXT))
            .field("retry_after", &self.retry_after)
            .field("rate_limit", &Bounded(&self.rate_limit, VALUE_TEXT))
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
    fn a_member_who_is_one_already_is_told_from_other_refusals() {
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
