//! Prompts, tables and colors on a terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use mem0_local::{Completion, LocalPlatform};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::test_env::{CommandOutput, TestEnv};

/// Opens a terminal with a width and typed input. Returns both ends.
pub(crate) fn terminal(columns: u16, typed: &str) -> (File, File) {
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&screen).unwrap();
    unlockpt(&screen).unwrap();
    let name = ptsname(&screen, Vec::new()).unwrap();
    let device = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    tcsetwinsize(&device, Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let mut screen = File::from(screen);
    screen.write_all(typed.as_bytes()).unwrap();
    (screen, device)
}

fn command(env: &TestEnv, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
    command.env_clear().env("HOME", env.folder.path()).env("XDG_CONFIG_HOME", env.folder.path());
    command.env("MEM0_BASE_URL", env.platform.url()).env("MEM0_API_KEY", env.platform.api_key());
    command.env("TERM", "xterm").args(arguments);
    command
}

/// Runs the command on a terminal. `stdout` contains all output.
pub(crate) fn at_terminal(
    env: &TestEnv,
    columns: u16,
    typed: &str,
    set: &[(&str, &str)],
    arguments: &[&str],
) -> CommandOutput {
    let (mut screen, device) = terminal(columns, typed);
    let again = || OwnedFd::from(device.try_clone().unwrap());
    let mut command = command(env, arguments);
    command.envs(set.iter().copied()).stdin(again()).stdout(again()).stderr(again());
    let mut child = command.spawn().unwrap();
    // The screen ends when all handles of the device are closed.
    drop((command, device));
    let (send, output) = mpsc::channel();
    std::thread::spawn(move || {
        let mut displayed = Vec::new();
        // On Linux, the end is an error.
        let _ = screen.read_to_end(&mut displayed);
        let _ = send.send(displayed);
    });
    let displayed = output.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| {
        let _ = child.kill();
        panic!("{arguments:?} does not end");
    });
    let stdout = String::from_utf8(displayed).unwrap();
    CommandOutput { code: child.wait().unwrap().code().unwrap_or(-1), stdout, stderr: String::new() }
}

#[test]
fn a_prompt_accepts_yes_and_no() {
    let env = TestEnv::new();
    let webhook = |name: &str| {
        let url = "https://example.com/hook";
        let created = env.json(&["webhook", "create", name, url, "--event", "memory_add"]);
        created["webhook_id"].as_str().unwrap().to_owned()
    };
    let id = webhook("audit");
    for no in ["n\n", "\n", "nonsense\n", "yesterday\n", "\u{4}"] {
        let unconfirmed = at_terminal(&env, 100, no, &[], &["webhook", "delete", &id]);
        assert_eq!(unconfirmed.code, 8, "{no:?}: {}", unconfirmed.stdout);
        assert!(unconfirmed.stdout.contains("Delete webhook \"audit\""), "{}", unconfirmed.stdout);
        assert!(
            unconfirmed.stdout.contains("[y/N]") && unconfirmed.stdout.contains("Cancelled."),
            "{}",
            unconfirmed.stdout
        );
    }
    assert_eq!(env.run(&["webhook", "show", &id]).code, 0);
    for (yes, id) in [("y\n", id.clone()), (" YES \n", webhook("another"))] {
        let unconfirmed = at_terminal(&env, 100, yes, &[], &["webhook", "delete", &id, "--quiet"]);
        assert_eq!(unconfirmed.code, 0, "{yes:?}: {}", unconfirmed.stdout);
        assert!(unconfirmed.stdout.contains("[y/N]"), "--quiet keeps the prompt: {}", unconfirmed.stdout);
        assert_eq!(env.run(&["webhook", "show", &id]).code, 5);
    }
}

