//! JSON of a memory, which differs by operation; see `docs/platform-api.md#memories`.

use serde_json::{Map, Value, json};

use crate::clock::format_timestamp;
use crate::store::memories::Memory;

/// Returns a memory as an item of a list.
pub(crate) fn list_item(memory: &Memory) -> Map<String, Value> {
    let mut json = common(memory);
    json.insert("session_id".to_owned(), json!(memory.run_id));
    json.insert("structured_attributes".to_owned(), structured_attributes(memory.created_at));
    json.insert("replaced_by".to_owned(), json!(memory.replaced_by));
    json.insert("synthesized".to_owned(), json!(false));
    json
}

/// Returns a memory with all of its fields.
pub(crate) fn full_memory(memory: &Memory) -> Map<String, Value> {
    let mut json = list_item(memory);
    json.insert("lifecycle_state".to_owned(), json!(memory.lifecycle_state));
    json
}

/// Returns a memory as a result of a search.
pub(crate) fn search_result(memory: &Memory, score: f64) -> Map<String, Value> {
    let mut json = common(memory);
    json.insert("run_id".to_owned(), json!(memory.run_id));
    json.insert("score".to_owned(), json!(score));
    json
}

/// Keeps the requested fields and the ID; all fields if none is requested.
pub(crate) fn select_fields(mut json: Map<String, Value>, fields: &[String]) -> Map<String, Value> {
    if !fields.is_empty() {
        json.retain(|name, _| name == "id" || fields.contains(name));
    }
    json
}

fn common(memory: &Memory) -> Map<String, Value> {
    [
        ("id", json!(memory.memory_id)),
        ("memory", json!(memory.memory)),
        ("user_id", json!(memory.user_id)),
        ("agent_id", json!(memory.agent_id)),
        ("app_id", json!(memory.app_id)),
        ("metadata", json!(memory.metadata)),
        ("categories", json!(memory.categories)),
        ("expiration_date", json!(memory.expiration_date)),
        ("created_at", json!(format_timestamp(memory.created_at))),
        ("updated_at", json!(format_timestamp(memory.updated_at))),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// Returns the parts of the creation time in UTC; see `docs/platform-api.md#listing-memories`.
fn structured_attributes(created_at: i64) -> Value {
    let time = jiff::Timestamp::from_microsecond(created_at).unwrap_or_default();
    let time = jiff::tz::TimeZone::UTC.to_datetime(time);
    let weekday = time.weekday();
    json!({
        "year": time.year(),
        "month": time.month(),
        "day": time.day(),
        "hour": time.hour(),
        "minute": time.minute(),
        "day_of_week": format!("{weekday:?}").to_lowercase(),
        "week_of_year": time.iso_week_date().week(),
        "day_of_year": time.day_of_year(),
        "quarter": (time.month() + 2) / 3,
        "is_weekend": matches!(weekday, jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday),
    })
}
