//! `mem0ctl memory add`.

use clap::Args;
use mem0::entities::EntityKind;
use mem0::events::EventId;
use mem0::memories::{AddOutcome, AddedMemory, ChatContent, ChatMessages, ChatRole};
use mem0::{AddMemories, ChatMessage, CustomCategory};
use serde::Serialize;
use serde_json::Value;

use crate::commands::event;
use crate::commands::memory::scope::Scope;
use crate::failure::{Failure, Outcome};
use crate::input::argument;
use crate::output::Column;
use crate::output::waiting::Waiting;
use crate::session::Session;

/// What is said, and whose memories it makes.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory add 'I prefer dark mode' --user-id alice
  mem0ctl memory add @notes.md --user-id alice --metadata source=notes --wait
  mem0ctl memory add --messages @talk.json --user-id alice --run-id 2026-03-01
  echo 'Likes green tea' | mem0ctl memory add - --user-id alice --no-infer --expires 2030-01-31")]
pub(crate) struct Add {
    /// What was said: a text, - for what is on stdin, or @FILE (Added for a text that begins with @)
    #[arg(value_name = "TEXT|-|@FILE")]
    text: Option<String>,
    /// Who said it: user, assistant or system
    #[arg(long, value_name = "ROLE", default_value = "user")]
    role: String,
    /// A conversation: JSON such as [{"role": "user", "content": "…"}]
    #[arg(long, value_name = "JSON|@FILE", conflicts_with_all = ["text", "role"])]
    messages: Option<String>,
    /// A file with a conversation
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["text", "role", "messages"])]
    file: Option<String>,
    /// Note something on the memories; the value is JSON, or else a text
    #[arg(long, short, value_name = "KEY=VALUE")]
    metadata: Vec<String>,
    /// Keep the text as it is, rather than what the platform finds in it
    #[arg(long)]
    no_infer: bool,
    /// Refuse later changes
    #[arg(long)]
    immutable: bool,
    /// The last day the memories are shown, such as 2030-01-31, or never
    #[arg(long, value_name = "DAY")]
    expires: Option<String>,
    /// When it was said: seconds since 1970, a day, or a moment
    #[arg(long, value_name = "MOMENT", allow_negative_numbers = true)]
    timestamp: Option<String>,
    /// The time zone of whoever said it, such as Europe/Berlin
    #[arg(long, value_name = "NAME")]
    timezone: Option<String>,
    /// A category to choose from, in place of the project's
    #[arg(long, value_name = "NAME=DESCRIPTION")]
    category: Vec<String>,
    /// What to heed when memories are found, in place of the project's instructions
    #[arg(long, value_name = "TEXT|@FILE")]
    instructions: Option<String>,
    /// The same for an agent's memories
    #[arg(long, value_name = "TEXT|@FILE")]
    agent_instructions: Option<String>,
    /// What to remember
    #[arg(long, value_name = "TEXT")]
    includes: Option<String>,
    /// What to leave out
    #[arg(long, value_name = "TEXT")]
    excludes: Option<String>,
    /// Any other field of the request; the value is JSON, or else a text
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    scope: Scope,
}

/// What became of it, as the platform writes it.
#[derive(Serialize)]
struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<EventId>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Vec<AddedMemory>>,
}

/// A memory in the table of what was added.
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
    let client = session.own()?;
    let Some(added) = session.answer(client.add(memories))? else { return Ok(()) };
    match added {
        AddOutcome::Done(memories) => show(session, None, memories),
        AddOutcome::Pending(event_id) if add.waiting.wait => {
            let event = event::wait(session, &event_id, add.waiting.policy())?;
            show(session, Some(event_id), event.memories())
        }
        // What is neither is unknown to this version, and nothing to wait for.
        added => {
            let event_id = added.event_id().cloned();
            if let Some(event_id) = &event_id {
                session.output.message(&format!(
                    "The memories are being made: `mem0ctl event wait {event_id}` waits for them."
                ));
            }
            session.output.record(&Shown { event_id, status: "PENDING", results: None }, PENDING)
        }
    }
}

