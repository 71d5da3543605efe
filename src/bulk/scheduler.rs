//! What an import does next, and what it makes of what happened. Here nothing is sent and nothing is waited for.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use crate::bulk::batch_reader::{Batch, BatchReader, Reject, Source, Taken};
use crate::bulk::checkpoint::{Checkpoint, CheckpointState};
use crate::bulk::concurrency_limiter::{ConcurrencyLimiter, IDLE};
use crate::bulk::error::BulkError;
use crate::bulk::failure_class::FailureClass;
use crate::bulk::handle::{Counter, Handle};
use crate::bulk::import::{ImportOptions, Opened};
use crate::bulk::lines::{LONGEST_LINE, Lines};
use crate::bulk::lock;
use crate::bulk::reconcile::Matches;
use crate::bulk::record::Owner;
use crate::bulk::rejects::Rejects;
use crate::bulk::report::{REASONS, Rejected, Report};
use crate::client::batch::is_content_error;
use crate::error::{Error, Result};
use crate::types::{AddedMemory, Memory, MemoryChange};

/// How often a batch may be in doubt.
const MAX_UNKNOWN_OUTCOMES: u32 = 3;

/// How often in a row a batch may not have reached the platform, and how often it may have been asked too often.
const MAX_NOT_SENT: u32 = 3;
const MAX_RATE_LIMITED: u32 = 20;

/// A `Retry-After` beyond this ends the import: nobody expects it to sit still for so long.
const MAX_PAUSE: Duration = Duration::from_secs(15 * 60);

/// The longest wait at a stretch, so that a stop is noticed.
const MAX_SLEEP: Duration = Duration::from_millis(200);

/// What somebody at work does next.
pub(crate) enum Step {
    /// Add the batch, and say what came of it by [`Scheduler::sent`].
    Send(Batch),
    /// Look for the batch, once that long has gone by, and say by [`Scheduler::reconciled`].
    Reconcile(Batch, Duration),
    /// Fetch a page, and hand it in by [`Scheduler::fetched`].
    Fetch,
    Wait(Duration),
    Over,
}

/// An import, or a copy, under way. Shared by all who work at it.
pub(crate) struct Scheduler {
    /// Locked before the state where both are.
    reader: Mutex<BatchReader>,
    state: Mutex<State>,
    pub(crate) handle: Handle,
    reconcile_after: Duration,
    /// When the last entry of an earlier call was made.
    last_entry: Option<SystemTime>,
    pub(crate) dry_run: bool,
    pub(crate) concurrency: usize,
    /// Whether lines have numbers that mean something to a person.
    has_lines: bool,
}

struct State {
    checkpoint: Option<Checkpoint>,
    rejects: Rejects,
    limiter: ConcurrencyLimiter,
    at_work: usize,
    /// How many of them look for batches in doubt.
    reconciling: usize,
    /// What has to be done once more, before anything new.
    again: VecDeque<Batch>,
    failure: Option<BulkError>,
    reasons: Vec<Rejected>,
    is_at_end: bool,
}

impl Scheduler {
    /// The import of a reader's lines.
    pub(crate) fn of_lines(opened: Opened) -> std::result::Result<Self, BulkError> {
        let Opened { input, size, known_by, owner, options } = opened;
        options.handle.set(Counter::Size, size.unwrap_or_default());
        Self::new(Source::Lines(Lines::new(input, LONGEST_LINE)), &known_by, owner, options)
    }

    /// The copy of memories that are fetched in pages.
    pub(crate) fn of_pages(known_by: &str, options: ImportOptions) -> std::result::Result<Self, BulkError> {
        Self::new(Source::Pages, known_by, Owner::default(), options)
    }

    fn new(
        source: Source,
        known_by: &str,
        owner: Owner,
        options: ImportOptions,
    ) -> std::result::Result<Self, BulkError> {
        let ImportOptions { checkpoint, rejects, concurrency, batch, reconcile_after, dry_run, handle } =
            options;
        let opened = match checkpoint {
            Some(path) if dry_run => Checkpoint::look(&path, known_by)?,
            Some(path) => Some(Checkpoint::open(&path, known_by)?),
            None => None,
        };
        let (checkpoint, past) =
            opened.map_or((None, CheckpointState::default()), |(checkpoint, past)| (Some(checkpoint), past));
        let goes_on = past.rejected.count() > 0;
        handle.set(Counter::Rejected, past.rejected.count());
        handle.set(Counter::RejectedBefore, past.rejected.count());
        let limiter = ConcurrencyLimiter::new(concurrency);
        handle.set(Counter::Concurrency, limiter.limit() as u64);
        Ok(Self {
            has_lines: matches!(source, Source::Lines(_)),
            last_entry: past.last_entry,
            reader: Mutex::new(BatchReader::new(source, past, batch, owner)),
            state: Mutex::new(State {
                checkpoint,
                rejects: Rejects::new(rejects.filter(|_| !dry_run), goes_on),
                limiter,
                at_work: 0,
                reconciling: 0,
                again: VecDeque::new(),
                failure: None,
                reasons: Vec::new(),
                is_at_end: false,
            }),
            handle,
            reconcile_after,
            dry_run,
            concurrency,
        })
    }

