//! A local platform, and the command with a key to it.

use std::time::{Duration, Instant};

use assert_cmd::Command;
use mem0_local::LocalPlatform;
use serde_json::Value;

/// A platform, and an empty folder that is home and working directory of every command.
pub(crate) struct Bench {
    pub(crate) platform: LocalPlatform,
    pub(crate) folder: tempfile::TempDir,
}

/// What a command did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { platform: LocalPlatform::start().unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    /// The command without key and platform: nothing of this machine's environment reaches it.
    pub(crate) fn bare(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
        command.env_clear().env("HOME", self.folder.path()).env("XDG_CONFIG_HOME", self.folder.path());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.current_dir(self.folder.path()).timeout(std::time::Duration::from_secs(60));
        command
    }

    /// The command of an OWNER.
    pub(crate) fn command(&self) -> Command {
        self.with_key(self.platform.api_key())
    }

    pub(crate) fn with_key(&self, key: &str) -> Command {
        let mut command = self.bare();
        command.env("MEM0_BASE_URL", self.platform.url()).env("MEM0_API_KEY", key);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command().args(arguments))
    }

    /// Runs what has to succeed, and reads its one JSON document.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--output", "json"]].concat());
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", ran.stdout))
    }
}

pub(crate) fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Waits until something is so, and fails where that takes too long.
pub(crate) fn wait_at_most(longest: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < longest, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
