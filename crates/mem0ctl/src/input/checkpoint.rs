//! Places of the files that an import keeps: what is done, and what was rejected.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::settings::variable;
use crate::failure::{Failure, Outcome};

/// Files beside an input, or in the folder for the state of programs.
pub(crate) struct Beside {
    /// Path of the files without their endings.
    stem: PathBuf,
    /// Folder to create before anything is written.
    folder: Option<PathBuf>,
}

impl Beside {
    /// The place for the files of an input. A stream has none: nothing tells it from another one.
    pub(crate) fn of(file: &Path) -> Option<Self> {
        Self::of_file(file, &is_writable, state_folder())
    }

    fn of_file(file: &Path, is_writable: &dyn Fn(&Path) -> bool, state: Option<PathBuf>) -> Option<Self> {
        if file == Path::new("-") || !fs::metadata(file).ok()?.is_file() {
            return None;
        }
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside = Self { stem: file.to_owned(), folder: None };
        if beside.path(".journal").exists() || (!is_of_system(file) && is_writable(folder)) {
            return Some(beside);
        }
        // `/dev/stdin` may be a link to a regular file.
        let whole = file.canonicalize().ok().filter(|whole| !is_of_system(whole))?;
        let folder = state?.join("mem0ctl");
        let name = whole.file_name()?.to_string_lossy().chars().take(NAME_CHARACTERS).collect::<String>();
        let hash = fnv(whole.as_os_str().as_encoded_bytes());
        Some(Self { stem: folder.join(format!("{name}-{hash:016x}")), folder: Some(folder) })
    }

    pub(crate) fn path(&self, ending: &str) -> PathBuf {
        let mut path = self.stem.as_os_str().to_owned();
        path.push(ending);
        path.into()
    }

    /// Creates the folder, where it is not the input's own.
    pub(crate) fn prepare(&self) -> Outcome {
        let Some(folder) = &self.folder else { return Ok(()) };
        make(folder)
            .map_err(|error| Failure::file(format!("{} can't be created: {error}.", folder.display())))
    }
}

/// How much of a file's name is in that of its checkpoint.
const NAME_CHARACTERS: usize = 60;

/// Whether a path names what a process or the system has open.
fn is_of_system(path: &Path) -> bool {
    ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder))
}

fn is_writable(folder: &Path) -> bool {
    tempfile::tempfile_in(folder).is_ok()
}

fn state_folder() -> Option<PathBuf> {
    let named = variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let named = named.or_else(|| variable("LOCALAPPDATA").map(PathBuf::from).filter(|_| cfg!(windows)));
    named.or_else(|| std::env::home_dir().map(|home| home.join(".local").join("state")))
}

/// Creates a folder that is its user's alone.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// FNV-1a, which is the same in every version of the command.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_in_a_folder_that_can_not_be_written_has_its_files_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("m.jsonl");
        fs::write(&file, "").unwrap();
        let state = folder.path().join("state");
        let place = |is_writable: bool| Beside::of_file(&file, &|_| is_writable, Some(state.clone()));
        assert_eq!(place(true).unwrap().path(".journal"), folder.path().join("m.jsonl.journal"));
        let elsewhere = place(false).unwrap();
        let path = elsewhere.path(".journal");
        assert!(path.starts_with(state.join("mem0ctl")), "{}", path.display());
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("m.jsonl-") && name.ends_with(".journal"), "{name}");
        assert!(!state.exists());
        elsewhere.prepare().unwrap();
        assert!(state.join("mem0ctl").is_dir());
        // One that is there is gone on with.
        fs::write(folder.path().join("m.jsonl.journal"), "").unwrap();
        assert_eq!(place(false).unwrap().path(".journal"), folder.path().join("m.jsonl.journal"));
        assert!(Beside::of(Path::new("-")).is_none() && Beside::of(folder.path()).is_none());
        assert!(Beside::of_file(&folder.path().join("none"), &|_| true, Some(state)).is_none());
    }
}
