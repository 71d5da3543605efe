//! What an operation leaves to be done after its answer, and who waits for it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::clock::Clock;
use crate::jobs::completion::Completion;
use crate::jobs::settling::Kind;
use crate::lock;

/// How often the platform's clock is looked at while an order waits for it: it may be moved at any time.
const GLANCE: Duration = Duration::from_millis(20);

/// Something to do once the operation's transaction is committed. It does not hold up the answer.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    /// A search was answered: that is an event, and what it has returned is reinforced where decay is on. Where it is
    /// off, there are no `numbers`.
    Touch { org_id: String, project_id: String, numbers: Vec<i64>, at: i64, payload: Value, results: Value },
    /// A project's webhooks of this type are told.
    Tell { org_id: String, project_id: String, event_type: &'static str, payload: Value },
    /// What was answered before it was done is done.
    Settle { kind: Kind, id: String, asked_at: i64 },
}

/// The tasks that wait, in their order.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    touches: VecDeque<Task>,
    orders: VecDeque<Order>,
    /// The last number that was given to an order.
    last: u64,
    stopped: bool,
    /// Whether the thread that works on them has ended.
    ended: bool,
}

/// Something that is still to be done of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
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
    Extract(Order),
    /// The platform has stopped.
    Stop,
}

impl Tasks {
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
                    waiting.orders.push_back(Order { number, kind, id, due });
                }
            }
        }
        drop(waiting);
        self.changed.notify_all();
    }

    /// What the store alone can do now, to be taken out by [`done`](Self::done) once that is committed. Only
    /// who holds the store may ask, so that nobody does it twice. Without adds, it is what comes before the first of
    /// them: an export is made of what was added before it was asked for.
    pub(crate) fn for_the_store(&self, now: i64, with_adds: bool) -> (Vec<Task>, Vec<Order>) {
        let waiting = lock(&self.waiting);
        let is_the_stores = |order: &&Order| with_adds || order.kind != Kind::Add;
        let orders = waiting.due(now).take_while(is_the_stores).cloned().collect();
        (waiting.touches.iter().cloned().collect(), orders)
    }

    /// Takes out what was done.
    pub(crate) fn done(&self, touches: usize, orders: &[Order]) {
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
    fn due(&self, now: i64) -> impl Iterator<Item = &Order> {
        self.orders.iter().filter(move |order| order.due.is_some_and(|due| due <= now))
    }
}
