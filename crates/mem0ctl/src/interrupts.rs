//! Ctrl-C and SIGTERM: an end before its time, with a sentence and an exit code.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::failure::{Exit, Failure, Outcome};
use crate::options::Options;
use crate::output::Output;

/// How often somebody looks whether there was a signal.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// What the first signal does. The second one ends the command at once, whatever it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Manner {
    /// It ends the command at once.
    #[default]
    AtOnce,
    /// The change under way is finished, and nothing more is changed.
    AfterChange,
    /// Whoever is at work looks for it and comes to an end.
    AfterWork,
}

/// The signals of this process. Clones are the same.
#[derive(Clone)]
pub(crate) struct Interrupts {
    shared: Arc<Shared>,
}

struct Shared {
    is_asked: Arc<AtomicBool>,
    /// Set by each signal, and reset by the thread that handles them.
    is_pending: Arc<AtomicBool>,
    /// Set once the clean-ups are done: from then on a signal ends the process in its handler.
    is_ending: Arc<AtomicBool>,
    has_refused: AtomicBool,
    state: Mutex<State>,
    output: Output,
}

#[derive(Default)]
struct State {
    manner: Manner,
    /// Clean-ups to run where a signal ends the process, by number.
    cleanups: BTreeMap<u64, Box<dyn FnOnce() + Send>>,
    next_cleanup: u64,
    /// The settings of a terminal that shows what is typed, while it does not.
    #[cfg(unix)]
    shown: Option<rustix::termios::Termios>,
}

impl Interrupts {
    /// From now on signals have the meaning of [`Manner::AtOnce`].
    pub(crate) fn catch(options: &Options) -> Outcome<Self> {
        let shared = Shared {
            is_asked: Arc::default(),
            is_pending: Arc::default(),
            is_ending: Arc::default(),
            has_refused: AtomicBool::new(false),
            state: Mutex::default(),
            output: Output::new(options),
        };
        let interrupts = Self { shared: Arc::new(shared) };
        let uncaught = |error| Failure::new(Exit::Other, format!("Signals can't be caught: {error}."));
        interrupts.register().map_err(uncaught)?;
        Ok(interrupts)
    }

    fn register(&self) -> io::Result<()> {
        let Shared { is_asked, is_pending, is_ending, .. } = &*self.shared;
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            if is_ignored(signal) {
                continue;
            }
            let code = i32::from(Exit::Interrupted as u8);
            signal_hook::flag::register_conditional_shutdown(signal, code, is_ending.clone())?;
            signal_hook::flag::register(signal, is_asked.clone())?;
            signal_hook::flag::register(signal, is_pending.clone())?;
        }
        let shared = self.shared.clone();
        std::thread::Builder::new().name("mem0ctl-signals".to_owned()).spawn(move || shared.attend())?;
        Ok(())
    }

    /// Whether there was a signal.
    pub(crate) fn is_asked(&self) -> bool {
        self.shared.is_asked.load(Ordering::Relaxed)
    }

    /// Until the answer is dropped, a first signal does this.
    pub(crate) fn patient(&self, manner: Manner) -> Patient<'_> {
        self.shared.lock().manner = manner;
        Patient { shared: &self.shared }
    }

    /// Makes something that a signal must not leave behind, such as a temporary file, and the clean-up for it, which
    /// runs where a signal ends the process before the guard is dropped.
    ///
    /// Signals are handled before or after `create`, never in between. A clean-up can not use these interrupts.
    pub(crate) fn guarded<V, E>(
        &self,
        create: impl FnOnce() -> Result<(V, Box<dyn FnOnce() + Send>), E>,
    ) -> Result<(V, CleanupGuard), E> {
        let mut state = self.shared.lock();
        let (made, cleanup) = create()?;
        let number = state.next_cleanup;
        state.next_cleanup += 1;
        state.cleanups.insert(number, cleanup);
        Ok((made, CleanupGuard { shared: self.shared.clone(), number }))
    }

    /// Whether a change is not to be sent any more. Who asks does not send it.
    pub(crate) fn refuses_change(&self) -> bool {
        let is_refused = self.is_asked() && self.shared.lock().manner == Manner::AfterChange;
        if is_refused {
            self.shared.has_refused.store(true, Ordering::Relaxed);
        }
        is_refused
    }

    /// Whether a change was not sent since there was a signal.
    pub(crate) fn has_refused(&self) -> bool {
        self.shared.has_refused.load(Ordering::Relaxed)
    }

    /// Until the answer is dropped, the terminal does not show what is typed. Whoever interrupts that has it back as
    /// it was.
    #[cfg(unix)]
    pub(crate) fn hide(&self) -> io::Result<Hidden<'_>> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

        let mut state = self.shared.lock();
        let shown = tcgetattr(io::stdin())?;
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // What was typed ahead, and shown, is not taken for the answer.
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        state.shown = Some(shown);
        Ok(Hidden { shared: &self.shared })
    }
}

