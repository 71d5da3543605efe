//! `memory import`: results, checkpoints and rejects.

use std::fs;

use serde_json::{Value, json};

use super::{add_requests, json_with_code, lines, numbered, read_file, texts, write_file};
use crate::test_env::{TestEnv, output_of};

#[test]
fn repeated_imports_add_nothing() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", numbered(120));
    let first = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!((first.code, first.stdout.as_str()), (0, ""), "{}", first.stderr);
    assert!(first.stderr.starts_with("Imported 120 memories in "), "{}", first.stderr);
    assert_eq!(texts(&env, "alice").len(), 120);
    let request_count = add_requests(&env);
    assert_eq!(request_count, 3, "50 lines per request");
    let second = env.json(&["memory", "import", "m.jsonl"]);
    assert_eq!((&second["added"], &second["skipped"]), (&json!(120), &json!(120)), "{second}");
    assert_eq!((&second["rejected"], &second["is_complete"]), (&json!(0), &json!(true)), "{second}");
    assert_eq!(add_requests(&env), request_count);
    assert!(!env.folder.path().join("m.jsonl.rejects").exists());

    write_file(&env, "m.jsonl", numbered(121));
    let other = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(other.code, 11, "{}", other.stderr);
    assert!(
        other.stderr.contains("error: m.jsonl.checkpoint is not the checkpoint of this input"),
        "{}",
        other.stderr
    );
    assert!(!other.stderr.contains("so far"), "no import was started: {}", other.stderr);
    fs::remove_file(env.folder.path().join("m.jsonl.checkpoint")).unwrap();
    let restarted = env.json(&["memory", "import", "m.jsonl", "--batch", "7", "--concurrency", "1"]);
    assert_eq!((&restarted["added"], &restarted["existing"]), (&json!(121), &json!(120)), "{restarted}");
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
    write_file(&env, "m.jsonl", &file);
    let output = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!((output.code, output.stdout.as_str()), (9, ""), "{}", output.stderr);
    for expected in [
        "Imported 2 memories",
        "Line 3: invalid JSON at column",
        "8 could not be imported; see m.jsonl.rejects (`jq -r .text m.jsonl.rejects` prints the lines)",
    ] {
        assert!(output.stderr.contains(expected), "{expected}: {}", output.stderr);
    }
    assert_eq!(texts(&env, "u"), ["one", "two"]);
    let mut rejects = read_file(&env, "m.jsonl.rejects");
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
    let again = json_with_code(&env, &["memory", "import", "m.jsonl"], 9);
    assert_eq!((&again["added"], &again["rejected"]), (&json!(2), &json!(8)), "{again}");
    assert_eq!(read_file(&env, "m.jsonl.rejects").len(), 8);
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
        let output = output_of(&mut command);
        assert_eq!(output.code, 0, "{}", output.stderr);
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!((&report["added"], &report["skipped"]), (&json!(60), &json!(skipped)));
    }
    let rejected = output_of(env.command().args(["memory", "import", "-"]).write_stdin("nonsense\n"));
    assert_eq!(rejected.code, 9);
    assert!(rejected.stderr.contains("Line 1: not a JSON object"), "{}", rejected.stderr);
}

#[test]
fn a_checkpoint_of_another_project_is_rejected() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", numbered(3));
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
    write_file(&env, "m.jsonl", numbered(3));
    // A running import holds this lock.
    let checkpoint = fs::File::create(env.folder.path().join("m.jsonl.checkpoint")).unwrap();
    checkpoint.lock().unwrap();
    let second = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!((second.code, second.stdout.as_str()), (11, ""), "{}", second.stderr);
    let expected =
        "error: the checkpoint `m.jsonl.checkpoint` is in use by another import; wait until it ends\n";
    assert_eq!(second.stderr, expected);
    assert_eq!(add_requests(&env), 0);
    drop(checkpoint);
    assert_eq!(env.json(&["memory", "import", "m.jsonl"])["added"], 3);
}

#[test]
fn output_files_differ_from_input_files() {
    let env = TestEnv::new();
    let text = format!("nonsense\n{}", numbered(1));
    write_file(&env, "m.jsonl", &text);
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
    assert_eq!(add_requests(&env), 0);
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 9);
}

#[test]
fn a_failed_import_reports_how_to_resume() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", numbered(10));
    let missing = env.run(&["memory", "import", "missing.jsonl"]);
    assert_eq!(missing.code, 11, "{}", missing.stderr);
    for (key, code) in [("m0-local-unknown", 3), (env.platform.reader_key(), 4)] {
        let output = output_of(env.with_key(key).args(["memory", "import", "m.jsonl"]));
        assert_eq!(output.code, code, "{}", output.stderr);
        assert!(
            output.stderr.contains("0 memories imported so far; run the command again"),
            "{}",
            output.stderr
        );
    }
    let unreachable =
        output_of(env.command().args(["memory", "import", "m.jsonl", "--base-url", "http://127.0.0.1:9"]));
    assert_eq!(unreachable.code, 7, "{}", unreachable.stderr);
    assert_eq!(env.json(&["memory", "import", "m.jsonl"])["added"], 10);
    assert_eq!(texts(&env, "alice").len(), 10);

    fs::create_dir(env.folder.path().join("folder")).unwrap();
    write_file(&env, "n.jsonl", "nonsense\n");
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
    write_file(&env, "m.jsonl", format!("nonsense\n{}", numbered(3)));
    let full = env.run(&["memory", "import", "m.jsonl", "--rejects", "/dev/full"]);
    assert_eq!(full.code, 11, "{}", full.stderr);
    assert!(full.stderr.contains("failed to write the rejects file `/dev/full`"), "{}", full.stderr);
    let whole = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(whole.code, 9, "{}", whole.stderr);
    assert_eq!(read_file(&env, "m.jsonl.rejects").len(), 1);
    assert_eq!(texts(&env, "alice").len(), 3);
}

