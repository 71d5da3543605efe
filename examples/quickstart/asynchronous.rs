//! The tour with the async client.

use maybe_async::must_be_async as maybe_async;
use mem0::asynchronous::{MemoryClient, ProjectApi};

/// Suffix of a call that returns a response.
const AWAIT: &str = ".await?";

#[allow(clippy::duplicate_mod)]
#[path = "tour.rs"]
pub(super) mod tour;
