//! Key prompt: no echo, and the terminal is restored.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Child, Command, Stdio};

use rustix::termios::{LocalModes, tcgetattr};

use crate::key_command::is_alive;
use crate::process::{LONG, Printed, wait_for};
use crate::terminal::terminal;
use crate::test_env::{TestEnv, output_of};

const KEY: &str = "m0-a-key-that-nobody-may-see";

/// User on the controlling terminal of the command.
pub(crate) struct TerminalUser {
    screen: File,
    child: Child,
    output: Printed,
    /// Terminal settings before the start.
    before: String,
}

/// All settings of a terminal.
fn settings(screen: &File) -> String {
    format!("{:?}", tcgetattr(screen).unwrap())
}

impl TerminalUser {
    pub(crate) fn start(env: &TestEnv, arguments: &[&str]) -> Self {
        let (screen, device) = terminal(100, "");
        let before = settings(&screen);
        let again = || Stdio::from(device.try_clone().unwrap());
        // Ctrl-C signals the processes of the controlling terminal.
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait", env!("CARGO_BIN_EXE_mem0ctl")]).args(arguments);
        command.env_clear().env("HOME", env.folder.path()).env("XDG_CONFIG_HOME", env.folder.path());
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path))).env("TERM", "xterm");
        let child = command.stdin(again()).stdout(again()).stderr(again()).spawn().unwrap();
        let output = Printed::of(screen.try_clone().unwrap());
        Self { screen, child, output, before }
    }

    pub(crate) fn wait_for_output(&self, text: &str) {
        wait_for(text, || self.output.so_far().contains(text));
    }

    pub(crate) fn type_text(&mut self, text: &str) {
        self.screen.write_all(text.as_bytes()).unwrap();
    }

    /// Waits for the end. Returns the exit code and all output.
    pub(crate) fn finish(mut self) -> (i32, String) {
        wait_for("the command does not end", || self.child.try_wait().unwrap().is_some());
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        assert_eq!(settings(&self.screen), self.before, "the terminal is restored");
        (code, self.output.all())
    }
}

