//! Fields that all memories of a request share.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::{Deserialize, Deserializer};
use serde_json::Value;

/// Fields that apply to all memories of a request: only lines with equal envelopes can share one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Envelope {
    pub(crate) entity_ids: EntityIds,
    /// JSON object with sorted keys.
    pub(crate) metadata: Option<String>,
    /// Seconds since 1970.
    pub(crate) timestamp: Option<i64>,
    pub(crate) expiration: Expiration,
    pub(crate) immutable: Option<bool>,
}

/// Ids of user, agent, app and run.
pub(crate) type EntityIds = [Option<String>; 4];

/// Expiration of a memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) enum Expiration {
    /// Default of the project.
    #[default]
    ProjectDefault,
    /// The memory never expires.
    Never,
    /// Last day, as `YYYY-MM-DD`.
    Date(String),
}

/// Reads `null` as `Never`. A missing field keeps the default.
impl<'de> Deserialize<'de> for Expiration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(mut date) = Option::<String>::deserialize(deserializer)? else { return Ok(Self::Never) };
        // Some responses of the platform append a time to the date.
        if date.get(10..11) == Some("T") {
            date.truncate(10);
        }
        Ok(Self::Date(date))
    }
}

/// Parses the value of a time field into whole seconds since 1970, rounded down.
pub(crate) fn parse_seconds(name: &str, value: &Value) -> Result<i64, String> {
    let parsed = match value {
        Value::Number(number) => number.as_i64().or_else(|| floor_seconds(number.as_f64()?)),
        Value::String(text) => {
            let zoned = text.parse::<jiff::Timestamp>();
            zoned
                .ok()
                .or_else(|| parse_utc(text))
                .map(|timestamp| timestamp.as_nanosecond().div_euclid(1_000_000_000))
                .and_then(|seconds| i64::try_from(seconds).ok())
        }
        _ => None,
    };
    let seconds = parsed.filter(|seconds| jiff::Timestamp::from_second(*seconds).is_ok());
    seconds.ok_or_else(|| format!("invalid `{name}`; expected seconds since 1970 or an ISO 8601 time"))
}

/// Parses a time without a zone as UTC.
fn parse_utc(text: &str) -> Option<jiff::Timestamp> {
    TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()
}

#[allow(clippy::cast_possible_truncation)] // The range is checked first.
fn floor_seconds(seconds: f64) -> Option<i64> {
    (seconds.abs() < 1e15).then(|| seconds.floor() as i64)
}
