//! The platform itself, on loopback: for development, tests and demonstrations, without an account and
//! without a network.
//!
//! A [`LocalPlatform`] serves the routes of the hosted platform (organizations, projects, members, memories and
//! all that is around them) from threads of its own, as a server with a state: what was created can be read, and
//! what was deleted is gone. Whoever may not do something is refused as they would be there.
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
//! The async client of the same platform is `LocalPlatform::async_client`; any other client is given
//! [`url`](LocalPlatform::url) and a key. Beside the OWNER's key there is a
//! [READER's](LocalPlatform::reader_key) and [one of another organization](LocalPlatform::other_key), to see
//! what is refused and what is hidden.
//!
//! For a test there is more: a [`Clock`] that can be moved, identifiers that are the same in every run
//! ([`seed`](LocalPlatformBuilder::seed)), content of its own ([`SeedData`]), [faults](Fault) at the moment
//! of its choosing, a [request log](LocalPlatform::request_log) of what was asked, and the whole state as a value
//! ([`dump`](LocalPlatform::dump), [`load`](LocalPlatform::load), [`reset`](LocalPlatform::reset)). Platforms
//! start in milliseconds and know nothing of each other: give each test its own.
//!
//! # How memories are made
//!
//! An add with `infer: false` stores messages as they are, at once. One that infers is answered `PENDING`, and its
//! memories are there [at once, later, or on demand](Completion). Without a model they are the messages as they are
//! too, each of whoever said it, filed under the categories that share a word with them. With a model
//! (`LocalPlatformBuilder::extraction`) they are facts, by the project's instructions and categories.
//!
//! # Searching, and forgetting
//!
//! A search finds memories by their words, without a model: the same question gives the same answer every time, and
//! a project of a million memories answers in milliseconds. In a project with `decay` on, what was lately returned
//! comes before what nobody has asked for: [`decay_factor`] tells by how much, and a clock that is moved shows it.
//! [`load_memories`](LocalPlatform::load_memories) fills a project fast.
//!
//! # Recorded reality
//!
//! Where it matters what the hosted platform really answers, a `Recorder` passes requests on to it and writes a cassette,
//! and a [`Replay`] answers from that, offline and always in the same way. On the command line they are
//!
//! ```sh
//! mem0ctl local record --upstream https://api.mem0.ai --to team.jsonl
//! mem0ctl local serve --replay team.jsonl
//! ```
//!
//! A cassette is a file of JSON lines, an exchange each, without keys and with stand-ins for e-mail addresses:
//!
//! ```json
//! {"request": {"method": "POST", "path": "/v3/memories/", "query": [["page", "1"]], "key": "key-1",
//!              "body": {"json": {"filters": {"user_id": "person-1@example.com"}}}},
//!  "response": {"status": 200, "headers": {"content-type": "application/json"},
//!             "body": {"json": {"count": 0, "next": null, "previous": null, "results": []}}}}
//! ```
//!
//! (in one line). A body is `json`, `text`, or `base64` where it is neither; an exchange without a whole answer has a
//! `failure` that says why. Lines may be written and changed by hand.
//!
//! # From other languages
//!
//! ```sh
//! mem0ctl local serve --listen 127.0.0.1:8080 --data mem0.db
//! ```
//!
//! prints one line of JSON with the URL, the identifiers of the default organization and project, and the
//! three keys, and serves until it is interrupted. The command is the crate `mem0ctl`. The official
//! Python client, for one, takes the URL as its `host`.
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
pub use webhooks::dispatcher::WebhookDelivery;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The README's example, compiled and run.
#[cfg(all(doctest, feature = "blocking"))]
#[doc = include_str!("../README.md")]
mod readme {}

/// Locks also what a panic left behind: every change under these locks is whole or undone.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
