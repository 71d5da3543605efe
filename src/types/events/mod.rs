//! Events: the platform's record of operations, many of which run in the background, such as extracting memories.
//!
//! The calls are on `EventsApi`, which `client.events()` returns.

mod event;

pub use event::*;

pub use crate::ids::EventId;
