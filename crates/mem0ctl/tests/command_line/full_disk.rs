//! Full disks: an error, an exit code, and unchanged files.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use mem0_local::{Fault, NewMemory, Operation};
use serde_json::{Value, json};

use crate::import_kill::{memory_counts, repeated};
use crate::process::Running;
use crate::test_env::{CommandOutput, TestEnv};

/// Runs the command with a limit on the size of its files.
fn run_with_file_limit(env: &TestEnv, blocks: u32, arguments: &[&str]) -> CommandOutput {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_mem0ctl")]).args(arguments);
    let mut running = Running::of(&mut command, env);
    drop(running.stdin());
    running.ended()
}

fn write_file(env: &TestEnv, name: &str, lines: impl IntoIterator<Item = Value>) {
    let text: String = lines.into_iter().fold(String::new(), |text, line| text + &line.to_string() + "\n");
    fs::write(env.folder.path().join(name), text).unwrap();
}

fn numbered(count: usize) -> impl Iterator<Item = Value> {
    (0..count).map(|n| json!({"memory": format!("Number {n}"), "user_id": "alice"}))
}

fn read_file(env: &TestEnv, name: &str) -> String {
    fs::read_to_string(env.folder.path().join(name)).unwrap()
}

fn names(env: &TestEnv) -> Vec<String> {
    let entries = fs::read_dir(env.folder.path()).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn sends_nothing_without_a_writable_checkpoint() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", numbered(20));
    let full = run_with_file_limit(&env, 0, &["memory", "import", "m.jsonl"]);
    assert_eq!((full.code, full.stdout.as_str()), (11, ""), "{}", full.stderr);
    for expected in ["m.jsonl.checkpoint`", "0 memories imported so far; run the command again"] {
        assert!(full.stderr.contains(expected), "{expected}: {}", full.stderr);
    }
    let device = env.run(&["memory", "import", "m.jsonl", "--checkpoint", "/dev/full"]);
    assert_eq!(device.code, 11, "{}", device.stderr);
    assert!(
        device.stderr.contains("/dev/full") && device.stderr.contains("No space left"),
        "{}",
        device.stderr
    );
    assert!(env.platform.request_log().iter().all(|entry| entry.path == "/v1/ping/"));
    assert_eq!(env.json(&["memory", "import", "m.jsonl"])["added"], 20);
}

#[test]
fn a_checkpoint_on_a_full_disk_is_intact_and_can_resume() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", numbered(1000));
    let full = run_with_file_limit(&env, 8, &["memory", "import", "m.jsonl", "--batch", "10"]);
    assert_eq!(full.code, 11, "{}", full.stderr);
    assert!(full.stderr.contains("m.jsonl.checkpoint`"), "{}", full.stderr);
    assert!(full.stderr.contains("run the command again"), "{}", full.stderr);
    assert!(
        (1..1000).contains(&memory_counts(&env).len()),
        "the import stopped in the middle: {}",
        memory_counts(&env).len()
    );
    assert!(read_file(&env, "m.jsonl.checkpoint").ends_with('\n'), "the last entry is complete");
    // Fails twice.
    assert_eq!(run_with_file_limit(&env, 8, &["memory", "import", "m.jsonl"]).code, 11);
    let resumed = env.json(&["memory", "import", "m.jsonl"]);
    assert_eq!((&resumed["added"], &resumed["rejected"]), (&json!(1000), &json!(0)), "{resumed}");
    assert!(memory_counts(&env).values().all(|count| *count == 1));
    assert_eq!((memory_counts(&env).len(), repeated(&env)), (1000, 0));
}

/// There may be space for a short entry after a long one failed.
#[test]
fn requests_in_flight_are_recorded_if_there_is_space() {
    let env = TestEnv::new();
    write_file(&env, "m.jsonl", numbered(200));
    env.platform.fail_next(Operation::AddMemories, Fault::delay(std::time::Duration::from_secs(1)).times(9));
    let full = run_with_file_limit(&env, 1, &["memory", "import", "m.jsonl", "--batch", "10"]);
    assert_eq!(full.code, 11, "{}", full.stderr);
    env.platform.clear_faults();
    let checkpoint = read_file(&env, "m.jsonl.checkpoint");
    assert!(checkpoint.contains("\ne 1\n") && checkpoint.contains("\ne 2\n"), "{checkpoint}");
    let started = checkpoint.lines().filter(|line| line.starts_with('b')).count();
    let resumed = env.json(&["memory", "import", "m.jsonl"]);
    assert_eq!((&resumed["added"], &resumed["skipped"]), (&json!(200), &json!(started * 10)), "{resumed}");
    assert_eq!((memory_counts(&env).len(), repeated(&env)), (200, 0));
}

#[test]
fn rejects_on_a_full_disk_are_complete_lines() {
    let env = TestEnv::new();
    let invalid = (0..60).map(|n| json!({"memory": format!("Nobody's number {n}")}));
    write_file(&env, "m.jsonl", invalid.chain(numbered(5)));
    let full = run_with_file_limit(&env, 2, &["memory", "import", "m.jsonl"]);
    assert_eq!(full.code, 11, "{}", full.stderr);
    assert!(full.stderr.contains("failed to write the rejects file `m.jsonl.rejects`"), "{}", full.stderr);
    let resumed = env.run(&["memory", "import", "m.jsonl", "--output", "json"]);
    assert_eq!(resumed.code, 9, "{}", resumed.stderr);
    let report: Value = serde_json::from_str(&resumed.stdout).unwrap();
    assert_eq!((&report["added"], &report["rejected"]), (&json!(5), &json!(60)), "{report}");
    let rejects = read_file(&env, "m.jsonl.rejects");
    let read =
        |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let mut lines: Vec<u64> = rejects.lines().map(|line| read(line)["line"].as_u64().unwrap()).collect();
    lines.dedup();
    assert_eq!(lines, (1..=60).collect::<Vec<u64>>());
}

