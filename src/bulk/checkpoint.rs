//! Checkpoint file of an import or a copy.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::fs::{File, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::bulk::append_file::AppendFile;
use crate::bulk::error::BulkError;
use crate::bulk::private_file;
use crate::bulk::range_set::RangeSet;
use crate::bulk::record::Record;
use crate::redact::{one_line, redact_all};

/// Exclusive upper bound of batch numbers.
const MAX_BATCH: u64 = 1 << 62;

/// Checkpoint: a header line that identifies the input and its target, and then one line per entry:
///
/// * `b BATCH NUMBER:KEY …`: a request with these lines is about to be sent;
/// * `e BATCH`: the request was carried out;
/// * `u BATCH`: the request was not carried out, or its outcome was reconciled;
/// * `d NUMBER:KEY …`: these lines of a request with an unknown outcome were found on the platform;
/// * `r NUMBER`: this line can't be imported.
///
/// An entry is written before the import acts on it, so an incomplete last line is ignored.
pub(crate) struct Checkpoint {
    path: PathBuf,
    entries: AppendFile,
    next_batch: u64,
    /// Whether entries are discarded, for a dry run.
    is_read_only: bool,
}

/// Separator between input and target in the header.
const TARGET_SEPARATOR: &str = " into ";

/// Separator between project and base URL in a target.
const URL_SEPARATOR: &str = " at ";

/// Identifies a project and its platform. Local platforms with the same seed share project ids, so the URL is included.
pub(crate) fn target(project: &str, base_url: &str) -> String {
    format!("{}{URL_SEPARATOR}{base_url}", one_line(project))
}

/// Identifies a checkpoint by its input and its target.
pub(crate) fn header(input: &str, target: &str) -> String {
    format!("{input}{TARGET_SEPARATOR}{target}")
}

/// State of earlier calls, as read from a checkpoint.
#[derive(Debug, Default)]
pub(crate) struct CheckpointState {
    /// Finished lines, including rejected ones.
    pub(crate) finished: RangeSet,
    pub(crate) rejected: RangeSet,
    /// Lines of requests with an unknown outcome.
    pub(crate) unresolved: HashSet<u64>,
    /// Time of the last entry.
    pub(crate) last_entry: Option<SystemTime>,
}

