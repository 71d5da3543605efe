//! Rust SDK for the [Mem0 Platform](https://mem0.ai), which gives AI applications a long-term memory. It has a blocking and
//! an async client with the same methods: memories, and the organizations, projects and members around them.
//!
//! ```sh
//! cargo add mem0-sdk
//! ```
//!
#![cfg_attr(feature = "blocking", doc = "```no_run")]
#![cfg_attr(not(feature = "blocking"), doc = "```text")]
//! use mem0::client::PollPolicy;
//! use mem0::{EntityRef, Filter, MemoryClient};
//!
//! fn main() -> mem0::Result<()> {
//!     let client = MemoryClient::from_env()?; // reads MEM0_API_KEY, sends nothing
//!     let adding = ("I am allergic to nuts.", EntityRef::user("alice"));
//!     client.add_and_wait(adding, PollPolicy::default())?; // extraction takes time
//!     for memory in &client.search(("What is she allergic to?", Filter::user("alice")))? {
//!         println!("{:?} {}", memory.score, memory.text()?);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The async client has the same methods, with `.await`:
//! `cargo add mem0-sdk --no-default-features --features async,rustls`
//!
#![cfg_attr(feature = "async", doc = "```no_run")]
#![cfg_attr(not(feature = "async"), doc = "```text")]
//! # async fn example() -> mem0::Result<()> {
//! let client = mem0::AsyncMemoryClient::from_env()?;
//! let project = client.project().get().await?;
//! # let _ = project;
//! # Ok(())
//! # }
//! ```
//!
//! An API key belongs to one project, and memory calls work in that project. Every field of a response is optional, and
//! unknown fields are in `extra`. For fields that the platform sends in practice, methods such as
//! [`Memory::text`] and [`Project::id`](projects::Project::id) return the value, or an error that names the missing
//! field. Errors are [`Error`]s: the message says what is wrong and what to do, and predicates such
//! as [`is_retryable`](Error::is_retryable) classify the failure.
//!
//! # Methods
//!
#![cfg_attr(any(feature = "blocking", feature = "async"), doc = include_str!("methods.md"))]
#![cfg_attr(
    not(any(feature = "blocking", feature = "async")),
    doc = "The clients need the feature `blocking` or `async`; without them, the crate has the types only."
)]
//!
//! To test without an account and a network, use the crate `mem0-local`, an offline platform. The command-line tool is
//! `mem0ctl`.
//!
//! # Features
//!
//! | Feature | Provides | Default |
//! |---|---|---|
//! | `blocking` | `MemoryClient`, on ureq, without an async runtime | yes |
//! | `async` | `AsyncMemoryClient`, on reqwest and tokio | |
//! | `rustls` | TLS with rustls; the default `TlsBackend` if both TLS features are on | yes |
//! | `native-tls` | TLS with the library of the operating system | |
//! | `tracing` | one span per call and one event per retry, without keys, queries and bodies | |
//!
//! Features are additive. Without a TLS feature, a client supports only `http` base URLs. With `rustls`, ureq uses
//! *ring* and reqwest uses *aws-lc-rs*; if both are in the binary and other code calls `rustls::ClientConfig::builder()`,
//! install a default first: `rustls::crypto::ring::default_provider().install_default()`.
//!
//! # Network and privacy
//!
//! The client uses the proxies of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`) and trusts the
//! certificates of the operating system (on Linux, also `SSL_CERT_FILE` and `SSL_CERT_DIR`). To change this, use `proxy`,
//! `no_proxy`, `add_root_certificate_pem` and `tls_backend` of the builder.
//!
//! No `Debug`, error, log or span shows the API key or the e-mail address of a member, even if a server echoes it, and no
//! `Debug` shows the text of memories and messages. `Display` of an id shows the whole text. At level `Trace` of the
//! `log` crate, the targets `ureq` and `ureq_proto` log every byte; at `Debug` and above, no key, query or body. The crate
//! sends no telemetry.
#![cfg_attr(docsrs, feature(doc_cfg))]
// Without a client, nothing uses the request types.
#![cfg_attr(not(any(feature = "blocking", feature = "async")), allow(dead_code, unused_imports))]

#[cfg(feature = "async")]
pub mod asynchronous;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(any(feature = "blocking", feature = "async"))]
pub mod bulk;
#[cfg(any(feature = "blocking", feature = "async"))]
pub mod client;
pub mod error;
pub mod filter;
mod idempotency_key;
mod ids;
pub mod plan;
pub mod redact;
pub mod testing;
mod types;

// The links of `methods.md`.
#[cfg(all(doc, feature = "async", not(feature = "blocking")))]
use asynchronous as api;
#[cfg(all(doc, feature = "blocking"))]
use blocking as api;

#[cfg(feature = "async")]
pub use asynchronous::MemoryClient as AsyncMemoryClient;
#[cfg(feature = "blocking")]
pub use blocking::MemoryClient;
pub use error::{Error, Result};
pub use filter::Filter;
pub use types::{
    Confirmation, Page, Timestamp, entities, events, exports, members, memories, organizations, profiles,
    projects, webhooks,
};

pub use entities::EntityRef;
pub use members::Role;
pub use memories::{AddMemories, ChatMessage, Memory, SearchMemories};
pub use projects::{CustomCategory, ProjectFields, ProjectUpdate};

/// Examples of the README and the guides, compiled and run as doctests.
#[cfg(all(doctest, feature = "blocking", feature = "async"))]
mod guides {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../docs/bulk.md")]
    mod bulk {}
    #[doc = include_str!("../docs/local-platform.md")]
    mod local_platform {}
    #[doc = include_str!("../docs/migrating-from-python.md")]
    mod migrating_from_python {}
    #[doc = include_str!("../docs/networking.md")]
    mod networking {}
    #[doc = include_str!("../docs/operations.md")]
    mod operations {}
    #[doc = include_str!("../docs/projects-as-code.md")]
    mod projects_as_code {}
}
