//! What was begun and what is done, on disk.

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

/// Numbers of batches are smaller.
const LARGEST_BATCH: u64 = 1 << 62;

/// A checkpoint is a line for the input it belongs to, and then a line an entry:
///
/// * `b BATCH NUMBER:KEY …`: a request of these lines is about to be sent;
/// * `e BATCH`: it was carried out; `u BATCH`: it surely was not, or it was found out what became of it;
/// * `d NUMBER:KEY …`: these lines of a request in doubt are there;
/// * `r NUMBER`: that line can't be imported.
///
/// A last line without its end was never acted upon.
pub(crate) struct Checkpoint {
    path: PathBuf,
    entries: AppendFile,
    next_batch: u64,
    /// Whether it is only read, for a dry_run.
    is_read_only: bool,
}

/// Stands before the target in the line that tells checkpoints apart.
const INTO: &str = " into ";

/// Stands between a project and the platform's base URL.
const AT: &str = " at ";

/// A project and its platform. Platforms with a seed have the same project ids.
pub(crate) fn place(project: &str, base_url: &str) -> String {
    format!("{}{AT}{base_url}", one_line(project))
}

/// The header of a checkpoint: its input, and the place the input goes to.
pub(crate) fn header(input: &str, target: &str) -> String {
    format!("{input}{INTO}{target}")
}

/// What the checkpoint says of earlier calls.
#[derive(Debug, Default)]
pub(crate) struct CheckpointState {
    /// What is done with, rejects included.
    pub(crate) over: RangeSet,
    pub(crate) rejected: RangeSet,
    /// What was begun, and may or may not be there.
    pub(crate) unresolved: HashSet<u64>,
    /// When the last entry was made.
    pub(crate) last_entry: Option<SystemTime>,
}

impl Checkpoint {
    /// Opens a checkpoint, or begins it. `input` tells the input from others, in one line.
    pub(crate) fn open(path: &Path, input: &str) -> Result<(Self, CheckpointState), BulkError> {
        let failed = |source| BulkError::Checkpoint { path: path.to_owned(), source };
        // It tells how long the texts are and when they came, which is nobody else's business.
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
        let header = format!("mem0-bulk 1 {input}\n");
        let mut checkpoint = Self { path: path.to_owned(), entries, next_batch: 1, is_read_only: false };
        let whole = checkpoint.whole_lines(&header, metadata.len()).map_err(failed)?;
        let Some(whole) = whole else { return Err(checkpoint.foreign(&header)) };
        checkpoint.entries.cut(whole).map_err(failed)?;
        if whole == 0 {
            checkpoint.write(&header)?;
            return Ok((checkpoint, CheckpointState::default()));
        }
        let mut past = checkpoint.read(whole).map_err(failed)?;
        past.last_entry = metadata.modified().ok();
        Ok((checkpoint, past))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a checkpoint that is there, to be read and not written; `None` where there is none.
    pub(crate) fn look(path: &Path, input: &str) -> Result<Option<(Self, CheckpointState)>, BulkError> {
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
        let header = format!("mem0-bulk 1 {input}\n");
        let whole = checkpoint.whole_lines(&header, metadata.len()).map_err(failed)?;
        let Some(whole) = whole else { return Err(checkpoint.foreign(&header)) };
        let mut past = checkpoint.read(whole).map_err(failed)?;
        past.last_entry = metadata.modified().ok();
        Ok(Some((checkpoint, past)))
    }

    /// Puts down that a request is about to be sent; the number of its batch.
    pub(crate) fn begin(&mut self, records: &[Record]) -> Result<u64, BulkError> {
        let batch = self.next_batch;
        self.next_batch = batch.saturating_add(1);
        self.write(&format!("b {batch}{}\n", pairs(records.iter())))?;
        Ok(batch)
    }

    pub(crate) fn end(&mut self, batch: u64) -> Result<(), BulkError> {
        self.write(&format!("e {batch}\n"))
    }

    pub(crate) fn undo(&mut self, batch: u64) -> Result<(), BulkError> {
        self.write(&format!("u {batch}\n"))
    }

    /// Puts down lines that were in doubt and are there.
    pub(crate) fn found<'a>(&mut self, records: impl Iterator<Item = &'a Record>) -> Result<(), BulkError> {
        let pairs = pairs(records);
        if pairs.is_empty() { Ok(()) } else { self.write(&format!("d{pairs}\n")) }
    }

    pub(crate) fn reject(&mut self, number: u64) -> Result<(), BulkError> {
        self.write(&format!("r {number}\n"))
    }

