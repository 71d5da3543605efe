//! Exports of memories in a schema of your own.

mod export;

pub use export::{ExportCreated, NewExport};

pub use crate::id::ExportId;
