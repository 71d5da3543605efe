//! Users, agents, apps and runs: whom memories are of.

use rusqlite::{Connection, Result};

use crate::local::store::keys::Place;

/// Puts down an entity that has a memory now. One that is there already keeps all but the time of its last
/// change.
pub(crate) fn ensure(
    connection: &Connection,
    place: Place<'_>,
    entity_type: &str,
    entity_id: &str,
    now: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO entities (org_id, project_id, entity_type, entity_id, created_at, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (org_id, project_id, entity_type, entity_id) \
             DO UPDATE SET updated_at = max(updated_at, excluded.updated_at)",
        )?
        .execute((place.org_id, place.project_id, entity_type, entity_id, now))?;
    Ok(())
}
