//! Creation of memories for add requests.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, Result};
use serde_json::{Map, Value, json};

use crate::jobs::add_request::{AddRequest, Content, Expiration, Message, MessageRole};
use crate::protocol::body_reader::BodyReader;
use crate::protocol::error_shape::ErrorShape;
use crate::search::categories::{self, Catalogue, Category};
use crate::store::after_commit::AfterCommit;
use crate::store::events::{self, Event};
use crate::store::keys::ProjectScope;
use crate::store::memories::Memory;
use crate::store::memory_writer::{AddOutcome, MemoryWriter};
use crate::store::projects;

/// A memory before it is stored, without the fields that all memories of a request share.
pub(crate) struct MemoryDraft {
    /// Text of the memory.
    pub(crate) memory: String,
    /// Role of the message it comes from; `None` if it gets every identifier of the request.
    pub(crate) role: Option<MessageRole>,
    pub(crate) categories: Vec<String>,
    /// Messages it comes from.
    pub(crate) input: Value,
    /// Date of the described event; microseconds since 1970.
    pub(crate) event_date: Option<i64>,
    /// IDs of the memories that it supersedes.
    pub(crate) supersedes: Vec<String>,
}

/// Error of an event with an invalid add request.
pub(crate) const INVALID_ADD_REQUEST: &str = "The add request of this event is invalid.";

/// Settings that apply to new memories.
pub(crate) struct IngestSettings {
    pub(crate) project: Map<String, Value>,
    pub(crate) categories: Vec<Category>,
}

impl IngestSettings {
    /// Categories of the request, else of the project, else the built-in ones: see `docs/platform-api.md#categories`.
    pub(crate) fn of(
        connection: &Connection,
        scope: ProjectScope<'_>,
        own: Option<Vec<Category>>,
    ) -> Result<Self> {
        let found = projects::get(connection, scope.org_id, scope.project_id)?;
        let project = found.map(|project| project.settings).unwrap_or_default();
        let categories = own
            .or_else(|| categories::read(project.get("custom_categories")))
            .unwrap_or_else(categories::built_in);
        Ok(Self { project, categories })
    }
}

/// Creates a memory from the text of each message of a user or an assistant. Images and documents are skipped.
pub(crate) fn drafts_without_model(request: &AddRequest, settings: &IngestSettings) -> Vec<MemoryDraft> {
    let catalogue = Catalogue::of(&settings.categories);
    let draft = |message: &Message| match (&message.content, message.role) {
        (Content::Media(_), _) | (_, MessageRole::System) => None,
        (Content::Text(text), role) => Some(MemoryDraft {
            memory: text.clone(),
            role: request.infer.then_some(role),
            categories: catalogue.assign(text),
            input: json!([message.sent]),
            event_date: date_in(text),
            supersedes: Vec::new(),
        }),
    };
    request.messages.iter().filter_map(draft).collect()
}

/// Stores memories, and returns each with the event of its entry in `results`.
pub(crate) fn store_drafts(
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
        let (user_id, agent_id) = owners(request, draft.role);
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

/// User and agent of a memory. If the request names both, memories of user messages belong to the user, and memories
/// of assistant messages to the agent: see `docs/platform-api.md#extraction`.
fn owners(request: &AddRequest, role: Option<MessageRole>) -> (Option<String>, Option<String>) {
    let (user_id, agent_id) = (request.user_id.clone(), request.agent_id.clone());
    match role {
        Some(MessageRole::Assistant) if user_id.is_some() && agent_id.is_some() => (None, agent_id),
        Some(_) if user_id.is_some() && agent_id.is_some() => (user_id, None),
        _ => (user_id, agent_id),
    }
}

/// Entry of `results` in the response to an add.
pub(crate) fn result(memory: &Memory, event: &str) -> Value {
    json!({ "id": memory.memory_id, "data": { "memory": memory.memory }, "event": event })
}

/// Field `results` of an add event.
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

/// Pending add request of an event; `None` if it is complete or was deleted.
pub(crate) fn pending(
    connection: &Connection,
    event_id: &str,
) -> Result<Option<(Event, Option<AddRequest>)>> {
    let Some(event) = events::find(connection, event_id)?.filter(Event::is_pending) else {
        return Ok(None);
    };
    let fields = event.payload.as_object().cloned().unwrap_or_default();
    let request = AddRequest::read(&mut BodyReader::from_fields(ErrorShape::InvalidInput, fields));
    Ok(Some((event, request)))
}

/// Runs the add request of an event without a model.
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
    let settings = IngestSettings::of(connection, event.project_scope(), request.custom_categories.clone())?;
    let drafts = drafts_without_model(&request, &settings);
    finish(connection, &event, &request, &settings, drafts, now, after_commit)
}

/// Stores the memories of an event and completes the event.
pub(crate) fn finish(
    connection: &Connection,
    event: &Event,
    request: &AddRequest,
    settings: &IngestSettings,
    drafts: Vec<MemoryDraft>,
    now: i64,
    after_commit: &mut Vec<AfterCommit>,
) -> Result<()> {
    let mut writer = MemoryWriter::new(connection, event.project_scope(), now, after_commit)?;
    let stored = store_drafts(&mut writer, request, settings, drafts)?;
    events::succeed(connection, &event.event_id, &results(&stored), now)
}

/// First date in a text, `YYYY-MM-DD`, as the start of the day in UTC.
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
    fn reads_the_first_date_in_a_text() {
        assert_eq!(date_in("Flies on 1970-01-02, back 1970-01-05."), Some(86_400_000_000));
        for none in ["Flies on 1970-13-02", "1970-1-2", "call 555-123-45", "", "x1970-01-02-03"] {
            assert_eq!(date_in(none), None, "{none}");
        }
    }
}
