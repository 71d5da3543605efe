//! `local seed|dump|load|record`, and `local serve --replay`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mem0::MemoryClient;
use mem0::client::RetryPolicy;
use mem0_local::{LocalPlatform, SeedData};
use serde_json::Value;

use crate::test_env::{CommandOutput, TestEnv, output_of};

/// Time limit of a test, far above the usual time.
const LONG: Duration = Duration::from_secs(60);

const SEED: &str = r#"{"organizations": [{"org_id": "org_acme", "name": "Acme",
    "members": [{"email": "owner@example.com", "role": "OWNER"}]}]}"#;

/// Runs a command without an API key.
fn bare(env: &TestEnv, arguments: &[&str]) -> CommandOutput {
    output_of(env.bare().arg("local").args(arguments))
}

fn write(env: &TestEnv, name: &str, text: &str) {
    std::fs::write(env.folder.path().join(name), text).unwrap();
}

/// Running server, killed on drop.
struct Serving {
    child: Child,
    announcement: Value,
}

impl Serving {
    fn start(env: &TestEnv, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
        command.arg("local").args(arguments).current_dir(env.folder.path()).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let announcement = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Self { child, announcement }
    }

    fn client(&self, key: &str) -> MemoryClient {
        let builder =
            MemoryClient::builder().base_url(self.announcement["url"].as_str().unwrap()).api_key(key);
        builder.retry(RetryPolicy::none()).build().unwrap()
    }

