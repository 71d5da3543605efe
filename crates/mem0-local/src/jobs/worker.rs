//! The thread that does what answers have left to be done.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::http::service::Service;
use crate::jobs::{JobQueue, Work, model_ingest};

/// How long a stop waits for a thread that talks to a model.
const GRACE: Duration = Duration::from_secs(1);

/// How long a thread waits after the store failed, before it tries again.
const PAUSE: Duration = Duration::from_millis(200);

/// The running thread. It ends when this is dropped: at once, unless it is waiting for a model's answer, which it is
/// left alone with. The add it was about is found again by the next start.
#[derive(Debug)]
pub(crate) struct JobWorker {
    service: Arc<Service>,
    thread: Option<JoinHandle<()>>,
}

impl JobWorker {
    pub(crate) fn start(service: Arc<Service>) -> io::Result<Self> {
        let own = service.clone();
        let thread = thread::Builder::new().name("mem0-local-memories".to_owned()).spawn(move || {
            // Said also when a panic ends it.
            let _end = End(&service.tasks);
            make_memories(&service);
        })?;
        Ok(Self { service: own, thread: Some(thread) })
    }

    /// Ends the thread.
    pub(crate) fn stop(&mut self) {
        if self.service.tasks.stop(GRACE) {
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

fn make_memories(service: &Service) {
    loop {
        let done = match service.tasks.work(&service.clock, service.options.extracts) {
            Work::Stop => return,
            Work::Store => service.store().map(drop),
            Work::Extract(job) => match &service.model {
                Some(model) => model_ingest::carry_out(service, model, &job),
                None => Ok(()),
            },
        };
        if done.is_err() {
            // The store is full or locked by somebody else. What is to be done stays in line.
            thread::sleep(PAUSE);
        }
    }
}
