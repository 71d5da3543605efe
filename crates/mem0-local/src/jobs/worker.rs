//! The thread that does what answers have left to be done.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::jobs::backend::Backend;
use crate::jobs::{JobQueue, Work, model_ingest};

/// How long a stop waits for a thread that talks to a model.
const GRACE: Duration = Duration::from_secs(1);

/// How long a thread waits after the store failed, before it tries again.
const PAUSE: Duration = Duration::from_millis(200);

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
            let _end = End(&backend.tasks);
            make_memories(&backend);
        })?;
        Ok(Self { backend: own, thread: Some(thread) })
    }

    /// Ends the thread.
    pub(crate) fn stop(&mut self) {
        if self.backend.tasks.stop(GRACE) {
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

struct End<'a>(&'a JobQueue);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn make_memories(backend: &Backend) {
    loop {
        let done = match backend.tasks.work(&backend.clock, backend.model.is_some()) {
            Work::Stop => return,
            Work::Store => backend.store().map(drop),
            Work::Extract(job) => match &backend.model {
                Some(model) => model_ingest::carry_out(backend, model, &job),
                None => Ok(()),
            },
        };
        if done.is_err() {
            // The store is full or locked by somebody else. What is to be done stays in line.
            thread::sleep(PAUSE);
        }
    }
}
