//! `mem0ctl local`: the platform itself, on this machine.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use mem0::local::{Completion, LocalPlatform, SeedData};
use serde::Serialize;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serves the platform until SIGINT or SIGTERM
    ///
    /// Prints one line of JSON once it is ready: the URL, the identifiers of the default
    /// organization and project, an OWNER's and a READER's key for that project, and the key of
    /// an OWNER of another organization.
    #[command(verbatim_doc_comment)]
    Serve(Serve),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  mem0ctl local serve
  mem0ctl local serve --listen 127.0.0.1:8080 --data mem0.db
  mem0ctl local serve --seed team.json

Keys of the local platform start with m0-local-. Set MEM0_BASE_URL and MEM0_API_KEY to what it
prints.")]
pub(crate) struct Serve {
    /// Where to listen on loopback; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Keep everything in this file; without it, all is gone at the end
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,

    /// Users, organizations, projects and keys for a new platform, as JSON
    #[arg(long, value_name = "FILE.json")]
    seed: Option<PathBuf>,

    /// How long adds that infer, exports and profile jobs take
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    delay: Option<Duration>,

    /// Extract memories with a model behind this URL, its key in MEM0_MODEL_KEY
    #[cfg(any(feature = "blocking", feature = "async"))]
    #[allow(clippy::doc_markdown)] // The help shows it as it stands.
    #[arg(long, value_name = "URL", requires = "model")]
    model_url: Option<String>,

    /// The model's name at that OpenAI-compatible endpoint
    #[cfg(any(feature = "blocking", feature = "async"))]
    #[arg(long, value_name = "NAME", requires = "model_url")]
    model: Option<String>,
}

/// Runs a command. The error is a sentence for a person.
pub(crate) fn run(command: Command) -> Result<(), String> {
    let Command::Serve(arguments) = command;
    serve(arguments)
}

fn serve(arguments: Serve) -> Result<(), String> {
    let signals = Signals::catch().map_err(|error| format!("signals can't be caught: {error}"))?;
    let mut builder = LocalPlatform::builder().listen(arguments.listen);
    if let Some(file) = arguments.data {
        builder = builder.data_file(file);
    }
    if let Some(file) = arguments.seed {
        builder = builder.seed_data(SeedData::from_file(file).map_err(|error| error.to_string())?);
    }
    if let Some(delay) = arguments.delay {
        builder = builder.completion(Completion::After(delay));
    }
    #[cfg(any(feature = "blocking", feature = "async"))]
    if let Some((url, model)) = arguments.model_url.zip(arguments.model) {
        // An endpoint that wants no key takes any.
        let key = std::env::var("MEM0_MODEL_KEY").unwrap_or_else(|_| "none".to_owned());
        builder = builder.extraction(mem0::local::Extraction::new(url, key, model));
    }
    let platform = builder.start().map_err(|error| error.to_string())?;
    announce(&platform).map_err(|error| format!("the announcement can't be written: {error}"))?;
    signals.wait();
    Ok(())
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

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "expected a number of seconds, such as 0.5".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn announce(platform: &LocalPlatform) -> io::Result<()> {
    let line = Announcement {
        url: platform.url(),
        org_id: platform.org_id(),
        project_id: platform.project_id(),
        owner_key: platform.api_key(),
        reader_key: platform.reader_key(),
        other_key: platform.other_key(),
    };
    let line = serde_json::to_string(&line)?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// The signals that end the command, caught from the moment this is made.
struct Signals {
    runtime: tokio::runtime::Runtime,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn catch() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let inside = runtime.enter();
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        drop(inside);
        Ok(Self { runtime, interrupt, terminate })
    }

    #[cfg(unix)]
    fn wait(mut self) {
        self.runtime.block_on(async {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
        });
    }

    #[cfg(not(unix))]
    fn catch() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime })
    }

    #[cfg(not(unix))]
    fn wait(self) {
        // Without the signal there is nothing to wait for.
        let _ = self.runtime.block_on(tokio::signal::ctrl_c());
    }
}
