//! What an import does next, and what it makes of what happened. Here nothing is sent and nothing is waited for.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use crate::bulk::control::{Control, Counter};
use crate::bulk::error::BulkError;
use crate::bulk::import::{How, Opened};
use crate::bulk::intake::{Batch, Intake, Reject, Source, Taken};
use crate::bulk::journal::{Journal, Past};
use crate::bulk::lines::{LONGEST_LINE, Lines};
use crate::bulk::lock;
use crate::bulk::pace::{IDLE, Pace};
use crate::bulk::record::Owner;
use crate::bulk::rejects::Rejects;
use crate::bulk::report::{REASONS, Rejected, Report};
use crate::bulk::settle::Findings;
use crate::bulk::verdict::Verdict;
use crate::client::batch::is_about_its_content;
use crate::error::{Error, Result};
use crate::types::{AddedMemory, Memory, MemoryChange};

/// How often a batch may be in doubt.
const MOST_DOUBTS: u32 = 3;

/// How often in a row a batch may not have reached the platform, and how often it may have been asked too often.
const MOST_MISSES: u32 = 3;
const MOST_REFUSALS: u32 = 20;

/// A `Retry-After` beyond this ends the import: nobody expects it to sit still for so long.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// The longest wait at a stretch, so that a stop is noticed.
const STRETCH: Duration = Duration::from_millis(200);

/// What somebody at work does next.
pub(crate) enum Step {
    /// Add the batch, and say what came of it by [`Engine::sent`].
    Send(Batch),
    /// Look for the batch, once that long has gone by, and say by [`Engine::settled`].
    Settle(Batch, Duration),
    /// Fetch a page, and hand it in by [`Engine::fetched`].
    Fetch,
    Wait(Duration),
    Over,
}

/// An import, or a copy, under way. Shared by all who work at it.
pub(crate) struct Engine {
    /// Locked before the state where both are.
    intake: Mutex<Intake>,
    state: Mutex<State>,
    pub(crate) control: Control,
    settling: Duration,
    /// When the last entry of an earlier call was made.
    last_entry: Option<SystemTime>,
    pub(crate) rehearsal: bool,
    pub(crate) concurrency: usize,
    /// Whether lines have numbers that mean something to a person.
    has_lines: bool,
}

struct State {
    journal: Option<Journal>,
    rejects: Rejects,
    pace: Pace,
    at_work: usize,
    /// How many of them look for batches in doubt.
    settling: usize,
    /// What has to be done once more, before anything new.
    again: VecDeque<Batch>,
    failure: Option<BulkError>,
    reasons: Vec<Rejected>,
    is_at_end: bool,
}

impl Engine {
    /// The import of a reader's lines.
    pub(crate) fn of_lines(opened: Opened) -> std::result::Result<Self, BulkError> {
        let Opened { input, size, known_by, owner, how } = opened;
        how.control.set(Counter::Size, size.unwrap_or_default());
        Self::new(Source::Lines(Lines::new(input, LONGEST_LINE)), &known_by, owner, how)
    }

    /// The copy of memories that are fetched in pages.
    pub(crate) fn of_pages(known_by: &str, how: How) -> std::result::Result<Self, BulkError> {
        Self::new(Source::Pages, known_by, Owner::default(), how)
    }

    fn new(source: Source, known_by: &str, owner: Owner, how: How) -> std::result::Result<Self, BulkError> {
        let How { journal, rejects, concurrency, batch, settling, rehearsal, control } = how;
        let opened = match journal {
            Some(path) if rehearsal => Journal::look(&path, known_by)?,
            Some(path) => Some(Journal::open(&path, known_by)?),
            None => None,
        };
        let (journal, past) = opened.map_or((None, Past::default()), |(journal, past)| (Some(journal), past));
        let goes_on = past.rejected.count() > 0;
        control.set(Counter::Rejected, past.rejected.count());
        control.set(Counter::RejectedBefore, past.rejected.count());
        let pace = Pace::new(concurrency);
        control.set(Counter::Concurrency, pace.limit() as u64);
        Ok(Self {
            has_lines: matches!(source, Source::Lines(_)),
            last_entry: past.last_entry,
            intake: Mutex::new(Intake::new(source, past, batch, owner)),
            state: Mutex::new(State {
                journal,
                rejects: Rejects::new(rejects.filter(|_| !rehearsal), goes_on),
                pace,
                at_work: 0,
                settling: 0,
                again: VecDeque::new(),
                failure: None,
                reasons: Vec::new(),
                is_at_end: false,
            }),
            control,
            settling,
            rehearsal,
            concurrency,
        })
    }

