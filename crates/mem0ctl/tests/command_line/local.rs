//! `local seed|dump|load|record`, and `local serve --replay`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mem0::MemoryClient;
use mem0::client::RetryPolicy;
use mem0_local::{LocalPlatform, SeedData};
use serde_json::Value;

use crate::bench::{Bench, Ran, ran};

/// Far more than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

const SEED: &str = r#"{"organizations": [{"org_id": "org_acme", "name": "Acme",
    "members": [{"email": "owner@example.com", "role": "OWNER"}]}]}"#;

/// Runs what needs no key and has none.
fn bare(bench: &Bench, arguments: &[&str]) -> Ran {
    ran(bench.bare().arg("local").args(arguments))
}

fn write(bench: &Bench, name: &str, text: &str) {
    std::fs::write(bench.folder.path().join(name), text).unwrap();
}

/// A command that serves until it is told to stop; killed when this is dropped.
struct Serving {
    child: Child,
    said: Value,
}

impl Serving {
    fn start(bench: &Bench, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
        command.arg("local").args(arguments).current_dir(bench.folder.path()).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Self { child, said }
    }

    fn client(&self, key: &str) -> MemoryClient {
        let builder = MemoryClient::builder().base_url(self.said["url"].as_str().unwrap()).api_key(key);
        builder.retry(RetryPolicy::none()).build().unwrap()
    }

