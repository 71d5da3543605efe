//! A command that is watched while it runs, and gets signals.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, Once};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::bench::{Bench, Ran, wait_at_most};

/// Far more than anything here takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Message of a command that a signal interrupts while requests are in flight.
pub(crate) const STOPPING: &str = "Stopping after the requests in progress";

pub(crate) fn wait_for(what: &str, is_there: impl FnMut() -> bool) {
    wait_at_most(LONG, what, is_there);
}

/// The command of an OWNER, with all its streams in pipes.
pub(crate) fn start(bench: &Bench, arguments: &[&str]) -> Running {
    start_at(bench, bench.platform.url(), arguments)
}

/// The same, by another way to the platform.
pub(crate) fn start_at(bench: &Bench, url: &str, arguments: &[&str]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
    Running::of(command.args(arguments).args(["--base-url", url]), bench)
}

/// Where these tests run in the background of a shell, SIGINT is ignored, and the command keeps that. A signal that is
/// handled here has its default in a new process.
fn heed_interrupts() {
    static HEEDED: Once = Once::new();
    HEEDED.call_once(|| {
        let always = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_default(signal_hook::consts::SIGINT, always).unwrap();
    });
}

/// A command that runs; killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    stdout: Printed,
    stderr: Printed,
}

impl Running {
    pub(crate) fn of(command: &mut Command, bench: &Bench) -> Self {
        command.env_clear().env("HOME", bench.folder.path()).env("XDG_CONFIG_HOME", bench.folder.path());
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("MEM0_BASE_URL", bench.platform.url()).env("MEM0_API_KEY", bench.platform.api_key());
        command.current_dir(bench.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        heed_interrupts();
        let mut child = command.spawn().unwrap();
        let stdout = Printed::of(child.stdout.take().unwrap());
        let stderr = Printed::of(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    pub(crate) fn stdin(&mut self) -> std::process::ChildStdin {
        self.child.stdin.take().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits until signals have a meaning of their own to it.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_ready(&self) {
        const INT_AND_TERM: u64 = 1 << (2 - 1) | 1 << (15 - 1);
        let path = format!("/proc/{}/status", self.child.id());
        wait_for("no signal is caught", || {
            let status = std::fs::read_to_string(&path).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
            u64::from_str_radix(caught.trim(), 16).unwrap() & INT_AND_TERM == INT_AND_TERM
        });
    }

    /// Waits until it has said that on stderr.
    pub(crate) fn has_said(&self, text: &str) {
        wait_for(text, || self.stderr.so_far().contains(text));
    }

    /// How it ended, and what it printed.
    pub(crate) fn ended(mut self) -> Ran {
        wait_for("the command does not end", || self.child.try_wait().unwrap().is_some());
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Ran { code, stdout: self.stdout.all(), stderr: self.stderr.all() }
    }
}

/// Output of a command, collected by a thread until the stream ends.
pub(crate) struct Printed {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Printed {
    pub(crate) fn of(mut stream: impl Read + Send + 'static) -> Self {
        let bytes = Arc::<Mutex<Vec<u8>>>::default();
        let own = bytes.clone();
        let reader = std::thread::spawn(move || {
            let mut part = [0; 4096];
            // On Linux, a terminal ends with an error.
            while let Ok(length @ 1..) = stream.read(&mut part) {
                own.lock().unwrap().extend_from_slice(&part[..length]);
            }
        });
        Self { bytes, reader }
    }

    /// Output up to now: enough to wait for something, too little to compare.
    pub(crate) fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    /// The whole output. A process can end before its last output has been read.
    pub(crate) fn all(&self) -> String {
        wait_for("the output does not end", || self.reader.is_finished());
        String::from_utf8(self.bytes.lock().unwrap().clone()).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
