//! Rejected arguments of `local serve`.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::process::{ended, serve};

/// Checks for a failure with one line on stderr and none on stdout.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = ended(serve(folder, arguments));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code().is_some_and(|code| code > 0), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    message
}

#[test]
fn invalid_arguments_are_rejected_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("no.json", "{");
    write("odd.json", r#"{"users": [{"email": "nobody"}]}"#);
    write("keys.json", r#"{"organizations": [{"name": "A", "projects": ["m0-local-secret"]}]}"#);
    write("text.db", "notes");
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let occupied = holder.local_addr().unwrap().to_string();
    for (arguments, words) in [
        (
            &["--listen", "0.0.0.0:0"][..],
            "error: 0.0.0.0:0 is reachable from other machines; pass --allow-host NAME with the name they use for \
             this machine, or listen on a loopback address such as 127.0.0.1:0\n",
        ),
        (&["--listen", "[::]:0"], "pass --allow-host NAME with the name they use"),
        (
            &["--listen", "0.0.0.0:0", "--allow-host", "mem0.test", "--replay", "no.json"],
            "error: 0.0.0.0:0 is reachable from other machines, and a replay accepts any key; listen on a loopback \
             address such as 127.0.0.1:0\n",
        ),
        (&["--listen", &occupied], &occupied),
        (&["--data", "."], "error: cannot access .: "),
        (&["--data", "no/such/folder.db"], "error: cannot access no/such/folder.db: "),
        (&["--data", "text.db"], "text.db"),
        (&["--seed-data", "missing.json"], "error: cannot access missing.json: "),
        (&["--seed-data", "."], "error: cannot access .: "),
        (&["--seed-data", "no.json"], "seed data"),
        (&["--seed-data", "odd.json"], "users[0].email: "),
        (&["--model-url", "http://models.example/v1", "--model", "m"], "unencrypted"),
        (&["--seed-data", "keys.json"], "organizations[0].projects[0]"),
    ] {
        let stderr = refused(folder.path(), arguments);
        assert!(stderr.starts_with("error: ") && stderr.contains(words), "{arguments:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(!stderr.contains("secret"), "{stderr}");
    }
    assert_eq!(std::fs::read(folder.path().join("text.db")).unwrap(), b"notes");
    for (arguments, words) in [
        (&["--listen", "localhost"][..], "--listen"),
        (&["--listen", "127.0.0.1:65536"], "--listen"),
        (&["--listen", "localhost:65536"], "--listen"),
        (&["--listen", "mem0.example:80"], "expected a loopback name or an IP address"),
        (&["--known-faults", "--replay", "a.jsonl"], "--known-faults"),
        (&["--data"], "--data"),
        (&["--port", "80"], "--port"),
        (&["extra"], "extra"),
    ] {
        let stderr = refused(folder.path(), arguments);
        assert!(stderr.starts_with("error: ") && stderr.contains(words), "{arguments:?}: {stderr}");
    }
}

#[test]
fn help_names_every_option_and_fits_80_columns() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in
        [&["--help"][..], &["local", "--help"], &["local", "serve", "--help"], &["local", "serve", "-h"]]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
        let output = command.args(arguments).current_dir(folder.path()).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}");
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        if arguments.contains(&"serve") {
            for name in ["--listen <ADDRESS>", "--data <FILE>", "--seed-data <FILE.json>", "--help"] {
                assert!(help.contains(name), "{name}: {help}");
            }
            assert!(help.contains("mem0ctl local serve --seed-data team.json"), "{help}");
        }
    }
}
