//! Several at work on one thing, each on a thread.

/// Has the same work done so many times beside each other, on the caller's thread too; with fewer threads where the
/// system gives no more.
pub(crate) fn run_workers(count: usize, work: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        for _ in 1..count {
            let thread = std::thread::Builder::new().name("mem0-bulk".to_owned()).stack_size(512 * 1024);
            if thread.spawn_scoped(scope, &work).is_err() {
                break;
            }
        }
        work();
    });
}
