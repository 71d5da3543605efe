//! Peak memory of iterating over a long list: 100,000 memories in pages of 100.
//!
//! ```sh
//! cargo bench --bench memory
//! ```
//!
//! The text of a page is copied for each request and is counted, so the peak has the text and the decoded page. The blocking
//! iterator and the async stream read the whole list. The bench fails if either holds more than two pages at once.
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

const PAGE_SIZE: usize = 100;

/// Transport that generates the requested page.
#[derive(Clone)]
struct GeneratedPages {
    /// A hundred memories, as JSON.
    results: Arc<str>,
    pages: usize,
}

impl GeneratedPages {
    fn page(&self, number: usize) -> String {
        let next = if number < self.pages {
            format!("\"https://api.mem0.ai/v3/memories/?page={}\"", number + 1)
        } else {
            "null".to_owned()
        };
        let (count, results) = (self.pages * PAGE_SIZE, &self.results);
        format!("{{\"count\":{count},\"next\":{next},\"previous\":null,\"results\":{results}}}")
    }

    fn respond(&self, request: &Request) -> Response {
        let number = request.query().split('&').find_map(|pair| pair.strip_prefix("page="));
        let number: usize = number.and_then(|number| number.parse().ok()).unwrap_or(1);
        Response::new(StatusCode::OK, HeaderMap::new(), self.page(number))
    }
}

impl mem0::blocking::Transport for GeneratedPages {
    fn execute(&self, request: &Request) -> mem0::Result<Response> {
        Ok(self.respond(request))
    }

    fn sleep(&self, _: Duration) {}
}

impl mem0::asynchronous::Transport for GeneratedPages {
    async fn execute(&self, request: &Request) -> mem0::Result<Response> {
        Ok(self.respond(request))
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
    let page: serde_json::Value = serde_json::from_str(&data::memories(0, PAGE_SIZE, 1))?;
    let transport = GeneratedPages { results: page["results"].to_string().into(), pages };
    let one = peak_of(|| {
        let text = transport.page(1);
        let page: Page<Memory> = serde_json::from_str(&text)?;
        Ok(page.results.len())
    })?;
    println!("| {} memories, 100 per page | peak, KiB | pages at once |\n|---|---|---|", pages * PAGE_SIZE);
    println!("| one page, text and decoded | {:.0} | 1.00 |", one.0 / 1024.0);
    for (name, (peak, count)) in [
        ("blocking iterator", peak_of(|| iterate(&transport))?),
        ("async stream", peak_of(|| stream(&transport))?),
    ] {
        println!("| {name} | {:.0} | {:.2} |", peak / 1024.0, peak / one.0);
        if count != pages * PAGE_SIZE {
            return Err(format!("{name}: {count} memories").into());
        }
        if peak > 2.0 * one.0 {
            return Err(format!("{name}: more than two pages at once").into());
        }
    }
    Ok(())
}

/// Peak of allocated bytes during the work, beyond those before, and the result of the work.
fn peak_of(work: impl FnOnce() -> Result<usize>) -> Result<(f64, usize)> {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let done = work()?;
    Ok((ALLOCATED.peak_usage().saturating_sub(before) as f64, done))
}

fn list() -> ListMemories {
    ListMemories::new(Filter::user("alice")).page_size(100)
}

fn iterate(transport: &GeneratedPages) -> Result<usize> {
    let client = mem0::MemoryClient::builder().api_key(data::KEY).build_with_transport(transport.clone())?;
    let mut count = 0;
    for memory in client.get_all(list())? {
        count += usize::from(memory?.memory.is_some());
    }
    Ok(count)
}

fn stream(transport: &GeneratedPages) -> Result<usize> {
    let client =
        mem0::AsyncMemoryClient::builder().api_key(data::KEY).build_with_transport(transport.clone())?;
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
