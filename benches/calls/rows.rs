//! Rows of the table.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;

use crate::{Result, by_hand, data, ours, pages};

/// Makes a number of calls, and fails if a result is wrong.
pub(crate) type Calls = Box<dyn FnMut(usize) -> Result<()>>;

/// Prepares calls to the server at a URL.
pub(crate) type Prepare = fn(&str) -> Result<Calls>;

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) ours: Prepare,
    pub(crate) by_hand: Prepare,
    /// Number of calls that are timed together: a few milliseconds, so that both runs of a pair see the same load.
    pub(crate) calls: usize,
    /// Whether a call sends a request to the server.
    pub(crate) is_sent: bool,
}

/// Number of calls in flight in the rows with concurrency.
const IN_FLIGHT: usize = 64;

/// Number of projects in a list.
const PROJECTS: usize = 100;

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    sent("blocking `get_fields`", 50, read_blocking, read_on_ureq),
    sent("blocking `update`", 50, update_blocking, update_on_ureq),
    sent("async `get_fields`", 50, |url| read_async(url, 1), |url| read_on_reqwest(url, 1)),
    sent("async `update`", 50, |url| update_async(url, 1), |url| update_on_reqwest(url, 1)),
    sent("async `get_fields`, 64 in flight", 128, |url| read_async(url, IN_FLIGHT), |url| read_on_reqwest(url, IN_FLIGHT)),
    sent("async `update`, 64 in flight", 128, |url| update_async(url, IN_FLIGHT), |url| update_on_reqwest(url, IN_FLIGHT)),
    sent("blocking `get_fields`, wrapped transport", 50, read_wrapped, read_on_ureq),
    sent("async `get_fields`, wrapped transport", 50, read_wrapped_async, |url| read_on_reqwest(url, 1)),
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
    repeated(move || check(ours::is_expected_project(&client.project().get_fields(ours::fields())?)))
}

fn read_wrapped(url: &str) -> Result<Calls> {
    let client = ours::wrapped(url)?;
    repeated(move || check(ours::is_expected_project(&client.project().get_fields(ours::fields())?)))
}

fn read_wrapped_async(url: &str) -> Result<Calls> {
    let client = ours::wrapped_async(url)?;
    awaited(1, async move || {
        check(ours::is_expected_project(&client.project().get_fields(ours::fields()).await?))
    })
}

fn update_blocking(url: &str) -> Result<Calls> {
    let client = ours::blocking(url)?;
    repeated(move || check(ours::is_expected_update(&client.project().update(ours::update())?)))
}

fn read_on_ureq(url: &str) -> Result<Calls> {
    let client = by_hand::Blocking::new(url);
    repeated(move || check(by_hand::is_expected_project(&client.get_fields()?)))
}

fn read_on_ureq_with_global_timeout(url: &str) -> Result<Calls> {
    let client = by_hand::Blocking::with_global_timeout(url);
    repeated(move || check(by_hand::is_expected_project(&client.get_fields()?)))
}

fn update_on_ureq(url: &str) -> Result<Calls> {
    let client = by_hand::Blocking::new(url);
    repeated(move || check(by_hand::is_expected_update(&client.update()?)))
}

fn read_async(url: &str, in_flight: usize) -> Result<Calls> {
    let client = ours::asynchronous(url)?;
    awaited(in_flight, async move || {
        check(ours::is_expected_project(&client.project().get_fields(ours::fields()).await?))
    })
}

fn update_async(url: &str, in_flight: usize) -> Result<Calls> {
    let client = ours::asynchronous(url)?;
    awaited(in_flight, async move || {
        check(ours::is_expected_update(&client.project().update(ours::update()).await?))
    })
}

fn read_on_reqwest(url: &str, in_flight: usize) -> Result<Calls> {
    let client = by_hand::Asynchronous::new(url)?;
    awaited(in_flight, async move || check(by_hand::is_expected_project(&client.get_fields().await?)))
}

fn update_on_reqwest(url: &str, in_flight: usize) -> Result<Calls> {
    let client = by_hand::Asynchronous::new(url)?;
    awaited(in_flight, async move || check(by_hand::is_expected_update(&client.update().await?)))
}

fn first_blocking(url: &str) -> Result<Calls> {
    let url = url.to_owned();
    repeated(move || {
        check(ours::is_expected_project(&ours::blocking(&url)?.project().get_fields(ours::fields())?))
    })
}

fn first_on_ureq(url: &str) -> Result<Calls> {
    let url = url.to_owned();
    repeated(move || check(by_hand::is_expected_project(&by_hand::Blocking::new(&url).get_fields()?)))
}

fn first_async(url: &str) -> Result<Calls> {
    let url = url.to_owned();
    awaited(1, async move || {
        let client = ours::asynchronous(&url)?;
        check(ours::is_expected_project(&client.project().get_fields(ours::fields()).await?))
    })
}

fn first_on_reqwest(url: &str) -> Result<Calls> {
    let url = url.to_owned();
    awaited(1, async move || {
        check(by_hand::is_expected_project(&by_hand::Asynchronous::new(&url)?.get_fields().await?))
    })
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
        check(projects.len() == PROJECTS && projects.iter().all(is_right))
    })
}

// Fallible like all preparations, for the type `Prepare`.
#[allow(clippy::unnecessary_wraps)]
fn repeated(call: impl Fn() -> Result<()> + 'static) -> Result<Calls> {
    Ok(Box::new(move |calls| (0..calls).try_for_each(|_| call())))
}

/// Runs calls on a single-threaded runtime, with that number in flight.
fn awaited(in_flight: usize, call: impl AsyncFn() -> Result<()> + 'static) -> Result<Calls> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(Box::new(move |calls| {
        runtime.block_on(async {
            if in_flight == 1 {
                for _ in 0..calls {
                    call().await?;
                }
                return Ok(());
            }
            let calls = stream::iter((0..calls).map(|_| call()));
            calls.buffer_unordered(in_flight).try_for_each(async |()| Ok(())).await
        })
    }))
}

fn check(is_right: bool) -> Result<()> {
    if is_right { Ok(()) } else { Err("a call returned a wrong result".into()) }
}
