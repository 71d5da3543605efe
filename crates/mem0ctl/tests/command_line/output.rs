//! Results, messages and output errors.

use std::time::Duration;

use mem0_local::{Fault, LocalPlatform, NewMemory, Operation};
use serde_json::{Value, json};

use crate::test_env::{TestEnv, output_of};

/// Project with control characters in its name.
fn with_name(env: &TestEnv, name: &str) {
    env.platform.client().unwrap().project().create(name).unwrap();
}

#[test]
fn output_escapes_untrusted_text() {
    let env = TestEnv::new();
    let name = "Evil\u{1b}]0;title\u{7}\u{9b}31m\u{202e}live\u{7f}";
    with_name(&env, name);
    for format in ["table", "json", "jsonl"] {
        let listed = env.run(&["project", "list", "--output", format]);
        assert!(listed.stdout.contains("Evil"), "{}", listed.stdout);
        let is_harmful = |character: char| {
            (character.is_control() && character != '\n') || ('\u{202a}'..='\u{202e}').contains(&character)
        };
        assert!(!listed.stdout.contains(is_harmful), "{format}: {:?}", listed.stdout);
    }
    crate::memory::add_memory(&env, name, "alice");
    for format in ["table", "json", "jsonl"] {
        let exported = env.run(&["memory", "export", "--output", format]).stdout;
        assert!(!exported.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{7f}']), "{format}: {exported:?}");
    }
    assert_eq!(env.json(&["memory", "export"])[0]["memory"], name);
    let names: Vec<Value> = env.json(&["project", "list"]).as_array().unwrap().clone();
    assert!(names.iter().any(|project| project["name"] == name), "as JSON, nothing is lost: {names:?}");
    let id = names.iter().find(|project| project["name"] == name).unwrap()["project_id"].as_str().unwrap();
    let unconfirmed = env.run(&["project", "delete", id]);
    assert!(!unconfirmed.stderr.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{:?}", unconfirmed.stderr);
}

#[test]
fn rows_are_one_line_and_columns_are_aligned() {
    let env = TestEnv::new();
    let long = "long ".repeat(50);
    with_name(&env, "two\nlines\r\nor\tthree");
    with_name(&env, "顧客対応");
    with_name(&env, long.trim());
    let listed = env.run(&["project", "list"]).stdout;
    assert_eq!(listed.lines().count(), 5, "{listed}");
    assert!(listed.contains("two\\nlines\\r\\nor\\tthree") && listed.contains(long.trim()), "{listed}");
    let columns = |line: &str, until: &str| {
        let before = line.split(until).next().unwrap();
        before.chars().map(|character| if character >= '\u{1100}' { 2 } else { 1 }).sum::<usize>()
    };
    let mut lines = listed.lines();
    let head = columns(lines.next().unwrap(), "ROLE");
    for line in lines {
        assert_eq!(columns(line, "OWNER"), head, "{line}");
    }
    assert!(!listed.contains(" \n"), "no blanks at the end of a line: {listed}");
}

/// Column widths have 16 bits; a memory can be longer.
#[test]
fn lists_texts_of_any_length() {
    let env = TestEnv::new();
    let long = "x".repeat(70_000);
    let id = crate::memory::add_memory(&env, &long, "alice");
    for arguments in [
        &["memory", "list", "-u", "alice"][..],
        &["memory", "search", "x", "-u", "alice", "--threshold", "0"],
        &["memory", "history", &id],
        &["memory", "get", &id],
    ] {
        let listed = env.run(arguments);
        assert_eq!(listed.code, 0, "{arguments:?}: {}", &listed.stderr[..listed.stderr.len().min(500)]);
    }
    let listed = env.run(&["memory", "list", "-u", "alice"]).stdout;
    let row = listed.lines().nth(1).unwrap();
    assert!(
        row.starts_with(&format!("{id}  xxx")) && row.contains("x…  ") && row.ends_with('Z'),
        "cut off, and the rest is there"
    );
    assert_eq!(env.json(&["memory", "list", "-u", "alice"])[0]["memory"], *long, "as JSON, whole");
}

#[test]
fn colors_are_used_on_terminals_or_when_forced() {
    let env = TestEnv::new();
    let list =
        |name: &str, value: &str| output_of(env.command().env(name, value).args(["org", "list"])).stdout;
    assert!(!list("TERM", "xterm").contains('\u{1b}'));
    assert!(list("CLICOLOR_FORCE", "1").starts_with("\u{1b}[1m"));
    let unwanted =
        output_of(env.command().env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").args(["org", "list"]));
    assert!(!unwanted.stdout.contains('\u{1b}'), "NO_COLOR has precedence: {:?}", unwanted.stdout);
}

#[test]
fn an_empty_list_is_a_message_or_an_empty_array() {
    let env = TestEnv::new();
    let list = |format: &str| env.run(&["webhook", "list", "--output", format]);
    let none = format!("No webhooks in project \"default-project\" ({}).\n", env.platform.project_id());
    assert_eq!((list("table").stdout.as_str(), list("table").stderr.as_str()), ("", none.as_str()));
    assert_eq!((list("json").stdout.as_str(), list("json").stderr.as_str()), ("[]\n", ""));
    assert_eq!((list("jsonl").stdout.as_str(), list("jsonl").stderr.as_str()), ("", ""));
    // The name is for display only.
    env.platform.fail_next(mem0_local::Operation::GetProject, mem0_local::Fault::status(403));
    let none = format!("No webhooks in project {}.\n", env.platform.project_id());
    assert_eq!((list("table").code, list("table").stdout.as_str()), (0, ""));
    env.platform.fail_next(mem0_local::Operation::GetProject, mem0_local::Fault::status(403));
    assert_eq!(list("table").stderr, none);
    assert_eq!(env.run(&["webhook", "list", "--quiet"]).stderr, "");
}

#[test]
fn a_dry_run_prints_one_document_with_requests_and_no_key() {
    let env = TestEnv::new();
    let read = env.json(&["project", "list", "--dry-run"]);
    assert_eq!(read, serde_json::json!({"requests": []}));
    assert_eq!(env.run(&["project", "show", "--dry-run"]).stderr, "No changes.\n");
    let arguments = ["org", "create", "Acme\u{9b}", "--dry-run", "--api-key", env.platform.api_key()];
    for format in ["table", "json", "jsonl"] {
        let output = env.run(&[&arguments[..], &["--output", format]].concat());
        assert_eq!(output.code, 0, "{}", output.stderr);
        assert!(
            output.stdout.contains("POST") && output.stdout.contains("\"name\":\"Acme"),
            "{}",
            output.stdout
        );
        assert!(!format!("{}{}", output.stdout, output.stderr).contains(env.platform.api_key()));
        assert!(!output.stdout.contains('\u{9b}'), "{:?}", output.stdout);
    }
    assert_eq!(env.json(&["org", "list"]).as_array().unwrap().len(), 1);
}

/// `--output json` prints one JSON document for every command.
#[test]
fn json_output_is_one_document_for_writes_and_no_ops() {
    let env = TestEnv::new();
    crate::memory::add_memory(&env, "Tea", "alice");
    crate::memory::add_memory(&env, "Coffee", "alice");
    let folder = env.folder.path();
    std::fs::write(folder.join("mem0.toml"), "").unwrap();
    std::fs::write(folder.join("team.json"), "{}").unwrap();
    let dump = LocalPlatform::start().unwrap().dump().unwrap();
    std::fs::write(folder.join("dump.json"), serde_json::to_string(&dump).unwrap()).unwrap();
    let profile = ["profile", "add", "one", "--key-from-env", "KEY"];
    for (arguments, expected) in [
        (&["plan", "mem0.toml", "--dry-run"][..], json!({"steps": []})),
        (&["pull", "--dry-run"], json!({"projects": {"default-project": {"decay": false}}})),
        (&["apply", "mem0.toml", "--dry-run"], json!({"requests": []})),
        (&["memory", "export", "--dry-run"], json!({"requests": []})),
        (&["memory", "export", "--to", "a.jsonl", "--dry-run"], json!({"requests": []})),
        (&["memory", "export", "--to", "a.jsonl"], json!({"exported": 2, "to": "a.jsonl"})),
        (&[&profile[..], &["--dry-run"]].concat(), json!({"requests": []})),
        (&profile, json!({"name": "one"})),
        (&["profile", "use", "one", "--dry-run"], json!({"requests": []})),
        (&["profile", "remove", "one", "--dry-run"], json!({"requests": []})),
        (&["local", "seed", "team.json", "--data", "a.db", "--dry-run"], json!({"requests": []})),
        (&["local", "load", "dump.json", "--data", "a.db", "--dry-run"], json!({"requests": []})),
        (&["local", "load", "dump.json", "--data", "a.db"], json!({"data": "a.db"})),
        (&["man", "--to", "pages", "--dry-run"], json!({"requests": []})),
        (&["man", "--to", "pages"], json!({"folder": "pages"})),
    ] {
        let found = env.json(arguments);
        assert!(holds(&found, &expected), "{arguments:?}: {found}");
    }
}

/// Whether an object contains the expected fields.
fn holds(found: &Value, expected: &Value) -> bool {
    match expected {
        Value::Object(pairs) => {
            pairs.iter().all(|(name, value)| found.get(name).is_some_and(|found| holds(found, value)))
        }
        value => found == value,
    }
}

#[test]
fn a_failed_dry_run_lists_the_requests_before_the_failure() {
    let env = TestEnv::new();
    // The second of two pages fails.
    let memories = (0..250).map(|n| NewMemory::new(format!("Number {n}")).user("alice"));
    env.platform.load_memories(env.platform.org_id(), env.platform.project_id(), memories).unwrap();
    for (name, key) in [("from", env.platform.api_key()), ("to", env.platform.other_key())] {
        let mut add = env.bare();
        add.args(["profile", "add", name, "--api-key", key, "--base-url", env.platform.url()]);
        assert_eq!(output_of(&mut add).code, 0);
    }
    for fault in [Fault::delay(Duration::ZERO), Fault::status(403)] {
        env.platform.fail_next(Operation::ListMemories, fault);
    }
    let copy = ["memory", "copy", "--from", "from", "--to", "to", "--dry-run", "--output", "json"];
    let failed = env.run(&copy);
    assert_eq!(failed.code, 4, "{}", failed.stderr);
    let output: Value = serde_json::from_str(&failed.stdout).unwrap();
    assert!(!output["requests"].as_array().unwrap().is_empty(), "{output}");
}

#[cfg(unix)]
mod streams {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::*;

    /// Runs the command with the given stdout. Returns the exit code and stderr.
    fn printing_to(env: &TestEnv, stdout: impl Into<Stdio>, arguments: &[&str]) -> (i32, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mem0ctl"))
            .env_clear()
            .env("HOME", env.folder.path())
            .env("MEM0_BASE_URL", env.platform.url())
            .env("MEM0_API_KEY", env.platform.api_key())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut message = String::new();
        child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
        (child.wait().unwrap().code().unwrap_or(-1), message)
    }

    #[test]
    fn a_closed_pipe_is_silent() {
        let env = TestEnv::new();
        for arguments in [
            &["org", "list"][..],
            &["org", "list", "--output", "json"],
            &["org", "list", "--output", "jsonl"],
            &["project", "show"],
            &["--help"],
            &["--version"],
        ] {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            assert_eq!(printing_to(&env, writer, arguments), (0, String::new()), "{arguments:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_message_and_an_exit_code() {
        let env = TestEnv::new();
        for arguments in
            [&["org", "list"][..], &["org", "list", "--output", "json"], &["status"], &["--help"]]
        {
            let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
            let (code, stderr) = printing_to(&env, full, arguments);
            assert_eq!(code, 11, "{arguments:?}: {stderr}");
            assert!(stderr.contains("cannot write the result") && stderr.lines().count() == 1, "{stderr}");
        }
    }

    #[test]
    fn closed_streams_do_not_panic() {
        let env = TestEnv::new();
        let mem0ctl = env!("CARGO_BIN_EXE_mem0ctl");
        let shell = |line: &str| {
            let mut shell = Command::new("sh");
            shell.env("MEM0_BASE_URL", env.platform.url()).env("MEM0_API_KEY", env.platform.api_key());
            shell.env("HOME", env.folder.path()).env("XDG_CONFIG_HOME", env.folder.path());
            let line = line.replace("mem0ctl", &format!("'{mem0ctl}'"));
            shell.args(["-c", &line]).output().unwrap()
        };
        let own = env.platform.project_id();
        let unconfirmed = shell(&format!("mem0ctl project delete {own} <&-"));
        assert_eq!(unconfirmed.status.code(), Some(8), "{unconfirmed:?}");
        let read = shell("mem0ctl project update --instructions @- <&-");
        assert_eq!(read.status.code(), Some(11), "{read:?}");
        assert_eq!(shell("mem0ctl org list >&-").status.code(), Some(0));
        assert_eq!(shell("mem0ctl org show nothing 2>&-").status.code(), Some(5));
        assert_eq!(shell("mem0ctl org show nothing >&- 2>&- <&-").status.code(), Some(5));
        assert_eq!(env.run(&["project", "show"]).code, 0);
    }
}
