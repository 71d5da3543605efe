//! Exports: memories condensed into one JSON object, in the form of a JSON Schema that you pass.
//!
//! The calls are on `ExportsApi`, which `client.exports()` returns.

mod export;

pub use export::*;

pub use crate::ids::ExportId;
