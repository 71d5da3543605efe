//! Ctrl-C and SIGTERM, wherever a command is: a sentence, exit code 130, and nothing half done that can't be gone on with.

use std::fs::{self, File};
use std::io::Write;
use std::process::{ChildStdin, Command};
use std::time::{Duration, Instant};

use mem0::Filter;
use mem0::local::{Completion, Fault, LocalPlatform, NewMemory, Operation, Route};
use serde_json::Value;

use crate::bench::{Bench, ran};
use crate::import_kill::{repeated, there};
use crate::running::{LONG, Running, start, wait_for};

/// No request of a test takes so long.
const FOREVER: Duration = Duration::from_secs(600);

fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers.map(|n| format!("{{\"memory\":\"Number {n}\",\"user_id\":\"user {}\"}}\n", n % 3)).collect()
}

/// Waits until everything that was written into a pipe is read.
fn is_read(pipe: &impl std::os::fd::AsFd) {
    wait_for("the input is not read", || rustix::io::ioctl_fionread(pipe).unwrap() == 0);
}

fn journal(bench: &Bench, name: &str) -> String {
    fs::read_to_string(bench.folder.path().join(name)).unwrap_or_default()
}

fn asked(bench: &Bench, operation: Operation) -> bool {
    bench.platform.journal().iter().any(|entry| entry.operation == Some(operation))
}

/// An input that comes bit by bit, and then for a long time does not.
fn idle(bench: &Bench, text: &str) -> (Running, ChildStdin) {
    let mut import = start(bench, &["memory", "import", "-", "--journal", "j", "--batch", "10"]);
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
            assert!(ran.stderr.contains("Interrupted. 0 memories imported so far"), "{}", ran.stderr);
            assert_eq!(there(&bench).len(), 0);
        }
    }
}

#[test]
fn what_came_before_an_idle_stdin_is_in_the_journal() {
    let bench = Bench::new();
    let whole = lines(0..4000);
    // In the midst of a line.
    let (import, _stdin) = idle(&bench, &whole[..whole.len() * 3 / 4 + 5]);
    wait_for("nothing is added", || journal(&bench, "j").contains("\ne 5"));
    import.signal("INT");
    let stopped = import.ended();
    assert_eq!(stopped.code, 130, "{}", stopped.stderr);
    assert!(stopped.stderr.contains("run the same command again to go on from here"), "{}", stopped.stderr);
    let count = there(&bench).len();
    assert!((1..4000).contains(&count), "{count}");
    let mut rest = bench.command();
    rest.args(["memory", "import", "-", "--journal", "j", "--output", "json"]).write_stdin(whole);
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
    bench.platform.fail_next(Operation::AddMemories, Fault::delay(Duration::from_secs(1)).times(4));
    let (import, _stdin) = idle(&bench, &lines(0..3000));
    wait_for("nothing is begun", || journal(&bench, "j").contains("\nb 1 "));
    import.signal("INT");
    let stopped = import.ended();
    assert_eq!(stopped.code, 130, "{}", stopped.stderr);
    let journal = journal(&bench, "j");
    for begun in journal.lines().filter_map(|line| line.strip_prefix("b ")) {
        let number = begun.split(' ').next().unwrap();
        assert!(journal.contains(&format!("\ne {number}\n")), "{number}: {journal}");
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
        let memories = (0..450).map(|n| NewMemory::new(format!("Number {n}")).user("alice"));
        bench.platform.load_memories(bench.platform.org_id(), bench.platform.project_id(), memories).unwrap();
        fs::write(bench.folder.path().join("all.jsonl"), "before").unwrap();
        for arguments in [&["memory", "export", "--to", "all.jsonl"][..], &["memory", "export"]] {
            bench.platform.clear_journal();
            bench.platform.fail_next(Operation::ListMemories, Fault::delay(Duration::from_secs(1)));
            let export = start(&bench, arguments);
            wait_for("nothing is asked for", || asked(&bench, Operation::ListMemories));
            export.signal(name);
            let ran = export.ended();
            assert_eq!(ran.code, 130, "{}", ran.stderr);
            assert!(ran.stderr.contains("Interrupted after 200 memories."), "{}", ran.stderr);
            let expected = if arguments.len() == 2 { 200 } else { 0 };
            assert_eq!(ran.stdout.lines().count(), expected);
            assert!(ran.stdout.is_empty() || ran.stdout.ends_with("}\n"), "the last line is whole");
        }
        assert_eq!(fs::read_to_string(bench.folder.path().join("all.jsonl")).unwrap(), "before");
        assert!(!bench.folder.path().join("all.jsonl.part").exists());
    }
}

