//! `mem0ctl local serve`, as a process of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
