//! Memories that match a filter.

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, Result, params_from_iter};

use crate::store::condition::Condition;
use crate::store::keys::ProjectScope;
use crate::store::memories::{self, Memory};

/// Maximum number of memories for one export, summary or profile.
const MAX_MEMORIES: i64 = 10_000;

/// Matching memories, newest first, without expired and merged ones, as in a list.
pub(crate) fn newest(
    connection: &Connection,
    scope: ProjectScope<'_>,
    condition: &Condition,
    now: i64,
) -> Result<Vec<Memory>> {
    let query = format!(
        "SELECT {} FROM memories WHERE org_id = ? AND project_id = ? AND ({}) \
         AND (expiration_date IS NULL OR date(expiration_date) IS NULL OR expiration_date >= ?) \
         AND lifecycle_state <> 'merged' ORDER BY created_at DESC, number DESC LIMIT ?",
        memories::COLUMNS,
        condition.sql
    );
    let scope = [scope.org_id, scope.project_id].map(|id| Cell::Text(id.to_owned()));
    let parameters = scope
        .into_iter()
        .chain(condition.parameters.iter().cloned())
        .chain([Cell::Text(day(now)), Cell::Integer(MAX_MEMORIES)]);
    connection.prepare(&query)?.query_map(params_from_iter(parameters), memories::read)?.collect()
}

/// Memories of one user, with the same rules.
pub(crate) fn newest_of_user(
    connection: &Connection,
    scope: ProjectScope<'_>,
    user_id: &str,
    now: i64,
) -> Result<Vec<Memory>> {
    let parameters = vec![Cell::Text(user_id.to_owned())];
    newest(connection, scope, &Condition { sql: "user_id = ?".to_owned(), parameters }, now)
}

/// Date of a time, in UTC.
fn day(now: i64) -> String {
    let timestamp = jiff::Timestamp::from_microsecond(now).unwrap_or_default();
    jiff::tz::TimeZone::UTC.to_datetime(timestamp).date().to_string()
}
