//! `memory add`, `search`, `list` and `get`.

use mem0_local::{Completion, LocalPlatform};
use serde_json::{Value, json};

use crate::test_env::{CommandOutput, TestEnv, output_of};

/// Adds a memory without inference and returns its ID.
pub(crate) fn add_memory(env: &TestEnv, text: &str, user: &str) -> String {
    let added = env.json(&["memory", "add", text, "--user-id", user, "--no-infer"]);
    added["results"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn filters_must_be_objects() {
    let env = TestEnv::new();
    for filter in ["[1]", "[]", "\"alice\"", "null", "3"] {
        for verb in [&["list"][..], &["search", "tea"], &["export"], &["summary"]] {
            let arguments = [&["memory"], verb, &["--filter", filter, "--yes"]].concat();
            for dry_run in [&[][..], &["--dry-run"]] {
                let refused = env.run(&[&arguments[..], dry_run].concat());
                assert_eq!(
                    (refused.code, refused.stdout.as_str()),
                    (2, ""),
                    "{arguments:?}: {}",
                    refused.stderr
                );
                assert!(refused.stderr.contains("--filter is not a JSON object"), "{}", refused.stderr);
            }
        }
    }
}

/// Texts of a list.
fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|memory| memory["memory"].as_str().unwrap()).collect()
}

/// Body of the last request that has one.
fn last_body(env: &TestEnv) -> Value {
    env.platform.request_log().into_iter().rev().find_map(|entry| entry.body).unwrap()
}

fn refused(output: &CommandOutput, code: i32, words: &str) {
    assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{}", output.stderr);
    assert!(output.stderr.contains(words), "{}", output.stderr);
}

#[test]
fn adds_text_immediately_or_in_the_background() {
    let env = TestEnv::new();
    let add_memory = env.run(&["memory", "add", "I love green tea", "-u", "alice", "--no-infer"]);
    assert_eq!(add_memory.code, 0, "{}", add_memory.stderr);
    let lines: Vec<&str> = add_memory.stdout.lines().collect();
    assert!(lines[0].starts_with("ID ") && lines[1].ends_with("ADD    I love green tea"), "{lines:?}");

    let pending = env.run(&["memory", "add", "I am vegetarian", "-u", "alice"]);
    assert!(pending.stdout.contains("PENDING"), "{}", pending.stdout);
    assert!(pending.stderr.contains("mem0ctl event wait "), "{}", pending.stderr);
    let pending = env.json(&["memory", "add", "I live in Lisbon", "-u", "alice"]);
    assert_eq!(pending["status"], "PENDING");
    let event_id = pending["event_id"].as_str().unwrap();
    assert_eq!(env.json(&["event", "wait", event_id])["status"], "SUCCEEDED");

    let waited = env.json(&["memory", "add", "I play chess", "-u", "alice", "--wait"]);
    assert_eq!(waited["results"][0]["memory"], "I play chess");
    assert_eq!(waited["status"], "SUCCEEDED");
}

