//! The tour in the blocking flavour.

use maybe_async::must_be_sync as maybe_async;
use mem0::blocking::{MemoryClient, ProjectApi};

#[allow(clippy::duplicate_mod)]
#[path = "tour.rs"]
pub(super) mod tour;
