//! JSON columns and the shapes that later requests rely on.

use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::json;

#[derive(Debug, Clone, Copy)]
enum Shape {
    Object,
    List,
    Strings,
    /// Object with an optional object of user settings.
    ProfileSettings,
    /// Object with a job and the response to its request.
    Job,
}

/// Shape by table and column. Any cell may be null if the table allows it.
const COLUMNS: [(&str, &str, Shape); 18] = [
    ("projects", "settings", Shape::Object),
    ("memories", "metadata", Shape::Object),
    ("memories", "categories", Shape::Strings),
    ("memories", "input", Shape::List),
    ("memory_history", "input", Shape::List),
    ("memory_history", "categories", Shape::Strings),
    ("memory_history", "metadata", Shape::Object),
    ("entities", "metadata", Shape::Object),
    ("events", "payload", Shape::Object),
    ("events", "metadata", Shape::Object),
    ("events", "results", Shape::List),
    ("exports", "form", Shape::Object),
    ("exports", "filters", Shape::Object),
    ("exports", "data", Shape::Object),
    ("webhooks", "event_types", Shape::Strings),
    ("profile_settings", "settings", Shape::ProfileSettings),
    ("profile_jobs", "job", Shape::Job),
    ("profiles", "profile", Shape::Object),
];

/// Reads a JSON column.
pub(crate) fn json<V: DeserializeOwned>(row: &Row<'_>, at: usize) -> Result<Option<V>> {
    let text: Option<String> = row.get(at)?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| Error::FromSqlConversionFailure(at, Type::Text, Box::new(error)))
}

/// Finds the first invalid JSON column of a row, with a message. `columns` are the names of the cells in `row`.
pub(super) fn invalid_column(
    table: &str,
    columns: &[String],
    row: &[Value],
) -> Option<(&'static str, &'static str)> {
    COLUMNS.iter().filter(|(name, ..)| *name == table).find_map(|(_, column, shape)| {
        let at = columns.iter().position(|known| known == column)?;
        let is_valid = match row.get(at)? {
            Value::Null => true,
            Value::String(text) => shape.accepts(text),
            // SQLite stores numbers in a text column as text.
            other => shape.accepts(&other.to_string()),
        };
        (!is_valid).then_some((*column, shape.message()))
    })
}

impl Shape {
    fn accepts(self, text: &str) -> bool {
        // Parsed as later reads do, with the same limits.
        let object = || json::object(text);
        let is_object =
            |value: Option<&Value>| value.is_none_or(|value| value.is_null() || value.is_object());
        match self {
            Self::Object => object().is_some(),
            Self::List => json::read(text.as_bytes()).is_ok_and(|value| value.is_array()),
            Self::Strings => serde_json::from_str::<Vec<String>>(text).is_ok(),
            Self::ProfileSettings => object().is_some_and(|settings| {
                let entities = settings.get("entities");
                is_object(entities) && is_object(entities.and_then(|entities| entities.get("user")))
            }),
            Self::Job => object().is_some_and(|value| {
                ["response", "job"].iter().all(|part| value.get(*part).is_some_and(Value::is_object))
            }),
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Object => "expected a JSON object",
            Self::List => "expected a JSON array",
            Self::Strings => "expected a JSON array of strings",
            Self::ProfileSettings => "expected a JSON object with objects in entities and entities.user",
            Self::Job => "expected a JSON object with objects in response and job",
        }
    }
}
