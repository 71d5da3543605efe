//! `mem0ctl local seed`, `dump` and `load`: a data file while nobody serves it.

use std::path::{Path, PathBuf};

use clap::Args;
use mem0_local::{Completion, Dump, LocalPlatform, SeedData};
use serde::Serialize;

use crate::commands::local::failed;
use crate::failure::{Exit, Failure, Outcome};
use crate::options::Options;
use crate::output::prompt;
use crate::output::visible::visible_json;
use crate::output::{Column, Output};

#[derive(Args)]
#[command(after_help = "\
Examples:
  mem0ctl local seed team.json --data mem0.db
  mem0ctl local seed team.json --data mem0.db --output json

Prints the identifiers and keys of the default project, as `local serve` does.")]
pub(crate) struct Seed {
    /// Users, organizations, projects, members and keys, as JSON
    #[arg(value_name = "FILE.json")]
    seed: PathBuf,

    /// The data file to make; one that is there already takes no seed
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  mem0ctl local dump --data mem0.db > mem0.json

A dump holds API keys and e-mail addresses: keep it as you keep those. It is one JSON document,
whatever --output says. A platform that is running has no route to dump it: stop it first.")]
pub(crate) struct DumpFile {
    /// The data file of `local serve`, which nobody serves
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  mem0ctl local load mem0.json --data mem0.db
  mem0ctl local dump --data old.db | mem0ctl local load - --data new.db

Replaces everything in the data file, the keys included, and asks before it does. If the dump can't
be used, nothing changes; --dry-run only looks at it. A platform that is running has no route to
load it: stop it first.")]
pub(crate) struct Load {
    /// What `local dump` has printed; - is stdin
    #[arg(value_name = "FILE")]
    dump: PathBuf,

    /// The data file of `local serve`, which nobody serves; made if it is missing
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
}

/// What a program needs to use the platform.
#[derive(Serialize)]
struct Seeded<'a> {
    org_id: &'a str,
    project_id: &'a str,
    owner_key: &'a str,
    reader_key: &'a str,
    other_key: &'a str,
}

const FIELDS: &[Column] = &[
    ("Organization", "/org_id"),
    ("Project", "/project_id"),
    ("OWNER's key", "/owner_key"),
    ("READER's key", "/reader_key"),
    ("Another's key", "/other_key"),
];

pub(super) fn seed(arguments: &Seed, options: &Options) -> Outcome {
    let seed = SeedData::from_file(&arguments.seed).map_err(failed)?;
    if has_content(&arguments.data) {
        let sentence = "is there already, and takes no seed; name a new file, or delete this one";
        return Err(Failure::file(format!("{}: {sentence}", arguments.data.display())));
    }
    // In memory first, so that no file is left of what can't be used.
    LocalPlatform::builder().seed_data(seed.clone()).start().map_err(failed)?;
    let output = Output::new(options);
    if options.dry_run {
        return output.untouched("The seed data can be used. Nothing was made.");
    }
    let platform = alone(&arguments.data, Some(seed))?;
    let seeded = Seeded {
        org_id: platform.org_id(),
        project_id: platform.project_id(),
        owner_key: platform.api_key(),
        reader_key: platform.reader_key(),
        other_key: platform.other_key(),
    };
    output.record(&seeded, FIELDS)
}

pub(super) fn dump(arguments: &DumpFile, options: &Options) -> Outcome {
    if !has_content(&arguments.data) {
        return Err(Failure::file(format!(
            "{}: there is no data file of that name",
            arguments.data.display()
        )));
    }
    let dump = alone(&arguments.data, None)?.dump().map_err(failed)?;
    let text = serde_json::to_string(&dump).map_err(|error| Failure::new(Exit::Other, error.to_string()))?;
    Output::new(options).line(&visible_json(&text))
}

pub(super) fn load(arguments: &Load, options: &Options) -> Outcome {
    let text = if arguments.dump.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(&arguments.dump)
    };
    let unreadable = |error: std::io::Error| Failure::file(format!("{}: {error}", arguments.dump.display()));
    let wrong = |error: serde_json::Error| {
        // What is wrong may be a value, such as a key.
        let place = format!("line {}, column {}", error.line(), error.column());
        Failure::file(format!("{}: {place}: is no dump of a local platform", arguments.dump.display()))
    };
    let text = crate::input::argument::without_mark(text.map_err(unreadable)?);
    let dump: Dump = serde_json::from_str(&text).map_err(wrong)?;
    // In memory first, so that nobody is asked about what can't be used.
    LocalPlatform::start().and_then(|platform| platform.load(&dump)).map_err(failed)?;
    let output = Output::new(options);
    if options.dry_run {
        return output.untouched("The dump can be used. Nothing was changed.");
    }
    if has_content(&arguments.data) {
        let question = format!("Replace everything in {}, its keys included?", arguments.data.display());
        prompt::agreed(options, &question)?;
    }
    alone(&arguments.data, None)?.load(&dump).map_err(failed)?;
    let sentence = format!("{} holds what the dump holds.", arguments.data.display());
    output.done(&serde_json::json!({ "data": arguments.data, "message": sentence }), &sentence)
}

/// A platform on a data file that nobody else has open, which does nothing by itself.
fn alone(data: &Path, seed: Option<SeedData>) -> Outcome<LocalPlatform> {
    let builder = LocalPlatform::builder().data_file(data).exclusive(true).completion(Completion::Manual);
    let builder = match seed {
        Some(seed) => builder.seed_data(seed),
        None => builder,
    };
    builder.start().map_err(failed)
}

fn has_content(file: &Path) -> bool {
    // What can't be looked at is opened, which tells why.
    std::fs::metadata(file)
        .map_or_else(|error| error.kind() != std::io::ErrorKind::NotFound, |found| found.len() > 0)
}
