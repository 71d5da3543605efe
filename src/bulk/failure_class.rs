//! Classes of failed requests.

use std::time::Duration;

use crate::error::ApiErrorKind;
use crate::error::Error;

/// Class of a failed request: whether it was carried out, and whether a retry can succeed.
pub(crate) enum FailureClass {
    /// Rate limited and not carried out, with the delay of `Retry-After`.
    RateLimited(Option<Duration>),
    /// Certainly not carried out; a retry is safe.
    NotCarriedOut,
    /// May have been carried out.
    OutcomeUnknown,
    /// Permanent: the next request would fail as well.
    Fatal,
}

impl FailureClass {
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Event(_) => Self::Fatal,
            // The add was accepted.
            error if error.event_id().is_some() => Self::OutcomeUnknown,
            Error::Api(api) if api.kind == ApiErrorKind::RateLimited => Self::RateLimited(api.retry_after),
            // A successful status with an unreadable body may have been carried out.
            Error::Api(api)
                if api.status.is_server_error() || api.status == 408 || api.status.is_success() =>
            {
                Self::OutcomeUnknown
            }
            Error::Api(_) | Error::Config { .. } | Error::Invalid { .. } => Self::Fatal,
            error if error.was_sent() => Self::OutcomeUnknown,
            _ => Self::NotCarriedOut,
        }
    }
}
