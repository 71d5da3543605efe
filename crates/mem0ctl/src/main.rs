//! `mem0ctl`: command line of the Mem0 Platform.

mod commands;
mod config;
mod dry_run;
mod environment;
mod failure;
mod help;
mod input;
mod interrupts;
mod options;
mod output;
mod session;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{FromArgMatches, Parser};

#[cfg(feature = "local")]
use crate::commands::local;
use crate::commands::{Command, completions, manual, memory, profile};
use crate::failure::{Exit, Failure, Outcome};
use crate::input::args;
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::session::Session;

/// Work with the Mem0 Platform from the command line
#[derive(Parser)]
#[command(name = "mem0ctl", version, arg_required_else_help = true, max_term_width = 80, after_help = help::EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    // `NO_COLOR` takes precedence over `CLICOLOR_FORCE`.
    if environment::variable("NO_COLOR").is_some() {
        console::set_colors_enabled(false);
    }
    let Arguments { command, options } = match parse() {
        Ok(arguments) => arguments,
        Err(error) => return report_parse_error(&error),
    };
    match run(command, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure),
    }
}

fn parse() -> Result<Arguments, clap::Error> {
    let arguments = args::normalize(help::full_command(), std::env::args_os());
    let mut matches = help::command().try_get_matches_from(arguments)?;
    Arguments::from_arg_matches_mut(&mut matches)
}

/// Prints the help, the version, or a usage error.
fn report_parse_error(error: &clap::Error) -> ExitCode {
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::OutputClosed };
    // A usage error has its exit code even if stderr is closed. Help is a result.
    match error.print().map_err(|error| output::write_failure(&error)) {
        Err(failure) if exit == Exit::OutputClosed => report(&failure),
        _ => exit.into(),
    }
}

/// Prints an error and returns its exit code.
fn report(failure: &Failure) -> ExitCode {
    if !failure.message.is_empty() {
        // `eprintln!` panics if stderr is closed.
        let _ = writeln!(io::stderr(), "error: {}", output::escape::escape_line(&failure.message));
    }
    failure.exit.into()
}

fn run(command: Command, options: Options) -> Outcome {
    match command {
        #[cfg(feature = "local")]
        Command::Local(command) => local::run(command, &options),
        Command::Profile(command) => profile::run(command, &options, &Interrupts::catch(&options)?),
        Command::Completions(command) => completions::run(&command, help::full_command()),
        Command::Options => help::print_global_options(),
        Command::Man(command) => manual::run(&command, help::full_command(), &options),
        command => {
            let options = match &command {
                Command::Memory(memory::Command::Copy(copy)) => copy.source(&options),
                _ => options,
            };
            let interrupts = Interrupts::catch(&options)?;
            let session = Session::new(options, interrupts)?;
            // These commands change nothing, so a dry run has no requests to list.
            let is_read_only = matches!(
                command,
                Command::Plan(_) | Command::Pull(_) | Command::Memory(memory::Command::Export(_))
            );
            let outcome = commands::run(command, &session);
            if is_read_only { outcome } else { session.finish(outcome) }
        }
    }
}
