//! Reader that groups the lines of an input into batches.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead};
use std::time::{Duration, Instant};

use crate::bulk::checkpoint::CheckpointState;
use crate::bulk::envelope::EntityIds;
use crate::bulk::hash::Hash;
use crate::bulk::input_format::InputFormat;
use crate::bulk::lines::{Lines, MAX_LINE_LEN};
use crate::bulk::range_set::RangeSet;
use crate::bulk::record::Record;
use crate::bulk::report::Warnings;
use crate::types::Memory;

/// Number of lines that are grouped together: initial value, minimum and maximum.
const INITIAL_WINDOW: usize = 3000;
const MIN_WINDOW: usize = 1000;
const MAX_WINDOW: usize = 8000;

/// Maximum memory of a window in bytes.
const MAX_WINDOW_BYTES: usize = 4 * 1024 * 1024;

/// Maximum time to fill a window before its lines are sent.
const MAX_WINDOW_TIME: Duration = Duration::from_secs(1);

/// Maximum size of the lines of one request in bytes; a longer line is sent alone.
const MAX_BATCH_BYTES: usize = 1024 * 1024;

/// Records with the same envelope.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) records: Vec<Record>,
    /// Batch number in the checkpoint, once assigned.
    pub(crate) number: Option<u64>,
    /// Whether it may have been carried out and has to be reconciled.
    pub(crate) is_outcome_unknown: bool,
    /// Number of requests with an unknown outcome.
    pub(crate) unknown_outcomes: u32,
    /// Number of consecutive requests that were not carried out.
    pub(crate) failures: u32,
}

impl Batch {
    pub(crate) fn new(records: Vec<Record>) -> Self {
        Self { records, number: None, is_outcome_unknown: false, unknown_outcomes: 0, failures: 0 }
    }
}

/// Line that can't be imported.
#[derive(Debug)]
pub(crate) struct Reject {
    pub(crate) number: u64,
    pub(crate) reason: String,
    pub(crate) line: Vec<u8>,
}

/// Source of the records.
pub(crate) enum Source {
    /// Lines of an input.
    Lines(Lines<Box<dyn BufRead + Send>>),
    /// Pages of memories, which a worker fetches.
    Pages,
}

/// Result of [`BatchReader::next`].
pub(crate) enum Next {
    /// A batch to send or to reconcile.
    Batch(Batch),
    /// No batch yet; call again.
    Again,
    /// The next page has to be fetched.
    Fetch,
    /// A page is being fetched, a reconciliation is running, or the input would block.
    Wait,
    /// End of the input.
    End,
}

/// Reads an input window by window and groups each window into batches.
pub(crate) struct BatchReader {
    source: Source,
    ready: VecDeque<Batch>,
    window: Vec<Record>,
    max_window_lines: usize,
    max_window_time: Duration,
    window_bytes: usize,
    /// Records of the window whose outcome in an earlier call is unknown.
    unresolved: Vec<Record>,
    finished: RangeSet,
    rejected: RangeSet,
    /// Numbers of the unresolved records that were not read yet.
    expected: HashSet<u64>,
    max_batch_lines: usize,
    /// Owner of lines without an owner.
    default_owner: EntityIds,
    is_fetching: bool,
    is_at_end: bool,
    /// Memories that a copy has seen: pages can overlap when memories are added or deleted meanwhile.
    seen: RangeSet,
    pub(crate) warnings: Warnings,
    skipped_bytes: u64,
}

impl BatchReader {
    pub(crate) fn new(
        source: Source,
        past: CheckpointState,
        max_batch_lines: usize,
        default_owner: EntityIds,
    ) -> Self {
        Self {
            source,
            ready: VecDeque::new(),
            window: Vec::new(),
            max_window_lines: INITIAL_WINDOW,
            max_window_time: MAX_WINDOW_TIME,
            window_bytes: 0,
            unresolved: Vec::new(),
            finished: past.finished,
            rejected: past.rejected,
            expected: past.unresolved,
            max_batch_lines: max_batch_lines.max(1),
            default_owner,
            is_fetching: false,
            is_at_end: false,
            seen: RangeSet::default(),
            warnings: Warnings::default(),
            skipped_bytes: 0,
        }
    }

    /// Number of bytes read.
    pub(crate) fn bytes_read(&self) -> u64 {
        match &self.source {
            Source::Lines(lines) => lines.bytes_read(),
            Source::Pages => 0,
        }
    }

