//! Config file with the profiles: `mem0ctl/config.toml` in the user's configuration directory.
//!
//! Users may edit it by hand: edits keep comments and unknown fields.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml_edit::{Document, DocumentMut, Item, TableLike};

use crate::config::key_command;
use crate::environment::variable;
use crate::failure::{Failure, Outcome};
use crate::input;
use crate::interrupts::Interrupts;
use crate::output::atomic_file;

/// Content of the config file; empty without a file.
pub(crate) struct ConfigFile {
    path: PathBuf,
    document: Document<String>,
    /// Name of the current profile.
    pub(crate) current: Option<String>,
    /// Profiles in file order.
    pub(crate) profiles: Vec<Profile>,
    /// Reason why keys stored in the file are not used: other users can read the file.
    pub(crate) exposed_key_warning: Option<String>,
}

/// Error of reading the config file.
pub(crate) enum ReadError {
    /// Other users can change the file, or this user cannot read it.
    Untrusted(Failure),
    /// Unreadable or invalid file.
    Invalid(Failure),
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Untrusted(failure) | ReadError::Invalid(failure) => failure,
        }
    }
}

/// Owner and mode of a file on Unix.
struct Access {
    owner: u32,
    mode: u32,
}

/// Named set of API key, base URL, organization and project.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) base_url: Option<String>,
    /// Absolute path; a relative path in the file is relative to the file.
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) org_id: Option<String>,
    pub(crate) project_id: Option<String>,
    pub(crate) key: Option<Key>,
    /// Time limit of the key command.
    pub(crate) key_timeout: Duration,
}

/// Source of a profile's key.
#[derive(Clone)]
pub(crate) enum Key {
    /// Stored in the file.
    Stored(String),
    /// Environment variable.
    Variable(String),
    /// Command that prints the key within a time limit.
    Command(String, Duration),
}

impl Key {
    /// Field of the file and its value.
    pub(crate) fn field(&self) -> (&'static str, &str) {
        match self {
            Self::Stored(key) => ("api_key", key),
            Self::Variable(name) => ("api_key_env", name),
            Self::Command(command, _) => ("key_command", command),
        }
    }
}

impl ConfigFile {
    /// Creates an empty configuration.
    pub(crate) fn empty() -> Outcome<Self> {
        Self::parse(PathBuf::new(), String::new())
    }

    /// Reads the file.
    ///
    /// # Errors
    /// `File` if the file belongs to another user or is writable by others.
    pub(crate) fn read() -> Outcome<Self> {
        Ok(Self::read_trusted()?)
    }

