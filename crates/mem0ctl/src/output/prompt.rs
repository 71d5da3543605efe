//! Questions to the person at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::failure::{Exit, Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::output::visible::visible;
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
    if !is_anybody_here() {
        return Err(Failure::new(
            Exit::Declined,
            format!("{question} Nobody is here to ask: say --yes, or --dry-run to see what would be sent."),
        ));
    }
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{} [y/N] ", visible(question));
    let _ = stderr.flush();
    let mut answer = String::new();
    // An unreadable answer is none.
    let _ = io::stdin().lock().read_line(&mut answer);
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(Exit::Declined, "Nothing was done."))
}

/// Tells the person who is asked something, in `--quiet` too.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", visible(line));
}

/// Asks for a text to be typed, and goes on where it is the one that is expected.
pub(crate) fn typed(question: &str, is_it: impl FnOnce(&str) -> bool) -> Outcome {
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{} ", visible(question));
    let _ = stderr.flush();
    let mut answer = String::new();
    // An unreadable answer is none.
    let _ = io::stdin().lock().read_line(&mut answer);
    match answer.trim() {
        "" => Err(Failure::new(Exit::Declined, "Nothing was done.")),
        answer if is_it(answer) => Ok(()),
        _ => Err(Failure::new(Exit::Declined, "That is another name. Nothing was done.")),
    }
}

/// Whether somebody sees what is asked, and can answer.
pub(crate) fn is_anybody_here() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a line that is not shown while it is typed. `None` where stdin is no terminal.
pub(crate) fn hidden(interrupts: &Interrupts, question: &str, otherwise: &str) -> Outcome<Option<String>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    if !is_anybody_here() {
        let sentence = format!("{question} Nobody is here to ask: {otherwise}");
        return Err(Failure::new(Exit::Declined, sentence));
    }
    let unread = |error: io::Error| Failure::usage(format!("What was typed can't be read: {error}."));
    read_hidden(interrupts, question).map(Some).map_err(unread)
}

#[cfg(unix)]
fn read_hidden(interrupts: &Interrupts, question: &str) -> io::Result<String> {
    let hidden = interrupts.hide()?;
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{} ", visible(question));
    let _ = stderr.flush();
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    drop(hidden);
    // The end of the line was not shown either.
    let _ = writeln!(stderr);
    read.map(|_| line)
}

#[cfg(not(unix))]
fn read_hidden(_: &Interrupts, question: &str) -> io::Result<String> {
    let _ = write!(io::stderr(), "{} ", visible(question));
    console::Term::stderr().read_secure_line()
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
