//! Files that appear when they are whole, under a name of their own until then.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::interrupts::{CleanupGuard, Interrupts};

/// A file that is removed when it is dropped before it is kept, and where a signal ends the process.
pub(crate) struct NewFile {
    file: NamedTempFile,
    _guard: Option<CleanupGuard>,
}

impl NewFile {
    /// Makes a file beside the one whose place it will take, with a name that nobody can know. Without interrupts, a
    /// signal leaves it behind.
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
        let make = || -> io::Result<_> {
            let file = builder.tempfile_in(folder)?;
            let path = file.path().to_owned();
            // An error means that it has its place already.
            Ok((file, Box::new(move || drop(fs::remove_file(path))) as Box<dyn FnOnce() + Send>))
        };
        let (file, guard) = interrupts.guarded(make)?;
        Ok(Self { file, _guard: Some(guard) })
    }

    /// Has the file take its place. It is renamed, which replaces a link and never follows one.
    pub(crate) fn persist(self, target: &Path) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(target).map(drop).map_err(|error| error.error)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Puts bytes in a file's place, all of them or nothing.
pub(crate) fn replace(
    target: &Path,
    bytes: &[u8],
    mode: u32,
    interrupts: Option<&Interrupts>,
) -> io::Result<()> {
    let mut file = NewFile::beside(target, mode, interrupts)?;
    file.write_all(bytes)?;
    file.persist(target)
}

/// Whether there is a file to be replaced.
///
/// # Errors
/// For what is no file of its own: a link, a folder, a device.
pub(crate) fn is_there(target: &Path) -> Result<bool, &'static str> {
    match fs::symlink_metadata(target) {
        Ok(found) if found.is_symlink() => Err("is a link; name the file that it leads to"),
        Ok(found) if found.is_dir() => Err("is a folder; name a file"),
        Ok(found) if !found.is_file() => Err("is not a regular file; write to stdout instead"),
        Ok(_) => Ok(true),
        // What can't be looked at can't be written either, which is told then.
        Err(_) => Ok(false),
    }
}
