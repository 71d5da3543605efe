//! Errors of filters.

use http::StatusCode;

use crate::protocol::reply::HttpReply;

/// Message for a filter without an entity.
pub(crate) const ENTITY_REQUIRED: &str = "One of the filters: app_id, user_id, agent_id, run_id is required!";

/// Message for an unknown key, from the documentation of the platform.
const UNKNOWN_KEY: &str = "Top-level key must be a logical operator or an allowed field: ['AND', 'OR', 'NOT', \
    'user_id', 'agent_id', 'app_id', 'run_id', 'created_at', 'updated_at', 'timestamp', 'expiration_date', \
    'text', 'categories', 'metadata', 'keywords_search', 'memory_ids', 'keywords']";

/// Reason why a filter is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FilterError {
    /// The filter names no user, agent, app or run.
    EntityRequired,
    /// A key is neither a field nor a logical operator.
    UnknownKey,
    /// A field does not support an operator.
    Operator {
        field: &'static str,
        operator: String,
        /// Supported operators.
        supported: &'static [&'static str],
    },
    /// A value or the structure of the filter is invalid, with a description.
    Value(String),
}

impl FilterError {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::EntityRequired => ENTITY_REQUIRED.to_owned(),
            Self::UnknownKey => UNKNOWN_KEY.to_owned(),
            Self::Operator { field, operator, supported } => {
                let operator: String = operator.chars().take(40).collect();
                let supported = supported.join(", ");
                format!(
                    "FilterValidationError: '{field}' has no operator '{operator}'. Use one of: {supported}."
                )
            }
            Self::Value(text) => format!("FilterValidationError: {text}"),
        }
    }

    pub(crate) fn reply(&self) -> HttpReply {
        HttpReply::message(StatusCode::BAD_REQUEST, &self.text())
    }
}
