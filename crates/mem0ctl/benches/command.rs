//! Measures `mem0ctl status` from start to end of the process, compared with a process that does nothing.
//!
//! ```sh
//! cargo bench -p mem0ctl --bench command
//! ```
//!
//! The platform is a local one on loopback, the profile is read from a file, and the two are run by turns. A command
//! that fails ends the bench with an error, a time never does. With `--quick` each is run a few times.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mem0_local::LocalPlatform;

type Result<V> = std::result::Result<V, Box<dyn Error>>;

fn main() -> Result<()> {
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    let is_quick = given("--quick") || !given("--bench");
    let runs = if is_quick { 5 } else { 100 };
    let platform = LocalPlatform::start()?;
    let home = tempfile::tempdir()?;
    let mut command = mem0ctl(&home);
    command.args(["profile", "add", "local", "--use", "--base-url", platform.url()]);
    succeed(command.args(["--api-key", platform.api_key()]))?;

    let (mut status, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        nothing.push(succeed(&mut Command::new("true"))?);
        status.push(succeed(mem0ctl(&home).arg("status"))?);
    }
    let (status, nothing) = (quartiles(status), quartiles(nothing));
    let name = |name: &str, [low, middle, high]: [Duration; 3]| {
        println!("{name:<15} {middle:>10.2?} ({low:.2?}–{high:.2?}), median and quartiles of {runs} runs");
    };
    name("true", nothing);
    name("mem0ctl status", status);
    Ok(())
}

/// Command with an empty environment and its own config directory.
fn mem0ctl(home: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
    command.env_clear().env("XDG_CONFIG_HOME", home.path());
    command
}

/// Runs a command that must succeed. Returns its duration.
fn succeed(command: &mut Command) -> Result<Duration> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let started = Instant::now();
    let output = command.output()?;
    let taken = started.elapsed();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(taken)
}

fn quartiles(mut times: Vec<Duration>) -> [Duration; 3] {
    times.sort_unstable();
    [1, 2, 3].map(|quarter| times[times.len() * quarter / 4])
}
