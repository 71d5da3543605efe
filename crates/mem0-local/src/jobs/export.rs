//! How an export becomes an object of the caller's form.

use rusqlite::{Connection, Result};
use serde_json::Value;

use crate::filter::Filter;
use crate::jobs::schema_fill;
use crate::store::{exports, matching};

/// Makes an export that waits, of the memories of now.
pub(crate) fn run(connection: &Connection, export_id: &str, now: i64) -> Result<()> {
    let Some(waiting) = exports::waiting(connection, export_id)? else { return Ok(()) };
    // One that comes from a dump may have filters that no request could have: nothing matches them, ever.
    let Ok(filter) = Filter::read(Some(&waiting.filters)) else { return Ok(()) };
    let memories = matching::newest(connection, waiting.place(), filter.condition(), now)?;
    let data = Value::Object(schema_fill::fill(&waiting.schema, &memories));
    exports::finish(connection, export_id, &data, now)
}
