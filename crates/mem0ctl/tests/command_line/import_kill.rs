//! Killed and interrupted imports neither lose nor duplicate memories.

use std::collections::HashMap;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mem0::Filter;
use mem0::memories::MemoryChange;

#[cfg(unix)]
use crate::gate::Gate;
#[cfg(unix)]
use crate::process::{STOPPING, start_at};
use crate::test_env::{TestEnv, wait_at_most};

const LINES: usize = 5_000;
const KILLS: usize = 10;
const LONG: Duration = Duration::from_secs(120);

fn write_file(env: &TestEnv, lines: usize) {
    // Several users and timestamps, so that several requests are in flight.
    let line = |n: usize| {
        let timestamp = if n.is_multiple_of(7) {
            format!(",\"timestamp\":{}", 1_700_000_000 + n / 700)
        } else {
            String::new()
        };
        format!("{{\"memory\":\"Memory number {n} of all\",\"user_id\":\"user {}\"{timestamp}}}\n", n % 5)
    };
    let text: String = (0..lines).map(line).collect();
    fs::write(env.folder.path().join("m.jsonl"), text).unwrap();
}

fn begin(env: &TestEnv, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
    command.args(["memory", "import", "m.jsonl"]).args(arguments).env_clear().current_dir(env.folder.path());
    command.env("MEM0_BASE_URL", env.platform.url()).env("MEM0_API_KEY", env.platform.api_key());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Size of the checkpoint.
fn checkpoint(env: &TestEnv) -> u64 {
    fs::metadata(env.folder.path().join("m.jsonl.checkpoint")).map_or(0, |metadata| metadata.len())
}

fn wait_for(what: &str, condition: impl FnMut() -> bool) {
    wait_at_most(LONG, what, condition);
}

/// Number of memories per text.
pub(crate) fn memory_counts(env: &TestEnv) -> HashMap<String, usize> {
    let client = env.platform.client().unwrap();
    let mut texts = HashMap::new();
    for memory in
        client.get_all(mem0::memories::ListMemories::new(Filter::any_user()).page_size(200)).unwrap()
    {
        *texts.entry(memory.unwrap().memory.unwrap()).or_insert(0) += 1;
    }
    texts
}

/// Number of adds of existing memories.
pub(crate) fn repeated(env: &TestEnv) -> usize {
    let events = env.platform.client().unwrap().events().list().unwrap();
    let is_known = |memory: &mem0::memories::AddedMemory| memory.event == Some(MemoryChange::Noop);
    events.map(|event| event.unwrap().memories().into_iter().filter(is_known).count()).sum()
}

#[test]
fn an_import_killed_ten_times_resumes_without_duplicates() {
    let env = TestEnv::new();
    write_file(&env, LINES);
    let mut random = fastrand::Rng::with_seed(4);
    for kill in 1..=KILLS {
        let before = checkpoint(&env);
        let mut child = begin(&env, &["--batch", "10"]);
        // Killed at a random time after about ten requests.
        let more = random.u64(300..6_000);
        wait_for("no memory is added", || checkpoint(&env) > before + more);
        std::thread::sleep(Duration::from_micros(random.u64(..5_000)));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success(), "it was too fast to be killed for the {kill}th time");
    }
    let resumed = env.json(&["memory", "import", "m.jsonl"]);
    assert_eq!((&resumed["added"], &resumed["rejected"]), (&LINES.into(), &0.into()), "{resumed}");
    assert!(resumed["skipped"].as_u64().unwrap() > 0, "{resumed}");
    let counts = memory_counts(&env);
    assert_eq!(counts.len(), LINES);
    assert!(counts.values().all(|count| *count == 1));
    // The platform deduplicates, so repeated adds are counted too.
    assert_eq!(repeated(&env), 0);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_an_import_after_the_requests_in_flight() {
    for name in ["INT", "TERM"] {
        let env = TestEnv::new();
        write_file(&env, 200);
        let gate = Gate::before(&env, "POST /v3/memories/add/");
        let import = start_at(&env, &gate.url, &["memory", "import", "m.jsonl", "--batch", "10"]);
        gate.wait_until_held();
        import.signal(name);
        import.wait_for_stderr(STOPPING);
        gate.open();
        let stopped = import.ended();
        assert_eq!(stopped.code, 130, "{}", stopped.stderr);
        let mentions = |words| stopped.stderr.contains(words);
        assert!(mentions("error: interrupted;") && mentions("run the command again"), "{}", stopped.stderr);
        let count = memory_counts(&env).len();
        assert!((1..200).contains(&count), "{count}");
        // The checkpoint belongs to the base URL of the first run.
        let resumed = start_at(&env, &gate.url, &["memory", "import", "m.jsonl"]).ended();
        assert_eq!(resumed.code, 0, "{}", resumed.stderr);
        assert_eq!((memory_counts(&env).len(), repeated(&env)), (200, 0));
    }
}

/// The gate stays closed, so an import that waits for its requests would not end.
#[cfg(unix)]
#[test]
fn a_second_signal_ends_an_import_immediately() {
    let env = TestEnv::new();
    write_file(&env, 200);
    let gate = Gate::before(&env, "POST /v3/memories/add/");
    let import = start_at(&env, &gate.url, &["memory", "import", "m.jsonl", "--batch", "10"]);
    gate.wait_until_held();
    import.signal("INT");
    import.wait_for_stderr(STOPPING);
    import.signal("INT");
    assert_eq!(import.ended().code, 130);
    assert_eq!(memory_counts(&env).len(), 0);
}

#[test]
fn reconciliation_pages_fit_the_body_limit() {
    let env = TestEnv::new();
    let prefix = "Transcript of the weekly planning meeting of the support team in Oslo";
    let line = |n: usize| {
        let text = format!("{prefix} number {n}: {}", "y".repeat(10_000));
        serde_json::json!({"memory": text, "user_id": "bob", "created_at": "2025-01-01T00:00:00Z"})
    };
    let text = (0..60).map(|n| line(n).to_string()).collect::<Vec<_>>().join("\n") + "\n";
    fs::write(env.folder.path().join("m.jsonl"), text).unwrap();
    let import = ["memory", "import", "m.jsonl", "--batch", "5", "--body-limit", "64KiB"];
    assert_eq!(env.run(&import).code, 0);
    // State of a process killed before it recorded a response.
    let path = env.folder.path().join("m.jsonl.checkpoint");
    let checkpoint = fs::read_to_string(&path).unwrap();
    let unfinished: String = checkpoint.split_inclusive('\n').filter(|line| !line.starts_with('e')).collect();
    assert_ne!(unfinished, checkpoint);
    fs::write(&path, unfinished).unwrap();
    let again = env.json(&import);
    assert_eq!((&again["added"], &again["existing"]), (&60.into(), &0.into()), "{again}");
    assert_eq!(memory_counts(&env).len(), 60);
}
