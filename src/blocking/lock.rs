//! One at a time, for threads.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Transport;

/// Lets one caller in, and the next when that one's pass is dropped.
#[derive(Default)]
pub(crate) struct Lock {
    is_taken: Mutex<bool>,
    freed: Condvar,
}

/// Permission to be inside.
pub(crate) struct Guard<'a>(&'a Lock);

impl Lock {
    /// Waits for the pass; `None` if that takes longer than the limit. The transport is how the async flavour waits.
    pub(crate) fn acquire(&self, _: &impl Transport, limit: Duration) -> Option<Guard<'_>> {
        let started = Instant::now();
        let mut is_taken = self.is_taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *is_taken {
            let remaining = limit.checked_sub(started.elapsed()).filter(|remaining| !remaining.is_zero())?;
            let waited = self.freed.wait_timeout(is_taken, remaining);
            is_taken = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *is_taken = true;
        Some(Guard(self))
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        *self.0.is_taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.freed.notify_one();
    }
}
