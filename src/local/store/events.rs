//! Events: what was asked of a project, and what became of it.

use rusqlite::{Connection, Result};
use serde_json::Value;

use crate::local::store::ids;
use crate::local::store::keys::Place;

/// Puts down an event that is under way from now on, and returns its identifier.
pub(crate) fn begin(
    connection: &Connection,
    place: Place<'_>,
    event_type: &str,
    payload: &Value,
    now: i64,
) -> Result<String> {
    let event_id = ids::uuid(connection)?;
    connection
        .prepare_cached(
            "INSERT INTO events (event_id, org_id, project_id, event_type, status, payload, created_at, \
             updated_at) VALUES (?1, ?2, ?3, ?4, 'PENDING', ?5, ?6, ?6)",
        )?
        .execute((&event_id, place.org_id, place.project_id, event_type, payload.to_string(), now))?;
    Ok(event_id)
}

/// Ends an event well, with its results.
pub(crate) fn succeed(connection: &Connection, event_id: &str, results: &Value, now: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE events SET status = 'SUCCEEDED', results = ?2, started_at = coalesce(started_at, ?3), \
             completed_at = ?3, updated_at = ?3 WHERE event_id = ?1",
        )?
        .execute((event_id, results.to_string(), now))?;
    Ok(())
}

/// Ends an event badly, with what went wrong.
pub(crate) fn fail(connection: &Connection, event_id: &str, error: &str, now: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE events SET status = 'FAILED', error = ?2, started_at = coalesce(started_at, ?3), \
             completed_at = ?3, updated_at = ?3 WHERE event_id = ?1",
        )?
        .execute((event_id, error, now))?;
    Ok(())
}
