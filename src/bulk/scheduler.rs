//! Scheduler of an import or a copy: decides the next step and records its outcome. It sends nothing and never sleeps.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use crate::bulk::batch_reader::{Batch, BatchReader, Next, Reject, Source};
use crate::bulk::checkpoint::{Checkpoint, CheckpointState};
use crate::bulk::concurrency_limiter::{ConcurrencyLimiter, IDLE_SLEEP};
use crate::bulk::envelope::EntityIds;
use crate::bulk::error::BulkError;
use crate::bulk::failure_class::FailureClass;
use crate::bulk::handle::{Counter, Handle};
use crate::bulk::import::{DryRun, ImportOptions, OpenImport};
use crate::bulk::lines::{Lines, MAX_LINE_LEN};
use crate::bulk::lock;
use crate::bulk::reconcile::Matches;
use crate::bulk::rejects::Rejects;
use crate::bulk::report::{MAX_REJECTED_LINES, RejectedLine, Report};
use crate::error::{Error, Result};
use crate::types::is_content_error;
use crate::types::{AddedMemory, Memory, MemoryChange};

/// Maximum number of requests with an unknown outcome per batch.
const MAX_UNKNOWN_OUTCOMES: u32 = 3;

/// Maximum number of consecutive failures of a batch that certainly was not carried out.
const MAX_NOT_CARRIED_OUT: u32 = 3;

/// Maximum number of consecutive 429 responses per batch.
const MAX_RATE_LIMITED: u32 = 20;

/// Maximum `Retry-After`; a longer one ends the import.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(15 * 60);

/// Maximum sleep at a time, so that a stop is noticed soon.
const MAX_SLEEP: Duration = Duration::from_millis(200);

/// Next step of a worker.
pub(crate) enum Step {
    /// Send the batch, then report the outcome to [`Scheduler::complete_send`].
    Send(Batch),
    /// Search for the batch after the given delay, then report to [`Scheduler::complete_reconciliation`].
    Reconcile(Batch, Duration),
    /// Fetch a page, then pass it to [`Scheduler::complete_fetch`].
    Fetch,
    /// Sleep, then ask for the next step.
    Sleep(Duration),
    /// End of the work.
    Done,
}

/// Running import or copy, shared by its workers.
pub(crate) struct Scheduler {
    /// Locked before `state` where both are needed.
    reader: Mutex<BatchReader>,
    state: Mutex<State>,
    pub(crate) handle: Handle,
    reconcile_after: Duration,
    /// Time of the last checkpoint entry of an earlier call.
    last_entry: Option<SystemTime>,
    pub(crate) dry_run: Option<DryRun>,
    pub(crate) concurrency: usize,
    /// Whether records have line numbers, as those of an import do.
    has_line_numbers: bool,
}

struct State {
    checkpoint: Option<Checkpoint>,
    rejects: Rejects,
    limiter: ConcurrencyLimiter,
    active_workers: usize,
    /// Number of running reconciliations.
    reconciling: usize,
    /// Batches to send or reconcile before new ones.
    retries: VecDeque<Batch>,
    failure: Option<BulkError>,
    rejected_lines: Vec<RejectedLine>,
    is_at_end: bool,
}

impl Scheduler {
    /// Scheduler of an import.
    pub(crate) fn for_import(import: OpenImport) -> std::result::Result<Self, BulkError> {
        let OpenImport { input, size, fingerprint, default_owner, options } = import;
        options.handle.set(Counter::Size, size.unwrap_or_default());
        Self::new(Source::Lines(Lines::new(input, MAX_LINE_LEN)), &fingerprint, default_owner, options)
    }

    /// Scheduler of a copy.
    pub(crate) fn for_copy(
        checkpoint_id: &str,
        options: ImportOptions,
    ) -> std::result::Result<Self, BulkError> {
        Self::new(Source::Pages, checkpoint_id, EntityIds::default(), options)
    }

