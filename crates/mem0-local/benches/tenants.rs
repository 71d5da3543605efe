//! Resources of a hundred clients with separate API keys in one process: clients made by `with_api_key` on shared
//! connections, and clients built separately. Each client has made one call to a local platform and is kept alive.
//!
//! ```sh
//! cargo bench -p mem0-local --all-features --bench tenants
//! ```
//!
//! File descriptors are those of this process (Linux only), including those of the runtime in the async rows; the
//! platform is a separate process. Memory is what was allocated in addition. No value is checked.
#![allow(clippy::cast_precision_loss, clippy::print_stdout)]

use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitCode, Stdio};

use mem0::{AsyncMemoryClient, MemoryClient};
use mem0_local::LocalPlatform;
use peak_alloc::PeakAlloc;

type Result<V> = std::result::Result<V, Box<dyn Error>>;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const TENANTS: usize = 100;

fn main() -> ExitCode {
    let outcome = if std::env::args().any(|argument| argument == "--serve") { serve() } else { table() };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves a platform until stdin ends, and prints its URL and one API key per line.
fn serve() -> Result<()> {
    let platform = LocalPlatform::start()?;
    println!("{}", platform.url());
    let client = platform.client()?;
    for number in 0..TENANTS {
        let made = client.project().create(format!("Customer {number}"))?;
        let email = format!("customer-{number}@example.com");
        client.project_in(platform.org_id(), made.id()?).add_member(&email, "OWNER")?;
        println!("{}", platform.create_key(&email, platform.org_id(), made.id()?.as_str())?);
    }
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Platform in a separate process.
struct ServerProcess {
    child: Child,
    url: String,
    keys: Vec<String>,
}

impl ServerProcess {
    fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg("--serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(output).lines();
        let url = lines.next().ok_or("no URL")??;
        let keys = lines.take(TENANTS).collect::<std::io::Result<Vec<_>>>()?;
        Ok(Self { child, url, keys })
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn table() -> Result<()> {
    println!("| {TENANTS} customers, each after a call | open descriptors | KiB |\n|---|---|---|");
    measure("blocking, built separately", |served| {
        let mut clients = Vec::with_capacity(TENANTS);
        for key in &served.keys {
            let client = MemoryClient::builder().base_url(&served.url).api_key(key).build()?;
            client.stats()?;
            clients.push(client);
        }
        Ok(clients)
    })?;
    measure("blocking, `with_api_key`", |served| {
        let mut clients = Vec::with_capacity(TENANTS);
        let first = MemoryClient::builder().base_url(&served.url).api_key(&served.keys[0]).build()?;
        for key in &served.keys {
            let client = first.with_api_key(key)?;
            client.stats()?;
            clients.push(client);
        }
        Ok(clients)
    })?;
    measure("async, built separately", |served| {
        let runtime = runtime()?;
        let clients = runtime.block_on(async {
            let mut clients = Vec::with_capacity(TENANTS);
            for key in &served.keys {
                let client = AsyncMemoryClient::builder().base_url(&served.url).api_key(key).build()?;
                client.stats().await?;
                clients.push(client);
            }
            Ok::<_, mem0::Error>(clients)
        })?;
        // The connections belong to the runtime.
        Ok((clients, runtime))
    })?;
    measure("async, `with_api_key`", |served| {
        let runtime = runtime()?;
        let clients = runtime.block_on(async {
            let mut clients = Vec::with_capacity(TENANTS);
            let first =
                AsyncMemoryClient::builder().base_url(&served.url).api_key(&served.keys[0]).build()?;
            for key in &served.keys {
                let client = first.with_api_key(key)?;
                client.stats().await?;
                clients.push(client);
            }
            Ok::<_, mem0::Error>(clients)
        })?;
        // The connections belong to the runtime.
        Ok((clients, runtime))
    })
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// Prints a row: descriptors and memory in addition to those before.
fn measure<C>(name: &str, make: impl FnOnce(&ServerProcess) -> Result<C>) -> Result<()> {
    let served = ServerProcess::start()?;
    let (descriptors, allocated) = (open_descriptors(), ALLOCATED.current_usage());
    let clients = make(&served)?;
    let opened = open_descriptors().zip(descriptors).map(|(after, before)| after.saturating_sub(before));
    let kib = ALLOCATED.current_usage().saturating_sub(allocated) as f64 / 1024.0;
    drop(clients);
    let opened = opened.map_or_else(|| "?".to_owned(), |opened| opened.to_string());
    println!("| {name} | {opened} | {kib:.0} |");
    Ok(())
}

/// Number of open file descriptors of this process, if the system reports it.
fn open_descriptors() -> Option<usize> {
    std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count)
}
