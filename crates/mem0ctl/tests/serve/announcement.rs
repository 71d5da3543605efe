//! Startup line and end of `local serve`.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use mem0::Role;
use mem0::memories::Feedback;
use serde_json::Value;

use crate::process::{Served, ended, serve, wait};

#[test]
fn prints_one_line_and_exits_with_success_on_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["INT", "TERM"] {
        let served = Served::start(folder.path(), &[]);
        let line: Value = serde_json::from_str(&served.line).unwrap();
        let names: Vec<&String> = line.as_object().unwrap().keys().collect();
        let mut expected = ["url", "org_id", "project_id", "owner_key", "reader_key", "other_key"];
        expected.sort_unstable();
        assert_eq!(names, expected);
        assert!(served.line.ends_with("}\n"));

        let owner = served.client("owner_key").ping().unwrap();
        assert_eq!(owner.org_id.unwrap(), served.announced("org_id").as_str());
        assert_eq!(owner.project_id.unwrap(), served.announced("project_id").as_str());
        let reader = served.client("reader_key").project().get().unwrap();
        assert_eq!(reader.project_id.unwrap(), served.announced("project_id").as_str());
        assert_eq!(reader.user_role, Some(Role::Reader));
        let other = served.client("other_key").ping().unwrap();
        assert_ne!(other.org_id.unwrap(), served.announced("org_id").as_str());
        assert_eq!(served.client("other_key").project().get().unwrap().user_role, Some(Role::Owner));

        let (status, rest) = served.signal(signal);
        assert_eq!((status.code(), rest.as_str()), (Some(0), ""), "{signal}: {:?}", status.signal());
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "no file is written without --data");
}

#[test]
fn uses_seed_data_and_a_data_file() {
    let folder = tempfile::tempdir().unwrap();
    let seed = r#"{"organizations": [{"org_id": "org_acme", "name": "Acme",
        "members": [{"email": "owner@example.com", "role": "OWNER"}]}]}"#;
    std::fs::write(folder.path().join("team.json"), seed).unwrap();
    let arguments = ["--data", "mem0.db", "--seed-data", "team.json", "--listen", "127.0.0.1:0"];
    let first = Served::start(folder.path(), &arguments);
    let acme = first.client("owner_key").organization("org_acme");
    acme.create_project("Bot").unwrap();
    let keys = [first.announced("owner_key"), first.announced("reader_key"), first.announced("other_key")];
    assert_eq!(first.signal("TERM").0.code(), Some(0));
    let again = Served::start(folder.path(), &arguments);
    assert_eq!(
        [again.announced("owner_key"), again.announced("reader_key"), again.announced("other_key")],
        keys
    );
    let projects = again.client("owner_key").organization("org_acme").projects().unwrap();
    assert_eq!(projects[0].name.as_deref(), Some("Bot"));
}

/// `SQLite` would interpret these names as URIs.
#[test]
fn data_file_names_are_literal() {
    for name in [":memory:", "file:a?mode=memory", "ü b#c%20.db"] {
        let folder = tempfile::tempdir().unwrap();
        let first = Served::start(folder.path(), &["--data", name]);
        first.client("owner_key").organizations().create("Kept").unwrap();
        let line = first.announced("owner_key");
        assert_eq!(first.signal("INT").0.code(), Some(0));
        let files: Vec<_> =
            folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files, [name]);
        let again = Served::start(folder.path(), &["--data", name]);
        assert_eq!(again.announced("owner_key"), line);
        assert_eq!(again.client("owner_key").organizations().list().unwrap().len(), 2);
    }
}

/// Without the startup line the keys are unknown, so the command fails.
#[test]
fn a_broken_stdout_ends_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let full = File::options().write(true).open("/dev/full");
    for stdout in [closed().into(), full.map_or_else(|_| closed().into(), Stdio::from)] {
        let mut command = serve(folder.path(), &[]);
        command.stdout::<Stdio>(stdout);
        let output = ended(command);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(11), "{message}");
        assert!(message.starts_with("error: cannot write the startup line: "), "{message}");
        assert_eq!(message.lines().count(), 1);
    }
    // It must not panic if stderr is closed too.
    let mut command = serve(folder.path(), &["--data", "/no/such/folder/file.db"]);
    command.stderr(closed());
    assert_eq!(wait(&mut command.spawn().unwrap()).code(), Some(11));
}

#[test]
fn listens_on_a_loopback_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["localhost:0", "LOCALHOST:0", "mem0.localhost:0"] {
        let served = Served::start(folder.path(), &["--listen", name]);
        assert!(served.announced("url").starts_with("http://127.0.0.1:"), "{name}: {}", served.line);
        assert!(served.client("owner_key").ping().is_ok(), "{name}");
    }
}

/// An allowed host name protects against DNS rebinding, so other machines may connect.
#[test]
fn listens_beyond_loopback_with_an_allowed_host() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &["--listen", "0.0.0.0:0", "--allow-host", "mem0.test"]);
    let port = served.announced("url").rsplit_once(':').unwrap().1.to_owned();
    let key = served.announced("owner_key");
    for (host, status) in [("mem0.test", "200"), ("evil.example", "421")] {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        let head = format!("GET /v1/ping/ HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Token {key}\r\n");
        stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {response}");
    }
}

#[test]
fn known_faults_are_opt_in() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, status) in [(&[][..], 404), (&["--known-faults"], 500)] {
        let served = Served::start(folder.path(), arguments);
        let client = served.client("owner_key");
        let refused =
            client.feedback("0d6f37ff-6f1c-4b1a-9d6c-6a3f3b1e7f00", Feedback::Positive, None).unwrap_err();
        assert_eq!(refused.status().map(|status| status.as_u16()), Some(status), "{arguments:?}: {refused}");
    }
}

#[test]
fn startup_line_escapes_hidden_characters() {
    let folder = tempfile::tempdir().unwrap();
    let seed = "{\"organizations\": [{\"org_id\": \"org_\u{202e}\u{200b}\u{9b}a\", \"name\": \"A\",
        \"members\": [{\"email\": \"owner@example.com\", \"role\": \"OWNER\"}]}]}";
    std::fs::write(folder.path().join("team.json"), seed).unwrap();
    let served = Served::start(folder.path(), &["--seed-data", "team.json"]);
    assert!(!served.line.contains(['\u{202e}', '\u{200b}', '\u{9b}']), "{}", served.line);
}

/// Write end of a closed pipe.
fn closed() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}
