//! Outcomes of calls in the fault table.

use mem0::Error;
use mem0::client::StatusCode;
use mem0::error::{ApiErrorKind, Phase, TimeoutKind};

/// Expected outcome of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Success.
    Well,
    /// An error status of this kind.
    Api(u16, ApiErrorKind),
    /// An error before a byte was sent.
    Unsent(Phase),
    /// An error while writing or reading. Which one is a race of client and server; in both cases the request may have
    /// been carried out.
    Broken,
    /// An error while reading the response.
    Lost,
    TimedOut(TimeoutKind),
    Undecodable(u16),
    TooLarge(u16),
}

impl Ends {
    /// Outcome of an error status with a kind of its own.
    pub(crate) fn status(status: u16) -> Self {
        Self::Api(status, ApiErrorKind::from(StatusCode::from_u16(status).unwrap()))
    }

    /// Outcome of the table for the result of a call.
    pub(crate) fn of<V>(outcome: &Result<V, Error>) -> Self {
        let Err(error) = outcome else { return Self::Well };
        match error {
            Error::Api(error) => Self::Api(error.status.as_u16(), error.kind),
            Error::Transport(error) if error.phase == Phase::Write => Self::Broken,
            Error::Transport(error) if error.phase == Phase::Read => Self::Lost,
            Error::Transport(error) => Self::Unsent(error.phase),
            Error::Timeout(error) => Self::TimedOut(error.kind),
            Error::Decode(error) => Self::Undecodable(error.status.as_u16()),
            Error::TooLarge(error) => Self::TooLarge(error.status.as_u16()),
            other => panic!("{other:?}"),
        }
    }

    /// Whether the request may have reached the server.
    pub(crate) fn was_sent(self) -> bool {
        !matches!(self, Self::Unsent(_) | Self::TimedOut(TimeoutKind::Connect))
    }

    /// Whether another outcome satisfies this one.
    pub(crate) fn allows(self, actual: Self) -> bool {
        self == actual || (self == Self::Broken && actual == Self::Lost)
    }
}
