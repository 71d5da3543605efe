//! Operations of each command and their failures.

use mem0_local::{Fault, Operation, Route};

use crate::memory::add_memory;
use crate::test_env::{TestEnv, output_of};

/// Memory commands and their operations. `ID` stands for a memory.
type Reach = (&'static [&'static str], Operation);

const SCHEMA: &str =
    r#"{"type": "object", "properties": {"home": {"type": "string", "description": "Where"}}}"#;

const UNKNOWN: &str = "2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11";

const REACH: &[Reach] = &[
    (&["memory", "add", "Tea", "-u", "alice"], Operation::AddMemories),
    (&["memory", "list", "-u", "alice"], Operation::ListMemories),
    (&["memory", "search", "tea", "-u", "alice"], Operation::SearchMemories),
    (&["memory", "changes"], Operation::ListMemoryEvents),
    (&["memory", "get", "ID"], Operation::GetMemory),
    (&["memory", "update", "ID", "Coffee"], Operation::UpdateMemory),
    (&["memory", "history", "ID"], Operation::GetMemoryHistory),
    (&["memory", "list", "--entity", "user/alice"], Operation::ListEntityMemories),
    (&["memory", "update", "--from", "changes.jsonl"], Operation::BatchUpdateMemories),
    (&["memory", "feedback", "ID", "positive"], Operation::SendFeedback),
    (&["memory", "stats"], Operation::GetStats),
    (&["memory", "summary", "-u", "alice"], Operation::Summarize),
    (&["entity", "list"], Operation::ListEntities),
    (&["entity", "filters"], Operation::GetEntityFilters),
    (&["entity", "show", "user/alice"], Operation::GetEntity),
    (&["entity", "create", "user/carol"], Operation::CreateUser),
    (&["entity", "create", "agent/butler"], Operation::CreateAgent),
    (&["entity", "create", "app/kiosk"], Operation::CreateApp),
    (&["entity", "create", "run/7"], Operation::CreateRun),
    (
        &["entity", "profile", "settings", "--enabled", "on", "--schema", SCHEMA],
        Operation::UpdateProfileSettings,
    ),
    (&["entity", "profile", "settings"], Operation::GetProfileSettings),
    (&["entity", "profile", "trigger", "alice"], Operation::CreateProfileJob),
    (&["entity", "profile", "show", "alice"], Operation::GetProfile),
    (&["event", "list"], Operation::ListEvents),
    (&["export", "create", "--schema", SCHEMA, "-u", "alice"], Operation::CreateExport),
    (&["export", "get", "--latest", "-u", "alice"], Operation::GetExport),
    (&["memory", "delete", "ID", "--yes"], Operation::DeleteMemory),
    (&["memory", "delete", "--from", "ids.txt", "--yes"], Operation::BatchDeleteMemories),
    (&["memory", "delete", "--all", "-u", "alice", "--yes"], Operation::DeleteMemories),
    (&["entity", "delete", "agent/butler", "--yes"], Operation::DeleteEntity),
];

/// Environment with a few memories, and the ID of the first.
fn env_with_content() -> (TestEnv, String) {
    let env = TestEnv::new();
    let ids = ["Lives in Delft", "I love tea", "I play chess"].map(|text| add_memory(&env, text, "alice"));
    let write = |name: &str, text: String| std::fs::write(env.folder.path().join(name), text).unwrap();
    write("changes.jsonl", format!("{{\"memory_id\": \"{}\", \"text\": \"Coffee\"}}\n", ids[1]));
    write("ids.txt", format!("{}\n{}\n", ids[1], ids[2]));
    env.platform.clear_request_log();
    let [id, ..] = ids;
    (env, id)
}

fn with_id<'a>(arguments: &[&'a str], id: &'a str) -> Vec<&'a str> {
    arguments.iter().map(|argument| if *argument == "ID" { id } else { argument }).collect()
}

/// Runs a command that must succeed, and checks the format of its output.
fn check_format(env: &TestEnv, arguments: &[&str], format: &str) {
    let output = env.run(&[arguments, &["--output", format]].concat());
    assert_eq!(output.code, 0, "{arguments:?}: {}", output.stderr);
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
    let is_expected = match format {
        "json" => output.stdout.ends_with('\n') && json(&output.stdout),
        "jsonl" => output.stdout.lines().all(json),
        // A change is reported on stderr.
        _ => !format!("{}{}", output.stdout, output.stderr).is_empty(),
    };
    assert!(is_expected, "{arguments:?}, {format}: {}{}", output.stdout, output.stderr);
}

