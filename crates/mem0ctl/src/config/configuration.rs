//! The file with the profiles: `mem0ctl/config.toml` where the system keeps a user's configuration.
//!
//! It belongs to its user, who may write into it by hand: comments and what is not known here stay as they are.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml_edit::{Document, DocumentMut, Item, TableLike};

use crate::config::key_command;
use crate::environment::variable;
use crate::failure::{Failure, Outcome};
use crate::input::argument;
use crate::interrupts::Interrupts;
use crate::output::new_file;

/// What is in the file. Without a file, nothing.
pub(crate) struct Configuration {
    path: PathBuf,
    document: Document<String>,
    /// The name of the profile in use.
    pub(crate) current: Option<String>,
    /// The profiles, in the order of the file.
    pub(crate) profiles: Vec<Profile>,
    /// Why no key that is kept in the file is used: others may read it.
    pub(crate) exposed: Option<String>,
}

/// Why there is no configuration.
pub(crate) enum Unusable {
    /// Others decide what is in the file, or its user may not read it.
    Untrusted(Failure),
    /// The file can't be read, or what is in it is wrong.
    Wrong(Failure),
}

impl From<Unusable> for Failure {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Untrusted(failure) | Unusable::Wrong(failure) => failure,
        }
    }
}

/// Owner and mode of a file, where the system has them.
struct Access {
    owner: u32,
    mode: u32,
}

/// A named context: who asks, and where.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) base_url: Option<String>,
    /// Absolute: where the file says a relative path, it is relative to the file.
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) org_id: Option<String>,
    pub(crate) project_id: Option<String>,
    pub(crate) key: Option<Key>,
    /// Time limit of a command that prints the key.
    pub(crate) key_limit: Duration,
}

/// Where a profile's key is.
#[derive(Clone)]
pub(crate) enum Key {
    /// In the file itself.
    Kept(String),
    /// In a variable of the environment.
    Variable(String),
    /// In what a command prints within that time.
    Command(String, Duration),
}

impl Key {
    /// The field of the file, and what stands there.
    pub(crate) fn field(&self) -> (&'static str, &str) {
        match self {
            Self::Kept(key) => ("api_key", key),
            Self::Variable(name) => ("api_key_env", name),
            Self::Command(command, _) => ("key_command", command),
        }
    }
}

impl Configuration {
    /// Without a file.
    pub(crate) fn empty() -> Outcome<Self> {
        Self::parse(PathBuf::new(), String::new())
    }

    /// Reads the file.
    ///
    /// # Errors
    /// `File` for a file that belongs to another user or that others may write.
    pub(crate) fn read() -> Outcome<Self> {
        Ok(Self::read_trusted()?)
    }

