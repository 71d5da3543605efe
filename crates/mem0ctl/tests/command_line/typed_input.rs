//! Typed names of deletions, and values that begin with a hyphen.

use serde_json::Value;

use crate::memory::add_memory;
use crate::terminal::at_terminal;
use crate::test_env::{CommandOutput, TestEnv};

fn typing(env: &TestEnv, typed: &str, arguments: &[&str]) -> CommandOutput {
    at_terminal(env, 200, typed, &[("NO_COLOR", "1")], arguments)
}

#[test]
fn deletes_a_project_after_its_name_is_typed() {
    let env = TestEnv::new();
    add_memory(&env, "Lives in Delft", "alice");
    add_memory(&env, "Likes tea", "bob");
    let own = env.platform.project_id();
    let host = env.platform.url().trim_start_matches("http://");
    for invalid in ["y\n", "yes\n", "\n", "default\n", "Default-Project\n", "\u{4}"] {
        let unconfirmed = typing(&env, invalid, &["project", "delete", own]);
        assert_eq!(unconfirmed.code, 8, "{invalid:?}: {}", unconfirmed.stdout);
        let is_cancelled = unconfirmed.stdout.contains("Cancelled.")
            || unconfirmed.stdout.contains("the typed text does not match the name or ID");
        assert!(is_cancelled, "{}", unconfirmed.stdout);
        for expected in [
            "Profile   none\r\n",
            &format!("Host      {host}\r\n"),
            "Memories  2\r\n",
            "the project of your API key",
            &format!("Delete project \"default-project\" ({own})"),
            "Type the project's name (default-project) or ID to confirm:",
        ] {
            assert!(unconfirmed.stdout.contains(expected), "{expected}: {}", unconfirmed.stdout);
        }
    }
    assert_eq!(env.run(&["project", "show", own]).code, 0);
    let client = env.platform.client().unwrap();
    let web = client.project().create("web").unwrap().project_id.unwrap().to_string();
    let deleted = typing(&env, "web\n", &["project", "delete", &web]);
    assert_eq!(deleted.code, 0, "{}", deleted.stdout);
    assert!(deleted.stdout.contains(&format!("Deleted project \"web\" ({web}).")), "{}", deleted.stdout);
    let bot = client.project().create("bot").unwrap().project_id.unwrap().to_string();
    assert_eq!(typing(&env, &format!("{bot}\n"), &["project", "delete", &bot]).code, 0);
    assert_eq!(typing(&env, "", &["project", "delete", own, "--yes"]).code, 0);
}

#[test]
fn deletes_organizations_and_all_memories_after_a_name_is_typed() {
    let env = TestEnv::new();
    add_memory(&env, "Lives in Delft", "alice");
    let created = env.json(&["org", "create", "Acme"]);
    let acme = created["org_id"].as_str().unwrap();
    for (arguments, name, stderr) in [
        (&["memory", "delete", "--everything", "--wait"][..], "default-project", "Memories  1\r\n"),
        (&["memory", "delete", "--all", "--user-id", "*"], "default-project", "every user"),
        (&["entity", "delete", "--all"], "default-project", "all users, agents, apps and runs"),
        (&["org", "delete", acme], "Acme", "Memories  all of 0 projects\r\n"),
    ] {
        let unconfirmed = typing(&env, "y\n", arguments);
        assert_eq!(unconfirmed.code, 8, "{arguments:?}: {}", unconfirmed.stdout);
        assert!(
            unconfirmed.stdout.contains(stderr) && unconfirmed.stdout.contains(name),
            "{arguments:?}: {}",
            unconfirmed.stdout
        );
    }
    let deleted = typing(&env, "default-project\n", &["memory", "delete", "--everything", "--wait"]);
    assert_eq!(deleted.code, 0, "{}", deleted.stdout);
    assert!(
        deleted.stdout.contains("Deleted all memories of project \"default-project\" (proj_"),
        "{}",
        deleted.stdout
    );
    let deleted = typing(&env, "Acme\n", &["org", "delete", acme]);
    assert_eq!(deleted.code, 0, "{}", deleted.stdout);
    assert!(
        deleted.stdout.contains(&format!("Deleted organization \"Acme\" ({acme}).")),
        "{}",
        deleted.stdout
    );
}

