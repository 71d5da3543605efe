//! `mem0ctl local serve`.

#[cfg(unix)]
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use mem0_local::{Completion, LocalPlatform, Replay, SeedData};
use serde::Serialize;

use crate::commands::local::signals::Signals;
use crate::commands::local::{announce, failed, listen_address};
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

Keys of the local platform start with m0-local-. Set MEM0_BASE_URL and MEM0_API_KEY to what it
prints. A replay prints its URL and takes any key; what was not recorded is answered 421, with the
nearest recorded request and what differs. See `mem0ctl local record --help`.")]
pub(crate) struct Serve {
    /// Address and port to listen on; port 0 is any free one. Beyond loopback with --allow-host only
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = listen_address)]
    listen: SocketAddr,

    /// Keep everything in this file; without it, all is gone at the end
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,

    /// Users, organizations, projects and keys for a new platform, as JSON
    #[arg(long, value_name = "FILE.json")]
    seed_data: Option<PathBuf>,

    /// Make the same keys and ids in every run; who knows the number knows the keys
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Answer requests for this host name too, beside those for loopback; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    /// Answer 500 where the hosted platform is known to, such as feedback on an unknown memory
    #[arg(long)]
    known_faults: bool,

    /// Answer what this cassette of `local record` holds, and nothing else
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["data", "seed", "seed_data", "delay", "model_url", "model", "known_faults"])]
    replay: Option<PathBuf>,

    /// How long adds that infer, exports and profile jobs take
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    delay: Option<Duration>,

    /// Extract memories with a model behind this URL, its key in MEM0_MODEL_KEY
    #[allow(clippy::doc_markdown)] // The help shows it as it stands.
    #[arg(long, value_name = "URL", requires = "model")]
    model_url: Option<String>,

    /// The model's name at that OpenAI-compatible endpoint
    #[arg(long, value_name = "NAME", requires = "model_url")]
    model: Option<String>,
}

pub(super) fn run(arguments: Serve, options: &Options) -> Outcome {
    if options.ca_file.is_some() {
        return Err(Failure::usage(
            "--ca-file does not apply to `local serve`; name the CA of its model and webhooks in SSL_CERT_FILE.",
        ));
    }
    // Caught before anything is made that a signal should not leave half done.
    let signals = Signals::catch()?;
    let is_reachable = !arguments.listen.ip().is_loopback();
    if let Some(file) = arguments.replay {
        if is_reachable {
            return Err(Failure::usage(format!(
                "a replay takes any key, and {} can be reached from other machines: listen on a loopback address such \
                 as 127.0.0.1:0",
                arguments.listen
            )));
        }
        return replay(file, arguments.listen, arguments.allow_host, signals, options);
    }
    if is_reachable && arguments.allow_host.is_empty() {
        return Err(Failure::usage(format!(
            "{} can be reached from other machines: add --allow-host NAME with the name that they use for this one, or \
             listen on a loopback address such as 127.0.0.1:0",
            arguments.listen
        )));
    }
    let mut builder = LocalPlatform::builder()
        .listen(arguments.listen)
        .allow_any_address(is_reachable)
        .known_faults(arguments.known_faults);
    let mut exposed = Vec::new();
    if let Some(file) = arguments.data {
        exposed = open_to_others(&file);
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
        builder = builder.seed_data(SeedData::from_file(file).map_err(failed)?);
    }
    if let Some(delay) = arguments.delay {
        builder = builder.completion(Completion::After(delay));
    }
    if let Some((url, model)) = arguments.model_url.zip(arguments.model) {
        // An endpoint that wants no key takes any.
        let key = std::env::var("MEM0_MODEL_KEY").unwrap_or_else(|_| "none".to_owned());
        builder = builder.extraction(mem0_local::Extraction::new(url, key, model));
    }
    let platform = builder.start().map_err(failed)?;
    for file in exposed {
        let sentence = format!(
            "{} holds keys and could be read or written by others; its mode is 0600 now",
            file.display()
        );
        Output::new(options).message(&sentence);
    }
    if is_reachable {
        let guessable = if is_seeded { "; whoever guesses the number of --seed knows its keys" } else { "" };
        let sentence =
            format!("{} can be reached from other machines, without encryption{guessable}", platform.url());
        Output::new(options).message(&sentence);
    }
    announce(&Announcement {
        url: platform.url(),
        org_id: platform.org_id(),
        project_id: platform.project_id(),
        owner_key: platform.api_key(),
        reader_key: platform.reader_key(),
        other_key: platform.other_key(),
    })?;
    signals.wait();
    Ok(())
}

/// The files of a data file, itself included, that others may read or write.
#[cfg(unix)]
fn open_to_others(file: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::PermissionsExt;

    // The other files are beside the file that a link leads to.
    let target = std::fs::canonicalize(file).ok().filter(|_| file.is_symlink());
    let file = target.as_deref().unwrap_or(file);
    let is_open = |file: &PathBuf| {
        std::fs::symlink_metadata(file)
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o077 != 0)
    };
    let of_ending = |ending| {
        let mut name = OsString::from(file);
        name.push(ending);
        PathBuf::from(name)
    };
    ["", "-wal", "-shm"].map(of_ending).into_iter().filter(is_open).collect()
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Vec<PathBuf> {
    Vec::new()
}

/// What is printed once the platform is ready, in this order.
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
    let replay = builder.start().map_err(failed)?;
    announce(&Replaying { url: replay.url(), exchanges: replay.recorded() })?;
    signals.wait();
    let output = Output::new(options);
    for sentence in replay.unmatched() {
        output.message(&sentence);
    }
    if replay.unused() > 0 {
        output.message(&format!(
            "{} of {} exchanges were not asked for.",
            replay.unused(),
            replay.recorded()
        ));
    }
    Ok(())
}

/// What is printed once the replay is ready, in this order.
#[derive(Serialize)]
struct Replaying<'a> {
    url: &'a str,
    exchanges: usize,
}