impl Checkpoint {
    /// Opens or creates a checkpoint. `id` is one line that identifies input and target; see [`header`].
    pub(crate) fn open(path: &Path, id: &str) -> Result<(Self, CheckpointState), BulkError> {
        let failed = |source| BulkError::Checkpoint { path: path.to_owned(), source };
        // Private: the entries reveal how many memories there are and when they were added.
        let file = private_file::open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(BulkError::CheckpointInUse { path: path.to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let metadata = file.metadata().map_err(failed)?;
        let entries = AppendFile::new(file).map_err(failed)?;
        let header = format!("mem0-bulk 1 {id}\n");
        let mut checkpoint = Self { path: path.to_owned(), entries, next_batch: 1, is_read_only: false };
        let length = checkpoint.complete_len(&header, metadata.len()).map_err(failed)?;
        let Some(length) = length else { return Err(checkpoint.mismatch(&header)) };
        checkpoint.entries.truncate(length).map_err(failed)?;
        if length == 0 {
            checkpoint.write(&header)?;
            return Ok((checkpoint, CheckpointState::default()));
        }
        let mut past = checkpoint.read(length).map_err(failed)?;
        past.last_entry = metadata.modified().ok();
        Ok((checkpoint, past))
    }

    /// Path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens an existing checkpoint read-only; `None` if there is none.
    pub(crate) fn open_read_only(
        path: &Path,
        id: &str,
    ) -> Result<Option<(Self, CheckpointState)>, BulkError> {
        let failed = |source| BulkError::Checkpoint { path: path.to_owned(), source };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(BulkError::CheckpointInUse { path: path.to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let metadata = file.metadata().map_err(failed)?;
        let entries = AppendFile::new(file).map_err(failed)?;
        let mut checkpoint = Self { path: path.to_owned(), entries, next_batch: 1, is_read_only: true };
        let header = format!("mem0-bulk 1 {id}\n");
        let length = checkpoint.complete_len(&header, metadata.len()).map_err(failed)?;
        let Some(length) = length else { return Err(checkpoint.mismatch(&header)) };
        let mut past = checkpoint.read(length).map_err(failed)?;
        past.last_entry = metadata.modified().ok();
        Ok(Some((checkpoint, past)))
    }

    /// Records that a request is about to be sent, and returns its batch number.
    pub(crate) fn begin(&mut self, records: &[Record]) -> Result<u64, BulkError> {
        let batch = self.next_batch;
        self.next_batch = batch.saturating_add(1);
        self.write(&format!("b {batch}{}\n", pairs(records.iter())))?;
        Ok(batch)
    }

    /// Records that a request was carried out.
    pub(crate) fn end(&mut self, batch: u64) -> Result<(), BulkError> {
        self.write(&format!("e {batch}\n"))
    }

    /// Records that a request was not carried out, or that its outcome was reconciled.
    pub(crate) fn undo(&mut self, batch: u64) -> Result<(), BulkError> {
        self.write(&format!("u {batch}\n"))
    }

    /// Records lines that were found on the platform.
    pub(crate) fn record_found<'a>(
        &mut self,
        records: impl Iterator<Item = &'a Record>,
    ) -> Result<(), BulkError> {
        let pairs = pairs(records);
        if pairs.is_empty() { Ok(()) } else { self.write(&format!("d{pairs}\n")) }
    }

    /// Records a line that can't be imported.
    pub(crate) fn reject(&mut self, number: u64) -> Result<(), BulkError> {
        self.write(&format!("r {number}\n"))
    }

    /// Counts the finished lines per key, for the given keys.
    pub(crate) fn count_finished(&self, keys: &HashSet<u64>) -> Result<HashMap<u64, u64>, BulkError> {
        let failed = |source| BulkError::Checkpoint { path: self.path.clone(), source };
        let file = File::open(&self.path).map_err(failed)?;
        let mut started: HashMap<u64, Vec<u64>> = HashMap::new();
        let mut counts = HashMap::new();
        let mut count = |keys: Vec<u64>| {
            for key in keys {
                *counts.entry(key).or_insert(0) += 1;
            }
        };
        let matching = |words: std::str::SplitAsciiWhitespace<'_>| {
            words
                .filter_map(|word| pair(word).ok())
                .map(|(_, key)| key)
                .filter(|key| keys.contains(key))
                .collect::<Vec<u64>>()
        };
        for line in BufReader::new(file).lines() {
            let line = line.map_err(failed)?;
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("b") => {
                    let Some(batch) = words.next().and_then(|word| word.parse().ok()) else { continue };
                    let found = matching(words);
                    if !found.is_empty() {
                        started.insert(batch, found);
                    }
                }
                Some("e") => {
                    let batch = words.next().and_then(|word| word.parse::<u64>().ok());
                    count(batch.and_then(|batch| started.remove(&batch)).unwrap_or_default());
                }
                Some("d") => count(matching(words)),
                _ => {}
            }
        }
        Ok(counts)
    }

    /// Error for a file without the expected header: it belongs to another project or to another input.
    fn mismatch(&mut self, header: &str) -> BulkError {
        let path = self.path.clone();
        let mut first = String::new();
        let read = self.entries.file.seek(SeekFrom::Start(0)).and_then(|_| {
            BufReader::new((&self.entries.file).take(2 * header.len() as u64 + 256)).read_line(&mut first)
        });
        match (first.trim_end().rsplit_once(TARGET_SEPARATOR), header.rsplit_once(TARGET_SEPARATOR)) {
            (Some((input, target)), Some((expected, _))) if read.is_ok() && input == expected => {
                let (project_id, base_url) = target.split_once(URL_SEPARATOR).unwrap_or((target, "unknown"));
                let [project_id, base_url] = [project_id, base_url].map(|text| one_line(&redact_all(text)));
                BulkError::OtherProject { path, project_id, base_url }
            }
            _ => BulkError::ForeignCheckpoint { path },
        }
    }

    /// Length up to the end of the last complete line; `None` if the file has another header.
    fn complete_len(&mut self, header: &str, length: u64) -> io::Result<Option<u64>> {
        self.entries.file.seek(SeekFrom::Start(0))?;
        let mut start = vec![0; header.len().min(usize::try_from(length).unwrap_or(usize::MAX))];
        self.entries.file.read_exact(&mut start)?;
        if !header.as_bytes().starts_with(&start) {
            return Ok(None);
        }
        if start.len() < header.len() {
            return Ok(Some(0));
        }
        let mut end = length;
        let mut block = [0; 4096];
        while end > 0 {
            let from = end.saturating_sub(block.len() as u64);
            let part = &mut block[..usize::try_from(end - from).unwrap_or_default()];
            self.entries.file.seek(SeekFrom::Start(from))?;
            self.entries.file.read_exact(part)?;
            if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
                return Ok(Some(from + at as u64 + 1));
            }
            end = from;
        }
        Ok(Some(0))
    }

