//! `memory export`.

use std::fs;

use serde_json::{Value, json};

use super::{lines, numbered, read_file, texts, write_file};
use crate::test_env::{TestEnv, output_of};

#[test]
fn an_export_can_be_imported() {
    let env = TestEnv::new();
    let whole = [
        json!({"memory": "Tea\u{1b}[31m\n", "user_id": "alice", "metadata": {"a": [1, {"b": null}]}, "created_at": "2026-01-02T03:04:05Z"}),
        json!({"memory": "Milk", "agent_id": "bot", "run_id": "r", "expiration_date": "2001-01-01", "timestamp": 1_000_000}),
        json!({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], "app_id": "x", "expiration_date": null}),
    ];
    write_file(&env, "m.jsonl", lines(whole));
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    let exported = env.run(&["memory", "export"]);
    assert_eq!((exported.code, exported.stderr.as_str()), (0, "Exported 4 memories.\n"));
    let other = TestEnv::new();
    write_file(&other, "all.jsonl", &exported.stdout);
    let imported = other.json(&["memory", "import", "all.jsonl"]);
    assert_eq!((&imported["added"], &imported["existing"]), (&json!(4), &json!(0)));
    let reexported = other.run(&["memory", "export", "--to", "back.jsonl"]);
    assert_eq!((reexported.code, reexported.stdout.as_str()), (0, ""), "{}", reexported.stderr);
    let imported_fields = |memory: &Value| {
        ["memory", "user_id", "agent_id", "app_id", "run_id", "metadata", "expiration_date"]
            .map(|field| memory[field].clone())
    };
    let mut before: Vec<Value> =
        exported.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut after = read_file(&other, "back.jsonl");
    for list in [&mut before, &mut after] {
        list.sort_by_key(|memory| memory["memory"].as_str().unwrap().to_owned());
    }
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(imported_fields(before), imported_fields(after));
        let second = |memory: &Value| memory["created_at"].as_str().unwrap()[..19].to_owned();
        assert_eq!(second(before), second(after));
    }
    assert_eq!(after.len(), 4);
    for (arguments, count) in [
        (&["--user-id", "alice"][..], 1),
        (&["--agent-id", "bot", "--run-id", "r"], 1),
        (&["--without-expired"], 3),
        (&["--filter", "{\"app_id\": \"x\"}"], 2),
    ] {
        let output = env.run(&[&["memory", "export", "--quiet"], arguments].concat());
        assert_eq!(
            (output.code, output.stdout.lines().count()),
            (0, count),
            "{arguments:?}: {}",
            output.stderr
        );
    }
    assert_eq!(env.run(&["memory", "export", "--filter", "{"]).code, 2);
    assert_eq!(env.run(&["memory", "export", "--to", "missing/x.jsonl"]).code, 11);
}

#[test]
fn a_failed_export_keeps_the_old_file() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", "before");
    let unknown_key =
        output_of(env.with_key("m0-local-unknown").args(["memory", "export", "--to", "m.jsonl", "--yes"]));
    assert_eq!(unknown_key.code, 3, "{}", unknown_key.stderr);
    assert_eq!(fs::read_to_string(env.folder.path().join("m.jsonl")).unwrap(), "before");
    assert_eq!(fs::read_dir(env.folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn an_export_can_be_one_json_document() {
    let env = TestEnv::new();
    assert_eq!(env.json(&["memory", "export"]), json!([]));
    write_file(&env, "m.jsonl", numbered(3));
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    let document = env.json(&["memory", "export"]);
    let lines = env.run(&["memory", "export", "--output", "jsonl"]).stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((document, lines.len()), (Value::Array(lines), 3));
}

/// An incomplete backup must not be silent.
#[test]
fn notes_an_owner_from_the_environment() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", numbered(2) + "{\"memory\": \"Milk\", \"user_id\": \"bob\"}\n");
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    let export = |further: &[&str]| {
        let mut command = env.command();
        output_of(command.env("MEM0_USER_ID", "alice").args(["memory", "export"]).args(further))
    };
    let output = export(&[]);
    assert_eq!((output.code, output.stdout.lines().count()), (0, 2), "{}", output.stderr);
    assert_eq!(output.stderr, "note: limited to user alice by the environment\nExported 2 memories.\n");
    for named in [&["--user-id", "bob"][..], &["--filter", "{\"user_id\": \"bob\"}"]] {
        let other = export(named);
        assert_eq!(
            (other.stdout.lines().count(), other.stderr.as_str()),
            (1, "Exported 1 memory.\n"),
            "{named:?}"
        );
    }
}

#[test]
fn an_export_confirms_before_it_replaces_a_file() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", numbered(2));
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    write_file(&env, "kept.jsonl", "before");
    let export = ["memory", "export", "--to", "kept.jsonl"];
    let unconfirmed = env.run(&export);
    assert_eq!((unconfirmed.code, unconfirmed.stdout.as_str()), (8, ""), "{}", unconfirmed.stderr);
    assert!(unconfirmed.stderr.contains("Replace kept.jsonl?"), "{}", unconfirmed.stderr);
    let dry_run = env.run(&[&export[..], &["--dry-run"]].concat());
    assert_eq!((dry_run.code, dry_run.stdout.as_str()), (0, ""), "{}", dry_run.stderr);
    assert_eq!(fs::read_to_string(env.folder.path().join("kept.jsonl")).unwrap(), "before");
    assert_eq!(env.run(&[&export[..], &["--yes"]].concat()).code, 0);
    assert_eq!(read_file(&env, "kept.jsonl").len(), 2);
}

/// Body limit between the size of one and ten of these memories.
const LOW_LIMIT: &str = "64KiB";

fn with_metadata(count: usize) -> String {
    let raw = "y".repeat(10_000);
    lines(
        (0..count)
            .map(|n| json!({"memory": format!("Note {n}"), "user_id": "alice", "metadata": {"raw": raw}})),
    )
}

#[test]
fn pages_over_the_body_limit_are_listed_exported_and_copied() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", with_metadata(60));
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    for arguments in [&["--page-size", "7"][..], &["--page-size", "200"], &[]] {
        let exported = env.run(&[&["memory", "export", "--body-limit", LOW_LIMIT][..], arguments].concat());
        assert_eq!(exported.code, 0, "{arguments:?}: {}", exported.stderr);
        let text =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["memory"].as_str().unwrap().to_owned();
        let mut found: Vec<String> = exported.stdout.lines().map(text).collect();
        found.sort();
        assert_eq!(found, texts(&env, "alice"), "{arguments:?}");
    }
    let list = ["memory", "list", "--user-id", "alice", "--body-limit", LOW_LIMIT];
    assert_eq!(env.json(&list).as_array().unwrap().len(), 60);
    // A single memory exceeds the limit.
    let too_low = env.run(&["memory", "export", "--body-limit", "9000"]);
    assert_eq!(too_low.code, 1, "{}", too_low.stderr);
    assert!(too_low.stderr.contains("raise --body-limit"), "{}", too_low.stderr);

    let profile = |name: &str, key: &str| {
        let url = env.platform.url();
        let added = env.run(&["profile", "add", name, "--base-url", url, "--api-key", key]);
        assert_eq!(added.code, 0, "{}", added.stderr);
    };
    profile("from", env.platform.api_key());
    profile("to", env.platform.other_key());
    let copied = env.json(&["memory", "copy", "--from", "from", "--to", "to", "--body-limit", LOW_LIMIT]);
    assert_eq!(copied["added"], 60, "{copied}");
}
