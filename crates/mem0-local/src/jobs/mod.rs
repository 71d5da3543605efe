//! NextJob that an answer leaves to be done: memories of an add, exports, profiles.

pub(crate) mod add_request;
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
use crate::store::after_commit::{AfterCommit, JobKind};

use rusqlite::Connection;

/// How often the platform's clock is looked at while an job waits for it: it may be moved at any time.
const CLOCK_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The after_commit that wait, in their job.
#[derive(Debug, Default)]
pub(crate) struct JobQueue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    searches: VecDeque<AfterCommit>,
    jobs: VecDeque<Job>,
    /// The last_number number that was given to an job.
    last_number: u64,
    stopped: bool,
    /// Whether the thread that works on them has ended.
    ended: bool,
}

/// Something that is still to be done of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    number: u64,
    pub(crate) kind: JobKind,
    /// Of the add's event, the export or the job.
    pub(crate) id: String,
    /// Microseconds since 1970; `None` as long as nobody has settled it.
    due: Option<i64>,
}

/// What a thread is woken for.
#[derive(Debug)]
pub(crate) enum NextJob {
    /// Something for the store alone.
    Store,
    /// A model is to be asked.
    Extract(Job),
    /// The platform has stopped.
    Stop,
}

impl JobQueue {
    /// Puts after_commit in line. What is to be told is not among them: that goes out at once.
    pub(crate) fn push(&self, after_commit: Vec<AfterCommit>, completion: Completion) {
        if after_commit.is_empty() {
            return;
        }
        let mut state = lock(&self.state);
        for task in after_commit {
            match task {
                AfterCommit::RecordSearch { .. } => state.searches.push_back(task),
                AfterCommit::NotifyWebhooks { .. } => {}
                AfterCommit::RunJob { kind, id, requested_at } => {
                    state.last_number += 1;
                    let number = state.last_number;
                    let due = completion.due(requested_at);
                    state.jobs.push_back(Job { number, kind, id, due });
                }
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    /// What the store alone can do now, to be taken out by [`done`](Self::done) once that is committed. Only
    /// who holds the store may ask, so that nobody does it twice. Without adds, it is what comes before the first of
    /// them: an export is made of what was added before it was asked for.
    pub(crate) fn store_jobs(&self, now: i64, with_adds: bool) -> (Vec<AfterCommit>, Vec<Job>) {
        let state = lock(&self.state);
        let runs_in_store = |job: &&Job| with_adds || job.kind != JobKind::Add;
        let jobs = state.due(now).take_while(runs_in_store).cloned().collect();
        (state.searches.iter().cloned().collect(), jobs)
    }

    /// Takes out what was done.
    pub(crate) fn remove(&self, searches: usize, jobs: &[Job]) {
        let mut state = lock(&self.state);
        let searches = searches.min(state.searches.len());
        state.searches.drain(..searches);
        state.jobs.retain(|job| !jobs.contains(job));
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until there is something to do beside requests.
    pub(crate) fn next(&self, clock: &Clock, with_model: bool) -> NextJob {
        let mut state = lock(&self.state);
        loop {
            if state.stopped {
                return NextJob::Stop;
            }
            let due = state.due(clock.now_in_microseconds()).next().cloned();
            match due {
                Some(job) if with_model && job.kind == JobKind::Add && state.searches.is_empty() => {
                    return NextJob::Extract(job);
                }
                None if state.searches.is_empty() => {}
                _ => return NextJob::Store,
            }
            let is_timed = state.jobs.iter().any(|job| job.due.is_some());
            state = if is_timed {
                let woken = self.changed.wait_timeout(state, CLOCK_POLL_INTERVAL);
                woken.unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    /// Makes every job due.
    pub(crate) fn make_all_due(&self) {
        lock(&self.state).jobs.iter_mut().for_each(|job| job.due = Some(i64::MIN));
        self.changed.notify_all();
    }

    /// Waits until the jobs in line now are done, or the platform stops.
    pub(crate) fn wait_until_done(&self) {
        let mut state = lock(&self.state);
        let last_number = state.last_number;
        while !state.stopped && state.jobs.iter().any(|job| job.number <= last_number) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Forgets everything: what it is about was replaced.
    pub(crate) fn clear(&self) {
        let mut state = lock(&self.state);
        state.searches.clear();
        state.jobs.clear();
        drop(state);
        self.changed.notify_all();
    }

    /// Ends the thread that works on them, and waits for that, but not longer than so. Whether it has ended.
    pub(crate) fn stop(&self, grace: Duration) -> bool {
        let mut state = lock(&self.state);
        state.stopped = true;
        self.changed.notify_all();
        let waited = self.changed.wait_timeout_while(state, grace, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    /// Says that the thread has ended.
    pub(crate) fn mark_ended(&self) {
        lock(&self.state).ended = true;
        self.changed.notify_all();
    }
}

impl QueueState {
    fn due(&self, now: i64) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(move |job| job.due.is_some_and(|due| due <= now))
    }
}

/// Does what the store alone can do: an add without a model, an export, a job. What is done already, or gone with its
/// project, stays as it is.
pub(crate) fn run(
    connection: &Connection,
    kind: JobKind,
    id: &str,
    now: i64,
    after_commit: &mut Vec<AfterCommit>,
) -> rusqlite::Result<()> {
    match kind {
        JobKind::Add => ingest::run(connection, id, now, after_commit),
        JobKind::Export => export::run(connection, id, now),
        JobKind::Profiles => profile::run(connection, id, now),
    }
}
