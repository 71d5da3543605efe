//! Where the key and the rest come from: flags before the environment, the environment before the profile in use.
//!
//! A profile that a flag names is a flag: it comes before the environment, and nothing of the environment is mixed
//! into it. `mem0ctl --profile staging …` does the same whatever variables are set.

use std::io::{self, IsTerminal, Read};
use std::process::{Command, Stdio};

use crate::ca_file::CaFile;
use crate::configuration::{Configuration, Key, Profile};
use crate::failure::{Exit, Failure, Outcome};
use crate::options::Options;

/// A key is shorter, in bytes.
const KEY_LIMIT: u64 = 4096;

/// Who asks, and where.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) base_url: Option<String>,
    pub(crate) ca_file: Option<CaFile>,
    key: Option<Key>,
    pub(crate) org_id: Option<String>,
    pub(crate) project_id: Option<String>,
    /// The profile that something of this comes from, or would if nothing stronger were set.
    pub(crate) profile: Option<String>,
    /// Whether the environment's key stands in for the one of the profile.
    is_key_replaced: bool,
}

impl Settings {
    pub(crate) fn resolve(options: &Options) -> Outcome<Self> {
        let flags = Self::of_flags(options);
        if let Some(name) = &options.profile {
            return Ok(flags.over(Self::of_profile(name)?));
        }
        let environment = Self::of_environment();
        let is_key_given = flags.key.is_some();
        let configuration = Configuration::read()?;
        let profile = match variable("MEM0_PROFILE") {
            Some(name) => Some(configuration.profile(&name)?),
            None => configuration.in_use()?,
        };
        let profile = profile.cloned().map(Self::of).unwrap_or_default();
        let is_key_replaced = !is_key_given && environment.key.is_some() && profile.key.is_some();
        Ok(Self { is_key_replaced, ..flags.over(environment).over(profile) })
    }

    /// What a profile says, and nothing else: neither flags nor the environment come before it.
    pub(crate) fn of_profile(name: &str) -> Outcome<Self> {
        Ok(Self::of(Configuration::read()?.profile(name)?.clone()))
    }

    /// The key, from wherever it is kept. A command that tells it is run now.
    pub(crate) fn api_key(&self) -> Outcome<Option<String>> {
        let profile = self.profile.as_deref().unwrap_or_default();
        match &self.key {
            Some(Key::Kept(key)) => Ok(Some(key.clone())),
            Some(Key::Variable(name)) => variable(name).map(Some).ok_or_else(|| {
                Failure::new(
                    Exit::NotAuthenticated,
                    format!("The profile {profile} has its key in the variable {name}, which is not set."),
                )
            }),
            Some(Key::Command(command)) => told_by(command).map(Some).map_err(|reason| {
                Failure::new(
                    Exit::NotAuthenticated,
                    format!("The key_command of the profile {profile} {reason}: run it by hand to see why."),
                )
            }),
            None => Ok(None),
        }
    }

    /// What to say where there is no key.
    pub(crate) fn without_key(&self) -> Failure {
        let sentence = match &self.profile {
            Some(profile) => {
                let path = crate::configuration::path().unwrap_or_default();
                format!(
                    "The profile {profile} has no key: write api_key, api_key_env or key_command below \
                     [profiles.{profile}] into {}.",
                    path.display(),
                )
            }
            None => "There is no API key: set MEM0_API_KEY, or add a profile by `mem0ctl profile add` and choose it \
                     by --profile or `mem0ctl profile use`."
                .to_owned(),
        };
        Failure::new(Exit::NotAuthenticated, sentence)
    }

    /// What a person should know of how this was put together: a key sent where a profile says, and not that profile's.
    pub(crate) fn remark(&self) -> Option<String> {
        let profile = self.profile.as_ref().filter(|_| self.is_key_replaced)?;
        Some(format!("MEM0_API_KEY is used in place of the key of the profile {profile}."))
    }

    fn of_flags(options: &Options) -> Self {
        Self {
            base_url: options.base_url.clone(),
            ca_file: options.ca_file.as_ref().map(CaFile::of_flag),
            key: options.api_key.clone().map(Key::Kept),
            org_id: options.org.clone(),
            project_id: options.project.clone(),
            ..Self::default()
        }
    }

    fn of_environment() -> Self {
        Self {
            base_url: variable("MEM0_BASE_URL"),
            ca_file: CaFile::of_environment(),
            key: variable("MEM0_API_KEY").map(Key::Kept),
            org_id: variable("MEM0_ORG_ID"),
            project_id: variable("MEM0_PROJECT_ID"),
            ..Self::default()
        }
    }

    fn of(profile: Profile) -> Self {
        let Profile { name, base_url, ca_file, org_id, project_id, key } = profile;
        let ca_file = ca_file.map(|path| CaFile::new(path, format!("`ca_file` of the profile {name}")));
        Self { base_url, ca_file, key, org_id, project_id, profile: Some(name), is_key_replaced: false }
    }

    /// This, and where it says nothing, what is weaker. The project of another organization stays behind.
    fn over(self, weaker: Self) -> Self {
        let is_elsewhere = matches!((&self.org_id, &weaker.org_id), (Some(own), Some(other)) if own != other);
        Self {
            base_url: self.base_url.or(weaker.base_url),
            ca_file: self.ca_file.or(weaker.ca_file),
            key: self.key.or(weaker.key),
            org_id: self.org_id.or(weaker.org_id),
            project_id: self.project_id.or(weaker.project_id.filter(|_| !is_elsewhere)),
            profile: self.profile.or(weaker.profile),
            is_key_replaced: false,
        }
    }
}

/// A variable of the environment; an empty one counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// What a command prints, without the space around it. It has the terminal, to ask for a passphrase, but nothing that
/// is piped into this program, which is not meant for it. The error ends a sentence, and has nothing of what was
/// printed.
fn told_by(command: &str) -> Result<String, String> {
    let unread = |error: io::Error| format!("can't be run ({error})");
    let stdin = if io::stdin().is_terminal() { Stdio::inherit() } else { Stdio::null() };
    let mut child = shell(command).stdin(stdin).stdout(Stdio::piped()).spawn().map_err(unread)?;
    let mut told = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        // What is longer is cut, and the pipe closed.
        stdout.take(KEY_LIMIT).read_to_end(&mut told).map_err(unread)?;
    }
    let status = child.wait().map_err(unread)?;
    if told.len() as u64 == KEY_LIMIT {
        return Err("prints more than a key".to_owned());
    }
    if !status.success() {
        return Err(format!("has failed ({status})"));
    }
    let told = String::from_utf8(told).map_err(|_| "prints what is no text".to_owned())?;
    match told.trim() {
        "" => Err("prints nothing".to_owned()),
        told if told.contains(['\n', '\r']) => Err("prints more than one line".to_owned()),
        told => Ok(told.to_owned()),
    }
}

/// A shell to run a command of the user's own file, so that it may be a pipe.
fn shell(command: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    let mut shell = Command::new(program);
    shell.arg(flag).arg(command);
    shell
}
