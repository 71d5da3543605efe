//! `mem0ctl profile`: named contexts, in a file of the user's own.

mod add;
mod key;

use std::path::Path;

use clap::Subcommand;
use serde::Serialize;
use toml_edit::DocumentMut;

use self::add::Add;
use self::key::SetKey;
use crate::config::configuration::{Configuration, Key, Profile};
use crate::config::document::{remove, set};
use crate::config::origin::HOSTED;
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
        Command::Add(add) => add::added(&add, options, interrupts, &output),
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

/// Changes the file, unless that is only tried.
fn change(
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
fn told(output: &Output, name: &str, sentence: String) -> Outcome {
    output.done(&serde_json::json!({ "name": name, "message": sentence }), &sentence)
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
