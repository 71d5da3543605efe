//! `memory import`, `memory export` and `memory copy`.

use std::fs;

use mem0::Filter;
use serde_json::{Value, json};

use crate::test_env::{TestEnv, output_of};

fn lines(texts: impl IntoIterator<Item = Value>) -> String {
    texts.into_iter().fold(String::new(), |text, line| text + &line.to_string() + "\n")
}

fn numbered(count: usize) -> String {
    lines((0..count).map(|n| json!({"memory": format!("Number {n}"), "user_id": "alice"})))
}

fn put(env: &TestEnv, name: &str, content: impl AsRef<[u8]>) {
    fs::write(env.folder.path().join(name), content).unwrap();
}

fn got(env: &TestEnv, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(env.folder.path().join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Sorted texts of a user.
fn texts(env: &TestEnv, user: &str) -> Vec<String> {
    let client = env.platform.client().unwrap();
    let memories = client.get_all(Filter::user(user)).unwrap();
    let mut texts: Vec<String> = memories.map(|memory| memory.unwrap().memory.unwrap()).collect();
    texts.sort();
    texts
}

/// Number of add requests.
fn adds(env: &TestEnv) -> usize {
    env.platform.request_log().iter().filter(|entry| entry.path == "/v3/memories/add/").count()
}

#[test]
fn repeated_imports_add_nothing() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", numbered(120));
    let first = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!((first.code, first.stdout.as_str()), (0, ""), "{}", first.stderr);
    assert!(first.stderr.starts_with("Imported 120 memories in "), "{}", first.stderr);
    assert_eq!(texts(&env, "alice").len(), 120);
    let asked = adds(&env);
    assert_eq!(asked, 3, "50 lines per request");
    let second = env.json(&["memory", "import", "m.jsonl"]);
    assert_eq!((&second["added"], &second["skipped"]), (&json!(120), &json!(120)), "{second}");
    assert_eq!((&second["rejected"], &second["is_complete"]), (&json!(0), &json!(true)), "{second}");
    assert_eq!(adds(&env), asked);
    assert!(!env.folder.path().join("m.jsonl.rejects").exists());

    put(&env, "m.jsonl", numbered(121));
    let other = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(other.code, 11, "{}", other.stderr);
    assert!(
        other.stderr.contains("error: m.jsonl.checkpoint is not the checkpoint of this input"),
        "{}",
        other.stderr
    );
    assert!(!other.stderr.contains("so far"), "no import was started: {}", other.stderr);
    fs::remove_file(env.folder.path().join("m.jsonl.checkpoint")).unwrap();
    let anew = env.json(&["memory", "import", "m.jsonl", "--batch", "7", "--concurrency", "1"]);
    assert_eq!((&anew["added"], &anew["known"]), (&json!(121), &json!(120)), "{anew}");
    assert_eq!(texts(&env, "alice").len(), 121);
}

#[test]
fn rejected_lines_do_not_stop_an_import() {
    let env = TestEnv::new();
    let long = "x".repeat(9 * 1024 * 1024);
    let mut file = b"\xef\xbb\xbf{\"memory\":\"one\",\"user_id\":\"u\"}\r\n\r\n{\"memory\":\n".to_vec();
    file.extend_from_slice(b"{\"memory\":\"\",\"user_id\":\"u\"}\n{\"memory\":\"none\"}\n\xff\xfe\n[]\n");
    file.extend_from_slice(b"{\"memory\":\"day\",\"user_id\":\"u\",\"expiration_date\":\"soon\"}\n");
    file.extend_from_slice(b"{\"memory\":\"any\",\"user_id\":\"*\"}\n");
    file.extend_from_slice(format!("{{\"memory\":\"{long}\",\"user_id\":\"u\"}}\n").as_bytes());
    file.extend_from_slice(b"{\"memory\":\"two\",\"user_id\":\"u\"}");
    put(&env, "m.jsonl", &file);
    let ran = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (9, ""), "{}", ran.stderr);
    for expected in [
        "Imported 2 memories",
        "Line 3: invalid JSON at column",
        "8 could not be imported; see m.jsonl.rejects (`jq -r .text m.jsonl.rejects` prints the lines)",
    ] {
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
    assert_eq!(texts(&env, "u"), ["one", "two"]);
    let mut rejects = got(&env, "m.jsonl.rejects");
    rejects.sort_by_key(|reject| reject["line"].as_u64());
    let reasons = [
        (3, "invalid JSON at column"),
        (4, "empty text"),
        (5, "missing owner"),
        (6, "invalid UTF-8"),
        (7, "not a JSON object"),
        (8, "invalid `expiration_date`"),
        (9, "rejected by the platform"),
        (10, "longer than"),
    ];
    assert_eq!(rejects.len(), reasons.len(), "{rejects:?}");
    for (reject, (line, reason)) in rejects.iter().zip(reasons) {
        assert_eq!(reject["line"], line);
        assert!(reject["reason"].as_str().unwrap().contains(reason), "{reject}");
    }
    assert_eq!(rejects[1]["text"], "{\"memory\":\"\",\"user_id\":\"u\"}");
    let again = ran_json(&env, &["memory", "import", "m.jsonl"], 9);
    assert_eq!((&again["added"], &again["rejected"]), (&json!(2), &json!(8)), "{again}");
    assert_eq!(got(&env, "m.jsonl.rejects").len(), 8);
}

fn ran_json(env: &TestEnv, arguments: &[&str], code: i32) -> Value {
    let ran = env.run(&[arguments, &["--output", "json"]].concat());
    assert_eq!(ran.code, code, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn an_export_can_be_imported() {
    let env = TestEnv::new();
    let whole = [
        json!({"memory": "Tea\u{1b}[31m\n", "user_id": "alice", "metadata": {"a": [1, {"b": null}]}, "created_at": "2026-01-02T03:04:05Z"}),
        json!({"memory": "Milk", "agent_id": "bot", "run_id": "r", "expiration_date": "2001-01-01", "timestamp": 1_000_000}),
        json!({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], "app_id": "x", "expiration_date": null}),
    ];
    put(&env, "m.jsonl", lines(whole));
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    let exported = env.run(&["memory", "export"]);
    assert_eq!((exported.code, exported.stderr.as_str()), (0, "Exported 4 memories.\n"));
    let other = TestEnv::new();
    put(&other, "all.jsonl", &exported.stdout);
    let imported = other.json(&["memory", "import", "all.jsonl"]);
    assert_eq!((&imported["added"], &imported["known"]), (&json!(4), &json!(0)));
    let back = other.run(&["memory", "export", "--to", "back.jsonl"]);
    assert_eq!((back.code, back.stdout.as_str()), (0, ""), "{}", back.stderr);
    let kept = |memory: &Value| {
        ["memory", "user_id", "agent_id", "app_id", "run_id", "metadata", "expiration_date"]
            .map(|field| memory[field].clone())
    };
    let mut before: Vec<Value> =
        exported.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut after = got(&other, "back.jsonl");
    for list in [&mut before, &mut after] {
        list.sort_by_key(|memory| memory["memory"].as_str().unwrap().to_owned());
    }
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(kept(before), kept(after));
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
        let some = env.run(&[&["memory", "export", "--quiet"], arguments].concat());
        assert_eq!((some.code, some.stdout.lines().count()), (0, count), "{arguments:?}: {}", some.stderr);
    }
    assert_eq!(env.run(&["memory", "export", "--filter", "{"]).code, 2);
    assert_eq!(env.run(&["memory", "export", "--to", "missing/x.jsonl"]).code, 11);
}

#[test]
fn a_failed_export_keeps_the_old_file() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", "before");
    let stranger =
        output_of(env.with_key("m0-local-unknown").args(["memory", "export", "--to", "m.jsonl", "--yes"]));
    assert_eq!(stranger.code, 3, "{}", stranger.stderr);
    assert_eq!(fs::read_to_string(env.folder.path().join("m.jsonl")).unwrap(), "before");
    assert_eq!(fs::read_dir(env.folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn an_export_can_be_one_json_document() {
    let env = TestEnv::new();
    assert_eq!(env.json(&["memory", "export"]), json!([]));
    put(&env, "m.jsonl", numbered(3));
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
    put(&env, "m.jsonl", numbered(2) + "{\"memory\": \"Milk\", \"user_id\": \"bob\"}\n");
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    let export = |further: &[&str]| {
        let mut command = env.command();
        output_of(command.env("MEM0_USER_ID", "alice").args(["memory", "export"]).args(further))
    };
    let some = export(&[]);
    assert_eq!((some.code, some.stdout.lines().count()), (0, 2), "{}", some.stderr);
    assert_eq!(some.stderr, "Note: limited to user alice by the environment.\nExported 2 memories.\n");
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
fn an_export_asks_before_it_replaces_a_file() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", numbered(2));
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    put(&env, "kept.jsonl", "before");
    let export = ["memory", "export", "--to", "kept.jsonl"];
    let asked = env.run(&export);
    assert_eq!((asked.code, asked.stdout.as_str()), (8, ""), "{}", asked.stderr);
    assert!(asked.stderr.contains("Replace kept.jsonl?"), "{}", asked.stderr);
    let tried = env.run(&[&export[..], &["--dry-run"]].concat());
    assert_eq!((tried.code, tried.stdout.as_str()), (0, ""), "{}", tried.stderr);
    assert_eq!(fs::read_to_string(env.folder.path().join("kept.jsonl")).unwrap(), "before");
    assert_eq!(env.run(&[&export[..], &["--yes"]].concat()).code, 0);
    assert_eq!(got(&env, "kept.jsonl").len(), 2);
}

#[test]
fn an_import_from_stdin_resumes_with_a_checkpoint() {
    let env = TestEnv::new();
    let empty = output_of(env.command().args(["memory", "import", "-"]).write_stdin(""));
    assert_eq!(empty.code, 0, "{}", empty.stderr);
    assert!(empty.stderr.starts_with("Imported 0 memories"), "{}", empty.stderr);
    for skipped in [0, 60] {
        let mut command = env.command();
        command
            .args(["memory", "import", "-", "--checkpoint", "j", "--output", "json"])
            .write_stdin(numbered(60));
        let ran = output_of(&mut command);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((&report["added"], &report["skipped"]), (&json!(60), &json!(skipped)));
    }
    let rejected = output_of(env.command().args(["memory", "import", "-"]).write_stdin("nonsense\n"));
    assert_eq!(rejected.code, 9);
    assert!(rejected.stderr.contains("Line 1: not a JSON object"), "{}", rejected.stderr);
}

#[test]
fn a_checkpoint_of_another_project_is_rejected() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", numbered(3));
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    let other = output_of(
        env.command().args(["memory", "import", "m.jsonl"]).env("MEM0_API_KEY", env.platform.other_key()),
    );
    assert_eq!(other.code, 11, "{}", other.stderr);
    assert!(other.stderr.contains("checkpoint m.jsonl.checkpoint belongs to project"), "{}", other.stderr);
    assert!(other.stderr.contains("pass --checkpoint FILE"), "{}", other.stderr);
    let named = ["memory", "import", "m.jsonl", "--checkpoint", "other.checkpoint"];
    let other = output_of(env.command().args(named).env("MEM0_API_KEY", env.platform.other_key()));
    assert_eq!(other.code, 0, "{}", other.stderr);
    assert!(other.stderr.starts_with("Imported 3 memories"), "{}", other.stderr);
}

#[test]
fn two_imports_do_not_share_a_checkpoint() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", numbered(3));
    // A running import holds this lock.
    let checkpoint = fs::File::create(env.folder.path().join("m.jsonl.checkpoint")).unwrap();
    checkpoint.lock().unwrap();
    let second = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!((second.code, second.stdout.as_str()), (11, ""), "{}", second.stderr);
    let expected =
        "error: the checkpoint `m.jsonl.checkpoint` is in use by another import; wait until it ends\n";
    assert_eq!(second.stderr, expected);
    assert_eq!(adds(&env), 0);
    drop(checkpoint);
    assert_eq!(env.json(&["memory", "import", "m.jsonl"])["added"], 3);
}

#[test]
fn output_files_differ_from_input_files() {
    let env = TestEnv::new();
    let text = format!("nonsense\n{}", numbered(1));
    put(&env, "m.jsonl", &text);
    #[cfg(unix)]
    std::os::unix::fs::symlink("m.jsonl", env.folder.path().join("same.jsonl")).unwrap();
    let folder = env.folder.path().join("m.jsonl");
    for further in [
        &["--rejects", "m.jsonl"][..],
        &["--rejects", "./m.jsonl"],
        &["--rejects", folder.to_str().unwrap()],
        #[cfg(unix)]
        &["--rejects", "same.jsonl"],
        &["--checkpoint", "m.jsonl"],
        &["--checkpoint", "new", "--rejects", "./new"],
        &["--rejects", "m.jsonl.checkpoint"],
    ] {
        let refused = env.run(&[&["memory", "import", "m.jsonl"], further].concat());
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{further:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("name another file"), "{further:?}: {}", refused.stderr);
    }
    assert_eq!(fs::read_to_string(env.folder.path().join("m.jsonl")).unwrap(), text);
    assert_eq!(adds(&env), 0);
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 9);
}

