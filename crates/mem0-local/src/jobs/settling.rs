//! What is answered before it is done, and how it is done.

use rusqlite::{Connection, Result};

use crate::jobs::task::Task;
use crate::jobs::{exporting, making, profiling};

/// What of what was asked for may be done later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An add that infers, by its event.
    Add,
    Export,
    /// A job that makes profiles.
    Job,
}

/// Does what the store alone can do: an add without a model, an export, a job. What is done already, or gone with its
/// project, stays as it is.
pub(crate) fn settle(
    connection: &Connection,
    kind: Kind,
    id: &str,
    now: i64,
    tasks: &mut Vec<Task>,
) -> Result<()> {
    match kind {
        Kind::Add => making::settle(connection, id, now, tasks),
        Kind::Export => exporting::settle(connection, id, now),
        Kind::Job => profiling::settle(connection, id, now),
    }
}
