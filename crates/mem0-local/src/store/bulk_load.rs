//! Loading many memories at once.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::error::LocalError;
use crate::store::index;
use crate::store::keys::ProjectScope;
use crate::store::memories::Memory;
use crate::store::memory_inserter::MemoryInserter;
use crate::store::new_memory::NewMemory;

/// Minimum number of memories after which the index is merged.
const MERGE_THRESHOLD: usize = 10_000;

/// Adds memories to a project, with history and entities. It creates no event and records no access. Returns the
/// number of memories.
pub(crate) fn load(
    connection: &Connection,
    scope: ProjectScope<'_>,
    memories: impl IntoIterator<Item = NewMemory>,
    now: i64,
) -> Result<usize, LocalError> {
    let mut inserter = MemoryInserter::new(connection, scope, now)?;
    let mut count = 0;
    for memory in memories {
        check(&memory).map_err(|error| with_number(count, error))?;
        let memory = to_memory(memory, inserter.memory_id()?, now);
        inserter.add(&memory, None, memory.created_at)?;
        count += 1;
    }
    inserter.finish()?;
    if count >= MERGE_THRESHOLD {
        index::merge(connection)?;
    }
    Ok(count)
}

fn with_number(number: usize, error: LocalError) -> LocalError {
    match error {
        LocalError::Invalid { field, message } => {
            LocalError::invalid(field, format!("memory {number}: {message}"))
        }
        error => error,
    }
}

fn to_memory(memory: NewMemory, memory_id: String, now: i64) -> Memory {
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
        return Err(LocalError::invalid("memory", "text must not be empty"));
    }
    if owners.iter().all(|id| id.is_none()) {
        return Err(LocalError::invalid("user_id", "no owner; set a user, an agent, an app or a run"));
    }
    if owners.iter().any(|id| id.as_ref().is_some_and(String::is_empty)) {
        return Err(LocalError::invalid("user_id", "ID must not be empty"));
    }
    Ok(())
}
