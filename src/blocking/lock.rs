//! Mutual exclusion of threads, with a time limit.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Transport;

/// Lock that one caller holds at a time, until its guard is dropped.
#[derive(Default)]
pub(crate) struct Lock {
    is_held: Mutex<bool>,
    released: Condvar,
}

/// Guard that releases the lock when it is dropped.
pub(crate) struct Guard<'a>(&'a Lock);

impl Lock {
    /// Acquires the lock; `None` after the limit. The async flavour needs the transport for its clock.
    pub(crate) fn acquire(&self, _: &impl Transport, limit: Duration) -> Option<Guard<'_>> {
        let started = Instant::now();
        let mut is_held = self.is_held.lock().unwrap_or_else(PoisonError::into_inner);
        while *is_held {
            let remaining = limit.checked_sub(started.elapsed()).filter(|remaining| !remaining.is_zero())?;
            let waited = self.released.wait_timeout(is_held, remaining);
            is_held = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *is_held = true;
        Some(Guard(self))
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        *self.0.is_held.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.released.notify_one();
    }
}