    /// How many lines with each of these keys are done.
    pub(crate) fn done_with(&self, keys: &HashSet<u64>) -> Result<HashMap<u64, u64>, BulkError> {
        let failed = |source| BulkError::Checkpoint { path: self.path.clone(), source };
        let file = File::open(&self.path).map_err(failed)?;
        let mut open: HashMap<u64, Vec<u64>> = HashMap::new();
        let mut done = HashMap::new();
        let mut count = |found: Vec<u64>| {
            for key in found {
                *done.entry(key).or_insert(0) += 1;
            }
        };
        let wanted = |words: std::str::SplitAsciiWhitespace<'_>| {
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
                    let found = wanted(words);
                    if !found.is_empty() {
                        open.insert(batch, found);
                    }
                }
                Some("e") => {
                    let batch = words.next().and_then(|word| word.parse::<u64>().ok());
                    count(batch.and_then(|batch| open.remove(&batch)).unwrap_or_default());
                }
                Some("d") => count(wanted(words)),
                _ => {}
            }
        }
        Ok(done)
    }

    /// Why a file is not the checkpoint with that header: it is of another project, or no checkpoint of that input.
    fn foreign(&mut self, header: &str) -> BulkError {
        let path = self.path.clone();
        let mut first = String::new();
        let read = self.entries.file.seek(SeekFrom::Start(0)).and_then(|_| {
            BufReader::new((&self.entries.file).take(2 * header.len() as u64 + 256)).read_line(&mut first)
        });
        match (first.trim_end().rsplit_once(INTO), header.rsplit_once(INTO)) {
            (Some((of, target)), Some((expected, _))) if read.is_ok() && of == expected => {
                let (project_id, base_url) = target.split_once(AT).unwrap_or((target, "unknown"));
                let [project_id, base_url] = [project_id, base_url].map(|text| one_line(&redact_all(text)));
                BulkError::OtherProject { path, project_id, base_url }
            }
            _ => BulkError::ForeignCheckpoint { path },
        }
    }

    /// Where the last whole line ends; `None` if this is no checkpoint of that input.
    fn whole_lines(&mut self, header: &str, length: u64) -> io::Result<Option<u64>> {
        self.entries.file.seek(SeekFrom::Start(0))?;
        let mut beginning = vec![0; header.len().min(usize::try_from(length).unwrap_or(usize::MAX))];
        self.entries.file.read_exact(&mut beginning)?;
        if !header.as_bytes().starts_with(&beginning) {
            return Ok(None);
        }
        if beginning.len() < header.len() {
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

    /// Reads the lines up to that length.
    fn read(&mut self, whole: u64) -> io::Result<CheckpointState> {
        let mut past = CheckpointState::default();
        let mut open: HashMap<u64, Vec<u64>> = HashMap::new();
        self.entries.file.seek(SeekFrom::Start(0))?;
        for line in BufReader::new((&self.entries.file).take(whole)).lines().skip(1) {
            let line = line?;
            let mut words = line.split_ascii_whitespace();
            let kind = words.next().unwrap_or_default();
            match kind {
                "b" | "e" | "u" => {
                    let batch: u64 =
                        words.next().and_then(|word| word.parse().ok()).ok_or_else(unreadable)?;
                    // Nobody has sent so many.
                    let next = batch.checked_add(1).filter(|next| *next < LARGEST_BATCH);
                    self.next_batch = self.next_batch.max(next.ok_or_else(unreadable)?);
                    if kind == "b" {
                        let pairs = words.map(pair).collect::<io::Result<Vec<_>>>()?;
                        open.insert(batch, pairs.into_iter().map(|(number, _)| number).collect());
                    } else if let Some(numbers) = open.remove(&batch).filter(|_| kind == "e") {
                        for number in numbers {
                            past.over.insert(number);
                        }
                    }
                }
                "d" => {
                    for word in words {
                        past.over.insert(pair(word)?.0);
                    }
                }
                "r" => {
                    let number = words.next().and_then(|word| word.parse().ok()).ok_or_else(unreadable)?;
                    past.over.insert(number);
                    past.rejected.insert(number);
                }
                _ => return Err(unreadable()),
            }
        }
        past.unresolved =
            open.into_values().flatten().filter(|number| !past.over.contains(*number)).collect();
        Ok(past)
    }

    fn write(&mut self, entry: &str) -> Result<(), BulkError> {
        if self.is_read_only {
            return Ok(());
        }
        let failed = |source| BulkError::Checkpoint { path: self.path.clone(), source };
        self.entries.add(entry.as_bytes()).map_err(failed)
    }
}

fn pairs<'a>(records: impl Iterator<Item = &'a Record>) -> String {
    let mut text = String::new();
    for record in records {
        // Nothing can go wrong in a string.
        let _ = write!(text, " {}:{:x}", record.number, record.key());
    }
    text
}

