//! `mem0ctl memory update`.

use clap::Args;
use mem0::memories::{BatchUpdateItem, MemoryUpdate};
use serde_json::Value;

use crate::commands::memory::FIELDS;
use crate::commands::memory::batches;
use crate::failure::{Failure, Outcome};
use crate::input;
use crate::session::Session;

/// Arguments of `memory update`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory update 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11 'Is vegan'
  mem0ctl memory update 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11 --expires never
  mem0ctl memory update --from changes.jsonl

Each line of changes.jsonl is {\"memory_id\": \"…\", \"text\": \"…\", \"metadata\": {…}},
with a text, metadata or both. New metadata replaces all of the old.")]
pub(crate) struct Update {
    /// Memory ID
    #[arg(required_unless_present = "from")]
    id: Option<String>,
    /// New text, - for stdin, or @FILE
    #[arg(value_name = "TEXT|-|@FILE")]
    text: Option<String>,
    /// New metadata, replacing all of the old; the value is JSON or a string
    #[arg(long, short, value_name = "KEY=VALUE")]
    metadata: Vec<String>,
    /// Last day on which the memory is visible, such as 2030-01-31, or never
    #[arg(long, value_name = "DAY")]
    expires: Option<String>,
    /// Creation time: Unix seconds, a date, or a timestamp
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    timestamp: Option<String>,
    /// JSON lines file with updates of many memories; - for stdin
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["id", "text", "metadata", "expires", "timestamp"])]
    from: Option<String>,
}

pub(crate) fn run(update: &Update, session: &Session) -> Outcome {
    if let Some(file) = &update.from {
        let edits = edits(file)?;
        let response = session.response(session.project_client()?.batch_update(edits))?;
        return response.map_or(Ok(()), |batches| batches::report(session, batches, "updated"));
    }
    let id = update.id.as_deref().unwrap_or_default();
    let change = change(update)?;
    session.output.record(&session.project_client()?.update(id, change)?, FIELDS)
}

fn change(update: &Update) -> Outcome<MemoryUpdate> {
    let mut change = MemoryUpdate::new();
    let has_no_other_change =
        update.metadata.is_empty() && update.expires.is_none() && update.timestamp.is_none();
    if update.text.is_some() || has_no_other_change {
        change = change.text(input::text_or_piped(update.text.as_deref(), "new text")?);
    }
    if !update.metadata.is_empty() {
        change = change.metadata(input::object("--metadata", &update.metadata)?);
    }
    change = match update.expires.as_deref() {
        None => change,
        Some("never") => change.clear_expiration_date(),
        Some(day) => change.expiration_date(day),
    };
    if let Some(time) = &update.timestamp {
        change = match time.parse::<i64>() {
            Ok(seconds) => change.timestamp(seconds),
            Err(_) => change.timestamp(time.as_str()),
        };
    }
    Ok(change)
}

/// Reads all lines before the first request, so that an invalid line changes nothing.
fn edits(file: &str) -> Outcome<Vec<BatchUpdateItem>> {
    let lines = input::lines(file)?;
    if lines.is_empty() {
        return Err(Failure::file(format!("{file} is empty; expected one JSON object per line")));
    }
    let edit = |(number, line): &(usize, String)| {
        edit(line).map_err(|reason| Failure::file(format!("{file}, line {number}: {reason}")))
    };
    lines.iter().map(edit).collect()
}

fn edit(line: &str) -> Result<BatchUpdateItem, String> {
    let fields: Value = serde_json::from_str(line)
        .map_err(|error| format!("invalid JSON ({error}); expected an object such as {EXAMPLE}"))?;
    let Value::Object(fields) = fields else {
        return Err(format!("not a JSON object; expected one such as {EXAMPLE}"));
    };
    // The fields of `memory list` are accepted too.
    let text_field = |names: [&str; 2]| names.into_iter().find_map(|name| fields.get(name)?.as_str());
    let Some(id) = text_field(["memory_id", "id"]) else {
        return Err(format!("missing memory_id; expected an object such as {EXAMPLE}"));
    };
    let (text, metadata) =
        (text_field(["text", "memory"]), fields.get("metadata").filter(|value| value.is_object()));
    let mut edit = BatchUpdateItem::new(id);
    if text.is_none() && metadata.is_none() {
        return Err(format!("missing text or metadata; expected an object such as {EXAMPLE}"));
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
