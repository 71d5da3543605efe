//! `export`: made by the platform, after a schema.

use mem0_local::{Completion, LocalPlatform};
use serde_json::{Value, json};

use crate::bench::{Bench, ran};
use crate::memory::kept;

const SCHEMA: &str = r#"{"type": "object", "properties": {"diet": {"type": "string"}}}"#;

#[test]
fn one_is_asked_for_and_read() {
    let bench = Bench::new();
    kept(&bench, "I am vegetarian", "alice");
    std::fs::write(bench.folder.path().join("schema.json"), SCHEMA).unwrap();
    let create = ["export", "create", "--schema", "@schema.json", "-u", "alice"];
    let made = bench.json(&[&create[..], &["--instructions", "Be brief"]].concat());
    let id = made["id"].as_str().unwrap();
    let body = bench.platform.request_log().last().unwrap().body.clone().unwrap();
    assert_eq!(body["export_instructions"], "Be brief");
    assert_eq!(body["filters"], json!({"AND": [{"user_id": "alice"}]}));
    assert!(bench.run(&create).stdout.starts_with("ID       "));

    for arguments in
        [&["export", "get", id][..], &["export", "get", "--latest", "-u", "alice"], &["export", "wait", id]]
    {
        for format in ["table", "json", "jsonl"] {
            let ran = bench.run(&[arguments, &["--output", format]].concat());
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            let export: Value = serde_json::from_str(&ran.stdout).unwrap();
            assert!(export.as_object().unwrap().contains_key("diet"), "{export}");
        }
    }
    let waited = bench.json(&[&create[..], &["--wait"]].concat());
    assert!(waited.as_object().unwrap().contains_key("diet"), "{waited}");
    let shown = bench.json(&[&create[..], &["--wait", "--dry-run"]].concat());
    assert_eq!(shown["requests"][0]["path"], "/v1/exports/");
}

#[test]
fn what_is_not_ready_is_not_there() {
    let platform = LocalPlatform::builder().completion(Completion::Manual).start().unwrap();
    let bench = Bench { platform, folder: tempfile::tempdir().unwrap() };
    kept(&bench, "I am vegetarian", "alice");
    let made = bench.json(&["export", "create", "--schema", SCHEMA, "-u", "alice"]);
    let id = made["id"].as_str().unwrap();
    assert_eq!(bench.run(&["export", "get", id]).code, 5);
    let waited = bench.run(&["export", "wait", id, "--for", "0"]);
    assert_eq!((waited.code, waited.stdout.as_str()), (7, ""), "{}", waited.stderr);
    bench.platform.run_jobs().unwrap();
    assert_eq!(bench.run(&["export", "wait", id, "--for", "0"]).code, 0);
}

#[test]
fn what_can_not_be_meant_is_refused() {
    let bench = Bench::new();
    std::fs::write(bench.folder.path().join("broken.json"), "{").unwrap();
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
        let ran = ran(bench.command().args(arguments));
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{arguments:?}: {}", ran.stderr);
    }
    assert!(bench.platform.request_log().is_empty());
}
