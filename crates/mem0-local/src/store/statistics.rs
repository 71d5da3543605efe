//! How much there is in a project, and how much was asked of it.

use rusqlite::{Connection, Result};

use crate::store::keys::ProjectScope;

/// The memories of a project.
pub(crate) fn memories(connection: &Connection, scope: ProjectScope<'_>) -> Result<i64> {
    connection
        .prepare_cached("SELECT count(*) FROM memories WHERE org_id = ?1 AND project_id = ?2")?
        .query_row((scope.org_id, scope.project_id), |row| row.get(0))
}

/// The events of one of these types, a list in JSON.
pub(crate) fn events(connection: &Connection, scope: ProjectScope<'_>, types: &str) -> Result<i64> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM events WHERE org_id = ?1 AND project_id = ?2 \
             AND event_type IN (SELECT value FROM json_each(?3))",
        )?
        .query_row((scope.org_id, scope.project_id, types), |row| row.get(0))
}

/// How many entities have memories, and how many memories they have together, by the column that names them.
pub(crate) fn with_memories(
    connection: &Connection,
    scope: ProjectScope<'_>,
    column: &'static str,
) -> Result<(i64, i64)> {
    connection
        .prepare_cached(&format!(
            "SELECT count(DISTINCT {column}), count({column}) FROM memories WHERE org_id = ?1 AND project_id = ?2"
        ))?
        .query_row((scope.org_id, scope.project_id), |row| Ok((row.get(0)?, row.get(1)?)))
}
