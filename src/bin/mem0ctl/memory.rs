//! `mem0ctl memory`: memories of the key's own project.

use clap::Subcommand;

use crate::failure::Outcome;
use crate::memory_copy::{self, Copy};
use crate::memory_export::{self, Export};
use crate::memory_import::{self, Import};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Adds memories from a file, one JSON object a line
    Import(Import),
    /// Writes memories as JSON lines, which an import reads
    Export(Export),
    /// Copies memories from one profile's project to another's
    Copy(Copy),
}

pub(crate) fn run(command: Command, session: &Session) -> Outcome {
    match command {
        Command::Import(command) => memory_import::run(&command, session),
        Command::Export(command) => memory_export::run(&command, session),
        Command::Copy(command) => memory_copy::run(&command, session),
    }
}
