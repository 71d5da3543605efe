//! Paired measurements.

use std::time::{Duration, Instant};

use crate::Result;
use crate::rows::Calls;

/// Times of one call, from pairs of runs.
pub(crate) struct Times {
    pub(crate) ours: Duration,
    pub(crate) by_hand: Duration,
    /// Time with this crate divided by the time of the hand-written calls, per pair, sorted.
    ratios: Vec<f64>,
}

impl Times {
    /// Percentile of the ratios.
    pub(crate) fn ratio(&self, percent: usize) -> f64 {
        self.ratios[(self.ratios.len() - 1) * percent / 100]
    }
}

/// Runs both sides alternately, so that other load affects both, and swaps their order, so that neither benefits from running
/// second.
pub(crate) fn pairs(ours: &mut Calls, by_hand: &mut Calls, calls: usize, pairs: usize) -> Result<Times> {
    let (mut all_ours, mut all_by_hand) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        if pair % 2 == 0 {
            all_ours.push(timed(ours, calls)?);
            all_by_hand.push(timed(by_hand, calls)?);
        } else {
            all_by_hand.push(timed(by_hand, calls)?);
            all_ours.push(timed(ours, calls)?);
        }
    }
    let ratio = |(ours, by_hand): (&Duration, &Duration)| ours.as_secs_f64() / by_hand.as_secs_f64();
    let mut ratios: Vec<f64> = all_ours.iter().zip(&all_by_hand).map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    Ok(Times { ours: median(all_ours), by_hand: median(all_by_hand), ratios })
}

fn timed(calls: &mut Calls, number: usize) -> Result<Duration> {
    let started = Instant::now();
    calls(number)?;
    Ok(started.elapsed().div_f64(number as f64))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