#[test]
fn a_failed_import_says_how_to_resume() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", numbered(10));
    let missing = env.run(&["memory", "import", "missing.jsonl"]);
    assert_eq!(missing.code, 11, "{}", missing.stderr);
    for (key, code) in [("m0-local-unknown", 3), (env.platform.reader_key(), 4)] {
        let ran = output_of(env.with_key(key).args(["memory", "import", "m.jsonl"]));
        assert_eq!(ran.code, code, "{}", ran.stderr);
        assert!(ran.stderr.contains("0 memories imported so far; run the command again"), "{}", ran.stderr);
    }
    let away =
        output_of(env.command().args(["memory", "import", "m.jsonl", "--base-url", "http://127.0.0.1:9"]));
    assert_eq!(away.code, 7, "{}", away.stderr);
    assert_eq!(env.json(&["memory", "import", "m.jsonl"])["added"], 10);
    assert_eq!(texts(&env, "alice").len(), 10);

    fs::create_dir(env.folder.path().join("folder")).unwrap();
    put(&env, "n.jsonl", "nonsense\n");
    let unwritable = env.run(&["memory", "import", "n.jsonl", "--checkpoint", "folder"]);
    assert_eq!(unwritable.code, 11, "{}", unwritable.stderr);
    let unwritable = env.run(&["memory", "import", "n.jsonl", "--rejects", "folder"]);
    assert_eq!(unwritable.code, 11, "{}", unwritable.stderr);
}

