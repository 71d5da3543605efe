//! Changes of memories, with their history.

use std::hash::Hasher;

use fnv::FnvHasher;
use rusqlite::{Connection, OptionalExtension, Result};
use serde::Serialize;
use serde_json::json;

use crate::store::ids;
use crate::store::keys::ProjectScope;
use crate::store::memories::{COLUMNS, Memory, read};

/// Finds the active memory with the same text, user, agent, app and run that is not expired on `today`.
pub(crate) fn find_same(
    connection: &Connection,
    scope: ProjectScope<'_>,
    memory: &Memory,
    hash: i64,
    today: &str,
) -> Result<Option<Memory>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM memories WHERE project_id = ?1 AND hash = ?2 AND org_id = ?3 AND memory = ?4 \
             AND user_id IS ?5 AND agent_id IS ?6 AND app_id IS ?7 AND run_id IS ?8 \
             AND lifecycle_state = 'active' AND (expiration_date IS NULL OR expiration_date >= ?9) \
             ORDER BY number LIMIT 1"
        ))?
        .query_row(
            (
                scope.project_id,
                hash,
                scope.org_id,
                &memory.memory,
                &memory.user_id,
                &memory.agent_id,
                &memory.app_id,
                &memory.run_id,
                today,
            ),
            read,
        )
        .optional()
}

/// Writes a changed memory. `old` is its previous text.
pub(crate) fn update(
    connection: &Connection,
    scope: ProjectScope<'_>,
    memory: &Memory,
    old: &str,
    now: i64,
) -> Result<()> {
    let columns = Columns::of(memory);
    connection
        .prepare_cached(
            "UPDATE memories SET memory = ?2, metadata = ?3, categories = ?4, expiration_date = ?5, \
             event_date = ?6, created_at = ?7, updated_at = ?8, hash = ?9 WHERE number = ?1",
        )?
        .execute(rusqlite::params![
            memory.number,
            memory.memory,
            columns.metadata,
            columns.categories,
            memory.expiration_date,
            memory.event_date,
            memory.created_at,
            memory.updated_at,
            hash(memory),
        ])?;
    let input =
        (memory.memory != old).then(|| json!([{ "role": "user", "content": memory.memory }]).to_string());
    let history_id = &ids::uuid(connection)?;
    let entry = HistoryEntry {
        history_id,
        event: "UPDATE",
        input: input.as_deref(),
        old: Some(old),
        new: Some(&memory.memory),
    };
    add_history(connection, scope, memory, &columns, &entry, now)
}

/// Deletes a memory. Memories that it superseded become active again.
pub(crate) fn delete(
    connection: &Connection,
    scope: ProjectScope<'_>,
    memory: &Memory,
    now: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE memories SET replaced_by = NULL, lifecycle_state = 'active' \
             WHERE project_id = ?1 AND replaced_by = ?2 AND org_id = ?3",
        )?
        .execute((scope.project_id, &memory.memory_id, scope.org_id))?;
    connection.prepare_cached("DELETE FROM memories WHERE number = ?1")?.execute([memory.number])?;
    let history_id = &ids::uuid(connection)?;
    let entry =
        HistoryEntry { history_id, event: "DELETE", input: None, old: Some(&memory.memory), new: None };
    add_history(connection, scope, memory, &Columns::of(memory), &entry, now)
}

/// Marks a memory as superseded by another.
pub(crate) fn supersede(
    connection: &Connection,
    scope: ProjectScope<'_>,
    memory_id: &str,
    replaced_by: &str,
) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE memories SET replaced_by = ?4, lifecycle_state = 'superseded' \
             WHERE memory_id = ?1 AND org_id = ?2 AND project_id = ?3",
        )?
        .execute((memory_id, scope.org_id, scope.project_id, replaced_by))?;
    Ok(())
}

/// Memories that this one supersedes.
pub(crate) fn superseded_by(
    connection: &Connection,
    scope: ProjectScope<'_>,
    memory_id: &str,
) -> Result<Vec<Memory>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM memories WHERE project_id = ?1 AND replaced_by = ?2 AND org_id = ?3 \
             ORDER BY number"
        ))?
        .query_map((scope.project_id, memory_id, scope.org_id), read)?
        .collect()
}

/// JSON columns of a memory.
pub(crate) struct Columns {
    pub(crate) metadata: Option<String>,
    pub(crate) categories: Option<String>,
    pub(crate) input: Option<String>,
}

impl Columns {
    pub(crate) fn of(memory: &Memory) -> Self {
        Self {
            metadata: to_json(memory.metadata.as_ref()),
            categories: to_json(memory.categories.as_ref()),
            input: to_json(memory.input.as_ref()),
        }
    }
}

/// History entry, without the fields of the memory.
pub(crate) struct HistoryEntry<'a> {
    pub(crate) history_id: &'a str,
    pub(crate) event: &'static str,
    /// JSON.
    pub(crate) input: Option<&'a str>,
    pub(crate) old: Option<&'a str>,
    pub(crate) new: Option<&'a str>,
}

/// Adds a history entry of a memory. `at` is in microseconds since 1970.
pub(crate) fn add_history(
    connection: &Connection,
    scope: ProjectScope<'_>,
    memory: &Memory,
    columns: &Columns,
    entry: &HistoryEntry<'_>,
    at: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO memory_history (history_id, org_id, project_id, memory_id, event, input, old_memory, \
             new_memory, user_id, agent_id, app_id, run_id, categories, metadata, created_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15)",
        )?
        .execute(rusqlite::params![
            entry.history_id,
            scope.org_id,
            scope.project_id,
            memory.memory_id,
            entry.event,
            entry.input,
            entry.old,
            entry.new,
            memory.user_id,
            memory.agent_id,
            memory.app_id,
            memory.run_id,
            columns.categories,
            columns.metadata,
            at,
        ])?;
    Ok(())
}

/// Serializes a JSON column.
fn to_json(value: Option<&impl Serialize>) -> Option<String> {
    value.and_then(|value| serde_json::to_string(value).ok())
}

/// FNV-1a hash of the text and its owners. It is stored in the data file, so it must not change.
pub(crate) fn hash(memory: &Memory) -> i64 {
    let mut hasher = FnvHasher::default();
    for id in [&memory.user_id, &memory.agent_id, &memory.app_id, &memory.run_id] {
        hasher.write(id.as_deref().unwrap_or_default().as_bytes());
        // These bytes do not occur in UTF-8 and separate the fields.
        hasher.write_u8(if id.is_some() { 0xff } else { 0xfe });
    }
    hasher.write(memory.memory.as_bytes());
    hasher.finish().cast_signed()
}
