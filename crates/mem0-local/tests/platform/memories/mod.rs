//! Adding, updating and deleting memories.

mod adding;
mod batches;
mod completion;
mod deleting;
mod extraction;
mod updating;

use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use crate::raw_http::{RawResponse, call};

pub(crate) const ADD: &str = "/v3/memories/add/";

/// ID that does not exist.
const UNKNOWN_ID: &str = "00000000-0000-4000-8000-000000000000";

fn request(platform: &LocalPlatform, method: &str, path: &str, body: &Value) -> RawResponse {
    call(platform.url(), method, path, platform.api_key(), body)
}

/// Response to a request that must succeed.
fn request_ok(platform: &LocalPlatform, method: &str, path: &str, body: &Value) -> Value {
    let response = request(platform, method, path, body);
    assert_eq!(response.status, 200, "{method} {path} {body}: {response:?}");
    response.json()
}

/// Stores one text without inference and returns the ID.
fn add_text(platform: &LocalPlatform, text: &str, more: Value) -> String {
    let mut body = json!({"messages": [{"role": "user", "content": text}], "infer": false});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let response = request_ok(platform, "POST", ADD, &body);
    assert_eq!(response["results"].as_array().unwrap().len(), 1, "{response}");
    response["results"][0]["id"].as_str().unwrap().to_owned()
}

fn path(memory_id: &str) -> String {
    format!("/v1/memories/{memory_id}/")
}

fn get(platform: &LocalPlatform, memory_id: &str) -> Value {
    request_ok(platform, "GET", &path(memory_id), &Value::Null)
}

fn event(platform: &LocalPlatform, event_id: &Value) -> Value {
    request_ok(platform, "GET", &format!("/v1/event/{}/", event_id.as_str().unwrap()), &Value::Null)
}

/// Rows of a table as objects by column.
fn rows(platform: &LocalPlatform, table: &str) -> Vec<Value> {
    let dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    let table = &dump["tables"][table];
    let columns: Vec<&str> =
        table["columns"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    let row = |row: &Value| {
        columns
            .iter()
            .zip(row.as_array().unwrap())
            .map(|(name, cell)| ((*name).to_owned(), cell.clone()))
            .collect()
    };
    table["rows"].as_array().unwrap().iter().map(row).map(Value::Object).collect()
}

/// Texts of all memories, in the order of their creation.
fn texts(platform: &LocalPlatform) -> Vec<String> {
    rows(platform, "memories").iter().map(|row| row["memory"].as_str().unwrap().to_owned()).collect()
}

/// History entries: event, text before, text after.
fn history(platform: &LocalPlatform) -> Vec<(String, Value, Value)> {
    let line = |row: &Value| {
        (row["event"].as_str().unwrap().to_owned(), row["old_memory"].clone(), row["new_memory"].clone())
    };
    rows(platform, "memory_history").iter().map(line).collect()
}

fn history_entry(event: &str, old: impl Into<Value>, new: impl Into<Value>) -> (String, Value, Value) {
    (event.to_owned(), old.into(), new.into())
}
