//! Work that an answer leaves to be done: memories of an add, exports, profiles.

pub(crate) mod addition;
pub(crate) mod backend;
pub(crate) mod completion;
pub(crate) mod export;
pub(crate) mod extraction;
pub(crate) mod ingest;
pub(crate) mod model_ingest;
pub(crate) mod profile;
pub(crate) mod prompt;
pub(crate) mod schema_fill;
pub(crate) mod worker;

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::jobs::completion::Completion;
use crate::lock;
use crate::store::follow_up::{Kind, Task};

use rusqlite::Connection;

/// How often the platform's clock is looked at while an order waits for it: it may be moved at any time.
const GLANCE: Duration = Duration::from_millis(20);

/// The tasks that wait, in their order.
#[derive(Debug, Default)]
pub(crate) struct JobQueue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    touches: VecDeque<Task>,
    orders: VecDeque<Job>,
    /// The last number that was given to an order.
    last: u64,
    stopped: bool,
    /// Whether the thread that works on them has ended.
    ended: bool,
}

/// Something that is still to be done of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    number: u64,
    pub(crate) kind: Kind,
    /// Of the add's event, the export or the job.
    pub(crate) id: String,
    /// Microseconds since 1970; `None` as long as nobody has settled it.
    due: Option<i64>,
}

/// What a thread is woken for.
#[derive(Debug)]
pub(crate) enum Work {
    /// Something for the store alone.
    Store,
    /// A model is to be asked.
    Extract(Job),
    /// The platform has stopped.
    Stop,
}

impl JobQueue {
    /// Puts tasks in line. What is to be told is not among them: that goes out at once.
    pub(crate) fn push(&self, tasks: Vec<Task>, completion: Completion) {
        if tasks.is_empty() {
            return;
        }
        let mut waiting = lock(&self.waiting);
        for task in tasks {
            match task {
                Task::Touch { .. } => waiting.touches.push_back(task),
                Task::Tell { .. } => {}
                Task::Settle { kind, id, asked_at } => {
                    waiting.last += 1;
                    let number = waiting.last;
                    let due = completion.due(asked_at);
                    waiting.orders.push_back(Job { number, kind, id, due });
                }
            }
        }
        drop(waiting);
        self.changed.notify_all();
    }

    /// What the store alone can do now, to be taken out by [`done`](Self::done) once that is committed. Only
    /// who holds the store may ask, so that nobody does it twice. Without adds, it is what comes before the first of
    /// them: an export is made of what was added before it was asked for.
    pub(crate) fn for_the_store(&self, now: i64, with_adds: bool) -> (Vec<Task>, Vec<Job>) {
        let waiting = lock(&self.waiting);
        let is_the_stores = |order: &&Job| with_adds || order.kind != Kind::Add;
        let orders = waiting.due(now).take_while(is_the_stores).cloned().collect();
        (waiting.touches.iter().cloned().collect(), orders)
    }

    /// Takes out what was done.
    pub(crate) fn done(&self, touches: usize, orders: &[Job]) {
        let mut waiting = lock(&self.waiting);
        let touches = touches.min(waiting.touches.len());
        waiting.touches.drain(..touches);
        waiting.orders.retain(|order| !orders.contains(order));
        drop(waiting);
        self.changed.notify_all();
    }

    /// Waits until there is something to do beside requests.
    pub(crate) fn work(&self, clock: &Clock, with_model: bool) -> Work {
        let mut waiting = lock(&self.waiting);
        loop {
            if waiting.stopped {
                return Work::Stop;
            }
            let due = waiting.due(clock.now_in_microseconds()).next().cloned();
            match due {
                Some(order) if with_model && order.kind == Kind::Add && waiting.touches.is_empty() => {
                    return Work::Extract(order);
                }
                None if waiting.touches.is_empty() => {}
                _ => return Work::Store,
            }
            let is_timed = waiting.orders.iter().any(|order| order.due.is_some());
            waiting = if is_timed {
                let woken = self.changed.wait_timeout(waiting, GLANCE);
                woken.unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    /// Makes every order due.
    pub(crate) fn release(&self) {
        lock(&self.waiting).orders.iter_mut().for_each(|order| order.due = Some(i64::MIN));
        self.changed.notify_all();
    }

    /// Waits until the orders in line now are done, or the platform stops.
    pub(crate) fn wait(&self) {
        let mut waiting = lock(&self.waiting);
        let last = waiting.last;
        while !waiting.stopped && waiting.orders.iter().any(|order| order.number <= last) {
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Forgets everything: what it is about was replaced.
    pub(crate) fn clear(&self) {
        let mut waiting = lock(&self.waiting);
        waiting.touches.clear();
        waiting.orders.clear();
        drop(waiting);
        self.changed.notify_all();
    }

    /// Ends the thread that works on them, and waits for that, but not longer than so. Whether it has ended.
    pub(crate) fn stop(&self, grace: Duration) -> bool {
        let mut waiting = lock(&self.waiting);
        waiting.stopped = true;
        self.changed.notify_all();
        let waited = self.changed.wait_timeout_while(waiting, grace, |waiting| !waiting.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    /// Says that the thread has ended.
    pub(crate) fn end(&self) {
        lock(&self.waiting).ended = true;
        self.changed.notify_all();
    }
}

impl Waiting {
    fn due(&self, now: i64) -> impl Iterator<Item = &Job> {
        self.orders.iter().filter(move |order| order.due.is_some_and(|due| due <= now))
    }
}

/// Does what the store alone can do: an add without a model, an export, a job. What is done already, or gone with its
/// project, stays as it is.
pub(crate) fn settle(
    connection: &Connection,
    kind: Kind,
    id: &str,
    now: i64,
    tasks: &mut Vec<Task>,
) -> rusqlite::Result<()> {
    match kind {
        Kind::Add => ingest::settle(connection, id, now, tasks),
        Kind::Export => export::settle(connection, id, now),
        Kind::Job => profile::settle(connection, id, now),
    }
}
