//! Several at work on one thing, all of them in one task.

use futures_util::future::join_all;

/// Has the same work done so many times beside each other.
pub(crate) async fn run_workers<F: Future<Output = ()>>(count: usize, work: impl Fn() -> F) {
    join_all((0..count.max(1)).map(|_| work())).await;
}
