//! Events: asynchronous operations of a project and their results.

use rusqlite::{Connection, OptionalExtension, Result, Row};
use serde_json::Value;

use crate::store::ids;
use crate::store::json_columns::json;
use crate::store::keys::ProjectScope;

/// Creates a pending event and returns its ID.
pub(crate) fn create(
    connection: &Connection,
    scope: ProjectScope<'_>,
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
        .execute((&event_id, scope.org_id, scope.project_id, event_type, payload.to_string(), now))?;
    Ok(event_id)
}

/// Completes an event with its results.
pub(crate) fn succeed(connection: &Connection, event_id: &str, results: &Value, now: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE events SET status = 'SUCCEEDED', results = ?2, started_at = coalesce(started_at, ?3), \
             completed_at = ?3, updated_at = ?3 WHERE event_id = ?1",
        )?
        .execute((event_id, results.to_string(), now))?;
    Ok(())
}

/// Fails an event with an error message.
pub(crate) fn fail(connection: &Connection, event_id: &str, error: &str, now: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE events SET status = 'FAILED', error = ?2, started_at = coalesce(started_at, ?3), \
             completed_at = ?3, updated_at = ?3 WHERE event_id = ?1",
        )?
        .execute((event_id, error, now))?;
    Ok(())
}

/// Stored event.
#[allow(clippy::struct_field_names)]
pub(crate) struct Event {
    pub(crate) event_id: String,
    pub(crate) org_id: String,
    pub(crate) project_id: String,
    pub(crate) event_type: String,
    /// `PENDING`, `RUNNING`, `SUCCEEDED` or `FAILED`.
    pub(crate) status: String,
    pub(crate) payload: Value,
    pub(crate) metadata: Option<Value>,
    pub(crate) results: Value,
    pub(crate) error: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) started_at: Option<i64>,
    pub(crate) completed_at: Option<i64>,
}

impl Event {
    pub(crate) fn project_scope(&self) -> ProjectScope<'_> {
        ProjectScope { org_id: &self.org_id, project_id: &self.project_id }
    }

    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.status.as_str(), "PENDING" | "RUNNING")
    }
}

const COLUMNS: &str = "event_id, org_id, project_id, event_type, status, payload, metadata, results, error, \
     created_at, updated_at, started_at, completed_at";

fn read(row: &Row<'_>) -> Result<Event> {
    Ok(Event {
        event_id: row.get(0)?,
        org_id: row.get(1)?,
        project_id: row.get(2)?,
        event_type: row.get(3)?,
        status: row.get(4)?,
        payload: json(row, 5)?.unwrap_or_default(),
        metadata: json(row, 6)?,
        results: json(row, 7)?.unwrap_or_default(),
        error: row.get(8)?,
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
        started_at: row.get(11)?,
        completed_at: row.get(12)?,
    })
}

/// Finds an event of any project.
pub(crate) fn find(connection: &Connection, event_id: &str) -> Result<Option<Event>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM events WHERE event_id = ?1"))?
        .query_row([event_id], read)
        .optional()
}

/// Finds an event of a project.
pub(crate) fn get(connection: &Connection, scope: ProjectScope<'_>, event_id: &str) -> Result<Option<Event>> {
    let event = find(connection, event_id)?;
    Ok(event.filter(|event| event.org_id == scope.org_id && event.project_id == scope.project_id))
}

/// Number of events of a project.
pub(crate) fn count(connection: &Connection, scope: ProjectScope<'_>) -> Result<i64> {
    connection
        .prepare_cached("SELECT count(*) FROM events WHERE org_id = ?1 AND project_id = ?2")?
        .query_row((scope.org_id, scope.project_id), |row| row.get(0))
}

/// Events of a project, newest first.
pub(crate) fn list(
    connection: &Connection,
    scope: ProjectScope<'_>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Event>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM events WHERE org_id = ?1 AND project_id = ?2 \
             ORDER BY number DESC LIMIT ?3 OFFSET ?4"
        ))?
        .query_map((scope.org_id, scope.project_id, limit, offset), read)?
        .collect()
}

/// Fields of an event that is created completed.
pub(crate) struct CompletedEvent<'a> {
    pub(crate) event_type: &'a str,
    pub(crate) payload: &'a Value,
    pub(crate) metadata: Option<&'a Value>,
    pub(crate) results: &'a Value,
}

/// Creates a completed event and returns its ID.
pub(crate) fn insert_completed(
    connection: &Connection,
    scope: ProjectScope<'_>,
    done: &CompletedEvent<'_>,
    now: i64,
) -> Result<String> {
    let event_id = ids::uuid(connection)?;
    connection
        .prepare_cached(
            "INSERT INTO events (event_id, org_id, project_id, event_type, status, payload, metadata, results, \
             created_at, updated_at, started_at, completed_at) \
             VALUES (?1, ?2, ?3, ?4, 'SUCCEEDED', ?5, ?6, ?7, ?8, ?8, ?8, ?8)",
        )?
        .execute((
            &event_id,
            scope.org_id,
            scope.project_id,
            done.event_type,
            done.payload.to_string(),
            done.metadata.map(Value::to_string),
            done.results.to_string(),
            now,
        ))?;
    Ok(event_id)
}

/// Marks an event as running.
pub(crate) fn run(connection: &Connection, event_id: &str, now: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE events SET status = 'RUNNING', started_at = coalesce(started_at, ?2), updated_at = ?2 \
             WHERE event_id = ?1 AND status = 'PENDING'",
        )?
        .execute((event_id, now))?;
    Ok(())
}

/// Pending adds, oldest first, with the times of their requests.
pub(crate) fn pending_adds(connection: &Connection) -> Result<Vec<(String, i64)>> {
    connection
        .prepare_cached(
            "SELECT event_id, created_at FROM events \
             WHERE status IN ('PENDING', 'RUNNING') AND event_type = 'ADD' ORDER BY number",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

pub(crate) fn set_metadata(connection: &Connection, event_id: &str, metadata: &Value) -> Result<()> {
    connection
        .prepare_cached("UPDATE events SET metadata = ?2 WHERE event_id = ?1")?
        .execute((event_id, metadata.to_string()))?;
    Ok(())
}
