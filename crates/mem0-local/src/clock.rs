//! Clock of the platform, which a test can set.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::lock;

/// Clock of a local platform. Clones share the same time.
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
    /// System time plus an offset.
    System(SignedDuration),
    Manual(Timestamp),
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl Clock {
    /// Creates a clock that follows the system time.
    pub fn system() -> Self {
        Self::of(Time::System(SignedDuration::ZERO))
    }

    /// Creates a clock that changes only by [`advance`](Self::advance) and [`set`](Self::set).
    pub fn manual(at: Timestamp) -> Self {
        Self::of(Time::Manual(at))
    }

    fn of(time: Time) -> Self {
        Self { time: Arc::new(Mutex::new(time)) }
    }

    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        match *lock(&self.time) {
            Time::System(ahead) => saturating_add(Timestamp::now(), ahead),
            Time::Manual(at) => at,
        }
    }

    /// Moves the clock forward. A system clock keeps running from the new time.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut time = lock(&self.time);
        *time = match *time {
            Time::System(ahead) => Time::System(ahead.saturating_add(by)),
            Time::Manual(at) => Time::Manual(saturating_add(at, by)),
        };
    }

    /// Sets the clock, forward or backward. A system clock keeps running from the new time.
    pub fn set(&self, to: Timestamp) {
        let mut time = lock(&self.time);
        *time = match *time {
            Time::System(_) => Time::System(to.duration_since(Timestamp::now())),
            Time::Manual(_) => Time::Manual(to),
        };
    }

    pub(crate) fn now_in_microseconds(&self) -> i64 {
        self.now().as_microsecond()
    }
}

fn saturating_add(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

/// Formats a stored time as the platform does: RFC 3339 in UTC with microseconds.
pub(crate) fn format_timestamp(microseconds: i64) -> String {
    format!("{:.6}", Timestamp::from_microsecond(microseconds).unwrap_or_default())
}

/// Formats the UTC date of a stored time as `YYYY-MM-DD`.
pub(crate) fn format_date(microseconds: i64) -> String {
    let timestamp = Timestamp::from_microsecond(microseconds).unwrap_or_default();
    jiff::tz::TimeZone::UTC.to_datetime(timestamp).date().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn timestamps_are_formatted_with_microseconds() {
        assert_eq!(format_timestamp(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(format_timestamp(1_000_001), "1970-01-01T00:00:01.000001Z");
    }

    #[test]
    fn clock_saturates_at_the_bounds_of_its_range() {
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
