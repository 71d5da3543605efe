//! Feedback on memories.

use rusqlite::{Connection, OptionalExtension, Result};

use crate::store::ids;

/// Sets the feedback on a memory and returns its ID.
pub(crate) fn set(
    connection: &Connection,
    memory_id: &str,
    feedback: &str,
    reason: Option<&str>,
    now: i64,
) -> Result<String> {
    let feedback_id = ids::uuid(connection)?;
    connection
        .prepare_cached(
            "INSERT INTO feedback (memory_id, feedback_id, feedback, reason, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (memory_id) \
             DO UPDATE SET feedback = ?3, reason = ?4, updated_at = ?5 RETURNING feedback_id",
        )?
        .query_row((memory_id, feedback_id, feedback, reason, now), |row| row.get(0))
}

/// Removes feedback and returns its ID.
pub(crate) fn remove(connection: &Connection, memory_id: &str) -> Result<Option<String>> {
    connection
        .prepare_cached("DELETE FROM feedback WHERE memory_id = ?1 RETURNING feedback_id")?
        .query_row([memory_id], |row| row.get(0))
        .optional()
}