#[test]
fn a_prompt_names_the_member() {
    let env = TestEnv::new();
    let unconfirmed = at_terminal(&env, 100, "y\n", &[], &["member", "remove", "reader@example.com"]);
    assert_eq!(unconfirmed.code, 0, "{}", unconfirmed.stdout);
    let question = "Remove reader@example.com from the project \"default-project\"?";
    assert!(unconfirmed.stdout.contains(question), "{}", unconfirmed.stdout);
    assert_eq!(env.json(&["member", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn headers_are_bold_unless_colors_are_off() {
    let env = TestEnv::new();
    let output = |set: &[(&str, &str)]| at_terminal(&env, 100, "", set, &["org", "list"]).stdout;
    assert!(output(&[]).starts_with("\u{1b}[1mID"), "{}", output(&[]));
    for unwanted in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
        let output = output(&[unwanted]);
        assert!(output.starts_with("ID") && !output.contains('\u{1b}'), "{unwanted:?}: {output:?}");
    }
    let json = at_terminal(&env, 100, "", &[], &["org", "list", "--output", "json"]).stdout;
    assert!(json.starts_with("[\r\n  {") && !json.contains('\u{1b}'), "in lines, for people: {json:?}");
}

#[test]
fn tables_fit_the_terminal() {
    let env = TestEnv::new();
    let long = "long ".repeat(40);
    env.platform.client().unwrap().project().create(long.trim()).unwrap();
    env.run(&["project", "update", "--instructions", &"word ".repeat(60)]);
    let own = env.platform.project_id();
    for columns in [80, 120] {
        for arguments in [&["project", "show"][..], &["project", "list"]] {
            let output = at_terminal(&env, columns, "", &[("NO_COLOR", "1")], arguments).stdout;
            let widest = output.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= usize::from(columns), "{columns}: {widest}: {output}");
            assert!(widest > usize::from(columns) * 3 / 4, "the room is used: {output}");
            assert!(output.contains(own), "IDs are not wrapped: {output}");
        }
    }
    // IDs and timestamps are complete even if nothing fits.
    let narrow = at_terminal(&env, 30, "", &[("NO_COLOR", "1")], &["project", "list"]).stdout;
    let first = narrow.lines().nth(1).unwrap();
    assert!(
        first.starts_with(own) && first.contains(" default-p…  OWNER ") && first.ends_with('Z'),
        "{narrow}"
    );
}

#[test]
fn a_spinner_is_shown_on_terminals_only() {
    let platform = LocalPlatform::builder().completion(Completion::Manual).start().unwrap();
    let env = TestEnv { platform, folder: tempfile::tempdir().unwrap() };
    let added = env.json(&["memory", "add", "I love tea", "-u", "alice"]);
    let wait = ["event", "wait", added["event_id"].as_str().unwrap(), "--for", "0.5"];
    let screen = at_terminal(&env, 100, "", &[], &wait);
    assert!(screen.code == 7 && screen.stdout.contains("Waiting for event"), "{:?}", screen.stdout);
    let quiet = at_terminal(&env, 100, "", &[], &[&wait[..], &["--quiet"]].concat());
    assert!(quiet.code == 7 && !quiet.stdout.contains("Waiting"), "{:?}", quiet.stdout);
    let logged = env.run(&wait);
    assert!(logged.code == 7 && !logged.stderr.contains("Waiting"), "{}", logged.stderr);
}

#[test]
fn a_pulled_file_is_escaped_on_terminals_only() {
    let env = TestEnv::new();
    env.platform.client().unwrap().project().create("Evil\u{9b}31m\u{202e}live").unwrap();
    let screen = at_terminal(&env, 100, "", &[], &["pull"]).stdout;
    assert!(screen.contains("Evil\\u009B31m\\u202Elive"), "{screen:?}");
    assert!(env.run(&["pull"]).stdout.contains("Evil\\u009B31m\\u202Elive"));
}

#[test]
fn no_prompt_without_a_visible_stderr() {
    let env = TestEnv::new();
    let own = env.platform.project_id();
    let (_screen, device) = terminal(80, "y\n");
    let unconfirmed = command(&env, &["project", "delete", own]).stdin(device).output().unwrap();
    assert_eq!(unconfirmed.status.code(), Some(8), "{unconfirmed:?}");
    assert!(String::from_utf8(unconfirmed.stderr).unwrap().contains("--yes"));
    assert_eq!(env.run(&["project", "show"]).code, 0);
}
