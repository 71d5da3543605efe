//! Command that prints the key of a profile, with a time limit.

use std::io::{self, IsTerminal, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[cfg(unix)]
use crate::config::process_tree::{adopt_orphans, tree};
use crate::interrupts::Interrupts;

/// Default time limit of a key command.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum length of a key in bytes.
const MAX_KEY_LEN: u64 = 4096;

/// Interval between checks whether a command has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Time between SIGTERM and SIGKILL.
#[cfg(unix)]
const GRACE_PERIOD: Duration = Duration::from_millis(500);

/// Runs a shell command and returns its trimmed output. The command can use the terminal, to ask for a passphrase, but
/// not piped input. The command and its children are killed at the time limit and when a signal ends this process.
///
/// # Errors
/// The predicate of a message, without any part of the output.
pub(crate) fn run(command: &str, timeout: Duration, interrupts: &Interrupts) -> Result<String, String> {
    let failure = |error: io::Error| format!("cannot be run ({error})");
    let deadline = Instant::now().checked_add(timeout);
    let remaining =
        || deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
    let start = || -> io::Result<_> {
        let running = Arc::new(Mutex::new(KeyProcess::start(command)?));
        let process = running.clone();
        Ok((running, Box::new(move || lock(&process).end()) as Box<dyn FnOnce() + Send>))
    };
    // Dropped last: ending the command after a signal must not be reported as its failure.
    let (running, _guard) = interrupts.create_with_cleanup(start).map_err(failure)?;
    let stdout = lock(&running).child.stdout.take();
    let timed_out = || {
        lock(&running).end();
        let seconds = timeout.as_secs_f64();
        format!("did not finish within {seconds} s (raise `key_command_timeout` of the profile)")
    };
    let output = match read_output(stdout, remaining()) {
        Ok(output) => output.map_err(failure)?,
        Err(RecvTimeoutError::Timeout) => return Err(timed_out()),
        Err(RecvTimeoutError::Disconnected) => Vec::new(),
    };
    let status = loop {
        if let Some(status) = lock(&running).child.try_wait().map_err(failure)? {
            break status;
        }
        if remaining().is_zero() {
            return Err(timed_out());
        }
        std::thread::sleep(POLL_INTERVAL.min(remaining()));
    };
    parse_key(output, status)
}

fn lock(running: &Mutex<KeyProcess>) -> MutexGuard<'_, KeyProcess> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the output of a command, up to the maximum length of a key.
fn read_output(
    stdout: Option<ChildStdout>,
    timeout: Duration,
) -> Result<io::Result<Vec<u8>>, RecvTimeoutError> {
    let Some(stdout) = stdout else { return Ok(Ok(Vec::new())) };
    let (sender, receiver) = mpsc::sync_channel(1);
    // A child that keeps the pipe open would otherwise block without a limit.
    let read = move || {
        let mut output = Vec::new();
        let result = stdout.take(MAX_KEY_LEN).read_to_end(&mut output);
        let _ = sender.send(result.map(|_| output));
    };
    if let Err(error) = std::thread::Builder::new().name("mem0ctl-key".to_owned()).spawn(read) {
        return Ok(Err(error));
    }
    receiver.recv_timeout(timeout)
}

/// Extracts the key from the output of a command.
fn parse_key(output: Vec<u8>, status: ExitStatus) -> Result<String, String> {
    if output.len() as u64 == MAX_KEY_LEN {
        return Err("printed more than a key".to_owned());
    }
    if !status.success() {
        return Err(format!("failed ({status})"));
    }
    let output = String::from_utf8(output).map_err(|_| "printed invalid UTF-8".to_owned())?;
    match output.trim() {
        "" => Err("printed nothing".to_owned()),
        output if output.contains(['\n', '\r']) => Err("printed more than one line".to_owned()),
        key => Ok(key.to_owned()),
    }
}

/// Running key command.
struct KeyProcess {
    child: Child,
    /// Whether it leads a process group.
    #[cfg(unix)]
    is_group: bool,
    /// Terminal settings before the start.
    #[cfg(unix)]
    terminal: Option<rustix::termios::Termios>,
}

impl KeyProcess {
    fn start(command: &str) -> io::Result<Self> {
        let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
        let mut shell = Command::new(program);
        shell.arg(flag).arg(command);
        let stdin = if io::stdin().is_terminal() { Stdio::inherit() } else { Stdio::null() };
        shell.stdin(stdin).stdout(Stdio::piped());
        #[cfg(unix)]
        {
            // A background process group cannot read from the terminal, so a group is used without a terminal only.
            let is_group = std::fs::File::open("/dev/tty").is_err();
            if is_group {
                std::os::unix::process::CommandExt::process_group(&mut shell, 0);
            }
            let terminal = rustix::termios::tcgetattr(io::stdin()).ok();
            adopt_orphans();
            Ok(Self { child: shell.spawn()?, is_group, terminal })
        }
        #[cfg(not(unix))]
        Ok(Self { child: shell.spawn()? })
    }

    /// Ends the command and its children.
    #[cfg(unix)]
    fn end(&mut self) {
        use rustix::process::Signal;

        let mut processes = tree(self.child.id());
        self.signal(&processes, Signal::TERM);
        let start = Instant::now();
        while start.elapsed() < GRACE_PERIOD && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(POLL_INTERVAL);
        }
        // Processes that lost their parent meanwhile are found as orphans.
        processes.extend(tree(self.child.id()));
        self.signal(&processes, Signal::KILL);
        let _ = self.child.wait();
        // A passphrase prompt may have left terminal echo off.
        let current = rustix::termios::tcgetattr(io::stdin()).ok();
        if let (Some(before), Some(current)) = (&self.terminal, current)
            && before.local_modes != current.local_modes
        {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Flush, before);
        }
    }

    #[cfg(unix)]
    fn signal(&self, processes: &[i32], signal: rustix::process::Signal) {
        use rustix::process::{Pid, kill_process, kill_process_group};

        let leader = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(leader) = leader.filter(|_| self.is_group) {
            // An error means that all have ended.
            let _ = kill_process_group(leader, signal);
        }
        for process in processes.iter().filter_map(|id| Pid::from_raw(*id)) {
            let _ = kill_process(process, signal);
        }
    }

    #[cfg(not(unix))]
    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