#[test]
fn a_dry_run_lists_requests_and_writes_no_files() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", format!("nonsense\n{}", numbered(51)));
    // An import would reject a line too.
    let output = json_with_code(&env, &["memory", "import", "m.jsonl", "--dry-run"], 9);
    let requests = output["requests"].as_array().unwrap();
    let counts: Vec<usize> =
        requests.iter().map(|request| request["body"]["messages"].as_array().unwrap().len()).collect();
    assert_eq!((requests[0]["path"].as_str(), counts.iter().sum::<usize>()), (Some("/v3/memories/add/"), 51));
    let table = env.run(&["memory", "import", "m.jsonl", "--dry-run"]);
    assert!(table.stderr.contains("1 could not be imported"), "{}", table.stderr);
    assert_eq!(fs::read_dir(env.folder.path()).unwrap().count(), 1);
    assert_eq!(add_requests(&env), 0);
}

#[test]
fn lines_without_an_owner_use_the_options_or_the_environment() {
    let env = TestEnv::new();
    write_file(
        &env,
        "m.jsonl",
        "{\"memory\":\"Likes tea\"}\n{\"memory\":\"Likes milk\",\"user_id\":\"bob\"}\n",
    );
    let import = |arguments: &[&str]| {
        let mut command = env.command();
        command.args(["memory", "import", "m.jsonl"]).args(arguments);
        command
    };
    for id in ["", "..", "*"] {
        let refused = output_of(&mut import(&["--user-id", id]));
        assert_ne!(refused.code, 0, "{id}: {}", refused.stderr);
    }
    assert_eq!(add_requests(&env), 0);
    assert_eq!(output_of(&mut import(&[])).code, 9, "a line without an owner is rejected");
    std::fs::remove_file(env.folder.path().join("m.jsonl.checkpoint")).unwrap();
    assert_eq!(output_of(import(&[]).env("MEM0_USER_ID", "ann")).code, 0);
    assert_eq!((texts(&env, "ann"), texts(&env, "bob").len()), (vec!["Likes tea".to_owned()], 1));
    let other = output_of(import(&["--user-id", "carl", "--checkpoint", "j"]).env("MEM0_USER_ID", "ann"));
    assert_eq!((other.code, texts(&env, "carl").len()), (0, 1), "{}", other.stderr);
}

#[test]
fn a_dry_run_rejects_the_lines_that_an_import_rejects() {
    let env = TestEnv::new();
    let line = |day: &str| json!({"memory": day, "user_id": "u", "expiration_date": day});
    write_file(&env, "m.jsonl", lines([line("2030-02-28"), line("2030-02-30"), line("tomorrow")]));
    let dry_run = env.run(&["memory", "import", "m.jsonl", "--dry-run"]);
    assert_eq!(dry_run.code, 9, "{}", dry_run.stderr);
    assert!(!env.folder.path().join("m.jsonl.rejects").exists());
    let real = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!((real.code, texts(&env, "u").len()), (9, 1), "{}", real.stderr);
    for message in [&dry_run.stderr, &real.stderr] {
        assert!(message.contains("2 could not be imported"), "{message}");
    }
}

#[test]
fn a_dry_run_skips_lines_in_the_checkpoint() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", format!("nonsense\n{}", numbered(3)));
    let import = ["memory", "import", "m.jsonl"];
    assert_eq!(env.run(&import).code, 9);
    let checkpoint = || fs::read(env.folder.path().join("m.jsonl.checkpoint")).unwrap();
    let before = checkpoint();
    let again = env.run(&["memory", "import", "m.jsonl", "--dry-run"]);
    assert_eq!(again.code, 9, "{}", again.stderr);
    assert!(!again.stdout.contains("/v3/memories/add/"), "{}", again.stdout);
    assert_eq!(checkpoint(), before);
    write_file(&env, "m.jsonl", numbered(4));
    for dry_run in [&["--dry-run"][..], &[]] {
        let other = env.run(&[&import[..], dry_run].concat());
        assert_eq!(other.code, 11, "{}", other.stderr);
    }
}

#[test]
fn a_damaged_checkpoint_is_reported() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", numbered(3));
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 0);
    let checkpoint = fs::read_to_string(env.folder.path().join("m.jsonl.checkpoint")).unwrap();
    write_file(&env, "m.jsonl.checkpoint", checkpoint + "b 18446744073709551615 1:0\n");
    let damaged = env.run(&["memory", "import", "m.jsonl"]);
    assert_eq!(damaged.code, 11, "{}", damaged.stderr);
    assert!(damaged.stderr.contains("m.jsonl.checkpoint is damaged"), "{}", damaged.stderr);
    assert!(
        damaged.stderr.contains("pass --checkpoint FILE, or delete it to start over"),
        "{}",
        damaged.stderr
    );
    assert!(!damaged.stderr.contains("the same command"), "it would end in the same way: {}", damaged.stderr);
}

#[cfg(unix)]
#[test]
fn a_redirected_file_has_its_checkpoint_in_the_state_directory() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", numbered(3));
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
