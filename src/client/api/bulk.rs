//! Memories in bulk.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{MemoryClient, Pages, Transport, maybe_async, run_workers};
use crate::bulk::{
    Batch, BulkError, Counter, Handle, Import, Matches, MemoryCopy, Report, Scheduler, Step, add_of,
    candidate_lists, header, place,
};
use crate::client::options::RequestOptions;
use crate::client::poll::PollPolicy;
use crate::client::retry::RetryPolicy;
use crate::error::{Error, Result};
use crate::types::{AddOutcome, AddedMemory, ListMemories, Memory};

/// The pages of a copy, which whoever fetches the next one takes out for that time.
type Slot<U> = Mutex<Option<Pages<Memory, U>>>;

#[maybe_async]
impl<T: Transport> MemoryClient<T> {
    /// Imports memories: see [`bulk`](crate::bulk) for what a line holds, and how an import is gone on with.
    ///
    /// An import is over when all lines are added or rejected: look at [`Report::rejected`].
    ///
    /// # Errors
    /// [`BulkError::Format`] for an input whose beginning is not that of JSON lines, such as a JSON array;
    /// [`BulkError::OtherProject`] for a checkpoint of an import into another project, or at another base URL;
    /// [`BulkError::Call`] when the platform does not take the key, forbids it, can't be reached or fails again and
    /// again; the other kinds when the input, the checkpoint or the file of rejects can't be read or written. What was
    /// done is in the checkpoint, and the same call goes on from there.
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
        // A checkpoint of an import that can't begin would be in the way of the one that does.
        let call = self.begin()?;
        self.check_own_project(&call).await?;
        let mut opened = match import.open() {
            Err(_) if handle.is_stopped() => return Ok(Report::of_nothing()),
            opened => opened.map_err(BulkError::input)?,
        };
        if opened.options.checkpoint.is_some() {
            let own = self.own_project(&call, "import without a checkpoint").await?;
            let target = place(own.project_id.as_str(), self.inner.config.base_url.as_str());
            opened.known_by = header(&opened.known_by, &target);
        }
        let scheduler = Scheduler::of_lines(opened)?;
        let none: Slot<T> = Mutex::new(None);
        self.run_import(&scheduler, &none).await;
        scheduler.report()
    }

    /// Copies memories to the project of another client's key: their texts, scopes, metadata, moments and last days.
    /// Their categories are found anew, and their history is not copied. While it goes on, the memories should not be
    /// changed: what is added or deleted moves the pages that are still to come.
    ///
    /// # Errors
    /// [`BulkError::Call`] with [`Error::Invalid`] if both keys belong to the same project; else as
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
            let message = "can't be told of both keys; use keys that belong to a project";
            return Err(Error::invalid("project", message).into());
        };
        // Local platforms begin with the same identifiers.
        let (from_url, to_url) = (&self.inner.config.base_url, &to.inner.config.base_url);
        if from_project == to_project && !from_url.is_another_local(to_url) {
            let message = "is the same for both keys; memories are not copied into their own project";
            return Err(Error::invalid("project", message).into());
        }
        let MemoryCopy { list, options } = copy;
        self.check_own_project(&self.begin()?).await?;
        to.check_own_project(&to.begin()?).await?;
        let pages = self.get_all(list)?;
        let source = place(from_project.as_str(), from_url.as_str());
        let target = place(to_project.as_str(), to_url.as_str());
        let scheduler = Scheduler::of_pages(&header(&format!("copy {source}"), &target), options)?;
        to.run_import(&scheduler, &Mutex::new(Some(pages))).await;
        scheduler.report()
    }

    /// Writes memories as JSON lines, which an import reads, page by page; how many there were. What is added or deleted
    /// meanwhile moves the pages that are still to come.
    ///
    /// # Errors
    /// [`BulkError::Output`] if it can't be written, [`BulkError::Call`] as any list. A handle that is stopped ends it
    /// after the page under way.
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

    async fn run_import<U: Transport>(&self, scheduler: &Scheduler, pages: &Slot<U>) {
        // The scheduler has its own mind about what is sent again, and when.
        let options = RequestOptions { retry: Some(RetryPolicy::none()), ..(*self.options).clone() };
        let sender = self.with_options(options);
        run_workers(scheduler.concurrency, || self.work(&sender, scheduler, pages)).await;
    }

    async fn work<U: Transport>(&self, sender: &Self, scheduler: &Scheduler, pages: &Slot<U>) {
        loop {
            match scheduler.step() {
                Step::Send(batch) => {
                    let outcome = sender.add_batch(&batch).await;
                    let outcome = match outcome {
                        // What is refused before it is sent would be refused in earnest too.
                        Err(error) if scheduler.dry_run && !matches!(error, Error::Invalid { .. }) => {
                            Ok(Vec::new())
                        }
                        outcome => outcome,
                    };
                    scheduler.sent(batch, outcome);
                }
                Step::Reconcile(batch, wait) => {
                    self.inner.transport.sleep(wait).await;
                    let outcome = self.find_matches(&batch).await;
                    scheduler.reconciled(batch, outcome);
                }
                Step::Fetch => {
                    let page = fetch(pages).await;
                    scheduler.fetched(page);
                }
                Step::Wait(wait) if wait == Duration::ZERO => {}
                Step::Wait(wait) => self.inner.transport.sleep(wait).await,
                Step::Over => return,
            }
        }
    }

    async fn add_batch(&self, batch: &Batch) -> Result<Vec<AddedMemory>> {
        match self.add(add_of(&batch.records)).await? {
            AddOutcome::Done(memories) => Ok(memories),
            // Nothing is extracted, and so this is not expected; but then it has to come to an end.
            AddOutcome::Pending(event_id) => {
                let event = self.events().wait(&event_id, PollPolicy::default()).await?;
                if event.is_success() {
                    Ok(event.memories())
                } else {
                    Err(Error::invalid("memories", "could not be stored, says their event"))
                }
            }
        }
    }

    /// Looks for the memories of a batch that was sent and of which nothing is known.
    async fn find_matches(&self, batch: &Batch) -> Result<Matches> {
        let mut matches = Matches::default();
        for list in candidate_lists(&batch.records) {
            let mut pages = self.get_all(list)?;
            while let Some(page) = pages.next_page().await? {
                for memory in page.results {
                    matches.note(&batch.records, memory);
                }
            }
        }
        Ok(matches)
    }
}

/// The next page, and how many memories there are.
#[maybe_async]
async fn fetch<U: Transport>(pages: &Slot<U>) -> Result<Option<(Vec<Memory>, Option<u64>)>> {
    let taken = pages.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut own) = taken else { return Ok(None) };
    let page = own.next_page().await?;
    *pages.lock().unwrap_or_else(PoisonError::into_inner) = Some(own);
    Ok(page.map(|page| (page.results, page.count)))
}
