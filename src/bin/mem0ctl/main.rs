//! `mem0ctl`: the Mem0 Platform from the command line.

mod failure;
#[cfg(feature = "local")]
mod local;
mod memory;
mod memory_copy;
mod memory_export;
mod memory_import;
mod options;
mod organization;
mod output;
mod prompt;
mod session;
mod settings;
mod status;
mod watching;
mod wire;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{Failure, Outcome};
use crate::options::Options;
use crate::session::Session;

/// The Mem0 Platform from the command line
#[derive(Parser)]
#[command(name = "mem0ctl", version, arg_required_else_help = true, max_term_width = 100, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: Options,
}

const AFTER_HELP: &str = "\
Exit codes:
  0 done · 1 anything else · 2 wrong usage · 3 not authenticated · 4 not allowed · 5 not found
  6 rate limited · 7 network · 8 you said no, or could not be asked · 9 partly done
  10 plan: there are changes · 11 a file is unreadable or wrong · 12 the platform has failed
  130 interrupted";

#[derive(Subcommand)]
enum Command {
    /// Shows who you are: organization, project, role and latency
    Status(status::Status),
    /// Organizations
    #[command(subcommand)]
    Org(organization::Command),
    /// Memories of the project
    #[command(subcommand)]
    Memory(memory::Command),
    /// The platform itself, on this machine
    #[cfg(feature = "local")]
    #[command(subcommand)]
    Local(local::Command),
}

fn main() -> ExitCode {
    let Arguments { command, options } = Arguments::parse();
    match run(command, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.sentence.is_empty() {
                // Nobody may be there to read it, which `eprintln!` would panic about.
                let _ = writeln!(io::stderr(), "mem0ctl: {}", output::harmless(&failure.sentence));
            }
            failure.exit.into()
        }
    }
}

fn run(command: Command, options: Options) -> Outcome {
    match command {
        #[cfg(feature = "local")]
        Command::Local(command) => {
            local::run(command).map_err(|sentence| Failure::new(failure::Exit::Other, sentence))
        }
        command => {
            let session = Session::new(options)?;
            on_the_platform(command, &session)?;
            session.end()
        }
    }
}

fn on_the_platform(command: Command, session: &Session) -> Outcome {
    match command {
        Command::Status(command) => status::run(&command, session),
        Command::Org(command) => organization::run(command, session),
        Command::Memory(command) => memory::run(command, session),
        #[cfg(feature = "local")]
        Command::Local(_) => Ok(()),
    }
}
