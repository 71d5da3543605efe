//! Paths of the checkpoint and rejects files of an import.

use std::fs;
use std::hash::Hasher;
use std::io;
use std::path::{Path, PathBuf};

use fnv::FnvHasher;

use crate::environment::variable;
use crate::failure::{Failure, Outcome};

/// Paths next to an input file or in the state directory.
pub(crate) struct SidecarPaths {
    /// Path without extension.
    stem: PathBuf,
    /// Directory to create before writing.
    folder: Option<PathBuf>,
}

impl SidecarPaths {
    /// Chooses the directory of the input if it is writable, else the state directory. An existing checkpoint takes
    /// precedence. `None` for a stream, which has no identity.
    ///
    /// # Errors
    /// There is a checkpoint in both directories.
    pub(crate) fn locate(file: &Path) -> Outcome<Option<Self>> {
        Self::locate_in(file, &is_writable, state_folder())
    }

    /// Chooses a directory without looking for checkpoints.
    pub(crate) fn without_checkpoint(file: &Path) -> Option<Self> {
        is_regular(file).then(|| Self::first_writable(file, &is_writable, state_folder()))?
    }

    fn locate_in(
        file: &Path,
        is_writable: &dyn Fn(&Path) -> bool,
        state: Option<PathBuf>,
    ) -> Outcome<Option<Self>> {
        if !is_regular(file) {
            return Ok(None);
        }
        let next_to_input = Self { stem: file.to_owned(), folder: None };
        let in_state_folder = state.as_ref().and_then(|state| Self::in_state_folder(file, state));
        let has_checkpoint = |paths: &Self| paths.path(CHECKPOINT).exists();
        match (has_checkpoint(&next_to_input), in_state_folder.as_ref().is_some_and(has_checkpoint)) {
            (true, true) => {
                let paths = [Some(&next_to_input), in_state_folder.as_ref()]
                    .map(|paths| paths.map(|paths| paths.path(CHECKPOINT)));
                let [first, second] = paths.map(|path| path.unwrap_or_default().display().to_string());
                Err(Failure::usage(format!(
                    "{} has two checkpoints, {first} and {second}; choose one with --checkpoint, or delete the outdated one",
                    file.display()
                )))
            }
            (true, false) => Ok(Some(next_to_input)),
            (false, true) => Ok(in_state_folder),
            (false, false) => Ok(Self::first_writable(file, is_writable, state)),
        }
    }

    fn first_writable(
        file: &Path,
        is_writable: &dyn Fn(&Path) -> bool,
        state: Option<PathBuf>,
    ) -> Option<Self> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        if !is_system_path(file) && is_writable(folder.unwrap_or(Path::new("."))) {
            return Some(Self { stem: file.to_owned(), folder: None });
        }
        Self::in_state_folder(file, &state?)
    }

    fn in_state_folder(file: &Path, state: &Path) -> Option<Self> {
        // `/dev/stdin` may be a link to a regular file.
        let full_path = file.canonicalize().ok().filter(|full_path| !is_system_path(full_path))?;
        let folder = state.join("mem0ctl");
        let name = full_path.file_name()?.to_string_lossy().chars().take(MAX_NAME_LEN).collect::<String>();
        let mut hasher = FnvHasher::default();
        hasher.write(full_path.as_os_str().as_encoded_bytes());
        let hash = hasher.finish();
        Some(Self { stem: folder.join(format!("{name}-{hash:016x}")), folder: Some(folder) })
    }

    pub(crate) fn path(&self, extension: &str) -> PathBuf {
        let mut path = self.stem.as_os_str().to_owned();
        path.push(extension);
        path.into()
    }

    /// Creates the state directory if it is used.
    pub(crate) fn prepare(&self) -> Outcome {
        let Some(folder) = &self.folder else { return Ok(()) };
        create_private_dir(folder)
            .map_err(|error| Failure::file(format!("cannot create {}: {error}", folder.display())))
    }
}

/// Extension of the checkpoint file.
const CHECKPOINT: &str = ".checkpoint";

/// Maximum number of characters of the input's name in the name of its checkpoint.
const MAX_NAME_LEN: usize = 60;

/// Whether a path names a regular file other than stdin.
fn is_regular(file: &Path) -> bool {
    file != Path::new("-") && fs::metadata(file).is_ok_and(|metadata| metadata.is_file())
}

/// Whether a path is in `/dev` or `/proc`.
fn is_system_path(path: &Path) -> bool {
    ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder))
}

fn is_writable(folder: &Path) -> bool {
    tempfile::tempfile_in(folder).is_ok()
}

fn state_folder() -> Option<PathBuf> {
    let base = variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base = base.or_else(|| variable("LOCALAPPDATA").map(PathBuf::from).filter(|_| cfg!(windows)));
    base.or_else(|| std::env::home_dir().map(|home| home.join(".local").join("state")))
}

/// Creates a private directory.
fn create_private_dir(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn uses_the_state_directory_if_the_input_directory_is_not_writable() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("m.jsonl");
        fs::write(&file, "").unwrap();
        let state = folder.path().join("state");
        let place = |is_writable: bool| {
            SidecarPaths::locate_in(&file, &|_| is_writable, Some(state.clone())).unwrap()
        };
        assert_eq!(place(true).unwrap().path(".checkpoint"), folder.path().join("m.jsonl.checkpoint"));
        let elsewhere = place(false).unwrap();
        let path = elsewhere.path(".checkpoint");
        assert!(path.starts_with(state.join("mem0ctl")), "{}", path.display());
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("m.jsonl-") && name.ends_with(".checkpoint"), "{name}");
        assert!(!state.exists());
        elsewhere.prepare().unwrap();
        assert!(state.join("mem0ctl").is_dir());
        // An existing checkpoint takes precedence.
        fs::write(&path, "").unwrap();
        assert_eq!(place(true).unwrap().path(".checkpoint"), path);
        fs::write(folder.path().join("m.jsonl.checkpoint"), "").unwrap();
        let refused = SidecarPaths::locate_in(&file, &|_| true, Some(state.clone())).err().unwrap();
        assert!(refused.message.contains("two checkpoints"), "{}", refused.message);
        fs::remove_file(&path).unwrap();
        assert_eq!(place(false).unwrap().path(".checkpoint"), folder.path().join("m.jsonl.checkpoint"));
        let none =
            |path: &Path| SidecarPaths::locate_in(path, &|_| true, Some(state.clone())).unwrap().is_none();
        assert!(none(Path::new("-")) && none(folder.path()) && none(&folder.path().join("none")));
    }
}