    /// Reads the file and distinguishes untrusted from invalid files.
    pub(crate) fn read_trusted() -> Result<Self, ReadError> {
        // Without a home directory there is no file.
        let Some(path) = path() else { return Self::empty().map_err(ReadError::Invalid) };
        let shown = path.display().to_string();
        let unreadable = |error: io::Error| {
            let failure = Failure::file(format!("cannot read {shown}: {error}"));
            match error.kind() {
                io::ErrorKind::PermissionDenied => ReadError::Untrusted(failure),
                _ => ReadError::Invalid(failure),
            }
        };
        // Opening a named pipe blocks until another process writes to it.
        if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(ReadError::Invalid(Failure::file(format!(
                "cannot read {shown}: it is not a regular file"
            ))));
        }
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Self::parse(path, String::new()).map_err(ReadError::Invalid);
            }
            Err(error) => return Err(unreadable(error)),
        };
        let access = access(&file).map_err(&unreadable)?;
        if let Some(reason) = access.as_ref().and_then(Access::untrusted) {
            let message = format!("{shown} {}", reason.replace("FILE", &shown));
            return Err(ReadError::Untrusted(Failure::file(message)));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(&unreadable)?;
        let text = input::strip_bom(text);
        let mut configuration = Self::parse(path, text).map_err(ReadError::Invalid)?;
        let has_key =
            configuration.profiles.iter().any(|profile| matches!(profile.key, Some(Key::Stored(_))));
        if has_key && access.is_some_and(|access| access.mode & 0o077 != 0) {
            configuration.exposed_key_warning = Some(format!(
                "{shown} contains an API key and is readable by other users; run `chmod 600 {shown}`"
            ));
        }
        Ok(configuration)
    }

    /// Edits the file atomically, holding a lock.
    pub(crate) fn edit<V>(
        interrupts: &Interrupts,
        change: impl FnOnce(&Self, &mut DocumentMut) -> Outcome<V>,
    ) -> Outcome<V> {
        let path = path().ok_or_else(|| Failure::file("no home directory; set XDG_CONFIG_HOME or HOME"))?;
        let write_failure =
            |error: io::Error| Failure::file(format!("cannot write {}: {error}", path.display()));
        // Follows a symbolic link instead of replacing it.
        let target = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let folder = target.parent().unwrap_or(Path::new("."));
        create_private_dir(folder).map_err(write_failure)?;
        let _lock = lock(folder);
        let configuration = Self::read()?;
        let mut document = configuration.document();
        let result = change(&configuration, &mut document)?;
        let bytes = document.to_string();
        let replaced = atomic_file::replace(&target, bytes.as_bytes(), 0o600, Some(interrupts));
        replaced.map_err(write_failure)?;
        Ok(result)
    }

    /// Editable copy of the file.
    pub(crate) fn document(&self) -> DocumentMut {
        self.document.clone().into_mut()
    }

    /// Finds a profile. The failure lists the existing ones.
    pub(crate) fn profile(&self, name: &str) -> Outcome<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.profiles.iter().map(|profile| &*profile.name).collect();
            Failure::usage(if names.is_empty() {
                format!("no profile named `{name}`; run `mem0ctl profile add {name}` to add it")
            } else {
                format!("no profile named `{name}`; the profiles are {}", names.join(", "))
            })
        })
    }

    /// Current profile.
    pub(crate) fn current_profile(&self) -> Outcome<Option<&Profile>> {
        let Some(current) = &self.current else { return Ok(None) };
        let failure = |failure: Failure| {
            let path = self.path.display();
            Failure::file(format!("{path}: `current` names an unknown profile: {failure}"))
        };
        self.profile(current).map(Some).map_err(failure)
    }

    fn parse(path: PathBuf, text: String) -> Outcome<Self> {
        // The parser's full report quotes the line, which may contain a key.
        let document = Document::parse(text.clone()).map_err(|error| {
            invalid(&path, &text, error.span(), error.message().lines().next().unwrap_or("invalid TOML"))
        })?;
        let mut configuration =
            Self { path, document, current: None, profiles: Vec::new(), exposed_key_warning: None };
        configuration.current = configuration.text(configuration.document.as_table(), "current")?;
        let profiles = match configuration.document.get("profiles") {
            None => return Ok(configuration),
            Some(item) => configuration.table(item, "profiles")?,
        };
        configuration.profiles = profiles
            .iter()
            .map(|(name, item)| {
                let table = configuration.table(item, &format!("profiles.{name}"))?;
                configuration.read_profile(name, item, table)
            })
            .collect::<Outcome<_>>()?;
        Ok(configuration)
    }

    fn read_profile(&self, name: &str, item: &Item, table: &dyn TableLike) -> Outcome<Profile> {
        let limit = self.seconds(table, "key_command_timeout")?.unwrap_or(key_command::DEFAULT_TIMEOUT);
        let keys: Vec<Key> = [
            self.text(table, "api_key")?.map(Key::Stored),
            self.text(table, "api_key_env")?.map(Key::Variable),
            self.text(table, "key_command")?.map(|command| Key::Command(command, limit)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if keys.len() > 1 {
            let names: Vec<&str> = keys.iter().map(|key| key.field().0).collect();
            let reason = format!("profile `{name}` has {}; keep one of them", names.join(" and "));
            return Err(self.invalid(item.span(), &reason));
        }
        Ok(Profile {
            name: name.to_owned(),
            base_url: self.text(table, "base_url")?,
            ca_file: self.text(table, "ca_file")?.map(|path| self.relative_to_file(path)),
            org_id: self.text(table, "org_id")?,
            project_id: self.text(table, "project_id")?,
            key: keys.into_iter().next(),
            key_timeout: limit,
        })
    }

    /// Resolves a path relative to the file.
    fn relative_to_file(&self, path: String) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// String field; an empty string counts as missing.
    fn text(&self, table: &dyn TableLike, name: &str) -> Outcome<Option<String>> {
        let Some(item) = table.get(name) else { return Ok(None) };
        let text =
            item.as_str().ok_or_else(|| self.invalid(item.span(), &format!("{name} must be a string")))?;
        Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// Field with a positive number of seconds.
    fn seconds(&self, table: &dyn TableLike, name: &str) -> Outcome<Option<Duration>> {
        let Some(item) = table.get(name) else { return Ok(None) };
        #[allow(clippy::cast_precision_loss)] // Precision does not matter at that size.
        let seconds = item.as_float().or_else(|| item.as_integer().map(|seconds| seconds as f64));
        let limit = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let limit = limit.filter(|limit| !limit.is_zero());
        let invalid =
            || self.invalid(item.span(), &format!("{name} must be a positive number of seconds, such as 30"));
        limit.map(Some).ok_or_else(invalid)
    }

    fn table<'i>(&self, item: &'i Item, name: &str) -> Outcome<&'i dyn TableLike> {
        item.as_table_like().ok_or_else(|| self.invalid(item.span(), &format!("{name} must be a table")))
    }

    fn invalid(&self, span: Option<std::ops::Range<usize>>, reason: &str) -> Failure {
        invalid(&self.path, self.document.raw(), span, reason)
    }
}

