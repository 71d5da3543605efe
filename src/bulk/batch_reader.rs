//! From lines to batches.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead};
use std::time::{Duration, Instant};

use crate::bulk::checkpoint::CheckpointState;
use crate::bulk::hash::Hash;
use crate::bulk::input_format::InputFormat;
use crate::bulk::lines::{LONGEST_LINE, Lines};
use crate::bulk::range_set::RangeSet;
use crate::bulk::record::{Owner, Record};
use crate::bulk::report::Remarks;
use crate::types::Memory;

/// How many lines are looked at together for those that can be sent together, to begin with, at least and at most, and
/// how much memory they may take.
const WINDOW: usize = 3000;
const SMALLEST_WINDOW: usize = 1000;
const LARGEST_WINDOW: usize = 8000;
const WINDOW_BYTES: usize = 4 * 1024 * 1024;

/// How long lines that are there wait for others to come.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many bytes of lines one request has, unless a single line has more.
const BATCH_BYTES: usize = 1024 * 1024;

/// Records with the same envelope.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) records: Vec<Record>,
    /// Its number in the checkpoint, once it has one.
    pub(crate) number: Option<u64>,
    /// Whether it may have been carried out, and is to be looked for.
    pub(crate) is_outcome_unknown: bool,
    /// How often it was in doubt.
    pub(crate) unknown_outcomes: u32,
    /// How often in a row it was surely not carried out.
    pub(crate) refusals: u32,
}

impl Batch {
    pub(crate) fn new(records: Vec<Record>) -> Self {
        Self { records, number: None, is_outcome_unknown: false, unknown_outcomes: 0, refusals: 0 }
    }
}

/// A line that can't be imported.
#[derive(Debug)]
pub(crate) struct Reject {
    pub(crate) number: u64,
    pub(crate) reason: String,
    pub(crate) line: Vec<u8>,
}

/// Where lines come from.
pub(crate) enum Source {
    Lines(Lines<Box<dyn BufRead + Send>>),
    /// Memories that somebody else fetches.
    Pages,
}

/// What there is to do next.
pub(crate) enum Taken {
    Batch(Batch),
    /// Only what is not a batch, such as rejects.
    Nothing,
    /// A page has to be fetched.
    Fetch,
    /// A page is being fetched, batches in doubt come first, or the input has nothing for now.
    Wait,
    End,
}

/// The input, a window of it at a time.
pub(crate) struct BatchReader {
    source: Source,
    ready: VecDeque<Batch>,
    window: Vec<Record>,
    window_lines: usize,
    window_bytes: usize,
    /// Records of the window that an earlier call has begun.
    unresolved: Vec<Record>,
    over: RangeSet,
    rejected: RangeSet,
    expected: HashSet<u64>,
    batch: usize,
    /// Owner of lines that name none.
    owner: Owner,
    is_fetching: bool,
    is_at_end: bool,
    /// Memories a copy has seen: a page may hold one again when its list has moved on.
    seen: RangeSet,
    pub(crate) remarks: Remarks,
    skipped_bytes: u64,
}

impl BatchReader {
    pub(crate) fn new(source: Source, past: CheckpointState, batch: usize, owner: Owner) -> Self {
        Self {
            source,
            ready: VecDeque::new(),
            window: Vec::new(),
            window_lines: WINDOW,
            window_bytes: 0,
            unresolved: Vec::new(),
            over: past.over,
            rejected: past.rejected,
            expected: past.unresolved,
            batch: batch.max(1),
            owner,
            is_fetching: false,
            is_at_end: false,
            seen: RangeSet::default(),
            remarks: Remarks::default(),
            skipped_bytes: 0,
        }
    }

    /// How many bytes were read.
    pub(crate) fn read(&self) -> u64 {
        match &self.source {
            Source::Lines(lines) => lines.read(),
            Source::Pages => 0,
        }
    }

    /// How many bytes the lines have that an earlier call has dealt with.
    pub(crate) fn skipped_bytes(&self) -> u64 {
        self.skipped_bytes
    }

