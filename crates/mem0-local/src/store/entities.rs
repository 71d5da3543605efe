//! Entities: users, agents, apps and runs.

use rusqlite::{Connection, OptionalExtension, Result, Row};
use serde_json::Value;

use crate::store::json_columns::json;
use crate::store::keys::ProjectScope;
use crate::store::profiles;

/// Entity types, in the order in which they are counted.
pub(crate) const TYPES: [&str; 4] = ["user", "agent", "app", "run"];

pub(crate) struct Entity {
    pub(crate) number: i64,
    /// One of the [`TYPES`].
    pub(crate) kind: String,
    /// ID in its memories and in lists.
    pub(crate) id: String,
    /// Name at its creation.
    pub(crate) name: Option<String>,
    pub(crate) metadata: Option<Value>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

const COLUMNS: &str = "number, entity_type, entity_id, name, metadata, created_at, updated_at";

fn read(row: &Row<'_>) -> Result<Entity> {
    Ok(Entity {
        number: row.get(0)?,
        kind: row.get(1)?,
        id: row.get(2)?,
        name: row.get(3)?,
        metadata: json(row, 4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

/// Column of `memories` with the IDs of a type; `None` for an unknown type.
pub(crate) fn column(entity_type: &str) -> Option<&'static str> {
    match entity_type {
        "user" => Some("user_id"),
        "agent" => Some("agent_id"),
        "app" => Some("app_id"),
        "run" => Some("run_id"),
        _ => None,
    }
}

/// Creates an entity if it is missing, and updates its time of change.
pub(crate) fn ensure(
    connection: &Connection,
    scope: ProjectScope<'_>,
    entity_type: &str,
    entity_id: &str,
    now: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO entities (org_id, project_id, entity_type, entity_id, created_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (org_id, project_id, entity_type, entity_id) \
             DO UPDATE SET updated_at = max(updated_at, ?5)",
        )?
        .execute((scope.org_id, scope.project_id, entity_type, entity_id, now))?;
    Ok(())
}

/// Sets name and metadata of an entity, and creates it if it is missing.
pub(crate) fn set_details(
    connection: &Connection,
    scope: ProjectScope<'_>,
    (entity_type, entity_id): (&str, &str),
    (name, metadata): (Option<&str>, Option<&Value>),
    now: i64,
) -> Result<Entity> {
    ensure(connection, scope, entity_type, entity_id, now)?;
    connection
        .prepare_cached(&format!(
            "UPDATE entities SET name = ?5, metadata = ?6 \
             WHERE org_id = ?1 AND project_id = ?2 AND entity_type = ?3 AND entity_id = ?4 RETURNING {COLUMNS}"
        ))?
        .query_row(
            (scope.org_id, scope.project_id, entity_type, entity_id, name, metadata.map(Value::to_string)),
            read,
        )
}

/// Page of the entities of all types, newest first.
pub(crate) fn list(
    connection: &Connection,
    scope: ProjectScope<'_>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Entity>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM entities WHERE org_id = ?1 AND project_id = ?2 \
             ORDER BY created_at DESC, number DESC LIMIT ?3 OFFSET ?4"
        ))?
        .query_map((scope.org_id, scope.project_id, limit, offset), read)?
        .collect()
}

/// Number of entities of each of the [`TYPES`].
pub(crate) fn totals(connection: &Connection, scope: ProjectScope<'_>) -> Result<[i64; 4]> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*) FROM entities WHERE org_id = ?1 AND project_id = ?2 AND entity_type = ?3",
    )?;
    let mut totals = [0; 4];
    for (total, entity_type) in totals.iter_mut().zip(TYPES) {
        *total = statement.query_row((scope.org_id, scope.project_id, entity_type), |row| row.get(0))?;
    }
    Ok(totals)
}

pub(crate) fn get(
    connection: &Connection,
    scope: ProjectScope<'_>,
    entity_type: &str,
    entity_id: &str,
) -> Result<Option<Entity>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM entities \
             WHERE org_id = ?1 AND project_id = ?2 AND entity_type = ?3 AND entity_id = ?4"
        ))?
        .query_row((scope.org_id, scope.project_id, entity_type, entity_id), read)
        .optional()
}

/// ID of the entity with a type and number.
pub(crate) fn id_of(
    connection: &Connection,
    scope: ProjectScope<'_>,
    entity_type: &str,
    number: i64,
) -> Result<Option<String>> {
    connection
        .prepare_cached(
            "SELECT entity_id FROM entities \
             WHERE org_id = ?1 AND project_id = ?2 AND entity_type = ?3 AND number = ?4",
        )?
        .query_row((scope.org_id, scope.project_id, entity_type, number), |row| row.get(0))
        .optional()
}

/// IDs of the users, last changed first.
pub(crate) fn user_ids(connection: &Connection, scope: ProjectScope<'_>, limit: i64) -> Result<Vec<String>> {
    connection
        .prepare_cached(
            "SELECT entity_id FROM entities WHERE org_id = ?1 AND project_id = ?2 AND entity_type = 'user' \
             ORDER BY updated_at DESC, number DESC LIMIT ?3",
        )?
        .query_map((scope.org_id, scope.project_id, limit), |row| row.get(0))?
        .collect()
}

/// Categories of the memories of a project, sorted.
pub(crate) fn categories(connection: &Connection, scope: ProjectScope<'_>) -> Result<Vec<String>> {
    connection
        .prepare_cached(
            "SELECT DISTINCT category.value FROM memories, json_each(memories.categories) AS category \
             WHERE memories.org_id = ?1 AND memories.project_id = ?2 ORDER BY 1",
        )?
        .query_map((scope.org_id, scope.project_id), |row| row.get(0))?
        .collect()
}

/// Deletes an entity and its profile, but not its memories.
pub(crate) fn delete(
    connection: &Connection,
    scope: ProjectScope<'_>,
    entity_type: &str,
    entity_id: &str,
) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM entities WHERE org_id = ?1 AND project_id = ?2 AND entity_type = ?3 AND entity_id = ?4",
        )?
        .execute((scope.org_id, scope.project_id, entity_type, entity_id))?;
    if entity_type == "user" {
        profiles::delete(connection, scope, entity_id)?;
    }
    Ok(())
}