fn memories(add: &Add) -> Outcome<AddMemories> {
    let whose = add.scope.required()?;
    let mut memories = AddMemories::new(messages(add)?);
    for (kind, id) in whose.parts() {
        memories = match kind {
            EntityKind::Agent => memories.agent_id(id),
            EntityKind::App => memories.app_id(id),
            EntityKind::Run => memories.run_id(id),
            _ => memories.user_id(id),
        };
    }
    if !add.metadata.is_empty() {
        memories = memories.metadata(argument::object("--metadata", &add.metadata)?);
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
    if let Some(moment) = &add.timestamp {
        memories = memories.timestamp(seconds_since_1970(moment)?);
    }
    if let Some(name) = &add.timezone {
        memories = memories.timezone(name);
    }
    if !add.category.is_empty() {
        memories = memories.custom_categories(categories(&add.category)?);
    }
    if let Some(instructions) = &add.instructions {
        memories = memories.custom_instructions(argument::text(instructions)?);
    }
    if let Some(instructions) = &add.agent_instructions {
        memories = memories.agent_custom_instructions(argument::text(instructions)?);
    }
    if let Some(includes) = &add.includes {
        memories = memories.includes(includes);
    }
    if let Some(excludes) = &add.excludes {
        memories = memories.excludes(excludes);
    }
    for (field, value) in argument::object("--set", &add.set)? {
        memories = memories.set(field, value);
    }
    Ok(memories)
}

fn messages(add: &Add) -> Outcome<ChatMessages> {
    let conversation = match (&add.messages, &add.file) {
        (Some(messages), _) => Some(argument::json("--messages", messages)?),
        (None, Some(file)) => Some(argument::json("--file", &format!("@{file}"))?),
        (None, None) => None,
    };
    match conversation {
        None => {
            let text = argument::text_or_piped(add.text.as_deref(), "text to add")?;
            Ok(ChatMessage::new(add.role.as_str(), text).into())
        }
        Some(Value::Array(messages)) => Ok(messages.iter().map(message).collect::<Outcome<Vec<_>>>()?.into()),
        Some(one) => Ok(message(&one)?.into()),
    }
}

/// A message as the platform writes it.
fn message(value: &Value) -> Outcome<ChatMessage> {
    let (Some(role), Some(content)) = (value["role"].as_str(), value.get("content")) else {
        let example = "{\"role\": \"user\", \"content\": \"…\"}";
        return Err(Failure::usage(format!("A message has no role or no content: each is like {example}.")));
    };
    let content = match content {
        Value::String(text) => ChatContent::Text(text.clone()),
        other => ChatContent::Other(other.clone()),
    };
    let role: ChatRole = role.parse().map_err(|_| {
        Failure::usage(format!("A message has the role {role:?}: expected user, assistant or system."))
    })?;
    let message = ChatMessage::new(role, content);
    Ok(match value["name"].as_str() {
        Some(name) => message.name(name),
        None => message,
    })
}

fn categories(arguments: &[String]) -> Outcome<Vec<CustomCategory>> {
    let category = |argument: &String| match argument.split_once('=') {
        Some((name, description)) => Ok(CustomCategory::new(name, description)),
        None => Err(Failure::usage(format!(
            "--category {argument:?} is no NAME=DESCRIPTION: an add wants to know what a category is about."
        ))),
    };
    arguments.iter().map(category).collect()
}

/// Seconds are taken as they are; a day begins in UTC.
fn seconds_since_1970(moment: &str) -> Outcome<i64> {
    if let Ok(seconds) = moment.parse() {
        return Ok(seconds);
    }
    let timestamp = moment.parse::<jiff::Timestamp>().or_else(|_| {
        let local = moment.parse::<jiff::civil::DateTime>()?;
        jiff::tz::Offset::UTC.to_timestamp(local)
    });
    timestamp.map(jiff::Timestamp::as_second).map_err(|_| {
        Failure::usage(format!(
            "--timestamp {moment:?} is no moment: give seconds since 1970, 2026-01-31, or 2026-01-31T09:30:00Z."
        ))
    })
}

fn show(session: &Session, event_id: Option<EventId>, memories: Vec<AddedMemory>) -> Outcome {
    if session.output.is_for_programs() {
        return session
            .output
            .record(&Shown { event_id, status: "SUCCEEDED", results: Some(memories) }, COLUMNS);
    }
    if memories.is_empty() {
        session.output.message("Nothing was found in it to remember.");
        return Ok(());
    }
    let row = |memory: &AddedMemory| {
        let (id, event) = (memory.id.as_ref(), memory.event.as_ref());
        serde_json::to_value(Row {
            id: id.map(mem0::memories::MemoryId::as_str),
            event: event.map(mem0::memories::MemoryChange::as_str),
            memory: memory.text(),
        })
        .unwrap_or_default()
    };
    session.output.list(&memories.iter().map(row).collect::<Vec<_>>(), COLUMNS)
}
