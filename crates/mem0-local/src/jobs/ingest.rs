//! How an add becomes memories.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, Result};
use serde_json::{Map, Value, json};

use crate::jobs::addition::{Addition, Content, Expiration, Message, Speaker};
use crate::protocol::body_reader::BodyReader;
use crate::protocol::error_shape::ErrorShape;
use crate::search::categories::{self, Catalogue, Category};
use crate::store::events::{self, Event};
use crate::store::follow_up::Task;
use crate::store::keys::ProjectScope;
use crate::store::memories::Memory;
use crate::store::projects;
use crate::store::writer::{Added, Writer};

/// What a memory is made of, beside what the add says of all of its memories.
pub(crate) struct Draft {
    /// Its text.
    pub(crate) memory: String,
    /// Whose words it comes from; `None` where it carries every identifier of the add.
    pub(crate) speaker: Option<Speaker>,
    pub(crate) categories: Vec<String>,
    /// The messages it comes from.
    pub(crate) input: Value,
    /// When what it tells happened; microseconds since 1970.
    pub(crate) event_date: Option<i64>,
    /// The memories that are no longer true because of it.
    pub(crate) supersedes: Vec<String>,
}

/// What an event says whose add does not read.
pub(crate) const UNREADABLE: &str = "What was to be added can't be read.";

/// What the settings of a project say of memories that are added to it now.
pub(crate) struct Manner {
    pub(crate) settings: Map<String, Value>,
    pub(crate) categories: Vec<Category>,
}

impl Manner {
    /// The add's own categories, the project's, or the catalogue: the first there are (memory semantics 2.5).
    pub(crate) fn of(
        connection: &Connection,
        scope: ProjectScope<'_>,
        own: Option<Vec<Category>>,
    ) -> Result<Self> {
        let project = projects::get(connection, scope.org_id, scope.project_id)?;
        let settings = project.map(|project| project.settings).unwrap_or_default();
        let categories = own
            .or_else(|| categories::read(settings.get("custom_categories")))
            .unwrap_or_else(categories::built_in);
        Ok(Self { settings, categories })
    }
}

/// Each message of a user or an assistant as it is; a medium has no text to be kept.
pub(crate) fn verbatim(addition: &Addition, manner: &Manner) -> Vec<Draft> {
    let catalogue = Catalogue::of(&manner.categories);
    let draft = |message: &Message| match (&message.content, message.speaker) {
        (Content::Medium(_), _) | (_, Speaker::System) => None,
        (Content::Text(text), speaker) => Some(Draft {
            memory: text.clone(),
            speaker: addition.infer.then_some(speaker),
            categories: catalogue.file(text),
            input: json!([message.sent]),
            event_date: date_in(text),
            supersedes: Vec::new(),
        }),
    };
    addition.messages.iter().filter_map(draft).collect()
}

/// Stores the drafts of an add, and says of each what became of it, in the shape of an add's `results`.
pub(crate) fn store(
    writer: &mut Writer<'_>,
    addition: &Addition,
    manner: &Manner,
    drafts: Vec<Draft>,
) -> Result<Vec<(Memory, &'static str)>> {
    let default = || {
        let date = manner.settings.get("expiration_date").and_then(Value::as_str);
        date.map(str::to_owned)
    };
    let created_at = addition.timestamp.unwrap_or(writer.now);
    let memory = |draft: Draft| {
        let (user_id, agent_id) = attributed(addition, draft.speaker);
        let memory = Memory {
            number: 0,
            memory_id: String::new(),
            user_id,
            agent_id,
            app_id: addition.app_id.clone(),
            run_id: addition.run_id.clone(),
            memory: draft.memory,
            metadata: addition.metadata.clone(),
            categories: Some(draft.categories),
            input: Some(draft.input),
            expiration_date: addition.expiration.as_ref().map_or_else(default, Expiration::date),
            immutable: addition.immutable,
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
        Added::New(memory) => (memory, "ADD"),
        Added::Known(memory) => (memory, "NOOP"),
    };
    Ok(added.into_iter().map(event).collect())
}

/// The user and the agent of a memory. Where an add names both, what the one said is the one's, never both's
/// (memory semantics 2.2).
fn attributed(addition: &Addition, speaker: Option<Speaker>) -> (Option<String>, Option<String>) {
    let (user_id, agent_id) = (addition.user_id.clone(), addition.agent_id.clone());
    match speaker {
        Some(Speaker::Assistant) if user_id.is_some() && agent_id.is_some() => (None, agent_id),
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
pub(crate) fn waiting(connection: &Connection, event_id: &str) -> Result<Option<(Event, Option<Addition>)>> {
    let Some(event) = events::find(connection, event_id)?.filter(Event::is_under_way) else {
        return Ok(None);
    };
    let fields = event.payload.as_object().cloned().unwrap_or_default();
    let addition = Addition::read(&mut BodyReader::from_fields(ErrorShape::InvalidInput, fields));
    Ok(Some((event, addition)))
}

/// Makes the memories of an event's add without a model.
pub(crate) fn settle(connection: &Connection, event_id: &str, now: i64, tasks: &mut Vec<Task>) -> Result<()> {
    let Some((event, addition)) = waiting(connection, event_id)? else { return Ok(()) };
    let Some(addition) = addition else {
        return events::fail(connection, event_id, UNREADABLE, now);
    };
    let manner = Manner::of(connection, event.project_scope(), addition.custom_categories.clone())?;
    let drafts = verbatim(&addition, &manner);
    finish(connection, &event, &addition, &manner, drafts, now, tasks)
}

/// Stores the drafts of an event's add and ends the event.
pub(crate) fn finish(
    connection: &Connection,
    event: &Event,
    addition: &Addition,
    manner: &Manner,
    drafts: Vec<Draft>,
    now: i64,
    tasks: &mut Vec<Task>,
) -> Result<()> {
    let mut writer = Writer::new(connection, event.project_scope(), now, tasks)?;
    let stored = store(&mut writer, addition, manner, drafts)?;
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
