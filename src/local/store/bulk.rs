//! Many memories at once.

use std::collections::HashSet;

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::local::error::LocalError;
use crate::local::new_memory::NewMemory;
use crate::local::store::ids;
use crate::local::store::index::{self, Filling, Indexed};
use crate::local::store::keys::Place;

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
    index::without_triggers(connection, || {
        let mut filling = Filling::begin(connection, place)?;
        let mut owners = HashSet::new();
        let mut count = 0;
        for memory in memories {
            load_one(connection, place, &memory, now, &mut filling, &mut owners)
                .map_err(|error| at(count, error))?;
            count += 1;
        }
        filling.end()?;
        if count >= WORTH_MERGING {
            index::merge(connection)?;
        }
        Ok(count)
    })
}

fn at(number: usize, error: LocalError) -> LocalError {
    match error {
        LocalError::Invalid { field, message } => {
            LocalError::invalid(field, format!("memory {number}: {message}"))
        }
        error => error,
    }
}

fn load_one(
    connection: &Connection,
    place: Place<'_>,
    memory: &NewMemory,
    now: i64,
    filling: &mut Filling<'_>,
    owners: &mut HashSet<(&'static str, String)>,
) -> Result<(), LocalError> {
    check(memory)?;
    let memory_id = ids::uuid(connection)?;
    let created_at = memory.created_at.map_or(now, jiff::Timestamp::as_microsecond);
    let metadata = memory.metadata.as_ref().map(|metadata| Value::Object(metadata.clone()).to_string());
    let categories = memory.categories.as_ref().map(|categories| json!(categories).to_string());
    let input = json!([{"role": "user", "content": memory.memory}]).to_string();
    connection
        .prepare_cached(
            "INSERT INTO memories (memory_id, org_id, project_id, user_id, agent_id, app_id, run_id, memory, metadata, \
             categories, input, expiration_date, event_date, created_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)",
        )?
        .execute(params![
            memory_id,
            place.org_id,
            place.project_id,
            memory.user_id,
            memory.agent_id,
            memory.app_id,
            memory.run_id,
            memory.memory,
            metadata,
            categories,
            input,
            memory.expiration_date.map(|day| day.to_string()),
            memory.event_date.map(jiff::Timestamp::as_microsecond),
            created_at,
        ])?;
    let number = connection.last_insert_rowid();
    let indexed = Indexed {
        memory: &memory.memory,
        user_id: memory.user_id.as_deref(),
        agent_id: memory.agent_id.as_deref(),
        app_id: memory.app_id.as_deref(),
        run_id: memory.run_id.as_deref(),
    };
    filling.add(number, indexed)?;
    connection
        .prepare_cached(
            "INSERT INTO memory_history (history_id, org_id, project_id, memory_id, event, input, new_memory, user_id, \
             agent_id, app_id, run_id, categories, metadata, created_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, 'ADD', ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)",
        )?
        .execute(params![
            ids::uuid(connection)?,
            place.org_id,
            place.project_id,
            memory_id,
            input,
            memory.memory,
            memory.user_id,
            memory.agent_id,
            memory.app_id,
            memory.run_id,
            categories,
            metadata,
            created_at,
        ])?;
    for (kind, id) in [
        ("user", &memory.user_id),
        ("agent", &memory.agent_id),
        ("app", &memory.app_id),
        ("run", &memory.run_id),
    ] {
        if let Some(id) = id
            && owners.insert((kind, id.clone()))
        {
            connection
                .prepare_cached(
                    "INSERT INTO entities (org_id, project_id, entity_type, entity_id, name, created_at, updated_at) \
                     VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?5) ON CONFLICT DO NOTHING",
                )?
                .execute((place.org_id, place.project_id, kind, id, now))?;
        }
    }
    Ok(())
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
