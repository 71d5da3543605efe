//! Entities, exports, feedback, statistics, webhooks and profiles.
//!
//! Memories are inserted by a dump, so that these tests depend on the store only.

mod entities;
mod exports;
mod feedback;
mod isolation;
mod profiles;
mod statistics;
mod webhooks;

use mem0_local::{Clock, Dump, LocalPlatform};
use serde_json::{Map, Value, json};

use crate::raw_http::{RawResponse, call};

const START: i64 = 1_700_000_000_000_000;

/// Returns a platform with a manual clock.
fn with_manual_clock() -> LocalPlatform {
    let start = jiff::Timestamp::from_microsecond(START).unwrap();
    LocalPlatform::builder().seed(0).clock(Clock::manual(start)).start().unwrap()
}

fn send(platform: &LocalPlatform, method: &str, path: &str, body: &Value) -> RawResponse {
    call(platform.url(), method, path, platform.api_key(), body)
}

/// Sends a request, checks the status and returns the JSON of the response.
fn ok(platform: &LocalPlatform, method: &str, path: &str, status: u16, body: &Value) -> Value {
    let response = send(platform, method, path, body);
    assert_eq!(response.status, status, "{method} {path}: {response:?}");
    response.json()
}

/// Returns the organization and the project of a key.
fn project_of(platform: &LocalPlatform, key: &str) -> (Value, Value) {
    let ping = call(platform.url(), "GET", "/v1/ping/", key, &Value::Null).json();
    (ping["org_id"].clone(), ping["project_id"].clone())
}

/// Returns a UUID that contains a number.
pub(crate) fn uuid(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Inserts rows into tables of a platform. Missing columns are null.
fn insert(platform: &LocalPlatform, rows: &[(&str, Value)]) {
    let mut dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    for (table, row) in rows {
        let table = &mut dump["tables"][table];
        let columns = table["columns"].as_array().unwrap().clone();
        let names: Vec<&str> = columns.iter().map(|column| column.as_str().unwrap()).collect();
        for name in row.as_object().unwrap().keys() {
            assert!(names.contains(&name.as_str()), "no column {name}");
        }
        let cells: Value = names.iter().map(|name| row.get(name).cloned().unwrap_or_default()).collect();
        table["rows"].as_array_mut().unwrap().push(cells);
    }
    let dump: Dump = serde_json::from_value(dump).unwrap();
    platform.load(&dump).unwrap();
}

/// Inserts memories into the project of a key, oldest first, with their entities. Each is an object of the fields that
/// differ: at least a number, from which the ID is derived, and a text.
pub(crate) fn insert_project_memories(platform: &LocalPlatform, key: &str, memories: &[Value]) {
    let (org_id, project_id) = project_of(platform, key);
    let mut rows = Vec::new();
    let mut entities: Vec<Value> = Vec::new();
    for memory in memories {
        let number = memory["number"].as_i64().unwrap();
        let mut row = json!({
            "memory_id": uuid(usize::try_from(number).unwrap()),
            "org_id": org_id,
            "project_id": project_id,
            "immutable": 0,
            "lifecycle_state": "active",
            "created_at": START + number,
            "updated_at": START + number,
        });
        row.as_object_mut().unwrap().extend(memory.as_object().unwrap().clone());
        for kind in ["user", "agent", "app", "run"] {
            let entity_id = row[format!("{kind}_id")].clone();
            let entity = json!({
                "number": 1000 * number + i64::try_from(entities.len()).unwrap(),
                "org_id": org_id,
                "project_id": project_id,
                "entity_type": kind,
                "entity_id": entity_id,
                "created_at": START + number,
                "updated_at": START + number,
            });
            let exists = |known: &Value| known["entity_type"] == kind && known["entity_id"] == entity_id;
            if !entity_id.is_null() && !entities.iter().any(exists) {
                entities.push(entity);
            }
        }
        rows.push(("memories", row));
    }
    rows.extend(entities.into_iter().map(|entity| ("entities", entity)));
    insert(platform, &rows);
}

/// Returns the rows of a table as objects.
fn rows(platform: &LocalPlatform, table: &str) -> Vec<Map<String, Value>> {
    let dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    let table = &dump["tables"][table];
    let columns = table["columns"].as_array().unwrap();
    let object = |row: &Value| {
        let cells = row.as_array().unwrap().iter().cloned();
        columns.iter().map(|name| name.as_str().unwrap().to_owned()).zip(cells).collect()
    };
    table["rows"].as_array().unwrap().iter().map(object).collect()
}

/// Returns the IDs of all memories.
fn memory_ids(platform: &LocalPlatform) -> Vec<String> {
    let of = |row: &Map<String, Value>| row["memory_id"].as_str().unwrap().to_owned();
    rows(platform, "memories").iter().map(of).collect()
}
