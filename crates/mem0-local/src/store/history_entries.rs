//! Reading the history of memories.

use rusqlite::{Connection, Result, Row};
use serde_json::Value;

use crate::store::json_columns::json;
use crate::store::keys::ProjectScope;

/// Change of a memory, with the memory at that time.
pub(crate) struct Entry {
    pub(crate) history_id: String,
    pub(crate) memory_id: String,
    /// `ADD`, `UPDATE` or `DELETE`.
    pub(crate) event: String,
    /// Messages it was created from.
    pub(crate) input: Option<Value>,
    pub(crate) old_memory: Option<String>,
    pub(crate) new_memory: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) agent_id: Option<String>,
    pub(crate) app_id: Option<String>,
    pub(crate) run_id: Option<String>,
    pub(crate) categories: Option<Value>,
    pub(crate) metadata: Option<Value>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

const COLUMNS: &str = "history_id, memory_id, event, input, old_memory, new_memory, user_id, agent_id, app_id, \
     run_id, categories, metadata, created_at, updated_at";

fn read(row: &Row<'_>) -> Result<Entry> {
    Ok(Entry {
        history_id: row.get(0)?,
        memory_id: row.get(1)?,
        event: row.get(2)?,
        input: json(row, 3)?,
        old_memory: row.get(4)?,
        new_memory: row.get(5)?,
        user_id: row.get(6)?,
        agent_id: row.get(7)?,
        app_id: row.get(8)?,
        run_id: row.get(9)?,
        categories: json(row, 10)?,
        metadata: json(row, 11)?,
        created_at: row.get(12)?,
        updated_at: row.get(13)?,
    })
}

/// History of a memory, oldest first. It remains after the memory is deleted.
pub(crate) fn of_memory(
    connection: &Connection,
    scope: ProjectScope<'_>,
    memory_id: &str,
) -> Result<Vec<Entry>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM memory_history \
             WHERE org_id = ?1 AND project_id = ?2 AND memory_id = ?3 ORDER BY number"
        ))?
        .query_map((scope.org_id, scope.project_id, memory_id), read)?
        .collect()
}

/// Number of history entries of a project.
pub(crate) fn count(connection: &Connection, scope: ProjectScope<'_>) -> Result<i64> {
    connection
        .prepare_cached("SELECT count(*) FROM memory_history WHERE org_id = ?1 AND project_id = ?2")?
        .query_row((scope.org_id, scope.project_id), |row| row.get(0))
}

/// Page of the history of a project, newest first.
pub(crate) fn page(
    connection: &Connection,
    scope: ProjectScope<'_>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Entry>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM memory_history WHERE org_id = ?1 AND project_id = ?2 \
             ORDER BY number DESC LIMIT ?3 OFFSET ?4"
        ))?
        .query_map((scope.org_id, scope.project_id, limit, offset), read)?
        .collect()
}
