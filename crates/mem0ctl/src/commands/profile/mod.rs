//! `mem0ctl profile`: profiles in the config file.

mod add;
mod key;

use std::path::Path;

use clap::Subcommand;
use serde::Serialize;
use toml_edit::DocumentMut;

use self::add::Add;
use self::key::SetKey;
use crate::config::config_file::{ConfigFile, Key, Profile};
use crate::config::document::{remove, set};
use crate::config::origin::HOSTED;
use crate::failure::{Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::output::prompt;
use crate::output::{Column, Output};

/// Minimum length of a key whose last characters are shown.
const MIN_LEN_TO_SHOW_END: usize = 16;

#[derive(Subcommand, Debug)]
#[allow(clippy::doc_markdown)] // clap shows the text as it is.
pub(crate) enum Command {
    /// List profiles
    #[command(after_help = "Examples:\n  mem0ctl profile list\n  mem0ctl profile list --output json")]
    List,
    /// Show a profile without its key
    #[command(after_help = "Examples:\n  mem0ctl profile show\n  mem0ctl profile show staging")]
    Show {
        /// Profile name (default: the current profile)
        name: Option<String>,
    },
    /// Add or change a profile
    Add(Add),
    /// Change the API key of a profile
    SetKey(SetKey),
    /// Set the current profile
    #[command(after_help = "Example:\n  mem0ctl profile use staging")]
    Use {
        /// Profile name
        name: String,
    },
    /// Remove a profile
    #[command(after_help = "Example:\n  mem0ctl profile remove staging")]
    Remove {
        /// Profile name
        name: String,
    },
}

/// Profile without its key.
#[derive(Serialize)]
struct ProfileView<'p> {
    name: &'p str,
    current: bool,
    base_url: &'p str,
    ca_file: Option<&'p Path>,
    org_id: Option<&'p str>,
    project_id: Option<&'p str>,
    /// `file`, `environment` or `command`; `null` without a key.
    key_from: Option<&'static str>,
    /// Last characters of a stored key, name of the variable, or program of the command.
    key: Option<String>,
}

const COLUMNS: &[Column] = &[
    ("NAME", "/name"),
    ("CURRENT", "/current"),
    ("BASE URL", "/base_url"),
    ("ORGANIZATION ID", "/org_id"),
    ("PROJECT ID", "/project_id"),
    ("KEY FROM", "/key_from"),
    ("KEY", "/key"),
    ("CA FILE", "/ca_file"),
];

const FIELDS: &[Column] = &[
    ("Name", "/name"),
    ("Current", "/current"),
    ("Base URL", "/base_url"),
    ("Organization ID", "/org_id"),
    ("Project ID", "/project_id"),
    ("Key from", "/key_from"),
    ("Key", "/key"),
    ("CA file", "/ca_file"),
];

pub(crate) fn run(command: Command, options: &Options, interrupts: &Interrupts) -> Outcome {
    let output = Output::new(options);
    match command {
        Command::List => {
            let configuration = read_for_display(&output)?;
            let current = configuration.current.as_deref();
            let profiles: Vec<ProfileView> =
                configuration.profiles.iter().map(|profile| ProfileView::new(profile, current)).collect();
            output.list(&profiles, COLUMNS, || {
                "No profiles; run `mem0ctl profile add NAME` to add one.".to_owned()
            })
        }
        Command::Show { name } => {
            let configuration = read_for_display(&output)?;
            let profile = match &name {
                Some(name) => Some(configuration.profile(name)?),
                None => configuration.current_profile()?,
            };
            let missing =
                || Failure::usage("no current profile; pass a name, or run `mem0ctl profile use NAME`");
            let profile = profile.ok_or_else(missing)?;
            output.record(&ProfileView::new(profile, configuration.current.as_deref()), FIELDS)
        }
        Command::Add(add) => add::add(&add, options, interrupts, &output),
        Command::SetKey(set) => key::set_key(&set, options, interrupts, &output),
        Command::Use { name } => {
            change(options, interrupts, &output, |configuration, document| {
                configuration.profile(&name)?;
                set(document.as_table_mut(), "current", &name);
                Ok(())
            })?;
            report_change(&output, &name, format!("The current profile is now {name}."))
        }
        Command::Remove { name } => {
            ConfigFile::read()?.profile(&name)?;
            prompt::confirm_with_options(
                options,
                &format!("Remove profile {name} and any key stored in it?"),
            )?;
            change(options, interrupts, &output, |configuration, document| {
                configuration.profile(&name)?;
                remove(document, &name);
                if configuration.current.as_ref() == Some(&name) {
                    // Keeps the line and the comment above it.
                    set(document.as_table_mut(), "current", "");
                }
                Ok(())
            })?;
            report_change(&output, &name, format!("Removed profile {name}."))
        }
    }
}

/// Reads the config file for display. A file that other users can read is accepted: no key is shown.
fn read_for_display(output: &Output) -> Outcome<ConfigFile> {
    let configuration = ConfigFile::read()?;
    if let Some(warning) = &configuration.exposed_key_warning {
        output.message(&format!("warning: {warning}"));
    }
    Ok(configuration)
}

/// Edits the config file, or only checks the edit in a dry run.
fn change(
    options: &Options,
    interrupts: &Interrupts,
    output: &Output,
    change: impl FnOnce(&ConfigFile, &mut DocumentMut) -> Outcome,
) -> Outcome {
    if options.dry_run {
        let configuration = ConfigFile::read()?;
        change(&configuration, &mut configuration.document())?;
        return output.dry_run_note("Dry run: the config file was not changed.");
    }
    ConfigFile::edit(interrupts, change)
}

/// Reports a change.
fn report_change(output: &Output, name: &str, message: String) -> Outcome {
    output.success(&serde_json::json!({ "name": name, "message": message }), &message)
}

impl<'p> ProfileView<'p> {
    fn new(profile: &'p Profile, current: Option<&str>) -> Self {
        let (key_from, key) = match &profile.key {
            None => (None, None),
            Some(Key::Stored(key)) => (Some("file"), Some(last_characters(key))),
            Some(Key::Variable(name)) => (Some("environment"), Some(name.clone())),
            // The arguments may contain a secret.
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

/// Last characters of a key, by which its owner recognizes it.
fn last_characters(key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    if characters.len() < MIN_LEN_TO_SHOW_END {
        return "…".to_owned();
    }
    let end: String = characters[characters.len() - 4..].iter().collect();
    format!("…{end}")
}
