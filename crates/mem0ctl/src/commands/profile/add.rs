//! `mem0ctl profile add`.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;

use super::key::{self, KeySource};
use super::{change, report_change};
use crate::config::config_file::{ConfigFile, Key, Profile};
use crate::config::context::LOCAL_KEY_PREFIX;
use crate::config::document::{put_key, set, table_of};
use crate::config::key_command;
use crate::config::origin::{HOSTED, Origin, host};
use crate::environment::variable;
use crate::failure::{Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::output::Output;
use crate::output::prompt;

// Base URL, organization, project and API key are global options.
#[derive(Args, Debug)]
#[command(
    override_usage = "mem0ctl profile add [OPTIONS] <NAME>",
    after_help = "\
Examples:
  mem0ctl profile add production --use
  pass show mem0 | mem0ctl profile add staging --base-url https://example.com
  mem0ctl profile add staging --project proj_456 --replace
  mem0ctl profile add ci --key-from-env CI_KEY --org org_123 --project proj_456

Stores --base-url, --ca-file, --org, --project and --api-key. Without --api-key,
--key-from-env and --key-command, the key is read from a prompt or from stdin.
One request checks the key before the profile is written."
)]
pub(crate) struct Add {
    /// Profile name: letters, digits, '-', '_' and '.'
    #[arg(value_parser = name)]
    name: String,

    #[command(flatten)]
    key: KeySource,

    /// Change an existing profile; fields that are not given keep their values
    #[arg(long)]
    replace: bool,

    /// Make the profile the current one
    #[arg(long = "use")]
    make_current: bool,
}

pub(super) fn add(add: &Add, options: &Options, interrupts: &Interrupts, output: &Output) -> Outcome {
    let name = &*add.name;
    let existing = |configuration: &ConfigFile| {
        let profile = configuration.profiles.iter().find(|profile| profile.name == name);
        match profile {
            Some(_) if !add.replace => {
                let message = format!("profile `{name}` already exists; pass --replace to change it");
                Err(Failure::usage(message))
            }
            profile => Ok(profile.cloned()),
        }
    };
    // Checked before the prompt for a key.
    let before = existing(&ConfigFile::read()?)?;
    let ca_file = ca_file(options)?;
    let base_url = options.base_url.clone();
    if let (Some(before), Some(url)) = (&before, &base_url) {
        confirm_host(options, before, url)?;
    }
    let key = new_key(add, before.as_ref(), options, interrupts)?;
    let empty = Profile {
        name: name.to_owned(),
        base_url: None,
        ca_file: None,
        org_id: None,
        project_id: None,
        key: None,
        key_timeout: key_command::DEFAULT_TIMEOUT,
    };
    let before = before.unwrap_or(empty);
    let after = Profile {
        // The current key is checked with a new host.
        key: key.clone().or_else(|| before.key.clone()),
        base_url: base_url.clone().or_else(|| before.base_url.clone()),
        ca_file: ca_file.as_ref().map(PathBuf::from).or_else(|| before.ca_file.clone()),
        ..before
    };
    if base_url.is_none() && variable("MEM0_BASE_URL").is_some() {
        let host_name = host(after.base_url.as_deref().unwrap_or(HOSTED));
        output.message(&format!(
            "warning: MEM0_BASE_URL is not stored; profile `{name}` uses {host_name} (pass --base-url to change it)"
        ));
    }
    let is_same = key.is_none() && base_url.is_none();
    key::check(&after, options, interrupts, output, add.key.no_verify || is_same)?;
    change(options, interrupts, output, |configuration, document| {
        existing(configuration)?;
        let profile = table_of(document, name)?;
        let fields = [
            ("base_url", base_url.as_deref()),
            ("ca_file", ca_file.as_deref()),
            ("org_id", options.org.as_deref()),
            ("project_id", options.project.as_deref()),
        ];
        for (field, text) in fields.into_iter().filter_map(|(field, text)| Some((field, text?))) {
            set(profile, field, text);
        }
        if let Some(key) = &key {
            put_key(profile, key);
        }
        if add.make_current {
            set(document.as_table_mut(), "current", name);
        }
        Ok(())
    })?;
    let advice = if add.make_current {
        "It is now the current profile."
    } else {
        "Select it with --profile or `mem0ctl profile use`."
    };
    let done = if add.replace { "Changed" } else { "Added" };
    let host_name = host(after.base_url.as_deref().unwrap_or(HOSTED));
    report_change(output, name, format!("{done} profile {name} ({host_name}). {advice}"))
}

/// Asks for confirmation before a profile sends its key to another host.
fn confirm_host(options: &Options, before: &Profile, url: &str) -> Outcome {
    let old = before.base_url.as_deref().unwrap_or(HOSTED);
    let (from, to) = (Origin::of(old), Origin::of(url));
    let is_loopback = |origin: &Option<Origin>| origin.as_ref().is_some_and(Origin::is_loopback);
    // A local platform has another port after each start. Other keys may not be sent to another port, which may belong
    // to another user.
    let is_local = matches!(&before.key, Some(Key::Stored(key)) if key.starts_with(LOCAL_KEY_PREFIX));
    if from == to || (is_local && is_loopback(&from) && is_loopback(&to)) {
        return Ok(());
    }
    let question =
        format!("Change the host of profile {} to {} (currently {})?", before.name, host(url), host(old));
    prompt::confirm_with_options(options, &question)
}

/// New key of a profile; `None` if it keeps the current one.
fn new_key(
    add: &Add,
    before: Option<&Profile>,
    options: &Options,
    interrupts: &Interrupts,
) -> Outcome<Option<Key>> {
    let limit = before.map_or(key_command::DEFAULT_TIMEOUT, |before| before.key_timeout);
    if let Some(key) = add.key.named(options, limit) {
        return Ok(Some(key));
    }
    if before.is_some_and(|before| before.key.is_some()) {
        let changes_anything = options.base_url.is_some()
            || options.ca_file.is_some()
            || options.org.is_some()
            || options.project.is_some()
            || add.make_current;
        // Piped stdin is a key.
        if io::stdin().is_terminal() && changes_anything {
            return Ok(None);
        }
        let key = key::read(&add.name, interrupts)?;
        return if key.is_none() && !changes_anything { Err(key::missing()) } else { Ok(key) };
    }
    key::read(&add.name, interrupts)?.ok_or_else(key::missing).map(Some)
}

/// Absolute path of the CA file.
fn ca_file(options: &Options) -> Outcome<Option<String>> {
    let Some(path) = &options.ca_file else { return Ok(None) };
    let unusable = |reason: &str| Failure::file(format!("--ca-file: {} {reason}", path.display()));
    let absolute = std::path::absolute(path).map_err(|error| unusable(&error.to_string()))?;
    match absolute.into_os_string().into_string() {
        Ok(path) => Ok(Some(path)),
        Err(_) => Err(unusable("is not valid UTF-8")),
    }
}

/// Validates a profile name.
fn name(text: &str) -> Result<String, String> {
    let is_allowed = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.');
    if text.is_empty() || text.starts_with('-') || !text.chars().all(is_allowed) {
        return Err("expected letters, digits, '-', '_' and '.', not starting with '-'".to_owned());
    }
    Ok(text.to_owned())
}
