//! Exports of memories.

use rusqlite::{Connection, OptionalExtension, Result};
use serde_json::Value;

use crate::local::store::ids;
use crate::local::store::keys::Place;
use crate::local::store::memories::json;

/// How long the data of an export is kept: seven days, in microseconds.
const KEPT: i64 = 7 * 24 * 60 * 60 * 1_000_000;

/// An export that is made, and was not dropped yet.
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
    pub(crate) data: &'a Value,
}

pub(crate) fn create(
    connection: &Connection,
    place: Place<'_>,
    export: &NewExport<'_>,
    now: i64,
) -> Result<String> {
    let export_id = ids::uuid(connection)?;
    connection
        .prepare_cached(
            "INSERT INTO exports (export_id, org_id, project_id, form, filters, instructions, data, created_at, \
             ready_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
        )?
        .execute((
            &export_id,
            place.org_id,
            place.project_id,
            export.schema.to_string(),
            export.filters.to_string(),
            export.instructions,
            export.data.to_string(),
            now,
        ))?;
    Ok(export_id)
}

/// The exports of a project that are ready, newest first.
pub(crate) fn ready(connection: &Connection, place: Place<'_>, now: i64) -> Result<Vec<Export>> {
    connection
        .prepare_cached(
            "SELECT export_id, filters, created_at, ready_at FROM exports \
             WHERE org_id = ?1 AND project_id = ?2 AND data IS NOT NULL AND ready_at <= ?3 AND ready_at > ?4 \
             ORDER BY created_at DESC, number DESC",
        )?
        .query_map((place.org_id, place.project_id, now, now.saturating_sub(KEPT)), |row| {
            Ok(Export {
                id: row.get(0)?,
                filters: json(row, 1)?.unwrap_or_default(),
                created_at: row.get(2)?,
                ready_at: row.get(3)?,
            })
        })?
        .collect()
}

/// What an export has made.
pub(crate) fn data(connection: &Connection, place: Place<'_>, export_id: &str) -> Result<Option<Value>> {
    connection
        .prepare_cached("SELECT data FROM exports WHERE org_id = ?1 AND project_id = ?2 AND export_id = ?3")?
        .query_row((place.org_id, place.project_id, export_id), |row| json(row, 0))
        .optional()
        .map(Option::flatten)
}

/// Deletes the exports of a project whose time has come.
pub(crate) fn drop_old(connection: &Connection, place: Place<'_>, now: i64) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM exports WHERE org_id = ?1 AND project_id = ?2 AND ready_at <= ?3")?
        .execute((place.org_id, place.project_id, now.saturating_sub(KEPT)))?;
    Ok(())
}