impl Access {
    /// Reason to distrust the file: other users could change the host a key is sent to, or the command that is run.
    fn untrusted(&self) -> Option<&'static str> {
        if !is_trusted_owner(self.owner, user()) {
            return Some("belongs to another user; replace it with your own copy");
        }
        (self.mode & 0o022 != 0).then_some("is writable by other users; run `chmod 600 FILE`")
    }
}

/// Path of the config file; `None` without a home directory.
pub(crate) fn path() -> Option<PathBuf> {
    // The XDG specification requires relative paths to be ignored.
    let base = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base = base.or_else(|| variable("APPDATA").map(PathBuf::from).filter(|_| cfg!(windows)));
    let base = base.or_else(|| std::env::home_dir().map(|home| home.join(".config")));
    base.map(|base| base.join("mem0ctl").join("config.toml")).filter(|path| path.is_absolute())
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)]
fn access(file: &File) -> io::Result<Option<Access>> {
    use std::os::unix::fs::MetadataExt;

    let metadata = file.metadata()?;
    Ok(Some(Access { owner: metadata.uid(), mode: metadata.mode() }))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn access(_: &File) -> io::Result<Option<Access>> {
    Ok(None)
}

/// Whether the owner of a file is trusted: the user or root.
fn is_trusted_owner(owner: u32, user: u32) -> bool {
    owner == 0 || owner == user
}

#[cfg(unix)]
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// File owners are unknown on this platform.
#[cfg(not(unix))]
fn user() -> u32 {
    0
}

/// Creates a private directory.
fn create_private_dir(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Locks the directory while the file is edited; `None` if it cannot be locked.
fn lock(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Failure for invalid content, with its position.
fn invalid(path: &Path, text: &str, span: Option<std::ops::Range<usize>>, reason: &str) -> Failure {
    let position = span.map_or_else(String::new, |span| {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!(", line {line}, column {column}")
    });
    Failure::file(format!("{}{position}: {reason}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_user_and_root_are_trusted_owners() {
        for (owner, user, is_trusted) in
            [(1000, 1000, true), (0, 1000, true), (0, 0, true), (1001, 1000, false), (1000, 0, false)]
        {
            assert_eq!(is_trusted_owner(owner, user), is_trusted, "{owner} {user}");
        }
    }
}
