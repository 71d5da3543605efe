//! Written files never follow links or reuse files of other users.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::memory::add_memory;
use crate::test_env::TestEnv;

#[test]
fn an_export_replaces_links_and_is_private() {
    let env = TestEnv::new();
    add_memory(&env, "Lives in Delft", "alice");
    let at = |name: &str| env.folder.path().join(name);
    fs::write(at("theirs"), "theirs").unwrap();
    // A link waits at a predictable name.
    for (name, target) in [("all.jsonl.part", "theirs"), (".all.jsonl.part", "theirs")] {
        symlink(target, at(name)).unwrap();
    }
    let exported = env.run(&["memory", "export", "--to", "all.jsonl"]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    assert!(fs::read_to_string(at("all.jsonl")).unwrap().contains("Lives in Delft"));
    assert_eq!(fs::metadata(at("all.jsonl")).unwrap().permissions().mode() & 0o777, 0o600);
    // A world-readable file is replaced by a private one.
    fs::set_permissions(at("all.jsonl"), fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(env.run(&["memory", "export", "--to", "all.jsonl", "--yes"]).code, 0);
    assert_eq!(fs::metadata(at("all.jsonl")).unwrap().permissions().mode() & 0o777, 0o600);

    symlink("theirs", at("link")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    for (name, message) in [
        ("link", "is a symbolic link"),
        ("dangling", "is a symbolic link"),
        ("folder", "is a directory"),
        ("/dev/null", "is not a regular file"),
    ] {
        let refused = env.run(&["memory", "export", "--to", name, "--yes"]);
        assert_eq!(refused.code, 11, "{name}: {}", refused.stderr);
        assert!(refused.stderr.contains(message), "{name}: {}", refused.stderr);
    }
    assert_eq!(fs::read_to_string(at("theirs")).unwrap(), "theirs");
    assert!(!at("nowhere").exists());
}

#[test]
fn a_hyphen_exports_to_stdout() {
    let env = TestEnv::new();
    add_memory(&env, "Lives in Delft", "alice");
    let exported = env.run(&["memory", "export", "--to", "-"]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    assert!(exported.stdout.contains("Lives in Delft"), "{}", exported.stdout);
    assert_eq!(env.run(&["memory", "export", "--to=-", "--dry-run"]).code, 0);
    assert_eq!(env.json(&["memory", "export", "--to", "-"])[0]["memory"], "Lives in Delft");
    assert!(!env.folder.path().join("-").exists());
}

#[test]
fn a_dry_run_of_an_export_names_its_file() {
    let env = TestEnv::new();
    let at = |name: &str| env.folder.path().join(name);
    fs::write(at("old"), "old").unwrap();
    symlink("old", at("link")).unwrap();
    for (name, message) in
        [("old", "Dry run: old would be replaced.\n"), ("new", "Dry run: new would be written.\n")]
    {
        let output = env.run(&["memory", "export", "--to", name, "--dry-run"]);
        assert_eq!((output.code, output.stderr.as_str()), (0, message));
        let output = env.json(&["memory", "export", "--to", name, "--dry-run"]);
        assert_eq!(
            (&output["message"], &output["requests"]),
            (&message.trim_end().into(), &serde_json::json!([]))
        );
    }
    let refused = env.run(&["memory", "export", "--to", "link", "--dry-run"]);
    assert!(refused.code == 11 && refused.stderr.contains("is a symbolic link"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(at("old")).unwrap(), "old");
    assert!(!at("new").exists());
}

#[test]
fn rejects_and_checkpoints_do_not_follow_links() {
    let env = TestEnv::new();
    let at = |name: &str| env.folder.path().join(name);
    fs::write(at("m.jsonl"), "nonsense\n{\"memory\": \"Tea\", \"user_id\": \"alice\"}\n").unwrap();
    fs::write(at("theirs"), "theirs").unwrap();
    for beside in ["m.jsonl.rejects", "m.jsonl.checkpoint"] {
        for target in ["theirs", "nowhere"] {
            fs::remove_file(at("m.jsonl.checkpoint")).ok();
            symlink(target, at(beside)).unwrap();
            let refused = env.run(&["memory", "import", "m.jsonl"]);
            assert_eq!(refused.code, 11, "{beside}: {}", refused.stderr);
            assert!(
                refused.stderr.contains(beside) && refused.stderr.contains("is a symbolic link"),
                "{}",
                refused.stderr
            );
            assert!(!refused.stderr.contains("the same command"), "{}", refused.stderr);
            fs::remove_file(at(beside)).unwrap();
        }
        fs::remove_file(at("m.jsonl.checkpoint")).ok();
        pipe(&at(beside));
        let refused = env.run(&["memory", "import", "m.jsonl"]);
        assert_eq!(refused.code, 11, "{beside}: {}", refused.stderr);
        assert!(refused.stderr.contains("is a named pipe"), "{}", refused.stderr);
        fs::remove_file(at(beside)).unwrap();
    }
    assert_eq!(fs::read_to_string(at("theirs")).unwrap(), "theirs");
    assert!(!at("nowhere").exists());
    // An existing world-readable file becomes private.
    fs::remove_file(at("m.jsonl.checkpoint")).ok();
    fs::write(at("m.jsonl.rejects"), "").unwrap();
    fs::set_permissions(at("m.jsonl.rejects"), fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(env.run(&["memory", "import", "m.jsonl"]).code, 9);
    for name in ["m.jsonl.rejects", "m.jsonl.checkpoint"] {
        assert_eq!(fs::metadata(at(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

fn pipe(path: &std::path::Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_recording_does_not_follow_links() {
    let env = TestEnv::new();
    let at = |name: &str| env.folder.path().join(name);
    fs::write(at("theirs"), "theirs").unwrap();
    for target in ["theirs", "nowhere"] {
        symlink(target, at("cassette.jsonl")).unwrap();
        let refused = env.run(&["local", "record", "--upstream", env.platform.url()]);
        assert_eq!(refused.code, 11, "{target}: {}", refused.stderr);
        assert!(refused.stderr.contains("cassette.jsonl already exists"), "{}", refused.stderr);
        fs::remove_file(at("cassette.jsonl")).unwrap();
    }
    assert_eq!(fs::read_to_string(at("theirs")).unwrap(), "theirs");
    assert!(!at("nowhere").exists());
}

#[test]
fn a_configuration_is_a_regular_file() {
    let env = TestEnv::new();
    let folder = env.folder.path().join("mem0ctl");
    fs::create_dir(&folder).unwrap();
    pipe(&folder.join("config.toml"));
    let refused = env.run(&["profile", "list"]);
    assert_eq!(refused.code, 11, "{}", refused.stderr);
    assert!(refused.stderr.contains("it is not a regular file"), "{}", refused.stderr);
}

/// Needs root, which can write to files of other users.
#[test]
fn rejects_and_checkpoints_are_not_written_into_files_of_another_user() {
    let env = TestEnv::new();
    let at = |name: &str| env.folder.path().join(name);
    fs::write(at("m.jsonl"), "nonsense\n{\"memory\": \"Tea\", \"user_id\": \"alice\"}\n").unwrap();
    for option in ["--rejects", "--checkpoint"] {
        fs::write(at("theirs"), "").unwrap();
        if std::os::unix::fs::chown(at("theirs"), Some(65534), None).is_err() {
            return;
        }
        fs::remove_file(at("m.jsonl.checkpoint")).ok();
        let refused = env.run(&["memory", "import", "m.jsonl", option, "theirs"]);
        assert_eq!(refused.code, 11, "{option}: {}", refused.stderr);
        assert!(
            refused.stderr.contains("theirs") && refused.stderr.contains("another user"),
            "{}",
            refused.stderr
        );
        assert_eq!(fs::read_to_string(at("theirs")).unwrap(), "", "{option}");
        fs::remove_file(at("theirs")).unwrap();
    }
    assert_eq!(env.run(&["memory", "import", "m.jsonl", "--rejects", "/dev/null"]).code, 9);
}

#[test]
fn manual_pages_do_not_follow_links() {
    let env = TestEnv::new();
    let at = |name: &str| env.folder.path().join(name);
    fs::write(at("theirs"), "theirs").unwrap();
    symlink("theirs", at("mem0ctl.1")).unwrap();
    let folder = env.folder.path().to_str().unwrap();
    let written = env.run_with_config(&["man", "--to", folder]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    assert_eq!(fs::read_to_string(at("theirs")).unwrap(), "theirs");
    assert!(fs::read_to_string(at("mem0ctl.1")).unwrap().contains("mem0ctl"));
    assert_eq!(fs::metadata(at("mem0ctl.1")).unwrap().permissions().mode() & 0o777 | 0o022, 0o666);
}