    /// What to do next. Whoever gets something to do is at work until it has been handed in.
    pub(crate) fn step(&self) -> Step {
        {
            let mut state = lock(&self.state);
            if state.failure.is_some() || self.control.is_stopped() {
                return Step::Over;
            }
            if let Some(pause) = state.pace.pause(Instant::now()) {
                return Step::Wait(pause.min(STRETCH));
            }
            if state.at_work >= state.pace.limit() {
                return Step::Wait(IDLE);
            }
            state.at_work += 1;
            if let Some(batch) = state.again.pop_front() {
                return self.begin(&mut state, batch);
            }
        }
        let mut rejects = Vec::new();
        let mut skipped = 0;
        let mut intake = lock(&self.intake);
        let is_settling = {
            let mut state = lock(&self.state);
            // Another worker may have failed while this one waited for the input.
            if state.failure.is_some() {
                state.at_work -= 1;
                return Step::Over;
            }
            state.settling > 0
        };
        let taken = intake.take(is_settling, &mut rejects, &mut skipped);
        self.control.set(Counter::Read, intake.read());
        self.control.set(Counter::SkippedBytes, intake.skipped_bytes());
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
                if let Some(number) = intake.unknown_line() {
                    state.fail_by_journal(number);
                }
                if state.at_work == 1 && state.again.is_empty() {
                    state.at_work = 0;
                    return Step::Over;
                }
            }
            // Who is stopped need not wait for an input that does not come.
            Err(_) if self.control.is_stopped() => {}
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
        if batch.is_in_doubt {
            state.settling += 1;
            // A batch of this call was sent just now; one of an earlier call when its journal ends.
            let since = self.last_entry.filter(|_| batch.number.is_none()).and_then(|at| at.elapsed().ok());
            return Step::Settle(batch, self.settling.saturating_sub(since.unwrap_or_default()));
        }
        if let Some(journal) = &mut state.journal {
            match journal.begin(&batch.records) {
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
                let done =
                    state.journal.as_mut().map_or(Ok(()), |journal| journal.end(batch.number.unwrap_or(0)));
                if let Err(error) = done {
                    state.fail(error);
                }
                state.pace.went_well();
                self.control.add(Counter::Known, known);
                self.control.add(Counter::Added, batch.records.len() as u64);
            }
            Err(error)
                if is_about_its_content(&error) && error.status().is_some_and(|s| s != 404)
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
            Err(error) => match Verdict::of(&error) {
                Verdict::TooOften(retry_after) => {
                    state.undo(&batch);
                    batch.refusals += 1;
                    let is_too_long = retry_after.is_some_and(|wait| wait > LONGEST_PAUSE);
                    if batch.refusals > MOST_REFUSALS || is_too_long {
                        state.fail(error.into());
                    } else {
                        state.pace.was_refused(now, retry_after);
                        state.again.push_back(batch);
                    }
                }
                Verdict::NotDone => {
                    state.undo(&batch);
                    batch.refusals += 1;
                    if batch.refusals > MOST_MISSES {
                        state.fail(error.into());
                    } else {
                        let pause = Duration::from_millis(250 << batch.refusals.min(8));
                        state.pace.hold(now, pause);
                        state.again.push_back(batch);
                    }
                }
                Verdict::InDoubt => {
                    batch.doubts += 1;
                    if batch.doubts > MOST_DOUBTS {
                        state.fail(error.into());
                    } else {
                        batch.is_in_doubt = true;
                        state.again.push_back(batch);
                    }
                }
                Verdict::Fatal => {
                    state.undo(&batch);
                    state.fail(error.into());
                }
            },
        }
        self.control.set(Counter::Concurrency, state.pace.limit() as u64);
    }

    /// Takes note of what there is of a batch in doubt. What is not there is sent again.
    pub(crate) fn settled(&self, batch: Batch, outcome: Result<Findings>) {
        let mut state = lock(&self.state);
        state.at_work -= 1;
        state.settling -= 1;
        let findings = match outcome {
            Ok(findings) => findings,
            // It stays in doubt: the next call begins with it.
            Err(error) => return state.fail(error.into()),
        };
        let keys: HashSet<u64> = batch.records.iter().map(crate::bulk::record::Record::key).collect();
        let done = match &state.journal {
            Some(journal) => journal.done_with(&keys),
            None => Ok(HashMap::new()),
        };
        let noted = done.and_then(|done| {
            let (found, missing) = findings.part(batch.records, &done);
            if let Some(journal) = &mut state.journal {
                journal.found(found.iter())?;
                if let Some(number) = batch.number {
                    journal.undo(number)?;
                }
            }
            Ok((found, missing))
        });
        match noted {
            Ok((found, missing)) => {
                self.control.add(Counter::Added, found.len() as u64);
                if !missing.is_empty() {
                    state.again.push_back(Batch { doubts: batch.doubts, ..Batch::new(missing) });
                }
            }
            Err(error) => state.fail(error),
        }
    }

    /// Takes in a page of the memories to copy.
    pub(crate) fn fetched(&self, page: Result<Option<(Vec<Memory>, Option<u64>)>>) {
        let (mut rejects, mut skipped) = (Vec::new(), 0);
        let mut intake = lock(&self.intake);
        let page = page.map(|page| {
            let is_last = page.is_none();
            let (memories, total) = page.unwrap_or_default();
            if let Some(total) = total {
                self.control.set(Counter::Total, total);
            }
            intake.feed(memories, is_last, &mut rejects, &mut skipped);
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
        let intake = self.intake.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(error) = state.failure {
            return Err(error);
        }
        let count = |counter| self.control.get(counter);
        Ok(Report {
            added: count(Counter::Added),
            skipped: count(Counter::Skipped),
            known: count(Counter::Known),
            rejected: count(Counter::Rejected),
            reasons: state.reasons,
            replaced: intake.remarks.replaced,
            unknown_fields: intake.remarks.unknown_fields(),
            stopped: self.control.is_stopped() && !(state.is_at_end && state.again.is_empty()),
        })
    }

    fn count_skipped(&self, skipped: u64) {
        self.control.add(Counter::Skipped, skipped);
        self.control.add(Counter::Added, skipped);
    }

    /// First the file, then the journal: what is in the journal is never looked at again.
    fn reject_all(&self, state: &mut State, rejects: Vec<Reject>) {
        for Reject { number, reason, line } in rejects {
            let shown = if self.has_lines { number } else { 0 };
            let State { rejects, journal, .. } = state;
            let put = rejects.put(shown, &reason, &line);
            let noted = put.and_then(|()| journal.as_mut().map_or(Ok(()), |journal| journal.reject(number)));
            if let Err(error) = noted {
                return state.fail(error);
            }
            self.control.add(Counter::Rejected, 1);
            if state.reasons.len() < REASONS {
                state.reasons.push(Rejected { line: shown, reason });
            }
        }
    }
}

impl State {
    /// Puts down that a batch was not carried out.
    fn undo(&mut self, batch: &Batch) {
        let undone = match (&mut self.journal, batch.number) {
            (Some(journal), Some(number)) => journal.undo(number),
            _ => Ok(()),
        };
        if let Err(error) = undone {
            self.fail(error);
        }
    }

    /// Fails for a journal that names a line that its input does not have.
    fn fail_by_journal(&mut self, number: u64) {
        let Some(journal) = &self.journal else { return };
        let message = format!("it is damaged: it names line {number}, which the input does not have");
        let source = io::Error::new(io::ErrorKind::InvalidData, message);
        self.fail(BulkError::Journal { path: journal.path().to_owned(), source });
    }

    /// Keeps the first failure, which is the one that is reported.
    fn fail(&mut self, error: BulkError) {
        self.failure.get_or_insert(error);
    }
}
