//! Deletion of all memories of a user, agent, app or run.

use http::StatusCode;
use rusqlite::params_from_iter;
use rusqlite::types::Value as Cell;
use serde_json::{Map, Value, json};

use crate::handlers::Call;
use crate::json;
use crate::protocol::reply::{HandlerResult, HttpReply};
use crate::store::events::{self, CompletedEvent};
use crate::store::keys::ProjectScope;
use crate::store::memories::{self, COLUMNS, Memory};

const ENTITY_IDS: [&str; 4] = ["user_id", "agent_id", "app_id", "run_id"];

pub(crate) fn delete_all(call: &mut Call<'_>) -> HandlerResult {
    let mut ids = Vec::new();
    for name in ENTITY_IDS {
        match call.request.query_values(name).last() {
            None => {}
            Some(value) if value.trim().is_empty() => {
                let text = format!("{name}: This field may not be blank.");
                return Err(HttpReply::error(StatusCode::BAD_REQUEST, &text).into());
            }
            Some(value) => ids.push((name, value.to_owned())),
        }
    }
    let metadata = metadata(call)?;
    if ids.is_empty() && metadata.is_empty() {
        let text = "One of the filters: app_id, user_id, agent_id, run_id is required!";
        return Err(HttpReply::error(StatusCode::BAD_REQUEST, text).into());
    }
    let found = find(call.connection, call.project_scope(), &ids)?;
    let deleted =
        found.iter().filter(|memory| metadata.iter().all(|(name, value)| has_metadata(memory, name, value)));
    let results = call.writer()?.delete_each(deleted)?;
    let mut payload: Map<String, Value> =
        ids.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    if !metadata.is_empty() {
        payload.insert("metadata".to_owned(), metadata.into());
    }
    let (connection, scope) = (call.connection, call.project_scope());
    let done = CompletedEvent {
        event_type: "DELETE_ALL",
        payload: &payload.into(),
        metadata: None,
        results: &results,
    };
    let event_id = events::insert_completed(connection, scope, &done, call.now)?;
    Ok(HttpReply::ok(&json!({
        "message": "Delete in progress. This may take some time.", "event_id": event_id,
    })))
}

/// Reads the query parameter `metadata`, a JSON object.
fn metadata(call: &Call<'_>) -> Result<Map<String, Value>, HttpReply> {
    let Some(text) = call.request.query_values("metadata").last() else { return Ok(Map::new()) };
    json::object(text).ok_or_else(|| {
        HttpReply::error(
            StatusCode::BAD_REQUEST,
            "metadata: Must be a JSON object, such as {\"key\": \"value\"}.",
        )
    })
}

fn has_metadata(memory: &Memory, name: &str, value: &Value) -> bool {
    memory.metadata.as_ref().is_some_and(|metadata| metadata.get(name) == Some(value))
}

/// Finds the memories with all these IDs. `*` matches any ID; `*` for all four selects the whole project.
fn find(
    connection: &rusqlite::Connection,
    scope: ProjectScope<'_>,
    ids: &[(&'static str, String)],
) -> rusqlite::Result<Vec<Memory>> {
    let mut sql = format!("SELECT {COLUMNS} FROM memories WHERE project_id = ? AND org_id = ?");
    let mut parameters: Vec<Cell> = vec![scope.project_id.to_owned().into(), scope.org_id.to_owned().into()];
    let is_everything = ids.len() == ENTITY_IDS.len() && ids.iter().all(|(_, value)| value == "*");
    for (name, value) in ids.iter().filter(|_| !is_everything) {
        if value == "*" {
            sql.extend([" AND ", name, " IS NOT NULL"]);
        } else {
            sql.extend([" AND ", name, " = ?"]);
            parameters.push(value.clone().into());
        }
    }
    sql.push_str(" ORDER BY number");
    connection.prepare_cached(&sql)?.query_map(params_from_iter(parameters), memories::read)?.collect()
}