/// `/dev/full` has no space.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_an_import_with_an_error() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", format!("nonsense\n{}", numbered(3)));
    let full = env.run(&["memory", "import", "m.jsonl", "--rejects", "/dev/full"]);
    assert_eq!(full.code, 11, "{}", full.stderr);
    assert!(full.stderr.contains("failed to write the rejects file `/dev/full`"), "{}", full.stderr);
    let whole = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(whole.code, 9, "{}", whole.stderr);
    assert_eq!(got(&env, "m.jsonl.rejects").len(), 1);
    assert_eq!(texts(&env, "alice").len(), 3);
}

#[test]
fn a_dry_run_lists_requests_and_writes_no_files() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", format!("nonsense\n{}", numbered(51)));
    // An import would reject a line too.
    let shown = ran_json(&env, &["memory", "import", "m.jsonl", "--dry-run"], 9);
    let requests = shown["requests"].as_array().unwrap();
    let counts: Vec<usize> =
        requests.iter().map(|request| request["body"]["messages"].as_array().unwrap().len()).collect();
    assert_eq!((requests[0]["path"].as_str(), counts.iter().sum::<usize>()), (Some("/v3/memories/add/"), 51));
    let table = env.run(&["memory", "import", "m.jsonl", "--dry-run"]);
    assert!(table.stderr.contains("1 could not be imported"), "{}", table.stderr);
    assert_eq!(fs::read_dir(env.folder.path()).unwrap().count(), 1);
    assert_eq!(adds(&env), 0);
}

