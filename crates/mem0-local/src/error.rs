//! Errors of starting, filling and changing a local platform.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use mem0::redact::one_line;

/// Error of starting, filling or changing a local platform.
///
/// An invalid request is not a `LocalError`: the platform responds to it over HTTP. No variant contains a key or an
/// e-mail address. The error of the operating system or the database is the [`source`](std::error::Error::source), not
/// part of `Display`.
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
    /// The address is not a loopback address, and
    /// [`allow_any_address`](crate::LocalPlatformBuilder::allow_any_address) is off.
    #[error(
        "{address} can be reached from other machines; listen on a loopback address such as 127.0.0.1:0, \
         or allow any address"
    )]
    #[non_exhaustive]
    NotLoopback {
        /// Requested address.
        address: SocketAddr,
    },

    /// The address is in use, or does not belong to this machine.
    #[error("cannot listen on {address}; choose another address, or port 0 for a free port")]
    #[non_exhaustive]
    Listen {
        /// Requested address.
        address: SocketAddr,
        /// Error of the operating system.
        source: io::Error,
    },

    /// The server thread could not be started.
    #[error("cannot start the server thread")]
    #[non_exhaustive]
    Thread {
        /// Error of the operating system.
        source: io::Error,
    },

    /// A file cannot be read or written.
    #[error("cannot read or write {}", path.display())]
    #[non_exhaustive]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },

    /// The database failed, for example because the disk is full or another program has locked the file.
    #[error("database error{}", in_file(path.as_deref()))]
    #[non_exhaustive]
    Storage {
        /// Path of the data file; `None` for a platform in memory.
        path: Option<PathBuf>,
        /// Error of the database.
        source: StorageError,
    },

    /// The data file was written by a newer version of this crate.
    #[error(
        "{} has data of version {found}, but this program supports only versions up to {known}; \
         use a newer program or another file",
        path.display()
    )]
    #[non_exhaustive]
    NewerData {
        /// Path of the file.
        path: PathBuf,
        /// Version of the file.
        found: i64,
        /// Newest version this program supports.
        known: i64,
    },

    /// The file is not a data file of the local platform.
    #[error("{} is not a data file of a local platform; choose another file", path.display())]
    #[non_exhaustive]
    ForeignData {
        /// Path of the file.
        path: PathBuf,
    },

    /// The data file, or a file next to it, belongs to another user or is an unexpected link. Another user could change
    /// the data or read its keys.
    #[error("{} {reason}", path.display())]
    #[non_exhaustive]
    Untrusted {
        /// Path of the file.
        path: PathBuf,
        /// Reason and remedy; the predicate of a sentence about the file.
        reason: &'static str,
    },

    /// The data file is damaged.
    #[error(
        "{} is damaged; restore a copy, or move it and the files next to it to another directory to start with new data",
        path.display()
    )]
    #[non_exhaustive]
    Damaged {
        /// Path of the file.
        path: PathBuf,
    },

    /// The write-ahead log next to the data file belongs to another data file, for example because a copy was restored
    /// after the platform was killed. Nothing was changed.
    #[error(
        "{} belongs to another data file than {}; delete it to use the data file without its changes, or restore the \
         earlier data file",
        log.display(), path.display()
    )]
    #[non_exhaustive]
    StaleLog {
        /// Path of the data file.
        path: PathBuf,
        /// Path of the log.
        log: PathBuf,
    },

    /// Another platform has the data file open.
    #[error("{} is in use by another local platform; stop it first", path.display())]
    #[non_exhaustive]
    InUse {
        /// Path of the file.
        path: PathBuf,
    },

    /// Seed data, a dump or a cassette is invalid. Nothing was changed.
    #[error("invalid {what}: {message}")]
    #[non_exhaustive]
    Content {
        /// `"seed data"`, `"dump"` or `"cassette"`.
        what: &'static str,
        /// Location and description of the problem.
        message: String,
    },

    /// An argument is invalid.
    #[error("invalid {field}: {message}")]
    #[non_exhaustive]
    Invalid {
        /// Name of the argument.
        field: &'static str,
        /// Description of the problem.
        message: String,
    },
}

impl LocalError {
    /// Adds the path of the data file to a storage error.
    pub(crate) fn of_data_file(self, path: &Path) -> Self {
        match self {
            Self::Storage { source, .. } if source.is_damage() => Self::Damaged { path: path.to_owned() },
            Self::Storage { source, .. } => Self::Storage { path: Some(path.to_owned()), source },
            other => other,
        }
    }

    /// Creates an error for invalid seed data.
    pub(crate) fn seed(message: impl Into<String>) -> Self {
        Self::Content { what: "seed data", message: one_line(&message.into()) }
    }

    pub(crate) fn dump(message: impl Into<String>) -> Self {
        Self::Content { what: "dump", message: one_line(&message.into()) }
    }

    pub(crate) fn cassette(message: impl Into<String>) -> Self {
        Self::Content { what: "cassette", message: one_line(&message.into()) }
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

/// Error of the database.
pub struct StorageError(rusqlite::Error);

impl StorageError {
    /// Whether the database file is damaged.
    fn is_damage(&self) -> bool {
        matches!(self.0.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SQLite quotes the names of tables and columns, but no values.
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorageError({:?})", self.0.to_string())
    }
}

impl std::error::Error for StorageError {}