    /// Reads the file, and tells one that is not to be trusted from one that is wrong.
    pub(crate) fn read_trusted() -> Result<Self, Unusable> {
        // Without a home there is no file either.
        let Some(path) = path() else { return Self::empty().map_err(Unusable::Wrong) };
        let shown = path.display().to_string();
        let unreadable = |error: io::Error| {
            let failure = Failure::file(format!("{shown} can't be read: {error}."));
            match error.kind() {
                io::ErrorKind::PermissionDenied => Unusable::Untrusted(failure),
                _ => Unusable::Wrong(failure),
            }
        };
        // To open a named pipe is to wait for somebody who writes into it.
        if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(Unusable::Wrong(Failure::file(format!(
                "{shown} can't be read: it is not a regular file."
            ))));
        }
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Self::parse(path, String::new()).map_err(Unusable::Wrong);
            }
            Err(error) => return Err(unreadable(error)),
        };
        let access = access(&file).map_err(&unreadable)?;
        if let Some(reason) = access.as_ref().and_then(Access::untrusted) {
            let advice = format!("{shown} {}", reason.replace("FILE", &shown));
            return Err(Unusable::Untrusted(Failure::file(advice)));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(&unreadable)?;
        let text = argument::without_mark(text);
        let mut configuration = Self::parse(path, text).map_err(Unusable::Wrong)?;
        let holds_key =
            configuration.profiles.iter().any(|profile| matches!(profile.key, Some(Key::Kept(_))));
        if holds_key && access.is_some_and(|access| access.mode & 0o077 != 0) {
            configuration.exposed =
                Some(format!("{shown} holds a key and can be read by others: run `chmod 600 {shown}`"));
        }
        Ok(configuration)
    }

    /// Changes the file: what `change` makes of the document is written, in one piece or not at all. Who changes it at
    /// the same time waits.
    pub(crate) fn edit<V>(
        interrupts: &Interrupts,
        change: impl FnOnce(&Self, &mut DocumentMut) -> Outcome<V>,
    ) -> Outcome<V> {
        let path =
            path().ok_or_else(|| Failure::file("There is no home folder: set XDG_CONFIG_HOME or HOME."))?;
        let unwritable =
            |error: io::Error| Failure::file(format!("{} can't be written: {error}.", path.display()));
        // A file that somebody keeps elsewhere, behind a link, stays there.
        let target = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let folder = target.parent().unwrap_or(Path::new("."));
        make(folder).map_err(unwritable)?;
        let _lock = lock(folder);
        let configuration = Self::read()?;
        let mut document = configuration.document();
        let result = change(&configuration, &mut document)?;
        let bytes = document.to_string();
        let replaced = new_file::replace(&target, bytes.as_bytes(), 0o600, Some(interrupts));
        replaced.map_err(unwritable)?;
        Ok(result)
    }

    /// The file's text, to be changed.
    pub(crate) fn document(&self) -> DocumentMut {
        self.document.clone().into_mut()
    }

    /// A profile, or a failure that names the ones there are.
    pub(crate) fn profile(&self, name: &str) -> Outcome<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.profiles.iter().map(|profile| &*profile.name).collect();
            Failure::usage(if known.is_empty() {
                format!("There is no profile {name}, nor any other: add it by `mem0ctl profile add {name}`.")
            } else {
                format!("There is no profile {name}. There are: {}.", known.join(", "))
            })
        })
    }

    /// The profile in use.
    pub(crate) fn in_use(&self) -> Outcome<Option<&Profile>> {
        let Some(current) = &self.current else { return Ok(None) };
        let failure = |failure: Failure| {
            let path = self.path.display();
            Failure::file(format!("{path}: `current` names a profile that is not there. {failure}"))
        };
        self.profile(current).map(Some).map_err(failure)
    }

    fn parse(path: PathBuf, text: String) -> Outcome<Self> {
        // The parser's own report has the line in it, which may be the one with the key.
        let document = Document::parse(text.clone()).map_err(|error| {
            wrong(&path, &text, error.span(), error.message().lines().next().unwrap_or("is not TOML"))
        })?;
        let mut configuration = Self { path, document, current: None, profiles: Vec::new(), exposed: None };
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
        let limit = self.seconds(table, "key_command_timeout")?.unwrap_or(key_command::USUAL_LIMIT);
        let keys: Vec<Key> = [
            self.text(table, "api_key")?.map(Key::Kept),
            self.text(table, "api_key_env")?.map(Key::Variable),
            self.text(table, "key_command")?.map(|command| Key::Command(command, limit)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if keys.len() > 1 {
            let found: Vec<&str> = keys.iter().map(|key| key.field().0).collect();
            let reason = format!("the profile {name} has {}, of which one will do", found.join(" and "));
            return Err(self.wrong(item.span(), &reason));
        }
        Ok(Profile {
            name: name.to_owned(),
            base_url: self.text(table, "base_url")?,
            ca_file: self.text(table, "ca_file")?.map(|path| self.beside(path)),
            org_id: self.text(table, "org_id")?,
            project_id: self.text(table, "project_id")?,
            key: keys.into_iter().next(),
            key_limit: limit,
        })
    }

    /// A path that is relative to the file.
    fn beside(&self, path: String) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// A text; an empty one counts as not there.
    fn text(&self, table: &dyn TableLike, name: &str) -> Outcome<Option<String>> {
        let Some(item) = table.get(name) else { return Ok(None) };
        let text =
            item.as_str().ok_or_else(|| self.wrong(item.span(), &format!("{name} has to be a string")))?;
        Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// A number of seconds, more than none.
    fn seconds(&self, table: &dyn TableLike, name: &str) -> Outcome<Option<Duration>> {
        let Some(item) = table.get(name) else { return Ok(None) };
        #[allow(clippy::cast_precision_loss)] // Such a number of seconds has no end.
        let seconds = item.as_float().or_else(|| item.as_integer().map(|seconds| seconds as f64));
        let limit = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let limit = limit.filter(|limit| !limit.is_zero());
        let wrong = || self.wrong(item.span(), &format!("{name} has to be a number of seconds, such as 30"));
        limit.map(Some).ok_or_else(wrong)
    }

    fn table<'i>(&self, item: &'i Item, name: &str) -> Outcome<&'i dyn TableLike> {
        item.as_table_like().ok_or_else(|| self.wrong(item.span(), &format!("{name} has to be a table")))
    }

    fn wrong(&self, span: Option<std::ops::Range<usize>>, reason: &str) -> Failure {
        wrong(&self.path, self.document.raw(), span, reason)
    }
}

impl Access {
    /// What is wrong where others decide what is in the file: where a key is sent, and what is run.
    fn untrusted(&self) -> Option<&'static str> {
        if !is_trusted_owner(self.owner, user()) {
            return Some("belongs to another user: make a copy of your own in its place");
        }
        (self.mode & 0o022 != 0).then_some("can be written by others: run `chmod 600 FILE`")
    }
}

/// Where the file is, or would be. `None` without a home.
pub(crate) fn path() -> Option<PathBuf> {
    // A relative one is to be ignored, says who has thought it up.
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

/// Whether a user believes a file of that owner: the user's own, or the administrator's.
fn is_trusted_owner(owner: u32, user: u32) -> bool {
    owner == 0 || owner == user
}

#[cfg(unix)]
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Owners are not known here.
#[cfg(not(unix))]
fn user() -> u32 {
    0
}

/// Makes a folder that is its user's alone.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Held while the file is changed. A system without such locks does without.
fn lock(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// What is wrong with the file, and where.
fn wrong(path: &Path, text: &str, span: Option<std::ops::Range<usize>>, reason: &str) -> Failure {
    let place = span.map_or_else(String::new, |span| {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!(", line {line}, column {column}")
    });
    Failure::file(format!("{}{place}: {reason}.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_believed_of_its_user_and_of_the_administrator() {
        for (owner, user, is_trusted) in
            [(1000, 1000, true), (0, 1000, true), (0, 0, true), (1001, 1000, false), (1000, 0, false)]
        {
            assert_eq!(is_trusted_owner(owner, user), is_trusted, "{owner} {user}");
        }
    }
}
