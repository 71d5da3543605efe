//! `export`.

use mem0_local::{Completion, LocalPlatform};
use serde_json::{Value, json};

use crate::memory::add_memory;
use crate::test_env::{TestEnv, output_of};

const SCHEMA: &str = r#"{"type": "object", "properties": {"diet": {"type": "string"}}}"#;

#[test]
fn creates_and_reads_an_export() {
    let env = TestEnv::new();
    add_memory(&env, "I am vegetarian", "alice");
    std::fs::write(env.folder.path().join("schema.json"), SCHEMA).unwrap();
    let create = ["export", "create", "--schema", "@schema.json", "-u", "alice"];
    let created = env.json(&[&create[..], &["--instructions", "Be brief"]].concat());
    let id = created["id"].as_str().unwrap();
    let body = env.platform.request_log().last().unwrap().body.clone().unwrap();
    assert_eq!(body["export_instructions"], "Be brief");
    assert_eq!(body["filters"], json!({"AND": [{"user_id": "alice"}]}));
    assert!(env.run(&create).stdout.starts_with("ID       "));

    for arguments in
        [&["export", "get", id][..], &["export", "get", "--latest", "-u", "alice"], &["export", "wait", id]]
    {
        for format in ["table", "json", "jsonl"] {
            let output = env.run(&[arguments, &["--output", format]].concat());
            assert_eq!(output.code, 0, "{}", output.stderr);
            let export: Value = serde_json::from_str(&output.stdout).unwrap();
            assert!(export.as_object().unwrap().contains_key("diet"), "{export}");
        }
    }
    let waited = env.json(&[&create[..], &["--wait"]].concat());
    assert!(waited.as_object().unwrap().contains_key("diet"), "{waited}");
    let displayed = env.json(&[&create[..], &["--wait", "--dry-run"]].concat());
    assert_eq!(displayed["requests"][0]["path"], "/v1/exports/");
}

#[test]
fn an_unfinished_export_is_not_found() {
    let platform = LocalPlatform::builder().completion(Completion::Manual).start().unwrap();
    let env = TestEnv { platform, folder: tempfile::tempdir().unwrap() };
    add_memory(&env, "I am vegetarian", "alice");
    let created = env.json(&["export", "create", "--schema", SCHEMA, "-u", "alice"]);
    let id = created["id"].as_str().unwrap();
    assert_eq!(env.run(&["export", "get", id]).code, 5);
    let waited = env.run(&["export", "wait", id, "--for", "0"]);
    assert_eq!((waited.code, waited.stdout.as_str()), (7, ""), "{}", waited.stderr);
    env.platform.run_jobs().unwrap();
    assert_eq!(env.run(&["export", "wait", id, "--for", "0"]).code, 0);
}

#[test]
fn rejects_ambiguous_arguments() {
    let env = TestEnv::new();
    std::fs::write(env.folder.path().join("broken.json"), "{").unwrap();
    for (arguments, code) in [
        (&["export", "create", "-u", "alice"][..], 2),
        (&["export", "create", "--schema", "[]", "-u", "alice"], 2),
        (&["export", "create", "--schema", "{", "-u", "alice"], 2),
        (&["export", "create", "--schema", "@broken.json", "-u", "alice"], 11),
        (&["export", "create", "--schema", SCHEMA], 2),
        (&["export", "get"], 2),
        (&["export", "get", "--latest"], 2),
        (&["export", "get", "1", "--latest"], 2),
        (&["export", "get", " "], 2),
    ] {
        let output = output_of(env.command().args(arguments));
        assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{arguments:?}: {}", output.stderr);
    }
    assert!(env.platform.request_log().is_empty());
}
