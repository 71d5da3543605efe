//! Handling of SIGINT and SIGTERM.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::failure::{Exit, Failure, Outcome};
use crate::options::Options;
use crate::output::Output;

/// Interval between checks for a signal.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Effect of the first signal. The second one always ends the command immediately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum InterruptMode {
    /// End the command immediately.
    #[default]
    Immediate,
    /// Finish the change in progress, then send no further change.
    AfterChange,
    /// Let the running work stop by itself.
    AfterWork,
}

/// Signal state of this process, shared by clones.
#[derive(Clone)]
pub(crate) struct Interrupts {
    shared: Arc<Shared>,
}

struct Shared {
    is_interrupted: Arc<AtomicBool>,
    /// Set by each signal and reset by the handler thread.
    is_pending: Arc<AtomicBool>,
    /// Set after the clean-ups. From then on a signal ends the process in its handler.
    is_ending: Arc<AtomicBool>,
    has_blocked: AtomicBool,
    state: Mutex<State>,
    output: Output,
}

#[derive(Default)]
struct State {
    mode: InterruptMode,
    /// Clean-ups to run when a signal ends the process.
    cleanups: BTreeMap<u64, Box<dyn FnOnce() + Send>>,
    next_cleanup: u64,
    /// Terminal settings to restore while echo is off.
    #[cfg(unix)]
    visible_settings: Option<rustix::termios::Termios>,
}

impl Interrupts {
    /// Installs the handlers with [`InterruptMode::Immediate`].
    pub(crate) fn catch(options: &Options) -> Outcome<Self> {
        let shared = Shared {
            is_interrupted: Arc::default(),
            is_pending: Arc::default(),
            is_ending: Arc::default(),
            has_blocked: AtomicBool::new(false),
            state: Mutex::default(),
            output: Output::new(options),
        };
        let interrupts = Self { shared: Arc::new(shared) };
        let failure = |error| Failure::new(Exit::Other, format!("cannot install signal handlers: {error}"));
        interrupts.register().map_err(failure)?;
        Ok(interrupts)
    }

    fn register(&self) -> io::Result<()> {
        let Shared { is_interrupted, is_pending, is_ending, .. } = &*self.shared;
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            if is_ignored(signal) {
                continue;
            }
            let code = i32::from(Exit::Interrupted as u8);
            signal_hook::flag::register_conditional_shutdown(signal, code, is_ending.clone())?;
            signal_hook::flag::register(signal, is_interrupted.clone())?;
            signal_hook::flag::register(signal, is_pending.clone())?;
        }
        let shared = self.shared.clone();
        std::thread::Builder::new()
            .name("mem0ctl-signals".to_owned())
            .spawn(move || shared.handle_signals())?;
        Ok(())
    }

    /// Whether a signal was received.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.shared.is_interrupted.load(Ordering::Relaxed)
    }

    /// Sets the mode until the guard is dropped.
    pub(crate) fn set_mode(&self, mode: InterruptMode) -> ModeGuard<'_> {
        self.shared.lock().mode = mode;
        ModeGuard { shared: &self.shared }
    }

    /// Creates a resource, such as a temporary file, together with its clean-up. The clean-up runs if a signal ends the
    /// process before the guard is dropped.
    ///
    /// Signals are handled before or after `create`, never in between. A clean-up must not use these interrupts.
    pub(crate) fn create_with_cleanup<V, E>(
        &self,
        create: impl FnOnce() -> Result<(V, Box<dyn FnOnce() + Send>), E>,
    ) -> Result<(V, CleanupGuard), E> {
        let mut state = self.shared.lock();
        let (resource, cleanup) = create()?;
        let id = state.next_cleanup;
        state.next_cleanup += 1;
        state.cleanups.insert(id, cleanup);
        Ok((resource, CleanupGuard { shared: self.shared.clone(), id }))
    }

    /// Whether changes are blocked. If so, the caller must not send its change.
    pub(crate) fn blocks_changes(&self) -> bool {
        let is_blocked = self.is_interrupted() && self.shared.lock().mode == InterruptMode::AfterChange;
        if is_blocked {
            self.shared.has_blocked.store(true, Ordering::Relaxed);
        }
        is_blocked
    }

    /// Whether a change was blocked after a signal.
    pub(crate) fn has_blocked(&self) -> bool {
        self.shared.has_blocked.load(Ordering::Relaxed)
    }

    /// Turns terminal echo off until the guard is dropped. A signal restores it too.
    #[cfg(unix)]
    pub(crate) fn hide_input(&self) -> io::Result<HiddenInput<'_>> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

        let mut state = self.shared.lock();
        let visible_settings = tcgetattr(io::stdin())?;
        let mut hidden = visible_settings.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // Discards input that was typed, and echoed, before the prompt.
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        state.visible_settings = Some(visible_settings);
        Ok(HiddenInput { shared: &self.shared })
    }
}

