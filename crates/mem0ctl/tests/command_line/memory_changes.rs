//! `memory update` and `memory delete`.

use mem0_local::{Fault, Operation};
use serde_json::{Value, json};

use crate::memory::add_memory;
use crate::test_env::{CommandOutput, TestEnv, output_of};

fn count(env: &TestEnv, user: &str) -> usize {
    env.json(&["memory", "list", "-u", user]).as_array().unwrap().len()
}

fn write(env: &TestEnv, name: &str, text: &str) {
    std::fs::write(env.folder.path().join(name), text).unwrap();
}

fn refused(output: &CommandOutput, code: i32, words: &str) {
    assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{}", output.stderr);
    assert!(output.stderr.contains(words), "{}", output.stderr);
}

#[test]
fn updates_one_memory() {
    let env = TestEnv::new();
    let id = add_memory(&env, "I love tea", "alice");
    let changed =
        env.run(&["memory", "update", &id, "I love green tea", "-m", "plan=pro", "--expires", "2030-01-31"]);
    assert_eq!(changed.code, 0, "{}", changed.stderr);
    for expected in ["I love green tea", r#"{"plan":"pro"}"#, "2030-01-31"] {
        assert!(changed.stdout.contains(expected), "{}", changed.stdout);
    }
    let changed = env.json(&["memory", "update", &id, "--expires", "never"]);
    assert_eq!((changed.get("expiration_date"), &changed["memory"]), (None, &json!("I love green tea")));
    env.json(&["memory", "update", &id, "--timestamp", "1700000000"]);
    let requests = env.platform.request_log();
    assert_eq!(requests.last().unwrap().body, Some(json!({"timestamp": 1_700_000_000})));

    let mut piped = env.command();
    let piped = output_of(piped.args(["memory", "update", &id, "-o", "json"]).write_stdin("From stdin\n"));
    assert_eq!(serde_json::from_str::<Value>(&piped.stdout).unwrap()["memory"], "From stdin");
    let output = env.json(&["memory", "update", &id, "Something else", "--dry-run"]);
    assert_eq!(output["requests"][0]["body"], json!({"text": "Something else"}));
    assert_eq!(env.json(&["memory", "get", &id])["memory"], "From stdin");

    refused(&env.run(&["memory", "update", &id]), 2, "missing new text");
    refused(&env.run(&["memory", "update", &id, "--expires", "soon"]), 2, "YYYY-MM-DD");
    refused(&env.run(&["memory", "update", &id, "--timestamp", "soon"]), 2, "2026-01-31");
    assert_eq!(env.run(&["memory", "update"]).code, 2);
}

#[test]
fn updates_memories_from_a_file() {
    let env = TestEnv::new();
    let ids = ["One", "Two", "Three"].map(|text| add_memory(&env, text, "alice"));
    let lines = format!(
        "{}\n\n{}\n{}\n",
        json!({"memory_id": ids[0], "text": "Uno"}),
        json!({"id": ids[1], "memory": "Dos", "score": 0.5}),
        json!({"memory_id": ids[2], "metadata": {"number": 3}}),
    );
    write(&env, "changes.jsonl", &lines);
    let output = env.json(&["memory", "update", "--from", "changes.jsonl", "--dry-run"]);
    assert_eq!(output["requests"][0]["body"]["memories"][1], json!({"memory_id": ids[1], "text": "Dos"}));
    let changed = env.run(&["memory", "update", "--from", "changes.jsonl"]);
    assert_eq!((changed.code, changed.stdout.as_str()), (0, ""), "{}", changed.stderr);
    assert!(changed.stderr.contains("Updated 3 memories."), "{}", changed.stderr);
    assert_eq!(env.json(&["memory", "get", &ids[0]])["memory"], "Uno");
    assert_eq!(env.json(&["memory", "get", &ids[1]])["memory"], "Dos");
    assert_eq!(env.json(&["memory", "get", &ids[2]])["metadata"], json!({"number": 3}));
    let mut piped = env.command();
    let piped = output_of(piped.args(["memory", "update", "--from", "-", "-o", "json"]).write_stdin(lines));
    assert_eq!(piped.stdout, "{\"updated\":3}\n", "{}", piped.stderr);
}

