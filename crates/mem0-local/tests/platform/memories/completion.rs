//! Completion of adds.

use std::time::{Duration, Instant};

use mem0_local::{Clock, Completion, LocalPlatform};
use serde_json::{Value, json};

use super::{ADD, event, request_ok, rows, texts};

fn add(platform: &LocalPlatform, text: &str) -> Value {
    let response = request_ok(platform, "POST", ADD, &json!({"messages": text, "user_id": "u"}));
    assert_eq!(response["status"], "PENDING");
    response["event_id"].clone()
}

fn status(platform: &LocalPlatform, event_id: &Value) -> Value {
    event(platform, event_id)["status"].clone()
}

#[test]
fn manual_adds_wait_for_run_jobs() {
    let platform = LocalPlatform::builder().completion(Completion::Manual).start().unwrap();
    let first = add(&platform, "One");
    let second = add(&platform, "Two");
    assert_eq!(status(&platform, &first), "PENDING");
    let pending = event(&platform, &second);
    assert_eq!(
        (&pending["results"], &pending["latency"], &pending["completed_at"]),
        (&json!([]), &Value::Null, &Value::Null)
    );
    assert_eq!(texts(&platform), [""; 0]);
    // Adds without inference complete before their response.
    super::add_text(&platform, "At once", json!({"user_id": "u"}));
    platform.run_jobs().unwrap();
    assert_eq!(status(&platform, &first), "SUCCEEDED");
    assert_eq!(status(&platform, &second), "SUCCEEDED");
    assert_eq!(texts(&platform), ["At once", "One", "Two"]);
    platform.run_jobs().unwrap();
    assert_eq!(texts(&platform).len(), 3, "no memory is created twice");
}

#[test]
fn delayed_adds_wait_for_the_clock() {
    let clock = Clock::manual("2026-01-31T12:00:00Z".parse().unwrap());
    let delay = Completion::After(Duration::from_secs(60));
    let platform = LocalPlatform::builder().clock(clock.clone()).completion(delay).start().unwrap();
    let first = add(&platform, "One");
    clock.advance(Duration::from_secs(59));
    let second = add(&platform, "Two");
    assert_eq!(status(&platform, &first), "PENDING");
    clock.advance(Duration::from_secs(1));
    assert_eq!(status(&platform, &first), "SUCCEEDED", "complete before the next request");
    assert_eq!(status(&platform, &second), "PENDING");
    let shown = event(&platform, &first);
    assert_eq!(
        (&shown["completed_at"], &shown["latency"]),
        (&json!("2026-01-31T12:01:00.000000Z"), &json!(60_000.0))
    );
    assert_eq!(rows(&platform, "memories")[0]["created_at"], 1_769_860_860_000_000_i64);
    platform.run_jobs().unwrap();
    assert_eq!(status(&platform, &second), "SUCCEEDED", "run_jobs ignores the delay");
}

#[test]
fn delayed_adds_complete_without_a_request() {
    let delay = Completion::After(Duration::from_millis(50));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mem0.db");
    let platform = LocalPlatform::builder().data_file(&file).completion(delay).start().unwrap();
    add(&platform, "One");
    let read = rusqlite::Connection::open(&file).unwrap();
    let started = Instant::now();
    loop {
        let count: i64 = read.query_row("SELECT count(*) FROM memories", [], |row| row.get(0)).unwrap();
        if count == 1 {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "the add does not complete");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn pending_adds_survive_a_stop_and_a_dump_but_not_a_reset() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mem0.db");
    let manual = || LocalPlatform::builder().data_file(&file).completion(Completion::Manual).start().unwrap();
    let platform = manual();
    let first = add(&platform, "One");
    drop(platform);
    let platform = manual();
    assert_eq!(status(&platform, &first), "PENDING");
    let dump = platform.dump().unwrap();
    platform.run_jobs().unwrap();
    assert_eq!(texts(&platform), ["One"]);
    platform.load(&dump).unwrap();
    assert_eq!(texts(&platform), [""; 0]);
    platform.run_jobs().unwrap();
    assert_eq!(texts(&platform), ["One"], "the jobs of the loaded dump");
    platform.load(&dump).unwrap();
    platform.reset().unwrap();
    platform.run_jobs().unwrap();
    assert_eq!(texts(&platform), [""; 0]);
    platform.load(&dump).unwrap();
    drop(platform);
    // A platform with immediate completion runs the pending jobs.
    let platform = LocalPlatform::builder().data_file(&file).start().unwrap();
    assert_eq!(status(&platform, &first), "SUCCEEDED");
    assert_eq!(texts(&platform), ["One"]);
}

#[test]
fn pending_adds_are_deleted_with_their_project() {
    let platform = LocalPlatform::builder().completion(Completion::Manual).start().unwrap();
    add(&platform, "One");
    request_ok(&platform, "DELETE", &crate::project(platform.org_id(), platform.project_id()), &Value::Null);
    platform.run_jobs().unwrap();
    assert_eq!(texts(&platform), [""; 0]);
}

#[test]
fn two_platforms_on_one_file_run_a_job_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mem0.db");
    let builder = LocalPlatform::builder().data_file(&file).completion(Completion::Manual);
    let first = builder.clone().start().unwrap();
    for number in 0..20 {
        add(&first, &format!("Fact {number}"));
    }
    let second = builder.start().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| first.run_jobs().unwrap());
        scope.spawn(|| second.run_jobs().unwrap());
    });
    assert_eq!(texts(&first).len(), 20);
    assert_eq!(rows(&first, "memory_history").len(), 20);
}

#[test]
fn failed_adds_are_not_retried() {
    let platform = LocalPlatform::builder().completion(Completion::Manual).start().unwrap();
    let event_id = add(&platform, "One");
    let mut dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    let columns = dump["tables"]["events"]["columns"].as_array().unwrap().clone();
    let at = columns.iter().position(|name| name == "payload").unwrap();
    dump["tables"]["events"]["rows"][0][at] = json!("{}");
    platform.load(&serde_json::from_value(dump).unwrap()).unwrap();
    platform.run_jobs().unwrap();
    let failed = event(&platform, &event_id);
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (&json!("FAILED"), &json!("The add request of this event is invalid."))
    );
}
