//! How a call may end, as the table of faults says it.

use mem0::Error;
use mem0::client::StatusCode;
use mem0::error::{ApiErrorKind, Phase, TimeoutKind};

/// How a call has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// With its value.
    Well,
    /// Refused by a status, of that kind.
    Api(u16, ApiErrorKind),
    /// Before a byte was sent.
    Unsent(Phase),
    /// In the exchange. Whether a reset meets the client while it writes or while it reads is a race
    /// between the two sides; either way something may have been carried out.
    Broken,
    /// While the answer was read.
    Lost,
    TimedOut(TimeoutKind),
    Undecodable(u16),
    TooLarge(u16),
}

impl Ends {
    /// A refusal by a status whose kind has a name of its own.
    pub(crate) fn refused(status: u16) -> Self {
        Self::Api(status, ApiErrorKind::from(StatusCode::from_u16(status).unwrap()))
    }

    /// What a call's outcome is called in the table.
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

    /// Whether a call that has to end like this may end like that.
    pub(crate) fn allows(self, actual: Self) -> bool {
        self == actual || (self == Self::Broken && actual == Self::Lost)
    }
}
