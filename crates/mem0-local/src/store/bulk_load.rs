//! Many memories at once.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::error::LocalError;
use crate::store::index;
use crate::store::keys::Place;
use crate::store::memories::Memory;
use crate::store::memory_inserter::MemoryInserter;
use crate::store::new_memory::NewMemory;

/// From how many memories on it is worth putting the index in order afterwards.
const WORTH_MERGING: usize = 10_000;

/// Puts memories into a project, with a history and entities as if each had been added. Nobody waits for an event of
/// it, and it counts as no touch. Returns how many there were.
pub(crate) fn load(
    connection: &Connection,
    place: Place<'_>,
    memories: impl IntoIterator<Item = NewMemory>,
    now: i64,
) -> Result<usize, LocalError> {
    let mut additions = MemoryInserter::begin(connection, place, now)?;
    let mut count = 0;
    for memory in memories {
        check(&memory).map_err(|error| at(count, error))?;
        let memory = made(memory, additions.memory_id()?, now);
        additions.add(&memory, None, memory.created_at)?;
        count += 1;
    }
    additions.end()?;
    if count >= WORTH_MERGING {
        index::merge(connection)?;
    }
    Ok(count)
}

fn at(number: usize, error: LocalError) -> LocalError {
    match error {
        LocalError::Invalid { field, message } => {
            LocalError::invalid(field, format!("memory {number}: {message}"))
        }
        error => error,
    }
}

fn made(memory: NewMemory, memory_id: String, now: i64) -> Memory {
    let created_at = memory.created_at.map_or(now, jiff::Timestamp::as_microsecond);
    Memory {
        number: 0,
        memory_id,
        user_id: memory.user_id,
        agent_id: memory.agent_id,
        app_id: memory.app_id,
        run_id: memory.run_id,
        input: Some(json!([{ "role": "user", "content": memory.memory }])),
        memory: memory.memory,
        metadata: memory.metadata.map(Value::Object),
        categories: memory.categories,
        expiration_date: memory.expiration_date.map(|day| day.to_string()),
        immutable: false,
        event_date: memory.event_date.map(jiff::Timestamp::as_microsecond),
        replaced_by: None,
        lifecycle_state: "active".to_owned(),
        created_at,
        updated_at: created_at,
    }
}

fn check(memory: &NewMemory) -> Result<(), LocalError> {
    let owners = [&memory.user_id, &memory.agent_id, &memory.app_id, &memory.run_id];
    if memory.memory.trim().is_empty() {
        return Err(LocalError::invalid("memory", "has no text"));
    }
    if owners.iter().all(|id| id.is_none()) {
        return Err(LocalError::invalid(
            "user_id",
            "belongs to nobody; give it a user, an agent, an app or a run",
        ));
    }
    if owners.iter().any(|id| id.as_ref().is_some_and(String::is_empty)) {
        return Err(LocalError::invalid("user_id", "an identifier of it is empty"));
    }
    Ok(())
}
