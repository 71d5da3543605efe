//! API key of a profile: reading, verification and `profile set-key`.

use std::io::{self, BufRead, Read};
use std::time::Duration;

use clap::Args;
use mem0::blocking::{ClientBuilder, MemoryClient};

use super::{change, report_change};
use crate::config::ca_file::CaFile;
use crate::config::config_file::{ConfigFile, Key, Profile};
use crate::config::context;
use crate::config::document::{put_key, table_of};
use crate::config::origin::{HOSTED, host};
use crate::environment::variable;
use crate::failure::{Exit, Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::output::Output;
use crate::output::prompt;

/// Maximum length of a key in bytes.
const MAX_KEY_LEN: u64 = 4096;

const KEY_ALTERNATIVES: &str = "pass it on stdin, or use --key-from-env or --key-command";

/// Source of a profile's key.
#[derive(Args, Debug)]
pub(crate) struct KeySource {
    /// Environment variable to read the key from, instead of storing it
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["key_command", "api_key"])]
    key_from_env: Option<String>,

    /// Shell command that prints the key, instead of storing it; limited to 30
    /// seconds, or to `key_command_timeout` of the profile
    #[arg(long, value_name = "COMMAND", conflicts_with = "api_key")]
    key_command: Option<String>,

    /// Skip the check of the key
    #[arg(long)]
    pub(crate) no_verify: bool,
}

#[derive(Args, Debug)]
#[command(
    override_usage = "mem0ctl profile set-key [OPTIONS] <NAME>",
    after_help = "\
Examples:
  mem0ctl profile set-key production
  pass show mem0 | mem0ctl profile set-key staging
  mem0ctl profile set-key staging --key-command 'pass show mem0'

Without --api-key, --key-from-env and --key-command, the key is read from a
prompt or from stdin. Other fields of the profile are not changed."
)]
pub(crate) struct SetKey {
    /// Profile name
    name: String,

    #[command(flatten)]
    source: KeySource,
}

impl KeySource {
    /// Key source given by an option. A command gets the time limit of the profile.
    pub(crate) fn named(&self, options: &Options, limit: Duration) -> Option<Key> {
        let variable = self.key_from_env.clone().map(Key::Variable);
        let command = || self.key_command.clone().map(|command| Key::Command(command, limit));
        variable.or_else(command).or_else(|| options.api_key.clone().map(Key::Stored))
    }
}

/// Prompts for a key, or reads it from stdin. `None` for an empty line.
pub(crate) fn read(name: &str, interrupts: &Interrupts) -> Outcome<Option<Key>> {
    let question = format!("API key of profile {name} (hidden):");
    let read = if let Some(line) = prompt::read_secret(interrupts, &question, KEY_ALTERNATIVES)? {
        line
    } else {
        let unreadable = |error: io::Error| Failure::usage(format!("cannot read the API key: {error}"));
        let mut line = String::new();
        io::stdin().lock().take(MAX_KEY_LEN).read_line(&mut line).map_err(unreadable)?;
        line
    };
    Ok(Some(read.trim()).filter(|key| !key.is_empty()).map(|key| Key::Stored(key.to_owned())))
}

pub(crate) fn missing() -> Failure {
    Failure::usage(format!("missing API key; {KEY_ALTERNATIVES}"))
}

pub(crate) fn set_key(set: &SetKey, options: &Options, interrupts: &Interrupts, output: &Output) -> Outcome {
    let other_options = [
        ("--base-url", options.base_url.is_some()),
        ("--ca-file", options.ca_file.is_some()),
        ("--org", options.org.is_some()),
        ("--project", options.project.is_some()),
    ];
    if let Some((option, _)) = other_options.iter().find(|(_, is_given)| *is_given) {
        return Err(Failure::usage(format!(
            "`profile set-key` changes only the key; remove {option}, or use `mem0ctl profile add {} --replace`",
            set.name
        )));
    }
    let profile = ConfigFile::read()?.profile(&set.name)?.clone();
    let key = match set.source.named(options, profile.key_timeout) {
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
    let host_name = host(profile.base_url.as_deref().unwrap_or(HOSTED));
    report_change(output, &set.name, format!("Changed the key of profile {} ({host_name}).", set.name))
}

/// Checks that a client can be built from a profile, and that the platform accepts the key.
pub(crate) fn check(
    profile: &Profile,
    options: &Options,
    interrupts: &Interrupts,
    output: &Output,
    no_verify: bool,
) -> Outcome {
    match &profile.key {
        Some(Key::Variable(name)) if name.is_empty() || name.contains(['=', '\0']) => {
            return Err(Failure::usage("--key-from-env is not a valid variable name"));
        }
        Some(Key::Command(command, _)) if command.trim().is_empty() => {
            return Err(Failure::usage("--key-command is empty"));
        }
        _ => {}
    }
    let key = match &profile.key {
        Some(Key::Stored(key)) => key,
        _ => "m0-placeholder",
    };
    client(profile, options, key)?;
    if no_verify || options.dry_run {
        return Ok(());
    }
    let Some(key) = &profile.key else { return Ok(()) };
    if let Key::Variable(name) = key
        && variable(name).is_none()
    {
        output.message(&format!("warning: {name} is not set; the key was not checked"));
        return Ok(());
    }
    let unverified = |failure: Failure| {
        let reason = failure.message;
        Failure::new(
            failure.exit,
            format!("{reason}; the profile was not changed (pass --no-verify to skip this check)"),
        )
    };
    let key = context::read_key(key, &profile.name, interrupts).map_err(unverified)?;
    verify(&client(profile, options, &key)?, profile).map_err(unverified)
}

fn verify(client: &MemoryClient, profile: &Profile) -> Outcome {
    client.ping().map(drop).map_err(|error| {
        let failure = Failure::from(error);
        let host_name = host(profile.base_url.as_deref().unwrap_or(HOSTED));
        match failure.exit {
            Exit::NotAuthenticated => Failure::new(failure.exit, format!("{host_name} rejected the API key")),
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
    let profile_ca_file = || {
        let setting = format!("`ca_file` of profile `{}`", profile.name);
        profile.ca_file.as_ref().map(|path| CaFile::new(path, setting))
    };
    let ca_file = options.ca_file.as_ref().map(CaFile::from_flag).or_else(profile_ca_file);
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
