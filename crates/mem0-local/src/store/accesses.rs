//! Access times of memories, for decay.

use rusqlite::{Connection, Result};

use crate::store::after_commit::AfterCommit;
use crate::store::events::{self, CompletedEvent};
use crate::store::keys::ProjectScope;

/// Maximum number of accesses that are stored and used, the latest ones.
pub(crate) const MAX_ACCESSES: usize = 20;

/// Whether accesses are recorded: the project has decay on.
pub(crate) fn are_recorded(connection: &Connection, scope: ProjectScope<'_>) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM projects WHERE org_id = ?1 AND project_id = ?2 \
             AND json_extract(settings, '$.decay') = 1)",
        )?
        .query_row((scope.org_id, scope.project_id), |row| row.get(0))
}

/// Access times of a memory in no particular order; microseconds since 1970.
pub(crate) fn of(connection: &Connection, number: i64) -> Result<Vec<i64>> {
    connection
        .prepare_cached("SELECT touched_at FROM touches WHERE number = ?1")?
        .query_map([number], |row| row.get(0))?
        .collect()
}

/// Records an [`AfterCommit::RecordSearch`] in the caller's transaction. Other variants are ignored.
pub(crate) fn record_search(connection: &Connection, item: &AfterCommit) -> Result<()> {
    let AfterCommit::RecordSearch { org_id, project_id, numbers, at, payload, results } = item else {
        return Ok(());
    };
    let scope = ProjectScope { org_id, project_id };
    if !exists(connection, scope)? {
        return Ok(());
    }
    events::insert_completed(
        connection,
        scope,
        &CompletedEvent { event_type: "SEARCH", payload, metadata: None, results },
        *at,
    )?;
    numbers.iter().try_for_each(|number| record(connection, scope, *number, *at))
}

/// Adds an access and deletes those before the latest [`MAX_ACCESSES`]. A deleted memory is ignored.
pub(crate) fn record(connection: &Connection, scope: ProjectScope<'_>, number: i64, at: i64) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO touches (number, touched_at) SELECT number, ?4 FROM memories \
             WHERE number = ?1 AND org_id = ?2 AND project_id = ?3",
        )?
        .execute((number, scope.org_id, scope.project_id, at))?;
    connection
        .prepare_cached(
            "DELETE FROM touches WHERE rowid IN (SELECT rowid FROM touches WHERE number = ?1 \
             ORDER BY touched_at DESC, rowid DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute((number, i64::try_from(MAX_ACCESSES).unwrap_or(i64::MAX)))?;
    Ok(())
}

fn exists(connection: &Connection, scope: ProjectScope<'_>) -> Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM projects WHERE org_id = ?1 AND project_id = ?2")?
        .exists((scope.org_id, scope.project_id))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::store::{InitialState, Store};

    #[test]
    fn records_accesses_of_existing_memories_only() {
        let (mut store, defaults) =
            Store::open(None, &InitialState { seed: Some(0), content: None, now: 0 }).unwrap();
        let scope = ProjectScope { org_id: &defaults.org_id, project_id: &defaults.project_id };
        store
            .write(|connection| {
                connection.execute(
                    "INSERT INTO memories (number, memory_id, org_id, project_id, memory, created_at, updated_at) \
                     VALUES (1, 'a', ?1, ?2, 'tea', 0, 0)",
                    (scope.org_id, scope.project_id),
                )?;
                record(connection, scope, 1, 20)?;
                record(connection, ProjectScope { project_id: "another", ..scope }, 1, 30)?;
                assert_eq!(of(connection, 1)?, [20]);
                let item = |project_id: &str| AfterCommit::RecordSearch {
                    org_id: scope.org_id.to_owned(),
                    project_id: project_id.to_owned(),
                    numbers: vec![1, 2],
                    at: 40,
                    payload: json!({"query": "tea"}),
                    results: json!([]),
                };
                record_search(connection, &item(scope.project_id))?;
                record_search(connection, &item("gone"))?;
                assert_eq!(of(connection, 1)?, [20, 40]);
                assert_eq!(of(connection, 2)?, [0; 0], "no such memory");
                let events = "SELECT count(*) FROM events WHERE event_type = 'SEARCH' AND status = 'SUCCEEDED'";
                assert_eq!(connection.query_row(events, [], |row| row.get::<_, i64>(0))?, 1);
                Ok::<_, rusqlite::Error>(())
            })
            .unwrap();
    }
}
