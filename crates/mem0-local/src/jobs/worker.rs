//! The thread that does what answers have left to be done.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::jobs::backend::Backend;
use crate::jobs::{JobQueue, NextJob, model_ingest};

/// How long a stop waits for a thread that talks to a model.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a thread waits after the store failed, before it tries again.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// The running thread. It ends when this is dropped: at once, unless it is waiting for a model's answer, which it is
/// left alone with. The add it was about is found again by the next start.
#[derive(Debug)]
pub(crate) struct JobWorker {
    backend: Arc<Backend>,
    thread: Option<JoinHandle<()>>,
}

impl JobWorker {
    pub(crate) fn start(backend: Arc<Backend>) -> io::Result<Self> {
        let own = backend.clone();
        let thread = thread::Builder::new().name("mem0-local-memories".to_owned()).spawn(move || {
            // Said also when a panic ends it.
            let _end = EndGuard(&backend.jobs);
            run(&backend);
        })?;
        Ok(Self { backend: own, thread: Some(thread) })
    }

    /// Ends the thread.
    pub(crate) fn stop(&mut self) {
        if self.backend.jobs.stop(STOP_TIMEOUT) {
            // It holds on to the store until its very end. An error means that it panicked.
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
            NextJob::Stop => return,
            NextJob::Store => backend.store().map(drop),
            NextJob::Extract(job) => match &backend.model {
                Some(model) => model_ingest::run(backend, model, &job),
                None => Ok(()),
            },
        };
        if done.is_err() {
            // The store is full or locked by somebody else. What is to be done stays in line.
            thread::sleep(RETRY_DELAY);
        }
    }
}