#[test]
fn a_deletion_without_a_terminal_reports_what_it_would_delete() {
    let env = TestEnv::new();
    add_memory(&env, "Lives in Delft", "alice");
    let url = env.platform.url();
    let port = url.rsplit_once(':').unwrap().1;
    for arguments in [
        &["entity", "delete", "--all"][..],
        &["memory", "delete", "--everything"],
        &["org", "delete", env.platform.org_id()],
    ] {
        let refused = env.run(arguments);
        assert_eq!(refused.code, 8, "{arguments:?}: {}", refused.stderr);
        for expected in ["Profile ", "Host ", port, "Memories  1", "--yes"] {
            assert!(refused.stderr.contains(expected), "{arguments:?} {expected}: {}", refused.stderr);
        }
    }
}

#[test]
fn accepts_a_typed_name_in_raw_or_escaped_form() {
    let env = TestEnv::new();
    let client = env.platform.client().unwrap();
    let name = "ev\u{202e}il\tx";
    // A terminal accepts a tab in a line.
    for typed in ["ev\\u{202e}il\\tx\n", "ev\u{202e}il\tx\n"] {
        let id = client.project().create(name).unwrap().project_id.unwrap().to_string();
        let unconfirmed = typing(&env, "evil\n", &["project", "delete", &id]);
        assert_eq!(unconfirmed.code, 8, "{}", unconfirmed.stdout);
        assert!(
            unconfirmed.stdout.contains("project's name (ev\\u{202e}il\\tx) or"),
            "{}",
            unconfirmed.stdout
        );
        let deleted = typing(&env, typed, &["project", "delete", &id]);
        assert_eq!(deleted.code, 0, "{typed:?}: {}", deleted.stdout);
    }
}

#[test]
fn apply_prompts_for_the_name_of_a_deleted_project() {
    let env = TestEnv::new();
    env.platform.client().unwrap().project().create("web").unwrap();
    std::fs::write(env.folder.path().join("mem0.toml"), "[projects]\n").unwrap();
    let file = env.folder.path().join("mem0.toml");
    let apply = ["apply", file.to_str().unwrap(), "--prune"];
    let unconfirmed = typing(&env, "y\n", &apply);
    assert_eq!(unconfirmed.code, 8, "{}", unconfirmed.stdout);
    assert!(unconfirmed.stdout.contains("Type the project's name (web) or"), "{}", unconfirmed.stdout);
    let applied = typing(&env, "web\n", &apply);
    assert_eq!(applied.code, 0, "{}", applied.stdout);
    assert!(applied.stdout.contains("\"web\" (proj_"), "{}", applied.stdout);
}

#[test]
fn values_may_begin_with_a_hyphen() {
    let env = TestEnv::new();
    let body = |arguments: &[&str]| -> Value {
        let output = env.json(&[arguments, &["--dry-run"]].concat());
        output["requests"][0]["body"].clone()
    };
    for arguments in [
        &["memory", "add", "- likes tea", "--user-id", "-100123"][..],
        &["memory", "add", "--user-id", "-100123", "- likes tea"],
        &["memory", "add", "-u", "-100123", "--no-infer", "- likes tea"],
    ] {
        let body = body(arguments);
        assert_eq!(body["messages"][0]["content"], "- likes tea", "{arguments:?}: {body}");
        assert_eq!(body["user_id"], "-100123", "{arguments:?}: {body}");
    }
    let added = body(&[
        "memory",
        "add",
        "-5 °C outside",
        "-u",
        "a",
        "--instructions",
        "- teas",
        "--includes",
        "-x y",
    ]);
    assert_eq!(added["messages"][0]["content"], "-5 °C outside");
    assert_eq!((&added["custom_instructions"], &added["includes"]), (&"- teas".into(), &"-x y".into()));
    let updated =
        body(&["project", "update", "--instructions", "- teas\n- cakes", "--description", "-- ours"]);
    assert_eq!(updated["custom_instructions"], "- teas\n- cakes");
    assert_eq!(updated["description"], "-- ours");
    assert_eq!(body(&["project", "create", "- web"])["name"], "- web");
    add_memory(&env, "- likes tea", "-100123");
    for arguments in [
        &["memory", "search", "- tea", "-u", "-100123", "--output", "jsonl"][..],
        &["memory", "list", "--user-id", "-100123", "--output", "jsonl"],
    ] {
        let found = env.run(arguments);
        assert_eq!((found.code, found.stdout.lines().count()), (0, 1), "{arguments:?}: {}", found.stderr);
    }
}