    fn new(
        source: Source,
        checkpoint_id: &str,
        default_owner: EntityIds,
        options: ImportOptions,
    ) -> std::result::Result<Self, BulkError> {
        let ImportOptions { checkpoint, rejects, concurrency, batch, reconcile_after, dry_run, handle } =
            options;
        let opened = match checkpoint {
            Some(path) if dry_run.is_some() => Checkpoint::open_read_only(&path, checkpoint_id)?,
            Some(path) => Some(Checkpoint::open(&path, checkpoint_id)?),
            None => None,
        };
        let (checkpoint, past) =
            opened.map_or((None, CheckpointState::default()), |(checkpoint, past)| (Some(checkpoint), past));
        let has_rejects = past.rejected.count() > 0;
        handle.set(Counter::Rejected, past.rejected.count());
        handle.set(Counter::RejectedBefore, past.rejected.count());
        let limiter = ConcurrencyLimiter::new(concurrency);
        handle.set(Counter::Concurrency, limiter.limit() as u64);
        Ok(Self {
            has_line_numbers: matches!(source, Source::Lines(_)),
            last_entry: past.last_entry,
            reader: Mutex::new(BatchReader::new(source, past, batch, default_owner)),
            state: Mutex::new(State {
                checkpoint,
                rejects: Rejects::new(rejects.filter(|_| dry_run.is_none()), has_rejects),
                limiter,
                active_workers: 0,
                reconciling: 0,
                retries: VecDeque::new(),
                failure: None,
                rejected_lines: Vec::new(),
                is_at_end: false,
            }),
            handle,
            reconcile_after,
            dry_run,
            concurrency,
        })
    }

    /// Returns the next step. A worker is active until it reports the outcome of its step.
    pub(crate) fn next_step(&self) -> Step {
        {
            let mut state = lock(&self.state);
            if state.failure.is_some() || self.handle.is_stopped() {
                return Step::Done;
            }
            if let Some(pause) = state.limiter.pause(Instant::now()) {
                return Step::Sleep(pause.min(MAX_SLEEP));
            }
            if state.active_workers >= state.limiter.limit() {
                return Step::Sleep(IDLE_SLEEP);
            }
            state.active_workers += 1;
            if let Some(batch) = state.retries.pop_front() {
                return self.start(&mut state, batch);
            }
        }
        let mut rejects = Vec::new();
        let mut skipped = 0;
        let mut reader = lock(&self.reader);
        let is_reconciling = {
            let mut state = lock(&self.state);
            // Another worker may have failed while this one waited for the input.
            if state.failure.is_some() {
                state.active_workers -= 1;
                return Step::Done;
            }
            state.reconciling > 0
        };
        let next = reader.next(is_reconciling, &mut rejects, &mut skipped);
        self.handle.set(Counter::Read, reader.bytes_read());
        self.handle.set(Counter::SkippedBytes, reader.skipped_bytes());
        let mut state = lock(&self.state);
        self.count_skipped(skipped);
        self.reject_all(&mut state, rejects);
        match next {
            // Started with the reader still locked, so that a reconciliation is counted before the next call of `next`.
            Ok(Next::Batch(batch)) => return self.start(&mut state, batch),
            Ok(Next::Fetch) => return Step::Fetch,
            Ok(Next::Again) => {
                state.active_workers -= 1;
                return Step::Sleep(Duration::ZERO);
            }
            Ok(Next::Wait) => {}
            Ok(Next::End) => {
                state.is_at_end = true;
                if let Some(number) = reader.nonexistent_line() {
                    state.fail_for_nonexistent_line(number);
                }
                if state.active_workers == 1 && state.retries.is_empty() {
                    state.active_workers = 0;
                    return Step::Done;
                }
            }
            // After a stop, a reader may fail to interrupt itself.
            Err(_) if self.handle.is_stopped() => {}
            Err(error) => {
                state.fail(BulkError::input(error));
                state.active_workers -= 1;
                return Step::Done;
            }
        }
        state.active_workers -= 1;
        Step::Sleep(IDLE_SLEEP)
    }

    fn start(&self, state: &mut State, mut batch: Batch) -> Step {
        if batch.is_outcome_unknown {
            state.reconciling += 1;
            // A batch of an earlier call has no number; it was sent no later than the last entry of the checkpoint.
            let elapsed = self.last_entry.filter(|_| batch.number.is_none()).and_then(|at| at.elapsed().ok());
            return Step::Reconcile(batch, self.reconcile_after.saturating_sub(elapsed.unwrap_or_default()));
        }
        if let Some(checkpoint) = &mut state.checkpoint {
            match checkpoint.begin(&batch.records) {
                Ok(number) => batch.number = Some(number),
                Err(error) => {
                    state.fail(error);
                    state.active_workers -= 1;
                    return Step::Done;
                }
            }
        } else {
            batch.number = Some(0);
        }
        Step::Send(batch)
    }

