//! Measures throughput and peak memory of imports: 100,000 lines into `mem0ctl local serve`, by each
//! flavour of the library and by the command, each in its own process. Then the command again, killed at ten
//! random times and restarted.
//!
//! ```sh
//! cargo bench -p mem0ctl --bench import
//! ```
//!
//! With `--quick` or `--test` it is 2,000 lines. Wrong results end the bench with an error; times and sizes do not.
#![allow(clippy::cast_precision_loss, clippy::print_stdout)]

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use mem0::bulk::Import;
use mem0::memories::ListMemories;
use mem0::{AsyncMemoryClient, Filter, MemoryClient};

type Result<V> = std::result::Result<V, Box<dyn Error>>;

const MEM0CTL: &str = env!("CARGO_BIN_EXE_mem0ctl");
const KILLS: u32 = 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let outcome = if let Some(at) = arguments.iter().position(|argument| argument == "--flavour") {
        import_here(&arguments[at + 1], Path::new(&arguments[at + 2]))
    } else {
        let is = |name: &str| arguments.iter().any(|argument| argument == name);
        table(if !is("--bench") || is("--quick") || is("--test") { 2_000 } else { 100_000 })
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn table(lines: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    println!("| {lines} lines | a second | peak of the process, MB | |\n|---|---|---|---|");
    for (kind, how) in [
        (Kind::Alike, "100 users, no timestamps"),
        (Kind::Apart, "a different timestamp and metadata on each line"),
    ] {
        let file = folder.path().join("memories.jsonl");
        fs::write(&file, text(lines, kind))?;
        for name in ["blocking", "asynchronous", "mem0ctl"] {
            let served = Served::start(folder.path())?;
            let began = Instant::now();
            let (child, what) = importer(name, &file, &served)?;
            let (ok, peak) = watch(child)?;
            let rate = lines as f64 / began.elapsed().as_secs_f64();
            if !ok {
                return Err(format!("{what} failed").into());
            }
            check(&served, lines)?;
            println!("| {what} | {rate:.0} | {peak:.0} | {how} |");
            let _ = fs::remove_file(file.with_extension("jsonl.checkpoint"));
        }
    }
    kill(folder.path(), lines)
}

#[derive(Clone, Copy)]
enum Kind {
    Alike,
    Apart,
}

fn text(lines: usize, kind: Kind) -> String {
    let mut text = String::new();
    for n in 0..lines {
        let own = match kind {
            Kind::Alike => String::new(),
            Kind::Apart => format!(",\"metadata\":{{\"n\":{n}}},\"timestamp\":{}", 1_600_000_000 + n),
        };
        let user = n % 100;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{{\"memory\":\"Number {n} likes green tea in the morning\",\"user_id\":\"user {user}\"{own}}}"
        );
    }
    text
}

/// Starts an import. Returns the process and its label.
fn importer(name: &str, file: &Path, served: &Served) -> Result<(Child, String)> {
    let mut command = if name == "mem0ctl" {
        let mut command = Command::new(MEM0CTL);
        command.args(["memory", "import"]).arg(file);
        command
    } else {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--flavour", name]).arg(file);
        command
    };
    command.env("MEM0_BASE_URL", &served.url).env("MEM0_API_KEY", &served.key);
    let what =
        if name == "mem0ctl" { "`mem0ctl memory import`".to_owned() } else { format!("library, {name}") };
    Ok((command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?, what))
}

/// Waits for the end. Returns the success and the peak memory in MB (Linux only).
fn watch(mut child: Child) -> Result<(bool, f64)> {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = f64::NAN;
    loop {
        if let Ok(text) = fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let size = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
            peak = size.map_or(peak, |size| size * 1024.0 / 1e6);
        }
        if let Some(status) = child.try_wait()? {
            return Ok((status.success(), peak));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn import_here(flavour: &str, file: &Path) -> Result<()> {
    let import = Import::from_file(file)?;
    if flavour == "blocking" {
        MemoryClient::from_env()?.import_memories(import)?;
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { AsyncMemoryClient::from_env()?.import_memories(import).await })?;
    Ok(())
}

/// Kills the command ten times at random times, then lets it finish.
fn kill(folder: &Path, lines: usize) -> Result<()> {
    let file = folder.join("killed.jsonl");
    fs::write(&file, text(lines, Kind::Alike))?;
    let served = Served::start(folder)?;
    let checkpoint = folder.join("killed.jsonl.checkpoint");
    let size = || fs::metadata(&checkpoint).map_or(0, |metadata| metadata.len());
    let mut random = fastrand::Rng::with_seed(4);
    // The checkpoint has about 22 bytes per line; each run writes at most a twelfth of it.
    let most = lines as u64 * 22 / 12;
    for _ in 0..KILLS {
        let goal = size() + random.u64(1..most);
        let (mut child, _) = importer("mem0ctl", &file, &served)?;
        let began = Instant::now();
        while size() < goal && child.try_wait()?.is_none() {
            if began.elapsed() > Duration::from_secs(300) {
                return Err("no progress".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill()?;
        if child.wait()?.success() {
            return Err("the import finished before it was killed".into());
        }
    }
    let (child, what) = importer("mem0ctl", &file, &served)?;
    if !watch(child)?.0 {
        return Err(format!("{what} failed").into());
    }
    check(&served, lines)?;
    println!("\nKilled {KILLS} times at random times and restarted: exactly {lines} memories exist.");
    Ok(())
}

/// Checks the number of memories.
fn check(served: &Served, lines: usize) -> Result<()> {
    let client = MemoryClient::builder().base_url(&served.url).api_key(&served.key).build()?;
    let mut pages = client.get_all(ListMemories::new(Filter::any_user()).page_size(1))?;
    let count = pages.next_page()?.and_then(|page| page.count);
    if count != Some(lines as u64) {
        return Err(format!("{count:?} memories instead of {lines}").into());
    }
    Ok(())
}

/// Running `local serve`, killed on drop.
struct Served {
    child: Child,
    url: String,
    key: String,
}

impl Served {
    fn start(folder: &Path) -> Result<Self> {
        let mut command = Command::new(MEM0CTL);
        command.args(["local", "serve"]).current_dir(folder).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no stdout")?).read_line(&mut line)?;
        let line: serde_json::Value = serde_json::from_str(&line)?;
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        Ok(Self { child, url: text("url"), key: text("owner_key") })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // An error means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
