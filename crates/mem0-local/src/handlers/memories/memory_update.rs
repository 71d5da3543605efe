//! Changes of an update.

use jiff::Timestamp;
use serde_json::Value;

use crate::check;
use crate::jobs::add_request::{self, Expiration};
use crate::jobs::ingest::{self, IngestSettings};
use crate::protocol::body_reader::BodyReader;
use crate::search::categories::Catalogue;
use crate::store::memories::Memory;

/// A valid update with at least one change.
#[derive(Debug, Clone)]
pub(crate) struct MemoryUpdate {
    text: Option<String>,
    metadata: Option<Value>,
    expiration: Option<Expiration>,
    /// Microseconds since 1970.
    timestamp: Option<i64>,
}

impl MemoryUpdate {
    /// Takes an update out of a body. `None` if it is invalid, with the errors in the body reader.
    pub(crate) fn read(body: &mut BodyReader) -> Option<Self> {
        let mut update = Self::read_text_and_metadata(body);
        update.expiration = Expiration::take(body);
        if let Some(value) = body.take("timestamp").filter(|value| !value.is_null()) {
            match parse_timestamp(&value) {
                Some(timestamp) => update.timestamp = Some(timestamp),
                None => {
                    body.add_error("timestamp", "Must be seconds since 1970 or a date and time in ISO 8601.");
                }
            }
        }
        update.validated(body, "text, metadata, expiration_date or timestamp")
    }

    /// Takes an update of a batch item, which has fewer fields.
    pub(crate) fn read_item(body: &mut BodyReader) -> Option<Self> {
        Self::read_text_and_metadata(body).validated(body, "text or metadata")
    }

    fn read_text_and_metadata(body: &mut BodyReader) -> Self {
        let mut update = Self { text: None, metadata: None, expiration: None, timestamp: None };
        if let Some(value) = body.take("text").filter(|value| !value.is_null()) {
            match check::text(&value) {
                Ok(text) if text.trim().is_empty() => body.add_error("text", "This field may not be blank."),
                Ok(text) => update.text = Some(text.to_owned()),
                Err(text) => body.add_error("text", text),
            }
        }
        if let Some(value) = body.take("metadata").filter(|value| !value.is_null()) {
            match add_request::object(&value) {
                Ok(metadata) => update.metadata = Some(metadata),
                Err(text) => body.add_error("metadata", &text),
            }
        }
        update
    }

    fn validated(self, body: &mut BodyReader, names: &str) -> Option<Self> {
        let Self { text, metadata, expiration, timestamp } = &self;
        let is_empty = text.is_none() && metadata.is_none() && expiration.is_none() && timestamp.is_none();
        if is_empty && !body.has_errors() {
            body.add_error("non_field_errors", &format!("Nothing to update: give {names}."));
        }
        (!body.has_errors()).then_some(self)
    }

    /// Returns the updated memory. A new text is categorized again, by the current categories.
    pub(crate) fn apply(&self, before: &Memory, settings: &IngestSettings, now: i64) -> Memory {
        let mut memory = before.clone();
        if let Some(text) = &self.text {
            memory.memory.clone_from(text);
            memory.categories = Some(Catalogue::of(&settings.categories).assign(text));
            memory.event_date = ingest::date_in(text);
        }
        if let Some(metadata) = &self.metadata {
            memory.metadata = Some(metadata.clone());
        }
        if let Some(expiration) = &self.expiration {
            memory.expiration_date = expiration.date();
        }
        memory.updated_at = now.max(memory.created_at);
        if let Some(timestamp) = self.timestamp {
            memory.created_at = timestamp;
            memory.updated_at = timestamp;
        }
        memory
    }
}

/// Parses seconds since 1970 or an ISO 8601 timestamp, and returns microseconds. A timestamp without an offset is in UTC.
fn parse_timestamp(value: &Value) -> Option<i64> {
    if let Some(seconds) = value.as_i64() {
        return Some(Timestamp::from_second(seconds).ok()?.as_microsecond());
    }
    if let Some(seconds) = value.as_f64() {
        let duration = jiff::SignedDuration::try_from_secs_f64(seconds).ok()?;
        return Some(Timestamp::from_duration(duration).ok()?.as_microsecond());
    }
    let text = value.as_str()?;
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.as_microsecond());
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok()?;
    Some(jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?.as_microsecond())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn timestamp_is_a_number_or_iso_8601() {
        for (value, expected) in [
            (json!(1), 1_000_000),
            (json!(1.5), 1_500_000),
            (json!(-1), -1_000_000),
            (json!("1970-01-01T00:00:02Z"), 2_000_000),
            (json!("1970-01-01T01:00:02+01:00"), 2_000_000),
            (json!("1970-01-01T00:00:02"), 2_000_000),
            (json!("1970-01-02"), 86_400_000_000),
        ] {
            assert_eq!(parse_timestamp(&value), Some(expected), "{value}");
        }
        for invalid in [json!("soon"), json!(""), json!(1e300), json!(i64::MAX), json!(true), json!([])] {
            assert_eq!(parse_timestamp(&invalid), None, "{invalid}");
        }
    }
}
