//! Exports of memories.

use rusqlite::{Connection, OptionalExtension, Result};
use serde_json::Value;

use crate::store::ids;
use crate::store::json_columns::json;
use crate::store::keys::ProjectScope;

/// Retention of export data: seven days, in microseconds.
const RETENTION: i64 = 7 * 24 * 60 * 60 * 1_000_000;

/// Completed export.
pub(crate) struct Export {
    pub(crate) id: String,
    pub(crate) filters: Value,
    pub(crate) created_at: i64,
    pub(crate) ready_at: i64,
}

pub(crate) struct NewExport<'a> {
    pub(crate) schema: &'a Value,
    pub(crate) filters: &'a Value,
    pub(crate) instructions: Option<&'a str>,
}

/// Creates a pending export.
pub(crate) fn create(
    connection: &Connection,
    scope: ProjectScope<'_>,
    export: &NewExport<'_>,
    now: i64,
) -> Result<String> {
    let export_id = ids::uuid(connection)?;
    connection
        .prepare_cached(
            "INSERT INTO exports (export_id, org_id, project_id, form, filters, instructions, created_at, \
             ready_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
        )?
        .execute((
            &export_id,
            scope.org_id,
            scope.project_id,
            export.schema.to_string(),
            export.filters.to_string(),
            export.instructions,
            now,
        ))?;
    Ok(export_id)
}

/// Pending export.
pub(crate) struct PendingExport {
    org_id: String,
    project_id: String,
    pub(crate) schema: Value,
    pub(crate) filters: Value,
}

impl PendingExport {
    pub(crate) fn project_scope(&self) -> ProjectScope<'_> {
        ProjectScope { org_id: &self.org_id, project_id: &self.project_id }
    }
}

/// Finds a pending export of any project.
pub(crate) fn pending(connection: &Connection, export_id: &str) -> Result<Option<PendingExport>> {
    connection
        .prepare_cached(
            "SELECT org_id, project_id, form, filters FROM exports WHERE export_id = ?1 AND data IS NULL",
        )?
        .query_row([export_id], |row| {
            Ok(PendingExport {
                org_id: row.get(0)?,
                project_id: row.get(1)?,
                schema: json(row, 2)?.unwrap_or_default(),
                filters: json(row, 3)?.unwrap_or_default(),
            })
        })
        .optional()
}

/// Pending exports, oldest first, with the times of their requests.
pub(crate) fn all_pending(connection: &Connection) -> Result<Vec<(String, i64)>> {
    connection
        .prepare_cached("SELECT export_id, created_at FROM exports WHERE data IS NULL ORDER BY number")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Stores the data of an export.
pub(crate) fn finish(connection: &Connection, export_id: &str, data: &Value, now: i64) -> Result<()> {
    connection
        .prepare_cached("UPDATE exports SET data = ?2, ready_at = ?3 WHERE export_id = ?1")?
        .execute((export_id, data.to_string(), now))?;
    Ok(())
}

/// Completed exports of a project, newest first.
pub(crate) fn ready(connection: &Connection, scope: ProjectScope<'_>, now: i64) -> Result<Vec<Export>> {
    connection
        .prepare_cached(
            "SELECT export_id, filters, created_at, ready_at FROM exports \
             WHERE org_id = ?1 AND project_id = ?2 AND data IS NOT NULL AND ready_at <= ?3 AND ready_at > ?4 \
             ORDER BY created_at DESC, number DESC",
        )?
        .query_map((scope.org_id, scope.project_id, now, now.saturating_sub(RETENTION)), |row| {
            Ok(Export {
                id: row.get(0)?,
                filters: json(row, 1)?.unwrap_or_default(),
                created_at: row.get(2)?,
                ready_at: row.get(3)?,
            })
        })?
        .collect()
}

/// Data of an export.
pub(crate) fn data(
    connection: &Connection,
    scope: ProjectScope<'_>,
    export_id: &str,
) -> Result<Option<Value>> {
    connection
        .prepare_cached("SELECT data FROM exports WHERE org_id = ?1 AND project_id = ?2 AND export_id = ?3")?
        .query_row((scope.org_id, scope.project_id, export_id), |row| json(row, 0))
        .optional()
        .map(Option::flatten)
}

/// Deletes the expired exports of a project.
pub(crate) fn delete_expired(connection: &Connection, scope: ProjectScope<'_>, now: i64) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM exports WHERE org_id = ?1 AND project_id = ?2 AND data IS NOT NULL AND ready_at <= ?3",
        )?
        .execute((scope.org_id, scope.project_id, now.saturating_sub(RETENTION)))?;
    Ok(())
}
