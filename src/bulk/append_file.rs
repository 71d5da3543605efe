//! Append-only file with atomic entries.

use std::fs::File;
use std::io::{self, Write};

/// Append-only file. An entry is written completely or not at all, even if the disk fills up in the middle of it.
pub(crate) struct AppendFile {
    /// File, opened in append mode.
    pub(crate) file: File,
    /// Length up to the end of the last complete entry.
    length: u64,
    has_partial_entry: bool,
}

impl AppendFile {
    /// Wraps a file and keeps its content.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file, length, has_partial_entry: false })
    }

    /// Truncates the file to `length`.
    pub(crate) fn truncate(&mut self, length: u64) -> io::Result<()> {
        // Devices and pipes can't be truncated, so the length is only set when that is needed.
        if self.has_partial_entry || length < self.length {
            self.file.set_len(length)?;
        }
        (self.length, self.has_partial_entry) = (length, false);
        Ok(())
    }

    /// Appends an entry.
    pub(crate) fn append(&mut self, entry: &[u8]) -> io::Result<()> {
        self.truncate(self.length)?;
        self.file.write_all(entry).inspect_err(|_| {
            self.has_partial_entry = true;
            // A failure is ignored: the next entry truncates again.
            let _ = self.truncate(self.length);
        })?;
        self.length += entry.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::OpenOptions;

    use super::*;

    #[test]
    fn a_partial_entry_is_removed_before_the_next_entry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e");
        std::fs::write(&path, "one\n").unwrap();
        let mut entries = AppendFile::new(OpenOptions::new().append(true).open(&path).unwrap()).unwrap();
        entries.append(b"two\n").unwrap();
        // Simulates a full disk.
        entries.file.write_all(b"thr").unwrap();
        entries.has_partial_entry = true;
        entries.append(b"four\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nfour\n");
        entries.truncate(4).unwrap();
        entries.append(b"five\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\nfive\n");
    }
}
