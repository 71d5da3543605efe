//! Time limit of `key_command`.

use std::fs;
use std::process::Command;

use crate::process::{LONG, start};
use crate::test_env::{CommandOutput, TestEnv, output_of, wait_at_most};

/// Runs `status` with a profile that has a key command.
fn status_with_key_command(env: &TestEnv, command: &str, more: &str) -> CommandOutput {
    configure_key_command(env, command, more);
    env.run_with_config(&["status", "--profile", "a"])
}

fn configure_key_command(env: &TestEnv, command: &str, more: &str) {
    env.configure(&format!(
        "[profiles.a]\nbase_url = \"{}\"\nkey_command = '{command}'\n{more}\n",
        env.platform.url()
    ));
}

pub(crate) fn is_alive(id: &str) -> bool {
    // An error means that the process has ended or is a zombie.
    let state = Command::new("ps").args(["-o", "stat=", "-p", id]).output().unwrap();
    let state = String::from_utf8(state.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

#[test]
fn a_key_command_is_ended_with_its_children_at_the_time_limit() {
    // Commands that wait, close stdout, leave a child with stdout, or ignore signals.
    for command in [
        "echo $$ >> ids; sleep 600 & echo $! >> ids; wait",
        "echo $$ >> ids; exec >&-; sleep 600",
        "sleep 600 & echo $! >> ids; echo m0-key",
        "trap \"\" TERM; echo $$ >> ids; sleep 600; sleep 600",
    ] {
        let env = TestEnv::new();
        let timed_out = status_with_key_command(&env, command, "key_command_timeout = 0.3");
        assert_eq!((timed_out.code, timed_out.stdout.as_str()), (3, ""), "{command}: {}", timed_out.stderr);
        assert!(timed_out.stderr.contains("did not finish within 0.3 s"), "{command}: {}", timed_out.stderr);
        assert!(timed_out.stderr.contains("key_command_timeout"), "{command}: {}", timed_out.stderr);
        assert!(!timed_out.stderr.contains("m0-key"), "{command}: {}", timed_out.stderr);
        for id in fs::read_to_string(env.folder.path().join("ids")).unwrap().lines() {
            wait_at_most(LONG, command, || !is_alive(id));
        }
    }
}

#[test]
fn the_time_limit_is_a_number_of_seconds() {
    let env = TestEnv::new();
    let key = format!("echo {}", env.platform.api_key());
    for limit in ["60", "0.5e2", "1_000"] {
        let output = status_with_key_command(&env, &key, &format!("key_command_timeout = {limit}"));
        assert_eq!(output.code, 0, "{limit}: {}", output.stderr);
    }
    for limit in ["0", "-1", "\"60\"", "nan", "inf", "[]"] {
        let output = status_with_key_command(&env, &key, &format!("key_command_timeout = {limit}"));
        assert_eq!(output.code, 11, "{limit}: {}", output.stderr);
        assert!(output.stderr.contains("line 4, column"), "{limit}: {}", output.stderr);
    }
}

#[test]
fn a_new_key_command_has_the_time_limit_of_its_profile() {
    for arguments in
        [&["profile", "set-key", "a"][..], &["profile", "add", "a", "--replace"], &["profile", "add", "b"]]
    {
        let env = TestEnv::new();
        env.configure(&format!(
            "[profiles.a]\nbase_url = \"{}\"\napi_key_env = \"KEY\"\nkey_command_timeout = 0.3\n\
             [profiles.b]\nkey_command_timeout = 0.3\n",
            env.platform.url()
        ));
        let replace = if arguments.contains(&"b") { &["--replace"][..] } else { &[] };
        let changed = env.run_with_config(&[arguments, replace, &["--key-command", "sleep 600"]].concat());
        assert_eq!(changed.code, 3, "{arguments:?}: {}", changed.stderr);
        assert!(changed.stderr.contains("did not finish within 0.3 s"), "{arguments:?}: {}", changed.stderr);
    }
}

#[test]
fn a_signal_ends_a_key_command_with_its_children() {
    for name in ["INT", "TERM"] {
        let env = TestEnv::new();
        let command = "trap \"\" INT; echo $$ >> ids; sleep 600 & echo $! >> ids; echo ready >> ids; wait";
        configure_key_command(&env, command, "");
        let status = start(&env, &["status", "--profile", "a"]);
        let ids = env.folder.path().join("ids");
        let read = || fs::read_to_string(&ids).unwrap_or_default();
        wait_at_most(LONG, "the command has not begun", || read().contains("ready"));
        status.signal(name);
        let ended = status.ended();
        assert_eq!((ended.code, ended.stdout.as_str()), (130, ""), "{name}: {}", ended.stderr);
        assert_eq!(ended.stderr, "error: interrupted\n", "{name}");
        for id in read().lines().take(2) {
            wait_at_most(LONG, name, || !is_alive(id));
        }
    }
}

#[test]
fn warns_that_the_base_url_of_the_environment_is_not_stored() {
    let env = TestEnv::new();
    let arguments = ["profile", "add", "a", "--no-verify", "--api-key", "m0-key"];
    let added = env.run(&arguments);
    assert_eq!(added.code, 0, "{}", added.stderr);
    let warning = "MEM0_BASE_URL is not stored; profile `a` uses api.mem0.ai (pass --base-url";
    assert!(added.stderr.contains(warning), "{}", added.stderr);
    let file = fs::read_to_string(env.folder.path().join("mem0ctl/config.toml")).unwrap();
    assert!(!file.contains("base_url"), "{file}");
}

/// Without the profile there is no base URL for a local key.
#[test]
fn warns_about_the_mode_of_the_config_file_with_a_local_key() {
    use std::os::unix::fs::PermissionsExt;

    let env = TestEnv::new();
    env.configure(&format!("current = \"a\"\n[profiles.a]\nbase_url = \"{}\"\n", env.platform.url()));
    let file = env.folder.path().join("mem0ctl/config.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let mut status = env.bare();
    let refused = output_of(status.env("MEM0_API_KEY", env.platform.api_key()).arg("status"));
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("is writable by other users; run `chmod 600"), "{}", refused.stderr);
    assert!(refused.stderr.contains("error: "), "{}", refused.stderr);
}
