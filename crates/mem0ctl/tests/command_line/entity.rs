//! `entity` and user profiles.

use serde_json::{Value, json};

use crate::memory::add_memory;
use crate::test_env::TestEnv;

#[test]
fn lists_entities_by_kind() {
    let env = TestEnv::new();
    add_memory(&env, "Tea", "alice");
    add_memory(&env, "Tea", "bob");
    env.json(&["memory", "add", "Tea", "--agent-id", "butler", "--no-infer"]);
    let table = env.run(&["entity", "list"]);
    let lines: Vec<&str> = table.stdout.lines().collect();
    assert!(lines[0].starts_with("KIND ") && lines.len() == 4, "{lines:?}");
    for (kind, number) in [("users", 2), ("user", 2), ("agents", 1), ("apps", 0), ("runs", 0)] {
        assert_eq!(env.json(&["entity", "list", kind]).as_array().unwrap().len(), number, "{kind}");
    }
    assert_eq!(env.json(&["entity", "list", "users", "--limit", "1"]).as_array().unwrap().len(), 1);
    assert_eq!(env.run(&["entity", "list", "robots"]).code, 2);
    assert_eq!(env.json(&["entity", "filters"])["users"], json!(["bob", "alice"]));
    assert!(env.run(&["entity", "filters"]).stdout.contains("Users       bob, alice\n"));
}

#[test]
fn creates_shows_and_deletes_an_entity() {
    let env = TestEnv::new();
    let created = env.json(&["entity", "create", "agent/butler", "--name", "The butler", "-m", "plan=pro"]);
    assert_eq!((&created["agent_id"], &created["name"]), (&json!("butler"), &json!("The butler")));
    assert_eq!(created["metadata"], json!({"plan": "pro"}));
    for (flag, kind) in [("--user-id", "user"), ("--app-id", "app"), ("--run-id", "run")] {
        assert_eq!(env.json(&["entity", "create", flag, "one"])[format!("{kind}_id")], "one");
        assert_eq!(env.json(&["entity", "show", &format!("{kind}/one")])["name"], "one");
    }
    let output = env.run(&["entity", "show", "--agent-id", "butler"]);
    assert!(output.stdout.starts_with("Kind      agent\n"), "{}", output.stdout);

    let unconfirmed = env.run(&["entity", "delete", "user/one"]);
    assert_eq!(unconfirmed.code, 8);
    assert!(unconfirmed.stderr.contains("Delete user one and all its memories?"), "{}", unconfirmed.stderr);
    let output = env.run(&["entity", "delete", "user/one", "--dry-run"]);
    assert_eq!(output.stdout, "DELETE /v2/entities/user/one/\n");
    let deleted = env.json(&["entity", "delete", "--user-id", "one", "--yes", "--wait"]);
    assert_eq!(deleted["status"], "SUCCEEDED");
    assert_eq!(env.run(&["entity", "show", "user/one"]).code, 5);
}

#[test]
fn an_entity_is_named_once_and_not_by_the_environment() {
    let env = TestEnv::new();
    for arguments in [
        &["entity", "delete", "--yes"][..],
        &["entity", "delete", "alice", "--yes"],
        &["entity", "delete", "user/", "--yes"],
        &["entity", "delete", "robot/alice", "--yes"],
        &["entity", "delete", "user/alice", "--user-id", "alice", "--yes"],
        &["entity", "delete", "--user-id", "alice", "--agent-id", "butler", "--yes"],
        &["entity", "delete", "--user-id", "", "--yes"],
        &["entity", "delete", "user/..", "--yes"],
        &["entity", "delete", "--all", "user/alice", "--yes"],
        &["entity", "create", "user/alice", "--name", "Alice"],
    ] {
        let mut command = env.command();
        let output = crate::test_env::output_of(command.env("MEM0_USER_ID", "bob").args(arguments));
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{arguments:?}: {}", output.stderr);
    }
    assert!(env.platform.request_log().is_empty());
}

#[test]
fn deletes_all_entities_after_confirmation() {
    let env = TestEnv::new();
    add_memory(&env, "Tea", "alice");
    add_memory(&env, "Tea", "bob");
    assert_eq!(env.run(&["entity", "delete", "--all"]).code, 8);
    let output = env.json(&["entity", "delete", "--all", "--dry-run"]);
    assert_eq!(output["requests"].as_array().unwrap().len(), 2);
    let deleted = env.json(&["entity", "delete", "--all", "--yes"]);
    assert_eq!((&deleted["deleted"], deleted["event_ids"].as_array().unwrap().len()), (&json!(2), 2));
    assert_eq!(env.json(&["entity", "list"]), json!([]));
}

