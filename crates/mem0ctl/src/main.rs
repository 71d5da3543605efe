//! `mem0ctl`: the Mem0 Platform from the command line.

mod commands;
mod config;
mod environment;
mod failure;
mod input;
mod interrupts;
mod options;
mod output;
mod session;
mod wire;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

#[cfg(feature = "local")]
use crate::commands::local;
use crate::commands::{Command, completions, manual, memory, profile};
use crate::failure::{Exit, Failure, Outcome};
use crate::input::words;
use crate::interrupts::Interrupts;
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
Network:
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY
                 Proxy to reach the platform through, as a URL: http://user:password@host:port,
                 or with https, socks5 or socks5h in place of http
  NO_PROXY       Hosts to connect to directly: domains with their subdomains, IP addresses, CIDR
                 ranges or *, separated by commas. Loopback addresses always are
  SSL_CERT_FILE, SSL_CERT_DIR
                 Certificates to trust in place of the operating system's, on Linux. --ca-file and
                 MEM0_CA_FILE add to them

Exit codes:
  0 done · 1 anything else · 2 wrong usage · 3 not authenticated · 4 not allowed · 5 not found
  6 rate limited · 7 network · 8 you said no, or could not be asked · 9 partly done
  10 plan: there are changes · 11 a file is unreadable or wrong · 12 the platform has failed
  130 interrupted";

fn main() -> ExitCode {
    // Whoever wants no colours gets none, even where somebody else forces them.
    if environment::variable("NO_COLOR").is_some() {
        console::set_colors_enabled(false);
    }
    let Arguments { command, options } = match parsed() {
        Ok(arguments) => arguments,
        Err(unparsed) => return explained(&unparsed),
    };
    match run(command, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ended_by(&failure),
    }
}

fn parsed() -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(words::arranged(Arguments::command(), std::env::args_os()))
}

/// Prints help, the version, or what is wrong with the command line.
fn explained(unparsed: &clap::Error) -> ExitCode {
    let exit = if unparsed.use_stderr() { Exit::Usage } else { Exit::Enough };
    // What is wrong with the command line is wrong whether or not anybody reads it; help is a result.
    match unparsed.print().map_err(|error| output::unwritable(&error)) {
        Err(failure) if exit == Exit::Enough => ended_by(&failure),
        _ => exit.into(),
    }
}

fn ended_by(failure: &Failure) -> ExitCode {
    if !failure.sentence.is_empty() {
        // Nobody may be there to read it, which `eprintln!` would panic about.
        let _ = writeln!(io::stderr(), "mem0ctl: {}", output::visible::visible(&failure.sentence));
    }
    failure.exit.into()
}

fn run(command: Command, options: Options) -> Outcome {
    match command {
        #[cfg(feature = "local")]
        Command::Local(command) => local::run(command, &options),
        Command::Profile(command) => profile::run(command, &options, &Interrupts::catch(&options)?),
        Command::Completions(command) => completions::run(&command, Arguments::command()),
        Command::Man(command) => manual::run(&command, Arguments::command(), &options),
        command => {
            let options = match &command {
                Command::Memory(memory::Command::Copy(copy)) => copy.source(&options),
                _ => options,
            };
            let interrupts = Interrupts::catch(&options)?;
            let session = Session::new(options, interrupts)?;
            // What these print is all there is to tell: they send no change, dry run or not.
            let is_all = matches!(
                command,
                Command::Plan(_) | Command::Pull(_) | Command::Memory(memory::Command::Export(_))
            );
            let outcome = commands::run(command, &session);
            if is_all { outcome } else { session.end(outcome) }
        }
    }
}