#[test]
fn an_invalid_line_is_reported_and_nothing_is_sent() {
    let env = TestEnv::new();
    let id = add_memory(&env, "One", "alice");
    let valid = json!({"memory_id": id, "text": "Uno"}).to_string();
    let update = |broken: &str| {
        write(&env, "changes.jsonl", &format!("{valid}\n{broken}\n"));
        env.run(&["memory", "update", "--from", "changes.jsonl"])
    };
    refused(&update("{\"memory_id\""), 11, "changes.jsonl, line 2: invalid JSON");
    refused(&update("[1]"), 11, "line 2: not a JSON object");
    refused(&update(r#"{"text": "Dos"}"#), 11, "line 2: missing memory_id");
    refused(&update(r#"{"memory_id": "2"}"#), 11, "line 2: missing text or metadata");
    refused(&env.run(&["memory", "update", "--from", "missing.jsonl"]), 11, "cannot read missing.jsonl");
    write(&env, "empty.jsonl", "\n");
    refused(&env.run(&["memory", "update", "--from", "empty.jsonl"]), 11, "empty.jsonl is empty");
    assert_eq!(env.json(&["memory", "get", &id])["memory"], "One");
}

#[test]
fn reports_the_done_and_failed_parts() {
    let env = TestEnv::new();
    let (org_id, project_id) = (env.platform.org_id(), env.platform.project_id());
    let memories = (1..=1500).map(|cup| mem0_local::NewMemory::new(format!("Cup {cup}")).user("alice"));
    env.platform.load_memories(org_id, project_id, memories).unwrap();
    let ids = env.run(&["memory", "list", "-u", "alice", "-o", "jsonl", "--page-size", "200"]);
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
    let ids: Vec<String> = ids.stdout.lines().map(id).collect();
    write(&env, "ids.txt", &ids.join("\n"));

    // The first request succeeds and the second one fails.
    env.platform.fail_next(Operation::BatchDeleteMemories, Fault::delay(std::time::Duration::ZERO));
    env.platform.fail_next(Operation::BatchDeleteMemories, Fault::status(400).times(9));
    let output = env.run(&["memory", "delete", "--from", "ids.txt", "--yes", "-o", "json"]);
    assert_eq!(output.code, 9, "{}", output.stderr);
    assert!(output.stderr.contains("1000 of 1500 memories deleted: "), "{}", output.stderr);
    let result: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(result["deleted"], 1000);
    assert_eq!(
        result["failed"][0]["ids"].as_array().unwrap()[..],
        ids[1000..].iter().map(|id| json!(id)).collect::<Vec<_>>()
    );
    env.platform.clear_faults();
    assert_eq!(
        env.json(&["memory", "list", "-u", "alice", "--page-size", "200"]).as_array().unwrap().len(),
        500
    );
}

#[test]
fn deletes_one_memory_after_confirmation() {
    let env = TestEnv::new();
    let id = add_memory(&env, "I love tea", "alice");
    refused(&env.run(&["memory", "delete", &id]), 8, "stdin is not a terminal; pass --yes");
    let output = env.run(&["memory", "delete", &id, "--dry-run"]);
    assert_eq!(output.stdout, format!("DELETE /v1/memories/{id}/\n"));
    assert_eq!(count(&env, "alice"), 1);
    let deleted = env.run(&["memory", "delete", &id, "--yes"]);
    assert_eq!((deleted.code, deleted.stdout.as_str()), (0, ""));
    assert_eq!(deleted.stderr, format!("Deleted memory {id}.\n"));
    assert_eq!(env.run(&["memory", "delete", &id, "--yes"]).code, 5);
    assert_eq!(env.run(&["memory", "get", &id]).code, 5);
}

#[test]
fn deletes_many_memories_in_one_request() {
    let env = TestEnv::new();
    let ids = ["One", "Two", "Three", "Four", "Five"].map(|text| add_memory(&env, text, "alice"));
    env.platform.clear_request_log();
    let deleted = env.json(&["memory", "delete", &ids[0], &ids[1], "--yes"]);
    assert_eq!(deleted, json!({"deleted": 2}));
    let mut piped = env.command();
    let output = output_of(
        piped
            .args(["memory", "delete", "--from", "-", "-y"])
            .write_stdin(format!("{}\n{}\n", ids[2], ids[3])),
    );
    assert_eq!(output.code, 0, "{}", output.stderr);
    let operations: Vec<_> =
        env.platform.request_log().into_iter().filter_map(|entry| entry.operation).collect();
    assert_eq!(operations, [Operation::BatchDeleteMemories; 2]);
    assert_eq!(count(&env, "alice"), 1);
    write(&env, "none.txt", "");
    refused(&env.run(&["memory", "delete", "--from", "none.txt", "-y"]), 11, "none.txt is empty");
}

#[test]
fn deletes_linked_memories() {
    let env = TestEnv::new();
    let ids = ["One", "Two"].map(|text| add_memory(&env, text, "alice"));
    let deleted = env.json(&["memory", "delete", &ids[0], &ids[1], "--linked", "--yes"]);
    assert_eq!(deleted, json!({"deleted": 2, "cascade_count": 0}));
    let requests = env.platform.request_log();
    assert!(requests.last().unwrap().query.contains(&("delete_linked".to_owned(), "true".to_owned())));

    let left = add_memory(&env, "Three", "alice");
    let output = env.run(&["memory", "delete", &left, &ids[0], "--linked", "--yes"]);
    refused(&output, 9, "1 of 2 memories deleted: ");
    let left = add_memory(&env, "Four", "alice");
    let output =
        env.run(&["memory", "delete", &left, &ids[0], &ids[1], "--linked", "--yes", "--output", "json"]);
    let result: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, &result["deleted"]), (9, &json!(1)), "{result}");
    assert_eq!(result["failed"][0]["ids"], json!([ids[0]]));
    assert_eq!(
        result["failed"][1],
        json!({"ids": [ids[1]], "error": "not sent because a previous request failed"})
    );
    assert_eq!(env.run(&["memory", "delete", &ids[0], "--linked", "--yes"]).code, 5);
}

#[test]
fn deletes_all_memories_of_an_owner() {
    let env = TestEnv::new();
    for (text, user) in [("One", "alice"), ("Two", "alice"), ("Three", "bob")] {
        add_memory(&env, text, user);
    }
    env.json(&["memory", "add", "Four", "-u", "alice", "--no-infer", "-m", "plan=pro"]);
    refused(&env.run(&["memory", "delete", "--all", "-u", "alice"]), 8, "Delete all memories of user alice?");
    refused(&env.run(&["memory", "delete", "--all", "-y"]), 2, "missing owner");
    refused(&env.run(&["memory", "delete", "--all", "-u", "", "-y"]), 2, "empty");
    let output = env.run(&["memory", "delete", "--all", "-u", "alice", "--run-id", "7", "--dry-run"]);
    assert_eq!(output.stdout, "DELETE /v1/memories/?user_id=alice&run_id=7\n");

    let deleted =
        env.json(&["memory", "delete", "--all", "-u", "alice", "-m", "plan=pro", "--yes", "--wait"]);
    assert_eq!(deleted["status"], "SUCCEEDED");
    assert_eq!(count(&env, "alice"), 2);
    let deleted = env.run(&["memory", "delete", "--all", "-u", "alice", "--yes"]);
    assert!(deleted.stderr.contains("mem0ctl event wait "), "{}", deleted.stderr);
    assert_eq!((count(&env, "alice"), count(&env, "bob")), (0, 1));

    refused(
        &env.run(&["memory", "delete", "--everything"]),
        8,
        "Delete all memories of project \"default-project\" (proj_",
    );
    assert_eq!(env.run(&["memory", "delete", "--everything", "--yes", "--wait"]).code, 0);
    assert_eq!(count(&env, "bob"), 0);
}

#[test]
fn rejects_conflicting_arguments() {
    let env = TestEnv::new();
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
        let output = env.run(arguments);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{arguments:?}: {}", output.stderr);
    }
    assert!(env.platform.request_log().is_empty());
}
