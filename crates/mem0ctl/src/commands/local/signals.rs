//! Waiting for SIGINT or SIGTERM.

use std::io;

use crate::failure::{Exit, Failure, Outcome};

/// Signals that end a server. They are handled from creation on.
pub(super) struct Signals {
    runtime: tokio::runtime::Runtime,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn install() -> Outcome<Self> {
        let failure = |error| Failure::new(Exit::Other, format!("cannot install signal handlers: {error}"));
        Self::new().map_err(failure)
    }

    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let guard = runtime.enter();
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        drop(guard);
        Ok(Self { runtime, interrupt, terminate })
    }

    #[cfg(unix)]
    pub(super) fn wait(mut self) {
        self.runtime.block_on(async {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
        });
    }

    #[cfg(not(unix))]
    fn new() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime })
    }

    #[cfg(not(unix))]
    pub(super) fn wait(self) {
        // An error means that the signal cannot be received.
        let _ = self.runtime.block_on(tokio::signal::ctrl_c());
    }
}
