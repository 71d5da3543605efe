//! Exports: memories condensed into an object with a JSON Schema of your own.
//!
//! The calls are on `ExportsApi`, which `client.exports()` returns.

mod export;

pub use export::*;

pub use crate::ids::ExportId;
