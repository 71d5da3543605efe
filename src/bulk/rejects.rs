//! Rejects file: the lines that can't be imported.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::bulk::append_file::AppendFile;
use crate::bulk::error::BulkError;
use crate::bulk::private_file;

/// Rejects file, created with the first rejected line.
pub(crate) struct Rejects {
    path: Option<PathBuf>,
    file: Option<AppendFile>,
    /// Whether the entries of an earlier call are kept.
    is_resumed: bool,
}

impl Rejects {
    pub(crate) fn new(path: Option<PathBuf>, is_resumed: bool) -> Self {
        Self { path, file: None, is_resumed }
    }

    /// Appends a rejected line.
    pub(crate) fn append(&mut self, number: u64, reason: &str, line: &[u8]) -> Result<(), BulkError> {
        let Some(path) = &self.path else { return Ok(()) };
        let failed = |source| BulkError::Rejects { path: path.clone(), source };
        let file = match &mut self.file {
            Some(file) => file,
            closed => closed.insert(open(path, self.is_resumed).map_err(failed)?),
        };
        let entry = json!({ "line": number, "reason": reason, "text": String::from_utf8_lossy(line) });
        file.append(format!("{entry}\n").as_bytes()).map_err(failed)
    }
}

fn open(path: &Path, is_resumed: bool) -> io::Result<AppendFile> {
    let mut entries = AppendFile::new(private_file::open(path)?)?;
    if !is_resumed {
        entries.truncate(0)?;
    }
    Ok(entries)
}