    /// Sends a signal and waits for the end. Returns the status and stderr.
    fn signal(mut self, name: &str) -> (ExitStatus, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < LONG, "the command did not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut message = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
        (status, message)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // An error means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn seeds_dumps_and_loads_a_data_file() {
    let env = TestEnv::new();
    write(&env, "team.json", SEED);
    let dry_run = bare(&env, &["seed", "team.json", "--data", "mem0.db", "--dry-run"]);
    assert_eq!((dry_run.code, dry_run.stdout.as_str()), (0, ""), "{}", dry_run.stderr);
    assert!(!env.folder.path().join("mem0.db").exists());
    let seeded = bare(&env, &["seed", "team.json", "--data", "mem0.db", "--output", "json"]);
    assert_eq!(seeded.code, 0, "{}", seeded.stderr);
    let seeded: Value = serde_json::from_str(&seeded.stdout).unwrap();
    let dumped = bare(&env, &["dump", "--data", "mem0.db"]);
    assert_eq!((dumped.code, dumped.stderr.as_str()), (0, ""));
    assert!(dumped.stdout.contains("org_acme"), "{}", dumped.stdout);
    assert!(dumped.stdout.contains(seeded["owner_key"].as_str().unwrap()));
    let again = bare(&env, &["dump", "--data", "mem0.db"]);
    assert!(again.stdout == dumped.stdout, "a dump changes nothing");

    write(&env, "dump.json", &dumped.stdout);
    let loaded = bare(&env, &["load", "dump.json", "--data", "new.db"]);
    assert_eq!((loaded.code, loaded.stdout.as_str()), (0, ""), "{}", loaded.stderr);
    assert_eq!(loaded.stderr, "Loaded the dump into new.db.\n");
    assert!(bare(&env, &["dump", "--data", "new.db"]).stdout == dumped.stdout);

    // The platform serves the loaded data.
    let platform = LocalPlatform::builder().data_file(env.folder.path().join("new.db")).start().unwrap();
    let key = seeded["owner_key"].as_str().unwrap();
    let client = MemoryClient::builder().base_url(platform.url()).api_key(key).build().unwrap();
    assert_eq!(client.organization("org_acme").get().unwrap().name.as_deref(), Some("Acme"));
}

#[test]
fn seed_prints_a_table() {
    let env = TestEnv::new();
    write(&env, "team.json", SEED);
    let table = bare(&env, &["seed", "team.json", "--data", "mem0.db"]);
    for expected in ["Organization", "OWNER key", "m0-local-"] {
        assert!(table.stdout.contains(expected), "{}", table.stdout);
    }
    assert_eq!(table.stdout.lines().count(), 5, "{}", table.stdout);
}

#[test]
fn load_confirms_before_it_replaces_data() {
    let env = TestEnv::new();
    write(&env, "team.json", SEED);
    assert_eq!(bare(&env, &["seed", "team.json", "--data", "mem0.db"]).code, 0);
    let before = bare(&env, &["dump", "--data", "mem0.db"]).stdout;
    let other = serde_json::to_string(&LocalPlatform::start().unwrap().dump().unwrap()).unwrap();
    write(&env, "other.json", &other);
    let unconfirmed = bare(&env, &["load", "other.json", "--data", "mem0.db"]);
    assert_eq!(unconfirmed.code, 8, "{}", unconfirmed.stderr);
    assert!(unconfirmed.stderr.contains("Replace everything in mem0.db"), "{}", unconfirmed.stderr);
    let dry_run = bare(&env, &["load", "other.json", "--data", "mem0.db", "--dry-run"]);
    assert_eq!(dry_run.code, 0, "{}", dry_run.stderr);
    assert!(bare(&env, &["dump", "--data", "mem0.db"]).stdout == before);
    let mut command = env.bare();
    let loaded = output_of(
        command.args(["local", "load", "-", "--data", "mem0.db", "--yes"]).write_stdin(other.as_str()),
    );
    assert_eq!(loaded.code, 0, "{}", loaded.stderr);
    assert_eq!(bare(&env, &["dump", "--data", "mem0.db"]).stdout.trim_end(), other);
}

#[test]
fn invalid_input_changes_nothing() {
    let env = TestEnv::new();
    write(&env, "team.json", SEED);
    write(&env, "odd.json", r#"{"users": [{"email": "nobody"}]}"#);
    write(&env, "text.db", "notes");
    write(&env, "broken.json", "{\"version\": 2,\n \"m0-local-secret\"");
    write(&env, "other.json", r#"{"version": 99, "tables": {}}"#);
    assert_eq!(bare(&env, &["seed", "team.json", "--data", "mem0.db"]).code, 0);
    let before = bare(&env, &["dump", "--data", "mem0.db"]).stdout;
    for (arguments, code, words) in [
        (&["seed", "team.json", "--data", "mem0.db"][..], 11, "already exists"),
        (&["seed", "missing.json", "--data", "new.db"], 11, "missing.json: "),
        (&["seed", "odd.json", "--data", "new.db"], 11, "users[0].email: Enter a valid email address."),
        (&["seed", "team.json", "--data", "no/such/folder.db"], 11, "no/such/folder.db: "),
        (&["dump", "--data", "missing.db"], 11, "data file missing.db not found"),
        (&["dump", "--data", "text.db"], 11, "text.db is not a data file of a local platform"),
        (&["load", "missing.json", "--data", "mem0.db"], 11, "missing.json: "),
        (&["load", "broken.json", "--data", "mem0.db"], 11, "broken.json, line 2, column "),
        (&["load", "other.json", "--data", "mem0.db", "--yes"], 11, "version 99"),
        (&["load", "other.json"], 2, "--data"),
        (&["dump"], 2, "--data"),
        (&["record", "--to", "a.jsonl"], 2, "--upstream"),
        (&["record", "--upstream", "http://api.mem0.ai", "--to", "a.jsonl"], 2, "use https://"),
        (&["record", "--upstream", "http://127.0.0.1:9", "--to", "text.db"], 11, "text.db already exists"),
        (&["record", "--upstream", "http://127.0.0.1:9", "--to", "no/such/a.jsonl"], 11, "no/such/a.jsonl: "),
        (
            &["record", "--upstream", "http://127.0.0.1:9", "--to", "a.jsonl", "--listen", "0.0.0.0:0"],
            2,
            "is reachable from other machines",
        ),
        (&["serve", "--replay", "missing.jsonl"], 11, "missing.jsonl: "),
        (&["serve", "--replay", "text.db"], 11, "cassette"),
        (&["serve", "--replay", "text.db", "--data", "mem0.db"], 2, "--replay"),
    ] {
        let refused = bare(&env, arguments);
        assert_eq!((refused.code, refused.stdout.as_str()), (code, ""), "{arguments:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(words), "{arguments:?}: {}", refused.stderr);
        assert!(!refused.stderr.contains("secret"), "{arguments:?}: {}", refused.stderr);
    }
    for name in ["new.db", "missing.db", "a.jsonl"] {
        assert!(!env.folder.path().join(name).exists(), "{name}");
    }
    assert_eq!(std::fs::read(env.folder.path().join("text.db")).unwrap(), b"notes");
    assert!(bare(&env, &["dump", "--data", "mem0.db"]).stdout == before);
}

#[test]
fn a_served_data_file_is_not_touched() {
    let env = TestEnv::new();
    write(&env, "dump.json", &serde_json::to_string(&env.platform.dump().unwrap()).unwrap());
    let seed = SeedData::from_json(SEED).unwrap();
    let file = env.folder.path().join("mem0.db");
    let platform = LocalPlatform::builder().data_file(&file).seed_data(seed).start().unwrap();
    for arguments in
        [&["dump", "--data", "mem0.db"][..], &["load", "dump.json", "--data", "mem0.db", "--yes"]]
    {
        let refused = bare(&env, arguments);
        assert_eq!((refused.code, refused.stdout.as_str()), (11, ""), "{arguments:?}: {}", refused.stderr);
        assert_eq!(refused.stderr, "error: mem0.db is in use by another local platform; stop it first\n");
    }
    platform.client().unwrap().organization("org_acme").get().unwrap();
    drop(platform);
    assert_eq!(bare(&env, &["dump", "--data", "mem0.db"]).code, 0);
}

#[cfg(unix)]
#[test]
fn warns_about_data_files_accessible_to_other_users() {
    use std::os::unix::fs::PermissionsExt;

    let env = TestEnv::new();
    let at = |name: &str| env.folder.path().join(name);
    drop(LocalPlatform::builder().data_file(at("mem0.db")).start().unwrap());
    // Empty write-ahead log.
    std::fs::write(at("mem0.db-wal"), "").unwrap();
    std::fs::set_permissions(at("mem0.db"), PermissionsExt::from_mode(0o640)).unwrap();
    std::fs::set_permissions(at("mem0.db-wal"), PermissionsExt::from_mode(0o644)).unwrap();
    let (status, stderr) = Serving::start(&env, &["serve", "--data", "mem0.db"]).signal("TERM");
    assert_eq!(status.code(), Some(0), "{stderr}");
    let lines: Vec<&str> = stderr.lines().collect();
    let warning = "was accessible to other users; changed its mode to 0600";
    assert_eq!(
        lines,
        [
            format!("warning: mem0.db contains keys and {warning}"),
            format!("warning: mem0.db-wal contains keys and {warning}")
        ]
    );
    assert_eq!(at("mem0.db").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let (_, stderr) = Serving::start(&env, &["serve", "--data", "mem0.db"]).signal("TERM");
    assert_eq!(stderr, "");
}

#[test]
fn records_and_replays_a_platform() {
    let env = TestEnv::new();
    let recorder = Serving::start(&env, &["record", "--upstream", env.platform.url(), "--to", "team.jsonl"]);
    assert_eq!(recorder.announcement["upstream"], env.platform.url());
    let url = recorder.announcement["url"].as_str().unwrap().to_owned();
    let arguments = ["status", "--base-url", &url, "--output", "json"];
    let recorded: Value = serde_json::from_str(&output_of(env.command().args(arguments)).stdout).unwrap();
    assert_eq!(recorded["role"], "OWNER");
    let (status, message) = recorder.signal("INT");
    assert_eq!((status.code(), message.as_str()), (Some(0), "Recorded 2 exchanges in team.jsonl.\n"));
    let text = std::fs::read_to_string(env.folder.path().join("team.jsonl")).unwrap();
    assert!(!text.contains(env.platform.api_key()) && !text.contains("owner@"), "{text}");

    let replay = Serving::start(&env, &["serve", "--replay", "team.jsonl"]);
    assert_eq!(replay.announcement["exchanges"], 2);
    let url = replay.announcement["url"].as_str().unwrap().to_owned();
    let arguments = ["status", "--base-url", &url, "--output", "json"];
    let replayed: Value =
        serde_json::from_str(&output_of(env.with_key("any-key").args(arguments)).stdout).unwrap();
    for field in ["org_id", "project_id", "project", "role"] {
        assert_eq!(replayed[field], recorded[field], "{field}");
    }
    assert_eq!(replayed["user_email"], "person-1@example.com");
    replay.client("any-key").organizations().list().unwrap_err();
    // The command does not retry a missing exchange.
    let unmatched = output_of(env.with_key("any-key").args(["memory", "get", "nothing", "--base-url", &url]));
    assert_eq!((unmatched.code, unmatched.stdout.as_str()), (1, ""), "{}", unmatched.stderr);
    assert!(
        unmatched.stderr.contains("No response is recorded for GET /v1/memories/nothing/"),
        "{}",
        unmatched.stderr
    );
    assert!(
        !unmatched.stderr.contains("attempt") && !unmatched.stderr.contains("later"),
        "{}",
        unmatched.stderr
    );
    let (status, message) = replay.signal("TERM");
    assert_eq!(status.code(), Some(0));
    assert_eq!(
        message.matches("No response is recorded for GET /v1/memories/nothing/").count(),
        1,
        "{message}"
    );
    assert!(message.starts_with("No response is recorded for GET /api/v1/orgs/organizations/."), "{message}");
}

#[test]
fn a_recording_has_a_default_name() {
    let env = TestEnv::new();
    let record = ["record", "--upstream", env.platform.url()];
    let recorder = Serving::start(&env, &record);
    recorder.client(env.platform.api_key()).ping().unwrap();
    let (status, message) = recorder.signal("INT");
    assert_eq!((status.code(), message.as_str()), (Some(0), "Recorded 1 exchange in cassette.jsonl.\n"));
    let again = bare(&env, &record);
    assert_eq!(again.code, 11, "{}", again.stderr);
    assert!(again.stderr.contains("cassette.jsonl already exists"), "{}", again.stderr);
}

/// Each response is recorded before it is returned.
#[test]
fn a_killed_recorder_keeps_its_exchanges() {
    let env = TestEnv::new();
    for round in 0..3 {
        let name = format!("{round}.jsonl");
        let recorder = Serving::start(&env, &["record", "--upstream", env.platform.url(), "--to", &name]);
        let responses = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let client = recorder.client(env.platform.api_key());
                let responses = &responses;
                scope.spawn(move || {
                    while client.ping().is_ok() {
                        responses.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    }
                });
            }
            let started = Instant::now();
            while responses.load(std::sync::atomic::Ordering::SeqCst) < 10 * (round + 1) {
                assert!(started.elapsed() < LONG, "no response arrived");
                std::thread::sleep(Duration::from_millis(1));
            }
            let (status, _) = recorder.signal("KILL");
            assert_eq!(status.code(), None);
        });
        let responses = responses.load(std::sync::atomic::Ordering::SeqCst);
        let replay = Serving::start(&env, &["serve", "--replay", &name]);
        let recorded = usize::try_from(replay.announcement["exchanges"].as_u64().unwrap()).unwrap();
        // Two exchanges may be recorded without a response.
        assert!((responses..=responses + 2).contains(&recorded), "{recorded} of {responses}");
        replay.client("any-key").ping().unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_unwritable_cassette_ends_the_recording() {
    let env = TestEnv::new();
    // Limits the size of files; a refused write is an ordinary error.
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_mem0ctl"), "local", "record"]);
    command.args(["--upstream", env.platform.url(), "--to", "small.jsonl"]).current_dir(env.folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let recorder = Serving { child, announcement: serde_json::from_str(&line).unwrap() };
    let client = recorder.client(env.platform.api_key());
    let mut responses = 0;
    let refused = loop {
        match client.ping() {
            Ok(_) => responses += 1,
            Err(error) => break error,
        }
        assert!(responses < 1000, "the file grows beyond its limit");
    };
    assert!(refused.to_string().contains("cannot write the cassette"), "{refused}");
    let unconfirmed = env.platform.request_log().len();
    assert_eq!(unconfirmed, responses + 1);
    client.ping().unwrap_err();
    assert_eq!(env.platform.request_log().len(), unconfirmed, "unrecorded requests are not forwarded");
    let (status, message) = recorder.signal("TERM");
    assert_eq!(status.code(), Some(11), "{message}");
    assert!(message.starts_with("error: ") && message.contains("cannot write the cassette"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    // Returned responses are recorded.
    let replay = Serving::start(&env, &["serve", "--replay", "small.jsonl"]);
    assert_eq!(replay.announcement["exchanges"], responses);
}

#[test]
fn every_help_has_examples_and_fits_80_columns() {
    let env = TestEnv::new();
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
        let help = bare(&env, &[verb, "--help"]);
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{verb}");
        assert!(help.stdout.contains(&format!(":\n  mem0ctl local {verb}")), "{}", help.stdout);
        for option in options {
            assert!(help.stdout.contains(option), "{verb}: {option}: {}", help.stdout);
        }
        for line in help.stdout.lines() {
            assert!(line.chars().count() <= 80, "{verb}: {line}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn serve_prints_a_greeting_on_terminals_only() {
    let env = TestEnv::new();
    let mut user = crate::key_prompt::TerminalUser::start(&env, &["local", "serve"]);
    user.wait_for_output("mem0ctl memory search tea --user-id alice");
    user.type_text("\u{3}");
    let (code, screen) = user.finish();
    assert_eq!(code, 0, "{screen}");
    let line = screen.lines().find(|line| line.starts_with('{')).unwrap();
    let announced: serde_json::Value = serde_json::from_str(line.trim()).unwrap();
    let text = |name: &str| announced[name].as_str().unwrap();
    for expected in [
        format!("Mem0 platform running at {} ", text("url")),
        "docs/local-platform.md".to_owned(),
        format!("  export MEM0_BASE_URL={}\r\n", text("url")),
        format!("  export MEM0_API_KEY={}\r\n", text("owner_key")),
    ] {
        assert!(screen.contains(&expected), "{expected}: {screen}");
    }

    let serve = Serving::start(&env, &["serve"]);
    let (status, stderr) = serve.signal("TERM");
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}
