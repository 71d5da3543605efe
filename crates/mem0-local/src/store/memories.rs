//! Memories.

use rusqlite::{Connection, OptionalExtension, Result, Row};
use serde_json::Value;

use crate::store::entities;
use crate::store::json_columns::json;
use crate::store::keys::ProjectScope;

/// Stored memory.
#[derive(Clone)]
// Names of the platform's fields.
#[allow(clippy::struct_field_names)]
pub(crate) struct Memory {
    /// Row number, by which other tables refer to it. It grows with each memory.
    pub(crate) number: i64,
    pub(crate) memory_id: String,
    pub(crate) user_id: Option<String>,
    pub(crate) agent_id: Option<String>,
    pub(crate) app_id: Option<String>,
    pub(crate) run_id: Option<String>,
    /// Text of the memory.
    pub(crate) memory: String,
    pub(crate) metadata: Option<Value>,
    pub(crate) categories: Option<Vec<String>>,
    /// Messages it was created from.
    pub(crate) input: Option<Value>,
    /// Last day on which the memory is found, in UTC.
    pub(crate) expiration_date: Option<String>,
    pub(crate) immutable: bool,
    /// Date of the described event; microseconds since 1970.
    pub(crate) event_date: Option<i64>,
    pub(crate) replaced_by: Option<String>,
    /// `active`, `superseded` or `merged`.
    pub(crate) lifecycle_state: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// Columns for [`read`], in a query of the table `memories`.
pub(crate) const COLUMNS: &str = "memories.number, memories.memory_id, memories.user_id, memories.agent_id, \
     memories.app_id, memories.run_id, memories.memory, memories.metadata, memories.categories, memories.input, \
     memories.expiration_date, memories.immutable, memories.event_date, memories.replaced_by, \
     memories.lifecycle_state, memories.created_at, memories.updated_at";

pub(crate) fn read(row: &Row<'_>) -> Result<Memory> {
    Ok(Memory {
        number: row.get(0)?,
        memory_id: row.get(1)?,
        user_id: row.get(2)?,
        agent_id: row.get(3)?,
        app_id: row.get(4)?,
        run_id: row.get(5)?,
        memory: row.get(6)?,
        metadata: json(row, 7)?,
        categories: json(row, 8)?,
        input: json(row, 9)?,
        expiration_date: row.get(10)?,
        immutable: row.get(11)?,
        event_date: row.get(12)?,
        replaced_by: row.get(13)?,
        lifecycle_state: row.get(14)?,
        created_at: row.get(15)?,
        updated_at: row.get(16)?,
    })
}

/// Finds a memory of a project.
pub(crate) fn get(
    connection: &Connection,
    scope: ProjectScope<'_>,
    memory_id: &str,
) -> Result<Option<Memory>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM memories WHERE memory_id = ?1 AND org_id = ?2 AND project_id = ?3"
        ))?
        .query_row((memory_id, scope.org_id, scope.project_id), read)
        .optional()
}

/// All memories of an entity in any state, oldest first.
pub(crate) fn of_entity(
    connection: &Connection,
    scope: ProjectScope<'_>,
    entity_type: &str,
    entity_id: &str,
) -> Result<Vec<Memory>> {
    let Some(column) = entities::column(entity_type) else { return Ok(Vec::new()) };
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM memories WHERE project_id = ?1 AND org_id = ?2 AND {column} = ?3 \
             ORDER BY number"
        ))?
        .query_map((scope.project_id, scope.org_id, entity_id), read)?
        .collect()
}
