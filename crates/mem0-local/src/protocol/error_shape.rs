//! Shapes of a 400.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::protocol::reply::HttpReply;

const INVALID_INPUT: &str = "Invalid input data. Please refer to the memory creation documentation at \
     https://docs.mem0.ai/platform/quickstart#4-1-create-memories for correct formatting and required fields.";

/// JSON of a 400 for invalid values of a request, which differs between operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorShape {
    /// `{"message": "name: This field is required."}`
    Message,
    /// `{"error": "name: This field is required."}`
    Error,
    /// `{"errors": {"name": ["This field is required."]}}`
    Errors,
    /// `{"name": ["This field is required."]}`
    Fields,
    /// `{"error": "400 Bad Request", "details": {"name": […], "message": "Invalid input data. …"}}`
    InvalidInput,
}

impl ErrorShape {
    /// 400 with texts by field.
    pub(crate) fn reply(self, errors: &Map<String, Value>) -> HttpReply {
        let body = match self {
            Self::Message => json!({ "message": sentence(errors) }),
            Self::Error => json!({ "error": sentence(errors) }),
            Self::Errors => json!({ "errors": errors }),
            Self::Fields => json!(errors),
            Self::InvalidInput => {
                let mut details = errors.clone();
                details.insert("message".to_owned(), INVALID_INPUT.into());
                json!({ "error": "400 Bad Request", "details": details })
            }
        };
        HttpReply::json(StatusCode::BAD_REQUEST, &body)
    }

    /// 400 for one field.
    pub(crate) fn invalid(self, field: &str, text: &str) -> HttpReply {
        self.reply(&Map::from_iter([(field.to_owned(), json!([text]))]))
    }
}

fn sentence(errors: &Map<String, Value>) -> String {
    let one = |(field, texts): (&String, &Value)| {
        let text = texts.get(0).and_then(Value::as_str).unwrap_or_default();
        if field == "non_field_errors" { text.to_owned() } else { format!("{field}: {text}") }
    };
    errors.iter().map(one).collect::<Vec<_>>().join(" ")
}
