//! Owner and mode of the data file and of the files beside it. They hold API keys.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::LocalError;
use crate::store::wal_check::beside;

/// Endings of the data file and of the files that belong to it. The database reads a log or a journal that it finds.
const ENDINGS: [&str; 5] = ["", "-wal", "-shm", "-journal", "-session"];

/// The data file itself where its name is a link: the database keeps the other files beside that one.
pub(crate) fn resolve(path: &Path) -> Result<Cow<'_, Path>, LocalError> {
    let Ok(found) = std::fs::symlink_metadata(path) else { return Ok(path.into()) };
    if !found.is_symlink() {
        return Ok(path.into());
    }
    check_owner(path, &found)?;
    let target = std::fs::canonicalize(path);
    target.map(Cow::Owned).map_err(|source| LocalError::File { path: path.to_owned(), source })
}

/// Refuses links and files of another user.
pub(crate) fn check(path: &Path) -> Result<(), LocalError> {
    ENDINGS.iter().try_for_each(|ending| check_one(&beside(path, ending)))
}

fn check_one(path: &Path) -> Result<(), LocalError> {
    // A file that can't be looked at is opened, which tells why.
    let Ok(found) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if found.is_symlink() {
        return Err(LocalError::Untrusted { path: path.to_owned(), reason: "is a link; delete it" });
    }
    check_owner(path, &found)
}

/// Takes from others what they may do with the files. A file that can't be changed is an error.
pub(crate) fn make_private(path: &Path) -> Result<(), LocalError> {
    check(path)?;
    for ending in ENDINGS {
        let path = beside(path, ending);
        match make_one_private(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(LocalError::File { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// A descriptor of its own would not follow a link that appears after the check, but closing it would release the
/// locks that this process has on the file.
#[cfg(unix)]
fn make_one_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let found = std::fs::symlink_metadata(path)?;
    let mode = found.permissions().mode();
    let of_others = mode & 0o077;
    if found.is_symlink() || of_others == 0 {
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
pub(crate) fn check_owner(path: &Path, found: &std::fs::Metadata) -> Result<(), LocalError> {
    let owner = std::os::unix::fs::MetadataExt::uid(found);
    if is_trusted_owner(owner, rustix::process::geteuid().as_raw()) {
        return Ok(());
    }
    let reason = "belongs to another user; make a copy of your own, or choose another data file";
    Err(LocalError::Untrusted { path: path.to_owned(), reason })
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn check_owner(_: &Path, _: &std::fs::Metadata) -> Result<(), LocalError> {
    Ok(())
}

/// Whether a user takes a file of that owner: the user's own, or the administrator's.
#[cfg(unix)]
fn is_trusted_owner(owner: u32, user: u32) -> bool {
    owner == 0 || owner == user
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_of_its_user_and_of_the_administrator() {
        for (owner, user, is_trusted) in
            [(1000, 1000, true), (0, 1000, true), (0, 0, true), (1001, 1000, false), (1000, 0, false)]
        {
            assert_eq!(is_trusted_owner(owner, user), is_trusted, "{owner} {user}");
        }
    }
}
