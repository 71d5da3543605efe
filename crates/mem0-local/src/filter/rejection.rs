//! Why a filter is none.

use http::StatusCode;

use crate::protocol::reply::HttpReply;

/// The words for a filter that names nobody.
pub(crate) const NO_SCOPE: &str = "One of the filters: app_id, user_id, agent_id, run_id is required!";

/// The words for a key that is none, as the platform's documentation has them.
const UNKNOWN_KEY: &str = "Top-level key must be a logical operator or an allowed field: ['AND', 'OR', 'NOT', \
    'user_id', 'agent_id', 'app_id', 'run_id', 'created_at', 'updated_at', 'timestamp', 'expiration_date', \
    'text', 'categories', 'metadata', 'keywords_search', 'memory_ids', 'keywords']";

/// Why a filter was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// It names no user, agent, app or run.
    NoScope,
    /// It has a key that is neither a field nor a logical operator.
    UnknownKey,
    /// A field has an operator that it does not take.
    Operator {
        field: &'static str,
        operator: String,
        /// Those it takes.
        known: &'static [&'static str],
    },
    /// A value, or the shape of the filter: what is wrong with it.
    Value(String),
}

impl Rejection {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::NoScope => NO_SCOPE.to_owned(),
            Self::UnknownKey => UNKNOWN_KEY.to_owned(),
            Self::Operator { field, operator, known } => {
                let operator: String = operator.chars().take(40).collect();
                let known = known.join(", ");
                format!("FilterValidationError: '{field}' has no operator '{operator}'. Use one of: {known}.")
            }
            Self::Value(text) => format!("FilterValidationError: {text}"),
        }
    }

    pub(crate) fn reply(&self) -> HttpReply {
        HttpReply::message(StatusCode::BAD_REQUEST, &self.text())
    }
}