#[test]
fn every_memory_operation_has_a_command() {
    for format in ["table", "json", "jsonl"] {
        let (env, id) = env_with_content();
        for (arguments, operation) in REACH {
            env.platform.clear_request_log();
            check_format(&env, &with_id(arguments, &id), format);
            let requests = env.platform.request_log();
            assert!(
                requests.iter().any(|entry| entry.operation == Some(*operation)),
                "{arguments:?}: {requests:?}"
            );
        }
    }
    // Operations that need a generated ID, and those of organizations, projects
    // and webhooks, have their own tests.
    let tested_elsewhere = [Operation::GetEvent, Operation::GetProfileJob, Operation::Ping];
    for operation in Operation::ALL {
        let (name, path) = (format!("{operation:?}"), operation.path());
        let is_another = path.starts_with("/api/") || name.ends_with("V1") || name.ends_with("V2");
        let is_reached = REACH.iter().any(|(_, reached)| reached == operation);
        assert!(
            is_reached || is_another || tested_elsewhere.contains(operation),
            "{name} is reached by no command"
        );
    }
}

#[test]
fn every_admin_operation_has_a_command() {
    for format in ["table", "json", "jsonl"] {
        let env = TestEnv::new();
        let url = "http://127.0.0.1:9/hook";
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let created = env.json(&["webhook", "create", "audit", url, "--event", "memory_add"]);
        let webhook = text(&created["webhook_id"]);
        let org_id = text(&env.json(&["org", "create", "Acme"])["org_id"]);
        let project_id = text(&env.json(&["project", "create", "Bot"])["project_id"]);
        let email = "ann@example.com";
        std::fs::write(env.folder.path().join("mem0.toml"), "[projects.default-project]\ndecay = false\n")
            .unwrap();
        env.platform.clear_request_log();
        for arguments in [
            &["status"][..],
            &["org", "list"],
            &["org", "show", &org_id],
            &["org", "create", "Another"],
            &["project", "list"],
            &["project", "show"],
            &["project", "create", "Another"],
            &["project", "update", "--multilingual", "on"],
            &["member", "add", email],
            &["member", "list"],
            &["member", "list", "--emails"],
            &["member", "role", email, "OWNER"],
            &["member", "remove", email, "--yes"],
            &["member", "add", "bob@example.com", "--of-org"],
            &["member", "list", "--of-org"],
            &["member", "role", "bob@example.com", "OWNER", "--of-org"],
            &["member", "remove", "bob@example.com", "--yes", "--of-org"],
            &["webhook", "create", "jobs", url, "--event", "ingest_job_failed"],
            &["webhook", "list"],
            &["webhook", "show", &webhook],
            &["webhook", "update", &webhook, "--active", "off"],
            &["webhook", "delete", &webhook, "--yes"],
            &["plan", "mem0.toml"],
            &["apply", "mem0.toml"],
            &["project", "delete", &project_id, "--yes"],
            &["org", "delete", &org_id, "--yes"],
        ] {
            check_format(&env, arguments, format);
        }
        let requests = env.platform.request_log();
        for operation in Operation::ALL.iter().filter(|operation| operation.path().starts_with("/api/")) {
            let is_reached = requests.iter().any(|entry| entry.operation == Some(*operation));
            assert!(is_reached, "{operation:?} is reached by no command");
        }
    }
}

#[test]
fn a_reader_can_read_and_not_write() {
    let (env, id) = env_with_content();
    for (arguments, operation) in REACH {
        let mut command = env.with_key(env.platform.reader_key());
        let output = output_of(command.args(with_id(arguments, &id)));
        if !operation.is_read_only() {
            assert_eq!((output.code, output.stdout.as_str()), (4, ""), "{arguments:?}: {}", output.stderr);
            assert!(output.stderr.contains("403"), "{arguments:?}: {}", output.stderr);
        } else if *operation != Operation::GetExport {
            // A READER cannot create an export.
            assert_eq!(output.code, 0, "{arguments:?}: {}", output.stderr);
        }
    }
}

#[test]
fn a_dry_run_lists_changes_and_sends_none() {
    let (env, id) = env_with_content();
    // Creates content to read.
    env.json(&["export", "create", "--schema", SCHEMA, "-u", "alice"]);
    for (arguments, operation) in REACH {
        env.platform.clear_request_log();
        let arguments = with_id(arguments, &id);
        let output = env.json(&[&arguments[..], &["--dry-run"]].concat());
        let requests = output["requests"].as_array().unwrap();
        assert_eq!(requests.len(), usize::from(!operation.is_read_only()), "{arguments:?}: {output}");
        if operation.is_read_only() {
            continue;
        }
        assert_eq!(requests[0]["method"], operation.method().as_str(), "{arguments:?}");
        assert!(env.platform.request_log().is_empty(), "{arguments:?}");
        let output = env.run(&[&arguments[..], &["--dry-run"]].concat());
        assert!(output.stdout.starts_with(operation.method().as_str()), "{arguments:?}: {}", output.stdout);
        assert_eq!(output.stderr, "Dry run: no request was sent.\n", "{arguments:?}");
    }
}

