//! Dates and times in filters, in microseconds since 1970, UTC.

use jiff::Timestamp;
use jiff::civil::{self, Date, DateTime};
use jiff::tz::TimeZone;

const EPOCH: Date = civil::date(1970, 1, 1);
const MICROSECOND: i128 = 1_000;
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Half-open range of times that a date (a whole day) or a timestamp (one microsecond) stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeRange {
    pub(crate) from: i64,
    /// First time after the range. Equal to `from` for a timestamp between two microseconds.
    pub(crate) until: i64,
}

impl TimeRange {
    /// Parses `YYYY-MM-DD` or an ISO 8601 timestamp. A timestamp without an offset is in UTC.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() == "YYYY-MM-DD".len() {
            return text.parse::<Date>().ok().and_then(Self::from_date);
        }
        if !text.contains(['T', 't', ' ']) {
            return None;
        }
        let time = text.parse::<Timestamp>().ok().or_else(|| {
            let time: DateTime = text.parse().ok()?;
            TimeZone::UTC.to_timestamp(time).ok()
        })?;
        let nanoseconds = time.as_nanosecond();
        let floor = i64::try_from(nanoseconds.div_euclid(MICROSECOND)).ok()?;
        let between = i64::from(nanoseconds.rem_euclid(MICROSECOND) != 0);
        Some(Self { from: floor + between, until: floor + 1 })
    }

    /// Parses `YYYY-MM-DD` only.
    pub(crate) fn parse_date(text: &str) -> Option<Self> {
        if text.len() == "YYYY-MM-DD".len() { Self::parse(text) } else { None }
    }

    pub(crate) fn contains(self, time: i64) -> bool {
        (self.from..self.until).contains(&time)
    }

    fn from_date(date: Date) -> Option<Self> {
        let day = i64::from(EPOCH.until(date).ok()?.get_days());
        Some(Self { from: day * DAY, until: (day + 1) * DAY })
    }
}

/// Formats the date of a time as `YYYY-MM-DD`; empty for a time out of range, which sorts before all dates.
pub(crate) fn format_date(microseconds: i64) -> String {
    date(microseconds.div_euclid(DAY)).unwrap_or_default()
}

/// Returns the first date that starts at or after a time; `None` if it is out of range.
pub(crate) fn first_date_from(microseconds: i64) -> Option<String> {
    date(microseconds.checked_add(DAY - 1)?.div_euclid(DAY))
}

fn date(days: i64) -> Option<String> {
    let days = jiff::Span::new().try_days(days).ok()?;
    EPOCH.checked_add(days).ok().map(|date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_a_day_and_timestamp_a_microsecond() {
        let range = |text| TimeRange::parse(text).map(|range| (range.from, range.until));
        for (text, expected) in [
            ("1970-01-02", (DAY, 2 * DAY)),
            ("1970-01-02T00:00:00Z", (DAY, DAY + 1)),
            ("1970-01-02T00:00:00", (DAY, DAY + 1)),
            ("1970-01-02 00:00", (DAY, DAY + 1)),
            ("1970-01-02T02:00:00+02:00", (DAY, DAY + 1)),
            ("1970-01-01T23:59:59.9999995Z", (DAY, DAY)),
            ("1969-12-31T23:59:59.9999995Z", (0, 0)),
        ] {
            assert_eq!(range(text), Some(expected), "{text}");
        }
        for text in
            ["", "yesterday", "1970-13-01", "1970-02-30", "19700102", "1970-01-02T25:00:00Z", "1700000000"]
        {
            assert_eq!(range(text), None, "{text}");
        }
        for edge in ["0000-01-01", "9999-12-31"] {
            let from = TimeRange::parse(edge).map_or(0, |range| range.from);
            assert_eq!((format_date(from).as_str(), first_date_from(from).as_deref()), (edge, Some(edge)));
        }
    }

    #[test]
    fn times_are_converted_to_dates() {
        assert_eq!(
            (format_date(-1), format_date(0), format_date(DAY)),
            ("1969-12-31".into(), "1970-01-01".into(), "1970-01-02".into())
        );
        assert_eq!(first_date_from(0).as_deref(), Some("1970-01-01"));
        assert_eq!(first_date_from(1).as_deref(), Some("1970-01-02"));
        assert_eq!(first_date_from(-1).as_deref(), Some("1970-01-01"));
        assert_eq!(first_date_from(i64::MAX), None);
    }
}
