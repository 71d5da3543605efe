//! What can go wrong around the local platform, outside of its answers.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use mem0::redact::one_line;

/// Why the local platform could not be started, filled or changed from the program that holds it.
///
/// What a request does wrong is answered over HTTP and is no `LocalError`. No variant shows a key or an
/// e-mail address. What the operating system or the database said is the
/// [`source`](std::error::Error::source), and no part of `Display`.
///
/// ```
/// use mem0_local::{LocalError, LocalPlatform};
///
/// let refused = LocalPlatform::builder().listen(([192, 0, 2, 1], 0)).start();
/// assert!(matches!(refused, Err(LocalError::NotLoopback { .. })));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// The address is not this machine's own, and nothing allowed that.
    #[error(
        "{address} can be reached from other machines; listen on a loopback address such as 127.0.0.1:0, \
         or allow any address"
    )]
    #[non_exhaustive]
    NotLoopback {
        /// The address that was asked for.
        address: SocketAddr,
    },

    /// The address can't be listened on: in use, or not of this machine.
    #[error("can't listen on {address}; choose another address, or port 0 for any free one")]
    #[non_exhaustive]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },

    /// The server's thread could not be started.
    #[error("the server's thread can't be started")]
    #[non_exhaustive]
    Thread {
        /// What the operating system said.
        source: io::Error,
    },

    /// A file can't be read or made.
    #[error("{} can't be read or written", path.display())]
    #[non_exhaustive]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// The store failed: a full disk, a damaged file, a file that another program holds.
    #[error("the store{} failed", in_file(path.as_deref()))]
    #[non_exhaustive]
    Storage {
        /// The data file; `None` if everything is in memory.
        path: Option<PathBuf>,
        /// What the database said.
        source: StorageError,
    },

    /// The data file was written by a newer version of this crate.
    #[error(
        "{} has data of version {found}, and this program knows versions up to {known}; \
         use a newer program, or another file",
        path.display()
    )]
    #[non_exhaustive]
    NewerData {
        /// The file.
        path: PathBuf,
        /// The version it has.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },

    /// The data file is no database, or not one of the local platform.
    #[error("{} belongs to another program; choose another data file", path.display())]
    #[non_exhaustive]
    ForeignData {
        /// The file.
        path: PathBuf,
    },

    /// The data file, or a file beside it, belongs to another user, or is a link where none belongs. Its owner would
    /// decide what is in the data file, or read the keys in it.
    #[error("{} {reason}", path.display())]
    #[non_exhaustive]
    Untrusted {
        /// The file.
        path: PathBuf,
        /// Reason and remedy, as the rest of a sentence that begins with the path.
        reason: &'static str,
    },

    /// The data file is damaged.
    #[error(
        "{} is damaged; restore a copy of it, or, if there is none, move it and the files beside it away and start with \
         a new data file",
        path.display()
    )]
    #[non_exhaustive]
    Damaged {
        /// The file.
        path: PathBuf,
    },

    /// The log beside the data file belongs to another data file, as it does where a copy was restored after a platform
    /// was killed. Nothing was changed.
    #[error(
        "{} has the latest changes of another data file than {}; delete it to use the data file as it is, or put the \
         earlier data file back",
        log.display(), path.display()
    )]
    #[non_exhaustive]
    StaleLog {
        /// The data file.
        path: PathBuf,
        /// The log.
        log: PathBuf,
    },

    /// Somebody else has the data file open.
    #[error("{} is in use by another local platform; stop that one first", path.display())]
    #[non_exhaustive]
    InUse {
        /// The file.
        path: PathBuf,
    },

    /// Seed data, a dump or a cassette that can't be used. Nothing was changed.
    #[error("{what} can't be used: {message}")]
    #[non_exhaustive]
    Content {
        /// `"the seed data"`, `"the dump"` or `"the cassette"`.
        what: &'static str,
        /// What is wrong with it, and where.
        message: String,
    },

    /// An argument that can't be used.
    #[error("{field}: {message}")]
    #[non_exhaustive]
    Invalid {
        /// The argument.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
}

impl LocalError {
    /// Names the data file where it is what failed.
    pub(crate) fn of_data_file(self, path: &Path) -> Self {
        match self {
            Self::Storage { source, .. } if source.is_damage() => Self::Damaged { path: path.to_owned() },
            Self::Storage { source, .. } => Self::Storage { path: Some(path.to_owned()), source },
            other => other,
        }
    }

    /// An e-mail address that stands where none belongs is quoted with the mistake.
    pub(crate) fn seed(message: impl Into<String>) -> Self {
        Self::Content { what: "the seed data", message: one_line(&message.into()) }
    }

    pub(crate) fn dump(message: impl Into<String>) -> Self {
        Self::Content { what: "the dump", message: one_line(&message.into()) }
    }

    pub(crate) fn cassette(message: impl Into<String>) -> Self {
        Self::Content { what: "the cassette", message: one_line(&message.into()) }
    }

    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: one_line(&message.into()) }
    }
}

impl From<rusqlite::Error> for LocalError {
    fn from(source: rusqlite::Error) -> Self {
        Self::Storage { path: None, source: StorageError(source) }
    }
}

fn in_file(path: Option<&Path>) -> String {
    path.map(|path| format!(" in {}", path.display())).unwrap_or_default()
}

/// An error of the database underneath.
pub struct StorageError(rusqlite::Error);

impl StorageError {
    /// Whether the database file is damaged.
    fn is_damage(&self) -> bool {
        matches!(self.0.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The database quotes no values, only the names of tables and columns.
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorageError({:?})", self.0.to_string())
    }
}

impl std::error::Error for StorageError {}
