//! `mem0ctl local record`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use mem0_local::{LocalError, Recorder};
use serde::Serialize;

use crate::commands::local::signals::Signals;
use crate::commands::local::{announce, failed, listen_address};
use crate::config::ca_file::CaFile;
use crate::failure::{Failure, Outcome};
use crate::options::Options;
use crate::output::Output;

#[derive(Args)]
#[command(after_help = "\
Examples:
  mem0ctl local record --upstream https://api.mem0.ai --to team.jsonl
  mem0ctl local record --upstream http://127.0.0.1:8080 --listen 127.0.0.1:8081 --to team.jsonl
  mem0ctl local serve --replay team.jsonl

Set MEM0_BASE_URL to the URL it prints, and leave the key as it is: it is passed on to the platform
and not written down. E-mail addresses are replaced by stand-ins, the same one by the same; what
people have written is kept otherwise, so read the file before others do. --timeout is how long the
platform has for an answer; --ca-file and MEM0_CA_FILE hold for the platform.")]
pub(crate) struct Record {
    /// The platform to record: https, or http on this machine
    #[arg(long, value_name = "URL")]
    upstream: String,

    /// Where to listen on loopback; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = listen_address)]
    listen: SocketAddr,

    /// Answer requests for this host name too, beside those for loopback; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    /// The cassette to write, a new file: a line of JSON an exchange
    #[arg(long, value_name = "FILE.jsonl", default_value = "cassette.jsonl")]
    to: PathBuf,
}

/// What is printed once the recorder is ready, in this order.
#[derive(Serialize)]
struct Recording<'a> {
    url: &'a str,
    upstream: &'a str,
}

pub(super) fn run(arguments: Record, options: &Options) -> Outcome {
    let signals = Signals::catch()?;
    // A link that leads nowhere is there too.
    if arguments.to.symlink_metadata().is_ok() {
        let advice = "already exists; pass --to NEW-FILE, or delete it";
        return Err(Failure::file(format!("{} {advice}", arguments.to.display())));
    }
    let mut builder = Recorder::builder(&arguments.upstream, &arguments.to).listen(arguments.listen);
    for name in &arguments.allow_host {
        builder = builder.allow_host(name);
    }
    if let Some(timeout) = options.timeout {
        builder = builder.timeout(timeout);
    }
    let ca_file = CaFile::of_command(options);
    if let Some(file) = &ca_file {
        builder = builder.add_root_certificate_pem(file.read()?);
    }
    let mut recorder = builder.start().map_err(|error| match (&ca_file, error) {
        (Some(file), LocalError::Invalid { field: "root_certificate", message, .. }) => {
            file.failure(&message)
        }
        (_, error) => failed(error),
    })?;
    announce(&Recording { url: recorder.url(), upstream: &arguments.upstream })?;
    signals.wait();
    recorder.stop();
    if let Some(sentence) = recorder.failure() {
        return Err(Failure::file(sentence));
    }
    let count = match recorder.recorded() {
        1 => "1 exchange is".to_owned(),
        number => format!("{number} exchanges are"),
    };
    Output::new(options).message(&format!("{count} in {}.", arguments.to.display()));
    Ok(())
}
