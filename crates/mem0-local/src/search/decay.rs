//! Decay of memories that are not accessed.

use jiff::Timestamp;

use crate::store::accesses::MAX_ACCESSES;

const FLOOR: f64 = 0.3;
const CEILING: f64 = 1.5;

/// Maximum factor of a memory without accesses.
const UNACCESSED: f64 = 1.0;

const DAY: f64 = 24.0 * 60.0 * 60.0 * 1e6;

/// Time after which a memory with one access has lost half of the range.
const HALF_LIFE: f64 = 3.0 * DAY;

/// Maximum relative extension of the half-life by earlier accesses.
const MAX_EXTENSION: f64 = 1.0 / 3.0;

/// Share of the remaining extension that one more access adds when it happens.
const EXTENSION_PER_ACCESS: f64 = 0.25;

/// Time after which an earlier access adds half of that.
const EXTENSION_HALF_LIFE: f64 = 30.0 * DAY;

/// Factor for the score of a memory with decay: between 0.3 and 1.5.
///
/// `accesses` are the times at which the memory was returned by a search or added while decay was on, in any order.
/// The latest twenty count. `event_date` is the date of the described event, if known, and `updated_at` the time of
/// the last update. Without accesses, `event_date` counts, or `updated_at` if there is none. Times after `now` count
/// as `now`.
///
/// The platform documents ranges, but no formula: see `docs/platform-api.md#decay`. This curve stays within the
/// ranges:
///
/// - A memory with accesses falls from 1.5 as `0.3 + 1.2 / (1 + age / h)`, where `age` is the time since its last
///   access. `h` is three days, or up to four with earlier accesses: more and later accesses slow the decay.
/// - A memory without accesses falls from 1 as `0.3 + 0.7 / (1 + age / 3 days)`. If `event_date` is in the future,
///   the factor is 1.
///
/// | State of a memory | Documented | Here |
/// |---|---|---|
/// | just added, just returned | about 1.5 | 1.5 |
/// | accessed today | 1.2–1.4 | 1.41 after 6 hours, 1.2 after a day |
/// | idle some days | 0.6–1.0 | 0.9 after 3 days, 0.66 after a week |
/// | idle some weeks | 0.4–0.6 | 0.51 after two weeks, 0.42 after four |
/// | idle months or years | about 0.3 | 0.34 after 3 months, 0.31 after a year |
/// | never accessed, `event_date` in the future | about 1.0 | 1.0 |
/// | never accessed, `event_date` in the past | falls towards 0.3 | 0.65 after 3 days, 0.36 after a month |
///
#[doc = include_str!("decay.svg")]
///
/// ```
/// use mem0_local::decay_factor;
///
/// let at = |text: &str| text.parse::<jiff::Timestamp>();
/// let now = at("2026-01-31T12:00:00Z")?;
/// let year_ago = at("2025-01-31T12:00:00Z")?;
///
/// assert_eq!(decay_factor(&[now], None, year_ago, now), 1.5);
/// assert!(decay_factor(&[], None, year_ago, now) < 0.31);
/// assert_eq!(decay_factor(&[], Some(at("2026-02-14T00:00:00Z")?), year_ago, now), 1.0);
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn decay_factor(
    accesses: &[Timestamp],
    event_date: Option<Timestamp>,
    updated_at: Timestamp,
    now: Timestamp,
) -> f64 {
    let accesses: Vec<i64> = accesses.iter().map(|at| at.as_microsecond()).collect();
    let event_date = event_date.map(Timestamp::as_microsecond);
    factor(&accesses, event_date, updated_at.as_microsecond(), now.as_microsecond())
}

