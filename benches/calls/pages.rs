//! Iteration over a long list of memories. The pages come from memory, so only decoding is measured.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use mem0::Page;
use mem0::client::{HeaderMap, Request, Response, StatusCode};
use mem0::memories::ListMemories;
use mem0::{Filter, Memory};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Result, data};

/// Number of memories per page, and number of pages.
const PAGE_SIZE: usize = 100;
pub(crate) const PAGES: usize = 20;

/// Transport that returns the requested page.
#[derive(Clone)]
pub(crate) struct Canned {
    pages: Arc<Vec<Bytes>>,
}

impl Canned {
    fn new() -> Self {
        Self {
            pages: Arc::new(
                (0..PAGES).map(|page| Bytes::from(data::memories(page, PAGE_SIZE, PAGES))).collect(),
            ),
        }
    }

    fn respond(&self, request: &Request) -> Response {
        let number = request.query().split('&').find_map(|pair| pair.strip_prefix("page="));
        let number: usize = number.and_then(|number| number.parse().ok()).unwrap_or(1);
        match self.pages.get(number - 1) {
            Some(page) => Response::new(StatusCode::OK, HeaderMap::new(), page.clone()),
            None => Response::new(StatusCode::NOT_FOUND, HeaderMap::new(), data::NOT_FOUND),
        }
    }
}

impl mem0::blocking::Transport for Canned {
    fn execute(&self, request: &Request) -> mem0::Result<Response> {
        Ok(self.respond(request))
    }

    fn sleep(&self, _: Duration) {}
}

impl mem0::asynchronous::Transport for Canned {
    async fn execute(&self, request: &Request) -> mem0::Result<Response> {
        Ok(self.respond(request))
    }

    async fn sleep(&self, _: Duration) {}
}

/// Whether a memory is complete.
fn is_right(memory: &Memory) -> bool {
    memory.memory.is_some() && memory.metadata.is_some() && memory.extra.is_empty()
}

fn list() -> ListMemories {
    ListMemories::new(Filter::user("alice")).page_size(100)
}

fn check_count(count: usize) -> Result<()> {
    if count == PAGE_SIZE * PAGES { Ok(()) } else { Err(format!("{count} memories").into()) }
}

/// Iterates with the blocking client.
pub(crate) fn iterate() -> Result<impl Fn() -> Result<()> + 'static> {
    let client = mem0::MemoryClient::builder().api_key(data::KEY).build_with_transport(Canned::new())?;
    Ok(move || {
        let mut count = 0;
        for memory in client.get_all(list())? {
            count += usize::from(is_right(&memory?));
        }
        check_count(count)
    })
}

/// Iterates with the async client.
pub(crate) fn stream() -> Result<impl AsyncFn() -> Result<()> + 'static> {
    let client = mem0::AsyncMemoryClient::builder().api_key(data::KEY).build_with_transport(Canned::new())?;
    Ok(async move || {
        let mut count = 0;
        let mut memories = client.get_all(list())?;
        while let Some(memory) = memories.next().await {
            count += usize::from(is_right(&memory?));
        }
        check_count(count)
    })
}

/// Decodes the same pages into the same types with `serde_json`.
pub(crate) fn decode() -> impl Fn() -> Result<()> + 'static {
    decoded(|page: Page<Memory>| page.results.into_iter().filter(is_right).count())
}

/// Decodes the same pages into derived structs.
pub(crate) fn decode_derived() -> impl Fn() -> Result<()> + 'static {
    decoded(|page: DerivedPage| {
        page.results.into_iter().filter(|memory| memory.memory.is_some() && memory.metadata.is_some()).count()
    })
}

fn decoded<P: for<'a> Deserialize<'a> + 'static>(count: fn(P) -> usize) -> impl Fn() -> Result<()> + 'static {
    let canned = Canned::new();
    move || {
        let mut all = 0;
        for page in canned.pages.iter() {
            all += count(serde_json::from_slice(page)?);
        }
        check_count(all)
    }
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct DerivedPage {
    count: Option<u64>,
    next: Option<String>,
    previous: Option<String>,
    results: Vec<DerivedMemory>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct DerivedMemory {
    id: Option<String>,
    memory: Option<String>,
    user_id: Option<String>,
    agent_id: Option<String>,
    app_id: Option<String>,
    #[serde(alias = "session_id")]
    run_id: Option<String>,
    categories: Option<Vec<String>>,
    metadata: Option<Map<String, Value>>,
    score: Option<f64>,
    input: Option<Value>,
    expiration_date: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    structured_attributes: Option<Map<String, Value>>,
    replaced_by: Option<String>,
    synthesized: Option<bool>,
    lifecycle_state: Option<String>,
    is_updated: Option<bool>,
}