#[test]
fn sends_every_option() {
    let env = TestEnv::new();
    std::fs::write(env.folder.path().join("instructions.md"), "Heed allergies.\n").unwrap();
    let added = env.run(&[
        "memory",
        "add",
        "Allergic to nuts",
        "--role",
        "assistant",
        "--user-id",
        "alice",
        "--agent-id",
        "butler",
        "--app-id",
        "kiosk",
        "--run-id",
        "7",
        "--metadata",
        "plan=pro",
        "-m",
        "seats=3",
        "-m",
        r#"{"deep":{"a":1}}"#,
        "--expires",
        "2030-01-31",
        "--timestamp",
        "2026-01-31T09:30:00Z",
        "--timezone",
        "Europe/Lisbon",
        "--category",
        "health=What concerns the body",
        "--instructions",
        "@instructions.md",
        "--agent-instructions",
        "Be brief",
        "--includes",
        "food",
        "--excludes",
        "names",
        "--immutable",
        "--set",
        "temporal_reasoning=true",
        "--dry-run",
        "--output",
        "json",
    ]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    let output: Value = serde_json::from_str(&added.stdout).unwrap();
    assert_eq!(
        output["requests"][0],
        json!({
            "method": "POST", "path": "/v3/memories/add/", "query": null,
            "body": {
                "messages": [{"role": "assistant", "content": "Allergic to nuts"}],
                "user_id": "alice", "agent_id": "butler", "app_id": "kiosk", "run_id": "7",
                "metadata": {"plan": "pro", "seats": 3, "deep": {"a": 1}},
                "expiration_date": "2030-01-31", "timestamp": 1_769_851_800, "timezone": "Europe/Lisbon",
                "custom_categories": [{"health": "What concerns the body"}],
                "custom_instructions": "Heed allergies.", "agent_custom_instructions": "Be brief",
                "includes": "food", "excludes": "names", "immutable": true, "temporal_reasoning": true,
            },
        })
    );
    assert!(env.platform.request_log().is_empty(), "a dry run sends nothing");
}

#[test]
fn reads_text_from_stdin_a_file_or_an_escaped_argument() {
    let env = TestEnv::new();
    std::fs::write(env.folder.path().join("notes.txt"), "From a file").unwrap();
    let add = |arguments: &[&str], stdin: &str| {
        let mut command = env.command();
        command.args(["memory", "add", "-u", "alice", "--no-infer"]).args(arguments);
        let output = output_of(command.write_stdin(stdin));
        assert_eq!(output.code, 0, "{}", output.stderr);
        last_body(&env)["messages"][0]["content"].as_str().unwrap().to_owned()
    };
    assert_eq!(add(&["-"], "From stdin\n"), "From stdin");
    assert_eq!(add(&[], "Piped\nin\n"), "Piped\nin");
    assert_eq!(add(&["@notes.txt"], ""), "From a file");
    assert_eq!(add(&["@@alice likes tea"], ""), "@alice likes tea");
}

#[test]
fn adds_a_conversation() {
    let env = TestEnv::new();
    let talk = json!([
        {"role": "user", "content": "I like tea", "name": "alice"},
        {"role": "assistant", "content": "Noted"},
        {"role": "user", "content": {"type": "image_url", "image_url": {"url": "https://example.com/tea.jpg"}}},
    ]);
    std::fs::write(env.folder.path().join("talk.json"), talk.to_string()).unwrap();
    for source in [vec!["--messages", "@talk.json"], vec!["--file", "talk.json"]] {
        let arguments = [vec!["memory", "add", "-u", "alice"], source].concat();
        assert_eq!(env.run(&arguments).code, 0);
        assert_eq!(last_body(&env)["messages"], talk);
    }
    let arguments = ["memory", "add", "-u", "alice", "--messages", r#"{"role":"user","content":"One"}"#];
    assert_eq!(env.run(&arguments).code, 0);
    assert_eq!(last_body(&env)["messages"], json!([{"role": "user", "content": "One"}]));

    std::fs::write(env.folder.path().join("broken.json"), "[{\n\"role\"").unwrap();
    let add = |messages| env.run(&["memory", "add", "-u", "alice", "--messages", messages]);
    refused(&add("@broken.json"), 11, "broken.json is not valid JSON: EOF while parsing an object at line 2");
    refused(&add("@missing.json"), 11, "cannot read missing.json");
    refused(&add("[{"), 2, "--messages is not valid JSON");
    refused(&add(r#"[{"role": "user"}]"#), 2, "has no role or content");
}

#[test]
fn the_owner_comes_from_options_or_the_environment() {
    let env = TestEnv::new();
    let add = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = env.command();
        command.envs(variables.iter().copied()).args(["memory", "add", "Tea", "--no-infer"]).args(arguments);
        output_of(&mut command)
    };
    let variables = [("MEM0_USER_ID", "bob"), ("MEM0_RUN_ID", "7"), ("MEM0_APP_ID", " ")];
    assert_eq!(add(&variables, &[]).code, 0);
    let body = last_body(&env);
    assert_eq!((&body["user_id"], &body["run_id"]), (&json!("bob"), &json!("7")));
    assert_eq!(body.get("app_id"), None, "an empty variable is none");
    // An option overrides all owner variables, not only its own.
    assert_eq!(add(&variables, &["--agent-id", "butler"]).code, 0);
    let body = last_body(&env);
    assert_eq!((body.get("user_id"), &body["agent_id"]), (None, &json!("butler")));
    refused(&add(&[], &[]), 2, "--user-id, --agent-id, --app-id or --run-id");
}

#[test]
fn search_sorts_by_score() {
    let env = TestEnv::new();
    for text in ["I love green tea", "I love coffee", "I play chess"] {
        add_memory(&env, text, "alice");
    }
    add_memory(&env, "Tea is for others", "bob");
    let table = env.run(&["memory", "search", "green tea", "-u", "alice"]);
    assert_eq!(table.code, 0, "{}", table.stderr);
    let lines: Vec<&str> = table.stdout.lines().collect();
    assert!(lines[0].starts_with("ID ") && lines[0].contains("SCORE"), "{lines:?}");
    assert!(lines[1].contains("I love green tea"), "{lines:?}");
    let found = env.json(&["memory", "search", "tea", "-u", "*", "--threshold", "0"]);
    assert!(texts(&found).contains(&"Tea is for others"), "{found}");
    assert!(found[0]["score"].as_f64().unwrap() > 0.0);
    let one = env.run(&["memory", "search", "love", "-u", "alice", "--limit", "1", "-o", "jsonl"]);
    assert_eq!(one.stdout.lines().count(), 1, "{}", one.stdout);
    assert_eq!(env.json(&["memory", "search", "zebra", "-u", "alice"]), json!([]));

    let arguments = [
        "memory",
        "search",
        "tea",
        "-u",
        "alice",
        "-k",
        "3",
        "--threshold",
        "0.5",
        "--rerank",
        "--keyword",
        "--fields",
        "id,memory",
        "--show-expired",
        "--latest-only",
        "--reference-date",
        "2026-01-31",
    ];
    env.run(&arguments);
    assert_eq!(
        last_body(&env),
        json!({
            "query": "tea", "filters": {"user_id": "alice"}, "top_k": 3, "threshold": 0.5, "rerank": true,
            "keyword_search": true, "fields": ["id", "memory"], "show_expired": true, "latest_only": true,
            "reference_date": "2026-01-31",
        })
    );
    refused(&env.run(&["memory", "search", "tea", "-u", "alice", "-k", "0"]), 2, "top_k");
    let mut piped = env.command();
    let piped =
        output_of(piped.args(["memory", "search", "-u", "alice", "-o", "json"]).write_stdin("chess\n"));
    let piped: Value = serde_json::from_str(&piped.stdout).unwrap();
    assert_eq!(texts(&piped), ["I play chess"]);
}

#[test]
fn filters_are_combined() {
    let env = TestEnv::new();
    std::fs::write(env.folder.path().join("filter.json"), r#"{"user_id": "alice"}"#).unwrap();
    let sent = |arguments: &[&str]| {
        let output = env.run(&[&["memory", "list"], arguments].concat());
        assert_eq!(output.code, 0, "{}", output.stderr);
        last_body(&env)["filters"].clone()
    };
    assert_eq!(sent(&["-u", "alice"]), json!({"user_id": "alice"}));
    assert_eq!(sent(&["--filter", "@filter.json"]), json!({"user_id": "alice"}));
    assert_eq!(
        sent(&["-u", "alice", "--run-id", "7", "--category", "food", "--category", "travel"]),
        json!({"AND": [{"user_id": "alice"}, {"run_id": "7"}, {"categories": {"in": ["food", "travel"]}}]})
    );
    assert_eq!(
        sent(&["-u", "*", "-m", "seats=3", "--since", "2026-01-01", "--until", "2026-02-01"]),
        json!({"AND": [
            {"user_id": "*"}, {"metadata": {"seats": 3}},
            {"created_at": {"gte": "2026-01-01"}}, {"created_at": {"lt": "2026-02-02"}},
        ]})
    );
    assert_eq!(
        sent(&["-u", "alice", "--until", "2026-02-01T12:00:00Z"]),
        json!({"AND": [{"user_id": "alice"}, {"created_at": {"lte": "2026-02-01T12:00:00Z"}}]})
    );
    assert_eq!(
        sent(&[
            "--agent-id",
            "butler",
            "--filter",
            r#"{"NOT": {"app_id": "kiosk"}}"#,
            "--after",
            "2026-01-01"
        ]),
        json!({"AND": [
            {"agent_id": "butler"}, {"NOT": {"app_id": "kiosk"}}, {"created_at": {"gte": "2026-01-01"}},
        ]})
    );
    let list = |arguments: &[&str]| env.run(&[&["memory", "list"], arguments].concat());
    // Without an owner, all memories of the project are listed.
    assert_eq!(list(&[]).code, 0);
    let filters = last_body(&env)["filters"].to_string();
    for owner in ["user_id", "agent_id", "app_id", "run_id"] {
        assert!(filters.contains(&format!(r#"{{"{owner}":"*"}}"#)), "{filters}");
    }
    assert_eq!(list(&["--filter", r#"{"categories": {"in": ["food"]}}"#]).code, 0);
    refused(&env.run(&["memory", "summary"]), 2, "missing owner");
    refused(&list(&["--filter", "{"]), 2, "--filter is not valid JSON");
    refused(&list(&["-u", "alice", "--since", "yesterday"]), 2, "2026-01-31");
    refused(&list(&["-u", ""]), 2, "empty");
}

#[test]
fn a_filter_with_an_owner_overrides_the_environment() {
    let env = TestEnv::new();
    let sent = |filter: &str| {
        let mut command = env.command();
        let output =
            output_of(command.env("MEM0_USER_ID", "bob").args(["memory", "list", "--filter", filter]));
        assert_eq!(output.code, 0, "{}", output.stderr);
        last_body(&env)["filters"].clone()
    };
    assert_eq!(sent(r#"{"user_id": "alice"}"#), json!({"user_id": "alice"}));
    let food = json!({"categories": {"in": ["food"]}});
    assert_eq!(sent(&food.to_string()), json!({"AND": [{"user_id": "bob"}, food]}));
}

#[test]
fn lists_are_paginated_and_limited() {
    let env = TestEnv::new();
    let (org_id, project_id) = (env.platform.org_id(), env.platform.project_id());
    let memories = (1..=250).map(|cup| mem0_local::NewMemory::new(format!("Cup {cup}")).user("alice"));
    env.platform.load_memories(org_id, project_id, memories).unwrap();
    let requests = || {
        let count = env.platform.request_log().len();
        env.platform.clear_request_log();
        count
    };
    let all = env.run(&["memory", "list", "-u", "alice", "--output", "jsonl"]);
    assert_eq!((all.stdout.lines().count(), requests()), (250, 3));
    let all = env.run(&["memory", "list", "-u", "alice", "--page-size", "200", "--output", "jsonl"]);
    assert_eq!((all.stdout.lines().count(), requests()), (250, 2));
    assert_eq!(env.json(&["memory", "list", "-u", "alice", "--limit", "120"]).as_array().unwrap().len(), 120);
    assert_eq!(requests(), 2);
    assert_eq!(env.json(&["memory", "list", "-u", "alice", "--limit", "3"]).as_array().unwrap().len(), 3);
    let size = ("page_size".to_owned(), "3".to_owned());
    assert!(env.platform.request_log()[0].query.contains(&size), "the page size is the limit");
    let page = env.json(&["memory", "list", "-u", "alice", "--page", "3", "--page-size", "110"]);
    assert_eq!(page.as_array().unwrap().len(), 30);
    let of_entity = env.run(&["memory", "list", "--entity", "user/alice", "--output", "jsonl"]);
    assert_eq!(of_entity.stdout.lines().count(), 250);
    assert_eq!(env.run(&["memory", "list", "--entity", "user/alice", "-u", "alice"]).code, 2);
    assert_eq!(env.run(&["memory", "list", "--entity", "robot/alice"]).code, 2);
    assert_eq!(env.run(&["memory", "list", "-u", "alice", "--page-size", "201"]).code, 2);
    assert_eq!(env.run(&["memory", "list", "-u", "alice", "--limit", "0"]).code, 2);
}

#[test]
fn prints_the_items_before_a_failure() {
    let env = TestEnv::new();
    let (org_id, project_id) = (env.platform.org_id(), env.platform.project_id());
    let memories = (1..=3).map(|cup| mem0_local::NewMemory::new(format!("Cup {cup}")).user("alice"));
    env.platform.load_memories(org_id, project_id, memories).unwrap();
    let route = mem0_local::Operation::ListMemories;
    // The first page succeeds.
    env.platform.fail_next(route, mem0_local::Fault::delay(std::time::Duration::ZERO));
    env.platform.fail_next(route, mem0_local::Fault::status(500).header("Retry-After", "0").times(9));
    let output = env.run(&["memory", "list", "-u", "alice", "--page-size", "2", "--output", "jsonl"]);
    assert_eq!((output.code, output.stdout.lines().count()), (12, 2), "{}", output.stderr);
}

#[test]
fn shows_a_memory_and_its_history() {
    let env = TestEnv::new();
    let id = add_memory(&env, "I love tea", "alice");
    let output = env.run(&["memory", "get", &id]);
    for expected in [id.as_str(), "I love tea", "alice", "active"] {
        assert!(output.stdout.contains(expected), "{}", output.stdout);
    }
    assert_eq!(env.json(&["memory", "get", &id])["memory"], "I love tea");
    env.run(&["memory", "update", &id, "I love green tea"]);
    let history = env.run(&["memory", "history", &id]);
    let lines: Vec<&str> = history.stdout.lines().collect();
    assert!(lines[0].starts_with("WHEN ") && lines[0].contains("AFTER"), "{lines:?}");
    assert!(lines[2].contains("UPDATE") && lines[2].ends_with("I love green tea"), "{lines:?}");
    assert_eq!(env.json(&["memory", "history", &id])[1]["old_memory"], "I love tea");
    let changes = env.json(&["memory", "changes", "--limit", "1"]);
    assert_eq!((changes.as_array().unwrap().len(), &changes[0]["event"]), (1, &json!("UPDATE")));
    let changes = env.run(&["memory", "changes", "--page-size", "1", "--output", "jsonl"]);
    assert_eq!(changes.stdout.lines().count(), 2, "{}", changes.stdout);
}

#[test]
fn waiting_times_out() {
    let platform = LocalPlatform::builder().completion(Completion::Manual).start().unwrap();
    let env = TestEnv { platform, folder: tempfile::tempdir().unwrap() };
    let timed_out = env.run(&["memory", "add", "Tea", "-u", "alice", "--wait", "--for", "0"]);
    refused(&timed_out, 7, "wait for it again");
    assert_eq!(env.run(&["memory", "add", "Tea", "-u", "alice", "--for", "5"]).code, 2, "--for needs --wait");
}

#[test]
fn rates_a_memory() {
    let env = TestEnv::new();
    let id = add_memory(&env, "I love tea", "alice");
    let given = env.json(&["memory", "feedback", &id, "very-negative", "--reason", "Coffee!"]);
    assert_eq!((&given["feedback"], &given["feedback_reason"]), (&json!("VERY_NEGATIVE"), &json!("Coffee!")));
    let table = env.run(&["memory", "feedback", &id, "positive"]);
    assert!(table.stdout.contains("Feedback  POSITIVE"), "{}", table.stdout);
    assert_eq!(env.json(&["memory", "feedback", &id, "--remove"]).get("feedback"), None);
    assert_eq!(env.run(&["memory", "feedback", &id]).code, 2);
    let request_count = env.platform.request_log().len();
    let invalid = env.run(&["memory", "feedback", &id, "lovely"]);
    assert_eq!(invalid.code, 2, "{}", invalid.stderr);
    assert!(invalid.stderr.contains("positive, negative, very-negative"), "{}", invalid.stderr);
    assert_eq!(env.platform.request_log().len(), request_count, "no request is sent");
    assert_eq!(env.json(&["memory", "feedback", &id, "VERY_NEGATIVE"])["feedback"], "VERY_NEGATIVE");

    assert_eq!(env.json(&["memory", "stats"])["total_memories"], 1);
    assert!(env.run(&["memory", "stats"]).stdout.starts_with("Memories            1\n"));
    assert!(env.json(&["memory", "summary", "-u", "alice"])[0]["summary"].is_string());
    assert!(env.run(&["memory", "summary", "-u", "alice", "-o", "jsonl"]).stdout.contains("I love tea"));
}
