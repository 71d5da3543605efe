//! The calls, with one source for both flavours: `src/blocking/mod.rs` and `src/asynchronous/mod.rs` each load this
//! folder with their own `maybe_async`, `DefaultTransport`, `HttpTransport`, `Lock`, `PendingPage`, `run_workers` and `flavour!`.

#[macro_use]
mod examples;

mod access;
mod analytics;
mod any_client;
mod builder;
mod bulk;
mod client;
mod ensure_member;
mod entities;
mod events;
mod exports;
mod key_project;
mod member;
mod memory;
mod memory_batch;
mod memory_list;
mod organization;
mod organizations;
mod page_source;
mod pages;
mod plan;
mod profiles;
mod project;
mod raw;
mod transport;
mod users;
mod webhooks;

pub use builder::ClientBuilder;
pub use client::MemoryClient;
pub use entities::EntitiesApi;
pub use events::EventsApi;
pub use exports::ExportsApi;
pub use organization::OrganizationApi;
pub use organizations::OrganizationsApi;
pub use pages::Pages;
pub use profiles::ProfilesApi;
pub use project::ProjectApi;
pub use raw::RawRequest;
pub use transport::Transport;
pub use webhooks::WebhooksApi;

use super::{DefaultTransport, HttpTransport, Lock, PendingPage, maybe_async, run_workers};