fn pair(word: &str) -> io::Result<(u64, u64)> {
    let parsed = word
        .split_once(':')
        .and_then(|(number, key)| Some((number.parse().ok()?, u64::from_str_radix(key, 16).ok()?)));
    parsed.ok_or_else(unreadable)
}

fn unreadable() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it has been changed by something else")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;
    use crate::bulk::record::Owner;

    fn record(number: u64, text: &str) -> Record {
        let line = format!(r#"{{"memory":"{text}","user_id":"u"}}"#);
        Record::read(number, line.into_bytes(), &Owner::default()).unwrap()
    }

    fn sorted(numbers: &HashSet<u64>) -> Vec<u64> {
        let mut numbers: Vec<u64> = numbers.iter().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    #[test]
    fn it_tells_what_is_over_what_is_in_doubt_and_what_was_never_begun() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let (mut checkpoint, past) = Checkpoint::open(&path, "a").unwrap();
        assert!(past.unresolved.is_empty() && past.over.count() == 0);
        let records: Vec<_> =
            (1..=9).map(|number| record(number, if number < 4 { "same" } else { "x" })).collect();
        let first = checkpoint.begin(&records[..2]).unwrap();
        let second = checkpoint.begin(&records[2..4]).unwrap();
        let third = checkpoint.begin(&records[4..6]).unwrap();
        checkpoint.end(first).unwrap();
        checkpoint.undo(third).unwrap();
        checkpoint.reject(7).unwrap();
        checkpoint.found(records[2..3].iter()).unwrap();
        checkpoint.found([].iter()).unwrap();
        let same = records[0].key();
        assert_eq!(checkpoint.done_with(&HashSet::from([same])).unwrap(), HashMap::from([(same, 3)]));
        assert!(matches!(Checkpoint::open(&path, "a"), Err(BulkError::CheckpointInUse { .. })));
        drop(checkpoint);

        // What was cut off was never acted upon.
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"b 9 8:0 9:").unwrap();
        let (mut checkpoint, past) = Checkpoint::open(&path, "a").unwrap();
        assert_eq!(sorted(&past.unresolved), [4]);
        let over: Vec<u64> = (0..20).filter(|number| past.over.contains(*number)).collect();
        assert_eq!((over, past.rejected.count()), (vec![1, 2, 3, 7], 1));
        assert!(checkpoint.begin(&records[8..]).unwrap() > third.max(second));
        drop(checkpoint);
        let (_, past) = Checkpoint::open(&path, "a").unwrap();
        assert_eq!(sorted(&past.unresolved), [4, 9]);
    }

    #[test]
    fn the_checkpoint_of_another_input_is_refused_and_left_alone() {
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
        // One that was cut off in its first line was never acted upon.
        std::fs::write(&path, "mem0-bulk 1 th").unwrap();
        let (_, past) = Checkpoint::open(&path, "that").unwrap();
        assert_eq!(past.over.count(), 0);
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
                matches!(Checkpoint::look(&path, "that"), Err(BulkError::Checkpoint { .. })),
                "{damaged}"
            );
        }
        // The largest numbers of lines are numbers like others; a copy has hashes for them.
        let last = u64::MAX;
        std::fs::write(&path, format!("mem0-bulk 1 that\nd {last}:0 0:0\nr {last}\nb 1 {last}:0\n")).unwrap();
        let (mut checkpoint, past) = Checkpoint::open(&path, "that").unwrap();
        assert_eq!((past.over.count(), past.unresolved.len()), (2, 0));
        assert_eq!(checkpoint.begin(&[record(1, "m")]).unwrap(), 2);
    }

    #[test]
    fn a_look_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        assert!(Checkpoint::look(&path, "a").unwrap().is_none() && !path.exists());
        let content = "mem0-bulk 1 a\nb 1 1:0 2:0\ne 1\nr 3\nb 2 4:0\ne ";
        std::fs::write(&path, content).unwrap();
        let (mut checkpoint, past) = Checkpoint::look(&path, "a").unwrap().unwrap();
        assert_eq!((past.over.count(), past.rejected.count(), sorted(&past.unresolved)), (3, 1, vec![4]));
        let number = checkpoint.begin(&[record(5, "m")]).unwrap();
        checkpoint.end(number).unwrap();
        checkpoint.reject(6).unwrap();
        drop(checkpoint);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        assert!(matches!(Checkpoint::look(&path, "b"), Err(BulkError::ForeignCheckpoint { .. })));
    }
}
