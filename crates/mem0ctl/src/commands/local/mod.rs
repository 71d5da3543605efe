//! `mem0ctl local`: the platform itself, on this machine.

mod data;
mod record;
mod serve;
mod signals;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};

use clap::Subcommand;
use mem0_local::LocalError;
use serde::Serialize;

use crate::failure::{Exit, Failure, Outcome, with_sources};
use crate::interrupts::Interrupts;
use crate::options::Options;
use crate::output::visible::visible_json;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serves the platform until SIGINT or SIGTERM
    ///
    /// Prints one line of JSON once it is ready: the URL, the identifiers of the default
    /// organization and project, an OWNER's and a READER's key for that project, and the key of
    /// an OWNER of another organization.
    #[command(verbatim_doc_comment)]
    Serve(serve::Serve),
    /// Makes a data file with content of your own
    Seed(data::Seed),
    /// Prints everything that a data file holds
    Dump(data::DumpFile),
    /// Replaces everything in a data file by a dump
    Load(data::Load),
    /// Passes requests on to a platform, and writes a cassette of them
    ///
    /// Prints one line of JSON once it is ready, with its URL, and records until SIGINT or SIGTERM.
    /// The cassette is answered from by `mem0ctl local serve --replay FILE.jsonl`.
    #[command(verbatim_doc_comment)]
    Record(record::Record),
}

/// Runs a command. It needs no key, and no platform but its own.
pub(crate) fn run(command: Command, options: &Options) -> Outcome {
    // What serves has a meaning of its own for signals.
    if !matches!(command, Command::Serve(_) | Command::Record(_)) {
        Interrupts::catch(options)?;
    }
    match command {
        Command::Serve(arguments) => serve::run(arguments, options),
        Command::Seed(arguments) => data::seed(&arguments, options),
        Command::Dump(arguments) => data::dump(&arguments, options),
        Command::Load(arguments) => data::load(&arguments, options),
        Command::Record(arguments) => record::run(arguments, options),
    }
}

fn failed(error: LocalError) -> Failure {
    let exit = match error {
        LocalError::NotLoopback { address, .. } => {
            return Failure::usage(format!(
                "{address} can be reached from other machines: listen on a loopback address such as 127.0.0.1:0"
            ));
        }
        LocalError::File { path, source, .. } => {
            return Failure::file(format!("{}: {source}", path.display()));
        }
        LocalError::Invalid { .. } => Exit::Usage,
        LocalError::Listen { .. } | LocalError::Thread { .. } => Exit::Other,
        // The data file, the seed, the dump, the cassette.
        _ => Exit::File,
    };
    Failure::new(exit, with_sources(&error))
}

/// Reads an address with a port: an IP address, or a name for loopback. Other names would have to be looked up, and
/// could be anybody's.
fn listen_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (host, port) = text.rsplit_once(':').ok_or("expected ADDRESS:PORT, such as 127.0.0.1:8080")?;
    let port = port.parse().map_err(|_| "expected a port from 0 to 65535")?;
    let host = host.to_ascii_lowercase();
    if host == "localhost" || host.ends_with(".localhost") {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    Err("expected a loopback name or an IP address, such as localhost:8080".to_owned())
}

/// Prints the line of JSON that says what was started.
fn announce(announcement: &impl Serialize) -> Outcome {
    let write = || -> io::Result<()> {
        let line = visible_json(&serde_json::to_string(announcement)?);
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}")?;
        stdout.flush()
    };
    write().map_err(|error| Failure::file(format!("the announcement can't be written: {error}")))
}
