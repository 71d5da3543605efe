//! Background jobs: memories of an add, exports, profiles.

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

/// Interval at which the platform's clock is read while a job waits for it. The clock may be moved at any time.
const CLOCK_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Queue of pending jobs.
#[derive(Debug, Default)]
pub(crate) struct JobQueue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    searches: VecDeque<AfterCommit>,
    jobs: VecDeque<Job>,
    /// Number of the last queued job.
    last_number: u64,
    stopped: bool,
    /// Whether the worker thread has ended.
    ended: bool,
}

/// A pending job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    number: u64,
    pub(crate) kind: JobKind,
    /// ID of the event, the export or the profile job.
    pub(crate) id: String,
    /// Due time in microseconds since 1970; `None` until `run_jobs` is called.
    due: Option<i64>,
}

/// Next work of the job worker.
#[derive(Debug)]
pub(crate) enum Work {
    /// Jobs or searches that need no model.
    Store,
    /// An add that needs the model.
    Extract(Job),
    /// The platform has stopped.
    Stop,
}

impl JobQueue {
    /// Queues work. Webhooks are not queued: they are sent immediately.
    pub(crate) fn push(&self, after_commit: Vec<AfterCommit>, completion: Completion) {
        if after_commit.is_empty() {
            return;
        }
        let mut state = lock(&self.state);
        for item in after_commit {
            match item {
                AfterCommit::RecordSearch { .. } => state.searches.push_back(item),
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

    /// Returns the searches and the due jobs that need no model. The caller removes them with
    /// [`remove`](Self::remove) after the commit, and holds the store until then, so that no job runs twice. Without
    /// `with_adds`, only the jobs before the first add are returned: an export includes earlier adds.
    pub(crate) fn store_jobs(&self, now: i64, with_adds: bool) -> (Vec<AfterCommit>, Vec<Job>) {
        let state = lock(&self.state);
        let runs_in_store = |job: &&Job| with_adds || job.kind != JobKind::Add;
        let jobs = state.due(now).take_while(runs_in_store).cloned().collect();
        (state.searches.iter().cloned().collect(), jobs)
    }

    /// Removes completed work.
    pub(crate) fn remove(&self, searches: usize, jobs: &[Job]) {
        let mut state = lock(&self.state);
        let searches = searches.min(state.searches.len());
        state.searches.drain(..searches);
        state.jobs.retain(|job| !jobs.contains(job));
        drop(state);
        self.changed.notify_all();
    }

    /// Waits for work that does not depend on requests.
    pub(crate) fn next(&self, clock: &Clock, with_model: bool) -> Work {
        let mut state = lock(&self.state);
        loop {
            if state.stopped {
                return Work::Stop;
            }
            let due = state.due(clock.now_in_microseconds()).next().cloned();
            match due {
                Some(job) if with_model && job.kind == JobKind::Add && state.searches.is_empty() => {
                    return Work::Extract(job);
                }
                None if state.searches.is_empty() => {}
                _ => return Work::Store,
            }
            let is_timed = state.jobs.iter().any(|job| job.due.is_some());
            state = if is_timed {
                let result = self.changed.wait_timeout(state, CLOCK_POLL_INTERVAL);
                result.unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    /// Makes all jobs due.
    pub(crate) fn make_all_due(&self) {
        lock(&self.state).jobs.iter_mut().for_each(|job| job.due = Some(i64::MIN));
        self.changed.notify_all();
    }

    /// Waits until all jobs that are queued now are complete, or the platform stops.
    pub(crate) fn wait_until_done(&self) {
        let mut state = lock(&self.state);
        let last_number = state.last_number;
        while !state.stopped && state.jobs.iter().any(|job| job.number <= last_number) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Removes all work, as the store was replaced.
    pub(crate) fn clear(&self) {
        let mut state = lock(&self.state);
        state.searches.clear();
        state.jobs.clear();
        drop(state);
        self.changed.notify_all();
    }

    /// Stops the worker thread and waits for it, at most for `grace`. Returns whether the thread has ended.
    pub(crate) fn stop(&self, grace: Duration) -> bool {
        let mut state = lock(&self.state);
        state.stopped = true;
        self.changed.notify_all();
        let result = self.changed.wait_timeout_while(state, grace, |state| !state.ended);
        result.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    /// Records that the worker thread has ended.
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

/// Runs a job without a model. A job that is complete or was deleted is skipped.
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