impl Drop for TerminalUser {
    fn drop(&mut self) {
        // An error means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ADD: &[&str] = &["profile", "add", "work", "--no-verify"];

#[test]
fn a_typed_key_is_not_echoed() {
    for arguments in [ADD, &["profile", "add", "work", "--no-verify", "--quiet"]] {
        let env = TestEnv::new();
        let mut user = TerminalUser::start(&env, arguments);
        user.wait_for_output("API key of profile work");
        // Echo is off as soon as the prompt appears.
        assert!(!tcgetattr(&user.screen).unwrap().local_modes.contains(LocalModes::ECHO));
        user.type_text(&format!("wrong\u{15}{KEY}x\u{7f}\n"));
        let (code, output) = user.finish();
        assert_eq!(code, 0, "{output}");
        assert!(!output.contains("m0-a") && !output.contains("wrong") && !output.contains('x'), "{output}");
        let file = fs::read_to_string(env.folder.path().join("mem0ctl/config.toml")).unwrap();
        assert!(file.contains(&format!("api_key = \"{KEY}\"")), "{file}");
        assert!(output.contains("work (hidden): \r\n"), "the output continues on a new line: {output:?}");
    }
}

#[test]
fn cancelling_the_key_prompt_restores_the_terminal() {
    for (typed, expected, stderr) in [
        ("m0-a-key\u{3}", 130, "error: interrupted"),
        ("\u{4}", 2, "missing API key"),
        ("\n", 2, "missing API key"),
        ("\u{e9}\u{4}\u{4}", 2, "key"),
    ] {
        let env = TestEnv::new();
        let mut user = TerminalUser::start(&env, ADD);
        user.wait_for_output("API key of profile work");
        user.type_text(typed);
        let (code, screen) = user.finish();
        assert_eq!(code, expected, "{typed:?}: {screen}");
        assert!(screen.contains(stderr) && !screen.contains("m0-a-key"), "{typed:?}: {screen}");
        assert!(!env.folder.path().join("mem0ctl/config.toml").exists());
    }
}

#[test]
fn a_signal_restores_the_terminal() {
    for name in ["INT", "TERM"] {
        let env = TestEnv::new();
        let user = TerminalUser::start(&env, ADD);
        user.wait_for_output("API key of profile work");
        // The command is a child of `setsid`.
        let parent = user.child.id().to_string();
        let children = format!("/proc/{parent}/task/{parent}/children");
        let own = fs::read_to_string(children).unwrap();
        let own = own.split_whitespace().next().unwrap_or(&parent).to_owned();
        assert!(Command::new("kill").args(["-s", name, &own]).status().unwrap().success());
        let (code, screen) = user.finish();
        assert_eq!(code, 130, "{screen}");
        assert!(screen.ends_with("\r\nerror: interrupted\r\n"), "{screen:?}");
    }
}

#[test]
fn a_signal_cancels_a_confirmation() {
    let env = TestEnv::new();
    assert_eq!(env.run(&["profile", "add", "work", "--key-from-env", "WORK"]).code, 0);
    let mut user = TerminalUser::start(&env, &["profile", "remove", "work"]);
    user.wait_for_output("[y/N]");
    user.type_text("y\u{3}");
    let (code, screen) = user.finish();
    assert_eq!(code, 130, "{screen}");
    assert!(screen.ends_with("\r\nerror: interrupted\r\n"), "{screen:?}");
    assert_eq!(env.run(&["profile", "show", "work"]).code, 0);
}

/// Without stdin, prompts fail instead of waiting.
#[test]
fn without_stdin_every_prompt_is_an_error() {
    let env = TestEnv::new();
    fs::write(env.folder.path().join("mem0.toml"), "[projects.Sales]\ndecay = true\n").unwrap();
    assert_eq!(env.run(&["profile", "add", "one", "--key-from-env", "ONE"]).code, 0);
    for (arguments, code, message) in [
        ("profile add work", 2, "missing API key; pass it on stdin"),
        ("profile remove one", 8, "stdin is not a terminal; pass --yes"),
        ("apply mem0.toml", 8, "stdin is not a terminal; pass --yes"),
        ("org delete ORG", 8, "stdin is not a terminal; pass --yes"),
        ("memory delete --all --user-id alice", 8, "stdin is not a terminal; pass --yes"),
    ] {
        for closed in ["<&-", "</dev/null"] {
            let mut shell = assert_cmd::Command::new("sh");
            shell.env_clear().env("HOME", env.folder.path()).env("XDG_CONFIG_HOME", env.folder.path());
            shell.env("MEM0_BASE_URL", env.platform.url()).env("MEM0_API_KEY", env.platform.api_key());
            let line = format!("exec \"$0\" {} {closed}", arguments.replace("ORG", env.platform.org_id()));
            shell
                .args(["-c", &line, env!("CARGO_BIN_EXE_mem0ctl")])
                .current_dir(env.folder.path())
                .timeout(LONG);
            let output = output_of(&mut shell);
            assert_eq!(
                (output.code, output.stdout.is_empty()),
                (code, arguments != "apply mem0.toml"),
                "{arguments}: {}",
                output.stderr
            );
            assert!(output.stderr.contains(message), "{arguments} {closed}: {}", output.stderr);
        }
    }
}

#[test]
fn no_key_prompt_without_a_visible_stderr() {
    let env = TestEnv::new();
    let (_screen, device) = terminal(80, "m0-typed-ahead\n");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
    command.env_clear().env("HOME", env.folder.path()).env("XDG_CONFIG_HOME", env.folder.path());
    let unconfirmed = command.args(ADD).stdin(device).output().unwrap();
    assert_eq!(unconfirmed.status.code(), Some(8), "{unconfirmed:?}");
    assert!(String::from_utf8(unconfirmed.stderr).unwrap().contains("--key-command"));
}

/// A key command can prompt on the terminal.
#[test]
fn a_key_command_may_ask_for_a_passphrase() {
    let env = TestEnv::new();
    env.configure(&format!(
        "[profiles.a]\nbase_url = \"{}\"\nkey_command = 'printf asks: >&2; read key </dev/tty; echo $key'\n",
        env.platform.url()
    ));
    let mut user = TerminalUser::start(&env, &["status", "--profile", "a"]);
    user.wait_for_output("asks:");
    user.type_text(&format!("{}\n", env.platform.api_key()));
    let (code, screen) = user.finish();
    assert_eq!(code, 0, "{screen}");
}

#[test]
fn ending_a_key_command_restores_the_terminal() {
    let env = TestEnv::new();
    let ids = env.folder.path().join("ids");
    env.configure(&format!(
        "[profiles.a]\nbase_url = \"{}\"\nkey_command_timeout = 0.5\n\
         key_command = 'stty -echo </dev/tty; sleep 600 & echo $! >{}; wait'\n",
        env.platform.url(),
        ids.display()
    ));
    let (code, screen) = TerminalUser::start(&env, &["status", "--profile", "a"]).finish();
    assert_eq!(code, 3, "{screen}");
    assert!(screen.contains("did not finish within 0.5 s"), "{screen}");
    let id = fs::read_to_string(ids).unwrap();
    let state = || fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    wait_for("the child is still running", || state().is_empty() || state().contains(") Z "));
}

/// An orphaned child keeps the terminal, and has no process group of its own.
#[test]
#[cfg(target_os = "linux")]
fn the_children_of_a_command_at_a_terminal_end_with_it() {
    const LEFT: &str = "sleep 600 & echo $! >>IDS; (sleep 600 & echo $! >>IDS); echo ready >>IDS";
    for (signal, more, code) in [
        (None, "", 3),
        (Some("\u{3}"), "; wait", 130),
        (Some("TERM"), "; wait", 130),
        (Some("INT"), "; wait", 130),
    ] {
        let env = TestEnv::new();
        let ids = env.folder.path().join("ids");
        let command = format!("trap \"\" HUP INT; echo $PPID >>IDS; {LEFT}{more}")
            .replace("IDS", ids.to_str().unwrap());
        let limit = if signal.is_none() { "0.5" } else { "600" };
        env.configure(&format!(
            "[profiles.a]\nbase_url = \"{}\"\nkey_command_timeout = {limit}\nkey_command = '{command}'\n",
            env.platform.url(),
        ));
        let mut user = TerminalUser::start(&env, &["status", "--profile", "a"]);
        let read = || fs::read_to_string(&ids).unwrap_or_default();
        wait_for("the command has not begun", || read().contains("ready"));
        let (parent, children) = {
            let read = read();
            let (parent, rest) = read.split_once('\n').unwrap();
            (parent.to_owned(), rest.lines().take(2).map(str::to_owned).collect::<Vec<_>>())
        };
        match signal {
            None => {}
            Some("\u{3}") => user.type_text("\u{3}"),
            Some(name) => {
                assert!(Command::new("kill").args(["-s", name, &parent]).status().unwrap().success());
            }
        }
        let (left, screen) = user.finish();
        assert_eq!(left, code, "{signal:?}: {screen}");
        assert_eq!(children.len(), 2);
        for id in children {
            wait_for("a child is still running", || !is_alive(&id));
        }
    }
}