    /// Reads the entries in the first `length` bytes.
    fn read(&mut self, length: u64) -> io::Result<CheckpointState> {
        let mut past = CheckpointState::default();
        let mut started: HashMap<u64, Vec<u64>> = HashMap::new();
        self.entries.file.seek(SeekFrom::Start(0))?;
        for line in BufReader::new((&self.entries.file).take(length)).lines().skip(1) {
            let line = line?;
            let mut words = line.split_ascii_whitespace();
            let kind = words.next().unwrap_or_default();
            match kind {
                "b" | "e" | "u" => {
                    let batch: u64 =
                        words.next().and_then(|word| word.parse().ok()).ok_or_else(invalid_entry)?;
                    // A larger number means a damaged file.
                    let next = batch.checked_add(1).filter(|next| *next < MAX_BATCH);
                    self.next_batch = self.next_batch.max(next.ok_or_else(invalid_entry)?);
                    if kind == "b" {
                        let pairs = words.map(pair).collect::<io::Result<Vec<_>>>()?;
                        started.insert(batch, pairs.into_iter().map(|(number, _)| number).collect());
                    } else if let Some(numbers) = started.remove(&batch).filter(|_| kind == "e") {
                        for number in numbers {
                            past.finished.insert(number);
                        }
                    }
                }
                "d" => {
                    for word in words {
                        past.finished.insert(pair(word)?.0);
                    }
                }
                "r" => {
                    let number = words.next().and_then(|word| word.parse().ok()).ok_or_else(invalid_entry)?;
                    past.finished.insert(number);
                    past.rejected.insert(number);
                }
                _ => return Err(invalid_entry()),
            }
        }
        past.unresolved =
            started.into_values().flatten().filter(|number| !past.finished.contains(*number)).collect();
        Ok(past)
    }

    fn write(&mut self, entry: &str) -> Result<(), BulkError> {
        if self.is_read_only {
            return Ok(());
        }
        let failed = |source| BulkError::Checkpoint { path: self.path.clone(), source };
        self.entries.append(entry.as_bytes()).map_err(failed)
    }
}

/// Formats records as `NUMBER:KEY` pairs.
fn pairs<'a>(records: impl Iterator<Item = &'a Record>) -> String {
    let mut text = String::new();
    for record in records {
        // Writing to a string never fails.
        let _ = write!(text, " {}:{:x}", record.number, record.key());
    }
    text
}

/// Parses a `NUMBER:KEY` pair.
fn pair(word: &str) -> io::Result<(u64, u64)> {
    let parsed = word
        .split_once(':')
        .and_then(|(number, key)| Some((number.parse().ok()?, u64::from_str_radix(key, 16).ok()?)));
    parsed.ok_or_else(invalid_entry)
}

