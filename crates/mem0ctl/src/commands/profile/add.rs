//! `mem0ctl profile add`.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;

use super::key::{self, KeySource};
use super::{change, told};
use crate::config::configuration::{Configuration, Key, Profile};
use crate::config::document::{put_key, set, table_of};
use crate::config::key_command;
use crate::config::origin::{HOSTED, Origin, host};
use crate::config::settings::LOCAL_KEY;
use crate::environment::variable;
use crate::failure::{Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::output::Output;
use crate::output::prompt;

// The URL, the organization, the project and a key that is given are among the options of every command.
#[derive(Args, Debug)]
#[command(
    override_usage = "mem0ctl profile add [OPTIONS] <NAME>",
    after_help = "\
What --base-url, --ca-file, --org, --project and --api-key say is kept. Without --api-key,
--key-from-env and --key-command, the key is asked for at the terminal, or read from stdin. It is
checked with the platform by one request before anything is written.

Examples:
  mem0ctl profile add production --use
  pass show mem0 | mem0ctl profile add staging --base-url https://mem0.example.com
  mem0ctl profile add staging --project proj_456 --replace
  mem0ctl profile add ci --key-from-env CI_MEM0_KEY --org org_123 --project proj_456"
)]
pub(crate) struct Add {
    /// Its name: letters, digits, '-', '_' and '.'
    #[arg(value_parser = name)]
    name: String,

    #[command(flatten)]
    key: KeySource,

    /// Change a profile of the same name; what is not named stays, its key too
    #[arg(long)]
    replace: bool,

    /// Use it from now on
    #[arg(long = "use")]
    is_used: bool,
}

pub(super) fn added(add: &Add, options: &Options, interrupts: &Interrupts, output: &Output) -> Outcome {
    let name = &*add.name;
    let existing = |configuration: &Configuration| {
        let profile = configuration.profiles.iter().find(|profile| profile.name == name);
        match profile {
            Some(_) if !add.replace => {
                let sentence = format!("There is a profile {name} already: say --replace to change it.");
                Err(Failure::usage(sentence))
            }
            profile => Ok(profile.cloned()),
        }
    };
    // Nobody is asked for a key in vain.
    let before = existing(&Configuration::read()?)?;
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
        key_limit: key_command::USUAL_LIMIT,
    };
    let before = before.unwrap_or(empty);
    let after = Profile {
        // Elsewhere, a key that is kept has to be good too.
        key: key.clone().or_else(|| before.key.clone()),
        base_url: base_url.clone().or_else(|| before.base_url.clone()),
        ca_file: ca_file.as_ref().map(PathBuf::from).or_else(|| before.ca_file.clone()),
        ..before
    };
    if base_url.is_none() && variable("MEM0_BASE_URL").is_some() {
        let place = host(after.base_url.as_deref().unwrap_or(HOSTED));
        output.message(&format!(
            "MEM0_BASE_URL is not stored: the profile {name} has the base URL of {place}; pass --base-url to choose another"
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
        if add.is_used {
            set(document.as_table_mut(), "current", name);
        }
        Ok(())
    })?;
    let then = if add.is_used {
        "It is used from now on."
    } else {
        "Use it by --profile, or `mem0ctl profile use`."
    };
    let done = if add.replace { "Changed" } else { "Added" };
    let place = host(after.base_url.as_deref().unwrap_or(HOSTED));
    told(output, name, format!("{done} the profile {name} ({place}). {then}"))
}

/// Asks whether a profile's requests, and its key with them, are to go to another host.
fn confirm_host(options: &Options, before: &Profile, url: &str) -> Outcome {
    let old = before.base_url.as_deref().unwrap_or(HOSTED);
    let (from, to) = (Origin::of(old), Origin::of(url));
    let is_loopback = |origin: &Option<Origin>| origin.as_ref().is_some_and(Origin::is_loopback);
    // The offline platform changes its port. Another port of this machine may be another user's.
    let is_local = matches!(&before.key, Some(Key::Kept(key)) if key.starts_with(LOCAL_KEY));
    if from == to || (is_local && is_loopback(&from) && is_loopback(&to)) {
        return Ok(());
    }
    let question = format!(
        "Send the requests of the profile {} to {}, and no more to {}?",
        before.name,
        host(url),
        host(old)
    );
    prompt::agreed(options, &question)
}

/// The key that a profile gets; `None` where it keeps the one it has.
fn new_key(
    add: &Add,
    before: Option<&Profile>,
    options: &Options,
    interrupts: &Interrupts,
) -> Outcome<Option<Key>> {
    let limit = before.map_or(key_command::USUAL_LIMIT, |before| before.key_limit);
    if let Some(key) = add.key.named(options, limit) {
        return Ok(Some(key));
    }
    if before.is_some_and(|before| before.key.is_some()) {
        let names_something = options.base_url.is_some()
            || options.ca_file.is_some()
            || options.org.is_some()
            || options.project.is_some()
            || add.is_used;
        // A key that is piped into the command is meant.
        if io::stdin().is_terminal() && names_something {
            return Ok(None);
        }
        let key = key::read(&add.name, interrupts)?;
        return if key.is_none() && !names_something { Err(key::missing()) } else { Ok(key) };
    }
    key::read(&add.name, interrupts)?.ok_or_else(key::missing).map(Some)
}

/// The path of a new profile's CA certificates, which holds from every folder.
fn ca_file(options: &Options) -> Outcome<Option<String>> {
    let Some(path) = &options.ca_file else { return Ok(None) };
    let unusable = |reason: &str| Failure::file(format!("--ca-file: {} {reason}", path.display()));
    let absolute = std::path::absolute(path).map_err(|error| unusable(&error.to_string()))?;
    match absolute.into_os_string().into_string() {
        Ok(path) => Ok(Some(path)),
        Err(_) => Err(unusable("is not UTF-8, which a profile needs")),
    }
}

/// A name that can be said on a command line and be read in a table.
fn name(text: &str) -> Result<String, String> {
    let is_fit = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.');
    if text.is_empty() || text.starts_with('-') || !text.chars().all(is_fit) {
        return Err("a name has letters, digits, '-', '_' and '.', and does not begin with '-'".to_owned());
    }
    Ok(text.to_owned())
}
