//! What a call costs, beside the same call written by hand on the bare HTTP library.
//!
//! ```sh
//! cargo bench              # the table in docs/benchmarks.md; needs an idle machine
//! cargo bench -- --quick   # the same with few runs: are the results right?
//! ```
//!
//! Both sides talk to one server on loopback (`server.rs`), which answers fixed bytes and counts its requests;
//! any wrong or missing result ends the bench with an error, a time never does.
//!
//! - **Instructions** are those of the process that makes the calls, system calls not included, counted by
//!   valgrind where that is installed.
//! - **Time** is the median of the ratios of paired runs in changing order. It includes the kernel and the
//!   server, which are the same for both sides.
//!
//! The hand-written side (`by_hand.rs`) is the leanest that a careful person would write:
//!
//! - one `Agent` or `Client`, kept; a limit on connecting and on the rest; no proxy; no compression; the same
//!   TLS; the library's own redirects and pool. On ureq the limits are those of each phase: one limit on the
//!   whole, as most would set it, makes ureq start a thread for every request, and the last row shows what that
//!   costs;
//! - the URL by `format!`, its query written out, nothing to encode; the header made once as a text;
//! - the body by `serde_json::to_vec` of a derived struct that borrows, the answer by `serde_json::from_slice`
//!   of the whole body into a derived struct, every field an `Option`; an error on 4xx and 5xx;
//! - no retries, no limit on the body's size, no request id, no error that tells what happened.
//!
//! reqwest runs on a tokio runtime of one thread, for both sides.
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

/// How much is measured.
struct Effort {
    pairs: usize,
    /// How many times fewer calls than the row says.
    divisor: usize,
    /// In how many rows instructions are counted.
    counted: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = |name| arguments.iter().any(|argument| argument == name);
    // `cargo bench` says `--bench`. `cargo test`, which says nothing, wants to see that it works.
    let effort = if given("--test") || !given("--bench") {
        Effort { pairs: 1, divisor: 10, counted: 0 }
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

/// The child under valgrind.
fn one_side(row: &str, side: &str, url: &str, calls: &str) -> Result<()> {
    let row = ROWS.get(row.parse::<usize>()?).ok_or("there is no such row")?;
    let prepare = if side == "ours" { row.ours } else { row.by_hand };
    prepare(url)?(calls.parse()?)
}

fn table(effort: &Effort) -> Result<()> {
    let server = Server::start()?;
    let can_count = callgrind::is_there();
    if !can_count {
        println!("There is no valgrind here, so instructions are not counted.\n");
    }
    println!("```sh\ncargo bench\n```\n");
    println!("Ours / by hand, for one call; times are medians of {} paired runs.\n", effort.pairs);
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
    let before = server.answered();
    let times = measure::pairs(&mut ours, &mut by_hand, calls, effort.pairs)?;
    let expected = if row.is_sent { 2 * calls * effort.pairs } else { 0 };
    if server.answered() - before != expected {
        return Err(format!("{}: not as many requests as calls", row.name).into());
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
