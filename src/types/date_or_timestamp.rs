//! Days and moments, as callers give them.

use std::fmt;

use jiff::civil;
use serde::Serialize;
use serde_json::{Number, Value};

use crate::error::{Error, Result};
use crate::redact::Redacted;

/// A day or a moment to be sent: text, seconds since 1970, or a type of [jiff](https://docs.rs/jiff).
///
/// Text is a day (`2026-01-31`), or a day with a time, which is UTC unless it has an offset
/// (`2026-01-31T09:30:00Z`). It is sent as it is; the call that would send anything else refuses it.
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
pub struct DateOrTimestamp(Given);

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum Given {
    Text(String),
    Number(Number),
    /// A number that JSON can't write.
    Endless,
}

impl DateOrTimestamp {
    pub(crate) fn into_value(self) -> Value {
        match self.0 {
            Given::Text(text) => Value::String(text),
            Given::Number(number) => Value::Number(number),
            Given::Endless => Value::Null,
        }
    }

    /// Whether it is text that says a day or a moment.
    pub(crate) fn is_dated(&self) -> bool {
        matches!(&self.0, Given::Text(text) if is_day(text) || is_moment(text))
    }

    /// Refuses what is neither a day nor a moment nor a number.
    pub(crate) fn check(&self, field: &'static str) -> Result<()> {
        if self.is_dated() || matches!(self.0, Given::Number(_)) {
            return Ok(());
        }
        let expected =
            "is no date; expected a day such as 2026-01-31, or a moment such as 2026-01-31T09:30:00Z";
        Err(Error::invalid(field, expected))
    }
}

fn is_moment(text: &str) -> bool {
    let has_time = text.contains(['T', 't', ' ']);
    has_time && (text.parse::<jiff::Timestamp>().is_ok() || text.parse::<civil::DateTime>().is_ok())
}

fn is_day(text: &str) -> bool {
    text.len() == "YYYY-MM-DD".len() && text.parse::<civil::Date>().is_ok()
}

/// Refuses what is no day, or has a time.
pub(crate) fn check_day(field: &'static str, text: &str) -> Result<()> {
    if is_day(text) {
        return Ok(());
    }
    Err(Error::invalid(field, "is no day; expected YYYY-MM-DD, such as 2026-01-31, without a time"))
}

impl fmt::Debug for DateOrTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DateOrTimestamp").field(&Redacted(&self.0)).finish()
    }
}

impl From<&str> for DateOrTimestamp {
    fn from(text: &str) -> Self {
        Self(Given::Text(text.to_owned()))
    }
}

impl From<String> for DateOrTimestamp {
    fn from(text: String) -> Self {
        Self(Given::Text(text))
    }
}

impl From<i64> for DateOrTimestamp {
    /// Seconds since 1970.
    fn from(seconds: i64) -> Self {
        Self(Given::Number(seconds.into()))
    }
}

impl From<f64> for DateOrTimestamp {
    /// Seconds since 1970, with fractions.
    fn from(seconds: f64) -> Self {
        Self(Number::from_f64(seconds).map_or(Given::Endless, Given::Number))
    }
}

impl From<civil::Date> for DateOrTimestamp {
    fn from(day: civil::Date) -> Self {
        Self(Given::Text(day.to_string()))
    }
}

impl From<jiff::Timestamp> for DateOrTimestamp {
    fn from(moment: jiff::Timestamp) -> Self {
        Self(Given::Text(moment.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_told_from_what_is_none() {
        for text in
            ["2026-01-31", "2026-01-31T09:30:00Z", "2026-01-31T09:30:00.25-07:00", "2026-01-31T09:30:00"]
        {
            assert!(DateOrTimestamp::from(text).check("day").is_ok(), "{text}");
        }
        for text in
            ["", "today", "2026-02-30", "2026-13-01", "31.01.2026", "20260131", "2026-01-31T25:00:00Z"]
        {
            assert!(DateOrTimestamp::from(text).check("day").is_err(), "{text}");
            assert!(check_day("day", text).is_err(), "{text}");
        }
        assert!(check_day("day", "2026-01-31").is_ok());
        assert!(check_day("day", "2026-01-31T09:30:00Z").is_err());
    }

    #[test]
    fn seconds_are_numbers() {
        assert!(DateOrTimestamp::from(1_700_000_000).check("timestamp").is_ok());
        assert!(DateOrTimestamp::from(1.5).check("timestamp").is_ok());
        assert!(!DateOrTimestamp::from(1.5).is_dated());
        for wrong in [f64::NAN, f64::INFINITY] {
            assert!(DateOrTimestamp::from(wrong).check("timestamp").is_err());
        }
    }
}
