//! `mem0ctl profile`: named contexts, in a file of the user's own.

use std::io::{self, BufRead, Read};
use std::path::Path;

use clap::{Args, Subcommand};
use mem0::blocking::ClientBuilder;
use serde::Serialize;
use toml_edit::{DocumentMut, Item, RawString, Table, TableLike, value};

use crate::ca_file::CaFile;
use crate::configuration::{Configuration, Key, Profile};
use crate::failure::{Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::output::{Column, Output};
use crate::prompt;

/// A key is shorter, in bytes.
const KEY_LIMIT: u64 = 4096;

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
    /// Adds a profile, or replaces one
    Add(Add),
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
--key-from-env and --key-command, the key is asked for at the terminal, or read from stdin.

Examples:
  mem0ctl profile add production --use
  pass show mem0 | mem0ctl profile add staging --base-url https://mem0.example.com
  mem0ctl profile add staging --key-command 'pass show mem0' --replace
  mem0ctl profile add ci --key-from-env CI_MEM0_KEY --org org_123 --project proj_456"
)]
pub(crate) struct Add {
    /// Its name: letters, digits, '-', '_' and '.'
    #[arg(value_parser = name)]
    name: String,

    /// Keep no key: it is in this variable of the environment
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["key_command", "api_key"])]
    key_from_env: Option<String>,

    /// Keep no key: this command, run by the shell whenever the key is needed, prints it
    #[arg(long, value_name = "COMMAND", conflicts_with = "api_key")]
    key_command: Option<String>,

    /// Put it in the place of a profile of the same name
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
            let configuration = Configuration::read()?;
            let current = configuration.current.as_deref();
            let shown: Vec<Shown> =
                configuration.profiles.iter().map(|profile| Shown::new(profile, current)).collect();
            output.list(&shown, COLUMNS)
        }
        Command::Show { name } => {
            let configuration = Configuration::read()?;
            let profile = match &name {
                Some(name) => Some(configuration.profile(name)?),
                None => configuration.in_use()?,
            };
            let none =
                || Failure::usage("No profile is in use: name one, or choose one by `mem0ctl profile use`.");
            let profile = profile.ok_or_else(none)?;
            output.record(&Shown::new(profile, configuration.current.as_deref()), FIELDS)
        }
        Command::Add(add) => added(add, options, interrupts, &output),
        Command::Use { name } => {
            change(options, &output, |configuration, document| {
                configuration.profile(&name)?;
                set(document.as_table_mut(), "current", &name);
                Ok(())
            })?;
            told(&output, &name, format!("The profile {name} is used from now on."))
        }
        Command::Remove { name } => {
            Configuration::read()?.profile(&name)?;
            prompt::agreed(options, &format!("Remove the profile {name} and the key it keeps?"))?;
            change(options, &output, |configuration, document| {
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

fn added(add: Add, options: &Options, interrupts: &Interrupts, output: &Output) -> Outcome {
    let is_there = |configuration: &Configuration| {
        configuration.profiles.iter().any(|profile| profile.name == add.name) && !add.replace
    };
    let taken = || {
        Failure::usage(format!(
            "There is a profile {} already: say --replace to put this in its place.",
            add.name
        ))
    };
    // Nobody is asked for a key in vain.
    if is_there(&Configuration::read()?) {
        return Err(taken());
    }
    let ca_file = ca_file(options)?;
    let key = key(&add, options, interrupts)?;
    check(&key, options)?;
    let (name, is_used) = (&*add.name, add.is_used);
    change(options, output, |configuration, document| {
        if is_there(configuration) {
            return Err(taken());
        }
        let profile = table(document.as_table_mut(), "profiles", true)
            .and_then(|profiles| table(profiles, name, false))
            .ok_or_else(|| Failure::file("`profiles` has to be a table of tables."))?;
        let (field, text) = key.field();
        let fields = [
            ("base_url", options.base_url.as_deref()),
            ("ca_file", ca_file.as_deref()),
            ("org_id", options.org.as_deref()),
            ("project_id", options.project.as_deref()),
            ("api_key", Some(text).filter(|_| field == "api_key")),
            ("api_key_env", Some(text).filter(|_| field == "api_key_env")),
            ("key_command", Some(text).filter(|_| field == "key_command")),
        ];
        for (field, text) in fields {
            match text {
                Some(text) => set(profile, field, text),
                None => drop(profile.remove(field)),
            }
        }
        if is_used {
            set(document.as_table_mut(), "current", name);
        }
        Ok(())
    })?;
    let then =
        if is_used { "It is used from now on." } else { "Use it by --profile, or `mem0ctl profile use`." };
    told(output, name, format!("Added the profile {name}. {then}"))
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

/// Where the key of a new profile is.
fn key(add: &Add, options: &Options, interrupts: &Interrupts) -> Outcome<Key> {
    if let Some(name) = &add.key_from_env {
        return Ok(Key::Variable(name.clone()));
    }
    if let Some(command) = &add.key_command {
        return Ok(Key::Command(command.clone()));
    }
    if let Some(key) = &options.api_key {
        return Ok(Key::Kept(key.clone()));
    }
    let question = format!("The key of {} (it is not shown):", add.name);
    let otherwise = "give it on stdin, or say --key-from-env or --key-command.";
    let read = if let Some(line) = prompt::hidden(interrupts, &question, otherwise)? {
        line
    } else {
        let unread = |error: io::Error| Failure::usage(format!("The key can't be read: {error}."));
        let mut line = String::new();
        io::stdin().lock().take(KEY_LIMIT).read_line(&mut line).map_err(unread)?;
        line
    };
    match read.trim() {
        "" => Err(Failure::usage(format!("There was no key to read: {otherwise}"))),
        key => Ok(Key::Kept(key.to_owned())),
    }
}

/// Refuses what no client could work with.
fn check(key: &Key, options: &Options) -> Outcome {
    let mut builder = ClientBuilder::default().api_key(match key {
        Key::Kept(key) => key,
        Key::Variable(name) if name.is_empty() || name.contains(['=', '\0']) => {
            return Err(Failure::usage("--key-from-env names no variable."));
        }
        Key::Command(command) if command.trim().is_empty() => {
            return Err(Failure::usage("--key-command is empty."));
        }
        Key::Variable(_) | Key::Command(_) => "m0-elsewhere",
    });
    if let Some(url) = &options.base_url {
        builder = builder.base_url(url);
    }
    let ca_file = options.ca_file.as_ref().map(CaFile::of_flag);
    if let Some(file) = &ca_file {
        builder = builder.add_root_certificate_pem(file.read()?);
    }
    match builder.build() {
        Ok(_) => Ok(()),
        Err(error @ mem0::Error::Config { field: "root_certificate", .. }) => {
            Err(CaFile::explain(ca_file.as_ref(), error))
        }
        Err(error) => Err(Failure::usage(error.to_string())),
    }
}

/// Changes the file, unless that is only tried.
fn change(
    options: &Options,
    output: &Output,
    change: impl FnOnce(&Configuration, &mut DocumentMut) -> Outcome,
) -> Outcome {
    if options.dry_run {
        let configuration = Configuration::read()?;
        change(&configuration, &mut configuration.document())?;
        return output.untouched("Nothing was written.");
    }
    Configuration::edit(change)
}

/// What was done.
fn told(output: &Output, name: &str, sentence: String) -> Outcome {
    output.done(&serde_json::json!({ "name": name, "message": sentence }), &sentence)
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
            Some(Key::Command(command)) => {
                (Some("command"), command.split_whitespace().next().map(|program| format!("{program} …")))
            }
        };
        Self {
            name: &profile.name,
            current: current == Some(&profile.name),
            base_url: profile.base_url.as_deref().unwrap_or("https://api.mem0.ai"),
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
