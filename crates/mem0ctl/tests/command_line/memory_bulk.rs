//! `memory import`, `memory export` and `memory copy`.

use std::fs;

use mem0::Filter;
use serde_json::{Value, json};

use crate::bench::{Bench, ran};

fn lines(texts: impl IntoIterator<Item = Value>) -> String {
    texts.into_iter().fold(String::new(), |text, line| text + &line.to_string() + "\n")
}

fn numbered(count: usize) -> String {
    lines((0..count).map(|n| json!({"memory": format!("Number {n}"), "user_id": "alice"})))
}

fn put(bench: &Bench, name: &str, content: impl AsRef<[u8]>) {
    fs::write(bench.folder.path().join(name), content).unwrap();
}

fn got(bench: &Bench, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(bench.folder.path().join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The texts of a user, in order.
fn texts(bench: &Bench, user: &str) -> Vec<String> {
    let client = bench.platform.client().unwrap();
    let memories = client.get_all(Filter::user(user)).unwrap();
    let mut texts: Vec<String> = memories.map(|memory| memory.unwrap().memory.unwrap()).collect();
    texts.sort();
    texts
}

/// How many adds the platform was asked for.
fn adds(bench: &Bench) -> usize {
    bench.platform.request_log().iter().filter(|entry| entry.path == "/v3/memories/add/").count()
}

#[test]
fn a_file_is_imported_once_however_often_it_is_asked_for() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", numbered(120));
    let first = bench.run(&["memory", "import", "m.jsonl"]);
    assert_eq!((first.code, first.stdout.as_str()), (0, ""), "{}", first.stderr);
    assert!(first.stderr.starts_with("120 memories imported, in "), "{}", first.stderr);
    assert_eq!(texts(&bench, "alice").len(), 120);
    let asked = adds(&bench);
    assert_eq!(asked, 3, "fifty lines a request");
    let second = bench.json(&["memory", "import", "m.jsonl"]);
    assert_eq!((&second["added"], &second["skipped"]), (&json!(120), &json!(120)), "{second}");
    assert_eq!((&second["rejected"], &second["is_complete"]), (&json!(0), &json!(true)), "{second}");
    assert_eq!(adds(&bench), asked);
    assert!(!bench.folder.path().join("m.jsonl.rejects").exists());

    put(&bench, "m.jsonl", numbered(121));
    let other = bench.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(other.code, 11, "{}", other.stderr);
    assert!(
        other.stderr.contains("mem0ctl: m.jsonl.checkpoint is not the checkpoint of this input"),
        "{}",
        other.stderr
    );
    assert!(!other.stderr.contains("so far"), "nothing was begun: {}", other.stderr);
    fs::remove_file(bench.folder.path().join("m.jsonl.checkpoint")).unwrap();
    let anew = bench.json(&["memory", "import", "m.jsonl", "--batch", "7", "--concurrency", "1"]);
    assert_eq!((&anew["added"], &anew["known"]), (&json!(121), &json!(120)), "{anew}");
    assert_eq!(texts(&bench, "alice").len(), 121);
}

#[test]
fn what_can_not_be_imported_is_put_aside_and_the_rest_goes_on() {
    let bench = Bench::new();
    let long = "x".repeat(9 * 1024 * 1024);
    let mut file = b"\xef\xbb\xbf{\"memory\":\"one\",\"user_id\":\"u\"}\r\n\r\n{\"memory\":\n".to_vec();
    file.extend_from_slice(b"{\"memory\":\"\",\"user_id\":\"u\"}\n{\"memory\":\"none\"}\n\xff\xfe\n[]\n");
    file.extend_from_slice(b"{\"memory\":\"day\",\"user_id\":\"u\",\"expiration_date\":\"soon\"}\n");
    file.extend_from_slice(b"{\"memory\":\"any\",\"user_id\":\"*\"}\n");
    file.extend_from_slice(format!("{{\"memory\":\"{long}\",\"user_id\":\"u\"}}\n").as_bytes());
    file.extend_from_slice(b"{\"memory\":\"two\",\"user_id\":\"u\"}");
    put(&bench, "m.jsonl", &file);
    let ran = bench.run(&["memory", "import", "m.jsonl"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (9, ""), "{}", ran.stderr);
    for expected in [
        "2 memories imported",
        "Line 3: invalid JSON at column",
        "8 can't be imported: see m.jsonl.rejects (`jq -r .text m.jsonl.rejects` prints them alone)",
    ] {
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
    assert_eq!(texts(&bench, "u"), ["one", "two"]);
    let mut rejects = got(&bench, "m.jsonl.rejects");
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
    let again = ran_json(&bench, &["memory", "import", "m.jsonl"], 9);
    assert_eq!((&again["added"], &again["rejected"]), (&json!(2), &json!(8)), "{again}");
    assert_eq!(got(&bench, "m.jsonl.rejects").len(), 8);
}

fn ran_json(bench: &Bench, arguments: &[&str], code: i32) -> Value {
    let ran = bench.run(&[arguments, &["--output", "json"]].concat());
    assert_eq!(ran.code, code, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn what_is_exported_can_be_imported() {
    let bench = Bench::new();
    let whole = [
        json!({"memory": "Tea\u{1b}[31m\n", "user_id": "alice", "metadata": {"a": [1, {"b": null}]}, "created_at": "2026-01-02T03:04:05Z"}),
        json!({"memory": "Milk", "agent_id": "bot", "run_id": "r", "expiration_date": "2001-01-01", "timestamp": 1_000_000}),
        json!({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], "app_id": "x", "expiration_date": null}),
    ];
    put(&bench, "m.jsonl", lines(whole));
    assert_eq!(bench.run(&["memory", "import", "m.jsonl"]).code, 0);
    let exported = bench.run(&["memory", "export"]);
    assert_eq!((exported.code, exported.stderr.as_str()), (0, "4 memories exported.\n"));
    let other = Bench::new();
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
        let some = bench.run(&[&["memory", "export", "--quiet"], arguments].concat());
        assert_eq!((some.code, some.stdout.lines().count()), (0, count), "{arguments:?}: {}", some.stderr);
    }
    assert_eq!(bench.run(&["memory", "export", "--filter", "{"]).code, 2);
    assert_eq!(bench.run(&["memory", "export", "--to", "missing/x.jsonl"]).code, 11);
}

#[test]
fn a_failed_export_leaves_the_file_as_it_was() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", "before");
    let stranger =
        ran(bench.with_key("m0-local-unknown").args(["memory", "export", "--to", "m.jsonl", "--yes"]));
    assert_eq!(stranger.code, 3, "{}", stranger.stderr);
    assert_eq!(fs::read_to_string(bench.folder.path().join("m.jsonl")).unwrap(), "before");
    assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn an_export_is_one_document_where_that_is_asked_for() {
    let bench = Bench::new();
    assert_eq!(bench.json(&["memory", "export"]), json!([]));
    put(&bench, "m.jsonl", numbered(3));
    assert_eq!(bench.run(&["memory", "import", "m.jsonl"]).code, 0);
    let document = bench.json(&["memory", "export"]);
    let lines = bench.run(&["memory", "export", "--output", "jsonl"]).stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((document, lines.len()), (Value::Array(lines), 3));
}

/// A backup of less than its owner thinks is none.
#[test]
fn whom_the_environment_names_is_told_where_all_could_be_meant() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", numbered(2) + "{\"memory\": \"Milk\", \"user_id\": \"bob\"}\n");
    assert_eq!(bench.run(&["memory", "import", "m.jsonl"]).code, 0);
    let export = |further: &[&str]| {
        let mut command = bench.command();
        ran(command.env("MEM0_USER_ID", "alice").args(["memory", "export"]).args(further))
    };
    let some = export(&[]);
    assert_eq!((some.code, some.stdout.lines().count()), (0, 2), "{}", some.stderr);
    assert_eq!(some.stderr, "Only those of user alice, whom the environment names.\n2 memories exported.\n");
    for named in [&["--user-id", "bob"][..], &["--filter", "{\"user_id\": \"bob\"}"]] {
        let other = export(named);
        assert_eq!(
            (other.stdout.lines().count(), other.stderr.as_str()),
            (1, "1 memory exported.\n"),
            "{named:?}"
        );
    }
}

#[test]
fn an_export_replaces_no_file_unasked() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", numbered(2));
    assert_eq!(bench.run(&["memory", "import", "m.jsonl"]).code, 0);
    put(&bench, "kept.jsonl", "before");
    let export = ["memory", "export", "--to", "kept.jsonl"];
    let asked = bench.run(&export);
    assert_eq!((asked.code, asked.stdout.as_str()), (8, ""), "{}", asked.stderr);
    assert!(asked.stderr.contains("Replace kept.jsonl?"), "{}", asked.stderr);
    let tried = bench.run(&[&export[..], &["--dry-run"]].concat());
    assert_eq!((tried.code, tried.stdout.as_str()), (0, ""), "{}", tried.stderr);
    assert_eq!(fs::read_to_string(bench.folder.path().join("kept.jsonl")).unwrap(), "before");
    assert_eq!(bench.run(&[&export[..], &["--yes"]].concat()).code, 0);
    assert_eq!(got(&bench, "kept.jsonl").len(), 2);
}

#[test]
fn stdin_is_imported_and_gone_on_with_where_a_checkpoint_is_named() {
    let bench = Bench::new();
    let empty = ran(bench.command().args(["memory", "import", "-"]).write_stdin(""));
    assert_eq!(empty.code, 0, "{}", empty.stderr);
    assert!(empty.stderr.starts_with("0 memories imported"), "{}", empty.stderr);
    for skipped in [0, 60] {
        let mut command = bench.command();
        command
            .args(["memory", "import", "-", "--checkpoint", "j", "--output", "json"])
            .write_stdin(numbered(60));
        let ran = ran(&mut command);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((&report["added"], &report["skipped"]), (&json!(60), &json!(skipped)));
    }
    let rejected = ran(bench.command().args(["memory", "import", "-"]).write_stdin("nonsense\n"));
    assert_eq!(rejected.code, 9);
    assert!(rejected.stderr.contains("Line 1: not a JSON object."), "{}", rejected.stderr);
}

#[test]
fn an_import_into_another_project_does_not_go_on_with_the_checkpoint_of_the_first() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", numbered(3));
    assert_eq!(bench.run(&["memory", "import", "m.jsonl"]).code, 0);
    let other = ran(bench
        .command()
        .args(["memory", "import", "m.jsonl"])
        .env("MEM0_API_KEY", bench.platform.other_key()));
    assert_eq!(other.code, 11, "{}", other.stderr);
    assert!(
        other.stderr.contains("The checkpoint m.jsonl.checkpoint belongs to project"),
        "{}",
        other.stderr
    );
    assert!(other.stderr.contains("pass --checkpoint OTHER"), "{}", other.stderr);
    let named = ["memory", "import", "m.jsonl", "--checkpoint", "other.checkpoint"];
    let other = ran(bench.command().args(named).env("MEM0_API_KEY", bench.platform.other_key()));
    assert_eq!(other.code, 0, "{}", other.stderr);
    assert!(other.stderr.starts_with("3 memories imported"), "{}", other.stderr);
}