    /// Number of bytes read whose lines an earlier call finished.
    pub(crate) fn skipped_bytes(&self) -> u64 {
        self.skipped_bytes
    }

    /// Returns the next batch, or what to do first. `skipped` counts the records that an earlier call added.
    pub(crate) fn next(
        &mut self,
        is_reconciling: bool,
        rejects: &mut Vec<Reject>,
        skipped: &mut u64,
    ) -> io::Result<Next> {
        match self.ready.front() {
            Some(batch) if is_reconciling && !batch.is_outcome_unknown => return Ok(Next::Wait),
            Some(_) => return Ok(self.ready.pop_front().map_or(Next::Again, Next::Batch)),
            None if self.is_fetching => return Ok(Next::Wait),
            None if self.is_at_end => return Ok(Next::End),
            None => {}
        }
        let Source::Lines(lines) = &mut self.source else {
            self.is_fetching = true;
            return Ok(Next::Fetch);
        };
        let (started, mut line_count) = (Instant::now(), 0);
        while line_count < self.max_window_lines
            && self.window_bytes < MAX_WINDOW_BYTES
            && started.elapsed() < self.max_window_time
        {
            let read_before = lines.bytes_read();
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => {
                    self.is_at_end = true;
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && line_count == 0 => {
                    return Ok(Next::Wait);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<InputFormat>) {
                        // The input has another format: what was read before is not made of lines.
                        rejects.clear();
                    }
                    return Err(error);
                }
            };
            line_count += 1;
            if self.finished.contains(line.number) {
                *skipped += u64::from(!self.rejected.contains(line.number));
                self.skipped_bytes += lines.bytes_read().saturating_sub(read_before);
                // A skipped line takes no memory, so it does not count.
                line_count -= 1;
                continue;
            }
            let record = if line.is_too_long {
                Err((line.bytes, format!("longer than {MAX_LINE_LEN} bytes")))
            } else {
                Record::parse(line.number, line.bytes, &self.default_owner)
            };
            match record {
                Ok(mut record) => {
                    self.warnings.record(std::mem::take(&mut record.unknown_fields), record.has_replacements);
                    self.window_bytes += record.size();
                    if self.expected.remove(&record.number) {
                        self.unresolved.push(record);
                    } else {
                        self.window.push(record);
                    }
                }
                Err((line_bytes, reason)) => {
                    self.window_bytes += line_bytes.len();
                    rejects.push(Reject { number: line.number, reason, line: line_bytes });
                }
            }
        }
        self.make_batches();
        Ok(Next::Again)
    }

    /// Number of a line that the checkpoint names but the input, read to its end, does not have.
    pub(crate) fn nonexistent_line(&self) -> Option<u64> {
        let Source::Lines(lines) = &self.source else { return None };
        // Line numbers start at 1.
        let is_zero_named = self.finished.contains(0) || self.expected.contains(&0);
        let last_named = self.finished.last().max(self.expected.iter().max().copied());
        is_zero_named.then_some(0).or(last_named.filter(|number| *number > lines.count()))
    }

    /// Adds a page that was fetched.
    pub(crate) fn add_page(
        &mut self,
        memories: Vec<Memory>,
        is_last: bool,
        rejects: &mut Vec<Reject>,
        skipped: &mut u64,
    ) {
        for memory in memories {
            let id = memory.id.as_ref().map(crate::ids::MemoryId::as_str);
            let number = Hash::new().optional(id).value();
            if id.is_some() && self.seen.contains(number) {
                continue;
            }
            self.seen.insert(number);
            if self.finished.contains(number) {
                *skipped += u64::from(!self.rejected.contains(number));
                continue;
            }
            let line = serde_json::to_vec(&memory).unwrap_or_default();
            match Record::parse(number, line, &self.default_owner) {
                // Unknown fields come from the platform and need no warning.
                Ok(record) if self.expected.remove(&number) => self.unresolved.push(record),
                Ok(record) => self.window.push(record),
                Err((line, reason)) => rejects.push(Reject { number, reason, line }),
            }
        }
        self.is_fetching = false;
        self.is_at_end = is_last;
        self.make_batches();
    }

    /// Groups the window into batches, those with an unknown outcome first.
    fn make_batches(&mut self) {
        self.window_bytes = 0;
        for records in group_by_envelope(std::mem::take(&mut self.unresolved)) {
            self.ready.push_back(Batch { is_outcome_unknown: true, ..Batch::new(records) });
        }
        let lines = self.window.len();
        let groups = group_by_envelope(std::mem::take(&mut self.window));
        if lines >= self.max_window_lines / 2 {
            self.max_window_lines =
                adapted_window(self.max_window_lines, lines, groups.len(), self.max_batch_lines);
        }
        for records in groups {
            let mut batch = Vec::new();
            let mut bytes = 0;
            for record in records {
                let is_full =
                    batch.len() >= self.max_batch_lines || bytes + record.line.len() > MAX_BATCH_BYTES;
                if is_full && !batch.is_empty() {
                    self.ready.push_back(Batch::new(std::mem::take(&mut batch)));
                    bytes = 0;
                }
                bytes += record.line.len();
                batch.push(record);
            }
            self.ready.push_back(Batch::new(batch));
        }
    }
}