#[test]
fn a_copy_is_gone_on_with() {
    let (bench, other) = (Bench::new(), Bench::new());
    let memories = (0..450).map(|n| NewMemory::new(format!("Number {n}")).user("alice"));
    bench.platform.load_memories(bench.platform.org_id(), bench.platform.project_id(), memories).unwrap();
    for (name, platform) in [("from", &bench.platform), ("to", &other.platform)] {
        let mut add = bench.bare();
        add.args(["profile", "add", name, "--api-key", platform.api_key(), "--base-url", platform.url()]);
        assert_eq!(ran(&mut add).code, 0);
    }
    other.platform.fail_next(Operation::AddMemories, Fault::delay(Duration::from_secs(1)).times(4));
    let arguments = ["memory", "copy", "--from", "from", "--to", "to", "--journal", "j", "--batch", "10"];
    let copy = start(&bench, &arguments);
    wait_for("nothing is copied", || asked(&other, Operation::AddMemories));
    copy.signal("INT");
    let stopped = copy.ended();
    assert_eq!(stopped.code, 130, "{}", stopped.stderr);
    assert!(
        stopped.stderr.contains("Interrupted.") && stopped.stderr.contains("copied so far: run"),
        "{}",
        stopped.stderr
    );
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
        let update = || Route::operation(Operation::UpdateProject);
        bench.platform.fail_next(update(), Fault::delay(Duration::from_secs(1)));
        let apply = start(&bench, &["apply", "mem0.toml", "--yes", "--output", format]);
        wait_for("nothing is changed", || asked(&bench, Operation::UpdateProject));
        apply.signal(name);
        let stopped = apply.ended();
        assert_eq!(stopped.code, 130, "{}", stopped.stderr);
        let sentence = stopped.stderr.lines().last().unwrap();
        assert!(
            sentence.starts_with("mem0ctl: Interrupted: ")
                && sentence.contains(" steps are done. Apply again"),
            "{sentence}"
        );
        let done = stopped.stderr.matches(": done\n").count();
        assert!(done > 0 && stopped.stderr.contains(": not done\n"), "{}", stopped.stderr);
        assert!(!stopped.stderr.contains("failed"), "{}", stopped.stderr);
        let updates = |at: &LocalPlatform| {
            let journal = at.journal();
            journal.into_iter().filter(|entry| entry.operation == Some(Operation::UpdateProject)).count()
        };
        assert_eq!(updates(&bench.platform), 1, "no step is begun any more");
        if format == "json" {
            let answer: Value = serde_json::from_str(&stopped.stdout).unwrap();
            assert_eq!(answer["done"].as_array().unwrap().len(), done, "{answer}");
            assert_eq!(answer["failed"], Value::Null, "{answer}");
            assert!(!answer["not_done"].as_array().unwrap().is_empty(), "{answer}");
        }
        assert_eq!(bench.run(&["apply", "mem0.toml", "--yes"]).code, 0);
        assert_eq!(updates(&bench.platform), 2, "what was under way was finished");
        assert_eq!(bench.run(&["plan", "mem0.toml"]).code, 0);
    }
}

#[test]
fn a_second_signal_ends_an_apply_at_once() {
    let bench = Bench::new();
    fs::write(bench.folder.path().join("mem0.toml"), PLAN).unwrap();
    bench.platform.fail_next(Operation::UpdateProject, Fault::delay(FOREVER));
    let mut apply = start(&bench, &["apply", "mem0.toml", "--yes"]);
    wait_for("nothing is changed", || asked(&bench, Operation::UpdateProject));
    let began = Instant::now();
    // Two signals at the same moment may arrive as one.
    while !apply.is_over() {
        assert!(began.elapsed() < LONG, "it does not end");
        apply.signal("INT");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(apply.ended().code, 130);
}

/// What is asked, or waited for, is given up at once.
#[test]
fn a_request_and_a_wait_end_at_once() {
    for name in ["INT", "TERM"] {
        let platform = LocalPlatform::builder().completion(Completion::OnSettle).start().unwrap();
        let bench = Bench { platform, folder: tempfile::tempdir().unwrap() };
        let added = bench.json(&["memory", "add", "I love tea", "-u", "alice"]);
        let id = added["event_id"].as_str().unwrap();
        bench.platform.fail_next(Operation::ListOrganizations, Fault::delay(FOREVER));
        for (arguments, operation) in [
            (&["event", "wait", id, "--for", "500"][..], Operation::GetEvent),
            (&["memory", "add", "Milk", "-u", "alice", "--wait", "--for", "500"], Operation::GetEvent),
            (&["org", "list"], Operation::ListOrganizations),
        ] {
            bench.platform.clear_journal();
            let command = start(&bench, arguments);
            wait_for("nothing is asked for", || asked(&bench, operation));
            command.signal(name);
            let ran = command.ended();
            assert_eq!((ran.code, ran.stdout.as_str()), (130, ""), "{arguments:?}: {}", ran.stderr);
            assert_eq!(
                ran.stderr.lines().last(),
                Some("mem0ctl: Interrupted."),
                "{arguments:?}: {}",
                ran.stderr
            );
        }
        assert_eq!(bench.platform.client().unwrap().get_all(Filter::user("alice")).unwrap().count(), 0);
    }
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
    assert!(bench.platform.journal().is_empty());
    assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 0);
}
