//! Export jobs.

use rusqlite::{Connection, Result};
use serde_json::Value;

use crate::filter::Filter;
use crate::jobs::schema_fill;
use crate::store::{exports, matching};

/// Runs a pending export on the current memories.
pub(crate) fn run(connection: &Connection, export_id: &str, now: i64) -> Result<()> {
    let Some(pending) = exports::pending(connection, export_id)? else { return Ok(()) };
    // An export from a dump may have invalid filters, which match nothing.
    let Ok(filter) = Filter::parse_scoped(Some(&pending.filters)) else { return Ok(()) };
    let memories = matching::newest(connection, pending.project_scope(), filter.condition(), now)?;
    let data = Value::Object(schema_fill::fill(&pending.schema, &memories));
    exports::finish(connection, export_id, &data, now)
}
