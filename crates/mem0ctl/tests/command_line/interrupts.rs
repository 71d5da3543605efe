//! Ctrl-C and SIGTERM, wherever a command is: a sentence, exit code 130, and nothing half done that can't be gone on with.

use std::fs::{self, File};
use std::io::Write;
use std::process::{ChildStdin, Command};

use mem0_local::{Completion, LocalPlatform, NewMemory, Operation};
use serde_json::Value;

use crate::bench::{Bench, ran};
use crate::gate::Gate;
use crate::import_kill::{repeated, there};
use crate::running::{Running, STOPPING, start, start_at, wait_for};

fn lines(numbers: std::ops::Range<usize>) -> String {
    let line = |n| format!("{{\"memory\":\"Number {n}\",\"user_id\":\"user {}\"}}\n", n % 3);
    numbers.fold(String::new(), |text, n| text + &line(n))
}

/// Waits until everything that was written into a pipe is read.
fn is_read(pipe: &impl std::os::fd::AsFd) {
    wait_for("the input is not read", || rustix::io::ioctl_fionread(pipe).unwrap() == 0);
}

fn checkpoint(bench: &Bench, name: &str) -> String {
    fs::read_to_string(bench.folder.path().join(name)).unwrap_or_default()
}

fn loaded(bench: &Bench) {
    let memories = (0..450).map(|n| NewMemory::new(format!("Number {n}")).user("alice"));
    bench.platform.load_memories(bench.platform.org_id(), bench.platform.project_id(), memories).unwrap();
}

/// An input that comes bit by bit, and then for a long time does not.
fn idle(bench: &Bench, text: &str) -> (Running, ChildStdin) {
    let mut import = start(bench, &["memory", "import", "-", "--checkpoint", "j", "--batch", "10"]);
    let mut stdin = import.stdin();
    stdin.write_all(text.as_bytes()).unwrap();
    import.is_ready();
    is_read(&stdin);
    (import, stdin)
}

#[test]
fn an_import_does_not_wait_for_an_idle_stdin() {
    for name in ["INT", "TERM"] {
        for text in ["{\"mem", &lines(0..10)] {
            let bench = Bench::new();
            let (import, _stdin) = idle(&bench, text);
            import.signal(name);
            let ran = import.ended();
            assert_eq!((ran.code, ran.stdout.as_str()), (130, ""), "{}", ran.stderr);
            // What has come is added once nothing more comes for a second: on a busy machine, before the signal.
            let count = there(&bench).len();
            let expected = format!("Interrupted. {count} memories imported so far");
            assert!(ran.stderr.contains(&expected), "{count}: {}", ran.stderr);
        }
    }
}

#[test]
fn what_has_come_is_added_while_stdin_is_open() {
    let bench = Bench::new();
    let mut import = start(&bench, &["memory", "import", "-"]);
    let mut stdin = import.stdin();
    let whole = lines(0..4);
    let (first, rest) = whole.split_at(whole.len() * 3 / 4 + 5);
    stdin.write_all(first.as_bytes()).unwrap();
    wait_for("nothing is added", || there(&bench).len() == 3);
    stdin.write_all(rest.as_bytes()).unwrap();
    drop(stdin);
    let ran = import.ended();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!((there(&bench).len(), repeated(&bench)), (4, 0));
}

#[test]
fn what_came_before_an_idle_stdin_is_in_the_checkpoint() {
    let bench = Bench::new();
    let whole = lines(0..4000);
    // In the midst of a line.
    let (import, _stdin) = idle(&bench, &whole[..whole.len() * 3 / 4 + 5]);
    wait_for("nothing is added", || checkpoint(&bench, "j").contains("\ne 5"));
    import.signal("INT");
    let stopped = import.ended();
    assert_eq!(stopped.code, 130, "{}", stopped.stderr);
    assert!(stopped.stderr.contains("run the same command again to go on from here"), "{}", stopped.stderr);
    let count = there(&bench).len();
    assert!((1..4000).contains(&count), "{count}");
    let mut rest = bench.command();
    rest.args(["memory", "import", "-", "--checkpoint", "j", "--output", "json"]).write_stdin(whole);
    let rest: Value = serde_json::from_str(&ran(&mut rest).stdout).unwrap();
    assert_eq!(
        (&rest["added"], &rest["skipped"], &rest["rejected"]),
        (&4000.into(), &count.into(), &0.into())
    );
    assert_eq!((there(&bench).len(), repeated(&bench)), (4000, 0));
}

#[test]
fn requests_under_way_are_finished_while_stdin_is_idle() {
    let bench = Bench::new();
    let gate = Gate::before(&bench, "POST /v3/memories/add/");
    let mut import =
        start_at(&bench, &gate.url, &["memory", "import", "-", "--checkpoint", "j", "--batch", "10"]);
    let mut stdin = import.stdin();
    stdin.write_all(lines(0..3000).as_bytes()).unwrap();
    gate.waits();
    import.signal("INT");
    import.has_said(STOPPING);
    gate.open();
    let stopped = import.ended();
    assert_eq!(stopped.code, 130, "{}", stopped.stderr);
    let checkpoint = checkpoint(&bench, "j");
    assert!(checkpoint.contains("\nb 1 "), "{checkpoint}");
    for begun in checkpoint.lines().filter_map(|line| line.strip_prefix("b ")) {
        let number = begun.split(' ').next().unwrap();
        assert!(checkpoint.contains(&format!("\ne {number}\n")), "{number}: {checkpoint}");
    }
}

