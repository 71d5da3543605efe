//! A command that is watched while it runs, and gets signals.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::bench::{Bench, Ran};

/// Far more than anything here takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_there() {
        assert!(began.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The command of an OWNER, with all its streams in pipes.
pub(crate) fn start(bench: &Bench, arguments: &[&str]) -> Running {
    Running::of(Command::new(env!("CARGO_BIN_EXE_mem0ctl")).args(arguments), bench)
}

/// A command that runs; killed when this is dropped.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn of(command: &mut Command, bench: &Bench) -> Self {
        command.env_clear().env("HOME", bench.folder.path()).env("XDG_CONFIG_HOME", bench.folder.path());
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("MEM0_BASE_URL", bench.platform.url()).env("MEM0_API_KEY", bench.platform.api_key());
        command.current_dir(bench.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    pub(crate) fn stdin(&mut self) -> std::process::ChildStdin {
        self.0.stdin.take().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    pub(crate) fn is_over(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// Waits until signals have a meaning of their own to it.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_ready(&self) {
        const INT_AND_TERM: u64 = 1 << (2 - 1) | 1 << (15 - 1);
        let path = format!("/proc/{}/status", self.0.id());
        wait_for("no signal is caught", || {
            let status = std::fs::read_to_string(&path).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
            u64::from_str_radix(caught.trim(), 16).unwrap() & INT_AND_TERM == INT_AND_TERM
        });
    }

    /// How it ended, and what it printed; what is still in a pipe to it stays open until then.
    pub(crate) fn ended(mut self) -> Ran {
        let read = |stream: Option<Box<dyn Read + Send>>| {
            std::thread::spawn(move || {
                let mut text = String::new();
                stream.map(|mut stream| stream.read_to_string(&mut text));
                text
            })
        };
        let stdout = read(self.0.stdout.take().map(|stream| Box::new(stream) as _));
        let stderr = read(self.0.stderr.take().map(|stream| Box::new(stream) as _));
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < LONG, "the command does not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        let code = status.code().unwrap_or(-1);
        Ran { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
