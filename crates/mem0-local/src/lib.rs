//! A local Mem0 Platform for development, tests and demonstrations. It needs no account and no network.
//!
//! A [`LocalPlatform`] serves the routes of the hosted platform on loopback, from its own threads: organizations,
//! projects, members, memories, entities, events, exports, profiles and webhooks. It keeps state and checks
//! permissions, as the hosted platform does.
//!
//! ```
//! # #[cfg(feature = "blocking")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use mem0::ProjectUpdate;
//! use mem0_local::LocalPlatform;
//!
//! let platform = LocalPlatform::start()?;
//! let client = platform.client()?;
//!
//! client.project().update(ProjectUpdate::new().decay(true))?;
//! assert_eq!(client.project().get()?.decay, Some(true));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "blocking"))]
//! # fn main() {}
//! ```
//!
//! `LocalPlatform::async_client` returns an async client. Any other client needs the [`url`](LocalPlatform::url) and
//! a key. Besides the [OWNER's key](LocalPlatform::api_key) there are a [READER's key](LocalPlatform::reader_key) and
//! a [key of another organization](LocalPlatform::other_key), to test permissions.
//!
//! Tests can also use:
//!
//! - a [`Clock`] that a test sets;
//! - IDs that are the same in every run ([`seed`](LocalPlatformBuilder::seed));
//! - initial content ([`SeedData`], [`load_memories`](LocalPlatform::load_memories));
//! - [faults](Fault) on demand;
//! - a [log of the requests](LocalPlatform::request_log);
//! - the whole state as a value ([`dump`](LocalPlatform::dump), [`load`](LocalPlatform::load),
//!   [`reset`](LocalPlatform::reset)).
//!
//! Platforms start in milliseconds and share nothing: start one per test.
//!
//! # Adding memories
//!
//! An add with `infer: false` stores its messages unchanged before it responds. An add with `infer: true` responds
//! with `PENDING`; [`Completion`] determines when its memories are stored. Without a model, each message becomes one memory,
//! with the categories that share a word with it. With a model (`LocalPlatformBuilder::extraction`), the memories are
//! facts, extracted according to the instructions and categories of the project.
//!
//! # Searching and decay
//!
//! A search compares words and uses no model. The same query returns the same results in every run, and a project of a
//! million memories responds in milliseconds. In a project with `decay`, recently returned memories rank higher; see
//! [`decay_factor`].
//!
//! # Cassettes
//!
//! A `Recorder` forwards requests to the hosted platform and writes a cassette; a [`Replay`] responds from the
//! cassette, offline. The commands for both:
//!
//! ```sh
//! mem0ctl local record --upstream https://api.mem0.ai --to team.jsonl
//! mem0ctl local serve --replay team.jsonl
//! ```
//!
//! A cassette is a file of JSON lines, one exchange per line, without keys and with pseudonyms for e-mail addresses:
//!
//! ```json
//! {"request": {"method": "POST", "path": "/v3/memories/", "query": [["page", "1"]], "key": "key-1",
//!              "body": {"json": {"filters": {"user_id": "person-1@example.com"}}}},
//!  "response": {"status": 200, "headers": {"content-type": "application/json"},
//!             "body": {"json": {"count": 0, "next": null, "previous": null, "results": []}}}}
//! ```
//!
//! In the file, this is one line. A body is `json`, `text`, or `base64`. An exchange without a complete response has a
//! `failure` with the reason. You can write and edit such files.
//!
//! # Other languages
//!
//! ```sh
//! mem0ctl local serve --listen 127.0.0.1:8080 --data mem0.db
//! ```
//!
//! The command, part of the crate `mem0ctl`, prints one line of JSON with the URL, the IDs of the default organization
//! and project, and the three keys, and runs until it is interrupted. In the official Python client, the URL is the
//! `host`.
//!
#![doc = include_str!("behaviours.md")]

mod builder;
mod cassette;
mod check;
mod clients;
mod clock;
mod error;
mod filter;
mod handlers;
mod http;
mod jobs;
mod json;
mod operations;
mod outgoing;
mod platform;
mod protocol;
mod search;
mod store;
mod webhooks;

pub use builder::LocalPlatformBuilder;
pub use cassette::{Recorder, RecorderBuilder};
pub use cassette::{Replay, ReplayBuilder};
pub use clock::Clock;
pub use error::{LocalError, StorageError};
pub use http::fault::{Fault, Route};
pub use http::request_log::LoggedRequest;
pub use jobs::completion::Completion;
pub use jobs::extraction::Extraction;
pub use operations::Operation;
pub use platform::LocalPlatform;
pub use search::decay::decay_factor;
pub use store::dump::Dump;
pub use store::new_memory::NewMemory;
pub use store::seed::SeedData;
pub use webhooks::dispatcher::DeliveryOutcome;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Compiles and runs the example of the README.
#[cfg(all(doctest, feature = "blocking"))]
#[doc = include_str!("../README.md")]
mod readme {}

/// Locks a mutex, even a poisoned one: every change under these locks is complete or undone.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
