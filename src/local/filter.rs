//! Filters of memories: the grammar of the platform, and its way into the database.

use rusqlite::types::Value as Cell;
use serde_json::Value;

use crate::local::reply::Reply;

/// A filter that was understood.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    condition: Condition,
}

/// A condition on the table `memories`, as SQL with a mark `?` for each parameter, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<Cell>,
}

impl Filter {
    /// Reads a filter, which has to name a user, an agent, an app or a run. The error is the answer to whoever sent it.
    pub(crate) fn read(filters: Option<&Value>) -> Result<Self, Reply> {
        let _ = filters;
        Ok(Self { condition: Condition { sql: "1".to_owned(), parameters: Vec::new() } })
    }

    pub(crate) fn condition(&self) -> &Condition {
        &self.condition
    }
}