#[test]
fn a_copy_needs_both_profiles() {
    let env = TestEnv::new();
    let missing = env.run(&["memory", "copy", "--from", "a"]);
    assert_eq!(missing.code, 2, "{}", missing.stderr);
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
    put(&env, "m.jsonl", with_metadata(60));
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

#[test]
fn other_formats_are_reported_with_a_conversion_command() {
    let env = TestEnv::new();
    let array = r#"[{"memory":"m","user_id":"u"}]"#;
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, content, way_out) in [
        (
            "a.json",
            array.as_bytes(),
            "is a JSON array, not one JSON object per line; convert it: jq -c '.[]' a.json | mem0ctl memory import -",
        ),
        ("my a.json", array.as_bytes(), "jq -c '.[]' 'my a.json' |"),
        ("p.json", b"{\n  \"memory\": \"m\"\n}", "jq -c . p.json |"),
        ("m.gz", b"\x1f\x8b\x08\x00", "gzip -dc m.gz |"),
        ("m.zst", b"\x28\xb5\x2f\xfd", "zstd -dc m.zst |"),
        ("m.csv", b"user_id,memory\nalice,Likes tea\n", "< m.csv |"),
        ("m.txt", &utf16, "iconv -f UTF-16 -t UTF-8 m.txt |"),
        (
            "c.json",
            br#"[{"title":"t","mapping":{},"current_node":"n"}]"#,
            "write each conversation as a line such as",
        ),
    ] {
        put(&env, name, content);
        let refused = env.run(&["memory", "import", name]);
        assert_eq!((refused.code, refused.stderr.lines().count()), (11, 1), "{}", refused.stderr);
        assert!(refused.stderr.contains(way_out), "{name}: {}", refused.stderr);
        assert!(!env.folder.path().join(format!("{name}.rejects")).exists());
        assert!(!env.folder.path().join(format!("{name}.checkpoint")).exists());
    }
    let piped = output_of(env.command().args(["memory", "import", "-"]).write_stdin(array));
    assert_eq!(piped.code, 11, "{}", piped.stderr);
    assert!(piped.stderr.contains("the input is a JSON array"), "{}", piped.stderr);
    assert_eq!(adds(&env), 0);
}