#[test]
fn two_imports_do_not_share_a_checkpoint() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", numbered(3));
    // What another import does as long as it runs.
    let checkpoint = fs::File::create(bench.folder.path().join("m.jsonl.checkpoint")).unwrap();
    checkpoint.lock().unwrap();
    let second = bench.run(&["memory", "import", "m.jsonl"]);
    assert_eq!((second.code, second.stdout.as_str()), (11, ""), "{}", second.stderr);
    let expected =
        "mem0ctl: The checkpoint `m.jsonl.checkpoint` is in use by another import; wait until it ends.\n";
    assert_eq!(second.stderr, expected);
    assert_eq!(adds(&bench), 0);
    drop(checkpoint);
    assert_eq!(bench.json(&["memory", "import", "m.jsonl"])["added"], 3);
}

#[test]
fn what_is_written_is_never_what_is_read() {
    let bench = Bench::new();
    let text = format!("nonsense\n{}", numbered(1));
    put(&bench, "m.jsonl", &text);
    #[cfg(unix)]
    std::os::unix::fs::symlink("m.jsonl", bench.folder.path().join("same.jsonl")).unwrap();
    let folder = bench.folder.path().join("m.jsonl");
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
        let refused = bench.run(&[&["memory", "import", "m.jsonl"], further].concat());
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{further:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("name another file"), "{further:?}: {}", refused.stderr);
    }
    assert_eq!(fs::read_to_string(bench.folder.path().join("m.jsonl")).unwrap(), text);
    assert_eq!(adds(&bench), 0);
    assert_eq!(bench.run(&["memory", "import", "m.jsonl"]).code, 9);
}

