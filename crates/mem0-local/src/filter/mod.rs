//! Filters of memories: parsing (see `docs/platform-api.md#filter-grammar`) and translation to SQL.
//!
//! A filter becomes one SQL condition on the table `memories`. A comparison with a null column is null and counts as
//! false, so that indexes can be used. A negation is `IS NOT TRUE`, so that it matches null columns.

mod error;
mod field;
mod parser;
mod time_range;
mod visibility;

use http::StatusCode;
use serde_json::Value;

pub(crate) use error::{ENTITY_REQUIRED, FilterError};
pub(crate) use field::uuid;
pub(crate) use time_range::TimeRange;
pub(crate) use visibility::Visibility;

use crate::protocol::reply::HttpReply;
use crate::store::condition::Condition;

/// A valid filter.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    condition: Condition,
    is_scoped: bool,
    has_keywords: bool,
}

impl Filter {
    /// Parses a filter that must name a user, an agent, an app or a run. The error is the reply to the client.
    pub(crate) fn parse_scoped(filters: Option<&Value>) -> Result<Self, HttpReply> {
        let read = || match filters {
            None | Some(Value::Null) => Err(FilterError::EntityRequired),
            Some(filters) => {
                let filter = Self::parse(filters)?;
                if filter.is_scoped { Ok(filter) } else { Err(FilterError::EntityRequired) }
            }
        };
        read().map_err(|error| error.reply())
    }

    /// Parses the filter of a search. With `known_faults`, a condition on `keywords` fails as on the hosted platform
    /// (MEM-5746).
    pub(crate) fn parse_for_search(filters: Option<&Value>, known_faults: bool) -> Result<Self, HttpReply> {
        let filter = Self::parse_scoped(filters)?;
        if filter.has_keywords && known_faults {
            return Err(HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error."));
        }
        Ok(filter)
    }

    /// Parses a filter that may lack an entity; `{}` matches everything. For operations with their own error messages.
    pub(crate) fn parse(filters: &Value) -> Result<Self, FilterError> {
        let mut parser = parser::FilterParser::default();
        let condition = parser.root(filters)?;
        Ok(Self { condition, is_scoped: parser.is_scoped, has_keywords: parser.has_keywords })
    }

    pub(crate) fn condition(&self) -> &Condition {
        &self.condition
    }

    pub(crate) fn into_condition(self) -> Condition {
        self.condition
    }
}
