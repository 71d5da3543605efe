//! Responses that cannot be decoded.

use std::fmt;

use http::{Method, StatusCode};
use serde::Serialize;

use crate::error::bounded::{Bounded, MAX_VALUE_LEN};
use crate::error::call_info::RequestId;
use crate::error::{CallInfo, Error, MAX_EXCERPT_CHARS};
use crate::redact::redact_all;

/// Successful response with an unexpected body.
#[derive(Clone, thiserror::Error)]
#[error(
    "{call}: status {}, but the body could not be decoded{}: {}{}{}",
    .status.as_u16(), self.position(), Bounded(.message, MAX_VALUE_LEN), self.beginning(), RequestId(self.request_id.as_deref())
)]
#[non_exhaustive]
pub struct DecodeError {
    /// Call, which was carried out. If the error is about a missing field of an object that was decoded, such as
    /// [`Project::id`](crate::projects::Project::id), this is the call that reads or creates such an object, with
    /// placeholders instead of ids.
    pub call: CallInfo,
    /// Status of the response.
    pub status: StatusCode,
    /// Position in the body, such as `members[2].role`; `.` is the body itself.
    pub field: String,
    /// Problem at this position: expected and found value.
    pub message: String,
    /// Beginning of the body, up to 200 characters. The API key and e-mail addresses are redacted.
    pub excerpt: String,
    /// Id of the request, to quote to the operators of the server. `None` if the server sent none.
    pub request_id: Option<String>,
}

impl DecodeError {
    fn position(&self) -> String {
        if self.field == "." {
            String::new()
        } else {
            format!(" at `{}`", Bounded(&self.field, MAX_VALUE_LEN))
        }
    }

    fn beginning(&self) -> String {
        if self.excerpt.is_empty() {
            String::new()
        } else {
            format!("; it starts with {:?}", Bounded(&self.excerpt, MAX_VALUE_LEN))
        }
    }

    /// Creates an error for a missing field of a decoded value: every field of a response is optional. The excerpt shows the
    /// value, unless that is `()`.
    pub(crate) fn missing(
        method: Method,
        path: &str,
        status: StatusCode,
        field: &str,
        message: &str,
        value: &impl Serialize,
    ) -> Error {
        let text = serde_json::to_string(value).ok().filter(|text| text != "null").unwrap_or_default();
        let excerpt = redact_all(&text).chars().take(MAX_EXCERPT_CHARS).collect();
        Error::Decode(Box::new(Self {
            call: CallInfo::of_operation(method, path),
            status,
            field: field.to_owned(),
            message: message.to_owned(),
            excerpt,
            request_id: None,
        }))
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("call", &self.call)
            .field("status", &self.status)
            .field("field", &Bounded(&self.field, MAX_VALUE_LEN))
            .field("message", &Bounded(&self.message, MAX_VALUE_LEN))
            .field("excerpt", &Bounded(&self.excerpt, MAX_VALUE_LEN))
            .field("request_id", &Bounded(&self.request_id, MAX_VALUE_LEN))
            .finish()
    }
}
