//! A key is sent only to the host of its source, and a config file is trusted only if no other user can write it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use assert_cmd::Command;
use mem0_local::Operation;
use serde_json::{Value, json};

use crate::precedence::status;
use crate::test_env::{TestEnv, output_of};

/// Key of a platform that is not local.
const KEY: &str = "m0-private-key";

fn file(env: &TestEnv) -> PathBuf {
    env.folder.path().join("mem0ctl/config.toml")
}

fn pings(env: &TestEnv) -> usize {
    env.platform.request_log().iter().filter(|entry| entry.operation == Some(Operation::Ping)).count()
}

#[test]
fn a_key_is_not_sent_to_a_host_of_another_source() {
    let env = TestEnv::new();
    let url = env.platform.url();
    env.configure(&format!(
        "current = \"private\"\n\
         [profiles.private]\nbase_url = \"https://mem0.example.com\"\napi_key = \"{KEY}\"\n\
         [profiles.hosted]\napi_key = \"{KEY}\"\n\
         [profiles.told]\nkey_command = \"touch told; echo {KEY}\"\n"
    ));
    let refused = |command: &mut Command, sources: [&str; 2]| {
        let refused = output_of(command.args(["status", "--timeout", "1"]));
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
        for expected in [sources[0], sources[1], "--base-url"] {
            assert!(refused.stderr.contains(expected), "{expected}: {}", refused.stderr);
        }
        assert!(!refused.stderr.contains(KEY), "{}", refused.stderr);
    };
    // A `.env` file can set this variable.
    for profile in ["private", "hosted", "told"] {
        let mut command = env.bare();
        command.env("MEM0_PROFILE", profile).env("MEM0_BASE_URL", url);
        refused(&mut command, [&format!("profile `{profile}`"), "MEM0_BASE_URL"]);
    }
    refused(env.bare().env("MEM0_API_KEY", KEY), ["MEM0_API_KEY", "profile `private`"]);
    refused(env.bare().args(["--api-key", KEY]), ["--api-key", "profile `private`"]);
    let mut command = env.bare();
    command.env("MEM0_BASE_URL", url).args(["--api-key", KEY]);
    refused(&mut command, ["--api-key", "MEM0_BASE_URL"]);
    // A password in the URL is not shown.
    let hidden = output_of(env.bare().env("MEM0_BASE_URL", "https://ann:secret@evil.example").arg("status"));
    assert!(hidden.stderr.contains("evil.example") && !hidden.stderr.contains("secret"), "{}", hidden.stderr);
    assert_eq!(env.platform.request_log().len(), 0);
    assert!(!env.folder.path().join("told").exists(), "the key command did not run");
}

#[test]
fn the_same_source_or_origin_is_no_conflict() {
    let env = TestEnv::new();
    let (url, key) = (env.platform.url(), env.platform.api_key());
    env.configure(&format!(
        "current = \"a\"\n[profiles.a]\nbase_url = \"https://mem0.example.com\"\napi_key = \"{KEY}\"\n\
         [profiles.b]\nbase_url = \"https://mem0.example.com\"\nkey_command = \"echo {key}\"\n"
    ));
    // The platform rejects the key that was sent.
    let sent = output_of(env.bare().args(["status", "--base-url", url]));
    assert_eq!(sent.code, 3, "{}", sent.stderr);
    assert_eq!(status(env.bare().args(["--profile", "b", "--base-url", url]))["role"], "OWNER");
    let mut pair = env.bare();
    assert_eq!(status(pair.env("MEM0_API_KEY", key).env("MEM0_BASE_URL", url))["role"], "OWNER");
    // Keys of local platforms are valid on this machine only.
    let mut local = env.bare();
    assert_eq!(status(local.env("MEM0_BASE_URL", url).args(["--api-key", key]))["role"], "OWNER");
    let unreachable = output_of(env.bare().env("MEM0_API_KEY", key).arg("status"));
    assert_eq!(unreachable.code, 2, "{}", unreachable.stderr);
    // Another spelling of the same host.
    let same = ["HTTPS://mem0.example.com:443/base", "https://mem0.example.com."];
    for url in same {
        let mut same = env.bare();
        same.env("MEM0_BASE_URL", url).env("HTTPS_PROXY", "http://127.0.0.1:9").args([
            "status",
            "--timeout",
            "1",
        ]);
        let dry_run = output_of(&mut same);
        assert_eq!(dry_run.code, 7, "{url}: {}", dry_run.stderr);
    }
}

