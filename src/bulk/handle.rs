//! Handle of a bulk operation: progress and stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Handle to monitor and stop an import, an export or a copy from another thread or task.
///
/// Clones share their state.
///
/// ```
/// use mem0::bulk::Handle;
///
/// let handle = Handle::new();
/// let clone = handle.clone();
/// clone.stop();
/// assert!(handle.is_stopped());
/// assert_eq!(handle.progress().done, 0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Handle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    started: Instant,
    stopped: AtomicBool,
    counters: [AtomicU64; COUNTER_COUNT],
}

impl Default for Shared {
    fn default() -> Self {
        Self { started: Instant::now(), stopped: AtomicBool::new(false), counters: Default::default() }
    }
}

const COUNTER_COUNT: usize = 10;

/// Counter of a bulk operation.
#[derive(Clone, Copy)]
pub(crate) enum Counter {
    Added,
    Skipped,
    Existing,
    Rejected,
    Read,
    Size,
    Total,
    Concurrency,
    SkippedBytes,
    RejectedBefore,
}

impl Handle {
    /// Creates a handle with all counters at zero, and starts the clock of [`Progress::elapsed`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the operation: requests in flight are finished, no new ones are sent, and the call returns.
    ///
    /// A blocked read of the input is not interrupted. For an input that can block for long, use a reader that checks
    /// [`is_stopped`](Self::is_stopped) and returns an error when it is `true`. That error does not fail the import.
    pub fn stop(&self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether [`stop`](Self::stop) was called.
    pub fn is_stopped(&self) -> bool {
        self.shared.stopped.load(Ordering::Relaxed)
    }

    /// Returns the current progress.
    pub fn progress(&self) -> Progress {
        let [skipped, rejected, read] =
            [Counter::Skipped, Counter::Rejected, Counter::Read].map(|counter| self.get(counter));
        let [size, total] =
            [Counter::Size, Counter::Total].map(|counter| Some(self.get(counter)).filter(|n| *n > 0));
        Progress {
            done: self.get(Counter::Added),
            skipped,
            rejected,
            rejected_before: self.get(Counter::RejectedBefore),
            bytes: read,
            skipped_bytes: self.get(Counter::SkippedBytes),
            size,
            total,
            concurrency: self.get(Counter::Concurrency),
            elapsed: self.shared.started.elapsed(),
        }
    }

    pub(crate) fn get(&self, counter: Counter) -> u64 {
        self.shared.counters[counter as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, counter: Counter, count: u64) {
        self.shared.counters[counter as usize].fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, counter: Counter, count: u64) {
        self.shared.counters[counter as usize].store(count, Ordering::Relaxed);
    }
}

/// Progress of a bulk operation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Number of memories added or exported, including those of earlier calls.
    pub done: u64,
    /// Number of memories that an earlier call added.
    pub skipped: u64,
    /// Number of lines that can't be imported, including those of earlier calls.
    pub rejected: u64,
    /// Number of lines that an earlier call rejected.
    pub rejected_before: u64,
    /// Number of bytes read from the input.
    pub bytes: u64,
    /// Number of bytes read whose lines an earlier call added or rejected.
    pub skipped_bytes: u64,
    /// Size of the input in bytes; `None` if unknown.
    pub size: Option<u64>,
    /// Number of memories to export or copy, as reported by the platform; `None` before the first page.
    pub total: Option<u64>,
    /// Current limit of concurrent requests.
    pub concurrency: u64,
    /// Time since the handle was created.
    pub elapsed: Duration,
}

impl Progress {
    /// Returns the memories per second that this call has added or exported; zero before the first one.
    #[allow(clippy::cast_precision_loss)] // Precise enough for a rate.
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.done.saturating_sub(self.skipped) as f64 / seconds } else { 0.0 }
    }

    /// Returns the completed fraction of the work, including earlier calls, from 0 to 1; `None` if the total is
    /// unknown.
    pub fn fraction(&self) -> Option<f64> {
        let Work { done, total, .. } = self.work()?;
        Some(ratio(done, total))
    }

    /// Returns the estimated remaining time, from the rate of this call so far; `None` if it can't be estimated.
    pub fn remaining(&self) -> Option<Duration> {
        let Work { done, total, before } = self.work()?;
        let rest = ratio(total.saturating_sub(done), done.saturating_sub(before));
        Duration::try_from_secs_f64(self.elapsed.as_secs_f64() * rest).ok()
    }

    fn work(&self) -> Option<Work> {
        match (self.size, self.total) {
            (Some(total), _) => Some(Work { done: self.bytes.min(total), total, before: self.skipped_bytes }),
            (None, Some(total)) => Some(Work {
                done: self.done.saturating_add(self.rejected).min(total),
                total,
                before: self.skipped.saturating_add(self.rejected_before),
            }),
            (None, None) => None,
        }
    }
}

/// Amount of work, in bytes or memories.
struct Work {
    done: u64,
    total: u64,
    /// Amount completed by earlier calls.
    before: u64,
}

/// Quotient; infinite or NaN for a zero divisor.
#[allow(clippy::cast_precision_loss)] // Precise enough for a ratio.
fn ratio(part: u64, of: u64) -> f64 {
    part as f64 / of as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remaining_time_is_estimated_from_the_rate() {
        let progress = |bytes, size, total| Progress {
            done: 50,
            skipped: 10,
            rejected: 2,
            rejected_before: 2,
            bytes,
            skipped_bytes: 0,
            size,
            total,
            concurrency: 1,
            elapsed: Duration::from_secs(10),
        };
        assert!((progress(0, None, None).rate() - 4.0).abs() < 1e-9);
        assert_eq!(progress(25, Some(100), None).remaining(), Some(Duration::from_secs(30)));
        // Of 92 memories, 12 were processed before and 40 in ten seconds.
        assert_eq!(progress(0, None, Some(92)).remaining(), Some(Duration::from_secs(10)));
        assert_eq!(progress(0, Some(100), None).remaining(), None);
        assert_eq!(progress(9, None, None).remaining(), None);
        assert_eq!(progress(0, None, Some(20)).fraction(), Some(1.0));
        assert_eq!(progress(0, None, Some(20)).remaining(), Some(Duration::ZERO));
    }

    #[test]
    fn work_of_an_earlier_call_does_not_affect_the_rate() {
        let progress = |bytes, skipped_bytes| Progress {
            done: 0,
            skipped: 0,
            rejected: 0,
            rejected_before: 0,
            bytes,
            skipped_bytes,
            size: Some(1000),
            total: None,
            concurrency: 1,
            elapsed: Duration::from_secs(2),
        };
        assert_eq!(progress(910, 900).remaining(), Some(Duration::from_secs(18)));
        assert_eq!(progress(910, 900).fraction(), Some(0.91));
        assert_eq!(progress(900, 900).remaining(), None, "no rate yet");
    }
}