#[test]
fn options_are_not_values() {
    let env = TestEnv::new();
    for arguments in [
        &["memory", "add", "tea", "--user-id", "--no-infer"][..],
        &["memory", "add", "tea", "-u", "a", "--instructions", "--yes"],
        &["memory", "add", "--metdata", "-u", "a"],
        &["memory", "add", "-ualice"],
        &["org", "create", "-ojson"],
        &["memory", "delete", "--all", "--user-id", "-y"],
        &["project", "update", "--name", "--decay", "on"],
    ] {
        let refused = env.run(arguments);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{arguments:?}: {}", refused.stderr);
    }
    // Options may be in any position.
    let output = env.json(&["memory", "add", "--no-infer", "tea", "--user-id", "a", "--dry-run"]);
    assert_eq!(output["requests"][0]["body"]["infer"], false);
    let output = env.json(&["memory", "add", "-u", "a", "- tea", "--no-infer", "--dry-run"]);
    assert_eq!(output["requests"][0]["body"]["infer"], false);
}

#[test]
fn double_hyphen_ends_the_options() {
    let env = TestEnv::new();
    let body = |arguments: &[&str]| -> Value {
        let displayed = env.json(&[&["--dry-run"], arguments].concat());
        displayed["requests"][0]["body"].clone()
    };
    // `json` adds `--output`, which would be behind `--`.
    let plain = |arguments: &[&str]| -> Value {
        let output = env.run(&[&["--dry-run", "-o", "json"], arguments].concat());
        assert_eq!(output.code, 0, "{arguments:?}: {}", output.stderr);
        serde_json::from_str::<Value>(&output.stdout).unwrap()["requests"][0]["body"].clone()
    };
    for text in ["-n", "--dry-run", "-ualice", "--", "-u", "- a"] {
        let added = plain(&["memory", "add", "-u", "alice", "--", text]);
        assert_eq!(added["messages"][0]["content"], text);
        assert_eq!(added["user_id"], "alice");
    }
    let memory = add_memory(&env, "Likes tea", "alice");
    let id = memory.as_str();
    assert_eq!(plain(&["memory", "update", id, "--", "-text"])["text"], "-text");
    assert_eq!(plain(&["memory", "update", "--", id, "-text"])["text"], "-text");
    assert_eq!(plain(&["project", "create", "--", "-neg"])["name"], "-neg");
    let found = env.run(&["memory", "search", "-u", "alice", "--", "-likes"]);
    assert_eq!(found.code, 0, "{}", found.stderr);
    for (option, field) in [("--description", "description"), ("--name", "name")] {
        for text in ["-x", "-neg", "--x", "--x-y", "-only tea", "--"] {
            assert_eq!(body(&["project", "update", option, text])[field], text, "{option} {text}");
        }
    }
}

#[test]
fn short_options_accept_attached_values() {
    let env = TestEnv::new();
    let added = env.json(&["memory", "add", "-ualice", "-mk=v w", "tea", "--dry-run"]);
    let body = &added["requests"][0]["body"];
    assert_eq!((&body["user_id"], &body["metadata"]["k"]), (&"alice".into(), &"v w".into()));
    assert_eq!(body["messages"][0]["content"], "tea");
    let added = env.json(&["memory", "add", "-yqu-5", "-5 outside", "--dry-run"]);
    assert_eq!(added["requests"][0]["body"]["user_id"], "-5");
    for arguments in [
        &["memory", "search", "-ualice", "tea", "-ojson"][..],
        &["memory", "search", "tea", "-ojson", "-ualice"],
        &["memory", "list", "-ojson", "-ualice"],
        &["org", "create", "-ojson", "Acme"],
    ] {
        let output = env.run(arguments);
        assert_eq!(output.code, 0, "{arguments:?}: {}", output.stderr);
        assert!(serde_json::from_str::<Value>(&output.stdout).is_ok(), "{arguments:?}: {}", output.stdout);
    }
    // An unknown option error suggests `--`.
    let refused = env.run(&["memory", "add", "-tea", "-u", "a"]);
    assert!(refused.code == 2 && refused.stderr.contains("use '-- -t"), "{}", refused.stderr);
}
