//! PEM file of CA certificates, trusted in addition to the system store.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use mem0::Error;

use crate::environment::variable;
use crate::failure::{Failure, Outcome};
#[cfg(feature = "local")]
use crate::options::Options;

/// Maximum size in bytes; a bundle of all public CAs has a quarter of it.
const MAX_LEN: u64 = 1024 * 1024;

/// PEM file and the setting that names it.
#[derive(Clone)]
pub(crate) struct CaFile {
    pub(crate) path: PathBuf,
    /// Name of the flag, variable or profile.
    setting: String,
}

impl CaFile {
    pub(crate) fn new(path: impl Into<PathBuf>, setting: impl Into<String>) -> Self {
        Self { path: path.into(), setting: setting.into() }
    }

    pub(crate) fn from_flag(path: impl Into<PathBuf>) -> Self {
        Self::new(path, "--ca-file")
    }

    /// File named by flag or environment, for commands without a profile.
    #[cfg(feature = "local")]
    pub(crate) fn from_options(options: &Options) -> Option<Self> {
        options.ca_file.as_ref().map(Self::from_flag).or_else(Self::from_environment)
    }

    pub(crate) fn from_environment() -> Option<Self> {
        variable("MEM0_CA_FILE").map(|path| Self::new(path, "MEM0_CA_FILE"))
    }

    /// Reads the file. Building a client checks its content.
    pub(crate) fn read(&self) -> Outcome<Vec<u8>> {
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::IsADirectory => self.failure("is a directory; name a PEM file"),
            _ => self.failure(&format!("cannot be read: {error}")),
        };
        let mut pem = Vec::new();
        let file = File::open(&self.path).map_err(unreadable)?;
        file.take(MAX_LEN + 1).read_to_end(&mut pem).map_err(unreadable)?;
        if pem.len() as u64 > MAX_LEN {
            return Err(self.failure("is larger than 1 MiB; name a PEM file"));
        }
        Ok(pem)
    }

    /// Converts an error, naming the setting and the file if a certificate is invalid.
    pub(crate) fn explain(this: Option<&Self>, error: Error) -> Failure {
        match (this, error) {
            (Some(file), Error::Config { field: "root_certificate", message, .. }) => file.failure(&message),
            (_, error) => error.into(),
        }
    }

    pub(crate) fn failure(&self, reason: &str) -> Failure {
        Failure::file(format!("{}: {} {reason}", self.setting, self.path.display()))
    }
}