    /// Records the outcome of sending a batch.
    pub(crate) fn complete_send(&self, mut batch: Batch, outcome: Result<Vec<AddedMemory>>) {
        let mut state = lock(&self.state);
        state.active_workers -= 1;
        let now = Instant::now();
        match outcome {
            Ok(memories) => {
                let is_known = |memory: &&AddedMemory| memory.event == Some(MemoryChange::Noop);
                let known = memories.iter().filter(is_known).count() as u64;
                let done = state
                    .checkpoint
                    .as_mut()
                    .map_or(Ok(()), |checkpoint| checkpoint.end(batch.number.unwrap_or(0)));
                if let Err(error) = done {
                    state.fail(error);
                }
                state.limiter.record_success();
                self.handle.add(Counter::Existing, known);
                self.handle.add(Counter::Added, batch.records.len() as u64);
            }
            Err(error)
                if is_content_error(&error) && error.status().is_some_and(|s| s != 404)
                    || matches!(error, Error::Invalid { .. }) =>
            {
                state.undo(&batch);
                if let [record] = batch.records.as_slice() {
                    let reason = match &error {
                        Error::Invalid { field, message } => format!("invalid `{field}`: {message}"),
                        error => format!("rejected by the platform: {error}"),
                    };
                    let reject = Reject { number: record.number, reason, line: record.line.clone() };
                    self.reject_all(&mut state, vec![reject]);
                } else {
                    // One record is invalid, or the request is too large: each record is sent alone.
                    let single_batches = batch.records.into_iter().map(|record| Batch::new(vec![record]));
                    state.retries.extend(single_batches);
                }
            }
            Err(error) => match FailureClass::of(&error) {
                FailureClass::RateLimited(retry_after) => {
                    state.undo(&batch);
                    batch.failures += 1;
                    let is_too_long = retry_after.is_some_and(|wait| wait > MAX_RETRY_AFTER);
                    if batch.failures > MAX_RATE_LIMITED || is_too_long {
                        state.fail(error.into());
                    } else {
                        state.limiter.record_rate_limit(now, retry_after);
                        state.retries.push_back(batch);
                    }
                }
                FailureClass::NotCarriedOut => {
                    state.undo(&batch);
                    batch.failures += 1;
                    if batch.failures > MAX_NOT_CARRIED_OUT {
                        state.fail(error.into());
                    } else {
                        let pause = Duration::from_millis(250 << batch.failures.min(8));
                        state.limiter.pause_for(now, pause);
                        state.retries.push_back(batch);
                    }
                }
                FailureClass::OutcomeUnknown => {
                    batch.unknown_outcomes += 1;
                    if batch.unknown_outcomes > MAX_UNKNOWN_OUTCOMES {
                        state.fail(error.into());
                    } else {
                        batch.is_outcome_unknown = true;
                        state.retries.push_back(batch);
                    }
                }
                FailureClass::Fatal => {
                    state.undo(&batch);
                    state.fail(error.into());
                }
            },
        }
        self.handle.set(Counter::Concurrency, state.limiter.limit() as u64);
    }

    /// Records the outcome of a reconciliation. Missing records are sent again.
    pub(crate) fn complete_reconciliation(&self, batch: Batch, outcome: Result<Matches>) {
        let mut state = lock(&self.state);
        state.active_workers -= 1;
        state.reconciling -= 1;
        let matches = match outcome {
            Ok(matches) => matches,
            // The outcome stays unknown: the next call reconciles the batch.
            Err(error) => return state.fail(error.into()),
        };
        let keys: HashSet<u64> = batch.records.iter().map(crate::bulk::record::Record::key).collect();
        let finished = match &state.checkpoint {
            Some(checkpoint) => checkpoint.count_finished(&keys),
            None => Ok(HashMap::new()),
        };
        let recorded = finished.and_then(|finished| {
            let (found, missing) = matches.split(batch.records, &finished);
            if let Some(checkpoint) = &mut state.checkpoint {
                checkpoint.record_found(found.iter())?;
                if let Some(number) = batch.number {
                    checkpoint.undo(number)?;
                }
            }
            Ok((found, missing))
        });
        match recorded {
            Ok((found, missing)) => {
                self.handle.add(Counter::Added, found.len() as u64);
                if !missing.is_empty() {
                    state
                        .retries
                        .push_back(Batch { unknown_outcomes: batch.unknown_outcomes, ..Batch::new(missing) });
                }
            }
            Err(error) => state.fail(error),
        }
    }

