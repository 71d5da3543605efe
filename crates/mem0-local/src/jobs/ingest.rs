//! How an add becomes memories.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, Result};
use serde_json::{Map, Value, json};

use crate::jobs::add_request::{AddRequest, Content, Expiration, Message, MessageRole};
use crate::protocol::error_shape::ErrorShape;
use crate::protocol::form::Form;
use crate::search::categories::{self, Catalogue, Category};
use crate::store::after_commit::AfterCommit;
use crate::store::events::{self, Event};
use crate::store::keys::Place;
use crate::store::memories::Memory;
use crate::store::memory_writer::{AddOutcome, MemoryWriter};
use crate::store::projects;

/// What a memory is made of, beside what the add says of all of its memories.
pub(crate) struct MemoryDraft {
    /// Its text.
    pub(crate) memory: String,
    /// Whose words it comes from; `None` where it carries every identifier of the add.
    pub(crate) speaker: Option<MessageRole>,
    pub(crate) categories: Vec<String>,
    /// The messages it comes from.
    pub(crate) input: Value,
    /// When what it tells happened; microseconds since 1970.
    pub(crate) event_date: Option<i64>,
    /// The memories that are no longer true because of it.
    pub(crate) supersedes: Vec<String>,
}

/// What an event says whose add does not read.
pub(crate) const INVALID_ADD_REQUEST: &str = "What was to be added can't be read.";

/// What the settings of a project say of memories that are added to it now.
pub(crate) struct IngestSettings {
    pub(crate) project: Map<String, Value>,
    pub(crate) categories: Vec<Category>,
}

impl IngestSettings {
    /// The add's own categories, the project's, or the catalogue: the first there are (memory semantics 2.5).
    pub(crate) fn of(connection: &Connection, place: Place<'_>, own: Option<Vec<Category>>) -> Result<Self> {
        let found = projects::get(connection, place.org_id, place.project_id)?;
        let project = found.map(|project| project.settings).unwrap_or_default();
        let categories = own
            .or_else(|| categories::read(project.get("custom_categories")))
            .unwrap_or_else(categories::built_in);
        Ok(Self { project, categories })
    }
}

/// Each message of a user or an assistant as it is; a medium has no text to be kept.
pub(crate) fn verbatim(request: &AddRequest, settings: &IngestSettings) -> Vec<MemoryDraft> {
    let catalogue = Catalogue::of(&settings.categories);
    let draft = |message: &Message| match (&message.content, message.speaker) {
        (Content::Medium(_), _) | (_, MessageRole::System) => None,
        (Content::Text(text), speaker) => Some(MemoryDraft {
            memory: text.clone(),
            speaker: request.infer.then_some(speaker),
            categories: catalogue.file(text),
            input: json!([message.sent]),
            event_date: date_in(text),
            supersedes: Vec::new(),
        }),
    };
    request.messages.iter().filter_map(draft).collect()
}

/// Stores the drafts of an add, and says of each what became of it, in the shape of an add's `results`.
pub(crate) fn store(
    writer: &mut MemoryWriter<'_>,
    request: &AddRequest,
    settings: &IngestSettings,
    drafts: Vec<MemoryDraft>,
) -> Result<Vec<(Memory, &'static str)>> {
    let default = || {
        let date = settings.project.get("expiration_date").and_then(Value::as_str);
        date.map(str::to_owned)
    };
    let created_at = request.timestamp.unwrap_or(writer.now);
    let memory = |draft: MemoryDraft| {
        let (user_id, agent_id) = owners(request, draft.speaker);
        let memory = Memory {
            number: 0,
            memory_id: String::new(),
            user_id,
            agent_id,
            app_id: request.app_id.clone(),
            run_id: request.run_id.clone(),
            memory: draft.memory,
            metadata: request.metadata.clone(),
            categories: Some(draft.categories),
            input: Some(draft.input),
            expiration_date: request.expiration.as_ref().map_or_else(default, Expiration::date),
            immutable: request.immutable,
            event_date: draft.event_date,
            replaced_by: None,
            lifecycle_state: "active".to_owned(),
            created_at,
            updated_at: created_at,
        };
        (memory, draft.supersedes)
    };
    let added = writer.add_each(drafts.into_iter().map(memory))?;
    let event = |added| match added {
        AddOutcome::Added(memory) => (memory, "ADD"),
        AddOutcome::Duplicate(memory) => (memory, "NOOP"),
    };
    Ok(added.into_iter().map(event).collect())
}