fn invalid_entry() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the file is damaged: invalid entry")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;
    use crate::bulk::envelope::EntityIds;

    fn record(number: u64, text: &str) -> Record {
        let line = format!(r#"{{"memory":"{text}","user_id":"u"}}"#);
        Record::parse(number, line.into_bytes(), &EntityIds::default()).unwrap()
    }

    fn sorted(numbers: &HashSet<u64>) -> Vec<u64> {
        let mut numbers: Vec<u64> = numbers.iter().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    #[test]
    fn the_state_has_finished_unresolved_and_rejected_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let (mut checkpoint, past) = Checkpoint::open(&path, "a").unwrap();
        assert!(past.unresolved.is_empty() && past.finished.count() == 0);
        let records: Vec<_> =
            (1..=9).map(|number| record(number, if number < 4 { "same" } else { "x" })).collect();
        let first = checkpoint.begin(&records[..2]).unwrap();
        let second = checkpoint.begin(&records[2..4]).unwrap();
        let third = checkpoint.begin(&records[4..6]).unwrap();
        checkpoint.end(first).unwrap();
        checkpoint.undo(third).unwrap();
        checkpoint.reject(7).unwrap();
        checkpoint.record_found(records[2..3].iter()).unwrap();
        checkpoint.record_found([].iter()).unwrap();
        let same = records[0].key();
        assert_eq!(checkpoint.count_finished(&HashSet::from([same])).unwrap(), HashMap::from([(same, 3)]));
        assert!(matches!(Checkpoint::open(&path, "a"), Err(BulkError::CheckpointInUse { .. })));
        drop(checkpoint);

        // An incomplete entry is ignored.
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"b 9 8:0 9:").unwrap();
        let (mut checkpoint, past) = Checkpoint::open(&path, "a").unwrap();
        assert_eq!(sorted(&past.unresolved), [4]);
        let finished: Vec<u64> = (0..20).filter(|number| past.finished.contains(*number)).collect();
        assert_eq!((finished, past.rejected.count()), (vec![1, 2, 3, 7], 1));
        assert!(checkpoint.begin(&records[8..]).unwrap() > third.max(second));
        drop(checkpoint);
        let (_, past) = Checkpoint::open(&path, "a").unwrap();
        assert_eq!(sorted(&past.unresolved), [4, 9]);
    }

    #[test]
    fn the_checkpoint_of_another_input_is_refused_and_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        drop(Checkpoint::open(&path, "this").unwrap());
        for content in [None, Some("something else\n"), Some("m\n"), Some("mem0-bulk 1 thin\n")] {
            if let Some(content) = content {
                std::fs::write(&path, content).unwrap();
            }
            let before = std::fs::read(&path).unwrap();
            assert!(
                matches!(Checkpoint::open(&path, "that"), Err(BulkError::ForeignCheckpoint { .. })),
                "{content:?}"
            );
            assert_eq!(std::fs::read(&path).unwrap(), before);
        }
        // A file with an incomplete header is overwritten.
        std::fs::write(&path, "mem0-bulk 1 th").unwrap();
        let (_, past) = Checkpoint::open(&path, "that").unwrap();
        assert_eq!(past.finished.count(), 0);
        for damaged in [
            "nonsense",
            "b 18446744073709551615 1:0",
            "e 18446744073709551614",
            "u 9223372036854775807",
            "b 18446744073709551616 1:0",
            "b -1",
            "b",
            "r",
            "r 18446744073709551616",
            "b 1 x",
            "b 1 1:0 2",
            "b 1 1:0 2:xyz",
            "d 1",
            "d 1:0 18446744073709551616:0",
        ] {
            std::fs::write(&path, format!("mem0-bulk 1 that\n{damaged}\n")).unwrap();
            assert!(
                matches!(Checkpoint::open(&path, "that"), Err(BulkError::Checkpoint { .. })),
                "{damaged}"
            );
            assert!(
                matches!(Checkpoint::open_read_only(&path, "that"), Err(BulkError::Checkpoint { .. })),
                "{damaged}"
            );
        }
        // All numbers are valid: those of a copy are hashes.
        let last = u64::MAX;
        std::fs::write(&path, format!("mem0-bulk 1 that\nd {last}:0 0:0\nr {last}\nb 1 {last}:0\n")).unwrap();
        let (mut checkpoint, past) = Checkpoint::open(&path, "that").unwrap();
        assert_eq!((past.finished.count(), past.unresolved.len()), (2, 0));
        assert_eq!(checkpoint.begin(&[record(1, "m")]).unwrap(), 2);
    }

    #[test]
    fn opening_read_only_does_not_change_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        assert!(Checkpoint::open_read_only(&path, "a").unwrap().is_none() && !path.exists());
        let content = "mem0-bulk 1 a\nb 1 1:0 2:0\ne 1\nr 3\nb 2 4:0\ne ";
        std::fs::write(&path, content).unwrap();
        let (mut checkpoint, past) = Checkpoint::open_read_only(&path, "a").unwrap().unwrap();
        assert_eq!((past.finished.count(), past.rejected.count(), sorted(&past.unresolved)), (3, 1, vec![4]));
        let number = checkpoint.begin(&[record(5, "m")]).unwrap();
        checkpoint.end(number).unwrap();
        checkpoint.reject(6).unwrap();
        drop(checkpoint);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        assert!(matches!(Checkpoint::open_read_only(&path, "b"), Err(BulkError::ForeignCheckpoint { .. })));
    }
}
