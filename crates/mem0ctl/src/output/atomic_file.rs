//! Atomic file replacement through a temporary file.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::interrupts::{CleanupGuard, Interrupts};

/// Temporary file, removed on drop and when a signal ends the process, unless it is persisted.
pub(crate) struct AtomicFile {
    file: NamedTempFile,
    _guard: Option<CleanupGuard>,
}

impl AtomicFile {
    /// Creates a temporary file in the directory of `target`, with an unpredictable name. Without interrupts, a signal
    /// leaves it behind.
    #[cfg_attr(not(unix), allow(unused_variables))]
    pub(crate) fn beside(target: &Path, mode: u32, interrupts: Option<&Interrupts>) -> io::Result<Self> {
        let folder =
            target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut prefix = OsString::from(".");
        prefix.push(target.file_name().ok_or(io::ErrorKind::InvalidFilename)?);
        prefix.push(".");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".part");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
        let Some(interrupts) = interrupts else {
            return Ok(Self { file: builder.tempfile_in(folder)?, _guard: None });
        };
        let create = || -> io::Result<_> {
            let file = builder.tempfile_in(folder)?;
            let path = file.path().to_owned();
            // An error means that it was persisted already.
            Ok((file, Box::new(move || drop(fs::remove_file(path))) as Box<dyn FnOnce() + Send>))
        };
        let (file, guard) = interrupts.create_with_cleanup(create)?;
        Ok(Self { file, _guard: Some(guard) })
    }

    /// Renames the file to `target`. Replaces a symbolic link instead of following it.
    pub(crate) fn persist(self, target: &Path) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(target).map(drop).map_err(|error| error.error)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Replaces the content of a file atomically.
pub(crate) fn replace(
    target: &Path,
    bytes: &[u8],
    mode: u32,
    interrupts: Option<&Interrupts>,
) -> io::Result<()> {
    let mut file = AtomicFile::beside(target, mode, interrupts)?;
    file.write_all(bytes)?;
    file.persist(target)
}

/// Whether a file exists at `target`.
///
/// # Errors
/// `target` is a symbolic link, a directory or a device.
pub(crate) fn exists(target: &Path) -> Result<bool, &'static str> {
    match fs::symlink_metadata(target) {
        Ok(metadata) if metadata.is_symlink() => Err("is a symbolic link; name its target"),
        Ok(metadata) if metadata.is_dir() => Err("is a directory; name a file"),
        Ok(metadata) if !metadata.is_file() => Err("is not a regular file; write to stdout instead"),
        Ok(_) => Ok(true),
        // Writing reports any other error.
        Err(_) => Ok(false),
    }
}
