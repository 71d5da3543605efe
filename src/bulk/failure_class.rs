//! What a failed request says of itself and of the next one.

use std::time::Duration;

use crate::error::ApiErrorKind;
use crate::error::Error;

/// What an error says of the request, and of the next one.
pub(crate) enum FailureClass {
    /// It was not carried out, since there are too many.
    RateLimited(Option<Duration>),
    /// It surely was not carried out, and may be sent again.
    NotDone,
    /// It may have been carried out.
    OutcomeUnknown,
    /// The next one would end in the same way.
    Fatal,
}

impl FailureClass {
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Api(api) if api.kind == ApiErrorKind::RateLimited => Self::RateLimited(api.retry_after),
            // What was answered in an unreadable way may have been carried out.
            Error::Api(api)
                if api.status.is_server_error() || api.status == 408 || api.status.is_success() =>
            {
                Self::OutcomeUnknown
            }
            Error::Api(_) | Error::Config { .. } | Error::Invalid { .. } => Self::Fatal,
            error if error.was_sent() => Self::OutcomeUnknown,
            _ => Self::NotDone,
        }
    }
}
