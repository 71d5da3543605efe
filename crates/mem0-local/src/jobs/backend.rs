//! Store with its job queue and webhook dispatcher.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use crate::clock::Clock;
use crate::error::LocalError;
use crate::jobs::completion::Completion;
use crate::jobs::extraction::Model;
use crate::jobs::{self, JobQueue};
use crate::lock;
use crate::store::after_commit::{AfterCommit, JobKind};
use crate::store::keys::ProjectScope;
use crate::store::{Store, accesses, events, exports, profiles};
use crate::webhooks::client;
use crate::webhooks::dispatcher::WebhookDispatcher;

/// Store, clock, job queue and webhook dispatcher. The server, the job worker and the platform share it.
#[derive(Debug)]
pub(crate) struct Backend {
    /// Path of the data file; `None` if the store is in memory.
    pub(crate) data_file: Option<PathBuf>,
    pub(crate) store: Mutex<Store>,
    pub(crate) clock: Clock,
    /// Time at which jobs run.
    pub(crate) completion: Completion,
    /// Pending jobs.
    pub(crate) jobs: JobQueue,
    /// Model that extracts memories, if one is configured.
    pub(crate) model: Option<Model>,
    pub(crate) dispatcher: WebhookDispatcher,
}

impl Backend {
    /// Returns the store after it has run all due jobs that need no model.
    pub(crate) fn store(&self) -> rusqlite::Result<MutexGuard<'_, Store>> {
        let mut store = lock(&self.store);
        self.run_store_jobs(&mut store)?;
        Ok(store)
    }

    /// Runs the due jobs that need no model. Every request does this first, so that it sees the effects of earlier
    /// requests.
    fn run_store_jobs(&self, store: &mut Store) -> rusqlite::Result<()> {
        let now = self.clock.now_in_microseconds();
        let (searches, due) = self.jobs.store_jobs(now, self.model.is_none());
        if searches.is_empty() && due.is_empty() {
            return Ok(());
        }
        let work = |connection: &rusqlite::Connection| {
            let mut after_commit = Vec::new();
            for job in &due {
                jobs::run(connection, job.kind, &job.id, now, &mut after_commit)?;
            }
            for search in &searches {
                accesses::record_search(connection, search)?;
            }
            Ok::<_, rusqlite::Error>(after_commit)
        };
        // No client relies on recorded searches, so they need not wait for the disk.
        let after_commit = if due.is_empty() { store.write_relaxed(work) } else { store.write(work) }?;
        self.jobs.remove(searches.len(), &due);
        self.finish_commit(store, after_commit);
        Ok(())
    }

    /// Adds the path of the data file to an error, where the file is the cause.
    pub(crate) fn named(&self, error: impl Into<LocalError>) -> LocalError {
        match &self.data_file {
            Some(path) => error.into().of_data_file(path),
            None => error.into(),
        }
    }

    /// Handles the follow-up work of a committed transaction: sends webhooks and queues jobs.
    pub(crate) fn finish_commit(&self, store: &mut Store, after_commit: Vec<AfterCommit>) {
        for item in &after_commit {
            if let AfterCommit::NotifyWebhooks { org_id, project_id, event_type, payload } = item {
                let scope = ProjectScope { org_id, project_id };
                // The commit is valid even if the webhooks cannot be read.
                if let Ok(targets) = store.read(|connection| client::targets(connection, scope, event_type)) {
                    self.dispatcher.send(targets, payload);
                }
            }
        }
        self.jobs.push(after_commit, self.completion);
    }

    /// Queues the pending jobs of an earlier process or a dump, oldest first.
    pub(crate) fn enqueue_pending(&self) -> rusqlite::Result<()> {
        let mut pending = lock(&self.store).read(|connection| {
            let mut pending = Vec::new();
            for (kind, found) in [
                (JobKind::Add, events::pending_adds(connection)?),
                (JobKind::Export, exports::all_pending(connection)?),
                (JobKind::Profiles, profiles::pending_jobs(connection)?),
            ] {
                pending.extend(found.into_iter().map(|(id, requested_at)| (kind, id, requested_at)));
            }
            Ok::<_, rusqlite::Error>(pending)
        })?;
        pending.sort_by_key(|(_, _, requested_at)| *requested_at);
        let job = |(kind, id, requested_at)| AfterCommit::RunJob { kind, id, requested_at };
        self.jobs.push(pending.into_iter().map(job).collect(), self.completion);
        Ok(())
    }
}
