//! The Rust SDK for the Mem0 Platform: memories, and the organizations, projects and members around them, from
//! scripts and from async applications.
//!
//! # A first call
//!
//! The key comes from `MEM0_API_KEY`. It belongs to one project, which the client asks for once, when it first
//! needs it; building a client sends nothing.
//!
#![cfg_attr(feature = "blocking", doc = "```no_run")]
#![cfg_attr(not(feature = "blocking"), doc = "```text")]
//! use mem0::{CustomCategory, MemoryClient, ProjectFields, ProjectUpdate};
//!
//! let client = MemoryClient::from_env()?;
//! let project = client.project();
//! project.update(
//!     ProjectUpdate::new()
//!         .custom_categories([CustomCategory::new("billing", "Invoices and refunds")])
//!         .decay(true),
//! )?;
//! let some = project.get_fields(ProjectFields::new().name().decay())?;
//! println!("{:?} has decay {:?}", some.name, some.decay);
//! # Ok::<(), mem0::Error>(())
//! ```
//!
//! The async client has the same methods, with `.await`:
//!
#![cfg_attr(feature = "async", doc = "```no_run")]
#![cfg_attr(not(feature = "async"), doc = "```text")]
//! # async fn example() -> mem0::Result<()> {
//! use mem0::AsyncMemoryClient;
//!
//! let client = AsyncMemoryClient::from_env()?;
//! for organization in client.organizations().list().await? {
//!     println!("{:?}", organization.name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! All of them only add. No name changes its meaning when another crate turns one on.
//!
//! | feature | brings | on by default |
//! |---|---|---|
//! | `blocking` | `MemoryClient`, on ureq: no async runtime anywhere | yes |
//! | `async` | `AsyncMemoryClient`, on reqwest and tokio | |
//! | `rustls` | https by rustls; the default `TlsBackend` where both TLS features are on | yes |
//! | `native-tls` | https by the operating system's library | |
//! | `tracing` | a span a call, an event a retry; no key, no query and no body in them | |
//!
//! Without `blocking` and `async` the crate is its types; without a TLS feature a client speaks plain HTTP to this
//! machine only, and refuses an `https` URL when it is built.
//!
//! With `rustls`, ureq uses the *ring* provider and reqwest *aws-lc-rs*; both are in a binary that has both flavours. The
//! clients of this crate name theirs. A third crate that calls `rustls::ClientConfig::builder()` needs a default then,
//! as rustls asks of every application: `rustls::crypto::ring::default_provider().install_default()`.
//!
//! # Networks
//!
//! Proxies are those of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`), and the operating system's
//! certificates are trusted (`SSL_CERT_FILE` and `SSL_CERT_DIR` on Linux included). The builder's `proxy`, `no_proxy`,
//! `add_root_certificate_pem` and `tls_backend` change that. The HTTP libraries log by the `log` crate: at `Debug` and
//! above without key, query and body; at `Trace`, the targets `ureq` and `ureq_proto` log every byte.
//!
//! # Where things are
//!
//! * `blocking` and `asynchronous`: the two flavours, made of one body.
//! * [`Project`], [`ProjectUpdate`], [`ProjectFields`], [`Organization`], [`Member`], [`Entity`], [`Webhook`], …: what
//!   is sent and read, the same in both flavours. Every field of an answer is optional, and fields this version does not know are kept in
//!   `extra`.
//! * [`plan`]: projects as code: what differs between a wanted state and the current one, step by step.
//! * [`WebhookDelivery`]: what a webhook brings to your server.
//! * [`Error`]: everything that can go wrong, in seven kinds, each with what to do next.
//! * `RetryPolicy`: when a call is tried again. Creating something is never repeated where it may
//!   have happened already, unless you say so.
//! * `bulk`: files of memories, imported and exported, and memories copied between projects.
//! * [`redact`]: masking of keys and addresses, for text of your own.
//!
//! The offline platform, for tests, demonstrations and development, is the crate `mem0-local`; the command is `mem0ctl`.
//!
//! Where the documentation says "contract", it means the facts about the platform's HTTP interface that this crate is
//! built on; a number such as 1.3 or D9 names a section of them.
//!
//! # What is never shown
//!
//! The API key is in no `Debug`, no error, no log and no span, not even where a server echoes it; members' e-mail
//! addresses are redacted in all of these. What people have said, the texts of memories and messages, is in no `Debug`.
//! `Display` of an identifier or a word is its text as it is: that is what it is for. The crate sends no telemetry.
#![cfg_attr(docsrs, feature(doc_cfg))]
// The types alone have nobody who sends them.
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
mod types;

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

pub use members::Role;
pub use memories::{AddMemories, ChatMessage, Memory, SearchMemories};
pub use projects::{CustomCategory, ProjectFields, ProjectUpdate};

/// The README's examples, compiled and run.
#[cfg(all(doctest, feature = "blocking", feature = "async"))]
#[doc = include_str!("../README.md")]
mod readme {}
