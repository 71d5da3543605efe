//! `mem0ctl`: the Mem0 Platform from the command line.

mod local;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The Mem0 Platform from the command line.
#[derive(Parser)]
#[command(name = "mem0ctl", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The platform itself, on this machine
    #[command(subcommand)]
    Local(local::Command),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Local(command) => local::run(command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            // Nobody may be there to read it, which `eprintln!` would panic about.
            let _ = writeln!(io::stderr(), "mem0ctl: {sentence}");
            ExitCode::FAILURE
        }
    }
}
