//! The server's own refusals, in all the body shapes the platform uses (contract 2.1).

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use crate::error::{CallInfo, request_id_suffix};

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
    /// addresses in it are masked.
    pub message: String,
    /// What it said of single fields: field → messages. Empty where it named none.
    pub fields: BTreeMap<String, Vec<String>>,
    /// The body as text, as far as it arrived, with the API key masked. Not part of `Display` or `Debug`.
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

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advice = match self.kind {
            ApiErrorKind::Unauthorized => "; check the API key",
            ApiErrorKind::PermissionDenied => "; it takes an OWNER's key",
            ApiErrorKind::NotFound => "; check the ids, and that the key's user is a member there",
            ApiErrorKind::Server => "; try again later",
            ApiErrorKind::Other if self.status.is_redirection() => {
                "; redirects are not followed: check the base URL"
            }
            _ => "",
        };
        let said = if advice.is_empty() { &self.message } else { self.message.trim_end_matches('.') };
        write!(f, "{}: status {}: {said}{advice}", self.call, self.status.as_u16())?;
        if let Some(wait) = self.retry_after {
            write!(f, "; the server asks to wait {} s", wait.as_secs_f64())?;
        }
        f.write_str(&request_id_suffix(self.request_id.as_deref()))
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("call", &self.call)
            .field("status", &self.status)
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("fields", &self.fields)
            .field("request_id", &self.request_id)
            .field("retry_after", &self.retry_after)
            .field("rate_limit", &self.rate_limit)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ApiError {}
