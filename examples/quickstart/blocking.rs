//! The tour with the blocking client.

use maybe_async::must_be_sync as maybe_async;
use mem0::blocking::{MemoryClient, ProjectApi};

/// Suffix of a call that returns a response.
const AWAIT: &str = "?";

#[allow(clippy::duplicate_mod)]
#[path = "tour.rs"]
pub(super) mod tour;
