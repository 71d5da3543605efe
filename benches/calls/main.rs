//! Cost of a call, compared with the same call written by hand on the HTTP library.
//!
//! ```sh
//! cargo bench              # the table in docs/benchmarks.md; needs an idle machine
//! cargo bench -- --quick   # a quick check with few runs
//! cargo bench --bench calls -- --instructions   # instructions alone, also on a busy machine
//! ```
//!
//! Both sides use one server on loopback (`server.rs`), which sends constant responses and counts its requests. The bench
//! fails on a wrong or missing result, never on a time.
//!
//! - **Instructions** of the calling process, without system calls, counted by valgrind if it is installed.
//! - **Time**: the median ratio of paired runs in alternating order. It includes the kernel and the server, which are the
//!   same for both sides.
//!
//! The hand-written side (`by_hand.rs`) is minimal but careful:
//!
//! - one `Agent` or `Client`, reused; timeouts for connecting and for the rest; no proxy; no compression; the same TLS; the
//!   redirects and the pool of the library. On ureq, each phase has its own timeout: with one global timeout, ureq starts a
//!   thread for every request, which the last row measures;
//! - the URL by `format!`, with a constant query; the header as a constant string;
//! - the body by `serde_json::to_vec` of a borrowing struct, the response by `serde_json::from_slice` into a derived struct
//!   whose fields are all `Option`; an error for 4xx and 5xx;
//! - no retries, no limit on the body, no request id, no detailed errors.
//!
//! Both sides run reqwest on a single-threaded tokio runtime.
#![allow(clippy::cast_precision_loss, clippy::print_stdout)]

mod by_hand;
mod callgrind;
mod data;
mod measure;
mod ours;
mod pages;
mod rows;
mod server;

use std::error::Error;
use std::process::ExitCode;

use rows::{ROWS, Row};
use server::Server;

type Result<V> = std::result::Result<V, Box<dyn Error>>;

/// Number of runs.
struct Effort {
    pairs: usize,
    /// Divisor of the number of calls of a row.
    divisor: usize,
    /// Number of rows for which instructions are counted.
    counted: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = |name| arguments.iter().any(|argument| argument == name);
    // `cargo bench` passes `--bench`; `cargo test` passes nothing and only needs a smoke test.
    let effort = if given("--test") || !given("--bench") {
        Effort { pairs: 1, divisor: 10, counted: 0 }
    } else if given("--instructions") {
        Effort { pairs: 1, divisor: 1, counted: ROWS.len() }
    } else if given("--quick") {
        Effort { pairs: 25, divisor: 1, counted: 1 }
    } else {
        Effort { pairs: 801, divisor: 1, counted: ROWS.len() }
    };
    let outcome = match &arguments[..] {
        [first, row, side, url, calls] if first == callgrind::CHILD => one_side(row, side, url, calls),
        _ => table(&effort),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the calls of one side, as the child under valgrind.
fn one_side(row: &str, side: &str, url: &str, calls: &str) -> Result<()> {
    let row = ROWS.get(row.parse::<usize>()?).ok_or("no such row")?;
    let prepare = if side == "ours" { row.ours } else { row.by_hand };
    prepare(url)?(calls.parse()?)
}

fn table(effort: &Effort) -> Result<()> {
    let server = Server::start()?;
    let can_count = callgrind::is_installed();
    if !can_count {
        println!("valgrind is not installed, so instructions are not counted.\n");
    }
    println!("```sh\ncargo bench\n```\n");
    println!("This crate / by hand, per call; times are medians of {} paired runs.\n", effort.pairs);
    println!("| | instructions | ratio | time | ratio (quartiles) |\n|---|---|---|---|---|");
    for (number, row) in ROWS.iter().enumerate() {
        let time = time_cells(row, &server, effort)?;
        let instructions = if can_count && number < effort.counted {
            instructions_cells(number, &server, effort)?
        } else {
            "– | –".to_owned()
        };
        println!("| {} | {instructions} | {time} |", row.name);
    }
    Ok(())
}

fn time_cells(row: &Row, server: &Server, effort: &Effort) -> Result<String> {
    let calls = (row.calls / effort.divisor).max(1);
    let (mut ours, mut by_hand) = ((row.ours)(&server.url())?, (row.by_hand)(&server.url())?);
    measure::pairs(&mut ours, &mut by_hand, calls, 1)?;
    let before = server.served();
    let times = measure::pairs(&mut ours, &mut by_hand, calls, effort.pairs)?;
    let expected = if row.is_sent { 2 * calls * effort.pairs } else { 0 };
    if server.served() - before != expected {
        return Err(format!("{}: the number of requests differs from the number of calls", row.name).into());
    }
    let micros = |time: std::time::Duration| time.as_secs_f64() * 1e6;
    Ok(format!(
        "{:.1} / {:.1} µs | {:.3} ({:.3}–{:.3})",
        micros(times.ours),
        micros(times.by_hand),
        times.ratio(50),
        times.ratio(25),
        times.ratio(75),
    ))
}

fn instructions_cells(row: usize, server: &Server, effort: &Effort) -> Result<String> {
    let calls = (4 * ROWS[row].calls / effort.divisor).max(1);
    let ours = callgrind::instructions(row, "ours", &server.url(), calls)?;
    let by_hand = callgrind::instructions(row, "by-hand", &server.url(), calls)?;
    Ok(format!("{:.1} / {:.1} k | {:.3}", ours / 1e3, by_hand / 1e3, ours / by_hand))
}
