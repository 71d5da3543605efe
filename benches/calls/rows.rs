//! What is compared: a row of the table each.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;

use crate::{Result, by_hand, data, ours, pages};

/// Makes so many calls, and fails if one of them has not the right result.
pub(crate) type Calls = Box<dyn FnMut(usize) -> Result<()>>;

/// Prepares calls to the server with that URL.
pub(crate) type Prepare = fn(&str) -> Result<Calls>;

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) ours: Prepare,
    pub(crate) by_hand: Prepare,
    /// How many calls are timed as one: some milliseconds' worth, so that both runs of a pair meet the machine in
    /// the same mood.
    pub(crate) calls: usize,
    /// Whether a call is a request to the server.
    pub(crate) is_sent: bool,
}

/// How many calls are under way at once where many are.
const MANY: usize = 64;

/// How many projects a list has.
const PROJECTS: usize = 100;

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    sent("blocking `get_fields`", 50, read_blocking, read_on_ureq),
    sent("blocking `update`", 50, update_blocking, update_on_ureq),
    sent("async `get_fields`", 50, |url| read_async(url, 1), |url| read_on_reqwest(url, 1)),
    sent("async `update`", 50, |url| update_async(url, 1), |url| update_on_reqwest(url, 1)),
    sent("async `get_fields`, 64 in flight", 128, |url| read_async(url, MANY), |url| read_on_reqwest(url, MANY)),
    sent("async `update`, 64 in flight", 128, |url| update_async(url, MANY), |url| update_on_reqwest(url, MANY)),
    Row { is_sent: false, ..sent("decoding 100 projects", 5, decode, decode_derived) },
    Row { is_sent: false, ..sent("decoding 100 projects, `flatten` by hand", 5, decode, decode_flattened) },
    Row { is_sent: false, ..sent("iterating over 2,000 memories, blocking", 1, iterate, decode_pages) },
    Row { is_sent: false, ..sent("iterating over 2,000 memories, async", 1, stream_pages, decode_pages) },
    Row { is_sent: false, ..sent("iterating over 2,000 memories, structs by hand", 1, iterate, decode_derived_pages) },
    sent("new blocking client, one `get_fields`", 5, first_blocking, first_on_ureq),
    sent("new async client, one `get_fields`", 5, first_async, first_on_reqwest),
    sent("blocking `get_fields`, `timeout_global` by hand", 50, read_blocking, read_on_ureq_with_global_timeout),
];

const fn sent(name: &'static str, calls: usize, ours: Prepare, by_hand: Prepare) -> Row {
    Row { name, ours, by_hand, calls, is_sent: true }
}

fn read_blocking(url: &str) -> Result<Calls> {
    let client = ours::blocking(url)?;
    repeated(move || right(ours::is_read(&client.project().get_fields(ours::fields())?)))
}

fn update_blocking(url: &str) -> Result<Calls> {
    let client = ours::blocking(url)?;
    repeated(move || right(ours::is_updated(&client.project().update(ours::update())?)))
}

fn read_on_ureq(url: &str) -> Result<Calls> {
    let client = by_hand::Blocking::new(url);
    repeated(move || right(by_hand::is_read(&client.get_fields()?)))
}

fn read_on_ureq_with_global_timeout(url: &str) -> Result<Calls> {
    let client = by_hand::Blocking::with_global_timeout(url);
    repeated(move || right(by_hand::is_read(&client.get_fields()?)))
}

fn update_on_ureq(url: &str) -> Result<Calls> {
    let client = by_hand::Blocking::new(url);
    repeated(move || right(by_hand::is_updated(&client.update()?)))
}

fn read_async(url: &str, width: usize) -> Result<Calls> {
    let client = ours::asynchronous(url)?;
    awaited(width, async move || right(ours::is_read(&client.project().get_fields(ours::fields()).await?)))
}

fn update_async(url: &str, width: usize) -> Result<Calls> {
    let client = ours::asynchronous(url)?;
    awaited(width, async move || right(ours::is_updated(&client.project().update(ours::update()).await?)))
}

fn read_on_reqwest(url: &str, width: usize) -> Result<Calls> {
    let client = by_hand::Asynchronous::new(url)?;
    awaited(width, async move || right(by_hand::is_read(&client.get_fields().await?)))
}

fn update_on_reqwest(url: &str, width: usize) -> Result<Calls> {
    let client = by_hand::Asynchronous::new(url)?;
    awaited(width, async move || right(by_hand::is_updated(&client.update().await?)))
}

fn first_blocking(url: &str) -> Result<Calls> {
    let url = url.to_owned();
    repeated(move || right(ours::is_read(&ours::blocking(&url)?.project().get_fields(ours::fields())?)))
}

fn first_on_ureq(url: &str) -> Result<Calls> {
    let url = url.to_owned();
    repeated(move || right(by_hand::is_read(&by_hand::Blocking::new(&url).get_fields()?)))
}

fn first_async(url: &str) -> Result<Calls> {
    let url = url.to_owned();
    awaited(1, async move || {
        let client = ours::asynchronous(&url)?;
        right(ours::is_read(&client.project().get_fields(ours::fields()).await?))
    })
}

fn first_on_reqwest(url: &str) -> Result<Calls> {
    let url = url.to_owned();
    awaited(1, async move || right(by_hand::is_read(&by_hand::Asynchronous::new(&url)?.get_fields().await?)))
}

fn decode(_: &str) -> Result<Calls> {
    decoded(|project: &mem0::projects::Project| project.name.is_some() && project.extra.is_empty())
}

fn decode_derived(_: &str) -> Result<Calls> {
    decoded(|project: &by_hand::Project| project.name.is_some())
}

fn decode_flattened(_: &str) -> Result<Calls> {
    decoded(|project: &by_hand::FlattenedProject| project.name.is_some() && project.extra.is_empty())
}

fn iterate(_: &str) -> Result<Calls> {
    repeated(pages::iterate()?)
}

fn stream_pages(_: &str) -> Result<Calls> {
    awaited(1, pages::stream()?)
}

fn decode_pages(_: &str) -> Result<Calls> {
    repeated(pages::decode())
}

fn decode_derived_pages(_: &str) -> Result<Calls> {
    repeated(pages::decode_derived())
}

fn decoded<V: DeserializeOwned + 'static>(is_right: fn(&V) -> bool) -> Result<Calls> {
    let list = data::list(PROJECTS);
    repeated(move || {
        let projects: Vec<V> = serde_json::from_slice(list.as_bytes())?;
        right(projects.len() == PROJECTS && projects.iter().all(is_right))
    })
}

// The results of both preparing and calling are fallible, so that a wrong one is told and nothing panics.
#[allow(clippy::unnecessary_wraps)]
fn repeated(call: impl Fn() -> Result<()> + 'static) -> Result<Calls> {
    Ok(Box::new(move |calls| (0..calls).try_for_each(|_| call())))
}

/// Calls on a runtime of their own, on one thread, so many of them at once.
fn awaited(width: usize, call: impl AsyncFn() -> Result<()> + 'static) -> Result<Calls> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(Box::new(move |calls| {
        runtime.block_on(async {
            if width == 1 {
                for _ in 0..calls {
                    call().await?;
                }
                return Ok(());
            }
            let calls = stream::iter((0..calls).map(|_| call()));
            calls.buffer_unordered(width).try_for_each(async |()| Ok(())).await
        })
    }))
}

fn right(is_right: bool) -> Result<()> {
    if is_right { Ok(()) } else { Err("a call has a wrong result".into()) }
}