#[test]
fn replacing_a_profile_keeps_other_fields() {
    let env = TestEnv::new();
    let (url, key, reader) = (env.platform.url(), env.platform.api_key(), env.platform.reader_key());
    env.configure(&format!(
        "[profiles.a]\nbase_url = \"{url}\"\norg_id = \"org-1\"\nproject_id = \"proj-1\"\n\
         key_command_timeout = 5\napi_key = \"{reader}\"\n"
    ));
    let output = || {
        let output = env.run_with_config(&["profile", "show", "a", "--output", "json"]).stdout;
        serde_json::from_str::<Value>(&output).unwrap()
    };
    let replace = |arguments: &[&str], typed: &str| {
        let mut command = env.bare();
        command.args(["profile", "add", "a", "--replace"]).args(arguments);
        let replaced = output_of(command.write_stdin(typed));
        assert_eq!(replaced.code, 0, "{}", replaced.stderr);
        output()
    };
    // A new key is sent to the same host.
    let with_new_key = replace(&[], &format!("{key}\n"));
    assert_eq!(
        (&with_new_key["base_url"], &with_new_key["org_id"], &with_new_key["project_id"]),
        (&json!(url), &json!("org-1"), &json!("proj-1"))
    );
    assert_eq!(with_new_key["key"], format!("…{}", &key[key.len() - 4..]));
    let moved = replace(&["--project", "proj-2"], "");
    assert_eq!(
        (&moved["key"], &moved["org_id"], &moved["project_id"]),
        (&with_new_key["key"], &json!("org-1"), &json!("proj-2"))
    );
    let with_command = replace(&["--key-command", &format!("echo {key}")], "");
    assert_eq!((&with_command["key_from"], &with_command["base_url"]), (&json!("command"), &json!(url)));
    let text = fs::read_to_string(file(&env)).unwrap();
    assert!(text.contains("key_command_timeout = 5") && !text.contains("api_key"), "{text}");
}