#[test]
fn an_export_on_a_full_disk_keeps_the_old_file() {
    let env = TestEnv::new();
    let memories = (0..200).map(|n| NewMemory::new(format!("Number {n}")).user("alice"));
    env.platform.load_memories(env.platform.org_id(), env.platform.project_id(), memories).unwrap();
    fs::write(env.folder.path().join("all.jsonl"), "before").unwrap();
    let full = run_with_file_limit(&env, 4, &["memory", "export", "--to", "all.jsonl", "--yes"]);
    assert_eq!((full.code, full.stdout.as_str()), (11, ""), "{}", full.stderr);
    assert!(full.stderr.contains("failed to write the output: "), "{}", full.stderr);
    assert_eq!(read_file(&env, "all.jsonl"), "before");
    assert_eq!(names(&env), ["all.jsonl"]);
}

#[test]
fn profiles_on_a_full_disk_are_unchanged() {
    let env = TestEnv::new();
    assert_eq!(env.run(&["profile", "add", "one", "--key-from-env", "ONE"]).code, 0);
    assert_eq!(env.run(&["profile", "add", "other", "--key-from-env", "OTHER"]).code, 0);
    let before = read_file(&env, "mem0ctl/config.toml");
    for arguments in
        [&["add", "two", "--key-from-env", "TWO"][..], &["use", "one"], &["remove", "one", "--yes"]]
    {
        let full = run_with_file_limit(&env, 0, &[&["profile"], arguments].concat());
        assert_eq!((full.code, full.stdout.as_str()), (11, ""), "{arguments:?}: {}", full.stderr);
        assert!(full.stderr.contains("config.toml: "), "{}", full.stderr);
        assert_eq!(read_file(&env, "mem0ctl/config.toml"), before);
    }
    assert_eq!(
        fs::read_dir(env.folder.path().join("mem0ctl")).unwrap().count(),
        1,
        "no temporary file is left"
    );
}

#[test]
fn a_full_data_file_is_reported() {
    let env = TestEnv::new();
    let seed = json!({"organizations": [{"name": "Acme", "members": [{"email": "a@example.com", "role": "OWNER"}]}]});
    write_file(&env, "team.json", [seed]);
    let full = run_with_file_limit(&env, 1, &["local", "seed", "team.json", "--data", "mem0.db"]);
    assert_eq!((full.code, full.stdout.as_str()), (11, ""), "{}", full.stderr);
    assert_eq!(full.stderr.lines().count(), 1, "{}", full.stderr);
}

const RESULTS: &[&[&str]] = &[
    &["pull"],
    &["plan", "mem0.toml"],
    &["plan", "mem0.toml", "--output", "json"],
    &["memory", "export"],
    &["memory", "list", "-u", "alice", "--output", "jsonl"],
    &["memory", "stats"],
    &["profile", "list", "--output", "json"],
    &["local", "dump", "--data", "mem0.db"],
    &["org", "create", "Acme", "--dry-run"],
    &["memory", "import", "m.jsonl", "--output", "json"],
    &["completions", "bash"],
    &["man"],
];

/// Environment with content for every result.
fn env_with_content() -> TestEnv {
    let env = TestEnv::new();
    let memories = (0..500).map(|n| NewMemory::new(format!("Number {n}")).user("alice"));
    env.platform.load_memories(env.platform.org_id(), env.platform.project_id(), memories).unwrap();
    fs::write(env.folder.path().join("mem0.toml"), "[projects.\"Support bot\"]\ndecay = true\n").unwrap();
    write_file(&env, "m.jsonl", numbered(3));
    let seed = json!({"organizations": [{"name": "Acme", "members": [{"email": "a@example.com", "role": "OWNER"}]}]});
    write_file(&env, "team.json", [seed]);
    let seeded = env.run(&["local", "seed", "team.json", "--data", "mem0.db"]);
    assert_eq!(seeded.code, 0, "{}", seeded.stderr);
    env
}

fn printing_to(env: &TestEnv, stdout: impl Into<Stdio>, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
    command.env_clear().env("HOME", env.folder.path()).env("XDG_CONFIG_HOME", env.folder.path());
    command.env("MEM0_BASE_URL", env.platform.url()).env("MEM0_API_KEY", env.platform.api_key());
    command.current_dir(env.folder.path()).args(arguments);
    let output = command.stdin(Stdio::null()).stdout(stdout).output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_result_on_a_full_disk_is_an_error() {
    let env = env_with_content();
    for arguments in RESULTS {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let (code, stderr) = printing_to(&env, full, arguments);
        assert_eq!(code, 11, "{arguments:?}: {stderr}");
        assert!(stderr.contains("cannot write the result: No space left"), "{arguments:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_closed_pipe_is_no_error_for_any_result() {
    let env = env_with_content();
    for arguments in RESULTS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(printing_to(&env, writer, arguments), (0, String::new()), "{arguments:?}");
    }
}