/// Dry runs of administration commands.
#[test]
fn a_dry_run_changes_no_organization_project_member_or_webhook() {
    let env = TestEnv::new();
    let url = "http://127.0.0.1:9/hook";
    let created = env.json(&["webhook", "create", "audit", url, "--event", "memory_add"]);
    let webhook = created["webhook_id"].as_str().unwrap();
    let (org_id, project_id) = (env.platform.org_id(), env.platform.project_id());
    let before = env.platform.dump().unwrap();
    for (arguments, method) in [
        (&["org", "create", "Acme"][..], "POST"),
        (&["org", "delete", org_id], "DELETE"),
        (&["project", "create", "Bot"], "POST"),
        (&["project", "update", "--decay", "on"], "PATCH"),
        (&["project", "delete", project_id], "DELETE"),
        (&["member", "add", "ann@example.com"], "POST"),
        (&["member", "add", "ann@example.com", "--of-org"], "POST"),
        (&["member", "role", "reader@example.com", "OWNER"], "PUT"),
        (&["member", "role", "owner@example.com", "READER"], "PUT"),
        (&["member", "remove", "reader@example.com"], "DELETE"),
        (&["member", "remove", "reader@example.com", "--of-org"], "DELETE"),
        (&["webhook", "create", "jobs", url, "--event", "ingest_job_failed"], "POST"),
        (&["webhook", "update", webhook, "--active", "off"], "PUT"),
        (&["webhook", "delete", webhook], "DELETE"),
    ] {
        env.platform.clear_request_log();
        let output = env.run(&[arguments, &["--dry-run", "--output", "json"]].concat());
        let requests: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!(
            (output.code, requests["requests"].as_array().unwrap().len()),
            (0, 1),
            "{arguments:?}: {requests}"
        );
        assert_eq!(requests["requests"][0]["method"], method, "{arguments:?}");
        assert!(!format!("{}{}", output.stdout, output.stderr).contains(env.platform.api_key()));
        assert!(env.platform.request_log().iter().all(|entry| entry.method == "GET"), "{arguments:?}");
    }
    assert_eq!(json(&env.platform.dump().unwrap()), json(&before));
}

fn json(value: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}

/// Destructive commands.
#[test]
fn destructive_commands_need_confirmation() {
    let (env, id) = env_with_content();
    let created =
        env.json(&["webhook", "create", "audit", "http://127.0.0.1:9/hook", "--event", "memory_add"]);
    let webhook = created["webhook_id"].as_str().unwrap();
    let (org_id, project_id) = (env.platform.org_id(), env.platform.project_id());
    std::fs::write(env.folder.path().join("mem0.toml"), "[projects.Bot]\n").unwrap();
    for arguments in [
        &["org", "delete", org_id][..],
        &["project", "delete", project_id],
        &["member", "role", "owner@example.com", "READER"],
        &["member", "remove", "reader@example.com"],
        &["member", "remove", "reader@example.com", "--of-org"],
        &["webhook", "delete", webhook],
        &["memory", "delete", &id],
        &["memory", "delete", "--from", "ids.txt"],
        &["memory", "delete", &id, "--linked"],
        &["memory", "delete", "--all", "-u", "alice"],
        &["memory", "delete", "--everything"],
        &["entity", "delete", "user/alice"],
        &["entity", "delete", "--all"],
        &["apply", "mem0.toml"],
    ] {
        env.platform.clear_request_log();
        let unconfirmed = env.run(arguments);
        assert_eq!(unconfirmed.code, 8, "{arguments:?}: {}", unconfirmed.stderr);
        assert!(
            unconfirmed.stderr.contains("stdin is not a terminal; pass --yes"),
            "{arguments:?}: {}",
            unconfirmed.stderr
        );
        let requests = env.platform.request_log();
        assert!(
            requests.iter().all(|entry| entry.operation.is_some_and(Operation::is_read_only)),
            "{arguments:?}: {requests:?}"
        );
    }
}

#[test]
fn rate_limits_and_server_errors_have_exit_codes() {
    let (env, id) = env_with_content();
    for (arguments, operation) in REACH {
        for (status, code) in [(429, 6), (503, 12)] {
            let fault = Fault::status(status).header("Retry-After", "0").times(9);
            env.platform.fail_next(Route::operation(*operation), fault);
            let output = env.run(&with_id(arguments, &id));
            env.platform.clear_faults();
            assert_eq!(
                (output.code, output.stdout.as_str()),
                (code, ""),
                "{arguments:?}, {status}: {}",
                output.stderr
            );
            assert!(output.stderr.contains(&status.to_string()), "{arguments:?}: {}", output.stderr);
        }
    }
}

