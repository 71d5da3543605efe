//! `mem0ctl memory add`.

use clap::Args;
use mem0::entities::EntityKind;
use mem0::events::EventId;
use mem0::memories::{AddOutcome, AddedMemory, ChatContent, ChatMessages, ChatRole};
use mem0::{AddMemories, ChatMessage, CustomCategory};
use serde::Serialize;
use serde_json::Value;

use crate::commands::event;
use crate::commands::memory::scope::{EntityArgs, new_owner_help};
use crate::failure::{Failure, Outcome};
use crate::input;
use crate::output::Column;
use crate::output::spinner::OptionalWaitArgs;
use crate::session::Session;

/// Arguments of `memory add`.
#[derive(Args, Debug)]
#[command(mut_args(new_owner_help))]
#[command(after_help = "\
Examples:
  mem0ctl memory add 'I prefer dark mode' --user-id alice
  mem0ctl memory add @notes.md --user-id alice --metadata source=notes --wait
  mem0ctl memory add --messages @talk.json --user-id alice --run-id 2026-03-01
  echo 'Likes tea' | mem0ctl memory add - --user-id alice --no-infer")]
pub(crate) struct Add {
    /// Text to extract memories from, - for stdin, or @FILE (@@ escapes a leading @)
    #[arg(value_name = "TEXT|-|@FILE")]
    text: Option<String>,
    /// Role of the speaker: user, assistant or system
    #[arg(long, value_name = "ROLE", default_value = "user")]
    role: String,
    /// Conversation as JSON: [{"role": "user", "content": "…"}]
    #[arg(long, value_name = "JSON|@FILE", conflicts_with_all = ["text", "role"])]
    messages: Option<String>,
    /// JSON file with a conversation
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["text", "role", "messages"])]
    file: Option<String>,
    /// Metadata entry; the value is JSON or a string
    #[arg(long, short, value_name = "KEY=VALUE")]
    metadata: Vec<String>,
    /// Store the text as it is instead of extracting memories from it
    #[arg(long)]
    no_infer: bool,
    /// Make the memories immutable
    #[arg(long)]
    immutable: bool,
    /// Last day on which the memories are visible, such as 2030-01-31, or never
    #[arg(long, value_name = "DAY")]
    expires: Option<String>,
    /// Time of the conversation: Unix seconds, a date, or a timestamp
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    timestamp: Option<String>,
    /// Time zone of the speaker, such as Europe/Berlin
    #[arg(long, value_name = "NAME")]
    timezone: Option<String>,
    /// Category to use instead of the project's; can be repeated
    #[arg(long, value_name = "NAME=DESCRIPTION")]
    category: Vec<String>,
    /// Extraction instructions instead of the project's
    #[arg(long, value_name = "TEXT|@FILE")]
    instructions: Option<String>,
    /// Extraction instructions for agent messages
    #[arg(long, value_name = "TEXT|@FILE")]
    agent_instructions: Option<String>,
    /// Content to remember
    #[arg(long, value_name = "TEXT")]
    includes: Option<String>,
    /// Content to leave out
    #[arg(long, value_name = "TEXT")]
    excludes: Option<String>,
    /// Any other field of the request; the value is JSON or a string
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    waiting: OptionalWaitArgs,
    #[command(flatten)]
    scope: EntityArgs,
}

/// Result of an add.
#[derive(Serialize)]
struct AddView {
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<EventId>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Vec<AddedMemory>>,
}

/// Row of the table of added memories.
#[derive(Serialize)]
struct Row<'a> {
    id: Option<&'a str>,
    event: Option<&'a str>,
    memory: Option<&'a str>,
}

const COLUMNS: &[Column] = &[("ID", "/id"), ("EVENT", "/event"), ("MEMORY", "/memory")];

const PENDING: &[Column] = &[("Event", "/event_id"), ("Status", "/status")];

pub(crate) fn run(add: &Add, session: &Session) -> Outcome {
    let memories = memories(add)?;
    let client = session.project_client()?;
    let Some(added) = session.response(client.add(memories))? else { return Ok(()) };
    match added {
        AddOutcome::Done(memories) => show(session, None, memories),
        AddOutcome::Pending(event_id) if add.waiting.wait => {
            let event = event::wait(session, &event_id, add.waiting.policy())?;
            show(session, Some(event_id), event.memories())
        }
        // Without --wait, or a response unknown to this version.
        added => {
            let event_id = added.event_id().cloned();
            if let Some(event_id) = &event_id {
                session.output.message(&format!(
                    "Memories are being extracted. Run `mem0ctl event wait {event_id}` to wait for them."
                ));
            }
            session.output.record(&AddView { event_id, status: "PENDING", results: None }, PENDING)
        }
    }
}