/// Whether this process inherited an ignored signal, as shells do with SIGINT for background jobs. Known on Linux only.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    ignored & (1 << (signal - 1)) != 0
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Handles signals until the process ends.
    fn handle_signals(&self) {
        self.wait();
        let state = self.lock();
        if state.mode == InterruptMode::Immediate {
            self.end(state, true);
        }
        drop(state);
        // Written by another thread: a blocked stderr must not delay the next signal.
        let output = self.output.clone();
        let print_message = move || {
            output
                .message("Stopping after the requests in progress; press Ctrl-C again to stop immediately.");
        };
        let _ = std::thread::Builder::new().name("mem0ctl-stopping".to_owned()).spawn(print_message);
        self.wait();
        self.end(self.lock(), false);
    }

    /// Waits for the next signal.
    fn wait(&self) {
        while !self.is_pending.swap(false, Ordering::Relaxed) {
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Ends the process. Holds the lock, so that nothing is created or hidden meanwhile.
    fn end(&self, mut state: MutexGuard<'_, State>, with_message: bool) -> ! {
        state.restore_terminal();
        for (_, cleanup) in std::mem::take(&mut state.cleanups) {
            cleanup();
        }
        // Writing to stderr may block.
        self.is_ending.store(true, Ordering::Relaxed);
        if with_message {
            let mut stderr = io::stderr();
            // The cursor may be behind a prompt.
            let line_break = if stderr.is_terminal() { "\n" } else { "" };
            let _ = writeln!(stderr, "{line_break}error: interrupted");
        }
        process::exit(i32::from(Exit::Interrupted as u8));
    }
}

impl State {
    /// Turns terminal echo back on.
    #[cfg(unix)]
    fn restore_terminal(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};

        if let Some(visible_settings) = self.visible_settings.take() {
            // Discards the rest of a secret. An error means that the terminal is closed.
            let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &visible_settings);
        }
    }

    #[cfg(not(unix))]
    #[allow(clippy::unused_self)]
    fn restore_terminal(&mut self) {}
}

/// Registration of a clean-up. Dropping the guard removes it.
pub(crate) struct CleanupGuard {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for CleanupGuard {
    fn drop(&mut self) {
        self.shared.lock().cleanups.remove(&self.id);
    }
}

/// Interrupt mode in effect until dropped.
pub(crate) struct ModeGuard<'a> {
    shared: &'a Shared,
}

impl Drop for ModeGuard<'_> {
    fn drop(&mut self) {
        self.shared.lock().mode = InterruptMode::Immediate;
    }
}

/// Terminal with echo off until dropped.
#[cfg(unix)]
pub(crate) struct HiddenInput<'a> {
    shared: &'a Shared,
}

#[cfg(unix)]
impl Drop for HiddenInput<'_> {
    fn drop(&mut self) {
        self.shared.lock().restore_terminal();
    }
}
