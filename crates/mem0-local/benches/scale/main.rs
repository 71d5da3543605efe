//! Performance of the local platform with a growing project on disk.
//!
//! ```sh
//! cargo bench -p mem0-local --all-features --bench scale              # up to a million memories; needs an idle machine and 2 GB
//! cargo bench -p mem0-local --all-features --bench scale -- --quick   # up to 10,000; checks the results
//! cargo bench -p mem0-local --all-features --bench scale -- 100000    # a given number
//! ```
//!
//! Requests go over HTTP to a platform in this process, one at a time. A wrong result ends the bench with an error; a
//! slow one never does. `–` means that an operation is not served.
//!
//! - **load** is `LocalPlatform::load_memories`, per memory; **open** is the start of a platform on the file.
//! - **add** is one memory with `infer: false` in its own transaction, written to disk before the response.
//! - **search** has one to four frequent and rare words (`corpus.rs`) and ten results: in the whole project, and in
//!   the memories of one of its hundred users.
//! - **list** is the first page of the memories of a user, a hundred memories, and the last page.
#![allow(clippy::cast_precision_loss, clippy::print_stdout)]

mod corpus;
mod requests;

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mem0_local::LocalPlatform;
use requests::Requests;

type Result<V> = std::result::Result<V, Box<dyn Error>>;

/// Sizes and counts of a run.
struct BenchConfig {
    sizes: Vec<usize>,
    requests: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has_flag = |name| arguments.iter().any(|argument| argument == name);
    // `cargo bench` passes `--bench`; `cargo test` does not, and runs a quick check.
    let mut config = if has_flag("--test") || !has_flag("--bench") {
        BenchConfig { sizes: vec![1_000], requests: 20 }
    } else if has_flag("--quick") {
        BenchConfig { sizes: vec![1_000, 10_000], requests: 100 }
    } else {
        BenchConfig { sizes: vec![1_000, 10_000, 100_000, 1_000_000], requests: 1_000 }
    };
    let sizes: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    if !sizes.is_empty() {
        config.sizes = sizes;
    }
    match table(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn table(config: &BenchConfig) -> Result<()> {
    println!("```sh\ncargo bench -p mem0-local --all-features --bench scale\n```\n");
    println!("p50 / p99 of {} requests each, in ms.\n", config.requests);
    println!(
        "| memories | load, µs each | file, MB | open | add | search, project | search, user | with decay, project \
         | with decay, user | list, first page | list, last page |\n|---|---|---|---|---|---|---|---|---|---|---|"
    );
    for size in &config.sizes {
        println!("| {size} | {} |", cells(*size, config.requests)?.join(" | "));
    }
    Ok(())
}

fn cells(size: usize, requests: usize) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("mem0.db");
    let platform = LocalPlatform::builder().data_file(&path).start()?;
    let started = Instant::now();
    let loaded = platform.load_memories(platform.org_id(), platform.project_id(), corpus::memories(size))?;
    let load = started.elapsed();
    if loaded != size {
        return Err(format!("{loaded} memories were loaded, not {size}").into());
    }
    drop(platform);
    let megabytes = path.metadata()?.len() as f64 / 1e6;
    let started = Instant::now();
    let platform = LocalPlatform::builder().data_file(&path).start()?;
    let open = started.elapsed();
    let ask = Requests::new(&platform)?;
    let mut cells = vec![
        format!("{:.1}", load.as_secs_f64() * 1e6 / size as f64),
        format!("{megabytes:.1}"),
        format!("{:.1}", open.as_secs_f64() * 1e3),
    ];
    let mut random = fastrand::Rng::with_seed(11);
    ask.decay(false)?;
    ask.find_one(size)?;
    cells.push(measure(requests.min(200), |number| ask.add(number))?);
    for decay in [false, true] {
        ask.decay(decay)?;
        cells.push(measure(requests, |_| ask.search(&corpus::random_query(&mut random), None))?);
        cells.push(measure(requests, |at| {
            ask.search(&corpus::random_query(&mut random), Some(&corpus::user(at)))
        })?);
    }
    cells.push(measure(requests.min(200), |at| ask.list(&corpus::user(at), size, true))?);
    cells.push(measure(requests.min(200), |at| ask.list(&corpus::user(at), size, false))?);
    Ok(cells)
}

/// Median and 99th percentile of the times of requests; `–` if they are not served.
fn measure(requests: usize, mut request: impl FnMut(usize) -> Result<bool>) -> Result<String> {
    let mut measure = Vec::with_capacity(requests);
    for number in 0..requests {
        let started = Instant::now();
        if !request(number)? {
            return Ok("–".to_owned());
        }
        measure.push(started.elapsed());
    }
    measure.sort();
    let at = |hundredths: usize| -> Duration { measure[(measure.len() - 1) * hundredths / 100] };
    Ok(format!("{:.2} / {:.2}", at(50).as_secs_f64() * 1e3, at(99).as_secs_f64() * 1e3))
}
