//! Concurrent workers in one task.

use futures_util::future::join_all;

/// Runs `count` workers concurrently.
pub(crate) async fn run_workers<F: Future<Output = ()>>(count: usize, work: impl Fn() -> F) {
    join_all((0..count.max(1)).map(|_| work())).await;
}