/// Adapts the window size: larger if that fills the requests better, smaller, to save memory, if most lines have an
/// envelope of their own.
fn adapted_window(window: usize, lines: usize, groups: usize, batch: usize) -> usize {
    if lines * 4 < groups * 5 {
        (window / 2).max(MIN_WINDOW)
    } else if lines < groups * batch {
        (window * 2).min(MAX_WINDOW)
    } else {
        window
    }
}

/// Groups records by envelope, in the order of first occurrence.
fn group_by_envelope(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut groups: Vec<Vec<Record>> = Vec::new();
    // Index by hash of the envelope. A collision only splits a group, which costs a request.
    let mut indices: HashMap<u64, usize> = HashMap::new();
    let hasher = RandomState::new();
    for record in records {
        // Fast path: most consecutive records have the same envelope.
        if let Some(group) = groups.last_mut().filter(|group| group[0].envelope == record.envelope) {
            group.push(record);
            continue;
        }
        let index = indices.entry(hasher.hash_one(&record.envelope)).or_insert(groups.len());
        match groups.get_mut(*index) {
            Some(group) if group[0].envelope == record.envelope => group.push(record),
            _ => {
                *index = groups.len();
                groups.push(vec![record]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Cursor;

    use super::*;

    fn reader(text: String, past: CheckpointState) -> BatchReader {
        let lines = Lines::new(Box::new(Cursor::new(text)) as Box<dyn BufRead + Send>, MAX_LINE_LEN);
        let mut reader = BatchReader::new(Source::Lines(lines), past, 10, EntityIds::default());
        // A busy machine must not change the batches.
        reader.max_window_time = Duration::MAX;
        reader
    }

    /// Line numbers of each batch and whether its outcome is unknown, rejected lines, and number of skipped lines.
    type Output = (Vec<(Vec<u64>, bool)>, Vec<u64>, u64);

    fn read_all(mut reader: BatchReader) -> Output {
        let (mut batches, mut rejects, mut skipped) = (Vec::new(), Vec::new(), 0);
        loop {
            match reader.next(false, &mut rejects, &mut skipped).unwrap() {
                Next::Batch(batch) => {
                    let numbers = batch.records.iter().map(|record| record.number).collect();
                    batches.push((numbers, batch.is_outcome_unknown));
                }
                Next::End => break,
                _ => {}
            }
        }
        (batches, rejects.iter().map(|reject| reject.number).collect(), skipped)
    }

    #[test]
    fn lines_with_the_same_envelope_share_a_batch() {
        let line = |number: u64| match number {
            7 => "nonsense\n".to_owned(),
            number => format!("{{\"memory\":\"m{number}\",\"user_id\":\"u{}\"}}\n", number % 2),
        };
        let text: String = (1..=24).map(line).collect();
        let (batches, rejects, skipped) = read_all(reader(text.clone(), CheckpointState::default()));
        let of = |numbers: &[u64]| (numbers.to_vec(), false);
        let expected = [
            of(&[1, 3, 5, 9, 11, 13, 15, 17, 19, 21]),
            of(&[23]),
            of(&[2, 4, 6, 8, 10, 12, 14, 16, 18, 20]),
            of(&[22, 24]),
        ];
        assert_eq!((batches, rejects, skipped), (expected.to_vec(), vec![7], 0));

        let mut past = CheckpointState::default();
        (1..=20).filter(|number| ![4, 8].contains(number)).for_each(|number| past.finished.insert(number));
        past.rejected.insert(7);
        past.unresolved = HashSet::from([4, 21]);
        let (batches, rejects, skipped) = read_all(reader(text, past));
        let expected = [(vec![4], true), (vec![21], true), of(&[8, 22, 24]), of(&[23])];
        assert_eq!((batches, rejects, skipped), (expected.to_vec(), vec![], 17));
    }

    #[test]
    fn the_window_grows_if_that_fills_the_requests() {
        let sizes = |users: usize| {
            let line = |n: usize| format!("{{\"memory\":\"m{n}\",\"user_id\":\"u{}\"}}\n", n % users);
            let (batches, ..) = read_all(reader((0..40_000).map(line).collect(), CheckpointState::default()));
            assert_eq!(batches.iter().map(|(numbers, _)| numbers.len()).sum::<usize>(), 40_000);
            let size = |at: usize| batches[at].0.len();
            (size(0), size(batches.len() / 2))
        };
        assert_eq!(sizes(100), (10, 10), "a request has ten lines at most");
        assert_eq!(sizes(1000), (3, 8));
        assert_eq!(sizes(40_000), (1, 1));
        assert_eq!(adapted_window(3000, 3000, 3000, 50), 1500);
        assert_eq!(adapted_window(1500, 1500, 1500, 50), 1000);
        assert_eq!(adapted_window(1000, 1000, 1, 50), 1000);
        assert_eq!(adapted_window(6000, 6000, 1000, 50), 8000);
    }

    #[test]
    fn lines_are_returned_when_the_input_would_block() {
        /// Reader that returns `WouldBlock` for an empty part.
        struct Slow(VecDeque<&'static str>);

        impl io::Read for Slow {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                match self.0.pop_front() {
                    Some("") => Err(io::ErrorKind::WouldBlock.into()),
                    part => part.unwrap_or_default().as_bytes().read(into),
                }
            }
        }

        let parts =
            ["{\"memory\":\"a\",\"user_id\":\"u\"}\n", "", "{\"memory\":\"b\",", "", "\"user_id\":\"u\"}"];
        let input = Box::new(io::BufReader::new(Slow(parts.into())));
        let mut reader = BatchReader::new(
            Source::Lines(Lines::new(input, MAX_LINE_LEN)),
            CheckpointState::default(),
            10,
            EntityIds::default(),
        );
        let mut next = || reader.next(false, &mut Vec::new(), &mut 0).unwrap();
        assert!(matches!(next(), Next::Again));
        assert!(matches!(next(), Next::Batch(batch) if batch.records[0].number == 1));
        assert!(matches!(next(), Next::Wait));
        assert!(matches!(next(), Next::Again));
        assert!(matches!(next(), Next::Batch(batch) if batch.records[0].number == 2));
        assert!(matches!(next(), Next::End));
    }

    #[test]
    fn the_size_of_a_batch_is_limited() {
        let line = |length: usize| format!("{{\"user_id\":\"u\",\"memory\":\"{}\"}}\n", "x".repeat(length));
        let text = [MAX_BATCH_BYTES / 2, MAX_BATCH_BYTES / 3, 2 * MAX_BATCH_BYTES, 10, 10].map(line).concat();
        let (batches, ..) = read_all(reader(text, CheckpointState::default()));
        let numbers: Vec<_> = batches.into_iter().map(|(numbers, _)| numbers).collect();
        assert_eq!(numbers, [vec![1, 2], vec![3], vec![4, 5]]);
    }

    #[test]
    fn no_new_batch_is_returned_during_a_reconciliation() {
        let mut past = CheckpointState::default();
        past.unresolved.insert(1);
        let mut reader = reader(
            "{\"memory\":\"a\",\"user_id\":\"u\"}\n{\"memory\":\"b\",\"user_id\":\"u\"}\n".into(),
            past,
        );
        let mut next = |is_reconciling| reader.next(is_reconciling, &mut Vec::new(), &mut 0).unwrap();
        assert!(matches!(next(false), Next::Again));
        assert!(matches!(next(false), Next::Batch(Batch { is_outcome_unknown: true, .. })));
        assert!(matches!(next(true), Next::Wait));
        assert!(matches!(next(false), Next::Batch(Batch { is_outcome_unknown: false, .. })));
        assert!(matches!(next(false), Next::End));
    }
}
