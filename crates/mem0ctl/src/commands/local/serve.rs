//! `mem0ctl local serve`.

#[cfg(unix)]
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use mem0_local::{Completion, LocalPlatform, Replay, SeedData};
use serde::Serialize;

use crate::commands::local::signals::Signals;
use crate::commands::local::{announce, failure_of, listen_address};
use crate::failure::{Failure, Outcome};
use crate::options::{Options, seconds};
use crate::output::Output;

#[derive(Args)]
#[command(after_help = "\
Examples:
  mem0ctl local serve
  mem0ctl local serve --listen 127.0.0.1:8080 --data mem0.db
  mem0ctl local serve --seed-data team.json
  mem0ctl local serve --replay team.jsonl

Set MEM0_BASE_URL and MEM0_API_KEY to the printed values. Keys of a local
platform start with m0-local-. A replay accepts any key; a request that was not
recorded gets status 421 with the nearest recorded request. See
`mem0ctl local record --help`.")]
pub(crate) struct Serve {
    /// Address to listen on; port 0 selects a free port; needs --allow-host
    /// unless it is a loopback address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = listen_address)]
    listen: SocketAddr,

    /// File to store the data in (default: in memory)
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,

    /// JSON file with users, organizations, projects and keys for a new platform
    #[arg(long, value_name = "FILE.json")]
    seed_data: Option<PathBuf>,

    /// Seed of the generated keys and IDs; makes the keys guessable
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// Additional host name to accept requests for; can be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    /// Return status 500 where the hosted platform does, such as for feedback on
    /// an unknown memory
    #[arg(long)]
    known_faults: bool,

    /// Cassette of `local record` to replay
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["data", "seed", "seed_data", "delay", "model_url", "model", "known_faults"])]
    replay: Option<PathBuf>,

    /// Duration of background work (inferring adds, exports and profile jobs)
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    delay: Option<Duration>,

    /// URL of an OpenAI-compatible endpoint to extract memories with; its key is
    /// read from MEM0_MODEL_KEY
    #[allow(clippy::doc_markdown)] // clap shows the text as it is.
    #[arg(long, value_name = "URL", requires = "model")]
    model_url: Option<String>,

    /// Name of the model at that endpoint
    #[arg(long, value_name = "NAME", requires = "model_url")]
    model: Option<String>,
}

pub(super) fn run(arguments: Serve, options: &Options) -> Outcome {
    if options.ca_file.is_some() {
        return Err(Failure::usage(
            "--ca-file does not apply to `local serve`; set SSL_CERT_FILE to the CA of its model and webhooks",
        ));
    }
    // Installed first: a signal must not leave later steps half done.
    let signals = Signals::install()?;
    let is_reachable = !arguments.listen.ip().is_loopback();
    if let Some(file) = arguments.replay {
        if is_reachable {
            return Err(Failure::usage(format!(
                "{} is reachable from other machines, and a replay accepts any key; listen on a loopback address such \
                 as 127.0.0.1:0",
                arguments.listen
            )));
        }
        return replay(file, arguments.listen, arguments.allow_host, signals, options);
    }
    if is_reachable && arguments.allow_host.is_empty() {
        return Err(Failure::usage(format!(
            "{} is reachable from other machines; pass --allow-host NAME with the name they use for this machine, or \
             listen on a loopback address such as 127.0.0.1:0",
            arguments.listen
        )));
    }
    let mut builder = LocalPlatform::builder()
        .listen(arguments.listen)
        .allow_any_address(is_reachable)
        .known_faults(arguments.known_faults);
    let mut exposed_files = Vec::new();
    if let Some(file) = arguments.data {
        exposed_files = files_accessible_to_others(&file);
        builder = builder.data_file(file);
    }
    for name in arguments.allow_host {
        builder = builder.allow_host(name);
    }
    let is_seeded = arguments.seed.is_some();
    if let Some(seed) = arguments.seed {
        builder = builder.seed(seed);
    }
    if let Some(file) = arguments.seed_data {
        builder = builder.seed_data(SeedData::from_file(file).map_err(failure_of)?);
    }
    if let Some(delay) = arguments.delay {
        builder = builder.completion(Completion::After(delay));
    }
    if let Some((url, model)) = arguments.model_url.zip(arguments.model) {
        // An endpoint without authentication accepts any key.
        let key = std::env::var("MEM0_MODEL_KEY").unwrap_or_else(|_| "none".to_owned());
        builder = builder.extraction(mem0_local::Extraction::new(url, key, model));
    }
    let platform = builder.start().map_err(failure_of)?;
    let output = Output::new(options);
    for file in exposed_files {
        let message = format!(
            "warning: {} contains keys and was accessible to other users; changed its mode to 0600",
            file.display()
        );
        output.message(&message);
    }
    if is_reachable {
        let guessable = if is_seeded { "; its keys can be guessed from --seed" } else { "" };
        let message = format!(
            "warning: {} is reachable from other machines without encryption{guessable}",
            platform.url()
        );
        output.message(&message);
    }
    announce(&Announcement {
        url: platform.url(),
        org_id: platform.org_id(),
        project_id: platform.project_id(),
        owner_key: platform.api_key(),
        reader_key: platform.reader_key(),
        other_key: platform.other_key(),
    })?;
    greet(&output, platform.url(), platform.api_key());
    signals.wait();
    Ok(())
}

