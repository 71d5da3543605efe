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
    let (send, seen) = mpsc::channel();
    std::thread::spawn(move || {
        let mut shown = Vec::new();
        // On Linux, the end is an error.
        let _ = screen.read_to_end(&mut shown);
        let _ = send.send(shown);
    });
    let shown = seen.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| {
        let _ = child.kill();
        panic!("{arguments:?} does not end");
    });
    let stdout = String::from_utf8(shown).unwrap();
    CommandOutput { code: child.wait().unwrap().code().unwrap_or(-1), stdout, stderr: String::new() }
}

#[test]
fn a_prompt_accepts_yes_and_no() {
    let env = TestEnv::new();
    let webhook = |name: &str| {
        let url = "https://example.com/hook";
        let made = env.json(&["webhook", "create", name, url, "--event", "memory_add"]);
        made["webhook_id"].as_str().unwrap().to_owned()
    };
    let id = webhook("audit");
    for no in ["n\n", "\n", "nonsense\n", "yesterday\n", "\u{4}"] {
        let asked = at_terminal(&env, 100, no, &[], &["webhook", "delete", &id]);
        assert_eq!(asked.code, 8, "{no:?}: {}", asked.stdout);
        assert!(asked.stdout.contains("Delete webhook \"audit\""), "{}", asked.stdout);
        assert!(asked.stdout.contains("[y/N]") && asked.stdout.contains("Cancelled."), "{}", asked.stdout);
    }
    assert_eq!(env.run(&["webhook", "show", &id]).code, 0);
    for (yes, id) in [("y\n", id.clone()), (" YES \n", webhook("another"))] {
        let asked = at_terminal(&env, 100, yes, &[], &["webhook", "delete", &id, "--quiet"]);
        assert_eq!(asked.code, 0, "{yes:?}: {}", asked.stdout);
        assert!(asked.stdout.contains("[y/N]"), "--quiet keeps the prompt: {}", asked.stdout);
        assert_eq!(env.run(&["webhook", "show", &id]).code, 5);
    }
}

#[test]
fn a_prompt_names_the_member() {
    let env = TestEnv::new();
    let asked = at_terminal(&env, 100, "y\n", &[], &["member", "remove", "reader@example.com"]);
    assert_eq!(asked.code, 0, "{}", asked.stdout);
    let question = "Remove reader@example.com from the project \"default-project\"?";
    assert!(asked.stdout.contains(question), "{}", asked.stdout);
    assert_eq!(env.json(&["member", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn headers_are_bold_unless_colors_are_off() {
    let env = TestEnv::new();
    let shown = |set: &[(&str, &str)]| at_terminal(&env, 100, "", set, &["org", "list"]).stdout;
    assert!(shown(&[]).starts_with("\u{1b}[1mID"), "{}", shown(&[]));
    for unwanted in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
        let shown = shown(&[unwanted]);
        assert!(shown.starts_with("ID") && !shown.contains('\u{1b}'), "{unwanted:?}: {shown:?}");
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
            let shown = at_terminal(&env, columns, "", &[("NO_COLOR", "1")], arguments).stdout;
            let widest = shown.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= usize::from(columns), "{columns}: {widest}: {shown}");
            assert!(widest > usize::from(columns) * 3 / 4, "the room is used: {shown}");
            assert!(shown.contains(own), "IDs are not wrapped: {shown}");
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
    let seen = at_terminal(&env, 100, "", &[], &wait);
    assert!(seen.code == 7 && seen.stdout.contains("Waiting for event"), "{:?}", seen.stdout);
    let quiet = at_terminal(&env, 100, "", &[], &[&wait[..], &["--quiet"]].concat());
    assert!(quiet.code == 7 && !quiet.stdout.contains("Waiting"), "{:?}", quiet.stdout);
    let logged = env.run(&wait);
    assert!(logged.code == 7 && !logged.stderr.contains("Waiting"), "{}", logged.stderr);
}

#[test]
fn a_pulled_file_is_escaped_on_terminals_only() {
    let env = TestEnv::new();
    env.platform.client().unwrap().project().create("Evil\u{9b}31m\u{202e}live").unwrap();
    let seen = at_terminal(&env, 100, "", &[], &["pull"]).stdout;
    assert!(seen.contains("Evil\\u009B31m\\u202Elive"), "{seen:?}");
    assert!(env.run(&["pull"]).stdout.contains("Evil\\u009B31m\\u202Elive"));
}

#[test]
fn no_prompt_without_a_visible_stderr() {
    let env = TestEnv::new();
    let own = env.platform.project_id();
    let (_screen, device) = terminal(80, "y\n");
    let asked = command(&env, &["project", "delete", own]).stdin(device).output().unwrap();
    assert_eq!(asked.status.code(), Some(8), "{asked:?}");
    assert!(String::from_utf8(asked.stderr).unwrap().contains("--yes"));
    assert_eq!(env.run(&["project", "show"]).code, 0);
}
