//! Memories in their order: the newest first, those of the same moment by their identifiers.

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, Result, params_from_iter};

use crate::local::filter::Condition;
use crate::local::store::keys::Place;
use crate::local::store::memories::{COLUMNS, Memory, read};

/// How many memories there are to which that applies.
pub(crate) fn count(connection: &Connection, condition: &Condition) -> Result<i64> {
    connection
        .prepare_cached(&format!("SELECT count(*) FROM memories WHERE {}", condition.sql))?
        .query_row(params_from_iter(&condition.parameters), |row| row.get(0))
}

/// So many of them, after so many others. Those are skipped in an index, without looking at the memories.
pub(crate) fn page(
    connection: &Connection,
    condition: &Condition,
    limit: i64,
    offset: i64,
) -> Result<Vec<Memory>> {
    let bounds = [Cell::Integer(limit), Cell::Integer(offset)];
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM (SELECT memories.number AS chosen FROM memories WHERE {} \
             ORDER BY memories.created_at DESC, memories.memory_id LIMIT ? OFFSET ?) \
             JOIN memories ON memories.number = chosen \
             ORDER BY memories.created_at DESC, memories.memory_id",
            condition.sql
        ))?
        .query_map(params_from_iter(condition.parameters.iter().chain(&bounds)), read)?
        .collect()
}

/// Whether a memory was ever changed.
pub(crate) fn is_updated(connection: &Connection, place: Place<'_>, memory_id: &str) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM memory_history \
             WHERE org_id = ?1 AND project_id = ?2 AND memory_id = ?3 AND event = 'UPDATE')",
        )?
        .query_row((place.org_id, place.project_id, memory_id), |row| row.get(0))
}
