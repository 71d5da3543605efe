//! Untrusted names, roles, IDs and event types cannot forge or hide lines.

use mem0::webhooks::{NewWebhook, WebhookEventType};
use mockito::Server;
use serde_json::json;

use crate::terminal::at_terminal;
use crate::test_env::{TestEnv, output_of};

const FORGED: &str = "Nothing will be deleted.";

/// Checks that no output line consists of untrusted text.
fn is_not_forged(output: &str) {
    for line in output.split(['\n', '\r', '\u{2028}']) {
        assert!(!line.trim_start().starts_with(FORGED), "{output}");
    }
    for hidden in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{200b}', '\u{2066}'] {
        assert!(!output.contains(hidden), "{hidden:?}: {output:?}");
    }
}

#[test]
fn webhook_fields_cannot_forge_a_line() {
    let env = TestEnv::new();
    let client = env.platform.client().unwrap();
    let name = format!("x?\n{FORGED}\u{202e}\u{200b}");
    let webhook = NewWebhook::new(&name, "https://example.com/x", [WebhookEventType::MemoryAdd]);
    let id = client.project().webhooks().create(webhook).unwrap().webhook_id.unwrap().to_string();
    let escaped = "x?\\nNothing will be deleted.\\u{202e}\\u{200b}";

    let unconfirmed = env.run(&["webhook", "delete", &id]);
    assert_eq!((unconfirmed.code, unconfirmed.stderr.lines().count()), (8, 1), "{}", unconfirmed.stderr);
    assert!(unconfirmed.stderr.contains(escaped), "{}", unconfirmed.stderr);
    let screen = at_terminal(&env, 200, "n\n", &[("NO_COLOR", "1")], &["webhook", "delete", &id]).stdout;
    assert!(screen.contains(escaped), "{screen}");
    is_not_forged(&screen);
    for arguments in [&["webhook", "list"][..], &["webhook", "show", &id]] {
        let output = env.run(arguments).stdout;
        assert!(output.contains(escaped), "{output}");
        is_not_forged(&output);
    }
    let project = env.platform.project_id();
    let file = format!("[projects.default-project]\nid = \"{project}\"\nwebhooks = []\n");
    std::fs::write(env.folder.path().join("mem0.toml"), file).unwrap();
    for arguments in [
        &["plan", "mem0.toml"][..],
        &["plan", "mem0.toml", "--prune"],
        &["apply", "mem0.toml", "--prune"],
        &["apply", "mem0.toml", "--prune", "--output", "json"],
    ] {
        let output = env.run(arguments);
        let both = output.stdout + &output.stderr;
        assert!(both.contains("x?\\nNothing"), "{arguments:?}: {both}");
        is_not_forged(&both);
    }
    let screen = at_terminal(&env, 200, "", &[("NO_COLOR", "1")], &["pull"]).stdout;
    assert!(screen.contains("x?\\nNothing will be deleted."), "{screen}");
    is_not_forged(&screen);
    // The file is written to the same path.
    let pulled = env.run(&["pull"]).stdout;
    std::fs::write(env.folder.path().join("mem0.toml"), pulled).unwrap();
    assert_eq!(env.run(&["plan", "mem0.toml"]).code, 0);
    let deleted = env.run(&["webhook", "delete", &id, "--yes"]);
    is_not_forged(&deleted.stderr);
}

#[test]
fn server_messages_stay_in_one_line() {
    let env = TestEnv::new();
    let mut server = Server::new();
    let hostile = format!("a\r\n{FORGED}\u{2028}{FORGED}\u{1b}[2J\u{9b}\u{200b}\u{2066}");
    let organizations =
        json!([{ "org_id": hostile, "name": hostile, "user_role": hostile, "created_at": hostile }]);
    server.mock("GET", "/api/v1/orgs/organizations/").with_body(organizations.to_string()).create();
    let events =
        json!({ "results": [{ "id": hostile, "event_type": hostile, "status": hostile }], "count": 1 });
    server.mock("GET", mockito::Matcher::Regex("^/v1/events/".into())).with_body(events.to_string()).create();
    let refusal = json!({ "detail": hostile }).to_string();
    server.mock("GET", "/v1/ping/").with_status(403).with_body(refusal).create();
    for arguments in [&["org", "list"][..], &["event", "list"], &["status"]] {
        let mut command = env.bare();
        command.env("MEM0_BASE_URL", server.url()).env("MEM0_API_KEY", "m0-local-x").args(arguments);
        let output = output_of(&mut command);
        let both = output.stdout + &output.stderr;
        assert!(both.contains("Nothing will be deleted."), "{arguments:?}: {both}");
        is_not_forged(&both);
    }
}

#[test]
fn prose_keeps_lines_and_json_keeps_escapes() {
    let env = TestEnv::new();
    let instructions = "Keep teas.\nKeep 👩\u{200d}👧.\u{202e}";
    assert_eq!(env.run(&["project", "update", "--instructions", instructions]).code, 0);
    let output = env.run(&["project", "show", "--fields", "custom_instructions"]).stdout;
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines, ["Instructions  Keep teas.", "              Keep 👩\u{200d}👧.\\u{202e}"]);
    let json = env.run(&["project", "show", "--fields", "custom_instructions", "--output", "json"]).stdout;
    assert!(json.contains("\\n") && json.contains("\\u202e") && json.contains("\\u200d"), "{json}");
    assert_eq!(env.json(&["project", "show"])["custom_instructions"], instructions);
}

#[test]
fn a_dump_escapes_hidden_characters() {
    const NAME: &str = "x\u{202e}\u{200b}\u{9b}y";
    let env = TestEnv::new();
    env.platform
        .load_memories(
            env.platform.org_id(),
            env.platform.project_id(),
            [mem0_local::NewMemory::new(NAME).user("alice")],
        )
        .unwrap();
    let dump = serde_json::to_string(&env.platform.dump().unwrap()).unwrap();
    std::fs::write(env.folder.path().join("dump.json"), &dump).unwrap();
    assert_eq!(output_of(env.bare().args(["local", "load", "dump.json", "--data", "mem0.db"])).code, 0);
    let dumped = output_of(env.bare().args(["local", "dump", "--data", "mem0.db"]));
    assert!(!dumped.stdout.contains(['\u{202e}', '\u{200b}', '\u{9b}']), "{}", dumped.stdout);
    assert!(dumped.stdout.contains("x\\u202e\\u200b\\u009by"), "{}", dumped.stdout);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&dumped.stdout).unwrap(),
        serde_json::from_str::<serde_json::Value>(&dump).unwrap()
    );
}