#[test]
#[cfg(unix)]
fn the_way_to_convert_csv_works() {
    let env = TestEnv::new();
    put(&env, "m.csv", "user_id,memory\nalice,\"Likes tea, and milk\"\n");
    let refused = env.run(&["memory", "import", "m.csv"]);
    let (_, command) = refused.stderr.trim_end().split_once("convert it: ").unwrap();
    let convert = command.strip_suffix(" | mem0ctl memory import -").unwrap();
    let converted = std::process::Command::new("sh")
        .args(["-c", convert])
        .current_dir(env.folder.path())
        .output()
        .unwrap();
    assert!(converted.status.success(), "{converted:?}");
    put(&env, "m.jsonl", converted.stdout);
    assert_eq!(env.json(&["memory", "import", "m.jsonl"])["added"], 1);
    assert_eq!(texts(&env, "alice"), ["Likes tea, and milk"]);
}

#[test]
fn lines_without_an_owner_use_the_options_or_the_environment() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", "{\"memory\":\"Likes tea\"}\n{\"memory\":\"Likes milk\",\"user_id\":\"bob\"}\n");
    let import = |arguments: &[&str]| {
        let mut command = env.command();
        command.args(["memory", "import", "m.jsonl"]).args(arguments);
        command
    };
    for id in ["", "..", "*"] {
        let refused = output_of(&mut import(&["--user-id", id]));
        assert_ne!(refused.code, 0, "{id}: {}", refused.stderr);
    }
    assert_eq!(adds(&env), 0);
    assert_eq!(output_of(&mut import(&[])).code, 9, "a line without an owner is rejected");
    std::fs::remove_file(env.folder.path().join("m.jsonl.checkpoint")).unwrap();
    assert_eq!(output_of(import(&[]).env("MEM0_USER_ID", "ann")).code, 0);
    assert_eq!((texts(&env, "ann"), texts(&env, "bob").len()), (vec!["Likes tea".to_owned()], 1));
    let other = output_of(import(&["--user-id", "carl", "--checkpoint", "j"]).env("MEM0_USER_ID", "ann"));
    assert_eq!((other.code, texts(&env, "carl").len()), (0, 1), "{}", other.stderr);
}

