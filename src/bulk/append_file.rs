//! A file to which entries are added.

use std::fs::File;
use std::io::{self, Write};

/// Each entry is there as a whole, or not at all, even where the disk has had room for a part of it.
pub(crate) struct AppendFile {
    /// Opened to append.
    pub(crate) file: File,
    /// How long it is without a part of an entry.
    length: u64,
    has_part: bool,
}

impl AppendFile {
    /// Adds to what the file has already.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file, length, has_part: false })
    }

    /// Cuts off what is beyond that length.
    pub(crate) fn cut(&mut self, length: u64) -> io::Result<()> {
        // What is no file has no length that could be set, and need not have.
        if self.has_part || length < self.length {
            self.file.set_len(length)?;
        }
        (self.length, self.has_part) = (length, false);
        Ok(())
    }

    /// Adds an entry, by one call of the system.
    pub(crate) fn add(&mut self, entry: &[u8]) -> io::Result<()> {
        self.cut(self.length)?;
        self.file.write_all(entry).inspect_err(|_| {
            self.has_part = true;
            // Tried again before the next entry.
            let _ = self.cut(self.length);
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
    fn what_was_written_in_part_is_cut_off_before_the_next_entry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e");
        std::fs::write(&path, "one\n").unwrap();
        let mut entries = AppendFile::new(OpenOptions::new().append(true).open(&path).unwrap()).unwrap();
        entries.add(b"two\n").unwrap();
        // As a disk without room leaves it.
        entries.file.write_all(b"thr").unwrap();
        entries.has_part = true;
        entries.add(b"four\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nfour\n");
        entries.cut(4).unwrap();
        entries.add(b"five\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\nfive\n");
    }
}
