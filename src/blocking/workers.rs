//! Concurrent workers on threads.

/// Runs `count` workers concurrently, one of them on the caller's thread. Runs fewer if the system starts no more
/// threads.
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
