//! Searches over HTTP.

mod decay;
mod deprecated;
mod invalid;
mod isolation;
mod ranking;
mod scope;

use mem0_local::{Clock, LocalPlatform, NewMemory};
use serde_json::{Value, json};

use crate::raw_http::{RawResponse, call};

const SEARCH: &str = "/v3/memories/search/";

/// Start time of the tests.
fn noon() -> jiff::Timestamp {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

fn start() -> LocalPlatform {
    LocalPlatform::builder().clock(Clock::manual(noon())).start().unwrap()
}

fn load(platform: &LocalPlatform, memories: impl IntoIterator<Item = NewMemory>) {
    platform.load_memories(platform.org_id(), platform.project_id(), memories).unwrap();
}

/// Starts a platform with memories of alice.
fn platform_with(texts: &[&str]) -> LocalPlatform {
    let platform = start();
    load(&platform, texts.iter().map(|text| NewMemory::new(*text).user("alice")));
    platform
}

/// Searches for a query, with more fields such as `{"top_k": 3}`. The default filter is alice.
fn body(query: &str, more: Value) -> Value {
    let mut body = json!({"query": query, "filters": {"user_id": "alice"}});
    let Value::Object(more) = more else { panic!("an object") };
    body.as_object_mut().unwrap().extend(more);
    body
}

fn search_request(platform: &LocalPlatform, query: &str, more: Value) -> RawResponse {
    call(platform.url(), "POST", SEARCH, platform.api_key(), &body(query, more))
}

fn results(platform: &LocalPlatform, query: &str, more: Value) -> Vec<Value> {
    let response = search_request(platform, query, more);
    assert_eq!(response.status, 200, "{response:?}");
    let response = response.json();
    assert_eq!(response.as_object().unwrap().len(), 1, "{response}");
    response["results"].as_array().unwrap().clone()
}

/// Texts of the results, in order.
fn texts(platform: &LocalPlatform, query: &str, more: Value) -> Vec<String> {
    results(platform, query, more).iter().map(|found| found["memory"].as_str().unwrap().to_owned()).collect()
}

fn scores(platform: &LocalPlatform, query: &str, more: Value) -> Vec<f64> {
    results(platform, query, more).iter().map(|found| found["score"].as_f64().unwrap()).collect()
}

/// Rows of a table as objects by column.
fn rows(platform: &LocalPlatform, table: &str) -> Vec<Value> {
    let dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    let (columns, rows) = (&dump["tables"][table]["columns"], &dump["tables"][table]["rows"]);
    let named = |row: &Value| {
        let columns = columns.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
        columns.zip(row.as_array().unwrap().iter().cloned()).collect()
    };
    rows.as_array().unwrap().iter().map(named).collect()
}
