//! The line it prints, and how it ends.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use mem0::Role;
use serde_json::Value;

use crate::process::{Served, ended, serve, wait};

#[test]
fn it_prints_one_line_serves_and_ends_with_success_on_a_signal() {
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
        assert_eq!(owner.org_id.unwrap(), served.said("org_id").as_str());
        assert_eq!(owner.project_id.unwrap(), served.said("project_id").as_str());
        let reader = served.client("reader_key").project().get().unwrap();
        assert_eq!(reader.project_id.unwrap(), served.said("project_id").as_str());
        assert_eq!(reader.user_role, Some(Role::Reader));
        let other = served.client("other_key").ping().unwrap();
        assert_ne!(other.org_id.unwrap(), served.said("org_id").as_str());
        assert_eq!(served.client("other_key").project().get().unwrap().user_role, Some(Role::Owner));

        let (status, rest) = served.signal(signal);
        assert_eq!((status.code(), rest.as_str()), (Some(0), ""), "{signal}: {:?}", status.signal());
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "without a data file nothing is written");
}

#[test]
fn a_seed_file_and_a_data_file_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let seed = r#"{"organizations": [{"org_id": "org_acme", "name": "Acme",
        "members": [{"email": "owner@example.com", "role": "OWNER"}]}]}"#;
    std::fs::write(folder.path().join("team.json"), seed).unwrap();
    let arguments = ["--data", "mem0.db", "--seed-data", "team.json", "--listen", "127.0.0.1:0"];
    let first = Served::start(folder.path(), &arguments);
    let acme = first.client("owner_key").organization("org_acme");
    acme.create_project("Bot").unwrap();
    let keys = [first.said("owner_key"), first.said("reader_key"), first.said("other_key")];
    assert_eq!(first.signal("TERM").0.code(), Some(0));
    let again = Served::start(folder.path(), &arguments);
    assert_eq!([again.said("owner_key"), again.said("reader_key"), again.said("other_key")], keys);
    let projects = again.client("owner_key").organization("org_acme").projects().unwrap();
    assert_eq!(projects[0].name.as_deref(), Some("Bot"));
}

/// Names that the database reads otherwise are files like any other.
#[test]
fn the_name_of_a_data_file_is_taken_literally() {
    for name in [":memory:", "file:a?mode=memory", "ü b#c%20.db"] {
        let folder = tempfile::tempdir().unwrap();
        let first = Served::start(folder.path(), &["--data", name]);
        first.client("owner_key").organizations().create("Kept").unwrap();
        let line = first.said("owner_key");
        assert_eq!(first.signal("INT").0.code(), Some(0));
        let files: Vec<_> =
            folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files, [name]);
        let again = Served::start(folder.path(), &["--data", name]);
        assert_eq!(again.said("owner_key"), line);
        assert_eq!(again.client("owner_key").organizations().list().unwrap().len(), 2);
    }
}

/// Nobody could learn the keys: it says so and ends, whatever is wrong with its output.
#[test]
fn an_output_that_is_broken_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let full = File::options().write(true).open("/dev/full");
    for stdout in [closed().into(), full.map_or_else(|_| closed().into(), Stdio::from)] {
        let mut command = serve(folder.path(), &[]);
        command.stdout::<Stdio>(stdout);
        let output = ended(command);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(11), "{said}");
        assert!(said.starts_with("mem0ctl: the announcement can't be written: "), "{said}");
        assert_eq!(said.lines().count(), 1);
    }
    // Nor may it panic when it can not even say so.
    let mut command = serve(folder.path(), &["--data", "/no/such/folder/file.db"]);
    command.stderr(closed());
    assert_eq!(wait(&mut command.spawn().unwrap()).code(), Some(11));
}

/// The writing end of a pipe that nobody reads.
fn closed() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}