#[test]
fn what_ends_an_import_says_how_to_go_on() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", numbered(10));
    let missing = bench.run(&["memory", "import", "missing.jsonl"]);
    assert_eq!(missing.code, 11, "{}", missing.stderr);
    for (key, code) in [("m0-local-unknown", 3), (bench.platform.reader_key(), 4)] {
        let ran = ran(bench.with_key(key).args(["memory", "import", "m.jsonl"]));
        assert_eq!(ran.code, code, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("0 memories imported so far: run the same command again"),
            "{}",
            ran.stderr
        );
    }
    let away = ran(bench.command().args(["memory", "import", "m.jsonl", "--base-url", "http://127.0.0.1:9"]));
    assert_eq!(away.code, 7, "{}", away.stderr);
    assert_eq!(bench.json(&["memory", "import", "m.jsonl"])["added"], 10);
    assert_eq!(texts(&bench, "alice").len(), 10);

    fs::create_dir(bench.folder.path().join("folder")).unwrap();
    put(&bench, "n.jsonl", "nonsense\n");
    let unwritable = bench.run(&["memory", "import", "n.jsonl", "--checkpoint", "folder"]);
    assert_eq!(unwritable.code, 11, "{}", unwritable.stderr);
    let unwritable = bench.run(&["memory", "import", "n.jsonl", "--rejects", "folder"]);
    assert_eq!(unwritable.code, 11, "{}", unwritable.stderr);
}

