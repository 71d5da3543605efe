//! `status` and `org`.

use mem0_local::{Fault, Operation, Route};

use crate::test_env::{TestEnv, output_of};

#[test]
fn status_shows_user_and_project() {
    let env = TestEnv::new();
    let table = env.run(&["status"]);
    assert_eq!(table.code, 0, "{}", table.stderr);
    for expected in [env.platform.org_id(), env.platform.project_id(), "OWNER", "owner@example.com"] {
        assert!(table.stdout.contains(expected), "{}", table.stdout);
    }
    let status = env.json(&["status"]);
    assert_eq!(status["role"], "OWNER");
    assert_eq!(status["project"], "default-project");
    assert!(status["latency_ms"].as_f64().unwrap() > 0.0);
    let reader = output_of(env.with_key(env.platform.reader_key()).args(["status"]));
    assert!(reader.stdout.contains("READER"), "{}", reader.stdout);
}

#[test]
fn a_missing_key_is_reported() {
    let env = TestEnv::new();
    let without_key = output_of(env.bare().arg("status"));
    assert_eq!((without_key.code, without_key.stdout.as_str()), (3, ""));
    assert!(without_key.stderr.contains("MEM0_API_KEY"), "{}", without_key.stderr);
    let unknown_key = output_of(env.with_key("m0-local-unknown").arg("status"));
    assert_eq!(unknown_key.code, 3, "{}", unknown_key.stderr);
    let unreachable =
        output_of(env.command().args(["status", "--base-url", "http://127.0.0.1:9", "--timeout", "1"]));
    assert_eq!(unreachable.code, 7, "{}", unreachable.stderr);
}

#[test]
fn every_kind_of_failure_has_its_exit_code() {
    let env = TestEnv::new();
    let responses = [
        (302, 1),
        (400, 1),
        (401, 3),
        (403, 4),
        (404, 5),
        (405, 1),
        (408, 1),
        (409, 1),
        (413, 1),
        (422, 1),
        (429, 6),
        (500, 12),
        (501, 12),
        (503, 12),
    ];
    for (status, code) in responses {
        env.platform.fail_next(Operation::Ping, Fault::status(status).header("Retry-After", "0").times(3));
        let output = env.run(&["status", "--output", "json"]);
        env.platform.clear_faults();
        assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{status}: {}", output.stderr);
        assert!(output.stderr.contains(&status.to_string()), "{}", output.stderr);
    }
    env.platform.fail_next(Operation::Ping, Fault::delay(std::time::Duration::from_secs(60)));
    let slow = env.run(&["status", "--timeout", "0.3"]);
    assert_eq!((slow.code, slow.stdout.as_str()), (7, ""), "{}", slow.stderr);
}

#[test]
fn a_self_hosted_server_is_named() {
    let env = TestEnv::new();
    let config = ["profile", "add", "self-hosted", "--base-url", env.platform.url()];
    let commands: [&[&str]; 5] = [
        &["status"],
        &["project", "show"],
        &["memory", "add", "I like tea", "--user-id", "alice"],
        &["memory", "list", "--user-id", "alice"],
        &[&config[..], &["--key-from-env", "MEM0_API_KEY"]].concat(),
    ];
    for command in commands {
        let fault = Fault::status(404).body(r#"{"detail":"Not Found"}"#);
        env.platform.fail_next(Route::any(), fault);
        let ran = env.run(command);
        env.platform.clear_faults();
        assert_eq!((ran.code, ran.stdout.as_str()), (5, ""), "{command:?}: {}", ran.stderr);
        for part in
            ["self-hosted open-source Mem0 server", "--base-url https://api.mem0.ai", "mem0ctl local serve"]
        {
            assert!(ran.stderr.contains(part), "{command:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn organizations_are_listed_created_shown_and_deleted() {
    let env = TestEnv::new();
    let created = env.json(&["org", "create", "Acme"]);
    let id = created["org_id"].as_str().unwrap();
    let listed = env.json(&["org", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(env.json(&["org", "show", id])["name"], "Acme");
    let table = env.run(&["org", "list"]);
    assert!(table.stdout.starts_with("ID "), "{}", table.stdout);
    assert_eq!(table.stdout.lines().count(), 3, "{}", table.stdout);
    let lines = env.run(&["org", "list", "--output", "jsonl"]);
    assert_eq!(lines.stdout.lines().count(), 2, "{}", lines.stdout);

    let unconfirmed = env.run(&["org", "delete", id]);
    assert_eq!(unconfirmed.code, 8, "{}", unconfirmed.stderr);
    assert!(unconfirmed.stderr.contains("\"Acme\""), "the prompt contains the name: {}", unconfirmed.stderr);
    let output = env.json(&["org", "delete", id, "--dry-run"]);
    assert_eq!(output["requests"][0]["method"], "DELETE");
    assert_eq!(env.json(&["org", "list"]).as_array().unwrap().len(), 2);
    let deleted = env.run(&["org", "delete", id, "--yes"]);
    assert_eq!((deleted.code, deleted.stdout.as_str()), (0, ""), "{}", deleted.stderr);
    assert_eq!(env.run(&["org", "show", id]).code, 5);
}

/// Scripts pass empty values for unset variables.
#[test]
fn empty_ids_and_profiles_are_rejected() {
    let env = TestEnv::new();
    for option in ["--org", "--project", "--profile"] {
        for given in [&[option, ""][..], &[&format!("{option}=")]] {
            let output = env.run(&[&["status"], given].concat());
            assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{given:?}: {}", output.stderr);
            assert!(output.stderr.contains(option), "{}", output.stderr);
        }
    }
}