#[test]
fn a_pipe_that_has_a_name_is_no_other() {
    let bench = Bench::new();
    let pipe = bench.folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let import = start(&bench, &["memory", "import", "pipe"]);
    let mut pipe = File::options().write(true).open(pipe).unwrap();
    pipe.write_all(lines(0..5).as_bytes()).unwrap();
    is_read(&pipe);
    import.signal("INT");
    assert_eq!(import.ended().code, 130);
}

#[test]
fn an_export_ends_after_its_page_and_leaves_the_file_as_it_was() {
    for name in ["INT", "TERM"] {
        let bench = Bench::new();
        loaded(&bench);
        fs::write(bench.folder.path().join("all.jsonl"), "before").unwrap();
        for arguments in [&["memory", "export", "--to", "all.jsonl", "--yes"][..], &["memory", "export"]] {
            let gate = Gate::before(&bench, "POST /v3/memories/");
            let export = start_at(&bench, &gate.url, arguments);
            gate.waits();
            export.signal(name);
            export.has_said(STOPPING);
            gate.open();
            let ran = export.ended();
            assert_eq!(ran.code, 130, "{}", ran.stderr);
            assert!(ran.stderr.contains("Interrupted after 200 memories."), "{}", ran.stderr);
            let expected = if arguments.len() == 2 { 200 } else { 0 };
            assert_eq!(ran.stdout.lines().count(), expected);
            assert!(ran.stdout.is_empty() || ran.stdout.ends_with("}\n"), "the last line is whole");
        }
        assert_eq!(fs::read_to_string(bench.folder.path().join("all.jsonl")).unwrap(), "before");
        let names = fs::read_dir(bench.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(!names.into_iter().any(|name| name.to_string_lossy().ends_with(".part")));
    }
}

/// The temporary file of an export that ends before its time has memories in it.
#[test]
fn a_second_signal_leaves_no_temporary_file() {
    for name in ["INT", "TERM"] {
        let bench = Bench::new();
        loaded(&bench);
        let gate = Gate::before(&bench, "POST /v3/memories/");
        let export = start_at(&bench, &gate.url, &["memory", "export", "--to", "all.jsonl"]);
        gate.waits();
        assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 1, "the temporary file is there");
        export.signal(name);
        export.has_said(STOPPING);
        export.signal(name);
        assert_eq!(export.ended().code, 130);
        assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_copy_is_gone_on_with() {
    let (bench, other) = (Bench::new(), Bench::new());
    loaded(&bench);
    let gate = Gate::before(&other, "POST /v3/memories/add/");
    for (name, platform, url) in
        [("from", &bench.platform, bench.platform.url()), ("to", &other.platform, &gate.url)]
    {
        let mut add = bench.bare();
        add.args(["profile", "add", name, "--api-key", platform.api_key(), "--base-url", url]);
        assert_eq!(ran(&mut add).code, 0);
    }
    let arguments = ["memory", "copy", "--from", "from", "--to", "to", "--checkpoint", "j", "--batch", "10"];
    let copy = start(&bench, &arguments);
    gate.waits();
    copy.signal("INT");
    copy.has_said(STOPPING);
    gate.open();
    let stopped = copy.ended();
    assert_eq!(stopped.code, 130, "{}", stopped.stderr);
    assert!(stopped.stderr.contains(" copied so far: run the same command again"), "{}", stopped.stderr);
    assert!((1..450).contains(&there(&other).len()), "{}", there(&other).len());
    let rest = bench.json(&arguments);
    assert_eq!(rest["added"], 450, "{rest}");
    assert_eq!((there(&other).len(), repeated(&other)), (450, 0));
}

const PLAN: &str = "[projects.\"Support bot\"]\ndecay = true\n[projects.\"Support bot\".members]\n\
                    \"owner@example.com\" = \"OWNER\"\n\"reader@example.com\" = \"READER\"\n\
                    [projects.Sales]\nmultilingual = true\n";

#[test]
fn an_apply_says_what_is_done_and_the_next_one_finishes() {
    for (name, format) in [("INT", "table"), ("TERM", "json")] {
        let bench = Bench::new();
        fs::write(bench.folder.path().join("mem0.toml"), PLAN).unwrap();
        let gate = Gate::before(&bench, "PATCH ");
        let apply = start_at(&bench, &gate.url, &["apply", "mem0.toml", "--yes", "--output", format]);
        gate.waits();
        apply.signal(name);
        apply.has_said(STOPPING);
        gate.open();
        let stopped = apply.ended();
        assert_eq!(stopped.code, 130, "{}", stopped.stderr);
        let sentence = stopped.stderr.lines().last().unwrap();
        let done = stopped.stderr.matches(": done\n").count();
        let not_done = stopped.stderr.matches(": not done\n").count();
        let of = done + not_done;
        let expected = format!("mem0ctl: Interrupted: {done} of {of} steps are done. Apply again to finish.");
        assert!(done > 0 && not_done > 0 && sentence == expected, "{}", stopped.stderr);
        assert!(!stopped.stderr.contains("failed"), "{}", stopped.stderr);
        let updates = || {
            let requests = bench.platform.request_log();
            requests.into_iter().filter(|entry| entry.operation == Some(Operation::UpdateProject)).count()
        };
        assert_eq!(updates(), 1, "what was under way is finished, and no step is begun");
        if format == "json" {
            let answer: Value = serde_json::from_str(&stopped.stdout).unwrap();
            assert_eq!(answer["done"].as_array().unwrap().len(), done, "{answer}");
            assert_eq!(answer["failed"], Value::Null, "{answer}");
            assert_eq!(answer["not_done"].as_array().unwrap().len(), not_done, "{answer}");
        }
        assert_eq!(bench.run(&["apply", "mem0.toml", "--yes"]).code, 0);
        assert_eq!(updates(), 2, "nothing is done twice");
        assert_eq!(bench.run(&["plan", "mem0.toml"]).code, 0);
    }
}

#[test]
fn a_second_signal_ends_an_apply_at_once() {
    let bench = Bench::new();
    fs::write(bench.folder.path().join("mem0.toml"), PLAN).unwrap();
    let gate = Gate::before(&bench, "PATCH ");
    let apply = start_at(&bench, &gate.url, &["apply", "mem0.toml", "--yes"]);
    gate.waits();
    apply.signal("INT");
    apply.has_said(STOPPING);
    apply.signal("INT");
    assert_eq!(apply.ended().code, 130);
}

/// What is asked, or waited for, is given up at once.
#[test]
fn a_request_and_a_wait_end_at_once() {
    let platform = LocalPlatform::builder().completion(Completion::Manual).start().unwrap();
    let bench = Bench { platform, folder: tempfile::tempdir().unwrap() };
    let added = bench.json(&["memory", "add", "I love tea", "-u", "alice"]);
    let id = added["event_id"].as_str().unwrap();
    for (arguments, held) in [
        (&["event", "wait", id, "--for", "500"][..], "GET /v1/event/"),
        (&["memory", "add", "Milk", "-u", "alice", "--wait", "--for", "500"], "GET /v1/event/"),
        (&["org", "list"], "GET /api/v1/orgs/"),
        (&["pull"], "GET /api/v1/orgs/"),
    ] {
        for name in ["INT", "TERM"] {
            let gate = Gate::before(&bench, held);
            let command = start_at(&bench, &gate.url, arguments);
            gate.waits();
            command.signal(name);
            let ran = command.ended();
            assert_eq!((ran.code, ran.stdout.as_str()), (130, ""), "{arguments:?}: {}", ran.stderr);
            assert_eq!(ran.stderr.lines().last(), Some("mem0ctl: Interrupted."), "{arguments:?}");
        }
    }
    // Between two looks at the event, which is not over.
    let waiting = start(&bench, &["event", "wait", id, "--for", "500"]);
    let is_asked =
        || bench.platform.request_log().iter().any(|entry| entry.operation == Some(Operation::GetEvent));
    wait_for("nothing is asked for", is_asked);
    waiting.signal("INT");
    assert_eq!(waiting.ended().code, 130);
}

#[test]
fn whoever_waits_for_stdin_ends_at_once() {
    let bench = Bench::new();
    for arguments in [
        &["plan", "-"][..],
        &["apply", "-"],
        &["project", "update", "--instructions", "@-"],
        &["profile", "add", "work"],
        &["local", "load", "-", "--data", "mem0.db"],
    ] {
        for name in ["INT", "TERM"] {
            let mut command = start(&bench, arguments);
            let mut stdin = command.stdin();
            stdin.write_all(b"m").unwrap();
            is_read(&stdin);
            command.is_ready();
            command.signal(name);
            let ran = command.ended();
            assert_eq!((ran.code, ran.stdout.as_str()), (130, ""), "{arguments:?}: {}", ran.stderr);
            assert_eq!(ran.stderr, "mem0ctl: Interrupted.\n", "{arguments:?}");
        }
    }
    assert!(bench.platform.request_log().is_empty());
    assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 0);
}

/// A shell has what runs in its background ignore Ctrl-C.
#[test]
fn a_signal_that_is_ignored_from_the_start_stays_so() {
    let bench = Bench::new();
    let mut shell = Command::new("sh");
    let line = "trap '' INT; exec \"$0\" memory import - --checkpoint j";
    let mut import = Running::of(shell.args(["-c", line, env!("CARGO_BIN_EXE_mem0ctl")]), &bench);
    let mut stdin = import.stdin();
    stdin.write_all(b"{\"memory\": \"Tea\", ").unwrap();
    is_read(&stdin);
    import.signal("INT");
    import.signal("INT");
    stdin.write_all(b"\"user_id\": \"alice\"}\n").unwrap();
    drop(stdin);
    let ran = import.ended();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(there(&bench).len(), 1);
}
