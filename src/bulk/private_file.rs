//! Files that only their owner can read, such as checkpoints.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file in append mode, or creates it with mode 0600. The file holds private texts, so an existing file loses
/// the permissions of group and others.
///
/// # Errors
/// Fails for a symbolic link, a named pipe, and a file of another user.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    let mut new = options.clone();
    new.create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    match new.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        created => return created,
    }
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() {
        return Err(io::Error::other("is a symbolic link; use the path of its target"));
    }
    if !metadata.is_file() {
        // A device may not be readable.
        options.read(false);
    }
    check_owner(path, &metadata)?;
    let file = options.open(path)?;
    secure(&file, &metadata)?;
    Ok(file)
}

/// Checks that the opened file is the expected one, and removes the permissions of group and others.
#[cfg(unix)]
fn secure(file: &File, expected: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let opened = file.metadata()?;
    if (opened.dev(), opened.ino()) != (expected.dev(), expected.ino()) {
        return Err(io::Error::other("was replaced while it was being opened; choose another file"));
    }
    if opened.is_file() && opened.mode() & 0o077 != 0 {
        // Fails unless the process owns the file.
        file.set_permissions(fs::Permissions::from_mode(opened.mode() & 0o700))?;
    }
    Ok(())
}

/// Refuses a file of another user, who could read what is written. Root could open it whatever its mode.
#[cfg(unix)]
fn check_owner(path: &Path, metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};

    if metadata.file_type().is_fifo() {
        return Err(io::Error::other("is a named pipe; use a regular file"));
    }
    // Devices such as `/dev/null` belong to root.
    if metadata.file_type().is_char_device() || metadata.uid() == current_user(path)? {
        return Ok(());
    }
    Err(io::Error::other("belongs to another user; choose another file, or remove it"))
}

/// User id that new files of this process get. `path` names the folder for a probe file.
#[cfg(unix)]
fn current_user(path: &Path) -> io::Result<u32> {
    use std::hash::{BuildHasher, RandomState};
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

    if let Ok(process) = fs::metadata("/proc/self") {
        return Ok(process.uid());
    }
    // Without /proc, the owner of a new file is checked: some file systems assign one user to all files.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let probe = folder.join(format!(".mem0-owner-{:016x}", RandomState::new().hash_one(std::process::id())));
    let owner = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&probe)?
        .metadata()
        .map(|metadata| metadata.uid());
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
fn secure(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn links_are_refused_and_modes_are_restricted() {
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
            assert!(open(&at("link")).unwrap_err().to_string().contains("is a symbolic link"), "{target}");
            fs::remove_file(at("link")).unwrap();
        }
        assert!(!at("nowhere").exists());
        assert!(open(Path::new("/dev/null")).is_ok());
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        assert!(open(&at("pipe")).unwrap_err().to_string().contains("is a named pipe"));
    }
}
