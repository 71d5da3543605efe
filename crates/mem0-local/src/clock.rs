//! The platform's time, which a test may move.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::lock;

/// The time a local platform lives in. Clones are handles of one clock.
///
/// ```
/// use std::time::Duration;
/// use mem0_local::Clock;
///
/// let clock = Clock::manual("2026-01-31T12:00:00Z".parse()?);
/// clock.advance(Duration::from_secs(24 * 60 * 60));
/// assert_eq!(clock.now().to_string(), "2026-02-01T12:00:00Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Clock {
    time: Arc<Mutex<Time>>,
}

#[derive(Debug, Clone, Copy)]
enum Time {
    /// The system's time, so much ahead.
    Running(SignedDuration),
    Standing(Timestamp),
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl Clock {
    /// A clock that runs with the system's.
    pub fn system() -> Self {
        Self::of(Time::Running(SignedDuration::ZERO))
    }

    /// A clock that stands until it is moved.
    pub fn manual(at: Timestamp) -> Self {
        Self::of(Time::Standing(at))
    }

    fn of(time: Time) -> Self {
        Self { time: Arc::new(Mutex::new(time)) }
    }

    /// What it shows.
    pub fn now(&self) -> Timestamp {
        match *lock(&self.time) {
            Time::Running(ahead) => saturating_add(Timestamp::now(), ahead),
            Time::Standing(at) => at,
        }
    }

    /// Moves it forward. One that runs goes on running from there.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut time = lock(&self.time);
        *time = match *time {
            Time::Running(ahead) => Time::Running(ahead.saturating_add(by)),
            Time::Standing(at) => Time::Standing(saturating_add(at, by)),
        };
    }

    /// Puts it to a time, backwards too. One that runs goes on running from there.
    pub fn set(&self, to: Timestamp) {
        let mut time = lock(&self.time);
        *time = match *time {
            Time::Running(_) => Time::Running(to.duration_since(Timestamp::now())),
            Time::Standing(_) => Time::Standing(to),
        };
    }

    pub(crate) fn now_in_microseconds(&self) -> i64 {
        self.now().as_microsecond()
    }
}

fn saturating_add(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

/// A stored time as the platform writes it: RFC 3339, UTC, microseconds.
pub(crate) fn format_timestamp(microseconds: i64) -> String {
    format!("{:.6}", Timestamp::from_microsecond(microseconds).unwrap_or_default())
}

/// The day of a stored time in UTC, as `YYYY-MM-DD`.
pub(crate) fn format_date(microseconds: i64) -> String {
    let moment = Timestamp::from_microsecond(microseconds).unwrap_or_default();
    jiff::tz::TimeZone::UTC.to_datetime(moment).date().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_are_written_with_microseconds() {
        assert_eq!(format_timestamp(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(format_timestamp(1_000_001), "1970-01-01T00:00:01.000001Z");
    }

    #[test]
    fn a_clock_never_leaves_its_range() {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
        let running = Clock::system();
        running.advance(Duration::MAX);
        assert_eq!(running.now(), Timestamp::MAX);
        running.set(Timestamp::UNIX_EPOCH);
        assert!(running.now() < "1971-01-01T00:00:00Z".parse().unwrap());
    }
}
