//! `memory update` and `memory delete`.

use mem0_local::{Fault, Operation};
use serde_json::{Value, json};

use crate::bench::{Bench, Ran, ran};
use crate::memory::kept;

fn count(bench: &Bench, user: &str) -> usize {
    bench.json(&["memory", "list", "-u", user]).as_array().unwrap().len()
}

fn write(bench: &Bench, name: &str, text: &str) {
    std::fs::write(bench.folder.path().join(name), text).unwrap();
}

fn refused(ran: &Ran, code: i32, words: &str) {
    assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
}

#[test]
fn updates_one_memory() {
    let bench = Bench::new();
    let id = kept(&bench, "I love tea", "alice");
    let changed = bench.run(&[
        "memory",
        "update",
        &id,
        "I love green tea",
        "-m",
        "plan=pro",
        "--expires",
        "2030-01-31",
    ]);
    assert_eq!(changed.code, 0, "{}", changed.stderr);
    for expected in ["I love green tea", r#"{"plan":"pro"}"#, "2030-01-31"] {
        assert!(changed.stdout.contains(expected), "{}", changed.stdout);
    }
    let changed = bench.json(&["memory", "update", &id, "--expires", "never"]);
    assert_eq!((changed.get("expiration_date"), &changed["memory"]), (None, &json!("I love green tea")));
    bench.json(&["memory", "update", &id, "--timestamp", "1700000000"]);
    let requests = bench.platform.request_log();
    assert_eq!(requests.last().unwrap().body, Some(json!({"timestamp": 1_700_000_000})));

    let mut piped = bench.command();
    let piped = ran(piped.args(["memory", "update", &id, "-o", "json"]).write_stdin("From stdin\n"));
    assert_eq!(serde_json::from_str::<Value>(&piped.stdout).unwrap()["memory"], "From stdin");
    let shown = bench.json(&["memory", "update", &id, "Something else", "--dry-run"]);
    assert_eq!(shown["requests"][0]["body"], json!({"text": "Something else"}));
    assert_eq!(bench.json(&["memory", "get", &id])["memory"], "From stdin");

    refused(&bench.run(&["memory", "update", &id]), 2, "missing new text");
    refused(&bench.run(&["memory", "update", &id, "--expires", "soon"]), 2, "YYYY-MM-DD");
    refused(&bench.run(&["memory", "update", &id, "--timestamp", "soon"]), 2, "2026-01-31");
    assert_eq!(bench.run(&["memory", "update"]).code, 2);
}

#[test]
fn updates_memories_from_a_file() {
    let bench = Bench::new();
    let ids = ["One", "Two", "Three"].map(|text| kept(&bench, text, "alice"));
    let lines = format!(
        "{}\n\n{}\n{}\n",
        json!({"memory_id": ids[0], "text": "Uno"}),
        json!({"id": ids[1], "memory": "Dos", "score": 0.5}),
        json!({"memory_id": ids[2], "metadata": {"number": 3}}),
    );
    write(&bench, "changes.jsonl", &lines);
    let shown = bench.json(&["memory", "update", "--from", "changes.jsonl", "--dry-run"]);
    assert_eq!(shown["requests"][0]["body"]["memories"][1], json!({"memory_id": ids[1], "text": "Dos"}));
    let changed = bench.run(&["memory", "update", "--from", "changes.jsonl"]);
    assert_eq!((changed.code, changed.stdout.as_str()), (0, ""), "{}", changed.stderr);
    assert!(changed.stderr.contains("Updated 3 memories."), "{}", changed.stderr);
    assert_eq!(bench.json(&["memory", "get", &ids[0]])["memory"], "Uno");
    assert_eq!(bench.json(&["memory", "get", &ids[1]])["memory"], "Dos");
    assert_eq!(bench.json(&["memory", "get", &ids[2]])["metadata"], json!({"number": 3}));
    let mut piped = bench.command();
    let piped = ran(piped.args(["memory", "update", "--from", "-", "-o", "json"]).write_stdin(lines));
    assert_eq!(piped.stdout, "{\"updated\":3}\n", "{}", piped.stderr);
}

