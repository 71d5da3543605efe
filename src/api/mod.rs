//! The one body of both flavours: `src/blocking.rs` and `src/asynchronous.rs` load this folder each, with
//! `maybe_async`, `DefaultTransport`, `Gate`, `Fetching` and `example!` of their own.

mod builder;
mod client;
mod events;
mod member;
mod memory;
mod memory_batch;
mod memory_list;
mod organization;
mod organizations;
mod pages;
mod project;
mod raw;
mod scope;
mod transport;

pub use builder::ClientBuilder;
pub use client::MemoryClient;
pub use events::EventsApi;
pub use organization::OrganizationApi;
pub use organizations::OrganizationsApi;
pub use pages::Pages;
pub use project::ProjectApi;
pub use raw::RawRequest;
pub use transport::Transport;

use super::{DefaultTransport, Fetching, Gate, maybe_async};
