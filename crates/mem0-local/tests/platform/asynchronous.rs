//! Behaviour tests with the async client.

use maybe_async::must_be_async as maybe_async;
use mem0::asynchronous as flavour;
use tokio::test as flavour_test;

#[allow(clippy::duplicate_mod)]
#[path = "behaviour/mod.rs"]
mod behaviour;
