//! `mem0ctl local seed`, `dump` and `load`: data files that are not being served.

use std::path::{Path, PathBuf};

use clap::Args;
use mem0_local::{Completion, Dump, LocalPlatform, SeedData};
use serde::Serialize;

use crate::commands::local::failure_of;
use crate::failure::{Exit, Failure, Outcome};
use crate::options::Options;
use crate::output::escape::escape_json;
use crate::output::prompt;
use crate::output::{Column, Output};

#[derive(Args)]
#[command(after_help = "\
Examples:
  mem0ctl local seed team.json --data mem0.db
  mem0ctl local seed team.json --data mem0.db --output json

Prints the IDs and keys of the default project, as `local serve` does.")]
pub(crate) struct Seed {
    /// Users, organizations, projects, members and keys as JSON
    #[arg(value_name = "FILE.json")]
    seed: PathBuf,

    /// Data file to create; must not exist yet
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
}

#[derive(Args)]
#[command(after_help = "\
Example:
  mem0ctl local dump --data mem0.db > mem0.json

A dump contains API keys and e-mail addresses: store it accordingly. It is one
JSON document, whatever --output is. Stop `local serve` first.")]
pub(crate) struct DumpFile {
    /// Data file of a stopped `local serve`
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  mem0ctl local load mem0.json --data mem0.db
  mem0ctl local dump --data old.db | mem0ctl local load - --data new.db

Replaces everything in the data file, keys included, after a confirmation. An
invalid dump changes nothing; --dry-run only checks it. Stop `local serve`
first.")]
pub(crate) struct Load {
    /// Output of `local dump`; - for stdin
    #[arg(value_name = "FILE")]
    dump: PathBuf,

    /// Data file of a stopped `local serve`; created if missing
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
}

/// IDs and keys of the default project.
#[derive(Serialize)]
struct SeedView<'a> {
    org_id: &'a str,
    project_id: &'a str,
    owner_key: &'a str,
    reader_key: &'a str,
    other_key: &'a str,
}

const FIELDS: &[Column] = &[
    ("Organization", "/org_id"),
    ("Project", "/project_id"),
    ("OWNER key", "/owner_key"),
    ("READER key", "/reader_key"),
    ("Other OWNER key", "/other_key"),
];

pub(super) fn seed(arguments: &Seed, options: &Options) -> Outcome {
    let seed = SeedData::from_file(&arguments.seed).map_err(failure_of)?;
    if has_content(&arguments.data) {
        let file = arguments.data.display();
        return Err(Failure::file(format!("{file} already exists; name a new file, or delete this one")));
    }
    // Checked in memory first, so that invalid seed data leaves no file behind.
    LocalPlatform::builder().seed_data(seed.clone()).start().map_err(failure_of)?;
    let output = Output::new(options);
    if options.dry_run {
        return output.dry_run_note("Dry run: the seed data is valid; no file was created.");
    }
    let platform = open_exclusively(&arguments.data, Some(seed))?;
    let view = SeedView {
        org_id: platform.org_id(),
        project_id: platform.project_id(),
        owner_key: platform.api_key(),
        reader_key: platform.reader_key(),
        other_key: platform.other_key(),
    };
    output.record(&view, FIELDS)
}

pub(super) fn dump(arguments: &DumpFile, options: &Options) -> Outcome {
    if !has_content(&arguments.data) {
        return Err(Failure::file(format!("data file {} not found", arguments.data.display())));
    }
    let dump = open_exclusively(&arguments.data, None)?.dump().map_err(failure_of)?;
    let text = serde_json::to_string(&dump).map_err(|error| Failure::new(Exit::Other, error.to_string()))?;
    Output::new(options).line(&escape_json(&text))
}

pub(super) fn load(arguments: &Load, options: &Options) -> Outcome {
    let text = if arguments.dump.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(&arguments.dump)
    };
    let unreadable =
        |error: std::io::Error| Failure::file(format!("cannot read {}: {error}", arguments.dump.display()));
    let invalid = |error: serde_json::Error| {
        // The full error may quote a value, such as a key.
        let (line, column) = (error.line(), error.column());
        let file = arguments.dump.display();
        Failure::file(format!("{file}, line {line}, column {column}: not a dump of a local platform"))
    };
    let text = crate::input::strip_bom(text.map_err(unreadable)?);
    let dump: Dump = serde_json::from_str(&text).map_err(invalid)?;
    // Checked in memory before the prompt.
    LocalPlatform::start().and_then(|platform| platform.load(&dump)).map_err(failure_of)?;
    let output = Output::new(options);
    if options.dry_run {
        return output.dry_run_note("Dry run: the dump is valid; nothing was changed.");
    }
    if has_content(&arguments.data) {
        let question = format!("Replace everything in {}, keys included?", arguments.data.display());
        prompt::confirm_with_options(options, &question)?;
    }
    open_exclusively(&arguments.data, None)?.load(&dump).map_err(failure_of)?;
    let message = format!("Loaded the dump into {}.", arguments.data.display());
    output.success(&serde_json::json!({ "data": arguments.data, "message": message }), &message)
}

/// Opens a data file exclusively, without background work.
fn open_exclusively(data: &Path, seed: Option<SeedData>) -> Outcome<LocalPlatform> {
    let builder = LocalPlatform::builder().data_file(data).exclusive(true).completion(Completion::Manual);
    let builder = match seed {
        Some(seed) => builder.seed_data(seed),
        None => builder,
    };
    builder.start().map_err(failure_of)
}

fn has_content(file: &Path) -> bool {
    // Other errors are reported when the file is opened.
    std::fs::metadata(file)
        .map_or_else(|error| error.kind() != std::io::ErrorKind::NotFound, |metadata| metadata.len() > 0)
}
