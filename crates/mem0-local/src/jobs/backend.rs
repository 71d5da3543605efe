//! The store, and the work that its transactions leave.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use crate::clock::Clock;
use crate::error::LocalError;
use crate::jobs::completion::Completion;
use crate::jobs::extraction::Model;
use crate::jobs::{self, JobQueue};
use crate::lock;
use crate::store::after_commit::{AfterCommit, JobKind};
use crate::store::keys::Place;
use crate::store::{Store, accesses, events, exports, profiles};
use crate::webhooks::courier::Courier;
use crate::webhooks::delivery;

/// The store with its clock, its jobs and its deliveries. The server, the worker and the program share it.
#[derive(Debug)]
pub(crate) struct Backend {
    /// Where the store is; `None` if it is in memory.
    pub(crate) data_file: Option<PathBuf>,
    pub(crate) store: Mutex<Store>,
    pub(crate) clock: Clock,
    /// When memories, exports and profiles are there.
    pub(crate) completion: Completion,
    /// What answers have left to be done.
    pub(crate) jobs: JobQueue,
    /// The model that makes memories, where one was given.
    pub(crate) model: Option<Model>,
    pub(crate) courier: Courier,
}

impl Backend {
    /// The store, in which nothing is left to be done that needs nobody else.
    pub(crate) fn store(&self) -> rusqlite::Result<MutexGuard<'_, Store>> {
        let mut store = lock(&self.store);
        self.run_store_jobs(&mut store)?;
        Ok(store)
    }

    /// Does what is due and needs nobody but the store. Every request does this before anything else, so that what an
    /// answer has left to be done is done when the next one is given.
    fn run_store_jobs(&self, store: &mut Store) -> rusqlite::Result<()> {
        let now = self.clock.now_in_microseconds();
        let (touches, due) = self.jobs.store_jobs(now, self.model.is_none());
        if touches.is_empty() && due.is_empty() {
            return Ok(());
        }
        let work = |connection: &rusqlite::Connection| {
            let mut left = Vec::new();
            for job in &due {
                jobs::run(connection, job.kind, &job.id, now, &mut left)?;
            }
            for task in &touches {
                accesses::record_search(connection, task)?;
            }
            Ok::<_, rusqlite::Error>(left)
        };
        // Nobody was promised a touch, so that it need not wait for the disk.
        let left = if due.is_empty() { store.write_soon(work) } else { store.write(work) }?;
        self.jobs.remove(touches.len(), &due);
        self.finish_commit(store, left);
        Ok(())
    }

    /// An error that names the data file where that is what failed.
    pub(crate) fn named(&self, error: impl Into<LocalError>) -> LocalError {
        match &self.data_file {
            Some(path) => error.into().of_data_file(path),
            None => error.into(),
        }
    }

    /// Sees to what a committed transaction has left to be done.
    pub(crate) fn finish_commit(&self, store: &mut Store, after_commit: Vec<AfterCommit>) {
        for task in &after_commit {
            if let AfterCommit::NotifyWebhooks { org_id, project_id, event_type, payload } = task {
                let place = Place { org_id, project_id };
                // What was committed stays committed, whether or not anybody can be told.
                if let Ok(targets) = store.read(|connection| delivery::targets(connection, place, event_type))
                {
                    self.courier.send(targets, payload);
                }
            }
        }
        self.jobs.push(after_commit, self.completion);
    }

    /// Puts in line what an earlier process, or a dump, has left to be done, oldest first.
    pub(crate) fn enqueue_pending(&self) -> rusqlite::Result<()> {
        let mut waiting = lock(&self.store).read(|connection| {
            let mut waiting = Vec::new();
            for (kind, found) in [
                (JobKind::Add, events::waiting_adds(connection)?),
                (JobKind::Export, exports::all_waiting(connection)?),
                (JobKind::Profiles, profiles::waiting_jobs(connection)?),
            ] {
                waiting.extend(found.into_iter().map(|(id, requested_at)| (kind, id, requested_at)));
            }
            Ok::<_, rusqlite::Error>(waiting)
        })?;
        waiting.sort_by_key(|(_, _, requested_at)| *requested_at);
        let settle = |(kind, id, requested_at)| AfterCommit::RunJob { kind, id, requested_at };
        self.jobs.push(waiting.into_iter().map(settle).collect(), self.completion);
        Ok(())
    }
}
