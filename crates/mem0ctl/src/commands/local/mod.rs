//! `mem0ctl local`: the offline platform.

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
use crate::output::escape::escape_json;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the platform until Ctrl-C or SIGTERM
    ///
    /// Prints one line of JSON when ready: the URL, the IDs of the default
    /// organization and project, an OWNER's and a READER's key for the project, and
    /// the key of an OWNER of another organization.
    #[command(verbatim_doc_comment)]
    Serve(serve::Serve),
    /// Create a data file from seed data
    Seed(data::Seed),
    /// Print the content of a data file as JSON
    Dump(data::DumpFile),
    /// Replace the content of a data file with a dump
    Load(data::Load),
    /// Record requests to a platform in a cassette
    ///
    /// Prints one line of JSON with its URL when ready, and records until Ctrl-C or
    /// SIGTERM. `mem0ctl local serve --replay FILE.jsonl` replays the cassette.
    #[command(verbatim_doc_comment)]
    Record(record::Record),
}

/// Runs a command. Needs no API key.
pub(crate) fn run(command: Command, options: &Options) -> Outcome {
    // `serve` and `record` handle signals themselves.
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

fn failure_of(error: LocalError) -> Failure {
    let exit = match error {
        LocalError::NotLoopback { address, .. } => {
            return Failure::usage(format!(
                "{address} is reachable from other machines; listen on a loopback address such as 127.0.0.1:0"
            ));
        }
        LocalError::File { path, source, .. } => {
            return Failure::file(format!("cannot access {}: {source}", path.display()));
        }
        LocalError::Invalid { .. } => Exit::Usage,
        LocalError::Listen { .. } | LocalError::Thread { .. } => Exit::Other,
        // Data file, seed data, dump and cassette.
        _ => Exit::File,
    };
    Failure::new(exit, with_sources(&error))
}

/// Parses an address with a port: an IP address or a loopback name. Other names would need DNS resolution.
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

/// Prints the line of JSON that announces a server.
fn announce(announcement: &impl Serialize) -> Outcome {
    let write = || -> io::Result<()> {
        let line = escape_json(&serde_json::to_string(announcement)?);
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}")?;
        stdout.flush()
    };
    write().map_err(|error| Failure::file(format!("cannot write the startup line: {error}")))
}
