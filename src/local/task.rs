//! What an operation leaves to be done after its answer, and who waits for it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::local::clock::Clock;
use crate::local::completion::Completion;
use crate::local::lock;

/// How often the platform's clock is looked at while an add waits for it: it may be moved at any time.
const GLANCE: Duration = Duration::from_millis(20);

/// Something to do once the operation's transaction is committed. It does not hold up the answer.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    /// A search was answered: that is an event, and what it has returned is reinforced where decay is on. Where it is
    /// off, there are no `numbers`.
    Touch { org_id: String, project_id: String, numbers: Vec<i64>, at: i64, payload: Value, results: Value },
    /// A project's webhooks of this type are told.
    Tell { org_id: String, project_id: String, event_type: &'static str, payload: Value },
    /// The memories of an add are made.
    Settle { event_id: String, added_at: i64 },
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
    adds: VecDeque<Add>,
    /// The last number that was given to an add.
    last: u64,
    stopped: bool,
    /// Whether the thread that works on them has ended.
    ended: bool,
}

/// An add whose memories are still to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Add {
    number: u64,
    pub(crate) event_id: String,
    /// Microseconds since 1970; `None` as long as nobody has settled it.
    due: Option<i64>,
}

/// What a thread is woken for.
#[derive(Debug)]
pub(crate) enum Work {
    /// Something for the store alone.
    Store,
    /// A model is to be asked.
    Extract(Add),
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
                Task::Settle { event_id, added_at } => {
                    waiting.last += 1;
                    let number = waiting.last;
                    let due = completion.due(added_at);
                    waiting.adds.push_back(Add { number, event_id, due });
                }
            }
        }
        drop(waiting);
        self.changed.notify_all();
    }

    /// What the store alone can do now, to be taken out by [`done`](Self::done) once that is committed. Only
    /// who holds the store may ask, so that nobody does it twice.
    pub(crate) fn for_the_store(&self, now: i64, with_adds: bool) -> (Vec<Task>, Vec<Add>) {
        let waiting = lock(&self.waiting);
        let adds = if with_adds { waiting.due(now).cloned().collect() } else { Vec::new() };
        (waiting.touches.iter().cloned().collect(), adds)
    }

    /// Takes out what was done.
    pub(crate) fn done(&self, touches: usize, adds: &[Add]) {
        let mut waiting = lock(&self.waiting);
        let touches = touches.min(waiting.touches.len());
        waiting.touches.drain(..touches);
        waiting.adds.retain(|add| !adds.contains(add));
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
                Some(add) if with_model && waiting.touches.is_empty() => return Work::Extract(add),
                None if waiting.touches.is_empty() => {}
                _ => return Work::Store,
            }
            let is_timed = waiting.adds.iter().any(|add| add.due.is_some());
            waiting = if is_timed {
                let woken = self.changed.wait_timeout(waiting, GLANCE);
                woken.unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    /// Makes every add due.
    pub(crate) fn release(&self) {
        lock(&self.waiting).adds.iter_mut().for_each(|add| add.due = Some(i64::MIN));
        self.changed.notify_all();
    }

    /// Waits until the adds in line now are done, or the platform stops.
    pub(crate) fn wait(&self) {
        let mut waiting = lock(&self.waiting);
        let last = waiting.last;
        while !waiting.stopped && waiting.adds.iter().any(|add| add.number <= last) {
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Forgets everything: what it is about was replaced.
    pub(crate) fn clear(&self) {
        let mut waiting = lock(&self.waiting);
        waiting.touches.clear();
        waiting.adds.clear();
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
    fn due(&self, now: i64) -> impl Iterator<Item = &Add> {
        self.adds.iter().filter(move |add| add.due.is_some_and(|due| due <= now))
    }
}
