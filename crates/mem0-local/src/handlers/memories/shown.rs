//! A memory as the platform shows it, which differs by operation (contract 3.1, 3.2).

use serde_json::{Map, Value, json};

use crate::clock::format_timestamp;
use crate::store::memories::Memory;

/// In a list.
pub(crate) fn listed(memory: &Memory) -> Map<String, Value> {
    let mut shown = common(memory);
    shown.insert("session_id".to_owned(), json!(memory.run_id));
    shown.insert("structured_attributes".to_owned(), structured_attributes(memory.created_at));
    shown.insert("replaced_by".to_owned(), json!(memory.replaced_by));
    shown.insert("synthesized".to_owned(), json!(false));
    shown
}

/// By itself.
pub(crate) fn single(memory: &Memory) -> Map<String, Value> {
    let mut shown = listed(memory);
    shown.insert("lifecycle_state".to_owned(), json!(memory.lifecycle_state));
    shown
}

/// As a result of a search.
pub(crate) fn searched(memory: &Memory, score: f64) -> Map<String, Value> {
    let mut shown = common(memory);
    shown.insert("run_id".to_owned(), json!(memory.run_id));
    shown.insert("score".to_owned(), json!(score));
    shown
}

/// What of it was asked for by `fields`, and its identifier; without any field named, all of it.
pub(crate) fn chosen(mut shown: Map<String, Value>, fields: &[String]) -> Map<String, Value> {
    if !fields.is_empty() {
        shown.retain(|name, _| name == "id" || fields.contains(name));
    }
    shown
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

/// The moment of creation taken apart, in UTC (memory semantics 2.4).
fn structured_attributes(created_at: i64) -> Value {
    let moment = jiff::Timestamp::from_microsecond(created_at).unwrap_or_default();
    let moment = jiff::tz::TimeZone::UTC.to_datetime(moment);
    let weekday = moment.weekday();
    json!({
        "year": moment.year(),
        "month": moment.month(),
        "day": moment.day(),
        "hour": moment.hour(),
        "minute": moment.minute(),
        "day_of_week": format!("{weekday:?}").to_lowercase(),
        "week_of_year": moment.iso_week_date().week(),
        "day_of_year": moment.day_of_year(),
        "quarter": (moment.month() + 2) / 3,
        "is_weekend": matches!(weekday, jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday),
    })
}