/// Prints how to use the platform, if stderr is a terminal.
fn greet(output: &Output, url: &str, key: &str) {
    if !io::stderr().is_terminal() {
        return;
    }
    for line in [
        "",
        &format!("Mem0 platform running at {url} (Ctrl-C to stop)"),
        "Guide: docs/local-platform.md; options: `mem0ctl local serve --help`",
        "",
        "To use it from another terminal, paste:",
        &format!("  export MEM0_BASE_URL={url}"),
        &format!("  export MEM0_API_KEY={key}"),
        "",
        "Then try:",
        "  mem0ctl memory add 'Likes tea' --user-id alice",
        "  mem0ctl memory search tea --user-id alice",
    ] {
        output.message(line);
    }
}

/// Files of the database that other users can read or write.
#[cfg(unix)]
fn files_accessible_to_others(file: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::PermissionsExt;

    // The other files are next to the target of a symbolic link.
    let target = std::fs::canonicalize(file).ok().filter(|_| file.is_symlink());
    let file = target.as_deref().unwrap_or(file);
    let is_accessible = |file: &PathBuf| {
        std::fs::symlink_metadata(file)
            .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0)
    };
    let with_suffix = |suffix| {
        let mut name = OsString::from(file);
        name.push(suffix);
        PathBuf::from(name)
    };
    ["", "-wal", "-shm"].map(with_suffix).into_iter().filter(is_accessible).collect()
}

#[cfg(not(unix))]
fn files_accessible_to_others(_: &Path) -> Vec<PathBuf> {
    Vec::new()
}

/// Startup line of the platform.
#[derive(Serialize)]
struct Announcement<'a> {
    url: &'a str,
    org_id: &'a str,
    project_id: &'a str,
    owner_key: &'a str,
    reader_key: &'a str,
    other_key: &'a str,
}

fn replay(
    file: PathBuf,
    listen: SocketAddr,
    hosts: Vec<String>,
    signals: Signals,
    options: &Options,
) -> Outcome {
    let builder =
        hosts.into_iter().fold(Replay::builder(file).listen(listen), mem0_local::ReplayBuilder::allow_host);
    let replay = builder.start().map_err(failure_of)?;
    announce(&ReplayAnnouncement { url: replay.url(), exchanges: replay.recorded() })?;
    signals.wait();
    let output = Output::new(options);
    for message in replay.unmatched() {
        output.message(&message);
    }
    if replay.unused() > 0 {
        output.message(&format!(
            "{} of {} recorded exchanges were not requested.",
            replay.unused(),
            replay.recorded()
        ));
    }
    Ok(())
}

/// Startup line of a replay.
#[derive(Serialize)]
struct ReplayAnnouncement<'a> {
    url: &'a str,
    exchanges: usize,
}