/// `/dev/full` takes nothing.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_it_with_a_sentence() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", format!("nonsense\n{}", numbered(3)));
    let full = bench.run(&["memory", "import", "m.jsonl", "--rejects", "/dev/full"]);
    assert_eq!(full.code, 11, "{}", full.stderr);
    assert!(full.stderr.contains("failed to write the rejects file `/dev/full`"), "{}", full.stderr);
    let whole = bench.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(whole.code, 9, "{}", whole.stderr);
    assert_eq!(got(&bench, "m.jsonl.rejects").len(), 1);
    assert_eq!(texts(&bench, "alice").len(), 3);
}

#[test]
fn a_dry_run_shows_the_requests_and_leaves_no_trace() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", format!("nonsense\n{}", numbered(51)));
    // As the import itself, which would reject a line.
    let shown = ran_json(&bench, &["memory", "import", "m.jsonl", "--dry-run"], 9);
    let requests = shown["requests"].as_array().unwrap();
    let counts: Vec<usize> =
        requests.iter().map(|request| request["body"]["messages"].as_array().unwrap().len()).collect();
    assert_eq!((requests[0]["path"].as_str(), counts.iter().sum::<usize>()), (Some("/v3/memories/add/"), 51));
    let table = bench.run(&["memory", "import", "m.jsonl", "--dry-run"]);
    assert!(table.stderr.contains("1 can't be imported."), "{}", table.stderr);
    assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 1);
    assert_eq!(adds(&bench), 0);
}

#[test]
fn a_copy_names_both_profiles() {
    let bench = Bench::new();
    let missing = bench.run(&["memory", "copy", "--from", "a"]);
    assert_eq!(missing.code, 2, "{}", missing.stderr);
}

