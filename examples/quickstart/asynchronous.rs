//! The tour in the async flavour.

use maybe_async::must_be_async as maybe_async;
use mem0::asynchronous::{MemoryClient, ProjectApi};

#[allow(clippy::duplicate_mod)]
#[path = "tour.rs"]
pub(super) mod tour;
