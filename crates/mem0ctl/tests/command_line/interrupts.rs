//! SIGINT and SIGTERM: an error, exit code 130, and resumable work.

use std::fs::{self, File};
use std::io::Write;
use std::process::{ChildStdin, Command};

use mem0_local::{Completion, LocalPlatform, NewMemory, Operation};
use serde_json::Value;

use crate::gate::Gate;
use crate::import_kill::{memory_counts, repeated};
use crate::process::{Running, STOPPING, start, start_at, wait_for};
use crate::test_env::{TestEnv, output_of};

fn lines(numbers: std::ops::Range<usize>) -> String {
    let line = |n| format!("{{\"memory\":\"Number {n}\",\"user_id\":\"user {}\"}}\n", n % 3);
    numbers.fold(String::new(), |text, n| text + &line(n))
}

/// Waits until a pipe is empty.
fn is_read(pipe: &impl std::os::fd::AsFd) {
    wait_for("the input is not read", || rustix::io::ioctl_fionread(pipe).unwrap() == 0);
}

fn checkpoint(env: &TestEnv, name: &str) -> String {
    fs::read_to_string(env.folder.path().join(name)).unwrap_or_default()
}

fn loaded(env: &TestEnv) {
    let memories = (0..450).map(|n| NewMemory::new(format!("Number {n}")).user("alice"));
    env.platform.load_memories(env.platform.org_id(), env.platform.project_id(), memories).unwrap();
}

/// Starts an import from a stdin that stays open.
fn idle(env: &TestEnv, text: &str) -> (Running, ChildStdin) {
    let mut import = start(env, &["memory", "import", "-", "--checkpoint", "j", "--batch", "10"]);
    let mut stdin = import.stdin();
    stdin.write_all(text.as_bytes()).unwrap();
    import.wait_until_ready();
    is_read(&stdin);
    (import, stdin)
}

#[test]
fn a_signal_ends_an_import_from_an_idle_stdin() {
    for name in ["INT", "TERM"] {
        for text in ["{\"mem", &lines(0..10)] {
            let env = TestEnv::new();
            let (import, _stdin) = idle(&env, text);
            import.signal(name);
            let output = import.ended();
            assert_eq!((output.code, output.stdout.as_str()), (130, ""), "{}", output.stderr);
            // Received lines are added after an idle second, which may be before the signal.
            let count = memory_counts(&env).len();
            let expected = format!("interrupted; {count} memories imported so far");
            assert!(output.stderr.contains(&expected), "{count}: {}", output.stderr);
        }
    }
}

#[test]
fn received_lines_are_added_while_stdin_is_open() {
    let env = TestEnv::new();
    let mut import = start(&env, &["memory", "import", "-"]);
    let mut stdin = import.stdin();
    let whole = lines(0..4);
    let (first, resumed) = whole.split_at(whole.len() * 3 / 4 + 5);
    stdin.write_all(first.as_bytes()).unwrap();
    wait_for("no memory is added", || memory_counts(&env).len() == 3);
    stdin.write_all(resumed.as_bytes()).unwrap();
    drop(stdin);
    let output = import.ended();
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!((memory_counts(&env).len(), repeated(&env)), (4, 0));
}

#[test]
fn lines_before_an_idle_stdin_are_in_the_checkpoint() {
    let env = TestEnv::new();
    let whole = lines(0..4000);
    // In the middle of a line.
    let (import, _stdin) = idle(&env, &whole[..whole.len() * 3 / 4 + 5]);
    wait_for("no memory is added", || checkpoint(&env, "j").contains("\ne 5"));
    import.signal("INT");
    let stopped = import.ended();
    assert_eq!(stopped.code, 130, "{}", stopped.stderr);
    assert!(stopped.stderr.contains("run the command again to resume"), "{}", stopped.stderr);
    let count = memory_counts(&env).len();
    assert!((1..4000).contains(&count), "{count}");
    let mut resumed = env.command();
    resumed.args(["memory", "import", "-", "--checkpoint", "j", "--output", "json"]).write_stdin(whole);
    let resumed: Value = serde_json::from_str(&output_of(&mut resumed).stdout).unwrap();
    assert_eq!(
        (&resumed["added"], &resumed["skipped"], &resumed["rejected"]),
        (&4000.into(), &count.into(), &0.into())
    );
    assert_eq!((memory_counts(&env).len(), repeated(&env)), (4000, 0));
}

#[test]
fn requests_in_flight_finish_while_stdin_is_idle() {
    let env = TestEnv::new();
    let gate = Gate::before(&env, "POST /v3/memories/add/");
    let mut import =
        start_at(&env, &gate.url, &["memory", "import", "-", "--checkpoint", "j", "--batch", "10"]);
    let mut stdin = import.stdin();
    stdin.write_all(lines(0..3000).as_bytes()).unwrap();
    gate.wait_until_held();
    import.signal("INT");
    import.wait_for_stderr(STOPPING);
    gate.open();
    let stopped = import.ended();
    assert_eq!(stopped.code, 130, "{}", stopped.stderr);
    let checkpoint = checkpoint(&env, "j");
    assert!(checkpoint.contains("\nb 1 "), "{checkpoint}");
    for started in checkpoint.lines().filter_map(|line| line.strip_prefix("b ")) {
        let number = started.split(' ').next().unwrap();
        assert!(checkpoint.contains(&format!("\ne {number}\n")), "{number}: {checkpoint}");
    }
}

