//! The file of lines that can't be imported.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::bulk::append_file::AppendFile;
use crate::bulk::error::BulkError;
use crate::bulk::private_file;

/// Made when there is something to put into it.
pub(crate) struct Rejects {
    path: Option<PathBuf>,
    file: Option<AppendFile>,
    /// Whether what an earlier call has put into it stays.
    goes_on: bool,
}

impl Rejects {
    pub(crate) fn new(path: Option<PathBuf>, goes_on: bool) -> Self {
        Self { path, file: None, goes_on }
    }

    pub(crate) fn put(&mut self, number: u64, reason: &str, line: &[u8]) -> Result<(), BulkError> {
        let Some(path) = &self.path else { return Ok(()) };
        let failed = |source| BulkError::Rejects { path: path.clone(), source };
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(open(path, self.goes_on).map_err(failed)?),
        };
        let entry = json!({ "line": number, "reason": reason, "text": String::from_utf8_lossy(line) });
        file.add(format!("{entry}\n").as_bytes()).map_err(failed)
    }
}

fn open(path: &Path, goes_on: bool) -> io::Result<AppendFile> {
    let mut entries = AppendFile::new(private_file::open(path)?)?;
    if !goes_on {
        entries.cut(0)?;
    }
    Ok(entries)
}