#[test]
fn reports_a_partial_deletion() {
    use mem0_local::{Fault, Operation};
    let env = TestEnv::new();
    add_memory(&env, "Tea", "alice");
    add_memory(&env, "Tea", "bob");
    env.platform.fail_next(Operation::DeleteEntity, Fault::delay(std::time::Duration::ZERO));
    env.platform.fail_next(Operation::DeleteEntity, Fault::status(500).header("Retry-After", "0").times(9));
    let output = env.run(&["entity", "delete", "--all", "--yes", "--output", "json"]);
    let result: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, &result["deleted"]), (9, &json!(1)), "{}", output.stderr);
    assert_eq!(result["event_ids"].as_array().unwrap().len(), 1, "{result}");
    assert!(result["error"].as_str().unwrap().contains("500"), "{result}");
    assert!(
        output.stderr.contains("after 1 deletions") && output.stderr.contains("run the command again"),
        "{}",
        output.stderr
    );
}

#[test]
fn profiles_follow_the_project_settings() {
    let env = TestEnv::new();
    add_memory(&env, "Lives in Delft", "alice");
    assert_eq!(env.json(&["entity", "profile", "show", "alice"])["status"], "not_enabled");
    assert_eq!(env.run(&["entity", "profile", "trigger", "alice"]).code, 1, "profiles are off");

    let schema = r#"{"properties": {"home": {"type": "string", "description": "The town they live in"}}}"#;
    std::fs::write(env.folder.path().join("schema.json"), schema).unwrap();
    let settings = ["entity", "profile", "settings"];
    let changed = env.json(
        &[&settings[..], &["--enabled", "on", "--schema", "@schema.json", "--instructions", "Be brief"]]
            .concat(),
    );
    assert_eq!(
        (&changed["enabled"], &changed["entities"]["user"]["custom_instructions"]),
        (&json!(true), &json!("Be brief"))
    );
    let table = env.run(&settings);
    assert!(table.stdout.starts_with("Enabled       true\n"), "{}", table.stdout);
    let cleared = env.json(&[&settings[..], &["--clear-instructions"]].concat());
    assert!(cleared["entities"]["user"]["custom_instructions"].is_null(), "{cleared}");
    assert_eq!(env.run(&[&settings[..], &["--enabled", "maybe"]].concat()).code, 2);
    assert_eq!(env.run(&[&settings[..], &["--schema", r#"{"properties":{"diet":{}}}"#]].concat()).code, 2);
    assert_eq!(env.run(&[&settings[..], &["--schema", "{}", "--clear-schema"]].concat()).code, 2);
    let output = env.json(&[&settings[..], &["--clear-schema", "--dry-run"]].concat());
    assert_eq!(output["requests"][0]["body"], json!({"entities": {"user": {"schema": null}}}));

    let key = ["--idempotency-key", "nightly"];
    let started = env.json(&[&["entity", "profile", "trigger", "alice"][..], &key].concat());
    let again = env.json(&[&["entity", "profile", "trigger", "alice"][..], &key].concat());
    assert_eq!((&started["job_id"], &again["replayed"]), (&again["job_id"], &json!(true)));
    let job = started["job_id"].as_str().unwrap();
    assert_eq!(env.json(&["entity", "profile", "wait", job, "--for", "30"])["succeeded"], 1);
    assert_eq!(env.json(&["entity", "profile", "job", job])["status"], "succeeded");
    assert_eq!(env.json(&["entity", "profile", "show", "alice"])["status"], "succeeded");
    assert_eq!(env.json(&["entity", "profile", "trigger", "alice", "--wait"])["completed"], 1);
    assert_eq!(env.json(&["entity", "profile", "sample", "--limit", "1", "--wait"])["operation"], "sample");
    assert_eq!(env.run(&["entity", "profile", "sample", "--limit", "11"]).code, 2);
    let output = env.json(&["entity", "profile", "trigger", "alice", "--wait", "--dry-run"]);
    assert_eq!(output["requests"][0]["path"], "/v2/profiles/jobs/");
}