/// Decay factor, with times in microseconds since 1970.
pub(crate) fn factor(accesses: &[i64], event_date: Option<i64>, updated_at: i64, now: i64) -> f64 {
    let mut ages: Vec<f64> = accesses.iter().map(|at| age(*at, now)).collect();
    ages.sort_by(f64::total_cmp);
    ages.truncate(MAX_ACCESSES);
    let Some((last, before)) = ages.split_first() else {
        let age = age(event_date.unwrap_or(updated_at), now);
        return FLOOR + (UNACCESSED - FLOOR) * hyperbolic(age, HALF_LIFE);
    };
    let unextended: f64 =
        before.iter().map(|age| 1.0 - EXTENSION_PER_ACCESS * hyperbolic(*age, EXTENSION_HALF_LIFE)).product();
    let half_life = HALF_LIFE * (1.0 + MAX_EXTENSION * (1.0 - unextended));
    FLOOR + (CEILING - FLOOR) * hyperbolic(*last, half_life)
}

#[allow(clippy::cast_precision_loss)]
fn age(at: i64, now: i64) -> f64 {
    now.saturating_sub(at).max(0) as f64
}

/// Hyperbolic decay from 1.
fn hyperbolic(age: f64, half_life: f64) -> f64 {
    1.0 / (1.0 + age / half_life)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000_000;

    #[allow(clippy::cast_possible_truncation)]
    fn days_ago(days: f64) -> i64 {
        NOW - (days * DAY) as i64
    }

    fn random_accesses(random: &mut fastrand::Rng) -> Vec<i64> {
        let longest = 10_f64.powf(random.f64() * 4.0);
        (0..random.usize(..30)).map(|_| days_ago(random.f64() * longest)).collect()
    }

    #[test]
    fn stays_within_its_bounds() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..20_000 {
            let accesses = random_accesses(&mut random);
            let event_date = random.bool().then(|| days_ago(random.f64() * 5000.0 - 1000.0));
            let factor = factor(&accesses, event_date, days_ago(random.f64() * 5000.0), NOW);
            assert!((FLOOR..=CEILING).contains(&factor), "{factor} of {accesses:?}");
        }
        for accesses in [&[i64::MIN][..], &[i64::MAX], &[i64::MIN, i64::MAX]] {
            for now in [i64::MIN, 0, i64::MAX] {
                assert!((FLOOR..=CEILING).contains(&factor(accesses, None, 0, now)));
                assert!((FLOOR..=CEILING).contains(&factor(&[], Some(now), now, now)));
            }
        }
    }

    #[test]
    fn later_and_additional_accesses_never_lower_the_factor() {
        let mut random = fastrand::Rng::with_seed(2);
        for _ in 0..20_000 {
            let accesses = random_accesses(&mut random);
            let before = factor(&accesses, None, 0, NOW);
            let mut more = accesses.clone();
            more.push(days_ago(random.f64() * 100.0));
            let Some(at) = (!accesses.is_empty()).then(|| random.usize(..accesses.len())) else { continue };
            assert!(factor(&more, None, 0, NOW) >= before - 1e-12, "{accesses:?}, one more");
            let mut later = accesses.clone();
            later[at] += random.i64(0..=NOW - later[at]);
            assert!(factor(&later, None, 0, NOW) >= before - 1e-12, "{accesses:?}, {at} later");
        }
    }

    #[test]
    fn falls_with_time() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..20_000 {
            let accesses = random_accesses(&mut random);
            let event_date = random.bool().then(|| days_ago(random.f64() * 500.0 - 100.0));
            let at = |later: i64| factor(&accesses, event_date, days_ago(10.0), NOW.saturating_add(later));
            let later = random.i64(0..NOW);
            assert!(at(later) <= at(0), "{accesses:?} {event_date:?} {later}");
        }
    }

    /// The documentation has one table for all numbers of accesses.
    #[test]
    fn stays_within_the_documented_ranges() {
        for (days, least, most) in [
            (0.0, 1.499, 1.5),
            (0.5, 1.2, 1.4),
            (1.0, 1.2, 1.4),
            (3.0, 0.6, 1.0),
            (7.0, 0.6, 1.0),
            (14.0, 0.4, 0.6),
            (28.0, 0.4, 0.6),
            (150.0, 0.3, 0.35),
            (1000.0, 0.3, 0.31),
        ] {
            for times in 1..=MAX_ACCESSES {
                for apart in [0.0, 0.1, 1.0, 30.0] {
                    let mut ago = days;
                    let mut accesses = Vec::new();
                    for _ in 0..times {
                        accesses.push(days_ago(ago));
                        ago += apart;
                    }
                    let factor = factor(&accesses, None, 0, NOW);
                    let expected = least - 1e-9..=most + 1e-9;
                    assert!(expected.contains(&factor), "{factor}: {times} times, {apart} apart, {days} ago");
                }
            }
        }
    }

    #[test]
    fn only_the_last_twenty_accesses_count() {
        let older: Vec<i64> = (0..20).map(|day| days_ago(f64::from(day))).collect();
        let mut with_oldest = older.clone();
        with_oldest.insert(7, days_ago(21.0));
        assert_eq!(factor(&older, None, 0, NOW).to_bits(), factor(&with_oldest, None, 0, NOW).to_bits());
        assert!(factor(&older, None, 0, NOW) > factor(&older[..19], None, 0, NOW) - 1e-12);
        assert!(
            factor(&older[1..], None, 0, NOW) > factor(&older[1..2], None, 0, NOW),
            "earlier accesses count"
        );
    }

    /// Generates the chart in the documentation. If it differs, save the printed one.
    #[test]
    fn the_chart_is_up_to_date() {
        assert!(chart() == include_str!("decay.svg"), "decay.svg should be:\n{}", chart());
    }

    /// The x axis shows the square root of days, so that hours and months are both visible.
    fn chart() -> String {
        let x = |days: f64| 50.0 + days.sqrt() * 60.0;
        let y = |factor: f64| 260.0 - (factor - 0.2) * 180.0;
        let curve = |of: &dyn Fn(f64) -> f64| {
            let points = (0..=100).map(|step| (f64::from(step) / 10.0).powi(2));
            let points: Vec<String> =
                points.map(|days| format!("{:.1},{:.1}", x(days), y(of(days)))).collect();
            points.join(" ")
        };
        let once = |days: f64| factor(&[days_ago(days)], None, 0, NOW);
        let often = |days: f64| {
            let accesses: Vec<i64> = (0..20).map(|earlier| days_ago(days + f64::from(earlier))).collect();
            factor(&accesses, None, 0, NOW)
        };
        let never = |days: f64| factor(&[], None, days_ago(days), NOW);
        let mut lines = vec![
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 680 310\" width=\"680\" role=\"img\" \
             aria-label=\"Decay factor by days since the last access\" font-family=\"sans-serif\" font-size=\"12\">"
                .to_owned(),
            "<rect width=\"680\" height=\"310\" fill=\"#fff\"/>".to_owned(),
        ];
        for factor in [0.3, 0.6, 0.9, 1.2, 1.5] {
            let y = y(factor);
            lines.push(format!(
                "<path d=\"M50 {y:.1}H650\" stroke=\"#ddd\"/><text x=\"20\" y=\"{:.1}\">{factor}</text>",
                y + 4.0
            ));
        }
        for (days, name) in [
            (0.0, "now"),
            (1.0, "1 day"),
            (3.0, "3"),
            (7.0, "7"),
            (14.0, "14"),
            (30.0, "30"),
            (60.0, "60"),
            (90.0, "90"),
        ] {
            let x = x(days);
            lines.push(format!("<path d=\"M{x:.1} 20V260\" stroke=\"#eee\"/><text x=\"{x:.1}\" y=\"278\" text-anchor=\"middle\">{name}</text>"));
        }
        for (name, colour, at, points) in [
            ("accessed twenty times, once a day", "#1b7f4d", 32, curve(&often)),
            ("accessed once", "#1f5fbf", 50, curve(&once)),
            ("never accessed, by its date", "#b5561c", 68, curve(&never)),
        ] {
            lines.push(format!(
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{points}\"/>"
            ));
            lines.push(format!("<text x=\"430\" y=\"{at}\" fill=\"{colour}\">{name}</text>"));
        }
        lines.push("<text x=\"350\" y=\"300\" text-anchor=\"middle\">days since the last access, or since its date</text>".to_owned());
        lines.push("</svg>\n".to_owned());
        lines.join("\n")
    }
}
