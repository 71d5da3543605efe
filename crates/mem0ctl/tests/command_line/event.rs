//! `event`: listing, showing, waiting.

use mem0_local::{Completion, Extraction, LocalPlatform};
use serde_json::Value;

use crate::bench::Bench;
use crate::memory::kept;

fn bench(platform: LocalPlatform) -> Bench {
    Bench { platform, folder: tempfile::tempdir().unwrap() }
}

fn added(bench: &Bench) -> String {
    let added = bench.json(&["memory", "add", "I love tea", "-u", "alice"]);
    added["event_id"].as_str().unwrap().to_owned()
}

#[test]
fn they_are_listed_and_shown() {
    let bench = Bench::new();
    kept(&bench, "I love tea", "alice");
    let id = added(&bench);
    let table = bench.run(&["event", "list"]);
    let lines: Vec<&str> = table.stdout.lines().collect();
    assert!(lines[0].starts_with("ID ") && lines[1].starts_with(&id), "{lines:?}");
    let lines = bench.run(&["event", "list", "--limit", "1", "--output", "jsonl"]);
    assert_eq!(lines.stdout.lines().count(), 1, "{}", lines.stdout);
    let shown = bench.run(&["event", "show", &id]);
    assert!(shown.stdout.contains("Type         ADD"), "{}", shown.stdout);
    assert_eq!(bench.json(&["event", "show", &id])["status"], "SUCCEEDED");
}

#[test]
fn waiting_ends_with_success() {
    let bench = Bench::new();
    let id = added(&bench);
    let waited = bench.run(&["event", "wait", &id]);
    assert_eq!(waited.code, 0, "{}", waited.stderr);
    assert!(waited.stdout.contains("Status       SUCCEEDED"), "{}", waited.stdout);
}

#[test]
fn waiting_ends_when_the_time_is_over_and_can_go_on() {
    let bench = bench(LocalPlatform::builder().completion(Completion::Manual).start().unwrap());
    let id = added(&bench);
    for seconds in ["0", "0.3"] {
        let waited = bench.run(&["event", "wait", &id, "--for", seconds, "--output", "json"]);
        assert_eq!((waited.code, waited.stdout.as_str()), (7, ""), "{}", waited.stderr);
        assert!(waited.stderr.contains("wait for it again"), "{}", waited.stderr);
    }
    bench.platform.run_jobs().unwrap();
    assert_eq!(bench.json(&["event", "wait", &id, "--for", "0"])["status"], "SUCCEEDED");
    assert_eq!(bench.run(&["event", "wait", &id, "--for", "soon"]).code, 2);
}

#[test]
fn a_failure_is_shown_with_its_reason() {
    // Nobody listens there.
    let model = Extraction::new("http://127.0.0.1:9/v1", "none", "none");
    let bench = bench(LocalPlatform::builder().extraction(model).start().unwrap());
    let id = added(&bench);
    let waited = bench.run(&["event", "wait", &id, "--output", "json"]);
    assert_eq!(waited.code, 1, "{}", waited.stderr);
    let event: Value = serde_json::from_str(&waited.stdout).unwrap();
    assert_eq!(event["status"], "FAILED");
    assert!(waited.stderr.contains(event["error"].as_str().unwrap()), "{}", waited.stderr);
    let added = bench.run(&["memory", "add", "I love tea", "-u", "alice", "--wait"]);
    assert_eq!((added.code, added.stdout.as_str()), (1, ""), "{}", added.stderr);
    assert!(added.stderr.contains("has failed: "), "{}", added.stderr);
}
