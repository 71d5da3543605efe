//! What an update asks of a memory.

use jiff::Timestamp;
use serde_json::Value;

use crate::check;
use crate::jobs::add_request::{self, Expiration};
use crate::jobs::ingest::{self, IngestSettings};
use crate::protocol::body_reader::BodyReader;
use crate::search::categories::Catalogue;
use crate::store::memories::Memory;

/// An update that was understood, and that changes something.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    text: Option<String>,
    metadata: Option<Value>,
    expiration: Option<Expiration>,
    /// Microseconds since 1970.
    timestamp: Option<i64>,
}

impl Update {
    /// Takes an update out of a form. `None`, with what is wrong in the form, if it can't be carried out.
    pub(crate) fn read(body: &mut BodyReader) -> Option<Self> {
        let mut update = Self::read_in_batch(body);
        update.expiration = Expiration::take(body);
        if let Some(value) = body.take("timestamp").filter(|value| !value.is_null()) {
            match moment(&value) {
                Some(moment) => update.timestamp = Some(moment),
                None => {
                    body.add_error("timestamp", "Must be seconds since 1970 or a date and time in ISO 8601.")
                }
            }
        }
        update.checked(body, "text, metadata, expiration_date or timestamp")
    }

    /// The same of an item of a batch, which takes less.
    pub(crate) fn read_item(body: &mut BodyReader) -> Option<Self> {
        Self::read_in_batch(body).checked(body, "text or metadata")
    }

    fn read_in_batch(body: &mut BodyReader) -> Self {
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

    fn checked(self, body: &mut BodyReader, names: &str) -> Option<Self> {
        let Self { text, metadata, expiration, timestamp } = &self;
        let is_empty = text.is_none() && metadata.is_none() && expiration.is_none() && timestamp.is_none();
        if is_empty && !body.has_errors() {
            body.add_error("non_field_errors", &format!("Nothing to update: give {names}."));
        }
        (!body.has_errors()).then_some(self)
    }

    /// The memory as it is after this. Its text is filed anew, under the categories of now.
    pub(crate) fn applied(&self, before: &Memory, settings: &IngestSettings, now: i64) -> Memory {
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

/// Seconds since 1970, fractions too, or a moment in ISO 8601; without an offset it is UTC. In microseconds.
fn moment(value: &Value) -> Option<i64> {
    if let Some(whole) = value.as_i64() {
        return Some(Timestamp::from_second(whole).ok()?.as_microsecond());
    }
    if let Some(seconds) = value.as_f64() {
        let duration = jiff::SignedDuration::try_from_secs_f64(seconds).ok()?;
        return Some(Timestamp::from_duration(duration).ok()?.as_microsecond());
    }
    let text = value.as_str()?;
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_microsecond());
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok()?;
    Some(jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?.as_microsecond())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_moment_is_a_number_or_iso_8601() {
        for (value, expected) in [
            (json!(1), 1_000_000),
            (json!(1.5), 1_500_000),
            (json!(-1), -1_000_000),
            (json!("1970-01-01T00:00:02Z"), 2_000_000),
            (json!("1970-01-01T01:00:02+01:00"), 2_000_000),
            (json!("1970-01-01T00:00:02"), 2_000_000),
            (json!("1970-01-02"), 86_400_000_000),
        ] {
            assert_eq!(moment(&value), Some(expected), "{value}");
        }
        for none in [json!("soon"), json!(""), json!(1e300), json!(i64::MAX), json!(true), json!([])] {
            assert_eq!(moment(&none), None, "{none}");
        }
    }
}
