//! Files that appear when they are whole, under a name of their own until then.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// A new file beside the one whose place it will take, with a name that nobody can know. `persist` renames it, which
/// replaces a link and never follows one. It is removed when it is dropped before.
#[cfg_attr(not(unix), allow(unused_variables))]
pub(crate) fn beside(target: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut prefix = OsString::from(".");
    prefix.push(target.file_name().ok_or(io::ErrorKind::InvalidFilename)?);
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    builder.tempfile_in(folder)
}

/// Puts bytes in a file's place, all of them or nothing.
pub(crate) fn replace(target: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = beside(target, mode)?;
    file.write_all(bytes)?;
    persist(file, target)
}

/// Has a file take its place.
pub(crate) fn persist(file: NamedTempFile, target: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(target).map(drop).map_err(|error| error.error)
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
