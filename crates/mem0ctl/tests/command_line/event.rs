//! `event`.

use mem0_local::{Completion, Extraction, LocalPlatform};
use serde_json::Value;

use crate::memory::add_memory;
use crate::test_env::TestEnv;

fn env(platform: LocalPlatform) -> TestEnv {
    TestEnv { platform, folder: tempfile::tempdir().unwrap() }
}

fn added(env: &TestEnv) -> String {
    let added = env.json(&["memory", "add", "I love tea", "-u", "alice"]);
    added["event_id"].as_str().unwrap().to_owned()
}

#[test]
fn lists_and_shows_events() {
    let env = TestEnv::new();
    add_memory(&env, "I love tea", "alice");
    let id = added(&env);
    let table = env.run(&["event", "list"]);
    let lines: Vec<&str> = table.stdout.lines().collect();
    assert!(lines[0].starts_with("ID ") && lines[1].starts_with(&id), "{lines:?}");
    let lines = env.run(&["event", "list", "--limit", "1", "--output", "jsonl"]);
    assert_eq!(lines.stdout.lines().count(), 1, "{}", lines.stdout);
    let output = env.run(&["event", "show", &id]);
    assert!(output.stdout.contains("Type          ADD"), "{}", output.stdout);
    assert_eq!(env.json(&["event", "show", &id])["status"], "SUCCEEDED");
}

#[test]
fn waits_for_success() {
    let env = TestEnv::new();
    let id = added(&env);
    let waited = env.run(&["event", "wait", &id]);
    assert_eq!(waited.code, 0, "{}", waited.stderr);
    assert!(waited.stdout.contains("Status        SUCCEEDED"), "{}", waited.stdout);
}

#[test]
fn waiting_times_out_and_can_be_repeated() {
    let env = env(LocalPlatform::builder().completion(Completion::Manual).start().unwrap());
    let id = added(&env);
    for seconds in ["0", "0.3"] {
        let waited = env.run(&["event", "wait", &id, "--for", seconds, "--output", "json"]);
        assert_eq!((waited.code, waited.stdout.as_str()), (7, ""), "{}", waited.stderr);
        assert!(waited.stderr.contains("wait for it again"), "{}", waited.stderr);
    }
    env.platform.run_jobs().unwrap();
    assert_eq!(env.json(&["event", "wait", &id, "--for", "0"])["status"], "SUCCEEDED");
    assert_eq!(env.run(&["event", "wait", &id, "--for", "soon"]).code, 2);
}

#[test]
fn a_failed_event_is_shown_with_its_reason() {
    // No server listens there.
    let model = Extraction::new("http://127.0.0.1:9/v1", "none", "none");
    let env = env(LocalPlatform::builder().extraction(model).start().unwrap());
    let id = added(&env);
    let waited = env.run(&["event", "wait", &id, "--output", "json"]);
    assert_eq!(waited.code, 1, "{}", waited.stderr);
    let event: Value = serde_json::from_str(&waited.stdout).unwrap();
    assert_eq!(event["status"], "FAILED");
    assert!(waited.stderr.contains(event["error"].as_str().unwrap()), "{}", waited.stderr);
    let added = env.run(&["memory", "add", "I love tea", "-u", "alice", "--wait"]);
    assert_eq!((added.code, added.stdout.as_str()), (1, ""), "{}", added.stderr);
    assert!(added.stderr.contains(" failed: "), "{}", added.stderr);
}