/// A limit that one of these memories fits in, and ten do not.
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
    let bench = Bench::new();
    put(&bench, "m.jsonl", with_metadata(60));
    assert_eq!(bench.run(&["memory", "import", "m.jsonl"]).code, 0);
    for arguments in [&["--page-size", "7"][..], &["--page-size", "200"], &[]] {
        let exported = bench.run(&[&["memory", "export", "--body-limit", LOW_LIMIT][..], arguments].concat());
        assert_eq!(exported.code, 0, "{arguments:?}: {}", exported.stderr);
        let text =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["memory"].as_str().unwrap().to_owned();
        let mut found: Vec<String> = exported.stdout.lines().map(text).collect();
        found.sort();
        assert_eq!(found, texts(&bench, "alice"), "{arguments:?}");
    }
    let list = ["memory", "list", "--user-id", "alice", "--body-limit", LOW_LIMIT];
    assert_eq!(bench.json(&list).as_array().unwrap().len(), 60);
    // One memory by itself is larger.
    let too_low = bench.run(&["memory", "export", "--body-limit", "9000"]);
    assert_eq!(too_low.code, 1, "{}", too_low.stderr);
    assert!(too_low.stderr.contains("raise --body-limit"), "{}", too_low.stderr);

    let profile = |name: &str, key: &str| {
        let url = bench.platform.url();
        let added = bench.run(&["profile", "add", name, "--base-url", url, "--api-key", key]);
        assert_eq!(added.code, 0, "{}", added.stderr);
    };
    profile("from", bench.platform.api_key());
    profile("to", bench.platform.other_key());
    let copied = bench.json(&["memory", "copy", "--from", "from", "--to", "to", "--body-limit", LOW_LIMIT]);
    assert_eq!(copied["added"], 60, "{copied}");
}

#[test]
fn another_format_is_named_with_the_way_to_convert_it() {
    let bench = Bench::new();
    let array = r#"[{"memory":"m","user_id":"u"}]"#;
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, content, way_out) in [
        (
            "a.json",
            array.as_bytes(),
            "is a JSON array, not one JSON object a line; convert it: jq -c '.[]' a.json | mem0ctl memory import -",
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
            "make each conversation a line such as",
        ),
    ] {
        put(&bench, name, content);
        let refused = bench.run(&["memory", "import", name]);
        assert_eq!((refused.code, refused.stderr.lines().count()), (11, 1), "{}", refused.stderr);
        assert!(refused.stderr.contains(way_out), "{name}: {}", refused.stderr);
        assert!(!bench.folder.path().join(format!("{name}.rejects")).exists());
        assert!(!bench.folder.path().join(format!("{name}.checkpoint")).exists());
    }
    let piped = ran(bench.command().args(["memory", "import", "-"]).write_stdin(array));
    assert_eq!(piped.code, 11, "{}", piped.stderr);
    assert!(piped.stderr.contains("The input is a JSON array"), "{}", piped.stderr);
    assert_eq!(adds(&bench), 0);
}

#[test]
#[cfg(unix)]
fn the_way_to_convert_csv_works() {
    let bench = Bench::new();
    put(&bench, "m.csv", "user_id,memory\nalice,\"Likes tea, and milk\"\n");
    let refused = bench.run(&["memory", "import", "m.csv"]);
    let (_, command) = refused.stderr.trim_end().split_once("convert it: ").unwrap();
    let convert = command.strip_suffix(" | mem0ctl memory import -").unwrap();
    let converted = std::process::Command::new("sh")
        .args(["-c", convert])
        .current_dir(bench.folder.path())
        .output()
        .unwrap();
    assert!(converted.status.success(), "{converted:?}");
    put(&bench, "m.jsonl", converted.stdout);
    assert_eq!(bench.json(&["memory", "import", "m.jsonl"])["added"], 1);
    assert_eq!(texts(&bench, "alice"), ["Likes tea, and milk"]);
}

