//! Questions to the person at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::failure::{Exit, Failure, Outcome};
use crate::options::Options;
use crate::session::Session;

/// Asks whether to go on with something that can't be undone. `--yes` answers for the person, and a dry run destroys
/// nothing.
pub(crate) fn confirm(session: &Session, question: &str) -> Outcome {
    ask(&session.options, question)
}

/// The same, where there is no session.
pub(crate) fn ask(options: &Options, question: &str) -> Outcome {
    if options.yes || options.dry_run {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Declined,
            format!("{question} Nobody is here to ask: say --yes, or --dry-run to see what would be sent."),
        ));
    }
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{} [y/N] ", crate::output::harmless(question));
    let _ = stderr.flush();
    let mut answer = String::new();
    // An unreadable answer is none.
    let _ = io::stdin().lock().read_line(&mut answer);
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(Exit::Declined, "Nothing was done."))
}
