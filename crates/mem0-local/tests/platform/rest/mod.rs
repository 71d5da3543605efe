//! Everything of the platform beside its memories: entities, exports, feedback, statistics, webhooks, profiles.
//!
//! Memories come in through a dump, so that these tests stand on nothing but the store.

mod entities;
mod exports;
mod feedback;
mod isolation;
mod profiles;
mod statistics;
mod webhooks;

use mem0_local::{Clock, Dump, LocalPlatform};
use serde_json::{Map, Value, json};

use crate::wire::{Answer, call};

const START: i64 = 1_700_000_000_000_000;

/// A platform with a clock that stands.
fn standing() -> LocalPlatform {
    let start = jiff::Timestamp::from_microsecond(START).unwrap();
    LocalPlatform::builder().seed(0).clock(Clock::manual(start)).start().unwrap()
}

fn ask(platform: &LocalPlatform, method: &str, path: &str, body: &Value) -> Answer {
    call(platform.url(), method, path, platform.api_key(), body)
}

/// An answer with that status, as JSON.
fn ok(platform: &LocalPlatform, method: &str, path: &str, status: u16, body: &Value) -> Value {
    let answer = ask(platform, method, path, body);
    assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
    answer.json()
}

/// The organization and the project of a key.
fn place(platform: &LocalPlatform, key: &str) -> (Value, Value) {
    let ping = call(platform.url(), "GET", "/v1/ping/", key, &Value::Null).json();
    (ping["org_id"].clone(), ping["project_id"].clone())
}

/// The form of a UUID, with that number in it.
pub(crate) fn uuid(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Adds rows to tables of a platform; what a row does not name is null.
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

/// Adds memories to the project of a key, oldest first, with the entities they belong to. Each is the fields that it
/// does not share with the others: at least a number, from which its identifier is made, and a text.
pub(crate) fn remember(platform: &LocalPlatform, key: &str, memories: &[Value]) {
    let (org_id, project_id) = place(platform, key);
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
            let is_there = |known: &Value| known["entity_type"] == kind && known["entity_id"] == entity_id;
            if !entity_id.is_null() && !entities.iter().any(is_there) {
                entities.push(entity);
            }
        }
        rows.push(("memories", row));
    }
    rows.extend(entities.into_iter().map(|entity| ("entities", entity)));
    insert(platform, &rows);
}

/// The rows of a table of the project of a key, as objects.
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

/// The identifiers of the memories there are.
fn memory_ids(platform: &LocalPlatform) -> Vec<String> {
    let of = |row: &Map<String, Value>| row["memory_id"].as_str().unwrap().to_owned();
    rows(platform, "memories").iter().map(of).collect()
}
