//! The thread that does what answers have left to be done.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::http::service::Service;
use crate::jobs::settling;
use crate::jobs::task::{Tasks, Work};
use crate::lock;
use crate::store::{Store, touches};

/// How long a stop waits for a thread that talks to a model.
const GRACE: Duration = Duration::from_secs(1);

/// How long a thread waits after the store failed, before it tries again.
const PAUSE: Duration = Duration::from_millis(200);

/// The running thread. It ends when this is dropped: at once, unless it is waiting for a model's answer, which it is
/// left alone with. The add it was about is found again by the next start.
#[derive(Debug)]
pub(crate) struct Worker {
    service: Arc<Service>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
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

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

struct End<'a>(&'a Tasks);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn make_memories(service: &Service) {
    loop {
        let done = match service.tasks.work(&service.clock, service.options.extracts) {
            Work::Stop => return,
            Work::Store => catch_up(service, &mut lock(&service.store)),
            Work::Extract(order) => service.extract(&order),
        };
        if done.is_err() {
            // The store is full or locked by somebody else. What is to be done stays in line.
            thread::sleep(PAUSE);
        }
    }
}

/// Does what is due and needs nobody but the store. Every request does this before anything else, so that what an
/// answer has left to be done is done when the next one is given.
pub(crate) fn catch_up(service: &Service, store: &mut Store) -> rusqlite::Result<()> {
    let now = service.clock.now_in_microseconds();
    let (touches, orders) = service.tasks.for_the_store(now, !service.options.extracts);
    if touches.is_empty() && orders.is_empty() {
        return Ok(());
    }
    let work = |connection: &rusqlite::Connection| {
        let mut left = Vec::new();
        for order in &orders {
            settling::settle(connection, order.kind, &order.id, now, &mut left)?;
        }
        for task in &touches {
            touches::carry_out(connection, task)?;
        }
        Ok::<_, rusqlite::Error>(left)
    };
    // Nobody was promised a touch, so that it need not wait for the disk.
    let left = if orders.is_empty() { store.write_soon(work) } else { store.write(work) }?;
    service.tasks.done(touches.len(), &orders);
    service.leave(store, left);
    Ok(())
}
