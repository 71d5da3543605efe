//! Waiting for what the platform does in its own time.

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use mem0::client::PollPolicy;

use crate::failure::Outcome;
use crate::options::seconds;
use crate::session::Session;

/// How long to wait.
#[derive(Args, Debug, Clone)]
pub(crate) struct Patience {
    /// How long to wait; the platform goes on afterwards
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds, default_value = "120")]
    patience: Duration,
}

impl Patience {
    pub(crate) fn policy(&self) -> PollPolicy {
        PollPolicy::default().deadline(self.patience)
    }
}

/// Whether to wait, for a command that need not.
#[derive(Args, Debug, Clone)]
pub(crate) struct Waiting {
    /// Wait until it is done
    #[arg(long)]
    pub(crate) wait: bool,
    /// How long to wait; the platform goes on afterwards
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds, default_value = "120", requires = "wait")]
    patience: Duration,
}

impl Waiting {
    pub(crate) fn policy(&self) -> PollPolicy {
        PollPolicy::default().deadline(self.patience)
    }
}

/// Does what takes a while, and says on a terminal that it does.
pub(crate) fn waiting_for<V>(
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
    spinner.set_message(crate::output::visible::visible(what));
    spinner.enable_steady_tick(Duration::from_millis(120));
    let outcome = work();
    spinner.finish_and_clear();
    Ok(outcome?)
}
