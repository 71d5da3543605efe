//! Waiting for background work of the platform, with a spinner.

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use mem0::client::PollPolicy;

use crate::failure::Outcome;
use crate::options::seconds;
use crate::session::Session;

/// Options of a command that waits.
#[derive(Args, Debug, Clone)]
pub(crate) struct WaitArgs {
    /// Maximum time to wait; the work continues afterwards
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds, default_value = "120")]
    wait_timeout: Duration,
}

impl WaitArgs {
    pub(crate) fn policy(&self) -> PollPolicy {
        PollPolicy::default().deadline(self.wait_timeout)
    }
}

/// Options of a command that can wait.
#[derive(Args, Debug, Clone)]
pub(crate) struct OptionalWaitArgs {
    /// Wait for completion
    #[arg(long)]
    pub(crate) wait: bool,
    /// Maximum time to wait; the work continues afterwards
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds, default_value = "120", requires = "wait")]
    wait_timeout: Duration,
}

impl OptionalWaitArgs {
    pub(crate) fn policy(&self) -> PollPolicy {
        PollPolicy::default().deadline(self.wait_timeout)
    }
}

/// Runs slow work with a spinner on a terminal.
pub(crate) fn with_spinner<V>(
    session: &Session,
    what: &str,
    work: impl FnOnce() -> mem0::Result<V>,
) -> Outcome<V> {
    let spinner = if session.options.quiet || !io::stderr().is_terminal() {
        ProgressBar::hidden()
    } else {
        let style = ProgressStyle::with_template("{spinner} Waiting for {msg}, {elapsed}");
        ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
    };
    spinner.set_message(crate::output::escape::escape_line(what));
    spinner.enable_steady_tick(Duration::from_millis(120));
    let outcome = work();
    spinner.finish_and_clear();
    Ok(outcome?)
}
