//! The way to watch work in bulk, and to stop it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Watches and stops an import, an export or a copy, from another thread or task. Clones are the same.
///
/// ```
/// use mem0::bulk::Handle;
///
/// let handle = Handle::new();
/// let elsewhere = handle.clone();
/// elsewhere.stop();
/// assert!(handle.is_stopped());
/// assert_eq!(handle.progress().done, 0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Handle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    began: Instant,
    stopped: AtomicBool,
    counters: [AtomicU64; COUNTERS],
}

impl Default for Shared {
    fn default() -> Self {
        Self { began: Instant::now(), stopped: AtomicBool::new(false), counters: Default::default() }
    }
}

const COUNTERS: usize = 10;

/// What is counted.
#[derive(Clone, Copy)]
pub(crate) enum Counter {
    Added,
    Skipped,
    Known,
    Rejected,
    Read,
    Size,
    Total,
    Concurrency,
    SkippedBytes,
    RejectedBefore,
}

impl Handle {
    /// Nothing has happened yet. The clock starts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes on nothing new. What is under way is finished, and the call returns. A read of the input that waits is under
    /// way: where the input may be idle for long, give an import a reader that looks here and fails once it is stopped,
    /// which then counts as no failure.
    pub fn stop(&self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        self.shared.stopped.load(Ordering::Relaxed)
    }

    /// ImportOptions far it has come.
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
            elapsed: self.shared.began.elapsed(),
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

/// ImportOptions far work in bulk has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Memories that are done: added, or written.
    pub done: u64,
    /// Those among them that an earlier call has done.
    pub skipped: u64,
    /// Lines that can't be imported.
    pub rejected: u64,
    /// Those among them that an earlier call has rejected.
    pub rejected_before: u64,
    /// How many bytes of the input were read.
    pub bytes: u64,
    /// Those among them whose lines an earlier call has dealt with.
    pub skipped_bytes: u64,
    /// How many bytes the input has, where that is known.
    pub size: Option<u64>,
    /// How many memories there are to export or to copy, as the platform says; `None` before its first page.
    pub total: Option<u64>,
    /// How many requests are made beside each other now.
    pub concurrency: u64,
    /// How long it has been going on.
    pub elapsed: Duration,
}

impl Progress {
    /// How many memories a second this call has done. Zero before the first.
    #[allow(clippy::cast_precision_loss)] // No rate is looked at that closely.
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.done.saturating_sub(self.skipped) as f64 / seconds } else { 0.0 }
    }

    /// The part of the work that is done, by this call or an earlier one, from 0 to 1; `None` where the whole is not
    /// known.
    pub fn fraction(&self) -> Option<f64> {
        let Work { done, whole, .. } = self.work()?;
        Some(ratio(done, whole))
    }

    /// Time that the rest takes at the speed of this call so far; `None` where that can't be told.
    pub fn remaining(&self) -> Option<Duration> {
        let Work { done, whole, before } = self.work()?;
        let rest = ratio(whole.saturating_sub(done), done.saturating_sub(before));
        Duration::try_from_secs_f64(self.elapsed.as_secs_f64() * rest).ok()
    }

    fn work(&self) -> Option<Work> {
        match (self.size, self.total) {
            (Some(whole), _) => Some(Work { done: self.bytes.min(whole), whole, before: self.skipped_bytes }),
            (None, Some(whole)) => Some(Work {
                done: self.done.saturating_add(self.rejected).min(whole),
                whole,
                before: self.skipped.saturating_add(self.rejected_before),
            }),
            (None, None) => None,
        }
    }
}

/// How much there is to do, in bytes or memories.
struct Work {
    done: u64,
    whole: u64,
    /// What an earlier call has done of it.
    before: u64,
}

/// Infinite, or not a number, where the divisor is zero.
#[allow(clippy::cast_precision_loss)] // No part is looked at that closely.
fn ratio(part: u64, of: u64) -> f64 {
    part as f64 / of as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_what_is_done_did() {
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
        // Of 92 memories, 12 were done before and 40 in ten seconds.
        assert_eq!(progress(0, None, Some(92)).remaining(), Some(Duration::from_secs(10)));
        assert_eq!(progress(0, Some(100), None).remaining(), None);
        assert_eq!(progress(9, None, None).remaining(), None);
        assert_eq!(progress(0, None, Some(20)).fraction(), Some(1.0));
        assert_eq!(progress(0, None, Some(20)).remaining(), Some(Duration::ZERO));
    }

    #[test]
    fn what_an_earlier_call_has_done_says_nothing_of_the_speed() {
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
        assert_eq!(progress(900, 900).remaining(), None, "nothing is known yet");
    }
}