#[test]
fn unknown_fields_are_reported_once() {
    let env = TestEnv::new();
    let line = |n: usize| json!({"memory": format!("Number {n}"), "user_id": 7, "metdata": {"a": n}});
    put(&env, "m.jsonl", lines((0..3).map(line)) + "{\"memory\":\"cut \\ud83d\",\"user_id\":7}\n");
    let imported = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    let told = "warning: unknown field `metdata` in 3 lines, not imported; did you mean `metadata`?\n";
    assert_eq!(imported.stderr.matches(told).count(), 1, "{}", imported.stderr);
    assert!(imported.stderr.contains("in 1 line, imported as U+FFFD"), "{}", imported.stderr);
    assert_eq!(texts(&env, "7").len(), 4);
    let shown = env.json(&["memory", "import", "m.jsonl", "--checkpoint", "other.checkpoint"]);
    assert_eq!(
        (&shown["unknown_fields"], &shown["replaced"]),
        (&json!({"metdata": 3}), &json!(1)),
        "{shown}"
    );
}

#[test]
fn every_text_input_accepts_a_byte_order_mark() {
    let env = TestEnv::new();
    let marked = |name: &str, text: &str| put(&env, name, format!("\u{feff}{text}"));
    let succeeds = |arguments: &[&str], stdin: &str| {
        let done = output_of(env.command().args(arguments).write_stdin(stdin));
        assert_eq!(done.code, 0, "{arguments:?}: {}", done.stderr);
        done.stdout
    };
    marked("m.jsonl", "{\"memory\":\"one\",\"user_id\":\"u\"}\n");
    succeeds(&["memory", "import", "m.jsonl"], "");
    marked("f.json", "{\"user_id\": \"u\"}");
    let listed = succeeds(&["memory", "list", "--filter", "@f.json", "-o", "json"], "");
    let id = serde_json::from_str::<Value>(&listed).unwrap()[0]["id"].as_str().unwrap().to_owned();
    let change = format!("{{\"memory_id\":\"{id}\",\"text\":\"two\"}}\n");
    marked("u.jsonl", &change);
    succeeds(&["memory", "update", "--from", "u.jsonl"], "");
    succeeds(&["memory", "update", "--from", "-"], &format!("\u{feff}{change}"));
    succeeds(&["memory", "update", &id], "\u{feff}three");
    assert_eq!(texts(&env, "u"), ["three"]);
    marked("mem0.toml", "[projects]\n");
    succeeds(&["plan", "mem0.toml"], "");
    succeeds(&["plan", "-"], "\u{feff}[projects]\n");
    marked("ids.txt", &id);
    succeeds(&["memory", "delete", "--from", "ids.txt", "--yes"], "");
    assert_eq!(texts(&env, "u").len(), 0);
    marked("seed.json", "{}");
    succeeds(&["local", "seed", "seed.json", "--data", "one.db"], "");
    let dump = succeeds(&["local", "dump", "--data", "one.db"], "");
    marked("dump.json", &dump);
    succeeds(&["local", "load", "dump.json", "--data", "two.db"], "");
}

#[test]
fn a_dry_run_rejects_the_lines_that_an_import_rejects() {
    let env = TestEnv::new();
    let line = |day: &str| json!({"memory": day, "user_id": "u", "expiration_date": day});
    put(&env, "m.jsonl", lines([line("2030-02-28"), line("2030-02-30"), line("tomorrow")]));
    let dry = env.run(&["memory", "import", "m.jsonl", "--dry-run"]);
    assert_eq!(dry.code, 9, "{}", dry.stderr);
    assert!(!env.folder.path().join("m.jsonl.rejects").exists());
    let real = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!((real.code, texts(&env, "u").len()), (9, 1), "{}", real.stderr);
    for said in [&dry.stderr, &real.stderr] {
        assert!(said.contains("2 could not be imported"), "{said}");
    }
}

