//! Filters of memories: the grammar of the platform (memory semantics, section 1), and its way into the
//! database.
//!
//! A filter becomes one condition on the table `memories`. Wherever a column is null, a comparison with it is
//! null too and counts as false, so that indexes can be used; whatever is negated is asked for not being
//! true, so that what is null counts there.

mod fields;
mod grammar;
mod moment;
mod rejection;
mod shown;

use http::StatusCode;
use serde_json::Value;

pub(crate) use fields::uuid;
pub(crate) use moment::Span;
pub(crate) use rejection::{NO_SCOPE, Rejection};
pub(crate) use shown::Visibility;

use crate::protocol::reply::HttpReply;
use crate::store::condition::Condition;

/// A filter that was understood.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    condition: Condition,
    is_scoped: bool,
    has_keywords: bool,
}

impl Filter {
    /// Reads a filter, which has to name a user, an agent, an app or a run. The error is the answer to whoever
    /// sent it.
    pub(crate) fn parse_scoped(filters: Option<&Value>) -> Result<Self, HttpReply> {
        let read = || match filters {
            None | Some(Value::Null) => Err(Rejection::NoScope),
            Some(filters) => {
                let filter = Self::parse(filters)?;
                if filter.is_scoped { Ok(filter) } else { Err(Rejection::NoScope) }
            }
        };
        read().map_err(|rejection| rejection.reply())
    }

    /// Reads the filter of a search. The platform's own search fails at a condition on `keywords` (its fault
    /// MEM-5746); with `known_faults`, this one does too.
    pub(crate) fn parse_for_search(filters: Option<&Value>, known_faults: bool) -> Result<Self, HttpReply> {
        let filter = Self::parse_scoped(filters)?;
        if filter.has_keywords && known_faults {
            return Err(HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error."));
        }
        Ok(filter)
    }

    /// Reads a filter that need not name anybody; `{}` constrains nothing. It is for operations that refuse in
    /// words of their own.
    pub(crate) fn parse(filters: &Value) -> Result<Self, Rejection> {
        let mut reader = grammar::Reader::default();
        let condition = reader.root(filters)?;
        Ok(Self { condition, is_scoped: reader.is_scoped, has_keywords: reader.has_keywords })
    }

    pub(crate) fn condition(&self) -> &Condition {
        &self.condition
    }

    pub(crate) fn into_condition(self) -> Condition {
        self.condition
    }
}