    /// Sends a signal and waits for the end: the exit status, and what was said on stderr.
    fn signal(mut self, name: &str) -> (ExitStatus, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < LONG, "the command did not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (status, said)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_data_file_is_seeded_dumped_and_loaded() {
    let bench = Bench::new();
    write(&bench, "team.json", SEED);
    let looked = bare(&bench, &["seed", "team.json", "--data", "mem0.db", "--dry-run"]);
    assert_eq!((looked.code, looked.stdout.as_str()), (0, ""), "{}", looked.stderr);
    assert!(!bench.folder.path().join("mem0.db").exists());
    let seeded = bare(&bench, &["seed", "team.json", "--data", "mem0.db", "--output", "json"]);
    assert_eq!(seeded.code, 0, "{}", seeded.stderr);
    let seeded: Value = serde_json::from_str(&seeded.stdout).unwrap();
    let dumped = bare(&bench, &["dump", "--data", "mem0.db"]);
    assert_eq!((dumped.code, dumped.stderr.as_str()), (0, ""));
    assert!(dumped.stdout.contains("org_acme"), "{}", dumped.stdout);
    assert!(dumped.stdout.contains(seeded["owner_key"].as_str().unwrap()));
    let again = bare(&bench, &["dump", "--data", "mem0.db"]);
    assert!(again.stdout == dumped.stdout, "to dump changes nothing");

    write(&bench, "dump.json", &dumped.stdout);
    let loaded = bare(&bench, &["load", "dump.json", "--data", "new.db"]);
    assert_eq!((loaded.code, loaded.stdout.as_str()), (0, ""), "{}", loaded.stderr);
    assert_eq!(loaded.stderr, "new.db holds what the dump holds.\n");
    assert!(bare(&bench, &["dump", "--data", "new.db"]).stdout == dumped.stdout);

    // What is served afterwards is what was loaded.
    let platform = LocalPlatform::builder().data_file(bench.folder.path().join("new.db")).start().unwrap();
    let key = seeded["owner_key"].as_str().unwrap();
    let client = MemoryClient::builder().base_url(platform.url()).api_key(key).build().unwrap();
    assert_eq!(client.organization("org_acme").get().unwrap().name.as_deref(), Some("Acme"));
}

#[test]
fn a_seed_is_printed_for_people() {
    let bench = Bench::new();
    write(&bench, "team.json", SEED);
    let table = bare(&bench, &["seed", "team.json", "--data", "mem0.db"]);
    for expected in ["Organization", "OWNER's key", "m0-local-"] {
        assert!(table.stdout.contains(expected), "{}", table.stdout);
    }
    assert_eq!(table.stdout.lines().count(), 5, "{}", table.stdout);
}

#[test]
fn a_load_asks_before_it_replaces() {
    let bench = Bench::new();
    write(&bench, "team.json", SEED);
    assert_eq!(bare(&bench, &["seed", "team.json", "--data", "mem0.db"]).code, 0);
    let before = bare(&bench, &["dump", "--data", "mem0.db"]).stdout;
    let other = serde_json::to_string(&LocalPlatform::start().unwrap().dump().unwrap()).unwrap();
    write(&bench, "other.json", &other);
    let asked = bare(&bench, &["load", "other.json", "--data", "mem0.db"]);
    assert_eq!(asked.code, 8, "{}", asked.stderr);
    assert!(asked.stderr.contains("Replace everything in mem0.db"), "{}", asked.stderr);
    let looked = bare(&bench, &["load", "other.json", "--data", "mem0.db", "--dry-run"]);
    assert_eq!(looked.code, 0, "{}", looked.stderr);
    assert!(bare(&bench, &["dump", "--data", "mem0.db"]).stdout == before);
    let mut command = bench.bare();
    let loaded =
        ran(command.args(["local", "load", "-", "--data", "mem0.db", "--yes"]).write_stdin(other.as_str()));
    assert_eq!(loaded.code, 0, "{}", loaded.stderr);
    assert_eq!(bare(&bench, &["dump", "--data", "mem0.db"]).stdout.trim_end(), other);
}

#[test]
fn what_can_not_be_used_leaves_everything_as_it_is() {
    let bench = Bench::new();
    write(&bench, "team.json", SEED);
    write(&bench, "odd.json", r#"{"users": [{"email": "nobody"}]}"#);
    write(&bench, "text.db", "notes");
    write(&bench, "broken.json", "{\"version\": 2,\n \"m0-local-secret\"");
    write(&bench, "other.json", r#"{"version": 99, "tables": {}}"#);
    assert_eq!(bare(&bench, &["seed", "team.json", "--data", "mem0.db"]).code, 0);
    let before = bare(&bench, &["dump", "--data", "mem0.db"]).stdout;
    for (arguments, code, words) in [
        (&["seed", "team.json", "--data", "mem0.db"][..], 11, "is there already, and takes no seed"),
        (&["seed", "missing.json", "--data", "new.db"], 11, "missing.json: "),
        (&["seed", "odd.json", "--data", "new.db"], 11, "users[0].email: Enter a valid email address."),
        (&["seed", "team.json", "--data", "no/such/folder.db"], 11, "no/such/folder.db: "),
        (&["dump", "--data", "missing.db"], 11, "there is no data file of that name"),
        (&["dump", "--data", "text.db"], 11, "text.db belongs to another program"),
        (&["load", "missing.json", "--data", "mem0.db"], 11, "missing.json: "),
        (&["load", "broken.json", "--data", "mem0.db"], 11, "broken.json: line 2, column "),
        (
            &["load", "other.json", "--data", "mem0.db", "--yes"],
            11,
            "the dump can't be used: unsupported version 99",
        ),
        (&["load", "other.json"], 2, "--data"),
        (&["dump"], 2, "--data"),
        (&["record", "--to", "a.jsonl"], 2, "--upstream"),
        (&["record", "--upstream", "http://api.mem0.ai", "--to", "a.jsonl"], 2, "use https://"),
        (&["record", "--upstream", "http://127.0.0.1:9", "--to", "text.db"], 11, "text.db already exists"),
        (&["record", "--upstream", "http://127.0.0.1:9", "--to", "no/such/a.jsonl"], 11, "no/such/a.jsonl: "),
        (
            &["record", "--upstream", "http://127.0.0.1:9", "--to", "a.jsonl", "--listen", "0.0.0.0:0"],
            2,
            "can be reached from other machines",
        ),
        (&["serve", "--replay", "missing.jsonl"], 11, "missing.jsonl: "),
        (&["serve", "--replay", "text.db"], 11, "the cassette can't be used: "),
        (&["serve", "--replay", "text.db", "--data", "mem0.db"], 2, "--replay"),
    ] {
        let refused = bare(&bench, arguments);
        assert_eq!((refused.code, refused.stdout.as_str()), (code, ""), "{arguments:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(words), "{arguments:?}: {}", refused.stderr);
        assert!(!refused.stderr.contains("secret"), "{arguments:?}: {}", refused.stderr);
    }
    for name in ["new.db", "missing.db", "a.jsonl"] {
        assert!(!bench.folder.path().join(name).exists(), "{name}");
    }
    assert_eq!(std::fs::read(bench.folder.path().join("text.db")).unwrap(), b"notes");
    assert!(bare(&bench, &["dump", "--data", "mem0.db"]).stdout == before);
}

#[test]
fn a_file_that_is_served_is_left_alone() {
    let bench = Bench::new();
    write(&bench, "dump.json", &serde_json::to_string(&bench.platform.dump().unwrap()).unwrap());
    let seed = SeedData::from_json(SEED).unwrap();
    let file = bench.folder.path().join("mem0.db");
    let platform = LocalPlatform::builder().data_file(&file).seed_data(seed).start().unwrap();
    for arguments in
        [&["dump", "--data", "mem0.db"][..], &["load", "dump.json", "--data", "mem0.db", "--yes"]]
    {
        let refused = bare(&bench, arguments);
        assert_eq!((refused.code, refused.stdout.as_str()), (11, ""), "{arguments:?}: {}", refused.stderr);
        assert_eq!(
            refused.stderr,
            "mem0ctl: mem0.db is in use by another local platform; stop that one first\n"
        );
    }
    platform.client().unwrap().organization("org_acme").get().unwrap();
    drop(platform);
    assert_eq!(bare(&bench, &["dump", "--data", "mem0.db"]).code, 0);
}

#[cfg(unix)]
#[test]
fn who_serves_a_file_that_others_may_read_is_told() {
    use std::os::unix::fs::PermissionsExt;

    let bench = Bench::new();
    let at = |name: &str| bench.folder.path().join(name);
    drop(LocalPlatform::builder().data_file(at("mem0.db")).start().unwrap());
    // A log that was left, and into which nothing was written.
    std::fs::write(at("mem0.db-wal"), "").unwrap();
    std::fs::set_permissions(at("mem0.db"), PermissionsExt::from_mode(0o640)).unwrap();
    std::fs::set_permissions(at("mem0.db-wal"), PermissionsExt::from_mode(0o644)).unwrap();
    let (status, said) = Serving::start(&bench, &["serve", "--data", "mem0.db"]).signal("TERM");
    assert_eq!(status.code(), Some(0), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    let told = "could be read or written by others; its mode is 0600 now";
    assert_eq!(
        lines,
        [format!("mem0.db holds keys and {told}"), format!("mem0.db-wal holds keys and {told}")]
    );
    assert_eq!(at("mem0.db").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let (_, said) = Serving::start(&bench, &["serve", "--data", "mem0.db"]).signal("TERM");
    assert_eq!(said, "");
}

#[test]
fn a_platform_is_recorded_and_replayed() {
    let bench = Bench::new();
    let recorder =
        Serving::start(&bench, &["record", "--upstream", bench.platform.url(), "--to", "team.jsonl"]);
    assert_eq!(recorder.said["upstream"], bench.platform.url());
    let url = recorder.said["url"].as_str().unwrap().to_owned();
    let arguments = ["status", "--base-url", &url, "--output", "json"];
    let recorded: Value = serde_json::from_str(&ran(bench.command().args(arguments)).stdout).unwrap();
    assert_eq!(recorded["role"], "OWNER");
    let (status, said) = recorder.signal("INT");
    assert_eq!((status.code(), said.as_str()), (Some(0), "2 exchanges are in team.jsonl.\n"));
    let text = std::fs::read_to_string(bench.folder.path().join("team.jsonl")).unwrap();
    assert!(!text.contains(bench.platform.api_key()) && !text.contains("owner@"), "{text}");

    let replay = Serving::start(&bench, &["serve", "--replay", "team.jsonl"]);
    assert_eq!(replay.said["exchanges"], 2);
    let url = replay.said["url"].as_str().unwrap().to_owned();
    let arguments = ["status", "--base-url", &url, "--output", "json"];
    let replayed: Value =
        serde_json::from_str(&ran(bench.with_key("any-key").args(arguments)).stdout).unwrap();
    for field in ["org_id", "project_id", "project", "role"] {
        assert_eq!(replayed[field], recorded[field], "{field}");
    }
    assert_eq!(replayed["user_email"], "person-1@example.com");
    replay.client("any-key").organizations().list().unwrap_err();
    // The second of them by the command as a user has it: what is not there will not be there in a second either.
    let missed = ran(bench.with_key("any-key").args(["memory", "get", "nothing", "--base-url", &url]));
    assert_eq!((missed.code, missed.stdout.as_str()), (1, ""), "{}", missed.stderr);
    assert!(
        missed.stderr.contains("No response is recorded for GET /v1/memories/nothing/"),
        "{}",
        missed.stderr
    );
    assert!(!missed.stderr.contains("attempt") && !missed.stderr.contains("later"), "{}", missed.stderr);
    let (status, said) = replay.signal("TERM");
    assert_eq!(status.code(), Some(0));
    assert_eq!(said.matches("No response is recorded for GET /v1/memories/nothing/").count(), 1, "{said}");
    assert!(said.starts_with("No response is recorded for GET /api/v1/orgs/organizations/."), "{said}");
}

#[test]
fn a_recording_that_nobody_names_has_a_name_of_its_own() {
    let bench = Bench::new();
    let record = ["record", "--upstream", bench.platform.url()];
    let recorder = Serving::start(&bench, &record);
    recorder.client(bench.platform.api_key()).ping().unwrap();
    let (status, said) = recorder.signal("INT");
    assert_eq!((status.code(), said.as_str()), (Some(0), "1 exchange is in cassette.jsonl.\n"));
    let again = bare(&bench, &record);
    assert_eq!(again.code, 11, "{}", again.stderr);
    assert!(again.stderr.contains("cassette.jsonl already exists"), "{}", again.stderr);
}

/// What somebody was answered is in the file, whatever becomes of the recorder.
#[test]
fn a_recorder_that_is_killed_leaves_what_it_recorded() {
    let bench = Bench::new();
    for round in 0..3 {
        let name = format!("{round}.jsonl");
        let recorder = Serving::start(&bench, &["record", "--upstream", bench.platform.url(), "--to", &name]);
        let answered = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let client = recorder.client(bench.platform.api_key());
                let answered = &answered;
                scope.spawn(move || {
                    while client.ping().is_ok() {
                        answered.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    }
                });
            }
            let began = Instant::now();
            while answered.load(std::sync::atomic::Ordering::SeqCst) < 10 * (round + 1) {
                assert!(began.elapsed() < LONG, "nobody is answered");
                std::thread::sleep(Duration::from_millis(1));
            }
            let (status, _) = recorder.signal("KILL");
            assert_eq!(status.code(), None);
        });
        let answered = answered.load(std::sync::atomic::Ordering::SeqCst);
        let replay = Serving::start(&bench, &["serve", "--replay", &name]);
        let recorded = usize::try_from(replay.said["exchanges"].as_u64().unwrap()).unwrap();
        // Two may have been written and not answered any more.
        assert!((answered..=answered + 2).contains(&recorded), "{recorded} of {answered}");
        replay.client("any-key").ping().unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_cassette_that_can_not_be_written_ends_the_recording() {
    let bench = Bench::new();
    // No file may grow beyond this many blocks, and a write that is refused is an error like any other.
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_mem0ctl"), "local", "record"]);
    command
        .args(["--upstream", bench.platform.url(), "--to", "small.jsonl"])
        .current_dir(bench.folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let recorder = Serving { child, said: serde_json::from_str(&line).unwrap() };
    let client = recorder.client(bench.platform.api_key());
    let mut answered = 0;
    let refused = loop {
        match client.ping() {
            Ok(_) => answered += 1,
            Err(error) => break error,
        }
        assert!(answered < 1000, "the file grows beyond its limit");
    };
    assert!(refused.to_string().contains("Cannot write the cassette: "), "{refused}");
    let asked = bench.platform.request_log().len();
    assert_eq!(asked, answered + 1);
    client.ping().unwrap_err();
    assert_eq!(bench.platform.request_log().len(), asked, "nothing is passed on that is not recorded");
    let (status, said) = recorder.signal("TERM");
    assert_eq!(status.code(), Some(11), "{said}");
    assert!(said.starts_with("mem0ctl: Cannot write the cassette: "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    // What was answered is there.
    let replay = Serving::start(&bench, &["serve", "--replay", "small.jsonl"]);
    assert_eq!(replay.said["exchanges"], answered);
}

#[test]
fn every_help_has_examples_and_fits_100_columns() {
    let bench = Bench::new();
    for (verb, options) in [
        (
            "serve",
            &["--listen <ADDRESS>", "--data <FILE>", "--seed-data <FILE.json>", "--replay <FILE.jsonl>"][..],
        ),
        ("seed", &["<FILE.json>", "--data <FILE>"]),
        ("dump", &["--data <FILE>"]),
        ("load", &["<FILE>", "--data <FILE>"]),
        ("record", &["--upstream <URL>", "--listen <ADDRESS>", "--to <FILE.jsonl>"]),
    ] {
        let help = bare(&bench, &[verb, "--help"]);
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{verb}");
        assert!(help.stdout.contains(&format!("Examples:\n  mem0ctl local {verb}")), "{}", help.stdout);
        for option in options {
            assert!(help.stdout.contains(option), "{verb}: {option}: {}", help.stdout);
        }
        for line in help.stdout.lines() {
            assert!(line.chars().count() <= 100, "{verb}: {line}");
        }
    }
}
