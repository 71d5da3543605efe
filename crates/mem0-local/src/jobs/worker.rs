//! Thread that runs background jobs.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::jobs::backend::Backend;
use crate::jobs::{JobQueue, Work, model_ingest};

/// Time that a stop waits for a thread in a request to a model.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// Delay before a retry after an error of the store.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// Running worker thread. Dropping it stops the thread. A thread that waits for a model is detached after a second;
/// its add runs again at the next start.
#[derive(Debug)]
pub(crate) struct JobWorker {
    backend: Arc<Backend>,
    thread: Option<JoinHandle<()>>,
}

impl JobWorker {
    pub(crate) fn start(backend: Arc<Backend>) -> io::Result<Self> {
        let worker_backend = backend.clone();
        let thread = thread::Builder::new().name("mem0-local-memories".to_owned()).spawn(move || {
            // Recorded after a panic too.
            let _end = EndGuard(&backend.jobs);
            run(&backend);
        })?;
        Ok(Self { backend: worker_backend, thread: Some(thread) })
    }

    /// Stops the thread.
    pub(crate) fn stop(&mut self) {
        if self.backend.jobs.stop(STOP_TIMEOUT) {
            // Joins the thread, as it uses the store until it ends. An error means that it panicked.
            let _ = self.thread.take().map(JoinHandle::join);
        }
    }
}

impl Drop for JobWorker {
    fn drop(&mut self) {
        self.stop();
    }
}

struct EndGuard<'a>(&'a JobQueue);

impl Drop for EndGuard<'_> {
    fn drop(&mut self) {
        self.0.mark_ended();
    }
}

fn run(backend: &Backend) {
    loop {
        let done = match backend.jobs.next(&backend.clock, backend.model.is_some()) {
            Work::Stop => return,
            Work::Store => backend.store().map(drop),
            Work::Extract(job) => match &backend.model {
                Some(model) => model_ingest::run(backend, model, &job),
                None => Ok(()),
            },
        };
        if done.is_err() {
            // The store is full or locked by another process. The work stays queued.
            thread::sleep(RETRY_DELAY);
        }
    }
}