    /// What to do next. Whoever gets something to do is at work until it has been handed in.
    pub(crate) fn step(&self) -> Step {
        {
            let mut state = lock(&self.state);
            if state.failure.is_some() || self.handle.is_stopped() {
                return Step::Over;
            }
            if let Some(pause) = state.limiter.pause(Instant::now()) {
                return Step::Wait(pause.min(MAX_SLEEP));
            }
            if state.at_work >= state.limiter.limit() {
                return Step::Wait(IDLE);
            }
            state.at_work += 1;
            if let Some(batch) = state.again.pop_front() {
                return self.begin(&mut state, batch);
            }
        }
        let mut rejects = Vec::new();
        let mut skipped = 0;
        let mut reader = lock(&self.reader);
        let is_reconciling = {
            let mut state = lock(&self.state);
            // Another worker may have failed while this one waited for the input.
            if state.failure.is_some() {
                state.at_work -= 1;
                return Step::Over;
            }
            state.reconciling > 0
        };
        let taken = reader.take(is_reconciling, &mut rejects, &mut skipped);
        self.handle.set(Counter::Read, reader.read());
        self.handle.set(Counter::SkippedBytes, reader.skipped_bytes());
        let mut state = lock(&self.state);
        self.count_skipped(skipped);
        self.reject_all(&mut state, rejects);
        match taken {
            // Begun with the input still locked: what is in doubt is counted before somebody else takes the next.
            Ok(Taken::Batch(batch)) => return self.begin(&mut state, batch),
            Ok(Taken::Fetch) => return Step::Fetch,
            Ok(Taken::Nothing) => {
                state.at_work -= 1;
                return Step::Wait(Duration::ZERO);
            }
            Ok(Taken::Wait) => {}
            Ok(Taken::End) => {
                state.is_at_end = true;
                if let Some(number) = reader.unknown_line() {
                    state.fail_by_checkpoint(number);
                }
                if state.at_work == 1 && state.again.is_empty() {
                    state.at_work = 0;
                    return Step::Over;
                }
            }
            // Who is stopped need not wait for an input that does not come.
            Err(_) if self.handle.is_stopped() => {}
            Err(error) => {
                state.fail(BulkError::input(error));
                state.at_work -= 1;
                return Step::Over;
            }
        }
        state.at_work -= 1;
        Step::Wait(IDLE)
    }

    fn begin(&self, state: &mut State, mut batch: Batch) -> Step {
        if batch.is_outcome_unknown {
            state.reconciling += 1;
            // A batch of this call was sent just now; one of an earlier call when its checkpoint ends.
            let since = self.last_entry.filter(|_| batch.number.is_none()).and_then(|at| at.elapsed().ok());
            return Step::Reconcile(batch, self.reconcile_after.saturating_sub(since.unwrap_or_default()));
        }
        if let Some(checkpoint) = &mut state.checkpoint {
            match checkpoint.begin(&batch.records) {
                Ok(number) => batch.number = Some(number),
                Err(error) => {
                    state.fail(error);
                    state.at_work -= 1;
                    return Step::Over;
                }
            }
        } else {
            batch.number = Some(0);
        }
        Step::Send(batch)
    }