/// The user and the agent of a memory. Where an add names both, what the one said is the one's, never both's
/// (memory semantics 2.2).
fn owners(request: &AddRequest, speaker: Option<MessageRole>) -> (Option<String>, Option<String>) {
    let (user_id, agent_id) = (request.user_id.clone(), request.agent_id.clone());
    match speaker {
        Some(MessageRole::Assistant) if user_id.is_some() && agent_id.is_some() => (None, agent_id),
        Some(_) if user_id.is_some() && agent_id.is_some() => (user_id, None),
        _ => (user_id, agent_id),
    }
}

/// What the answer to an add says of a memory.
pub(crate) fn result(memory: &Memory, event: &str) -> Value {
    json!({ "id": memory.memory_id, "data": { "memory": memory.memory }, "event": event })
}

/// What the event of an add says of its memories.
pub(crate) fn results(stored: &[(Memory, &'static str)]) -> Value {
    let one = |(memory, event): &(Memory, &'static str)| {
        json!({
            "id": memory.memory_id,
            "event": event,
            "memory": memory.memory,
            "data": { "memory": memory.memory },
            "user_id": memory.user_id,
            "agent_id": memory.agent_id,
            "app_id": memory.app_id,
            "run_id": memory.run_id,
        })
    };
    stored.iter().map(one).collect()
}

/// The add of an event that is still to be carried out; `None` if it is done, or gone with its project.
pub(crate) fn pending(
    connection: &Connection,
    event_id: &str,
) -> Result<Option<(Event, Option<AddRequest>)>> {
    let Some(event) = events::find(connection, event_id)?.filter(Event::is_under_way) else {
        return Ok(None);
    };
    let fields = event.payload.as_object().cloned().unwrap_or_default();
    let request = AddRequest::read(&mut Form::of(ErrorShape::InvalidInput, fields));
    Ok(Some((event, request)))
}

/// Makes the memories of an event's add without a model.
pub(crate) fn run(
    connection: &Connection,
    event_id: &str,
    now: i64,
    after_commit: &mut Vec<AfterCommit>,
) -> Result<()> {
    let Some((event, request)) = pending(connection, event_id)? else { return Ok(()) };
    let Some(request) = request else {
        return events::fail(connection, event_id, INVALID_ADD_REQUEST, now);
    };
    let settings = IngestSettings::of(connection, event.place(), request.custom_categories.clone())?;
    let drafts = verbatim(&request, &settings);
    finish(connection, &event, &request, &settings, drafts, now, after_commit)
}

/// Stores the drafts of an event's add and ends the event.
pub(crate) fn finish(
    connection: &Connection,
    event: &Event,
    request: &AddRequest,
    settings: &IngestSettings,
    drafts: Vec<MemoryDraft>,
    now: i64,
    after_commit: &mut Vec<AfterCommit>,
) -> Result<()> {
    let mut writer = MemoryWriter::new(connection, event.place(), now, after_commit)?;
    let stored = store(&mut writer, request, settings, drafts)?;
    events::succeed(connection, &event.event_id, &results(&stored), now)
}

/// The first day that stands in a text as `YYYY-MM-DD`, at its beginning in UTC.
pub(crate) fn date_in(text: &str) -> Option<i64> {
    let is_part = |c: char| c.is_ascii_digit() || c == '-';
    text.split(|c| !is_part(c)).filter(|word| word.len() == 10).find_map(|word| {
        let date = word.parse::<Date>().ok()?;
        Some(TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?.as_microsecond())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_a_text_is_when_it_happened() {
        assert_eq!(date_in("Flies on 1970-01-02, back 1970-01-05."), Some(86_400_000_000));
        for none in ["Flies on 1970-13-02", "1970-1-2", "call 555-123-45", "", "x1970-01-02-03"] {
            assert_eq!(date_in(none), None, "{none}");
        }
    }
}
