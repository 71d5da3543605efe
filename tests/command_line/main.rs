//! `mem0ctl` as people and scripts use it: against a local platform, by what it prints and how it exits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bench;
mod import_kill;
mod memory_bulk;
mod status;
