//! Recorder, cassette and replay.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::similar_names)]

mod asynchronous;
mod blocking;
mod faults;
mod limits;
mod secrets;

use mem0_local::Recorder;
use serde_json::Value;
use std::path::Path;

/// Starts a recorder of a platform, with its cassette in an empty folder.
fn recorder(upstream: &str) -> (Recorder, std::path::PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cassette.jsonl");
    (Recorder::start(upstream, &file).unwrap(), file, folder)
}

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Calls `seen` with every text of a value, names included. Base64 is decoded.
fn walk(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
        Value::Object(pairs) => {
            for (name, value) in pairs {
                found(name);
                walk(value, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
