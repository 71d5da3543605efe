//! Events: what the platform does in the background, such as extracting memories.

pub(in crate::types) mod event;

pub use event::{Event, EventStatus, EventType};

pub use crate::id::EventId;
