//! `memory import`, `memory export` and `memory copy`.

mod copy;
mod export;
mod formats;
mod import;

use std::fs;

use mem0::Filter;
use serde_json::{Value, json};

use crate::test_env::TestEnv;

pub(super) fn lines(texts: impl IntoIterator<Item = Value>) -> String {
    texts.into_iter().fold(String::new(), |text, line| text + &line.to_string() + "\n")
}

pub(super) fn numbered(count: usize) -> String {
    lines((0..count).map(|n| json!({"memory": format!("Number {n}"), "user_id": "alice"})))
}

pub(super) fn write_file(env: &TestEnv, name: &str, content: impl AsRef<[u8]>) {
    fs::write(env.folder.path().join(name), content).unwrap();
}

pub(super) fn read_file(env: &TestEnv, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(env.folder.path().join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Sorted texts of a user.
pub(super) fn texts(env: &TestEnv, user: &str) -> Vec<String> {
    let client = env.platform.client().unwrap();
    let memories = client.get_all(Filter::user(user)).unwrap();
    let mut texts: Vec<String> = memories.map(|memory| memory.unwrap().memory.unwrap()).collect();
    texts.sort();
    texts
}

/// Number of add requests.
pub(super) fn add_requests(env: &TestEnv) -> usize {
    env.platform.request_log().iter().filter(|entry| entry.path == "/v3/memories/add/").count()
}

pub(super) fn json_with_code(env: &TestEnv, arguments: &[&str], code: i32) -> Value {
    let output = env.run(&[arguments, &["--output", "json"]].concat());
    assert_eq!(output.code, code, "{}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}