    /// Adds a page of memories to copy.
    pub(crate) fn complete_fetch(&self, page: Result<Option<(Vec<Memory>, Option<u64>)>>) {
        let (mut rejects, mut skipped) = (Vec::new(), 0);
        let mut reader = lock(&self.reader);
        let page = page.map(|page| {
            let is_last = page.is_none();
            let (memories, total) = page.unwrap_or_default();
            if let Some(total) = total {
                self.handle.set(Counter::Total, total);
            }
            reader.add_page(memories, is_last, &mut rejects, &mut skipped);
        });
        let mut state = lock(&self.state);
        state.active_workers -= 1;
        self.count_skipped(skipped);
        self.reject_all(&mut state, rejects);
        if let Err(error) = page {
            state.fail(error.into());
        }
    }

    /// Returns the summary, once all workers have returned.
    pub(crate) fn report(self) -> std::result::Result<Report, BulkError> {
        let state = self.state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let reader = self.reader.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(error) = state.failure {
            return Err(error);
        }
        let count = |counter| self.handle.get(counter);
        Ok(Report {
            added: count(Counter::Added),
            skipped: count(Counter::Skipped),
            existing: count(Counter::Existing),
            rejected: count(Counter::Rejected),
            rejected_lines: state.rejected_lines,
            replaced: reader.warnings.replaced,
            unknown_fields: reader.warnings.unknown_fields(),
            stopped: self.handle.is_stopped() && !(state.is_at_end && state.retries.is_empty()),
        })
    }

    /// Counts records that an earlier call added.
    fn count_skipped(&self, skipped: u64) {
        self.handle.add(Counter::Skipped, skipped);
        self.handle.add(Counter::Added, skipped);
    }

    /// Writes rejected lines to the rejects file before the checkpoint, so that a kill in between loses none.
    fn reject_all(&self, state: &mut State, rejects: Vec<Reject>) {
        for Reject { number, reason, line } in rejects {
            let line_number = if self.has_line_numbers { number } else { 0 };
            let State { rejects, checkpoint, .. } = state;
            let written = rejects.append(line_number, &reason, &line);
            let recorded = written
                .and_then(|()| checkpoint.as_mut().map_or(Ok(()), |checkpoint| checkpoint.reject(number)));
            if let Err(error) = recorded {
                return state.fail(error);
            }
            self.handle.add(Counter::Rejected, 1);
            if state.rejected_lines.len() < MAX_REJECTED_LINES {
                state.rejected_lines.push(RejectedLine { line: line_number, reason });
            }
        }
    }
}

impl State {
    /// Records in the checkpoint that a batch was not carried out.
    fn undo(&mut self, batch: &Batch) {
        let undone = match (&mut self.checkpoint, batch.number) {
            (Some(checkpoint), Some(number)) => checkpoint.undo(number),
            _ => Ok(()),
        };
        if let Err(error) = undone {
            self.fail(error);
        }
    }

    /// Fails because the checkpoint names a line that the input does not have.
    fn fail_for_nonexistent_line(&mut self, number: u64) {
        let Some(checkpoint) = &self.checkpoint else { return };
        let message = format!("the file is damaged: it names line {number}, which the input does not have");
        let source = io::Error::new(io::ErrorKind::InvalidData, message);
        self.fail(BulkError::Checkpoint { path: checkpoint.path().to_owned(), source });
    }

    /// Records a failure; only the first one is kept and reported.
    fn fail(&mut self, error: BulkError) {
        self.failure.get_or_insert(error);
    }
}