#[test]
fn lines_without_an_owner_have_that_of_the_options_or_the_environment() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", "{\"memory\":\"Likes tea\"}\n{\"memory\":\"Likes milk\",\"user_id\":\"bob\"}\n");
    let import = |arguments: &[&str]| {
        let mut command = bench.command();
        command.args(["memory", "import", "m.jsonl"]).args(arguments);
        command
    };
    for id in ["", "..", "*"] {
        let refused = ran(&mut import(&["--user-id", id]));
        assert_ne!(refused.code, 0, "{id}: {}", refused.stderr);
    }
    assert_eq!(adds(&bench), 0);
    assert_eq!(ran(&mut import(&[])).code, 9, "a line without an owner is rejected");
    std::fs::remove_file(bench.folder.path().join("m.jsonl.checkpoint")).unwrap();
    assert_eq!(ran(import(&[]).env("MEM0_USER_ID", "ann")).code, 0);
    assert_eq!((texts(&bench, "ann"), texts(&bench, "bob").len()), (vec!["Likes tea".to_owned()], 1));
    let other = ran(import(&["--user-id", "carl", "--checkpoint", "j"]).env("MEM0_USER_ID", "ann"));
    assert_eq!((other.code, texts(&bench, "carl").len()), (0, 1), "{}", other.stderr);
}

#[test]
fn fields_that_are_left_out_are_told_once() {
    let bench = Bench::new();
    let line = |n: usize| json!({"memory": format!("Number {n}"), "user_id": 7, "metdata": {"a": n}});
    put(&bench, "m.jsonl", lines((0..3).map(line)) + "{\"memory\":\"cut \\ud83d\",\"user_id\":7}\n");
    let imported = bench.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    let told = "Unknown field `metdata` in 3 lines, not imported; did you mean `metadata`?\n";
    assert_eq!(imported.stderr.matches(told).count(), 1, "{}", imported.stderr);
    assert!(imported.stderr.contains("in 1 line, imported as U+FFFD"), "{}", imported.stderr);
    assert_eq!(texts(&bench, "7").len(), 4);
    let shown = bench.json(&["memory", "import", "m.jsonl", "--checkpoint", "other.checkpoint"]);
    assert_eq!(
        (&shown["unknown_fields"], &shown["replaced"]),
        (&json!({"metdata": 3}), &json!(1)),
        "{shown}"
    );
}

#[test]
fn every_reader_of_text_takes_a_byte_order_mark() {
    let bench = Bench::new();
    let marked = |name: &str, text: &str| put(&bench, name, format!("\u{feff}{text}"));
    let succeeds = |arguments: &[&str], stdin: &str| {
        let done = ran(bench.command().args(arguments).write_stdin(stdin));
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
    assert_eq!(texts(&bench, "u"), ["three"]);
    marked("mem0.toml", "[projects]\n");
    succeeds(&["plan", "mem0.toml"], "");
    succeeds(&["plan", "-"], "\u{feff}[projects]\n");
    marked("ids.txt", &id);
    succeeds(&["memory", "delete", "--from", "ids.txt", "--yes"], "");
    assert_eq!(texts(&bench, "u").len(), 0);
    marked("seed.json", "{}");
    succeeds(&["local", "seed", "seed.json", "--data", "one.db"], "");
    let dump = succeeds(&["local", "dump", "--data", "one.db"], "");
    marked("dump.json", &dump);
    succeeds(&["local", "load", "dump.json", "--data", "two.db"], "");
}

#[test]
fn a_dry_run_ends_as_the_run_would_where_a_line_is_refused_before_it_is_sent() {
    let bench = Bench::new();
    let line = |day: &str| json!({"memory": day, "user_id": "u", "expiration_date": day});
    put(&bench, "m.jsonl", lines([line("2030-02-28"), line("2030-02-30"), line("tomorrow")]));
    let dry = bench.run(&["memory", "import", "m.jsonl", "--dry-run"]);
    assert_eq!(dry.code, 9, "{}", dry.stderr);
    assert!(!bench.folder.path().join("m.jsonl.rejects").exists());
    let real = bench.run(&["memory", "import", "m.jsonl"]);
    assert_eq!((real.code, texts(&bench, "u").len()), (9, 1), "{}", real.stderr);
    for said in [&dry.stderr, &real.stderr] {
        assert!(said.contains("2 can't be imported"), "{said}");
    }
}

#[test]
fn a_dry_run_leaves_out_what_the_checkpoint_says_is_done() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", format!("nonsense\n{}", numbered(3)));
    let import = ["memory", "import", "m.jsonl"];
    assert_eq!(bench.run(&import).code, 9);
    let checkpoint = || fs::read(bench.folder.path().join("m.jsonl.checkpoint")).unwrap();
    let before = checkpoint();
    let again = bench.run(&["memory", "import", "m.jsonl", "--dry-run"]);
    assert_eq!(again.code, 9, "{}", again.stderr);
    assert!(!again.stdout.contains("/v3/memories/add/"), "{}", again.stdout);
    assert_eq!(checkpoint(), before);
    put(&bench, "m.jsonl", numbered(4));
    for dry_run in [&["--dry-run"][..], &[]] {
        let other = bench.run(&[&import[..], dry_run].concat());
        assert_eq!(other.code, 11, "{}", other.stderr);
    }
}