#[test]
fn an_invalid_line_is_reported_and_nothing_is_sent() {
    let bench = Bench::new();
    let id = kept(&bench, "One", "alice");
    let good = json!({"memory_id": id, "text": "Uno"}).to_string();
    let update = |broken: &str| {
        write(&bench, "changes.jsonl", &format!("{good}\n{broken}\n"));
        bench.run(&["memory", "update", "--from", "changes.jsonl"])
    };
    refused(&update("{\"memory_id\""), 11, "changes.jsonl, line 2: invalid JSON");
    refused(&update("[1]"), 11, "line 2: not a JSON object");
    refused(&update(r#"{"text": "Dos"}"#), 11, "line 2: missing memory_id");
    refused(&update(r#"{"memory_id": "2"}"#), 11, "line 2: missing text or metadata");
    refused(&bench.run(&["memory", "update", "--from", "missing.jsonl"]), 11, "cannot read missing.jsonl");
    write(&bench, "empty.jsonl", "\n");
    refused(&bench.run(&["memory", "update", "--from", "empty.jsonl"]), 11, "empty.jsonl is empty");
    assert_eq!(bench.json(&["memory", "get", &id])["memory"], "One");
}

#[test]
fn reports_the_done_and_failed_parts() {
    let bench = Bench::new();
    let (org_id, project_id) = (bench.platform.org_id(), bench.platform.project_id());
    let memories = (1..=1500).map(|cup| mem0_local::NewMemory::new(format!("Cup {cup}")).user("alice"));
    bench.platform.load_memories(org_id, project_id, memories).unwrap();
    let ids = bench.run(&["memory", "list", "-u", "alice", "-o", "jsonl", "--page-size", "200"]);
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
    let ids: Vec<String> = ids.stdout.lines().map(id).collect();
    write(&bench, "ids.txt", &ids.join("\n"));

    // The first request passes, and the second one does not.
    bench.platform.fail_next(Operation::BatchDeleteMemories, Fault::delay(std::time::Duration::ZERO));
    bench.platform.fail_next(Operation::BatchDeleteMemories, Fault::status(400).times(9));
    let ran = bench.run(&["memory", "delete", "--from", "ids.txt", "--yes", "-o", "json"]);
    assert_eq!(ran.code, 9, "{}", ran.stderr);
    assert!(ran.stderr.contains("1000 of 1500 memories deleted: "), "{}", ran.stderr);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["deleted"], 1000);
    assert_eq!(
        told["failed"][0]["ids"].as_array().unwrap()[..],
        ids[1000..].iter().map(|id| json!(id)).collect::<Vec<_>>()
    );
    bench.platform.clear_faults();
    assert_eq!(
        bench.json(&["memory", "list", "-u", "alice", "--page-size", "200"]).as_array().unwrap().len(),
        500
    );
}

#[test]
fn deletes_one_memory_after_confirmation() {
    let bench = Bench::new();
    let id = kept(&bench, "I love tea", "alice");
    refused(&bench.run(&["memory", "delete", &id]), 8, "stdin is not a terminal; pass --yes");
    let shown = bench.run(&["memory", "delete", &id, "--dry-run"]);
    assert_eq!(shown.stdout, format!("DELETE /v1/memories/{id}/\n"));
    assert_eq!(count(&bench, "alice"), 1);
    let deleted = bench.run(&["memory", "delete", &id, "--yes"]);
    assert_eq!((deleted.code, deleted.stdout.as_str()), (0, ""));
    assert_eq!(deleted.stderr, format!("Deleted memory {id}.\n"));
    assert_eq!(bench.run(&["memory", "delete", &id, "--yes"]).code, 5);
    assert_eq!(bench.run(&["memory", "get", &id]).code, 5);
}

#[test]
fn deletes_many_memories_in_one_request() {
    let bench = Bench::new();
    let ids = ["One", "Two", "Three", "Four", "Five"].map(|text| kept(&bench, text, "alice"));
    bench.platform.clear_request_log();
    let deleted = bench.json(&["memory", "delete", &ids[0], &ids[1], "--yes"]);
    assert_eq!(deleted, json!({"deleted": 2}));
    let mut piped = bench.command();
    let ran = ran(piped
        .args(["memory", "delete", "--from", "-", "-y"])
        .write_stdin(format!("{}\n{}\n", ids[2], ids[3])));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let operations: Vec<_> =
        bench.platform.request_log().into_iter().filter_map(|entry| entry.operation).collect();
    assert_eq!(operations, [Operation::BatchDeleteMemories; 2]);
    assert_eq!(count(&bench, "alice"), 1);
    write(&bench, "none.txt", "");
    refused(&bench.run(&["memory", "delete", "--from", "none.txt", "-y"]), 11, "none.txt is empty");
}

#[test]
fn deletes_linked_memories() {
    let bench = Bench::new();
    let ids = ["One", "Two"].map(|text| kept(&bench, text, "alice"));
    let deleted = bench.json(&["memory", "delete", &ids[0], &ids[1], "--linked", "--yes"]);
    assert_eq!(deleted, json!({"deleted": 2, "cascade_count": 0}));
    let requests = bench.platform.request_log();
    assert!(requests.last().unwrap().query.contains(&("delete_linked".to_owned(), "true".to_owned())));

    let left = kept(&bench, "Three", "alice");
    let ran = bench.run(&["memory", "delete", &left, &ids[0], "--linked", "--yes"]);
    refused(&ran, 9, "1 of 2 memories deleted: ");
    let left = kept(&bench, "Four", "alice");
    let ran =
        bench.run(&["memory", "delete", &left, &ids[0], &ids[1], "--linked", "--yes", "--output", "json"]);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &told["deleted"]), (9, &json!(1)), "{told}");
    assert_eq!(told["failed"][0]["ids"], json!([ids[0]]));
    assert_eq!(
        told["failed"][1],
        json!({"ids": [ids[1]], "error": "not sent because a previous request failed"})
    );
    assert_eq!(bench.run(&["memory", "delete", &ids[0], "--linked", "--yes"]).code, 5);
}

#[test]
fn deletes_all_memories_of_an_owner() {
    let bench = Bench::new();
    for (text, user) in [("One", "alice"), ("Two", "alice"), ("Three", "bob")] {
        kept(&bench, text, user);
    }
    bench.json(&["memory", "add", "Four", "-u", "alice", "--no-infer", "-m", "plan=pro"]);
    refused(
        &bench.run(&["memory", "delete", "--all", "-u", "alice"]),
        8,
        "Delete all memories of user alice?",
    );
    refused(&bench.run(&["memory", "delete", "--all", "-y"]), 2, "missing owner");
    refused(&bench.run(&["memory", "delete", "--all", "-u", "", "-y"]), 2, "empty");
    let shown = bench.run(&["memory", "delete", "--all", "-u", "alice", "--run-id", "7", "--dry-run"]);
    assert_eq!(shown.stdout, "DELETE /v1/memories/?user_id=alice&run_id=7\n");

    let deleted =
        bench.json(&["memory", "delete", "--all", "-u", "alice", "-m", "plan=pro", "--yes", "--wait"]);
    assert_eq!(deleted["status"], "SUCCEEDED");
    assert_eq!(count(&bench, "alice"), 2);
    let deleted = bench.run(&["memory", "delete", "--all", "-u", "alice", "--yes"]);
    assert!(deleted.stderr.contains("mem0ctl event wait "), "{}", deleted.stderr);
    assert_eq!((count(&bench, "alice"), count(&bench, "bob")), (0, 1));

    refused(
        &bench.run(&["memory", "delete", "--everything"]),
        8,
        "Delete all memories of project \"default-project\" (proj_",
    );
    assert_eq!(bench.run(&["memory", "delete", "--everything", "--yes", "--wait"]).code, 0);
    assert_eq!(count(&bench, "bob"), 0);
}

#[test]
fn rejects_conflicting_arguments() {
    let bench = Bench::new();
    for arguments in [
        &["memory", "delete"][..],
        &["memory", "delete", "1", "--all", "-u", "alice"],
        &["memory", "delete", "1", "--from", "ids.txt"],
        &["memory", "delete", "--all", "--everything"],
        &["memory", "delete", "--everything", "-u", "alice"],
        &["memory", "delete", "--all", "--linked", "-u", "alice"],
        &["memory", "delete", "1", "-u", "alice", "-y"],
        &["memory", "delete", "1", "--wait", "-y"],
        &["memory", "update", "1", "--from", "changes.jsonl"],
        &["memory", "add", "Tea", "--messages", "[]", "-u", "alice"],
    ] {
        let ran = bench.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {}", ran.stderr);
    }
    assert!(bench.platform.request_log().is_empty());
}
