//! Mutual exclusion of tasks, with a time limit.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::Transport;

/// Lock that one caller holds at a time, until its permit is dropped.
pub(crate) struct Lock(Semaphore);

impl Default for Lock {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

impl Lock {
    /// Acquires the lock; `None` after the limit, by the transport's clock.
    pub(crate) async fn acquire<'a>(
        &'a self,
        transport: &impl Transport,
        limit: Duration,
    ) -> Option<SemaphorePermit<'a>> {
        if let Ok(permit) = self.0.try_acquire() {
            return Some(permit);
        }
        match select(pin!(self.0.acquire()), pin!(transport.sleep(limit))).await {
            Either::Left((permit, _)) => permit.ok(),
            Either::Right(((), _)) => None,
        }
    }
}
