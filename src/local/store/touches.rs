//! When memories were returned by searches, for decay.

use rusqlite::{Connection, Result};

use crate::local::store::keys::Place;
use crate::local::task::Task;

/// A memory was added: that counts as its first touch where decay is on, and leaves no trace where it is off.
pub(crate) fn add(connection: &Connection, place: Place<'_>, number: i64, at: i64) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO touches (number, touched_at) SELECT ?1, ?4 WHERE EXISTS (SELECT 1 FROM projects \
             WHERE org_id = ?2 AND project_id = ?3 AND json_extract(settings, '$.decay') = 1)",
        )?
        .execute((number, place.org_id, place.project_id, at))?;
    Ok(())
}

/// Carries a [`Task::Touch`] out, in the caller's transaction. Anything else is left.
pub(crate) fn carry_out(connection: &Connection, task: &Task) -> Result<()> {
    let Task::Touch { org_id, project_id, numbers, at } = task else { return Ok(()) };
    numbers.iter().try_for_each(|number| add(connection, Place { org_id, project_id }, *number, *at))
}
