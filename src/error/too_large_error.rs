//! Responses over the size limit.

use http::StatusCode;

use crate::error::CallInfo;

/// Response body over the size limit.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{call}: {}; request less, or raise the client's `body_limit`", self.message())]
#[non_exhaustive]
pub struct TooLargeError {
    /// Call, which was carried out.
    pub call: CallInfo,
    /// Status of the response.
    pub status: StatusCode,
    /// Limit in bytes, after decompression.
    pub limit: usize,
    /// Maximum number of JSON objects in a body, if the body exceeded that; `None` if it exceeded the number of bytes.
    pub max_objects: Option<usize>,
}

impl TooLargeError {
    pub(super) fn message(&self) -> String {
        let status = self.status.as_u16();
        match self.max_objects {
            Some(max) => format!("the response body (status {status}) has more than {max} objects"),
            None => format!("the response body (status {status}) is larger than {} bytes", self.limit),
        }
    }
}
