//! `mem0ctl profile`: named contexts, in a file of the user's own.

mod key;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use toml_edit::{DocumentMut, Item, RawString, Table, TableLike, value};

use self::key::{KeySource, SetKey};
use crate::config::configuration::{Configuration, Key, Profile};
use crate::config::key_command;
use crate::config::origin::{HOSTED, Origin, host};
use crate::config::settings;
use crate::failure::{Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::output::prompt;
use crate::output::{Column, Output};

/// A shorter key shows nothing of itself.
const SHOWN_FROM: usize = 16;

#[derive(Subcommand, Debug)]
#[allow(clippy::doc_markdown)] // The help shows it as it stands.
pub(crate) enum Command {
    /// Lists the profiles
    #[command(after_help = "Examples:\n  mem0ctl profile list\n  mem0ctl profile list --output json")]
    List,
    /// Shows a profile, without its key
    #[command(after_help = "Examples:\n  mem0ctl profile show\n  mem0ctl profile show staging")]
    Show {
        /// Its name; the profile in use without it
        name: Option<String>,
    },
    /// Adds a profile, or changes one
    Add(Add),
    /// Changes the key of a profile, and nothing else
    SetKey(SetKey),
    /// Uses a profile from now on, where neither --profile nor MEM0_PROFILE names another
    #[command(after_help = "Example:\n  mem0ctl profile use staging")]
    Use {
        /// Its name
        name: String,
    },
    /// Removes a profile
    #[command(after_help = "Example:\n  mem0ctl profile remove staging")]
    Remove {
        /// Its name
        name: String,
    },
}

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

/// A profile, without its key.
#[derive(Serialize)]
struct Shown<'p> {
    name: &'p str,
    current: bool,
    base_url: &'p str,
    ca_file: Option<&'p Path>,
    org_id: Option<&'p str>,
    project_id: Option<&'p str>,
    /// `file`, `environment` or `command`; `null` where there is no key.
    key_from: Option<&'static str>,
    /// The end of a key that is kept, the name of a variable, or the program of a command.
    key: Option<String>,
}

const COLUMNS: &[Column] = &[
    ("NAME", "/name"),
    ("IN USE", "/current"),
    ("PLATFORM", "/base_url"),
    ("ORGANIZATION ID", "/org_id"),
    ("PROJECT ID", "/project_id"),
    ("KEY FROM", "/key_from"),
    ("KEY", "/key"),
    ("CA FILE", "/ca_file"),
];

const FIELDS: &[Column] = &[
    ("Name", "/name"),
    ("In use", "/current"),
    ("Platform", "/base_url"),
    ("Organization", "/org_id"),
    ("Project", "/project_id"),
    ("Key from", "/key_from"),
    ("Key", "/key"),
    ("CA file", "/ca_file"),
];

pub(crate) fn run(command: Command, options: &Options, interrupts: &Interrupts) -> Outcome {
    let output = Output::new(options);
    match command {
        Command::List => {
            let configuration = shown(&output)?;
            let current = configuration.current.as_deref();
            let shown: Vec<Shown> =
                configuration.profiles.iter().map(|profile| Shown::new(profile, current)).collect();
            output.list(&shown, COLUMNS)
        }
        Command::Show { name } => {
            let configuration = shown(&output)?;
            let profile = match &name {
                Some(name) => Some(configuration.profile(name)?),
                None => configuration.in_use()?,
            };
            let none =
                || Failure::usage("No profile is in use: name one, or choose one by `mem0ctl profile use`.");
            let profile = profile.ok_or_else(none)?;
            output.record(&Shown::new(profile, configuration.current.as_deref()), FIELDS)
        }
        Command::Add(add) => added(&add, options, interrupts, &output),
        Command::SetKey(set) => key::set_key(&set, options, interrupts, &output),
        Command::Use { name } => {
            change(options, interrupts, &output, |configuration, document| {
                configuration.profile(&name)?;
                set(document.as_table_mut(), "current", &name);
                Ok(())
            })?;
            told(&output, &name, format!("The profile {name} is used from now on."))
        }
        Command::Remove { name } => {
            Configuration::read()?.profile(&name)?;
            prompt::agreed(options, &format!("Remove the profile {name} and any key in it?"))?;
            change(options, interrupts, &output, |configuration, document| {
                configuration.profile(&name)?;
                remove(document, &name);
                if configuration.current.as_ref() == Some(&name) {
                    // The line stays, and with it what is written above it.
                    set(document.as_table_mut(), "current", "");
                }
                Ok(())
            })?;
            told(&output, &name, format!("Removed the profile {name}."))
        }
    }
}

/// The configuration, to be shown. One that others may read is shown too: no key is.
fn shown(output: &Output) -> Outcome<Configuration> {
    let configuration = Configuration::read()?;
    if let Some(exposed) = &configuration.exposed {
        output.message(exposed);
    }
    Ok(configuration)
}