#[test]
fn a_damaged_checkpoint_is_named() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", numbered(3));
    assert_eq!(bench.run(&["memory", "import", "m.jsonl"]).code, 0);
    let checkpoint = fs::read_to_string(bench.folder.path().join("m.jsonl.checkpoint")).unwrap();
    put(&bench, "m.jsonl.checkpoint", checkpoint + "b 18446744073709551615 1:0\n");
    let damaged = bench.run(&["memory", "import", "m.jsonl"]);
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
fn a_repeated_import_or_copy_says_that_nothing_was_done() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", numbered(3));
    assert_eq!(bench.run(&["memory", "import", "m.jsonl"]).code, 0);
    let again = bench.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(
        (again.code, again.stderr.as_str()),
        (0, "Nothing was imported: 3 memories were imported before.\n")
    );
    for (name, key) in [("from", bench.platform.api_key()), ("to", bench.platform.other_key())] {
        let url = bench.platform.url();
        let added = bench.run(&["profile", "add", name, "--base-url", url, "--api-key", key]);
        assert_eq!(added.code, 0, "{}", added.stderr);
    }
    let copy = ["memory", "copy", "--from", "from", "--to", "to"];
    assert!(bench.run(&copy).stderr.starts_with("3 memories copied, in "));
    let again = bench.run(&copy);
    assert_eq!(
        (again.code, again.stderr.as_str()),
        (0, "Nothing was copied: 3 memories were there already.\n")
    );
}

#[cfg(unix)]
#[test]
fn a_redirected_file_has_its_checkpoint_in_the_folder_for_state() {
    let bench = Bench::new();
    put(&bench, "m.jsonl", numbered(3));
    let file = bench.folder.path().join("m.jsonl");
    let mut command = bench.command();
    command.env("XDG_STATE_HOME", bench.folder.path().join("state"));
    let piped = ran(command.args(["memory", "import", "/dev/stdin"]).pipe_stdin(&file).unwrap());
    assert_eq!(piped.code, 0, "{}", piped.stderr);
    assert!(!bench.folder.path().join("state").exists());
    let redirected = || {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_mem0ctl"))
            .args(["memory", "import", "/dev/stdin", "--output", "json"])
            .env_clear()
            .env("HOME", bench.folder.path())
            .env("MEM0_BASE_URL", bench.platform.url())
            .env("MEM0_API_KEY", bench.platform.api_key())
            .current_dir(bench.folder.path())
            .stdin(fs::File::open(&file).unwrap())
            .output()
            .unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    assert_eq!(redirected()["skipped"], 0);
    assert_eq!(redirected()["skipped"], 3);
    let state = bench.folder.path().join(".local/state/mem0ctl");
    let names: Vec<String> =
        fs::read_dir(state).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(matches!(names.as_slice(), [name] if name.starts_with("m.jsonl-")), "{names:?}");
}
