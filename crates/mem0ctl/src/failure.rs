//! Why a command has failed, and the exit code that says so.

use std::fmt;
use std::process::ExitCode;

use mem0::Error;
use mem0::error::ApiErrorKind;

/// The exit codes. `mem0ctl --help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Whoever read the result has read enough and has closed the pipe: no failure, only an end.
    Enough = 0,
    /// Anything that has no code of its own, such as a request the platform finds wrong.
    Other = 1,
    /// The command line is wrong.
    Usage = 2,
    /// There is no key, or the platform does not know it.
    NotAuthenticated = 3,
    /// The key may not do this.
    NotAllowed = 4,
    /// There is no such thing, or the key may not see it.
    NotFound = 5,
    /// The platform is asked too often.
    RateLimited = 6,
    /// The platform can't be reached, or does not answer.
    Network = 7,
    /// Somebody said no at a prompt, or nobody was there to say yes.
    Declined = 8,
    /// Some of it is done, and some is not.
    PartlyDone = 9,
    /// `plan` has found changes: no failure.
    Changes = 10,
    /// A file can't be read or written, or what is in it is wrong.
    File = 11,
    /// The platform has failed (5xx).
    Platform = 12,
    /// Ctrl-C, or SIGTERM.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// A sentence for a person, and an exit code for a script.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) sentence: String,
}

pub(crate) type Outcome<V = ()> = Result<V, Failure>;

impl Failure {
    pub(crate) fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self { exit, sentence: sentence.into() }
    }

    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Usage, sentence)
    }

    pub(crate) fn file(sentence: impl Into<String>) -> Self {
        Self::new(Exit::File, sentence)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        // The library tells programs what to do; a person has an option for it.
        let sentence = match &error {
            Error::Transport(transport) if transport.is_issuer_unknown() => format!(
                "{}: {}; if you trust its issuer, add that CA to the system's certificate store, or name it by \
                 --ca-file or in SSL_CERT_FILE",
                transport.call,
                error.message()
            ),
            Error::TooLarge(too_large) => {
                format!("{}: {}; ask for less, or raise --body-limit", too_large.call, error.message())
            }
            Error::Config { field: "base_url", message, .. } if message.contains("allow_plaintext") => {
                "the base URL would send the key unencrypted to another machine; use https://".to_owned()
            }
            _ => error.to_string(),
        };
        Self::new(exit_of(&error), sentence)
    }
}

/// An error and what it comes from, in one sentence: `Display` of an error does not repeat its source.
pub(crate) fn with_sources(error: &dyn std::error::Error) -> String {
    let mut sentence = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        sentence.push_str(": ");
        sentence.push_str(&error.to_string());
        source = error.source();
    }
    sentence
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
        _ => Exit::Other,
    }
}
