//! Columns that hold JSON, and what it has to be: later requests take it for granted.

use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::json;

#[derive(Debug, Clone, Copy)]
enum Shape {
    Object,
    List,
    Texts,
    /// An object with an object of settings for users, which may be missing.
    ProfileSettings,
    /// An object with a job and the answer to whoever asked for it.
    Job,
}

/// By table and column. Any cell may be null where the table lets it.
const COLUMNS: [(&str, &str, Shape); 18] = [
    ("projects", "settings", Shape::Object),
    ("memories", "metadata", Shape::Object),
    ("memories", "categories", Shape::Texts),
    ("memories", "input", Shape::List),
    ("memory_history", "input", Shape::List),
    ("memory_history", "categories", Shape::Texts),
    ("memory_history", "metadata", Shape::Object),
    ("entities", "metadata", Shape::Object),
    ("events", "payload", Shape::Object),
    ("events", "metadata", Shape::Object),
    ("events", "results", Shape::List),
    ("exports", "form", Shape::Object),
    ("exports", "filters", Shape::Object),
    ("exports", "data", Shape::Object),
    ("webhooks", "event_types", Shape::Texts),
    ("profile_settings", "settings", Shape::ProfileSettings),
    ("profile_jobs", "job", Shape::Job),
    ("profiles", "profile", Shape::Object),
];

/// Reads a column of JSON.
pub(crate) fn json<V: DeserializeOwned>(row: &Row<'_>, at: usize) -> Result<Option<V>> {
    let text: Option<String> = row.get(at)?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| Error::FromSqlConversionFailure(at, Type::Text, Box::new(error)))
}

/// What is wrong with a row of a table, if anything is: its column, and what that is not. Each of the `columns` has its
/// cell in the `row`.
pub(super) fn mistake(
    table: &str,
    columns: &[String],
    row: &[Value],
) -> Option<(&'static str, &'static str)> {
    COLUMNS.iter().filter(|(name, ..)| *name == table).find_map(|(_, column, shape)| {
        let at = columns.iter().position(|known| known == column)?;
        let is_sound = match row.get(at)? {
            Value::Null => true,
            Value::String(text) => shape.fits(text),
            // The database writes numbers into a column of texts as texts.
            other => shape.fits(&other.to_string()),
        };
        (!is_sound).then_some((*column, shape.words()))
    })
}

impl Shape {
    fn fits(self, text: &str) -> bool {
        // As it is read later, limits and all.
        let object = || json::object(text);
        let is_object =
            |value: Option<&Value>| value.is_none_or(|value| value.is_null() || value.is_object());
        match self {
            Self::Object => object().is_some(),
            Self::List => json::read(text.as_bytes()).is_ok_and(|value| value.is_array()),
            Self::Texts => serde_json::from_str::<Vec<String>>(text).is_ok(),
            Self::ProfileSettings => object().is_some_and(|settings| {
                let entities = settings.get("entities");
                is_object(entities) && is_object(entities.and_then(|entities| entities.get("user")))
            }),
            Self::Job => object().is_some_and(|kept| {
                ["answer", "job"].iter().all(|part| kept.get(*part).is_some_and(Value::is_object))
            }),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Object => "is no JSON object",
            Self::List => "is no JSON list",
            Self::Texts => "is no JSON list of texts",
            Self::ProfileSettings => "is no JSON object with objects in entities and entities.user",
            Self::Job => "is no JSON object with objects in answer and job",
        }
    }
}
