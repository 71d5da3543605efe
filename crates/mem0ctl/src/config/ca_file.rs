//! CA certificates in a PEM file, trusted beside those of the operating system's store.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use mem0::Error;

use crate::environment::variable;
use crate::failure::{Failure, Outcome};
#[cfg(feature = "local")]
use crate::options::Options;

/// Bundles of all public CAs have a quarter of this.
const LIMIT: u64 = 1024 * 1024;

/// A PEM file, and the setting that names it.
#[derive(Clone)]
pub(crate) struct CaFile {
    pub(crate) path: PathBuf,
    /// As a person knows it: a flag, a variable, or a profile.
    setting: String,
}

impl CaFile {
    pub(crate) fn new(path: impl Into<PathBuf>, setting: impl Into<String>) -> Self {
        Self { path: path.into(), setting: setting.into() }
    }

    pub(crate) fn of_flag(path: impl Into<PathBuf>) -> Self {
        Self::new(path, "--ca-file")
    }

    /// The file that a command names which reads no profile.
    #[cfg(feature = "local")]
    pub(crate) fn of_command(options: &Options) -> Option<Self> {
        options.ca_file.as_ref().map(Self::of_flag).or_else(Self::of_environment)
    }

    pub(crate) fn of_environment() -> Option<Self> {
        variable("MEM0_CA_FILE").map(|path| Self::new(path, "MEM0_CA_FILE"))
    }

    /// Reads the file. Whether it holds certificates is checked when a client is built.
    pub(crate) fn read(&self) -> Outcome<Vec<u8>> {
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::IsADirectory => self.failure("is a folder; name a PEM file"),
            _ => self.failure(&format!("cannot be read: {error}")),
        };
        let mut pem = Vec::new();
        let file = File::open(&self.path).map_err(unreadable)?;
        file.take(LIMIT + 1).read_to_end(&mut pem).map_err(unreadable)?;
        if pem.len() as u64 > LIMIT {
            return Err(self.failure("is larger than 1 MiB; name a PEM file"));
        }
        Ok(pem)
    }

    /// Names the setting and the file where their certificates are what is wrong.
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
