//! The Rust SDK for the Mem0 Platform.

#[cfg(feature = "local")]
pub mod local;
