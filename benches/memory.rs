//! How much memory it takes to read a long list to its end: 100,000 memories in pages of a hundred.
//!
//! ```sh
//! cargo bench --bench memory
//! ```
//!
//! The text of a page is copied when the page is asked for and is part of what is counted, so that at the peak there
//! is that text and what was read of it. The list is read to its end by the blocking iterator and by the async stream;
//! more than two pages at once end the bench with an error.
#![allow(clippy::cast_precision_loss, clippy::print_stdout)]

#[path = "calls/data.rs"]
#[allow(dead_code)]
mod data;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use mem0::Page;
use mem0::client::{HeaderMap, Request, Response, StatusCode};
use mem0::memories::ListMemories;
use mem0::{Filter, Memory};
use peak_alloc::PeakAlloc;

type Result<V> = std::result::Result<V, Box<dyn Error>>;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const PAGE: usize = 100;

/// Answers every request with a page of its own.
#[derive(Clone)]
struct Made {
    /// A hundred memories, as JSON.
    results: Arc<str>,
    pages: usize,
}

impl Made {
    fn page(&self, number: usize) -> String {
        let next = if number < self.pages {
            format!("\"https://api.mem0.ai/v3/memories/?page={}\"", number + 1)
        } else {
            "null".to_owned()
        };
        let (count, results) = (self.pages * PAGE, &self.results);
        format!("{{\"count\":{count},\"next\":{next},\"previous\":null,\"results\":{results}}}")
    }

    fn answer(&self, request: &Request) -> Response {
        let number = request.query().split('&').find_map(|pair| pair.strip_prefix("page="));
        let number: usize = number.and_then(|number| number.parse().ok()).unwrap_or(1);
        Response::new(StatusCode::OK, HeaderMap::new(), self.page(number))
    }
}

impl mem0::blocking::Transport for Made {
    fn execute(&self, request: &Request) -> mem0::Result<Response> {
        Ok(self.answer(request))
    }

    fn sleep(&self, _: Duration) {}
}

impl mem0::asynchronous::Transport for Made {
    async fn execute(&self, request: &Request) -> mem0::Result<Response> {
        Ok(self.answer(request))
    }

    async fn sleep(&self, _: Duration) {}
}

fn main() -> ExitCode {
    let quick = !std::env::args().any(|argument| argument == "--bench")
        || std::env::args().any(|argument| argument == "--quick" || argument == "--test");
    match table(if quick { 50 } else { 1000 }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn table(pages: usize) -> Result<()> {
    let page: serde_json::Value = serde_json::from_str(&data::memories(0, PAGE, 1))?;
    let made = Made { results: page["results"].to_string().into(), pages };
    let one = peak_of(|| {
        let text = made.page(1);
        let page: Page<Memory> = serde_json::from_str(&text)?;
        Ok(page.results.len())
    })?;
    println!("| {} memories, a hundred a page | peak, KiB | pages at once |\n|---|---|---|", pages * PAGE);
    println!("| one page, its text and what is read of it | {:.0} | 1.00 |", one.0 / 1024.0);
    for (name, (peak, count)) in
        [("blocking iterator", peak_of(|| iterate(&made))?), ("async stream", peak_of(|| stream(&made))?)]
    {
        println!("| {name} | {:.0} | {:.2} |", peak / 1024.0, peak / one.0);
        if count != pages * PAGE {
            return Err(format!("{name}: {count} memories").into());
        }
        if peak > 2.0 * one.0 {
            return Err(format!("{name}: more than two pages at once").into());
        }
    }
    Ok(())
}

/// The most that was allocated at once, beyond what was before, and what it was for.
fn peak_of(work: impl FnOnce() -> Result<usize>) -> Result<(f64, usize)> {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let done = work()?;
    Ok((ALLOCATED.peak_usage().saturating_sub(before) as f64, done))
}

fn list() -> ListMemories {
    ListMemories::new(Filter::user("alice")).page_size(100)
}

fn iterate(made: &Made) -> Result<usize> {
    let client = mem0::MemoryClient::builder().api_key(data::KEY).build_with_transport(made.clone())?;
    let mut count = 0;
    for memory in client.get_all(list())? {
        count += usize::from(memory?.memory.is_some());
    }
    Ok(count)
}

fn stream(made: &Made) -> Result<usize> {
    let client = mem0::AsyncMemoryClient::builder().api_key(data::KEY).build_with_transport(made.clone())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut count = 0;
        let mut memories = client.get_all(list())?;
        while let Some(memory) = memories.next().await {
            count += usize::from(memory?.memory.is_some());
        }
        Ok(count)
    })
}
