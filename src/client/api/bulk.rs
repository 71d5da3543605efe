//! Bulk operations: import, copy and export of memories.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{MemoryClient, Pages, Transport, maybe_async, run_workers};
use crate::bulk::{
    Batch, BulkError, Counter, Handle, Import, Matches, MemoryCopy, Report, Scheduler, Step, add_request,
    candidate_lists, header, target,
};
use crate::client::options::RequestOptions;
use crate::client::poll::PollPolicy;
use crate::client::retry::RetryPolicy;
use crate::error::{Error, Result};
use crate::types::{ListMemories, Memory};

/// Pages of a copy. A worker takes them while it fetches the next page.
type SharedPages<U> = Mutex<Option<Pages<Memory, U>>>;

#[maybe_async]
impl<T: Transport> MemoryClient<T> {
    /// Imports memories from JSON lines. See [`bulk`](crate::bulk) for the format and for checkpoints.
    ///
    /// The import succeeds even if lines are rejected: check [`Report::rejected`].
    ///
    /// Dropping the future of the async client interrupts the import. Requests in flight may still be carried out; with
    /// a checkpoint, the same call resumes the import.
    ///
    /// # Errors
    /// - [`BulkError::Format`] for an input that is not JSON lines, such as a JSON array;
    /// - [`BulkError::ForeignCheckpoint`] and [`BulkError::OtherProject`] for a checkpoint of another input, project or
    ///   base URL, and [`BulkError::CheckpointInUse`] if another import uses it;
    /// - [`BulkError::Call`] if a request fails permanently or its retries are exhausted;
    /// - [`BulkError::Input`], [`BulkError::Checkpoint`] and [`BulkError::Rejects`] if a file can't be read or written.
    ///
    /// With a checkpoint, the same call resumes the import after an error.
    ///
    #[doc = example!(
    "use mem0::bulk::Import;

let lines = r#\"{\"memory\": \"Likes tea\", \"user_id\": \"alice\", \"created_at\": \"2026-01-01\"}\"#;
let report = client.import_memories(Import::from_reader(lines.as_bytes()))" await "?;
println!(\"{} added, {} rejected\", report.added, report.rejected);
# assert_eq!(report.added, 1);"
    )]
    pub async fn import_memories(&self, import: Import) -> std::result::Result<Report, BulkError> {
        let handle = import.options.handle.clone();
        // Checked before the checkpoint is created.
        let call = self.begin()?;
        self.check_own_project(&call).await?;
        let mut import = match import.open() {
            Err(_) if handle.is_stopped() => return Ok(Report::stopped_early()),
            import => import.map_err(BulkError::input)?,
        };
        if import.options.checkpoint.is_some() {
            let identity = self.own_project(&call, "import without a checkpoint").await?;
            let target_id = target(identity.project_id.as_str(), self.inner.config.base_url.as_str());
            import.fingerprint = header(&import.fingerprint, &target_id);
        }
        let scheduler = Scheduler::for_import(import)?;
        let no_pages: SharedPages<T> = Mutex::new(None);
        self.run_import(&scheduler, &no_pages).await;
        scheduler.report()
    }

    /// Copies memories to the project of another client: text, owner, metadata, creation time and expiration date.
    ///
    /// The platform assigns new ids and categories. The history is not copied.
    ///
    /// Do not add or delete memories of the source during a copy: this shifts the pages of its list, so that memories
    /// can be missed.
    ///
    /// Dropping the future of the async client interrupts the copy. Requests in flight may still be carried out; with a
    /// checkpoint, the same call resumes the copy.
    ///
    /// # Errors
    /// [`BulkError::Call`] with [`Error::Invalid`] if both keys belong to the same project; otherwise as
    /// [`import_memories`](Self::import_memories).
    ///
    #[doc = example!(
    other "use mem0::Filter;
use mem0::bulk::MemoryCopy;

