//! `profile` and the config file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::precedence::status;
use crate::test_env::{CommandOutput, TestEnv, output_of};

impl TestEnv {
    fn configuration(&self) -> PathBuf {
        self.folder.path().join("mem0ctl").join("config.toml")
    }

    /// Writes the config file.
    pub(crate) fn configure(&self, text: &str) {
        fs::create_dir_all(self.configuration().parent().unwrap()).unwrap();
        fs::write(self.configuration(), text).unwrap();
        fs::set_permissions(self.configuration(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Runs without environment variables.
    pub(crate) fn run_with_config(&self, arguments: &[&str]) -> CommandOutput {
        output_of(self.bare().args(arguments))
    }

    /// Config file with two profiles and a key of another user.
    pub(crate) fn configure_profiles(&self) {
        let (url, owner, reader) = (self.platform.url(), self.platform.api_key(), self.platform.reader_key());
        self.configure(&format!(
            "current = \"owner\"\n\n[profiles.owner]\nbase_url = \"{url}\"\napi_key = \"{owner}\"\n\n\
             [profiles.reader]\nbase_url = \"{url}\"\napi_key = \"{reader}\"\n"
        ));
    }
}

#[test]
fn profiles_are_added_selected_listed_shown_and_removed() {
    let env = TestEnv::new();
    assert_eq!(env.run_with_config(&["profile", "list", "--output", "json"]).stdout, "[]\n");
    let key = env.platform.api_key();
    let added = output_of(
        env.bare()
            .args(["profile", "add", "local", "--base-url", env.platform.url()])
            .write_stdin(format!("{key}\n")),
    );
    assert_eq!((added.code, added.stdout.as_str()), (0, ""), "{}", added.stderr);
    assert!(added.stderr.contains("Added profile local (127.0.0.1:"), "{}", added.stderr);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(env.configuration()), 0o600);
    assert_eq!(mode(env.folder.path().join("mem0ctl")), 0o700);
    assert_eq!(fs::read_dir(env.folder.path().join("mem0ctl")).unwrap().count(), 1);

    // A new profile is not the current one.
    assert_eq!(env.run_with_config(&["status"]).code, 3);
    assert_eq!(env.run_with_config(&["profile", "show"]).code, 2);
    assert_eq!(env.run_with_config(&["profile", "use", "local"]).code, 0);
    let output = status(&mut env.bare());
    assert_eq!((&output["role"], &output["profile"]), (&json!("OWNER"), &json!("local")));

    let end = &key[key.len() - 4..];
    for arguments in [["profile", "list"], ["profile", "show"]] {
        let table = env.run_with_config(&arguments);
        assert_eq!(table.code, 0, "{}", table.stderr);
        assert!(
            table.stdout.contains("local") && table.stdout.contains(&format!("…{end}")),
            "{}",
            table.stdout
        );
        assert!(table.stdout.contains(env.platform.url()), "{}", table.stdout);
        assert!(!(table.stdout + &table.stderr).contains(key));
    }
    let listed: Value =
        serde_json::from_str(&env.run_with_config(&["profile", "list", "--output", "json"]).stdout).unwrap();
    let expected = json!([{
        "name": "local", "current": true, "base_url": env.platform.url(), "org_id": null, "project_id": null,
        "key_from": "file", "key": format!("…{end}"), "ca_file": null,
    }]);
    assert_eq!(listed, expected);

    assert_eq!(env.run_with_config(&["profile", "remove", "local"]).code, 8);
    let dry_run = env.run_with_config(&["profile", "remove", "local", "--dry-run"]);
    assert_eq!(dry_run.code, 0, "{}", dry_run.stderr);
    assert_eq!(env.run_with_config(&["profile", "show", "local"]).code, 0);
    let removed = env.run_with_config(&["profile", "remove", "local", "--yes", "--output", "json"]);
    assert_eq!(removed.code, 0, "{}", removed.stderr);
    let result: Value = serde_json::from_str(&removed.stdout).unwrap();
    assert_eq!(result["name"], "local");
    assert_eq!(env.run_with_config(&["profile", "show", "local"]).code, 2);
    assert!(!fs::read_to_string(env.configuration()).unwrap().contains(key));
    // After its removal there is no current profile.
    assert_eq!(env.run_with_config(&["status"]).code, 3);
}

#[test]
fn replaces_a_profile_only_with_the_option() {
    let env = TestEnv::new();
    env.configure_profiles();
    let before = fs::read_to_string(env.configuration()).unwrap();
    let refused = env.run_with_config(&["profile", "add", "owner", "--key-from-env", "KEY"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--replace"), "{}", refused.stderr);
    let dry_run =
        env.run_with_config(&["profile", "add", "owner", "--key-from-env", "KEY", "--replace", "--dry-run"]);
    assert_eq!(dry_run.code, 0, "{}", dry_run.stderr);
    assert_eq!(fs::read_to_string(env.configuration()).unwrap(), before);
    let replaced = env.run_with_config(&["profile", "add", "owner", "--key-from-env", "KEY", "--replace"]);
    assert_eq!(replaced.code, 0, "{}", replaced.stderr);
    let after = fs::read_to_string(env.configuration()).unwrap();
    assert!(!after.contains(env.platform.api_key()) && after.contains("api_key_env = \"KEY\""), "{after}");
    assert!(after.contains(env.platform.reader_key()), "{after}");
}

#[test]
fn rejects_invalid_profiles() {
    let env = TestEnv::new();
    for (arguments, expected) in [
        (&["profile", "add", "two words", "--key-from-env", "KEY"][..], "expected letters"),
        (&["profile", "add", "a", "--key-from-env", "KEY", "--base-url", "ftp://example.com"], "base_url"),
        (&["profile", "add", "a", "--key-from-env", "KEY", "--key-command", "cat"], "cannot be used"),
        (&["profile", "add", "a", "--key-from-env", "A=B"], "is not a valid variable name"),
        (&["profile", "add", "a", "--key-command", " "], "is empty"),
        (&["profile", "add", "a"], "missing API key"),
        (
            &["profile", "add", "a", "--api-key", "m0-local-1", "--base-url", "https://example.com"],
            "is never sent to another machine",
        ),
        (&["profile", "use", "a"], "no profile named `a`"),
        (&["profile", "remove", "a", "--yes"], "no profile named `a`"),
    ] {
        let refused = env.run_with_config(arguments);
        assert_eq!(refused.code, 2, "{arguments:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(expected), "{arguments:?}: {}", refused.stderr);
        assert!(!refused.stderr.contains("m0-local-1"), "{}", refused.stderr);
    }
    assert!(!env.configuration().exists());
}

#[test]
fn edits_keep_comments_and_unknown_fields() {
    let env = TestEnv::new();
    let text = "# Our platforms. Ask Ann for keys.\ncolour = \"green\"\ncurrent = \"b\" # for now\n\n\
                # Set apart: stays.\n\n# Of a.\n[profiles.a]\napi_key_env = \"A\"\n\n\
                # Of b.\n[profiles.b] # on b\nbase_url = \"http://127.0.0.1:1\" # the old one\nowner = \"ann\"\n\
                api_key_env = \"B\"\n\n[other]\nx = [1,\n  2] # two\n";
    env.configure(text);
    assert_eq!(env.run_with_config(&["profile", "use", "a"]).code, 0);
    let used = fs::read_to_string(env.configuration()).unwrap();
    assert_eq!(used, text.replace("current = \"b\" # for now", "current = \"a\" # for now"));

    let arguments =
        ["profile", "add", "b", "--base-url", "http://127.0.0.1:2", "--key-from-env", "B", "--replace"];
    assert_eq!(env.run_with_config(&arguments).code, 8, "another port is another host");
    assert_eq!(env.run_with_config(&[&arguments[..], &["--yes"]].concat()).code, 0);
    let replaced = fs::read_to_string(env.configuration()).unwrap();
    assert_eq!(replaced, used.replace("127.0.0.1:1", "127.0.0.1:2"));

    assert_eq!(env.run_with_config(&["profile", "remove", "a", "--yes"]).code, 0);
    let removed = fs::read_to_string(env.configuration()).unwrap();
    assert!(!removed.contains("Of a") && !removed.contains("[profiles.a]"), "{removed}");
    for comment in
        ["# Our platforms.", "colour", "# for now", "# Set apart", "# Of b", "# on b", "ann", "  2] # two"]
    {
        assert!(removed.contains(comment), "{comment}: {removed}");
    }
    assert_eq!(env.run_with_config(&["profile", "remove", "b", "--yes"]).code, 0);
    let removed = fs::read_to_string(env.configuration()).unwrap();
    assert!(removed.contains("# Set apart") && removed.contains("[other]"), "{removed}");
}

/// Independent of the existing file and the umask.
#[test]
fn the_config_file_is_private_after_every_write() {
    let env = TestEnv::new();
    let mode = || fs::metadata(env.configuration()).unwrap().permissions().mode() & 0o777;
    let make_readable =
        || fs::set_permissions(env.configuration(), fs::Permissions::from_mode(0o644)).unwrap();
    for arguments in [
        &["profile", "add", "one", "--key-from-env", "KEY"][..],
        &["profile", "add", "two", "--key-command", "pass", "--no-verify", "--use"],
        &["profile", "use", "one"],
        &["profile", "remove", "one", "--yes"],
    ] {
        let output = env.run_with_config(arguments);
        assert_eq!((output.code, mode()), (0, 0o600), "{arguments:?}: {}", output.stderr);
        // A file without a key may be readable by others.
        make_readable();
        assert_eq!(env.run_with_config(&["profile", "list"]).code, 0);
    }
}

#[test]
fn reports_invalid_config_files_with_line_and_column() {
    let env = TestEnv::new();
    for (text, place) in [
        ("[profiles.a]\napi_key = m0-secret\n", "line 2, column 11"),
        ("[profiles.a]\napi_key = \"m0-secret\n", "line 2, column 21"),
        ("[profiles.a\n", "line 1, column 12"),
        ("[profiles.a]\nbase_url = 7\n", "line 2, column 12"),
        ("profiles = 7\n", "line 1, column 12"),
        ("[profiles]\na = \"m0-secret\"\n", "line 2, column 5"),
        ("[profiles.a]\napi_key = \"m0-secret\"\nkey_command = \"cat\"\n", "line 1, column 1"),
        ("current = \"b\"\n[profiles.a]\napi_key = \"m0-secret\"\n", "`current` names an unknown profile"),
    ] {
        env.configure(text);
        let failed = env.run_with_config(&["status"]);
        assert_eq!((failed.code, failed.stdout.as_str()), (11, ""), "{text}: {}", failed.stderr);
        assert!(failed.stderr.contains(place), "{text}: {}", failed.stderr);
        assert!(failed.stderr.contains("config.toml"), "{text}: {}", failed.stderr);
        assert!(!failed.stderr.contains("m0-secret"), "{text}: {}", failed.stderr);
    }
    assert_eq!(env.run_with_config(&["profile", "use", "a"]).code, 0, "what `current` says can be mended");
}

#[test]
fn an_unknown_profile_error_lists_the_known_ones() {
    let env = TestEnv::new();
    env.configure_profiles();
    let flag = env.run_with_config(&["status", "--profile", "ownr"]);
    let variable = output_of(env.bare().env("MEM0_PROFILE", "ownr").arg("status"));
    for unknown in [flag, variable] {
        assert_eq!((unknown.code, unknown.stdout.as_str()), (2, ""));
        assert!(
            unknown.stderr.contains("no profile named `ownr`; the profiles are owner, reader"),
            "{}",
            unknown.stderr
        );
    }
}

#[test]
fn refuses_config_files_accessible_to_other_users() {
    let env = TestEnv::new();
    env.configure_profiles();
    let path = env.configuration();
    let with_mode = |mode: u32| {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        env.run_with_config(&["status"])
    };
    for mode in [0o644, 0o640, 0o604, 0o660] {
        let refused = with_mode(mode);
        assert_eq!((refused.code, refused.stdout.as_str()), (11, ""), "{mode:o}");
        let advice = format!("chmod 600 {}", path.display());
        assert!(refused.stderr.contains(&advice), "{mode:o}: {}", refused.stderr);
    }
    assert_eq!(with_mode(0o600).code, 0);
    assert_eq!(with_mode(0o400).code, 0);
    // Commands that do not need a stored key work with a warning.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    for arguments in [["profile", "list"], ["profile", "show"]] {
        let output = env.run_with_config(&arguments);
        assert_eq!(output.code, 0, "{}", output.stderr);
        assert!(output.stderr.contains("is readable by other users"), "{}", output.stderr);
    }
    assert_eq!(env.run_with_config(&["profile", "use", "reader"]).code, 0);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // Without a key it may be readable but not writable by others.
    let url = env.platform.url();
    env.configure(&format!(
        "current = \"a\"\n[profiles.a]\nbase_url = \"{url}\"\nkey_command = \"cat key\"\n"
    ));
    fs::write(env.folder.path().join("key"), env.platform.api_key()).unwrap();
    assert_eq!(with_mode(0o644).code, 0);
    assert_eq!(with_mode(0o664).code, 11);
    assert_eq!(with_mode(0o646).code, 11);
}

#[test]
fn reports_unreadable_and_unwritable_config_files() {
    let env = TestEnv::new();
    fs::create_dir_all(env.configuration()).unwrap();
    for arguments in [&["status"][..], &["profile", "list"], &["profile", "add", "a", "--key-from-env", "A"]]
    {
        let failed = env.run_with_config(arguments);
        assert_eq!((failed.code, failed.stdout.as_str()), (11, ""), "{arguments:?}: {}", failed.stderr);
        assert!(failed.stderr.contains("cannot read "), "{arguments:?}: {}", failed.stderr);
    }
    fs::remove_dir(env.configuration()).unwrap();
    fs::write(env.configuration(), b"current = \"\xff\"\n").unwrap();
    assert_eq!(env.run_with_config(&["status"]).code, 11);

    // The directory is a file.
    let env = TestEnv::new();
    fs::write(env.folder.path().join("mem0ctl"), "").unwrap();
    let failed = env.run_with_config(&["profile", "add", "a", "--key-from-env", "A"]);
    assert_eq!(failed.code, 11, "{}", failed.stderr);
}

#[test]
fn edits_follow_a_symbolic_link() {
    let env = TestEnv::new();
    env.configure_profiles();
    let link_target = env.folder.path().join("kept.toml");
    fs::rename(env.configuration(), &link_target).unwrap();
    std::os::unix::fs::symlink(&link_target, env.configuration()).unwrap();
    assert_eq!(env.run_with_config(&["profile", "use", "reader"]).code, 0);
    assert!(fs::symlink_metadata(env.configuration()).unwrap().is_symlink());
    assert!(fs::read_to_string(&link_target).unwrap().contains("current = \"reader\""));
}

#[test]
fn concurrent_profile_adds_keep_all_profiles() {
    let env = TestEnv::new();
    let names: Vec<String> = (0..8).map(|number| format!("p{number}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| {
                assert_eq!(env.run_with_config(&["profile", "add", name, "--key-from-env", "K"]).code, 0);
            });
        }
    });
    let listed: Value =
        serde_json::from_str(&env.run_with_config(&["profile", "list", "--output", "json"]).stdout).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), names.len(), "{listed}");
}

#[test]
fn works_without_a_home_directory() {
    let env = TestEnv::new();
    let mut command = env.command();
    command.env_remove("XDG_CONFIG_HOME").env("HOME", env.folder.path());
    assert_eq!(output_of(command.arg("status")).code, 0);
    // The file is in the home directory.
    let mut command = env.bare();
    command.env_remove("XDG_CONFIG_HOME");
    assert_eq!(output_of(command.args(["profile", "add", "a", "--key-from-env", "A"])).code, 0);
    assert!(env.folder.path().join(".config/mem0ctl/config.toml").exists());
    // A relative directory is ignored.
    let listed = output_of(env.bare().env("XDG_CONFIG_HOME", "relative").args(["profile", "list"]));
    assert!(listed.stdout.contains("environment"), "{}", listed.stdout);
}
