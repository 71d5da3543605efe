//! Lists of memories: newest first, then by ID.

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, Result, params_from_iter};

use crate::store::condition::Condition;
use crate::store::keys::ProjectScope;
use crate::store::memories::{COLUMNS, Memory, read};

/// Number of memories that meet a condition.
pub(crate) fn count(connection: &Connection, condition: &Condition) -> Result<i64> {
    connection
        .prepare_cached(&count_sql(condition))?
        .query_row(params_from_iter(&condition.parameters), |row| row.get(0))
}

/// Page of memories. The offset is skipped in an index, without reading the memories.
pub(crate) fn page(
    connection: &Connection,
    condition: &Condition,
    limit: i64,
    offset: i64,
) -> Result<Vec<Memory>> {
    let bounds = [Cell::Integer(limit), Cell::Integer(offset)];
    connection
        .prepare_cached(&page_sql(condition))?
        .query_map(params_from_iter(condition.parameters.iter().chain(&bounds)), read)?
        .collect()
}

fn count_sql(condition: &Condition) -> String {
    format!("SELECT count(*) FROM memories WHERE {}", condition.sql)
}

fn page_sql(condition: &Condition) -> String {
    format!(
        "SELECT {COLUMNS} FROM (SELECT memories.number AS chosen FROM memories WHERE {} \
         ORDER BY memories.created_at DESC, memories.memory_id LIMIT ? OFFSET ?) \
         JOIN memories ON memories.number = chosen \
         ORDER BY memories.created_at DESC, memories.memory_id",
        condition.sql
    )
}

/// Whether a memory was ever updated.
pub(crate) fn is_updated(connection: &Connection, scope: ProjectScope<'_>, memory_id: &str) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM memory_history \
             WHERE org_id = ?1 AND project_id = ?2 AND memory_id = ?3 AND event = 'UPDATE')",
        )?
        .query_row((scope.org_id, scope.project_id, memory_id), |row| row.get(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::filter::{Filter, Visibility};
    use crate::store::condition::in_project;
    use crate::store::{InitialState, Store};

    /// Query plan of a statement.
    fn plan(connection: &Connection, sql: &str) -> Vec<String> {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = statement.raw_query().mapped(|row| row.get(3)).collect::<Result<Vec<String>>>();
        steps.unwrap()
    }

    #[test]
    fn lists_use_an_index_in_its_order() {
        let initial = InitialState { seed: Some(0), content: None, now: 0 };
        let (mut store, _) = Store::open(None, &initial).unwrap();
        let scope = ProjectScope { org_id: "org", project_id: "proj" };
        for (filters, index, is_in_order) in [
            (json!({"user_id": "alice"}), "memories_user (project_id=? AND user_id=?)", true),
            (
                json!({"AND": [{"agent_id": "bot"}, {"created_at": {"gte": "2026-01-01"}}]}),
                "memories_agent (project_id=? AND agent_id=? AND created_at>?)",
                true,
            ),
            (json!({"run_id": {"in": ["a", "b"]}}), "memories_run (project_id=? AND run_id=?)", false),
        ] {
            let filter = Filter::parse_scoped(Some(&filters)).unwrap().into_condition();
            let condition = Condition::all([in_project(scope), filter, Visibility::default().condition(0)]);
            let plans = store.read(|connection| {
                Ok::<_, rusqlite::Error>((
                    plan(connection, &count_sql(&condition)),
                    plan(connection, &page_sql(&condition)),
                ))
            });
            let (counted, paged) = plans.unwrap();
            let expected = format!("SEARCH memories USING COVERING INDEX {index}");
            assert!(counted.contains(&expected), "{filters}: {counted:?}");
            assert!(paged.contains(&expected), "{filters}: {paged:?}");
            let sorts = paged.iter().filter(|step| step.contains("TEMP B-TREE")).count();
            assert_eq!(sorts == 1, is_in_order, "only the page is sorted: {filters}: {paged:?}");
        }
    }
}
