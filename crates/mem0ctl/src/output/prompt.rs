//! Prompts on the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::failure::{Exit, Failure, Outcome};
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::output::escape::escape_line;
use crate::session::Session;

/// Asks for confirmation. `--yes` and `--dry-run` skip the prompt.
pub(crate) fn confirm(session: &Session, question: &str) -> Outcome {
    confirm_with_options(&session.options, question)
}

/// Asks for confirmation without a session.
pub(crate) fn confirm_with_options(options: &Options, question: &str) -> Outcome {
    if options.yes || options.dry_run {
        return Ok(());
    }
    if !is_interactive() {
        let stream = if io::stdin().is_terminal() { "stderr" } else { "stdin" };
        let message =
            format!("{stream} is not a terminal; pass --yes to confirm, or --dry-run to preview: {question}");
        return Err(Failure::new(Exit::Declined, message));
    }
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{} [y/N] ", escape_line(question));
    let _ = stderr.flush();
    let mut line = String::new();
    // A read error counts as no.
    let _ = io::stdin().lock().read_line(&mut line);
    if matches!(line.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(cancelled())
}

/// Reports a declined confirmation.
fn cancelled() -> Failure {
    print_line("Cancelled.");
    Failure::new(Exit::Declined, "")
}

/// Prints a line above a prompt, with `--quiet` too.
pub(crate) fn print_line(line: &str) {
    let _ = writeln!(io::stderr(), "{}", escape_line(line));
}

/// Asks for a text and compares it with the expected one.
pub(crate) fn confirm_by_typing(question: &str, is_expected: impl FnOnce(&str) -> bool) -> Outcome {
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{} ", escape_line(question));
    let _ = stderr.flush();
    let mut line = String::new();
    // A read error counts as no.
    let _ = io::stdin().lock().read_line(&mut line);
    match line.trim() {
        "" => Err(cancelled()),
        text if is_expected(text) => Ok(()),
        _ => Err(Failure::new(
            Exit::Declined,
            "the typed text does not match the name or ID; nothing was deleted",
        )),
    }
}

/// Whether stdin and stderr are terminals.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Reads a line without echo. `None` if stdin is not a terminal.
pub(crate) fn read_secret(
    interrupts: &Interrupts,
    question: &str,
    alternative: &str,
) -> Outcome<Option<String>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    if !is_interactive() {
        let message = format!("stderr is not a terminal; {alternative}");
        return Err(Failure::new(Exit::Declined, message));
    }
    let failure = |error: io::Error| Failure::usage(format!("cannot read from the terminal: {error}"));
    read_hidden(interrupts, question).map(Some).map_err(failure)
}

#[cfg(unix)]
fn read_hidden(interrupts: &Interrupts, question: &str) -> io::Result<String> {
    let echo_off = interrupts.hide_input()?;
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{} ", escape_line(question));
    let _ = stderr.flush();
    let mut line = String::new();
    let result = io::stdin().lock().read_line(&mut line);
    drop(echo_off);
    // The line break was not echoed either.
    let _ = writeln!(stderr);
    result.map(|_| line)
}

#[cfg(not(unix))]
fn read_hidden(_: &Interrupts, question: &str) -> io::Result<String> {
    let _ = write!(io::stderr(), "{} ", escape_line(question));
    console::Term::stderr().read_secure_line()
}

/// Asks for confirmation with warnings before the question. Prints the warnings if the prompt is skipped.
pub(crate) fn confirm_with_warnings(session: &Session, warnings: &[String], question: &str) -> Outcome {
    if session.options.yes || session.options.dry_run {
        for warning in warnings {
            session.output.message(&format!("warning: {warning}"));
        }
        return Ok(());
    }
    let lines: Vec<&str> = warnings.iter().map(String::as_str).chain([question]).collect();
    confirm(session, &lines.join(" "))
}