#[test]
fn a_named_pipe_is_a_stream() {
    let env = TestEnv::new();
    let pipe = env.folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let import = start(&env, &["memory", "import", "pipe"]);
    let mut pipe = File::options().write(true).open(pipe).unwrap();
    pipe.write_all(lines(0..5).as_bytes()).unwrap();
    is_read(&pipe);
    import.signal("INT");
    assert_eq!(import.ended().code, 130);
}

#[test]
fn an_interrupted_export_keeps_the_old_file() {
    for name in ["INT", "TERM"] {
        let env = TestEnv::new();
        loaded(&env);
        fs::write(env.folder.path().join("all.jsonl"), "before").unwrap();
        for arguments in [&["memory", "export", "--to", "all.jsonl", "--yes"][..], &["memory", "export"]] {
            let gate = Gate::before(&env, "POST /v3/memories/");
            let export = start_at(&env, &gate.url, arguments);
            gate.wait_until_held();
            export.signal(name);
            export.wait_for_stderr(STOPPING);
            gate.open();
            let output = export.ended();
            assert_eq!(output.code, 130, "{}", output.stderr);
            assert!(output.stderr.contains("interrupted after 200 memories"), "{}", output.stderr);
            let expected = if arguments.len() == 2 { 200 } else { 0 };
            assert_eq!(output.stdout.lines().count(), expected);
            assert!(output.stdout.is_empty() || output.stdout.ends_with("}\n"), "the last line is whole");
        }
        assert_eq!(fs::read_to_string(env.folder.path().join("all.jsonl")).unwrap(), "before");
        let names = fs::read_dir(env.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(!names.into_iter().any(|name| name.to_string_lossy().ends_with(".part")));
    }
}

/// The temporary file of an export contains memories.
#[test]
fn a_second_signal_leaves_no_temporary_file() {
    for name in ["INT", "TERM"] {
        let env = TestEnv::new();
        loaded(&env);
        let gate = Gate::before(&env, "POST /v3/memories/");
        let export = start_at(&env, &gate.url, &["memory", "export", "--to", "all.jsonl"]);
        gate.wait_until_held();
        assert_eq!(fs::read_dir(env.folder.path()).unwrap().count(), 1, "the temporary file exists");
        export.signal(name);
        export.wait_for_stderr(STOPPING);
        export.signal(name);
        assert_eq!(export.ended().code, 130);
        assert_eq!(fs::read_dir(env.folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn an_interrupted_copy_resumes() {
    let (env, other) = (TestEnv::new(), TestEnv::new());
    loaded(&env);
    let gate = Gate::before(&other, "POST /v3/memories/add/");
    for (name, platform, url) in
        [("from", &env.platform, env.platform.url()), ("to", &other.platform, &gate.url)]
    {
        let mut add = env.bare();
        add.args(["profile", "add", name, "--api-key", platform.api_key(), "--base-url", url]);
        assert_eq!(output_of(&mut add).code, 0);
    }
    let arguments = ["memory", "copy", "--from", "from", "--to", "to", "--checkpoint", "j", "--batch", "10"];
    let copy = start(&env, &arguments);
    gate.wait_until_held();
    copy.signal("INT");
    copy.wait_for_stderr(STOPPING);
    gate.open();
    let stopped = copy.ended();
    assert_eq!(stopped.code, 130, "{}", stopped.stderr);
    assert!(stopped.stderr.contains(" copied so far; run the command again"), "{}", stopped.stderr);
    assert!((1..450).contains(&memory_counts(&other).len()), "{}", memory_counts(&other).len());
    let resumed = env.json(&arguments);
    assert_eq!(resumed["added"], 450, "{resumed}");
    assert_eq!((memory_counts(&other).len(), repeated(&other)), (450, 0));
}

const PLAN: &str = "[projects.\"Support bot\"]\ndecay = true\n[projects.\"Support bot\".members]\n\
                    \"owner@example.com\" = \"OWNER\"\n\"reader@example.com\" = \"READER\"\n\
                    [projects.Sales]\nmultilingual = true\n";

#[test]
fn an_interrupted_apply_reports_its_steps_and_can_be_repeated() {
    for (name, format) in [("INT", "table"), ("TERM", "json")] {
        let env = TestEnv::new();
        fs::write(env.folder.path().join("mem0.toml"), PLAN).unwrap();
        let gate = Gate::before(&env, "PATCH ");
        let apply = start_at(&env, &gate.url, &["apply", "mem0.toml", "--yes", "--output", format]);
        gate.wait_until_held();
        apply.signal(name);
        apply.wait_for_stderr(STOPPING);
        gate.open();
        let stopped = apply.ended();
        assert_eq!(stopped.code, 130, "{}", stopped.stderr);
        let message = stopped.stderr.lines().last().unwrap();
        let done = stopped.stderr.matches(": done\n").count();
        let not_done = stopped.stderr.matches(": not done\n").count();
        let total = done + not_done;
        let expected =
            format!("error: interrupted: {done} of {total} steps done; run the command again to finish");
        assert!(done > 0 && not_done > 0 && message == expected, "{}", stopped.stderr);
        assert!(!stopped.stderr.contains("failed"), "{}", stopped.stderr);
        let updates = || {
            let requests = env.platform.request_log();
            requests.into_iter().filter(|entry| entry.operation == Some(Operation::UpdateProject)).count()
        };
        assert_eq!(updates(), 1, "the step in flight finishes and no other starts");
        if format == "json" {
            let result: Value = serde_json::from_str(&stopped.stdout).unwrap();
            assert_eq!(result["done"].as_array().unwrap().len(), done, "{result}");
            assert_eq!(result["failed"], Value::Null, "{result}");
            assert_eq!(result["not_done"].as_array().unwrap().len(), not_done, "{result}");
        }
        assert_eq!(env.run(&["apply", "mem0.toml", "--yes"]).code, 0);
        assert_eq!(updates(), 2, "no step is repeated");
        assert_eq!(env.run(&["plan", "mem0.toml"]).code, 0);
    }
}

#[test]
fn a_second_signal_ends_an_apply_immediately() {
    let env = TestEnv::new();
    fs::write(env.folder.path().join("mem0.toml"), PLAN).unwrap();
    let gate = Gate::before(&env, "PATCH ");
    let apply = start_at(&env, &gate.url, &["apply", "mem0.toml", "--yes"]);
    gate.wait_until_held();
    apply.signal("INT");
    apply.wait_for_stderr(STOPPING);
    apply.signal("INT");
    assert_eq!(apply.ended().code, 130);
}

/// Requests and waits end immediately.
#[test]
fn a_signal_ends_requests_and_waits_immediately() {
    let platform = LocalPlatform::builder().completion(Completion::Manual).start().unwrap();
    let env = TestEnv { platform, folder: tempfile::tempdir().unwrap() };
    let added = env.json(&["memory", "add", "I love tea", "-u", "alice"]);
    let id = added["event_id"].as_str().unwrap();
    for (arguments, held) in [
        (&["event", "wait", id, "--for", "500"][..], "GET /v1/event/"),
        (&["memory", "add", "Milk", "-u", "alice", "--wait", "--for", "500"], "GET /v1/event/"),
        (&["org", "list"], "GET /api/v1/orgs/"),
        (&["pull"], "GET /api/v1/orgs/"),
    ] {
        for name in ["INT", "TERM"] {
            let gate = Gate::before(&env, held);
            let command = start_at(&env, &gate.url, arguments);
            gate.wait_until_held();
            command.signal(name);
            let output = command.ended();
            assert_eq!((output.code, output.stdout.as_str()), (130, ""), "{arguments:?}: {}", output.stderr);
            assert_eq!(output.stderr.lines().last(), Some("error: interrupted"), "{arguments:?}");
        }
    }
    // Between two polls of an unfinished event.
    let waiting = start(&env, &["event", "wait", id, "--for", "500"]);
    let is_asked =
        || env.platform.request_log().iter().any(|entry| entry.operation == Some(Operation::GetEvent));
    wait_for("no request arrived", is_asked);
    waiting.signal("INT");
    assert_eq!(waiting.ended().code, 130);
}

#[test]
fn a_signal_ends_reads_of_stdin_immediately() {
    let env = TestEnv::new();
    for arguments in [
        &["plan", "-"][..],
        &["apply", "-"],
        &["project", "update", "--instructions", "@-"],
        &["profile", "add", "work"],
        &["local", "load", "-", "--data", "mem0.db"],
    ] {
        for name in ["INT", "TERM"] {
            let mut command = start(&env, arguments);
            let mut stdin = command.stdin();
            stdin.write_all(b"m").unwrap();
            is_read(&stdin);
            command.wait_until_ready();
            command.signal(name);
            let output = command.ended();
            assert_eq!((output.code, output.stdout.as_str()), (130, ""), "{arguments:?}: {}", output.stderr);
            assert_eq!(output.stderr, "error: interrupted\n", "{arguments:?}");
        }
    }
    assert!(env.platform.request_log().is_empty());
    assert_eq!(fs::read_dir(env.folder.path()).unwrap().count(), 0);
}

/// Shells make background jobs ignore SIGINT.
#[test]
fn inherited_ignored_signals_stay_ignored() {
    let env = TestEnv::new();
    let mut shell = Command::new("sh");
    let line = "trap '' INT; exec \"$0\" memory import - --checkpoint j";
    let mut import = Running::of(shell.args(["-c", line, env!("CARGO_BIN_EXE_mem0ctl")]), &env);
    let mut stdin = import.stdin();
    stdin.write_all(b"{\"memory\": \"Tea\", ").unwrap();
    is_read(&stdin);
    import.signal("INT");
    import.signal("INT");
    stdin.write_all(b"\"user_id\": \"alice\"}\n").unwrap();
    drop(stdin);
    let output = import.ended();
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(memory_counts(&env).len(), 1);
}
