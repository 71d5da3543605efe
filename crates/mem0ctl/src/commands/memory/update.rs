//! `mem0ctl memory update`.

use clap::Args;
use mem0::memories::{BatchUpdateItem, MemoryUpdate};
use serde_json::Value;

use crate::commands::memory::FIELDS;
use crate::commands::memory::batches;
use crate::failure::{Failure, Outcome};
use crate::input::argument;
use crate::session::Session;

/// Which memory, and what of it is new.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory update 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11 'Is vegan'
  mem0ctl memory update 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11 --metadata plan=pro --expires never
  mem0ctl memory update --from changes.jsonl

Each line of changes.jsonl: {\"memory_id\": \"…\", \"text\": \"…\", \"metadata\": {…}}, the text or the
metadata, or both. Metadata take the place of all that were there.")]
pub(crate) struct Update {
    /// Its identifier
    #[arg(required_unless_present = "from")]
    id: Option<String>,
    /// The new text: as it stands, - for what is on stdin, or @FILE
    #[arg(value_name = "TEXT|-|@FILE")]
    text: Option<String>,
    /// New metadata in place of all of the old; a value is JSON, or else a text
    #[arg(long, short, value_name = "KEY=VALUE")]
    metadata: Vec<String>,
    /// The last day it is shown, such as 2030-01-31, or never
    #[arg(long, value_name = "DAY")]
    expires: Option<String>,
    /// When it was made: seconds since 1970, a day, or a moment
    #[arg(long, value_name = "MOMENT", allow_negative_numbers = true)]
    timestamp: Option<String>,
    /// Changes of many memories, a JSON object a line; - for stdin
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["id", "text", "metadata", "expires", "timestamp"])]
    from: Option<String>,
}

pub(crate) fn run(update: &Update, session: &Session) -> Outcome {
    if let Some(file) = &update.from {
        let edits = edits(file)?;
        let answer = session.answer(session.own()?.batch_update(edits))?;
        return answer.map_or(Ok(()), |batches| batches::tell(session, batches, "updated"));
    }
    let id = update.id.as_deref().unwrap_or_default();
    let change = change(update)?;
    session.output.record(&session.own()?.update(id, change)?, FIELDS)
}

fn change(update: &Update) -> Outcome<MemoryUpdate> {
    let mut change = MemoryUpdate::new();
    let names_nothing_else =
        update.metadata.is_empty() && update.expires.is_none() && update.timestamp.is_none();
    if update.text.is_some() || names_nothing_else {
        change = change.text(argument::text_or_piped(update.text.as_deref(), "new text")?);
    }
    if !update.metadata.is_empty() {
        change = change.metadata(argument::object("--metadata", &update.metadata)?);
    }
    change = match update.expires.as_deref() {
        None => change,
        Some("never") => change.clear_expiration_date(),
        Some(day) => change.expiration_date(day),
    };
    if let Some(moment) = &update.timestamp {
        change = match moment.parse::<i64>() {
            Ok(seconds) => change.timestamp(seconds),
            Err(_) => change.timestamp(moment.as_str()),
        };
    }
    Ok(change)
}

/// Reads all lines before the first change is sent: a broken one leaves nothing half done.
fn edits(file: &str) -> Outcome<Vec<BatchUpdateItem>> {
    let lines = argument::lines(file)?;
    if lines.is_empty() {
        return Err(Failure::file(format!("{file} has no lines: give a change a line.")));
    }
    let edit = |(number, line): &(usize, String)| {
        edit(line).map_err(|reason| Failure::file(format!("{file}, line {number}: {reason}")))
    };
    lines.iter().map(edit).collect()
}

fn edit(line: &str) -> Result<BatchUpdateItem, String> {
    let fields: Value = serde_json::from_str(line)
        .map_err(|error| format!("this is no JSON object ({error}); give one like {EXAMPLE}."))?;
    let Value::Object(fields) = fields else {
        return Err(format!("this is no JSON object; give one like {EXAMPLE}."));
    };
    // What a list has printed can be edited and given back.
    let named = |names: [&str; 2]| names.into_iter().find_map(|name| fields.get(name)?.as_str());
    let Some(id) = named(["memory_id", "id"]) else {
        return Err(format!("it names no memory; give one like {EXAMPLE}."));
    };
    let (text, metadata) =
        (named(["text", "memory"]), fields.get("metadata").filter(|value| value.is_object()));
    let mut edit = BatchUpdateItem::new(id);
    if text.is_none() && metadata.is_none() {
        return Err(format!("it has neither a text nor metadata; give one like {EXAMPLE}."));
    }
    if let Some(text) = text {
        edit = edit.text(text);
    }
    if let Some(metadata) = metadata {
        edit = edit.metadata(metadata.clone());
    }
    Ok(edit)
}

const EXAMPLE: &str = "{\"memory_id\": \"…\", \"text\": \"…\"}";
