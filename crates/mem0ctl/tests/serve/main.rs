//! `mem0ctl local serve` as a process.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod announcement;
mod kill;
mod pending;
mod process;
mod refusals;
