//! `mem0ctl local record`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use mem0_local::{LocalError, Recorder};
use serde::Serialize;

use crate::commands::local::signals::Signals;
use crate::commands::local::{announce, failure_of, listen_address};
use crate::config::ca_file::CaFile;
use crate::failure::{Failure, Outcome};
use crate::options::Options;
use crate::output::Output;

#[derive(Args)]
#[command(after_help = "\
Examples:
  mem0ctl local record --upstream https://api.mem0.ai --to team.jsonl
  mem0ctl local record --upstream http://127.0.0.1:8080 --to team.jsonl
  mem0ctl local serve --replay team.jsonl

Set MEM0_BASE_URL to the printed URL and keep your API key: it is forwarded and
not recorded. E-mail addresses are replaced by pseudonyms; other texts are
recorded as they are, so review the file before you share it. --timeout limits
the response of the platform; --ca-file applies to the connection to it.")]
pub(crate) struct Record {
    /// Platform to record: https, or http on this machine
    #[arg(long, value_name = "URL")]
    upstream: String,

    /// Loopback address to listen on; port 0 selects a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = listen_address)]
    listen: SocketAddr,

    /// Additional host name to accept requests for; can be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    /// New cassette file: one line of JSON per exchange
    #[arg(long, value_name = "FILE.jsonl", default_value = "cassette.jsonl")]
    to: PathBuf,
}

/// Startup line of the recorder.
#[derive(Serialize)]
struct RecorderAnnouncement<'a> {
    url: &'a str,
    upstream: &'a str,
}

pub(super) fn run(arguments: Record, options: &Options) -> Outcome {
    let signals = Signals::install()?;
    // A dangling link counts as an existing file.
    if arguments.to.symlink_metadata().is_ok() {
        let file = arguments.to.display();
        return Err(Failure::file(format!(
            "{file} already exists; pass --to with a new file, or delete this one"
        )));
    }
    let mut builder = Recorder::builder(&arguments.upstream, &arguments.to).listen(arguments.listen);
    for name in &arguments.allow_host {
        builder = builder.allow_host(name);
    }
    if let Some(timeout) = options.timeout {
        builder = builder.timeout(timeout);
    }
    let ca_file = CaFile::from_options(options);
    if let Some(file) = &ca_file {
        builder = builder.add_root_certificate_pem(file.read()?);
    }
    let mut recorder = builder.start().map_err(|error| match (&ca_file, error) {
        (Some(file), LocalError::Invalid { field: "root_certificate", message, .. }) => {
            file.failure(&message)
        }
        (_, error) => failure_of(error),
    })?;
    announce(&RecorderAnnouncement { url: recorder.url(), upstream: &arguments.upstream })?;
    signals.wait();
    recorder.stop();
    if let Some(message) = recorder.failure() {
        return Err(Failure::file(message));
    }
    let count = match recorder.recorded() {
        1 => "1 exchange".to_owned(),
        number => format!("{number} exchanges"),
    };
    Output::new(options).message(&format!("Recorded {count} in {}.", arguments.to.display()));
    Ok(())
}
