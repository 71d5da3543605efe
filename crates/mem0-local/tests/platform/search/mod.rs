//! Searches, over the wire.

mod decay;
mod deprecated;
mod isolation;
mod ranking;
mod refusals;
mod scope;

use mem0_local::{Clock, LocalPlatform, NewMemory};
use serde_json::{Value, json};

use crate::wire::{Answer, call};

const SEARCH: &str = "/v3/memories/search/";

/// When these tests begin.
fn noon() -> jiff::Timestamp {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

fn start() -> LocalPlatform {
    LocalPlatform::builder().clock(Clock::manual(noon())).start().unwrap()
}

fn load(platform: &LocalPlatform, memories: impl IntoIterator<Item = NewMemory>) {
    platform.load_memories(platform.org_id(), platform.project_id(), memories).unwrap();
}

/// A platform with these memories of alice's.
fn with(texts: &[&str]) -> LocalPlatform {
    let platform = start();
    load(&platform, texts.iter().map(|text| NewMemory::new(*text).user("alice")));
    platform
}

/// A query, and more: `{"top_k": 3}`. Unless it says otherwise, it is about alice.
fn body(query: &str, more: Value) -> Value {
    let mut body = json!({"query": query, "filters": {"user_id": "alice"}});
    let Value::Object(more) = more else { panic!("an object") };
    body.as_object_mut().unwrap().extend(more);
    body
}

fn ask(platform: &LocalPlatform, query: &str, more: Value) -> Answer {
    call(platform.url(), "POST", SEARCH, platform.api_key(), &body(query, more))
}

fn results(platform: &LocalPlatform, query: &str, more: Value) -> Vec<Value> {
    let answer = ask(platform, query, more);
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
    answer["results"].as_array().unwrap().clone()
}

/// The texts that are found, in their order.
fn texts(platform: &LocalPlatform, query: &str, more: Value) -> Vec<String> {
    results(platform, query, more).iter().map(|found| found["memory"].as_str().unwrap().to_owned()).collect()
}

fn scores(platform: &LocalPlatform, query: &str, more: Value) -> Vec<f64> {
    results(platform, query, more).iter().map(|found| found["score"].as_f64().unwrap()).collect()
}

/// The rows of a table, by the names of its columns.
fn rows(platform: &LocalPlatform, table: &str) -> Vec<Value> {
    let dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    let (columns, rows) = (&dump["tables"][table]["columns"], &dump["tables"][table]["rows"]);
    let named = |row: &Value| {
        let columns = columns.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
        columns.zip(row.as_array().unwrap().iter().cloned()).collect()
    };
    rows.as_array().unwrap().iter().map(named).collect()
}
