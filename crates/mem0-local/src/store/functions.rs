//! SQL functions: case-insensitive search and metadata.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, Error, Result};
use serde_json::{Map, Value};

/// Registers the functions of a connection:
///
/// - `contains_folded(text, part)`: whether a text contains a [folded](folded) part;
/// - `metadata_matches(metadata, key, operator, value)`: whether the entry of a key is equal to the value (`eq`),
///   contains it (`contains`), or exists (`set`).
pub(crate) fn register(connection: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("contains_folded", 2, flags, contains_folded)?;
    connection.create_scalar_function("metadata_matches", 4, flags, metadata_matches)
}

/// Folds the case of a text. Each character is folded separately, so that a part of a text is a part of the folded
/// text.
pub(crate) fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn contains_folded(context: &mut Context<'_>) -> Result<bool> {
    let (text, part) = (context.get_raw(0).as_str_or_null(), context.get_raw(1).as_str_or_null());
    Ok(match (text.map_err(into_error)?, part.map_err(into_error)?) {
        (Some(text), Some(part)) => folded(text).contains(part),
        _ => false,
    })
}

fn metadata_matches(context: &mut Context<'_>) -> Result<bool> {
    let metadata = context.get_raw(0).as_str_or_null().map_err(into_error)?;
    let (key, operator): (String, String) = (context.get(1)?, context.get(2)?);
    let value = context.get_or_create_aux(3, |value| {
        serde_json::from_str::<Value>(value.as_str()?)
            .map_err(Box::<dyn std::error::Error + Send + Sync>::from)
    })?;
    let metadata: Map<String, Value> =
        metadata.and_then(|metadata| serde_json::from_str(metadata).ok()).unwrap_or_default();
    let entry = metadata.get(&key).unwrap_or(&Value::Null);
    Ok(match operator.as_str() {
        "set" => !entry.is_null(),
        "contains" => contains(entry, &value),
        _ => equal(entry, &value),
    })
}

fn into_error(error: rusqlite::types::FromSqlError) -> Error {
    Error::UserFunctionError(error.into())
}

/// Whether a string contains a part, or an array an item.
fn contains(entry: &Value, value: &Value) -> bool {
    match (entry, value) {
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        (Value::Array(items), value) => items.iter().any(|item| equal(item, value)),
        _ => false,
    }
}

/// Compares numbers by value: 1 equals 1.0.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (one, other) => one == other,
    }
}
