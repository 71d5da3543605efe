//! Questions to the person at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::failure::{Exit, Failure, Outcome};
use crate::options::Options;
use crate::session::Session;

/// Asks whether to go on with something that can't be undone. `--yes` answers for the person, and a dry run destroys
/// nothing.
pub(crate) fn confirm(session: &Session, question: &str) -> Outcome {
    agreed(&session.options, question)
}

/// The same, where no platform is needed.
pub(crate) fn agreed(options: &Options, question: &str) -> Outcome {
    if options.yes || options.dry_run {
        return Ok(());
    }
    // Who does not see the question can't answer it.
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
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

/// As [`confirm`], with what is special about this case before the question. Who is not asked is told all the same.
pub(crate) fn confirm_warned(session: &Session, warnings: &[String], question: &str) -> Outcome {
    if session.options.yes || session.options.dry_run {
        for warning in warnings {
            session.output.message(warning);
        }
        return Ok(());
    }
    let said: Vec<&str> = warnings.iter().map(String::as_str).chain([question]).collect();
    confirm(session, &said.join(" "))
}
