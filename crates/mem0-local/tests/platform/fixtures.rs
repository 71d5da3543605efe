//! Inserts memories and their history into a platform by its dump.

use mem0_local::{Dump, LocalPlatform};
use serde_json::{Value, json};

use crate::raw_http::{RawResponse, call};

/// Returns the ID of the n-th memory.
pub(crate) fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// Inserts rows into a table. A row is an object of columns. Missing columns have the value in `defaults`; otherwise
/// `org_id` and `project_id` are the default ones, and all others null.
fn fill(platform: &LocalPlatform, table: &str, defaults: &Value, rows: &[Value]) {
    let mut dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    let table = &mut dump["tables"][table];
    let columns: Vec<String> = serde_json::from_value(table["columns"].clone()).unwrap();
    for row in rows {
        for name in row.as_object().unwrap().keys() {
            assert!(columns.contains(name), "no column {name}");
        }
        let number = table["rows"].as_array().unwrap().len() + 1;
        let cells = columns.iter().map(|column| match (row.get(column), column.as_str()) {
            (Some(structured @ (Value::Array(_) | Value::Object(_))), _) => structured.to_string().into(),
            (Some(cell), _) => cell.clone(),
            (None, "number") => number.into(),
            (None, "memory_id" | "history_id") => id(number).into(),
            (None, "org_id") => platform.org_id().into(),
            (None, "project_id") => platform.project_id().into(),
            (None, column) => defaults[column].clone(),
        });
        let cells = cells.collect();
        table["rows"].as_array_mut().unwrap().push(cells);
    }
    platform.load(&serde_json::from_value::<Dump>(dump).unwrap()).unwrap();
}

/// Inserts memories with the IDs [`id`]`(1)`, [`id`]`(2)` and so on.
pub(crate) fn insert_memories(platform: &LocalPlatform, rows: &[Value]) {
    let defaults = json!({
        "memory": "", "immutable": 0, "lifecycle_state": "active", "created_at": 0, "updated_at": 0,
    });
    fill(platform, "memories", &defaults, rows);
}

/// Inserts history entries.
pub(crate) fn insert_history(platform: &LocalPlatform, rows: &[Value]) {
    fill(platform, "memory_history", &json!({"created_at": 0, "updated_at": 0}), rows);
}

/// Returns a time in microseconds since 1970.
pub(crate) fn at(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

/// Lists memories by version 3 of the API, in pages of 200.
pub(crate) fn list(platform: &LocalPlatform, body: &Value) -> RawResponse {
    call(platform.url(), "POST", "/v3/memories/?page_size=200", platform.api_key(), body)
}

/// Returns the numbers of the memories of a list, sorted.
pub(crate) fn numbers(response: &RawResponse) -> Vec<usize> {
    let mut numbers = in_order(response);
    numbers.sort_unstable();
    numbers
}

/// Returns the numbers of the memories of a list in their order.
pub(crate) fn in_order(response: &RawResponse) -> Vec<usize> {
    assert_eq!(response.status, 200, "{response:?}");
    let json = response.json();
    let results = json.get("results").unwrap_or(&json).as_array().unwrap();
    let number = |result: &Value| usize::from_str_radix(&result["id"].as_str().unwrap()[24..], 16).unwrap();
    results.iter().map(number).collect()
}