/// Whether whoever started this process has it ignore a signal, as a shell does with SIGINT for what runs in the
/// background. Linux tells; elsewhere it can't be found out by safe code.
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

    /// Handles signals for as long as the process lives.
    fn attend(&self) {
        self.wait();
        let state = self.lock();
        if state.manner == Manner::AtOnce {
            self.end(state, true);
        }
        drop(state);
        // Written by another thread: nobody may read it, and the next signal is handled all the same.
        let output = self.output.clone();
        let tell = move || output.message("Stopping after what is under way; once more to stop at once.");
        let _ = std::thread::Builder::new().name("mem0ctl-stopping".to_owned()).spawn(tell);
        self.wait();
        self.end(self.lock(), false);
    }

    /// Waits for the next signal.
    fn wait(&self) {
        while !self.is_pending.swap(false, Ordering::Relaxed) {
            std::thread::sleep(TICK);
        }
    }

    /// Ends the process. The lock is kept until then: nobody hides or makes anything from now on.
    fn end(&self, mut state: MutexGuard<'_, State>, is_told: bool) -> ! {
        state.show();
        for (_, cleanup) in std::mem::take(&mut state.cleanups) {
            cleanup();
        }
        // Nobody may read what is written next.
        self.is_ending.store(true, Ordering::Relaxed);
        if is_told {
            let mut stderr = io::stderr();
            // What was typed last, or a question, is on the line.
            let beginning = if stderr.is_terminal() { "\n" } else { "" };
            let _ = writeln!(stderr, "{beginning}mem0ctl: Interrupted.");
        }
        process::exit(i32::from(Exit::Interrupted as u8));
    }
}

impl State {
    /// Has the terminal show again what is typed.
    #[cfg(unix)]
    fn show(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};

        if let Some(shown) = self.shown.take() {
            // What is left of what nobody should see goes nowhere else. Where the terminal is gone, nothing is lost.
            let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &shown);
        }
    }

    #[cfg(not(unix))]
    #[allow(clippy::unused_self)]
    fn show(&mut self) {}
}

/// Keeps a clean-up for the case that a signal ends the process; dropping the guard forgets it.
pub(crate) struct CleanupGuard {
    shared: Arc<Shared>,
    number: u64,
}

impl Drop for CleanupGuard {
    fn drop(&mut self) {
        self.shared.lock().cleanups.remove(&self.number);
    }
}

/// Somebody who comes to an end by themselves.
pub(crate) struct Patient<'a> {
    shared: &'a Shared,
}

impl Drop for Patient<'_> {
    fn drop(&mut self) {
        self.shared.lock().manner = Manner::AtOnce;
    }
}

/// A terminal that does not show what is typed.
#[cfg(unix)]
pub(crate) struct Hidden<'a> {
    shared: &'a Shared,
}

#[cfg(unix)]
impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        self.shared.lock().show();
    }
}
