//! Behaviour tests with the blocking client.

use std::prelude::v1::test as flavour_test;

use maybe_async::must_be_sync as maybe_async;
use mem0::blocking as flavour;

#[allow(clippy::duplicate_mod)]
#[path = "behaviour/mod.rs"]
mod behaviour;
