//! Dates and timestamps in requests.

use std::fmt;

use jiff::civil;
use serde::Serialize;
use serde_json::{Number, Value};

use crate::error::{Error, Result};
use crate::redact::Redacted;

/// Date or timestamp in a request: text, Unix seconds, or a type of [jiff](https://docs.rs/jiff).
///
/// Text is a date (`2026-01-31`) or a timestamp (`2026-01-31T09:30:00Z`); a timestamp without an offset is in UTC.
/// Valid text is sent unchanged. The call refuses invalid text before anything is sent.
///
/// ```
/// use mem0::filter::DateOrTimestamp;
/// use mem0::Filter;
///
/// let by_text = Filter::created_at().gte("2026-01-31");
/// let by_type = Filter::created_at().gte(jiff::civil::date(2026, 1, 31));
/// assert_eq!(by_text, by_type);
/// let seconds = DateOrTimestamp::from(1_700_000_000);
/// # let _ = seconds;
/// ```
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct DateOrTimestamp(Repr);

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum Repr {
    Text(String),
    Number(Number),
    /// NaN or an infinity, which JSON cannot hold.
    NonFinite,
}

impl DateOrTimestamp {
    pub(crate) fn into_value(self) -> Value {
        match self.0 {
            Repr::Text(text) => Value::String(text),
            Repr::Number(number) => Value::Number(number),
            Repr::NonFinite => Value::Null,
        }
    }

    /// Whether this is text with a valid date or timestamp.
    pub(crate) fn is_valid_text(&self) -> bool {
        matches!(&self.0, Repr::Text(text) if is_date(text) || is_timestamp(text))
    }

    /// Refuses anything but a date, a timestamp and a finite number.
    pub(crate) fn check(&self, field: &'static str) -> Result<()> {
        if self.is_valid_text() || matches!(self.0, Repr::Number(_)) {
            return Ok(());
        }
        let expected = "is not a date or timestamp; expected 2026-01-31 or 2026-01-31T09:30:00Z";
        Err(Error::invalid(field, expected))
    }
}

fn is_timestamp(text: &str) -> bool {
    let has_time = text.contains(['T', 't', ' ']);
    has_time && (text.parse::<jiff::Timestamp>().is_ok() || text.parse::<civil::DateTime>().is_ok())
}

fn is_date(text: &str) -> bool {
    text.len() == "YYYY-MM-DD".len() && text.parse::<civil::Date>().is_ok()
}

/// Refuses anything but a date without a time.
pub(crate) fn check_date(field: &'static str, text: &str) -> Result<()> {
    if is_date(text) {
        return Ok(());
    }
    Err(Error::invalid(field, "is not a date; expected YYYY-MM-DD without a time, such as 2026-01-31"))
}

impl fmt::Debug for DateOrTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DateOrTimestamp").field(&Redacted(&self.0)).finish()
    }
}

impl From<&str> for DateOrTimestamp {
    fn from(text: &str) -> Self {
        Self(Repr::Text(text.to_owned()))
    }
}

impl From<String> for DateOrTimestamp {
    fn from(text: String) -> Self {
        Self(Repr::Text(text))
    }
}

impl From<i64> for DateOrTimestamp {
    /// Converts Unix seconds.
    fn from(seconds: i64) -> Self {
        Self(Repr::Number(seconds.into()))
    }
}

impl From<f64> for DateOrTimestamp {
    /// Converts Unix seconds with fractions. The call refuses NaN and infinities.
    fn from(seconds: f64) -> Self {
        Self(Number::from_f64(seconds).map_or(Repr::NonFinite, Repr::Number))
    }
}

impl From<civil::Date> for DateOrTimestamp {
    fn from(date: civil::Date) -> Self {
        Self(Repr::Text(date.to_string()))
    }
}

impl From<jiff::Timestamp> for DateOrTimestamp {
    fn from(timestamp: jiff::Timestamp) -> Self {
        Self(Repr::Text(timestamp.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_timestamps_are_validated() {
        for text in
            ["2026-01-31", "2026-01-31T09:30:00Z", "2026-01-31T09:30:00.25-07:00", "2026-01-31T09:30:00"]
        {
            assert!(DateOrTimestamp::from(text).check("day").is_ok(), "{text}");
        }
        for text in
            ["", "today", "2026-02-30", "2026-13-01", "31.01.2026", "20260131", "2026-01-31T25:00:00Z"]
        {
            assert!(DateOrTimestamp::from(text).check("day").is_err(), "{text}");
            assert!(check_date("day", text).is_err(), "{text}");
        }
        assert!(check_date("day", "2026-01-31").is_ok());
        assert!(check_date("day", "2026-01-31T09:30:00Z").is_err());
    }

    #[test]
    fn finite_numbers_are_accepted() {
        assert!(DateOrTimestamp::from(1_700_000_000).check("timestamp").is_ok());
        assert!(DateOrTimestamp::from(1.5).check("timestamp").is_ok());
        assert!(!DateOrTimestamp::from(1.5).is_valid_text());
        for wrong in [f64::NAN, f64::INFINITY] {
            assert!(DateOrTimestamp::from(wrong).check("timestamp").is_err());
        }
    }
}