#[test]
fn missing_objects_are_not_found() {
    let (env, _) = env_with_content();
    for arguments in [
        &["memory", "get", UNKNOWN][..],
        &["memory", "update", UNKNOWN, "Tea"],
        &["memory", "delete", UNKNOWN, "--yes"],
        &["entity", "show", "user/nobody"],
        &["entity", "profile", "show", "nobody"],
        &["entity", "profile", "job", UNKNOWN],
        &["entity", "profile", "wait", UNKNOWN],
        &["event", "show", UNKNOWN],
        &["event", "wait", UNKNOWN],
        &["export", "get", UNKNOWN],
    ] {
        let output = env.run(arguments);
        assert_eq!((output.code, output.stdout.trim_end()), (5, ""), "{arguments:?}: {}", output.stderr);
    }
}

#[test]
fn memory_commands_need_the_keys_project() {
    let (env, _) = env_with_content();
    let list = ["memory", "list", "-u", "alice"];
    let (org_id, project_id) = (env.platform.org_id(), env.platform.project_id());
    let own = env.run(&[&list[..], &["--org", org_id, "--project", project_id]].concat());
    assert_eq!(own.code, 0, "{}", own.stderr);
    let other = env.run(&[&list[..], &["--org", org_id, "--project", "proj_other"]].concat());
    assert_eq!((other.code, other.stdout.as_str()), (2, ""), "{}", other.stderr);
}

/// The identity is requested once, and only if a project is selected.
#[test]
fn no_command_requests_the_identity_twice() {
    let (env, id) = env_with_content();
    let pings = |arguments: &[&str]| {
        env.platform.clear_request_log();
        let output = env.run(arguments);
        assert_eq!(output.code, 0, "{arguments:?}: {}", output.stderr);
        env.platform.request_log().iter().filter(|entry| entry.operation == Some(Operation::Ping)).count()
    };
    let named = ["--org", env.platform.org_id(), "--project", env.platform.project_id()];
    let event = env.json(&["memory", "add", "I love coffee", "-u", "alice"])["event_id"].clone();
    for arguments in [
        &["memory", "add", "I love milk", "-u", "alice", "--wait"][..],
        &["memory", "list", "-u", "alice"],
        &["event", "wait", event.as_str().unwrap()],
        &["export", "create", "--schema", SCHEMA, "-u", "alice", "--wait"],
        &["memory", "delete", &id, "--linked", "--yes"],
        &["entity", "profile", "settings"],
    ] {
        assert_eq!(pings(arguments), 0, "{arguments:?}");
        if !arguments.contains(&"delete") {
            assert_eq!(pings(&[arguments, &named].concat()), 1, "{arguments:?}");
        }
    }
    let project = ["--project", env.platform.project_id()];
    for named in [&[][..], &project] {
        for verb in [&["add"][..], &["role", "--yes"], &["remove", "--yes"]] {
            let role = if verb[0] == "role" { &["OWNER"][..] } else { &[] };
            let arguments = [&["member"], verb, &["ann@example.com"], role, named].concat();
            assert_eq!(pings(&arguments), 1, "{arguments:?}");
        }
    }
}

#[test]
fn a_lost_connection_is_reported_with_its_possible_effect() {
    let (env, id) = env_with_content();
    env.platform.fail_next(Operation::AddMemories, Fault::drop_after_handling());
    let added = env.run(&["memory", "add", "Tea", "-u", "alice"]);
    assert_eq!((added.code, added.stdout.as_str()), (7, ""), "{}", added.stderr);
    assert!(added.stderr.contains("may have been carried out"), "{}", added.stderr);
    env.platform.fail_next(Operation::GetMemory, Fault::garbage().times(9));
    assert_eq!(env.run(&["memory", "get", &id]).code, 7);
}

#[test]
fn a_closed_pipe_is_no_error() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};

    let env = TestEnv::new();
    let (org_id, project_id) = (env.platform.org_id(), env.platform.project_id());
    // More than a pipe buffer, so that the command is writing when the pipe is closed.
    let memories = (0..2000).map(|cup| mem0_local::NewMemory::new(format!("Cup {cup}")).user("alice"));
    env.platform.load_memories(org_id, project_id, memories).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mem0ctl"))
        .args(["memory", "list", "-u", "alice", "--output", "jsonl"])
        .env_clear()
        .env("MEM0_BASE_URL", env.platform.url())
        .env("MEM0_API_KEY", env.platform.api_key())
        .env("HOME", env.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with('{'), "{first}");
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}