fn added(add: &Add, options: &Options, interrupts: &Interrupts, output: &Output) -> Outcome {
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
    if base_url.is_none() && settings::variable("MEM0_BASE_URL").is_some() {
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
    if from == to || (is_loopback(&from) && is_loopback(&to)) {
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

/// Changes the file, unless that is only tried.
pub(crate) fn change(
    options: &Options,
    interrupts: &Interrupts,
    output: &Output,
    change: impl FnOnce(&Configuration, &mut DocumentMut) -> Outcome,
) -> Outcome {
    if options.dry_run {
        let configuration = Configuration::read()?;
        change(&configuration, &mut configuration.document())?;
        return output.untouched("Nothing was written.");
    }
    Configuration::edit(interrupts, change)
}

/// What was done.
pub(crate) fn told(output: &Output, name: &str, sentence: String) -> Outcome {
    output.done(&serde_json::json!({ "name": name, "message": sentence }), &sentence)
}

/// The table of a profile, which is made if need be.
pub(crate) fn table_of<'d>(document: &'d mut DocumentMut, name: &str) -> Outcome<&'d mut dyn TableLike> {
    table(document.as_table_mut(), "profiles", true)
        .and_then(|profiles| table(profiles, name, false))
        .ok_or_else(|| Failure::file("`profiles` has to be a table of tables."))
}

/// Sets the key of a profile, in the place of any other.
pub(crate) fn put_key(profile: &mut dyn TableLike, key: &Key) {
    let (field, text) = key.field();
    for other in ["api_key", "api_key_env", "key_command"] {
        if other == field {
            set(profile, field, text);
        } else {
            profile.remove(other);
        }
    }
}

/// A table in a table, which is made if need be.
fn table<'t>(table: &'t mut dyn TableLike, name: &str, is_implicit: bool) -> Option<&'t mut dyn TableLike> {
    if !table.contains_key(name) {
        let mut made = Table::new();
        made.set_implicit(is_implicit);
        table.insert(name, Item::Table(made));
    }
    table.get_mut(name)?.as_table_like_mut()
}

/// Sets a text. What is written beside it stays.
fn set(table: &mut dyn TableLike, name: &str, text: &str) {
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(held) => {
            let decor = held.decor().clone();
            *held = text.into();
            *held.decor_mut() = decor;
        }
        None => drop(table.insert(name, value(text))),
    }
}

/// Takes a profile out of the document. A comment that an empty line sets apart from it is not the profile's, and
/// stays, above what comes next.
fn remove(document: &mut DocumentMut, name: &str) {
    let Some(profiles) = document.get_mut("profiles").and_then(Item::as_table_like_mut) else { return };
    let next =
        profiles.iter().skip_while(|(found, _)| *found != name).nth(1).map(|(next, _)| next.to_owned());
    let Some(Item::Table(removed)) = profiles.remove(name) else { return };
    let above = removed.decor().prefix().and_then(RawString::as_str).unwrap_or_default();
    let Some((apart, _)) = above.rsplit_once("\n\n").filter(|(apart, _)| apart.contains('#')) else { return };
    let next = next.and_then(|next| profiles.get_mut(&next)).and_then(Item::as_table_mut);
    if let Some(next) = next {
        let below = next.decor().prefix().and_then(RawString::as_str).unwrap_or_default().to_owned();
        next.decor_mut().set_prefix(format!("{apart}\n{below}"));
    } else {
        let below = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing(format!("{apart}\n{below}"));
    }
}

impl<'p> Shown<'p> {
    fn new(profile: &'p Profile, current: Option<&str>) -> Self {
        let (key_from, key) = match &profile.key {
            None => (None, None),
            Some(Key::Kept(key)) => (Some("file"), Some(end(key))),
            Some(Key::Variable(name)) => (Some("environment"), Some(name.clone())),
            // What follows the program may be anything, a key too.
            Some(Key::Command(command, _)) => {
                (Some("command"), command.split_whitespace().next().map(|program| format!("{program} …")))
            }
        };
        Self {
            name: &profile.name,
            current: current == Some(&profile.name),
            base_url: profile.base_url.as_deref().unwrap_or(HOSTED),
            ca_file: profile.ca_file.as_deref(),
            org_id: profile.org_id.as_deref(),
            project_id: profile.project_id.as_deref(),
            key_from,
            key,
        }
    }
}

/// The end of a key, by which its owner knows it again.
fn end(key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    if characters.len() < SHOWN_FROM {
        return "…".to_owned();
    }
    let end: String = characters[characters.len() - 4..].iter().collect();
    format!("…{end}")
}

/// A name that can be said on a command line and be read in a table.
fn name(text: &str) -> Result<String, String> {
    let is_fit = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.');
    if text.is_empty() || text.starts_with('-') || !text.chars().all(is_fit) {
        return Err("a name has letters, digits, '-', '_' and '.', and does not begin with '-'".to_owned());
    }
    Ok(text.to_owned())
}
