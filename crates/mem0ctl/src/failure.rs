//! Failures of a command and their exit codes.

use std::fmt;
use std::process::ExitCode;

use mem0::Error;
use mem0::error::ApiErrorKind;

/// Exit code. `mem0ctl --help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The reader of stdout closed the pipe. Not a failure.
    OutputClosed = 0,
    /// Any other error, such as a rejected request.
    Other = 1,
    /// Invalid command line.
    Usage = 2,
    /// Missing or unknown API key.
    NotAuthenticated = 3,
    /// The API key lacks permission.
    NotAllowed = 4,
    /// Not found, or not visible to the API key.
    NotFound = 5,
    /// Rate limited.
    RateLimited = 6,
    /// Network error or timeout.
    Network = 7,
    /// Cancelled at a prompt, or not confirmed because stdin is not a terminal.
    Declined = 8,
    /// Partly done.
    PartlyDone = 9,
    /// `plan` found changes. Not a failure.
    Changes = 10,
    /// Unreadable, unwritable or invalid file.
    File = 11,
    /// Server error (5xx).
    Platform = 12,
    /// SIGINT or SIGTERM.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Error message and exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

pub(crate) type Outcome<V = ()> = Result<V, Failure>;

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn file(message: impl Into<String>) -> Self {
        Self::new(Exit::File, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        // The library's advice names builder methods; the command's names options.
        let message = match &error {
            Error::Transport(transport) if transport.is_issuer_unknown() => format!(
                "{}: {}; if you trust the issuer, pass its CA with --ca-file, set SSL_CERT_FILE, or add it to the system store",
                transport.call,
                error.message()
            ),
            Error::Api(api) if api.is_self_hosted_server() => format!(
                "{}: status {}: this looks like the self-hosted open-source Mem0 server, but mem0ctl supports only \
                 the hosted Mem0 Platform; use --base-url https://api.mem0.ai, or `mem0ctl local serve` for tests",
                api.call,
                api.status.as_u16()
            ),
            Error::TooLarge(too_large) => {
                format!("{}: {}; request less, or raise --body-limit", too_large.call, error.message())
            }
            Error::Config { field: "base_url", message, .. } if message.contains("allow_plaintext") => {
                "the base URL would send the API key unencrypted to another machine; use https://".to_owned()
            }
            _ => error.to_string(),
        };
        Self::new(exit_of(&error), message)
    }
}

/// Formats an error with its sources.
pub(crate) fn with_sources(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        message.push_str(": ");
        message.push_str(&error.to_string());
        source = error.source();
    }
    message
}

fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Config { field: "api_key", .. } => Exit::NotAuthenticated,
        Error::Config { .. } | Error::Invalid { .. } => Exit::Usage,
        Error::Transport(_) | Error::Timeout(_) => Exit::Network,
        Error::Api(error) => match error.kind {
            ApiErrorKind::Unauthorized => Exit::NotAuthenticated,
            ApiErrorKind::PermissionDenied => Exit::NotAllowed,
            ApiErrorKind::NotFound => Exit::NotFound,
            ApiErrorKind::RateLimited => Exit::RateLimited,
            ApiErrorKind::Server => Exit::Platform,
            _ => Exit::Other,
        },
        // Includes failed events: the platform has rejected the work.
        _ => Exit::Other,
    }
}
