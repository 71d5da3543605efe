//! Running commands that receive signals.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, Once};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::test_env::{CommandOutput, TestEnv, wait_at_most};

/// Time limit of a test, far above the usual time.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Message of a command that a signal interrupts while requests are in flight.
pub(crate) const STOPPING: &str = "Stopping after the requests in progress";

pub(crate) fn wait_for(what: &str, condition: impl FnMut() -> bool) {
    wait_at_most(LONG, what, condition);
}

/// Starts a command of an OWNER with piped streams.
pub(crate) fn start(env: &TestEnv, arguments: &[&str]) -> Running {
    start_at(env, env.platform.url(), arguments)
}

/// Starts a command with another base URL.
pub(crate) fn start_at(env: &TestEnv, url: &str, arguments: &[&str]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mem0ctl"));
    Running::of(command.args(arguments).args(["--base-url", url]), env)
}

/// Background jobs of a shell inherit an ignored SIGINT. A signal with a handler is
/// reset to its default in a new process.
fn reset_interrupts() {
    static HEEDED: Once = Once::new();
    HEEDED.call_once(|| {
        let always = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_default(signal_hook::consts::SIGINT, always).unwrap();
    });
}

/// Running command, killed on drop.
pub(crate) struct Running {
    child: Child,
    stdout: Printed,
    stderr: Printed,
}

impl Running {
    pub(crate) fn of(command: &mut Command, env: &TestEnv) -> Self {
        command.env_clear().env("HOME", env.folder.path()).env("XDG_CONFIG_HOME", env.folder.path());
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("MEM0_BASE_URL", env.platform.url()).env("MEM0_API_KEY", env.platform.api_key());
        command.current_dir(env.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        reset_interrupts();
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

    /// Waits until the signal handlers are installed.
    #[cfg(target_os = "linux")]
    pub(crate) fn wait_until_ready(&self) {
        const INT_AND_TERM: u64 = 1 << (2 - 1) | 1 << (15 - 1);
        let path = format!("/proc/{}/status", self.child.id());
        wait_for("no signal is caught", || {
            let status = std::fs::read_to_string(&path).unwrap();
            let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
            u64::from_str_radix(mask.trim(), 16).unwrap() & INT_AND_TERM == INT_AND_TERM
        });
    }

    /// Waits for a text on stderr.
    pub(crate) fn wait_for_stderr(&self, text: &str) {
        wait_for(text, || self.stderr.so_far().contains(text));
    }

    /// Waits for the end. Returns exit code and output.
    pub(crate) fn ended(mut self) -> CommandOutput {
        wait_for("the command does not end", || self.child.try_wait().unwrap().is_some());
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        CommandOutput { code, stdout: self.stdout.all(), stderr: self.stderr.all() }
    }
}

/// Output of a command, collected by a thread.
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
            // On Linux, reading a closed terminal returns an error.
            while let Ok(length @ 1..) = stream.read(&mut part) {
                own.lock().unwrap().extend_from_slice(&part[..length]);
            }
        });
        Self { bytes, reader }
    }

    /// Output so far. May be incomplete.
    pub(crate) fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    /// Complete output, after the end of the stream.
    pub(crate) fn all(&self) -> String {
        wait_for("the output does not end", || self.reader.is_finished());
        String::from_utf8(self.bytes.lock().unwrap().clone()).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
