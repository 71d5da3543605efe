//! Files that an import writes beside its input.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file to append to it, or makes it with mode 0600. Other people's texts go into it, so that it is never a
/// link, and is its user's alone from now on.
///
/// # Errors
/// For a link, a named pipe, and a file of another user.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    let mut new = options.clone();
    new.create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    match new.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made,
    }
    let found = fs::symlink_metadata(path)?;
    if found.is_symlink() {
        return Err(io::Error::other("it is a link; name the file that it leads to"));
    }
    if !found.is_file() {
        // A device, for instance, may not be readable.
        options.read(false);
    }
    check_owner(path, &found)?;
    let file = options.open(path)?;
    check(&file, &found)?;
    Ok(file)
}

#[cfg(unix)]
fn check(file: &File, found: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let opened = file.metadata()?;
    if (opened.dev(), opened.ino()) != (found.dev(), found.ino()) {
        return Err(io::Error::other("it was replaced while it was opened; name another file"));
    }
    if opened.is_file() && opened.mode() & 0o077 != 0 {
        // Only its owner may do this.
        file.set_permissions(fs::Permissions::from_mode(opened.mode() & 0o700))?;
    }
    Ok(())
}

/// Refuses what another user has made, who would read what is written. The mode of a file says nothing to root.
#[cfg(unix)]
fn check_owner(path: &Path, found: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};

    if found.file_type().is_fifo() {
        return Err(io::Error::other("it is a named pipe; name a regular file"));
    }
    // Only the administrator makes devices, such as `/dev/null`.
    if found.file_type().is_char_device() || found.uid() == user(path)? {
        return Ok(());
    }
    Err(io::Error::other("it belongs to another user; name another file, or remove it"))
}

/// The user that this process makes files as.
#[cfg(unix)]
fn user(beside: &Path) -> io::Result<u32> {
    use std::hash::{BuildHasher, RandomState};
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

    if let Ok(process) = fs::metadata("/proc/self") {
        return Ok(process.uid());
    }
    // Elsewhere, the owner of a new file tells. A file system may have a user of its own for all.
    let folder = beside.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let probe = folder.join(format!(".mem0-owner-{:016x}", RandomState::new().hash_one(std::process::id())));
    let owner = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&probe)?
        .metadata()
        .map(|made| made.uid());
    fs::remove_file(&probe)?;
    owner
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn check_owner(_: &Path, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn check(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn links_are_refused_and_modes_mended() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mode = |name: &str| fs::metadata(at(name)).unwrap().permissions().mode() & 0o777;
        open(&at("new")).unwrap();
        assert_eq!(mode("new"), 0o600);
        fs::write(at("old"), "kept").unwrap();
        fs::set_permissions(at("old"), fs::Permissions::from_mode(0o666)).unwrap();
        open(&at("old")).unwrap();
        assert_eq!((mode("old"), fs::read_to_string(at("old")).unwrap().as_str()), (0o600, "kept"));
        for target in ["old", "nowhere"] {
            symlink(target, at("link")).unwrap();
            assert!(open(&at("link")).unwrap_err().to_string().contains("is a link"), "{target}");
            fs::remove_file(at("link")).unwrap();
        }
        assert!(!at("nowhere").exists());
        assert!(open(Path::new("/dev/null")).is_ok());
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        assert!(open(&at("pipe")).unwrap_err().to_string().contains("is a named pipe"));
    }
}