let report = client.copy_memories(&other, MemoryCopy::new(Filter::user(\"alice\")))" await "?;
println!(\"{} copied\", report.added);"
    )]
    pub async fn copy_memories<U: Transport>(
        &self,
        to: &MemoryClient<U>,
        copy: MemoryCopy,
    ) -> std::result::Result<Report, BulkError> {
        let from_project = self.ping().await?.project_id;
        let to_project = to.ping().await?.project_id;
        let (Some(from_project), Some(to_project)) = (from_project, to_project) else {
            let message = "a key does not belong to a project; use project keys";
            return Err(Error::invalid("project", message).into());
        };
        // Different offline platforms can have the same ids.
        let (from_url, to_url) = (&self.inner.config.base_url, &to.inner.config.base_url);
        if from_project == to_project && !from_url.is_another_local(to_url) {
            let message = "source and target are the same; use the key of another project for the target";
            return Err(Error::invalid("project", message).into());
        }
        let MemoryCopy { list, options } = copy;
        self.check_own_project(&self.begin()?).await?;
        to.check_own_project(&to.begin()?).await?;
        let pages = self.get_all(list)?;
        let source_id = target(from_project.as_str(), from_url.as_str());
        let target_id = target(to_project.as_str(), to_url.as_str());
        let scheduler = Scheduler::for_copy(&header(&format!("copy {source_id}"), &target_id), options)?;
        to.run_import(&scheduler, &Mutex::new(Some(pages))).await;
        scheduler.report()
    }

    /// Exports memories as JSON lines, in the format of [`import_memories`](Self::import_memories), and returns their
    /// number.
    ///
    /// [`Handle::stop`](crate::bulk::Handle::stop) ends the export after the current page.
    ///
    /// Memories that are added or deleted during an export shift the pages of the list, so that memories can be missed
    /// or repeated.
    ///
    /// Dropping the future of the async client ends the export between two pages; the output keeps the pages written so
    /// far and is not flushed.
    ///
    /// # Errors
    /// [`BulkError::Output`] if writing fails, and [`BulkError::Call`] if a request fails.
    ///
    #[doc = example!(
    "use mem0::Filter;
use mem0::bulk::Handle;

let mut lines = Vec::new();
let list = Filter::user(\"alice\");
let count = client.export_memories(list, &mut lines, &Handle::new())" await "?;
println!(\"{count} memories\");"
    )]
    pub async fn export_memories<W: Write + Send>(
        &self,
        list: impl Into<ListMemories> + Send,
        output: &mut W,
        handle: &Handle,
    ) -> std::result::Result<u64, BulkError> {
        let mut pages = self.get_all(list)?;
        let mut count = 0;
        while !handle.is_stopped() {
            let Some(page) = pages.next_page().await? else { break };
            handle.set(Counter::Total, page.count.unwrap_or_default());
            for memory in &page.results {
                let line = serde_json::to_string(memory).map_err(|error| BulkError::Output(error.into()))?;
                writeln!(output, "{line}").map_err(BulkError::Output)?;
            }
            count += page.results.len() as u64;
            handle.add(Counter::Added, page.results.len() as u64);
        }
        output.flush().map_err(BulkError::Output)?;
        Ok(count)
    }

    async fn run_import<U: Transport>(&self, scheduler: &Scheduler, pages: &SharedPages<U>) {
        // The scheduler decides on retries.
        let options = RequestOptions { retry: Some(RetryPolicy::none()), ..(*self.options).clone() };
        let sender = self.with_options(options);
        run_workers(scheduler.concurrency, || self.run_worker(&sender, scheduler, pages)).await;
    }

    async fn run_worker<U: Transport>(&self, sender: &Self, scheduler: &Scheduler, pages: &SharedPages<U>) {
        loop {
            match scheduler.next_step() {
                Step::Send(batch) => {
                    let adding = add_request(&batch.records);
                    let outcome = match &scheduler.dry_run {
                        // An invalid request fails in a dry run as well.
                        Some(dry_run) => sender.add_request(&adding).map(|request| {
                            dry_run.observe(&request);
                            Vec::new()
                        }),
                        // With `infer: false`, the add is complete at once.
                        None => sender.add_and_wait(adding, PollPolicy::default()).await,
                    };
                    scheduler.complete_send(batch, outcome);
                }
                Step::Reconcile(batch, delay) => {
                    self.inner.transport.sleep(delay).await;
                    let outcome = self.find_matches(&batch).await;
                    scheduler.complete_reconciliation(batch, outcome);
                }
                Step::Fetch => {
                    let page = fetch_page(pages).await;
                    scheduler.complete_fetch(page);
                }
                Step::Sleep(Duration::ZERO) => {}
                Step::Sleep(delay) => self.inner.transport.sleep(delay).await,
                Step::Done => return,
            }
        }
    }

    /// Searches for the memories of a batch with an unknown outcome.
    async fn find_matches(&self, batch: &Batch) -> Result<Matches> {
        let mut matches = Matches::default();
        for list in candidate_lists(&batch.records) {
            let mut pages = self.get_all(list)?;
            while let Some(page) = pages.next_page().await? {
                for memory in page.results {
                    matches.record(&batch.records, memory);
                }
            }
        }
        Ok(matches)
    }
}

/// Fetches the next page, and the total number of memories.
#[maybe_async]
async fn fetch_page<U: Transport>(pages: &SharedPages<U>) -> Result<Option<(Vec<Memory>, Option<u64>)>> {
    let taken = pages.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut taken) = taken else { return Ok(None) };
    let page = taken.next_page().await?;
    *pages.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken);
    Ok(page.map(|page| (page.results, page.count)))
}
