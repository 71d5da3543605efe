//! Dates of HTTP headers, in the current format and two obsolete ones.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Formats of RFC 9110, section 5.6.7.
const FORMATS: [&str; 3] = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// Parses a date. Dates past the maximum of [`Timestamp`] become that maximum.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let date = FORMATS.iter().find_map(|format| DateTime::strptime(format, text).ok())?;
    Some(TimeZone::UTC.to_timestamp(date).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_formats_are_parsed() {
        let timestamp = "1994-11-06T08:49:37Z".parse::<Timestamp>().ok();
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(parse(text), timestamp, "{text}");
        }
        assert_eq!(parse("Fri, 31 Dec 9999 23:59:59 GMT"), Some(Timestamp::MAX));
        for text in
            ["", "tomorrow", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 99 Nov 1994"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
