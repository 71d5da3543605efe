//! Owner and mode of the data file and of the files beside it, which contain API keys.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::LocalError;
use crate::store::wal_check::beside;

/// Suffixes of the data file and of the files that belong to it. `SQLite` reads an existing log or journal.
const SUFFIXES: [&str; 5] = ["", "-wal", "-shm", "-journal", "-session"];

/// Resolves a data file that is a symbolic link, as `SQLite` keeps the other files beside the target.
pub(crate) fn resolve(path: &Path) -> Result<Cow<'_, Path>, LocalError> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Ok(path.into()) };
    if !metadata.is_symlink() {
        return Ok(path.into());
    }
    check_owner(path, &metadata)?;
    let target = std::fs::canonicalize(path);
    target.map(Cow::Owned).map_err(|source| LocalError::File { path: path.to_owned(), source })
}

/// Rejects links and files of other users.
pub(crate) fn check(path: &Path) -> Result<(), LocalError> {
    SUFFIXES.iter().try_for_each(|suffix| check_one(&beside(path, suffix)))
}

fn check_one(path: &Path) -> Result<(), LocalError> {
    // Opening an unreadable file reports the reason later.
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if metadata.is_symlink() {
        return Err(LocalError::Untrusted { path: path.to_owned(), reason: "is a symbolic link; delete it" });
    }
    check_owner(path, &metadata)
}

/// Removes the permissions of group and others. A file whose mode cannot be changed is an error.
pub(crate) fn make_private(path: &Path) -> Result<(), LocalError> {
    check(path)?;
    for suffix in SUFFIXES {
        let path = beside(path, suffix);
        match make_one_private(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(LocalError::File { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// A separate descriptor would not follow a link that appears after the check, but closing it would release the locks
/// of this process on the file.
#[cfg(unix)]
fn make_one_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = std::fs::symlink_metadata(path)?;
    let mode = metadata.permissions().mode();
    let group_and_others = mode & 0o077;
    if metadata.is_symlink() || group_and_others == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode & 0o600))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn make_one_private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(crate) fn check_owner(path: &Path, metadata: &std::fs::Metadata) -> Result<(), LocalError> {
    let owner = std::os::unix::fs::MetadataExt::uid(metadata);
    if is_trusted_owner(owner, rustix::process::geteuid().as_raw()) {
        return Ok(());
    }
    let reason = "belongs to another user; copy it, or use another data file";
    Err(LocalError::Untrusted { path: path.to_owned(), reason })
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn check_owner(_: &Path, _: &std::fs::Metadata) -> Result<(), LocalError> {
    Ok(())
}

/// Whether a user trusts files of an owner: their own, and those of root.
#[cfg(unix)]
fn is_trusted_owner(owner: u32, user: u32) -> bool {
    owner == 0 || owner == user
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn trusts_files_of_the_user_and_of_root() {
        for (owner, user, is_trusted) in
            [(1000, 1000, true), (0, 1000, true), (0, 0, true), (1001, 1000, false), (1000, 0, false)]
        {
            assert_eq!(is_trusted_owner(owner, user), is_trusted, "{owner} {user}");
        }
    }
}
