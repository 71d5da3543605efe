//! One at a time, for tasks.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::Transport;

/// Lets one caller in, and the next when that one's pass is dropped.
pub(crate) struct Lock(Semaphore);

impl Default for Lock {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

impl Lock {
    /// Waits for the pass; `None` if that takes longer than the limit, by the transport's clock.
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
