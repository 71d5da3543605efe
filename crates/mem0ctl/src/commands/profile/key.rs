//! The key of a profile: read, checked with the platform, and changed by itself.

use std::io::{self, BufRead, Read};
use std::time::Duration;

use clap::Args;
use mem0::blocking::{ClientBuilder, MemoryClient};

use super::{change, told};
use crate::config::ca_file::CaFile;
use crate::config::configuration::{Configuration, Key, Profile};
use crate::config::document::{put_key, table_of};
use crate::config::origin::{HOSTED, host};
use crate::config::settings;
use crate::environment::variable;
use crate::failure::{Exit, Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::output::Output;
use crate::output::prompt;

/// A key is shorter, in bytes.
const KEY_LIMIT: u64 = 4096;

const OTHERWISE: &str = "give it on stdin, or say --key-from-env or --key-command.";

/// Where a profile's key is.
#[derive(Args, Debug)]
pub(crate) struct KeySource {
    /// Keep no key: it is in this variable of the environment
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["key_command", "api_key"])]
    key_from_env: Option<String>,

    /// Keep no key: this command, run by the shell whenever the key is needed, prints it. It has 30
    /// seconds, or what `key_command_timeout` of the profile says
    #[arg(long, value_name = "COMMAND", conflicts_with = "api_key")]
    key_command: Option<String>,

    /// Do not check the key with the platform
    #[arg(long)]
    pub(crate) no_verify: bool,
}

#[derive(Args, Debug)]
#[command(
    override_usage = "mem0ctl profile set-key [OPTIONS] <NAME>",
    after_help = "\
Base URL, organization, project and CA file of the profile stay. Without --api-key, --key-from-env
and --key-command, the key is asked for at the terminal, or read from stdin.

Examples:
  mem0ctl profile set-key production
  pass show mem0 | mem0ctl profile set-key staging
  mem0ctl profile set-key staging --key-command 'pass show mem0'"
)]
pub(crate) struct SetKey {
    /// Name of the profile
    name: String,

    #[command(flatten)]
    source: KeySource,
}

impl KeySource {
    /// Key that an option names. A command has the time limit of the profile.
    pub(crate) fn named(&self, options: &Options, limit: Duration) -> Option<Key> {
        let variable = self.key_from_env.clone().map(Key::Variable);
        let command = || self.key_command.clone().map(|command| Key::Command(command, limit));
        variable.or_else(command).or_else(|| options.api_key.clone().map(Key::Kept))
    }
}

/// Asks for a key, or reads it from stdin. `None` for an empty line.
pub(crate) fn read(name: &str, interrupts: &Interrupts) -> Outcome<Option<Key>> {
    let question = format!("The key of {name} (it is not shown):");
    let read = if let Some(line) = prompt::hidden(interrupts, &question, OTHERWISE)? {
        line
    } else {
        let unread = |error: io::Error| Failure::usage(format!("The key can't be read: {error}."));
        let mut line = String::new();
        io::stdin().lock().take(KEY_LIMIT).read_line(&mut line).map_err(unread)?;
        line
    };
    Ok(Some(read.trim()).filter(|key| !key.is_empty()).map(|key| Key::Kept(key.to_owned())))
}

pub(crate) fn missing() -> Failure {
    Failure::usage(format!("There was no key to read: {OTHERWISE}"))
}

pub(crate) fn set_key(set: &SetKey, options: &Options, interrupts: &Interrupts, output: &Output) -> Outcome {
    let others = [
        ("--base-url", options.base_url.is_some()),
        ("--ca-file", options.ca_file.is_some()),
        ("--org", options.org.is_some()),
        ("--project", options.project.is_some()),
    ];
    if let Some((option, _)) = others.iter().find(|(_, is_given)| *is_given) {
        return Err(Failure::usage(format!(
            "set-key changes the key alone: leave out {option}, or use `mem0ctl profile add {} --replace`",
            set.name
        )));
    }
    let profile = Configuration::read()?.profile(&set.name)?.clone();
    let key = match set.source.named(options, profile.key_limit) {
        Some(key) => key,
        None => read(&set.name, interrupts)?.ok_or_else(missing)?,
    };
    let profile = Profile { key: Some(key.clone()), ..profile };
    check(&profile, options, interrupts, output, set.source.no_verify)?;
    change(options, interrupts, output, |configuration, document| {
        configuration.profile(&set.name)?;
        put_key(table_of(document, &set.name)?, &key);
        Ok(())
    })?;
    let place = host(profile.base_url.as_deref().unwrap_or(HOSTED));
    told(output, &set.name, format!("Changed the key of the profile {} ({place}).", set.name))
}

/// Refuses a profile that no client could work with, and a key that the platform does not take.
pub(crate) fn check(
    profile: &Profile,
    options: &Options,
    interrupts: &Interrupts,
    output: &Output,
    no_verify: bool,
) -> Outcome {
    match &profile.key {
        Some(Key::Variable(name)) if name.is_empty() || name.contains(['=', '\0']) => {
            return Err(Failure::usage("--key-from-env names no variable."));
        }
        Some(Key::Command(command, _)) if command.trim().is_empty() => {
            return Err(Failure::usage("--key-command is empty."));
        }
        _ => {}
    }
    let kept = match &profile.key {
        Some(Key::Kept(key)) => key,
        _ => "m0-elsewhere",
    };
    client(profile, options, kept)?;
    if no_verify || options.dry_run {
        return Ok(());
    }
    let Some(key) = &profile.key else { return Ok(()) };
    if let Key::Variable(name) = key
        && variable(name).is_none()
    {
        output.message(&format!("{name} is not set: its key is not checked."));
        return Ok(());
    }
    let unverified = |failure: Failure| {
        let reason = failure.sentence.trim_end_matches('.');
        Failure::new(
            failure.exit,
            format!("{reason}; nothing was written, pass --no-verify to skip this check"),
        )
    };
    let key = settings::value(key, &profile.name, interrupts).map_err(unverified)?;
    verify(&client(profile, options, &key)?, profile).map_err(unverified)
}

fn verify(client: &MemoryClient, profile: &Profile) -> Outcome {
    client.ping().map(drop).map_err(|error| {
        let failure = Failure::from(error);
        let place = host(profile.base_url.as_deref().unwrap_or(HOSTED));
        match failure.exit {
            Exit::NotAuthenticated => Failure::new(failure.exit, format!("{place} does not accept this key")),
            _ => failure,
        }
    })
}

fn client(profile: &Profile, options: &Options, key: &str) -> Outcome<MemoryClient> {
    let mut builder = ClientBuilder::default().api_key(key).source("mem0ctl");
    if let Some(url) = &profile.base_url {
        builder = builder.base_url(url);
    }
    if let Some(timeout) = options.timeout {
        builder = builder.timeout(timeout);
    }
    let of_profile = || {
        let setting = format!("`ca_file` of the profile {}", profile.name);
        profile.ca_file.as_ref().map(|path| CaFile::new(path, setting))
    };
    let ca_file = options.ca_file.as_ref().map(CaFile::of_flag).or_else(of_profile);
    if let Some(file) = &ca_file {
        builder = builder.add_root_certificate_pem(file.read()?);
    }
    builder.build().map_err(|error| match error {
        error @ mem0::Error::Config { field: "root_certificate", .. } => {
            CaFile::explain(ca_file.as_ref(), error)
        }
        error => Failure::usage(error.to_string()),
    })
}