#[test]
fn a_dry_run_skips_lines_in_the_checkpoint() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", format!("nonsense\n{}", numbered(3)));
    let import = ["memory", "import", "m.jsonl"];
    assert_eq!(env.run(&import).code, 9);
    let checkpoint = || fs::read(env.folder.path().join("m.jsonl.checkpoint")).unwrap();
    let before = checkpoint();
    let again = env.run(&["memory", "import", "m.jsonl", "--dry-run"]);
    assert_eq!(again.code, 9, "{}", again.stderr);
    assert!(!again.stdout.contains("/v3/memories/add/"), "{}", again.stdout);
    assert_eq!(checkpoint(), before);
    put(&env, "m.jsonl", numbered(4));
    for dry_run in [&["--dry-run"][..], &[]] {
        let other = env.run(&[&import[..], dry_run].concat());
        assert_eq!(other.code, 11, "{}", other.stderr);
    }
}

#[test]
fn a_damaged_checkpoint_is_reported() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", numbered(3));
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    let checkpoint = fs::read_to_string(env.folder.path().join("m.jsonl.checkpoint")).unwrap();
    put(&env, "m.jsonl.checkpoint", checkpoint + "b 18446744073709551615 1:0\n");
    let damaged = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(damaged.code, 11, "{}", damaged.stderr);
    assert!(damaged.stderr.contains("m.jsonl.checkpoint is damaged"), "{}", damaged.stderr);
    assert!(
        damaged.stderr.contains("delete it to start over, or pass --checkpoint OTHER"),
        "{}",
        damaged.stderr
    );
    assert!(!damaged.stderr.contains("the same command"), "it would end in the same way: {}", damaged.stderr);
}

#[test]
fn a_repeated_import_or_copy_reports_that_nothing_is_new() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", numbered(3));
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    let again = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(
        (again.code, again.stderr.as_str()),
        (0, "Nothing was imported: 3 memories were imported previously.\n")
    );
    for (name, key) in [("from", env.platform.api_key()), ("to", env.platform.other_key())] {
        let url = env.platform.url();
        let added = env.run(&["profile", "add", name, "--base-url", url, "--api-key", key]);
        assert_eq!(added.code, 0, "{}", added.stderr);
    }
    let copy = ["memory", "copy", "--from", "from", "--to", "to"];
    assert!(env.run(&copy).stderr.starts_with("Copied 3 memories in "));
    let again = env.run(&copy);
    assert_eq!((again.code, again.stderr.as_str()), (0, "Nothing was copied: 3 memories existed already.\n"));
}

#[cfg(unix)]
#[test]
fn a_redirected_file_has_its_checkpoint_in_the_state_directory() {
    let env = TestEnv::new();
    put(&env, "m.jsonl", numbered(3));
    let file = env.folder.path().join("m.jsonl");
    let mut command = env.command();
    command.env("XDG_STATE_HOME", env.folder.path().join("state"));
    let piped = output_of(command.args(["memory", "import", "/dev/stdin"]).pipe_stdin(&file).unwrap());
    assert_eq!(piped.code, 0, "{}", piped.stderr);
    assert!(!env.folder.path().join("state").exists());
    let redirected = || {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_mem0ctl"))
            .args(["memory", "import", "/dev/stdin", "--output", "json"])
            .env_clear()
            .env("HOME", env.folder.path())
            .env("MEM0_BASE_URL", env.platform.url())
            .env("MEM0_API_KEY", env.platform.api_key())
            .current_dir(env.folder.path())
            .stdin(fs::File::open(&file).unwrap())
            .output()
            .unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    assert_eq!(redirected()["skipped"], 0);
    assert_eq!(redirected()["skipped"], 3);
    let state = env.folder.path().join(".local/state/mem0ctl");
    let names: Vec<String> =
        fs::read_dir(state).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(matches!(names.as_slice(), [name] if name.starts_with("m.jsonl-")), "{names:?}");
}
