//! Local platform and commands with its key.

use std::time::{Duration, Instant};

use assert_cmd::Command;
use mem0_local::LocalPlatform;
use serde_json::Value;

/// Local platform and an empty home and working directory.
pub(crate) struct TestEnv {
    pub(crate) platform: LocalPlatform,
    pub(crate) folder: tempfile::TempDir,
}

/// Result of a command.
pub(crate) struct CommandOutput {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl TestEnv {
    pub(crate) fn new() -> Self {
        Self { platform: LocalPlatform::start().unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    /// Command with an empty environment.
    pub(crate) fn bare(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
        command.env_clear().env("HOME", self.folder.path()).env("XDG_CONFIG_HOME", self.folder.path());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.current_dir(self.folder.path()).timeout(std::time::Duration::from_secs(60));
        command
    }

    /// Command with the key of an OWNER.
    pub(crate) fn command(&self) -> Command {
        self.with_key(self.platform.api_key())
    }

    pub(crate) fn with_key(&self, key: &str) -> Command {
        let mut command = self.bare();
        command.env("MEM0_BASE_URL", self.platform.url()).env("MEM0_API_KEY", key);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> CommandOutput {
        output_of(self.command().args(arguments))
    }

    /// Runs a command that must succeed, and parses its JSON output.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--output", "json"]].concat());
        assert_eq!(output.code, 0, "{arguments:?}: {}", output.stderr);
        serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", output.stdout))
    }
}

pub(crate) fn output_of(command: &mut Command) -> CommandOutput {
    let output = command.output().unwrap();
    CommandOutput {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Waits for a condition and fails at the time limit.
pub(crate) fn wait_at_most(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < limit, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
