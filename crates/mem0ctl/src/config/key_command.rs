//! The command that prints a profile's key, with a time limit.

use std::io::{self, IsTerminal, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[cfg(unix)]
use crate::config::process_tree::{adopt_orphans, tree};
use crate::interrupts::Interrupts;

/// Time limit of a command whose profile sets none.
pub(crate) const USUAL_LIMIT: Duration = Duration::from_secs(30);

/// A key is shorter, in bytes.
const KEY_LIMIT: u64 = 4096;

/// How often a command that has closed its output is asked whether it has ended.
const TICK: Duration = Duration::from_millis(10);

/// How long a command may take to put things in order before it is killed.
#[cfg(unix)]
const GRACE: Duration = Duration::from_millis(500);

/// Runs a command by the shell and returns what it prints, without the space around it. It has the terminal, to ask
/// for a passphrase, but not what is piped into this program. At the end of the limit, or where a signal ends this
/// program, it is ended with its children.
///
/// # Errors
/// The end of a sentence, without anything of what was printed.
pub(crate) fn run(command: &str, limit: Duration, interrupts: &Interrupts) -> Result<String, String> {
    let unread = |error: io::Error| format!("can't be run ({error})");
    let deadline = Instant::now().checked_add(limit);
    let left =
        || deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
    let start = || -> io::Result<_> {
        let running = Arc::new(Mutex::new(Running::start(command)?));
        let own = running.clone();
        Ok((running, Box::new(move || lock(&own).end()) as Box<dyn FnOnce() + Send>))
    };
    // Dropped last: what a signal makes of the command is not told as a failure of it.
    let (running, _guard) = interrupts.guarded(start).map_err(unread)?;
    let stdout = lock(&running).child.stdout.take();
    let overdue = || {
        lock(&running).end();
        let limit = limit.as_secs_f64();
        format!("has not ended within {limit} s (`key_command_timeout` of the profile sets another limit)")
    };
    let told = match output(stdout, left()) {
        Ok(told) => told.map_err(unread)?,
        Err(RecvTimeoutError::Timeout) => return Err(overdue()),
        Err(RecvTimeoutError::Disconnected) => Vec::new(),
    };
    let status = loop {
        if let Some(status) = lock(&running).child.try_wait().map_err(unread)? {
            break status;
        }
        if left().is_zero() {
            return Err(overdue());
        }
        std::thread::sleep(TICK.min(left()));
    };
    key(told, status)
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a command prints until it closes its output, which is cut where it is longer than a key.
fn output(stdout: Option<ChildStdout>, limit: Duration) -> Result<io::Result<Vec<u8>>, RecvTimeoutError> {
    let Some(stdout) = stdout else { return Ok(Ok(Vec::new())) };
    let (send, told) = mpsc::sync_channel(1);
    // A child that keeps the output open would otherwise be waited for without a limit.
    let read = move || {
        let mut told = Vec::new();
        let read = stdout.take(KEY_LIMIT).read_to_end(&mut told);
        let _ = send.send(read.map(|_| told));
    };
    if let Err(error) = std::thread::Builder::new().name("mem0ctl-key".to_owned()).spawn(read) {
        return Ok(Err(error));
    }
    told.recv_timeout(limit)
}

/// The key in what a command has printed.
fn key(told: Vec<u8>, status: ExitStatus) -> Result<String, String> {
    if told.len() as u64 == KEY_LIMIT {
        return Err("prints more than a key".to_owned());
    }
    if !status.success() {
        return Err(format!("has failed ({status})"));
    }
    let told = String::from_utf8(told).map_err(|_| "prints what is no text".to_owned())?;
    match told.trim() {
        "" => Err("prints nothing".to_owned()),
        told if told.contains(['\n', '\r']) => Err("prints more than one line".to_owned()),
        told => Ok(told.to_owned()),
    }
}

/// A command under way.
struct Running {
    child: Child,
    /// Whether it leads a process group, which is ended as a whole.
    #[cfg(unix)]
    is_group: bool,
    /// The terminal's settings before it.
    #[cfg(unix)]
    terminal: Option<rustix::termios::Termios>,
}

impl Running {
    fn start(command: &str) -> io::Result<Self> {
        let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
        let mut shell = Command::new(program);
        shell.arg(flag).arg(command);
        let stdin = if io::stdin().is_terminal() { Stdio::inherit() } else { Stdio::null() };
        shell.stdin(stdin).stdout(Stdio::piped());
        #[cfg(unix)]
        {
            // A group of its own may not read from the terminal. Without a terminal there is no such question.
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
        let began = Instant::now();
        while began.elapsed() < GRACE && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(TICK);
        }
        // What has lost its parent meanwhile is found as an orphan.
        processes.extend(tree(self.child.id()));
        self.signal(&processes, Signal::KILL);
        let _ = self.child.wait();
        // A command that was asking for a passphrase may have left a terminal that does not show what is typed.
        let now = rustix::termios::tcgetattr(io::stdin()).ok();
        if let (Some(before), Some(now)) = (&self.terminal, now)
            && before.local_modes != now.local_modes
        {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Flush, before);
        }
    }

    #[cfg(unix)]
    fn signal(&self, processes: &[i32], signal: rustix::process::Signal) {
        use rustix::process::{Pid, kill_process, kill_process_group};

        let leader = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(leader) = leader.filter(|_| self.is_group) {
            // An error means that all of them have ended.
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