    /// What to do next. `skipped` counts what an earlier call has added.
    pub(crate) fn take(
        &mut self,
        is_reconciling: bool,
        rejects: &mut Vec<Reject>,
        skipped: &mut u64,
    ) -> io::Result<Taken> {
        match self.ready.front() {
            Some(batch) if is_reconciling && !batch.is_outcome_unknown => return Ok(Taken::Wait),
            Some(_) => return Ok(self.ready.pop_front().map_or(Taken::Nothing, Taken::Batch)),
            None if self.is_fetching => return Ok(Taken::Wait),
            None if self.is_at_end => return Ok(Taken::End),
            None => {}
        }
        let Source::Lines(lines) = &mut self.source else {
            self.is_fetching = true;
            return Ok(Taken::Fetch);
        };
        let (began, mut looked_at) = (Instant::now(), 0);
        // Lines in doubt are looked for together, as long as they are not too far apart.
        while looked_at < self.window_lines && self.window_bytes < WINDOW_BYTES && began.elapsed() < PATIENCE
        {
            let read_before = lines.read();
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => {
                    self.is_at_end = true;
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && looked_at == 0 => {
                    return Ok(Taken::Wait);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<InputFormat>) {
                        // They are parts of a whole, and not lines.
                        rejects.clear();
                    }
                    return Err(error);
                }
            };
            looked_at += 1;
            if self.over.contains(line.number) {
                *skipped += u64::from(!self.rejected.contains(line.number));
                self.skipped_bytes += lines.read().saturating_sub(read_before);
                // Nothing is kept of it, so that it does not count.
                looked_at -= 1;
                continue;
            }
            let read = if line.is_too_long {
                Err((line.bytes, format!("is longer than {LONGEST_LINE} bytes")))
            } else {
                Record::read(line.number, line.bytes, &self.owner)
            };
            match read {
                Ok(mut record) => {
                    self.remarks.note(std::mem::take(&mut record.unknown), record.is_replaced);
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
        Ok(Taken::Nothing)
    }

    /// A line that the checkpoint names and the input, which is at its end, does not have. Lines are counted from 1.
    pub(crate) fn unknown_line(&self) -> Option<u64> {
        let Source::Lines(lines) = &self.source else { return None };
        let is_zero_named = self.over.contains(0) || self.expected.contains(&0);
        let last_named = self.over.last().max(self.expected.iter().max().copied());
        is_zero_named.then_some(0).or(last_named.filter(|number| *number > lines.count()))
    }

    /// Takes in a page that was fetched.
    pub(crate) fn feed(
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
            if self.over.contains(number) {
                *skipped += u64::from(!self.rejected.contains(number));
                continue;
            }
            let line = serde_json::to_vec(&memory).unwrap_or_default();
            match Record::read(number, line, &self.owner) {
                // Its unknown fields are the platform's.
                Ok(record) if self.expected.remove(&number) => self.unresolved.push(record),
                Ok(record) => self.window.push(record),
                Err((line, reason)) => rejects.push(Reject { number, reason, line }),
            }
        }
        self.is_fetching = false;
        self.is_at_end = is_last;
        self.make_batches();
    }

    /// Makes batches of the window, those in doubt first.
    fn make_batches(&mut self) {
        self.window_bytes = 0;
        for records in by_envelope(std::mem::take(&mut self.unresolved)) {
            self.ready.push_back(Batch { is_outcome_unknown: true, ..Batch::new(records) });
        }
        let lines = self.window.len();
        let groups = by_envelope(std::mem::take(&mut self.window));
        if lines >= self.window_lines / 2 {
            self.window_lines = adapted(self.window_lines, lines, groups.len(), self.batch);
        }
        for records in groups {
            let mut batch = Vec::new();
            let mut bytes = 0;
            for record in records {
                let is_full = batch.len() >= self.batch || bytes + record.line.len() > BATCH_BYTES;
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

/// How many lines to look at together from now on: more where that makes requests fuller, and fewer, which takes less
/// memory, where lines go alone anyway.
fn adapted(window: usize, lines: usize, groups: usize, batch: usize) -> usize {
    if lines * 4 < groups * 5 {
        (window / 2).max(SMALLEST_WINDOW)
    } else if lines < groups * batch {
        (window * 2).min(LARGEST_WINDOW)
    } else {
        window
    }
}

/// Records by what a request says of all of them, in the order in which the first of each came.
fn by_envelope(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut groups: Vec<Vec<Record>> = Vec::new();
    // By the envelope's hash: two envelopes that share one only go in more requests than they need.
    let mut places: HashMap<u64, usize> = HashMap::new();
    let hasher = RandomState::new();
    for record in records {
        // Most neighbours are alike.
        if let Some(group) = groups.last_mut().filter(|group| group[0].envelope == record.envelope) {
            group.push(record);
            continue;
        }
        let place = places.entry(hasher.hash_one(&record.envelope)).or_insert(groups.len());
        match groups.get_mut(*place) {
            Some(group) if group[0].envelope == record.envelope => group.push(record),
            _ => {
                *place = groups.len();
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
        let lines = Lines::new(Box::new(Cursor::new(text)) as Box<dyn BufRead + Send>, LONGEST_LINE);
        BatchReader::new(Source::Lines(lines), past, 10, Owner::default())
    }

    /// The lines of each batch and whether it is in doubt, rejects, and how many were skipped.
    type Sorted = (Vec<(Vec<u64>, bool)>, Vec<u64>, u64);

    fn all(mut reader: BatchReader) -> Sorted {
        let (mut batches, mut rejects, mut skipped) = (Vec::new(), Vec::new(), 0);
        loop {
            match reader.take(false, &mut rejects, &mut skipped).unwrap() {
                Taken::Batch(batch) => {
                    let numbers = batch.records.iter().map(|record| record.number).collect();
                    batches.push((numbers, batch.is_outcome_unknown));
                }
                Taken::End => break,
                _ => {}
            }
        }
        (batches, rejects.iter().map(|reject| reject.number).collect(), skipped)
    }

    #[test]
    fn lines_of_one_envelope_go_together() {
        let line = |number: u64| match number {
            7 => "nonsense\n".to_owned(),
            number => format!("{{\"memory\":\"m{number}\",\"user_id\":\"u{}\"}}\n", number % 2),
        };
        let text: String = (1..=24).map(line).collect();
        let (batches, rejects, skipped) = all(reader(text.clone(), CheckpointState::default()));
        let of = |numbers: &[u64]| (numbers.to_vec(), false);
        let expected = [
            of(&[1, 3, 5, 9, 11, 13, 15, 17, 19, 21]),
            of(&[23]),
            of(&[2, 4, 6, 8, 10, 12, 14, 16, 18, 20]),
            of(&[22, 24]),
        ];
        assert_eq!((batches, rejects, skipped), (expected.to_vec(), vec![7], 0));

        let mut past = CheckpointState::default();
        (1..=20).filter(|number| ![4, 8].contains(number)).for_each(|number| past.over.insert(number));
        past.rejected.insert(7);
        past.unresolved = HashSet::from([4, 21]);
        let (batches, rejects, skipped) = all(reader(text, past));
        let expected = [(vec![4], true), (vec![21], true), of(&[8, 22, 24]), of(&[23])];
        assert_eq!((batches, rejects, skipped), (expected.to_vec(), vec![], 17));
    }

    #[test]
    fn more_lines_are_looked_at_where_that_makes_requests_fuller() {
        let sizes = |users: usize| {
            let line = |n: usize| format!("{{\"memory\":\"m{n}\",\"user_id\":\"u{}\"}}\n", n % users);
            let (batches, ..) = all(reader((0..40_000).map(line).collect(), CheckpointState::default()));
            assert_eq!(batches.iter().map(|(numbers, _)| numbers.len()).sum::<usize>(), 40_000);
            let size = |at: usize| batches[at].0.len();
            (size(0), size(batches.len() / 2))
        };
        assert_eq!(sizes(100), (10, 10), "a request has ten lines at most");
        assert_eq!(sizes(1000), (3, 8));
        assert_eq!(sizes(40_000), (1, 1));
        assert_eq!(adapted(3000, 3000, 3000, 50), 1500);
        assert_eq!(adapted(1500, 1500, 1500, 50), 1000);
        assert_eq!(adapted(1000, 1000, 1, 50), 1000);
        assert_eq!(adapted(6000, 6000, 1000, 50), 8000);
    }

    #[test]
    fn what_is_there_does_not_wait_for_what_is_to_come() {
        /// A line, nothing for now, half a line, nothing for now, its rest.
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
            Source::Lines(Lines::new(input, LONGEST_LINE)),
            CheckpointState::default(),
            10,
            Owner::default(),
        );
        let mut take = || reader.take(false, &mut Vec::new(), &mut 0).unwrap();
        assert!(matches!(take(), Taken::Nothing));
        assert!(matches!(take(), Taken::Batch(batch) if batch.records[0].number == 1));
        assert!(matches!(take(), Taken::Wait));
        assert!(matches!(take(), Taken::Nothing));
        assert!(matches!(take(), Taken::Batch(batch) if batch.records[0].number == 2));
        assert!(matches!(take(), Taken::End));
    }

    #[test]
    fn a_request_is_no_larger_than_it_has_to_be() {
        let line = |length: usize| format!("{{\"user_id\":\"u\",\"memory\":\"{}\"}}\n", "x".repeat(length));
        let text = [BATCH_BYTES / 2, BATCH_BYTES / 3, 2 * BATCH_BYTES, 10, 10].map(line).concat();
        let (batches, ..) = all(reader(text, CheckpointState::default()));
        let numbers: Vec<_> = batches.into_iter().map(|(numbers, _)| numbers).collect();
        assert_eq!(numbers, [vec![1, 2], vec![3], vec![4, 5]]);
    }

    #[test]
    fn nothing_new_is_sent_while_something_is_looked_for() {
        let mut past = CheckpointState::default();
        past.unresolved.insert(1);
        let mut reader = reader(
            "{\"memory\":\"a\",\"user_id\":\"u\"}\n{\"memory\":\"b\",\"user_id\":\"u\"}\n".into(),
            past,
        );
        let mut take = |is_reconciling| reader.take(is_reconciling, &mut Vec::new(), &mut 0).unwrap();
        assert!(matches!(take(false), Taken::Nothing));
        assert!(matches!(take(false), Taken::Batch(Batch { is_outcome_unknown: true, .. })));
        assert!(matches!(take(true), Taken::Wait));
        assert!(matches!(take(false), Taken::Batch(Batch { is_outcome_unknown: false, .. })));
        assert!(matches!(take(false), Taken::End));
    }
}