#[test]
fn set_key_changes_only_the_key() {
    let env = TestEnv::new();
    env.configure_profiles();
    let (url, other) = (env.platform.url(), env.platform.other_key());
    let before = fs::read_to_string(file(&env)).unwrap();
    let changed =
        output_of(env.bare().args(["profile", "set-key", "owner"]).write_stdin(format!("{other}\n")));
    assert_eq!((changed.code, changed.stdout.as_str()), (0, ""), "{}", changed.stderr);
    assert!(changed.stderr.contains("Changed the key of profile owner (127.0.0.1:"), "{}", changed.stderr);
    let after = fs::read_to_string(file(&env)).unwrap();
    assert_eq!(after, before.replace(env.platform.api_key(), other));
    for (arguments, code, message) in [
        (&["set-key", "nobody", "--api-key", KEY][..], 2, "no profile named `nobody`"),
        (&["set-key", "owner", "--api-key", other, "--base-url", url], 2, "remove --base-url"),
        (&["set-key", "owner", "--api-key", other, "--project", "p"], 2, "remove --project"),
        (&["set-key", "owner"], 2, "missing API key"),
    ] {
        let refused = output_of(env.bare().arg("profile").args(arguments));
        assert_eq!(refused.code, code, "{arguments:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(message), "{arguments:?}: {}", refused.stderr);
    }
    assert_eq!(fs::read_to_string(file(&env)).unwrap(), after);
}

#[test]
fn one_request_checks_a_new_key() {
    let env = TestEnv::new();
    let (url, key) = (env.platform.url(), env.platform.api_key());
    let add = |arguments: &[&str]| {
        let mut command = env.bare();
        command.args(["profile", "add", "a", "--base-url", url, "--timeout", "5"]).args(arguments);
        output_of(&mut command)
    };
    for (arguments, code) in [
        (&["--api-key", KEY][..], 3),
        (&["--key-command", "echo m0-wrong"], 3),
        (&["--key-command", "exit 1"], 3),
        (&["--api-key", key, "--base-url", "http://127.0.0.1:9"], 7),
    ] {
        let arguments: Vec<&str> = arguments.to_vec();
        let mut command = env.bare();
        command.args(["profile", "add", "a", "--timeout", "5"]).args(&arguments);
        if !arguments.contains(&"--base-url") {
            command.args(["--base-url", url]);
        }
        let refused = output_of(&mut command);
        assert_eq!(refused.code, code, "{arguments:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("--no-verify"), "{arguments:?}: {}", refused.stderr);
        assert!(!file(&env).exists(), "{arguments:?}");
    }
    let before = pings(&env);
    assert_eq!(add(&["--api-key", key]).code, 0);
    assert_eq!(pings(&env), before + 1);
    let unverified = output_of(env.bare().args(["profile", "set-key", "a", "--api-key", KEY, "--no-verify"]));
    assert_eq!(unverified.code, 0, "{}", unverified.stderr);
    let unset = output_of(env.bare().args(["profile", "set-key", "a", "--key-from-env", "NOT_SET"]));
    assert_eq!(unset.code, 0, "{}", unset.stderr);
    assert!(unset.stderr.contains("NOT_SET is not set"), "{}", unset.stderr);
    assert_eq!(pings(&env), before + 1);
}

#[test]
fn changing_the_host_of_a_profile_needs_confirmation() {
    let env = TestEnv::new();
    env.configure(&format!("[profiles.a]\nbase_url = \"https://mem0.example.com\"\napi_key = \"{KEY}\"\n"));
    let before = fs::read_to_string(file(&env)).unwrap();
    let moved = ["profile", "add", "a", "--replace", "--base-url", "https://evil.example", "--no-verify"];
    let unconfirmed = env.run_with_config(&moved);
    assert_eq!(unconfirmed.code, 8, "{}", unconfirmed.stderr);
    for expected in ["profile a", "evil.example", "mem0.example.com", "--yes"] {
        assert!(unconfirmed.stderr.contains(expected), "{expected}: {}", unconfirmed.stderr);
    }
    assert_eq!(fs::read_to_string(file(&env)).unwrap(), before);
    let confirmed = env.run_with_config(&[&moved[..], &["--yes"]].concat());
    assert_eq!(confirmed.code, 0, "{}", confirmed.stderr);
    assert_eq!(fs::read_to_string(file(&env)).unwrap(), before.replace("mem0.example.com", "evil.example"));
    // Another spelling of the same host.
    let same = ["profile", "add", "a", "--replace", "--base-url", "https://EVIL.example:443/", "--no-verify"];
    assert_eq!(env.run_with_config(&same).code, 0);
    // Another user may listen on another port of this machine. A key of an offline platform is not valid there.
    for (key, code) in [(KEY, 8), ("m0-local-1", 0)] {
        env.configure(&format!("[profiles.a]\nbase_url = \"http://127.0.0.1:9911\"\napi_key = \"{key}\"\n"));
        let moved =
            ["profile", "add", "a", "--replace", "--base-url", "http://127.0.0.1:9912", "--no-verify"];
        assert_eq!(env.run_with_config(&moved).code, code, "{key}");
    }
}

#[test]
fn an_untrusted_config_file_blocks_only_commands_that_need_it() {
    let env = TestEnv::new();
    let url = env.platform.url();
    env.configure(&format!(
        "current = \"a\"\n[profiles.a]\nbase_url = \"{url}\"\nkey_command = \"touch was-run; cat key\"\n\
         [profiles.b]\nbase_url = \"{url}\"\napi_key = \"{}\"\n",
        env.platform.reader_key()
    ));
    fs::write(env.folder.path().join("key"), env.platform.api_key()).unwrap();
    let with_mode = |mode| fs::set_permissions(file(&env), fs::Permissions::from_mode(mode)).unwrap();
    for mode in [0o646, 0o660] {
        with_mode(mode);
        let warned = env.run(&["status", "--output", "json"]);
        assert_eq!(warned.code, 0, "{mode:o}: {}", warned.stderr);
        assert!(warned.stderr.contains("is writable by other users; run `chmod 600"), "{}", warned.stderr);
        assert_eq!(env.run(&["status", "--quiet"]).stderr, "");
        let flag =
            output_of(env.bare().args(["status", "--base-url", url, "--api-key", env.platform.api_key()]));
        assert_eq!(flag.code, 0, "{mode:o}: {}", flag.stderr);
        // The selected profile needs the config file.
        for arguments in [&["status", "--profile", "a"][..], &["profile", "list"], &["profile", "use", "b"]] {
            assert_eq!(env.run(arguments).code, 11, "{mode:o} {arguments:?}");
        }
        assert_eq!(output_of(env.command().env("MEM0_PROFILE", "a").arg("status")).code, 11, "{mode:o}");
        assert_eq!(env.run_with_config(&["status"]).code, 11, "{mode:o}");
    }
    assert!(!env.folder.path().join("was-run").exists());
    // A world-readable file is trusted, except for its keys.
    with_mode(0o644);
    let read = env.run_with_config(&["status"]);
    assert_eq!(read.code, 0, "{}", read.stderr);
    assert!(read.stderr.contains("is readable by other users"), "{}", read.stderr);
    assert_eq!(env.run_with_config(&["status", "--profile", "b"]).code, 11);
}

/// Changing the owner of a file needs root. Without root, the file still belongs to the user and is trusted.
#[test]
fn a_config_file_of_another_user_is_ignored() {
    use std::os::unix::fs::{MetadataExt, chown};

    let env = TestEnv::new();
    let url = env.platform.url();
    env.configure(&format!(
        "current = \"a\"\n[profiles.a]\nbase_url = \"{url}\"\n\
         key_command = \"touch was-run; echo {}\"\n",
        env.platform.api_key()
    ));
    let owner = || file(&env).metadata().unwrap().uid();
    let own = owner();
    let _ = chown(file(&env), Some(12345), None);
    let is_own = owner() == own;
    for arguments in
        [&["status"][..], &["status", "--profile", "a"], &["profile", "list"], &["profile", "use", "a"]]
    {
        let output = env.run_with_config(arguments);
        assert_eq!(output.code, if is_own { 0 } else { 11 }, "{arguments:?}: {}", output.stderr);
        assert_eq!(
            output.stderr.contains("belongs to another user"),
            !is_own,
            "{arguments:?}: {}",
            output.stderr
        );
        assert!(is_own || output.stdout.is_empty(), "{arguments:?}: {}", output.stdout);
    }
    assert_eq!(env.folder.path().join("was-run").exists(), is_own);
    let warned = env.run(&["status"]);
    assert_eq!(warned.code, 0, "{}", warned.stderr);
    assert_eq!(warned.stderr.contains("belongs to another user"), !is_own, "{}", warned.stderr);
}

#[test]
fn a_line_break_after_a_key_is_ignored() {
    let env = TestEnv::new();
    let key = format!("{}\r\n", env.platform.api_key());
    let trimmed = output_of(env.with_key(&key).arg("status"));
    assert_eq!(trimmed.code, 0, "{}", trimmed.stderr);
    assert!(trimmed.stderr.contains("MEM0_API_KEY ends with a line break"), "{}", trimmed.stderr);
    env.configure(&format!(
        "[profiles.a]\nbase_url = \"{}\"\napi_key_env = \"OUR_KEY\"\n",
        env.platform.url()
    ));
    let trimmed = output_of(env.bare().env("OUR_KEY", &key).args(["status", "--profile", "a"]));
    assert_eq!(trimmed.code, 0, "{}", trimmed.stderr);
    assert!(trimmed.stderr.contains("OUR_KEY ends with a line break"), "{}", trimmed.stderr);
}