fn memories(add: &Add) -> Outcome<AddMemories> {
    let scope = add.scope.required()?;
    let mut memories = AddMemories::new(messages(add)?);
    for (kind, id) in scope.parts() {
        memories = match kind {
            EntityKind::Agent => memories.agent_id(id),
            EntityKind::App => memories.app_id(id),
            EntityKind::Run => memories.run_id(id),
            _ => memories.user_id(id),
        };
    }
    if !add.metadata.is_empty() {
        memories = memories.metadata(input::object("--metadata", &add.metadata)?);
    }
    if add.no_infer {
        memories = memories.infer(false);
    }
    if add.immutable {
        memories = memories.immutable(true);
    }
    memories = match add.expires.as_deref() {
        None => memories,
        Some("never") => memories.never_expires(),
        Some(day) => memories.expiration_date(day),
    };
    if let Some(time) = &add.timestamp {
        memories = memories.timestamp(unix_seconds(time)?);
    }
    if let Some(name) = &add.timezone {
        memories = memories.timezone(name);
    }
    if !add.category.is_empty() {
        memories = memories.custom_categories(categories(&add.category)?);
    }
    if let Some(instructions) = &add.instructions {
        memories = memories.custom_instructions(input::text(instructions)?);
    }
    if let Some(instructions) = &add.agent_instructions {
        memories = memories.agent_custom_instructions(input::text(instructions)?);
    }
    if let Some(includes) = &add.includes {
        memories = memories.includes(includes);
    }
    if let Some(excludes) = &add.excludes {
        memories = memories.excludes(excludes);
    }
    for (field, value) in input::object("--set", &add.set)? {
        memories = memories.set(field, value);
    }
    Ok(memories)
}

fn messages(add: &Add) -> Outcome<ChatMessages> {
    let conversation = match (&add.messages, &add.file) {
        (Some(messages), _) => Some(input::json("--messages", messages)?),
        (None, Some(file)) => Some(input::json("--file", &format!("@{file}"))?),
        (None, None) => None,
    };
    match conversation {
        None => {
            let text = input::text_or_piped(add.text.as_deref(), "text to add")?;
            Ok(ChatMessage::new(add.role.as_str(), text).into())
        }
        Some(Value::Array(messages)) => Ok(messages.iter().map(message).collect::<Outcome<Vec<_>>>()?.into()),
        Some(value) => Ok(message(&value)?.into()),
    }
}

/// Parses a message.
fn message(value: &Value) -> Outcome<ChatMessage> {
    let (Some(role), Some(content)) = (value["role"].as_str(), value.get("content")) else {
        let example = "{\"role\": \"user\", \"content\": \"…\"}";
        return Err(Failure::usage(format!(
            "a message has no role or content; expected messages such as {example}"
        )));
    };
    let content = match content {
        Value::String(text) => ChatContent::Text(text.clone()),
        other => ChatContent::Other(other.clone()),
    };
    let role: ChatRole = role.parse().map_err(|_| {
        Failure::usage(format!("invalid message role {role:?}; expected user, assistant or system"))
    })?;
    let message = ChatMessage::new(role, content);
    Ok(match value["name"].as_str() {
        Some(name) => message.name(name),
        None => message,
    })
}

fn categories(values: &[String]) -> Outcome<Vec<CustomCategory>> {
    let category = |value: &String| match value.split_once('=') {
        Some((name, description)) => Ok(CustomCategory::new(name, description)),
        None => {
            Err(Failure::usage(format!("invalid value {value:?} for --category; expected NAME=DESCRIPTION")))
        }
    };
    values.iter().map(category).collect()
}

/// Parses Unix seconds, a date (in UTC) or a timestamp.
fn unix_seconds(time: &str) -> Outcome<i64> {
    if let Ok(seconds) = time.parse() {
        return Ok(seconds);
    }
    let timestamp = time.parse::<jiff::Timestamp>().or_else(|_| {
        let local = time.parse::<jiff::civil::DateTime>()?;
        jiff::tz::Offset::UTC.to_timestamp(local)
    });
    timestamp.map(jiff::Timestamp::as_second).map_err(|_| {
        Failure::usage(format!(
            "invalid value {time:?} for --timestamp; expected Unix seconds, 2026-01-31, or 2026-01-31T09:30:00Z"
        ))
    })
}

fn show(session: &Session, event_id: Option<EventId>, memories: Vec<AddedMemory>) -> Outcome {
    if session.output.is_machine_readable() {
        return session
            .output
            .record(&AddView { event_id, status: "SUCCEEDED", results: Some(memories) }, COLUMNS);
    }
    if memories.is_empty() {
        session.output.message("No memories were extracted from the text.");
        return Ok(());
    }
    let row = |memory: &AddedMemory| {
        let (id, event) = (memory.id.as_ref(), memory.event.as_ref());
        serde_json::to_value(Row {
            id: id.map(mem0::memories::MemoryId::as_str),
            event: event.map(mem0::memories::MemoryChange::as_str),
            memory: memory.text().ok(),
        })
        .unwrap_or_default()
    };
    session.output.list(&memories.iter().map(row).collect::<Vec<_>>(), COLUMNS, || "No memories.".to_owned())
}
