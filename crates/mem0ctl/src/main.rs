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

use clap::{FromArgMatches, Parser, Subcommand};

#[cfg(feature = "local")]
use crate::commands::local;
use crate::commands::{
    completions, entity, event, export, manual, member, memory, organization, plan, profile, project, pull,
    status, webhook,
};
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

#[derive(Subcommand)]
enum Command {
    /// Show the current user, organization, project, role and latency
    Status(status::Status),
    /// Manage organizations
    #[command(subcommand)]
    Org(organization::Command),
    /// Manage projects and their settings
    #[command(subcommand)]
    Project(project::Command),
    /// Manage members of a project or organization
    #[command(subcommand)]
    Member(member::Command),
    /// Manage webhooks
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Add, search and manage memories
    #[command(subcommand)]
    Memory(memory::Command),
    /// Manage users, agents, apps and runs
    #[command(subcommand)]
    Entity(entity::Command),
    /// View background events
    #[command(subcommand)]
    Event(event::Command),
    /// Export memories with a schema of your own
    #[command(subcommand)]
    Export(export::Command),
    /// Manage profiles (API key, base URL, organization, project)
    #[command(subcommand)]
    Profile(profile::Command),
    /// Preview the changes a file would make
    Plan(plan::Plan),
    /// Apply the changes in a file
    Apply(plan::Apply),
    /// Print an organization's settings as a file for `plan`
    Pull(pull::Pull),
    /// Run a platform on this machine, offline
    #[cfg(feature = "local")]
    #[command(subcommand)]
    Local(local::Command),
    /// Print a shell completion script
    Completions(completions::Completions),
    /// Print the manual, or write its pages to a directory
    Man(manual::Man),
    /// List the global options and environment variables
    #[command(hide = true)]
    Options,
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
            let outcome = run_with_session(command, &session);
            if is_read_only { outcome } else { session.finish(outcome) }
        }
    }
}

fn run_with_session(command: Command, session: &Session) -> Outcome {
    match command {
        Command::Status(command) => status::run(&command, session),
        Command::Org(command) => organization::run(command, session),
        Command::Project(command) => project::run(command, session),
        Command::Member(command) => member::run(command, session),
        Command::Webhook(command) => webhook::run(command, session),
        Command::Memory(command) => memory::run(command, session),
        Command::Entity(command) => entity::run(command, session),
        Command::Event(command) => event::run(command, session),
        Command::Export(command) => export::run(command, session),
        // `run` handles the commands that need no session.
        Command::Options | Command::Profile(_) | Command::Completions(_) | Command::Man(_) => Ok(()),
        Command::Plan(command) => plan::run(&command, session),
        Command::Apply(command) => plan::apply(&command, session),
        Command::Pull(command) => pull::run(&command, session),
        #[cfg(feature = "local")]
        Command::Local(_) => Ok(()),
    }
}