    /// Takes note of what came of adding a batch.
    pub(crate) fn sent(&self, mut batch: Batch, outcome: Result<Vec<AddedMemory>>) {
        let mut state = lock(&self.state);
        state.at_work -= 1;
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
                self.handle.add(Counter::Known, known);
                self.handle.add(Counter::Added, batch.records.len() as u64);
            }
            Err(error)
                if is_content_error(&error) && error.status().is_some_and(|s| s != 404)
                    || matches!(error, Error::Invalid { .. }) =>
            {
                state.undo(&batch);
                if let [record] = batch.records.as_slice() {
                    let reason = match &error {
                        Error::Invalid { field, message } => format!("was refused: {field} {message}"),
                        error => format!("was refused: {error}"),
                    };
                    let reject = Reject { number: record.number, reason, line: record.line.clone() };
                    self.reject_all(&mut state, vec![reject]);
                } else {
                    // One of them is at fault, or all together are too large.
                    let alone = batch.records.into_iter().map(|record| Batch::new(vec![record]));
                    state.again.extend(alone);
                }
            }
            Err(error) => match FailureClass::of(&error) {
                FailureClass::RateLimited(retry_after) => {
                    state.undo(&batch);
                    batch.refusals += 1;
                    let is_too_long = retry_after.is_some_and(|wait| wait > MAX_PAUSE);
                    if batch.refusals > MAX_RATE_LIMITED || is_too_long {
                        state.fail(error.into());
                    } else {
                        state.limiter.record_rate_limit(now, retry_after);
                        state.again.push_back(batch);
                    }
                }
                FailureClass::NotDone => {
                    state.undo(&batch);
                    batch.refusals += 1;
                    if batch.refusals > MAX_NOT_SENT {
                        state.fail(error.into());
                    } else {
                        let pause = Duration::from_millis(250 << batch.refusals.min(8));
                        state.limiter.hold(now, pause);
                        state.again.push_back(batch);
                    }
                }
                FailureClass::OutcomeUnknown => {
                    batch.unknown_outcomes += 1;
                    if batch.unknown_outcomes > MAX_UNKNOWN_OUTCOMES {
                        state.fail(error.into());
                    } else {
                        batch.is_outcome_unknown = true;
                        state.again.push_back(batch);
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

    /// Takes note of what there is of a batch in doubt. What is not there is sent again.
    pub(crate) fn reconciled(&self, batch: Batch, outcome: Result<Matches>) {
        let mut state = lock(&self.state);
        state.at_work -= 1;
        state.reconciling -= 1;
        let matches = match outcome {
            Ok(matches) => matches,
            // It stays in doubt: the next call begins with it.
            Err(error) => return state.fail(error.into()),
        };
        let keys: HashSet<u64> = batch.records.iter().map(crate::bulk::record::Record::key).collect();
        let done = match &state.checkpoint {
            Some(checkpoint) => checkpoint.done_with(&keys),
            None => Ok(HashMap::new()),
        };
        let noted = done.and_then(|done| {
            let (found, missing) = matches.part(batch.records, &done);
            if let Some(checkpoint) = &mut state.checkpoint {
                checkpoint.found(found.iter())?;
                if let Some(number) = batch.number {
                    checkpoint.undo(number)?;
                }
            }
            Ok((found, missing))
        });
        match noted {
            Ok((found, missing)) => {
                self.handle.add(Counter::Added, found.len() as u64);
                if !missing.is_empty() {
                    state
                        .again
                        .push_back(Batch { unknown_outcomes: batch.unknown_outcomes, ..Batch::new(missing) });
                }
            }
            Err(error) => state.fail(error),
        }
    }

    /// Takes in a page of the memories to copy.
    pub(crate) fn fetched(&self, page: Result<Option<(Vec<Memory>, Option<u64>)>>) {
        let (mut rejects, mut skipped) = (Vec::new(), 0);
        let mut reader = lock(&self.reader);
        let page = page.map(|page| {
            let is_last = page.is_none();
            let (memories, total) = page.unwrap_or_default();
            if let Some(total) = total {
                self.handle.set(Counter::Total, total);
            }
            reader.feed(memories, is_last, &mut rejects, &mut skipped);
        });
        let mut state = lock(&self.state);
        state.at_work -= 1;
        self.count_skipped(skipped);
        self.reject_all(&mut state, rejects);
        if let Err(error) = page {
            state.fail(error.into());
        }
    }

    /// What it has come to, when nobody is at work any more.
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
            known: count(Counter::Known),
            rejected: count(Counter::Rejected),
            reasons: state.reasons,
            replaced: reader.remarks.replaced,
            unknown_fields: reader.remarks.unknown_fields(),
            stopped: self.handle.is_stopped() && !(state.is_at_end && state.again.is_empty()),
        })
    }

    fn count_skipped(&self, skipped: u64) {
        self.handle.add(Counter::Skipped, skipped);
        self.handle.add(Counter::Added, skipped);
    }

    /// First the file, then the checkpoint: what is in the checkpoint is never looked at again.
    fn reject_all(&self, state: &mut State, rejects: Vec<Reject>) {
        for Reject { number, reason, line } in rejects {
            let shown = if self.has_lines { number } else { 0 };
            let State { rejects, checkpoint, .. } = state;
            let put = rejects.put(shown, &reason, &line);
            let noted =
                put.and_then(|()| checkpoint.as_mut().map_or(Ok(()), |checkpoint| checkpoint.reject(number)));
            if let Err(error) = noted {
                return state.fail(error);
            }
            self.handle.add(Counter::Rejected, 1);
            if state.reasons.len() < REASONS {
                state.reasons.push(Rejected { line: shown, reason });
            }
        }
    }
}

impl State {
    /// Puts down that a batch was not carried out.
    fn undo(&mut self, batch: &Batch) {
        let undone = match (&mut self.checkpoint, batch.number) {
            (Some(checkpoint), Some(number)) => checkpoint.undo(number),
            _ => Ok(()),
        };
        if let Err(error) = undone {
            self.fail(error);
        }
    }

    /// Fails for a checkpoint that names a line that its input does not have.
    fn fail_by_checkpoint(&mut self, number: u64) {
        let Some(checkpoint) = &self.checkpoint else { return };
        let message = format!("it is damaged: it names line {number}, which the input does not have");
        let source = io::Error::new(io::ErrorKind::InvalidData, message);
        self.fail(BulkError::Checkpoint { path: checkpoint.path().to_owned(), source });
    }

    /// Keeps the first failure, which is the one that is reported.
    fn fail(&mut self, error: BulkError) {
        self.failure.get_or_insert(error);
    }
}
