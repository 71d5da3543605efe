//! Places of the files that an import keeps: what is done, and what was rejected.

use std::fs;
use std::hash::Hasher;
use std::io;
use std::path::{Path, PathBuf};

use fnv::FnvHasher;

use crate::environment::variable;
use crate::failure::{Failure, Outcome};

/// Files beside an input, or in the folder for the state of programs.
pub(crate) struct Beside {
    /// Path of the files without their endings.
    stem: PathBuf,
    /// Folder to create before anything is written.
    folder: Option<PathBuf>,
}

impl Beside {
    /// The place for the files of an input: beside it, where that can be written, else in the state folder. An
    /// existing checkpoint decides, since it may be from before the folder's mode changed. A stream has no place: nothing
    /// tells it from another one.
    ///
    /// # Errors
    /// There is a checkpoint in both places.
    pub(crate) fn of(file: &Path) -> Outcome<Option<Self>> {
        Self::of_file(file, &is_writable, state_folder())
    }

    /// The same without a look for checkpoints, for an input whose checkpoint is named.
    pub(crate) fn without_checkpoint(file: &Path) -> Option<Self> {
        is_regular(file).then(|| Self::first_writable(file, &is_writable, state_folder()))?
    }

    fn of_file(
        file: &Path,
        is_writable: &dyn Fn(&Path) -> bool,
        state: Option<PathBuf>,
    ) -> Outcome<Option<Self>> {
        if !is_regular(file) {
            return Ok(None);
        }
        let beside = Self { stem: file.to_owned(), folder: None };
        let elsewhere = state.as_ref().and_then(|state| Self::in_state_folder(file, state));
        let has_checkpoint = |place: &Self| place.path(CHECKPOINT).exists();
        match (has_checkpoint(&beside), elsewhere.as_ref().is_some_and(has_checkpoint)) {
            (true, true) => {
                let paths = [Some(&beside), elsewhere.as_ref()]
                    .map(|place| place.map(|place| place.path(CHECKPOINT)));
                let [first, second] = paths.map(|path| path.unwrap_or_default().display().to_string());
                Err(Failure::usage(format!(
                    "{} has two checkpoints, {first} and {second}: choose one by --checkpoint, or delete the outdated one.",
                    file.display()
                )))
            }
            (true, false) => Ok(Some(beside)),
            (false, true) => Ok(elsewhere),
            (false, false) => Ok(Self::first_writable(file, is_writable, state)),
        }
    }

    fn first_writable(
        file: &Path,
        is_writable: &dyn Fn(&Path) -> bool,
        state: Option<PathBuf>,
    ) -> Option<Self> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        if !is_of_system(file) && is_writable(folder.unwrap_or(Path::new("."))) {
            return Some(Self { stem: file.to_owned(), folder: None });
        }
        Self::in_state_folder(file, &state?)
    }

    fn in_state_folder(file: &Path, state: &Path) -> Option<Self> {
        // `/dev/stdin` may be a link to a regular file.
        let whole = file.canonicalize().ok().filter(|whole| !is_of_system(whole))?;
        let folder = state.join("mem0ctl");
        let name = whole.file_name()?.to_string_lossy().chars().take(NAME_CHARACTERS).collect::<String>();
        let mut hasher = FnvHasher::default();
        hasher.write(whole.as_os_str().as_encoded_bytes());
        let hash = hasher.finish();
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

/// Ending of the file that says what is done.
const CHECKPOINT: &str = ".checkpoint";

/// How much of a file's name is in that of its checkpoint.
const NAME_CHARACTERS: usize = 60;

/// Whether a path names a regular file, and not the standard input.
fn is_regular(file: &Path) -> bool {
    file != Path::new("-") && fs::metadata(file).is_ok_and(|metadata| metadata.is_file())
}

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
        let place =
            |is_writable: bool| Beside::of_file(&file, &|_| is_writable, Some(state.clone())).unwrap();
        assert_eq!(place(true).unwrap().path(".checkpoint"), folder.path().join("m.jsonl.checkpoint"));
        let elsewhere = place(false).unwrap();
        let path = elsewhere.path(".checkpoint");
        assert!(path.starts_with(state.join("mem0ctl")), "{}", path.display());
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("m.jsonl-") && name.ends_with(".checkpoint"), "{name}");
        assert!(!state.exists());
        elsewhere.prepare().unwrap();
        assert!(state.join("mem0ctl").is_dir());
        // An existing checkpoint is used, whatever can be written by now.
        fs::write(&path, "").unwrap();
        assert_eq!(place(true).unwrap().path(".checkpoint"), path);
        fs::write(folder.path().join("m.jsonl.checkpoint"), "").unwrap();
        let refused = Beside::of_file(&file, &|_| true, Some(state.clone())).err().unwrap();
        assert!(refused.sentence.contains("two checkpoints"), "{}", refused.sentence);
        fs::remove_file(&path).unwrap();
        assert_eq!(place(false).unwrap().path(".checkpoint"), folder.path().join("m.jsonl.checkpoint"));
        let none = |path: &Path| Beside::of_file(path, &|_| true, Some(state.clone())).unwrap().is_none();
        assert!(none(Path::new("-")) && none(folder.path()) && none(&folder.path().join("none")));
    }
}
