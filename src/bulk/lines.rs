//! Lines of an input, of which none is kept that is too long.

use std::io::{self, BufRead};

use crate::bulk::input_format::check_beginning;

/// How long a line may be.
pub(crate) const LONGEST_LINE: usize = 8 * 1024 * 1024;

/// How much of a line that is longer is kept for whoever looks for it.
const KEPT: usize = 1024;

/// How much of an input is looked at for its format.
const BEGINNING: usize = 64 * 1024;

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// From 1 on.
    pub(crate) number: u64,
    /// Its beginning alone, if it is too long.
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_too_long: bool,
}

pub(crate) struct Lines<R> {
    input: R,
    number: u64,
    read: u64,
    limit: usize,
    /// What was there of a line when the input had nothing more for now.
    begun: Option<Line>,
    /// Beginning of the input as far as it was read.
    beginning: Vec<u8>,
    /// How many bytes of the input were checked for its format.
    checked: usize,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R, limit: usize) -> Self {
        Self { input, number: 0, read: 0, limit, begun: None, beginning: Vec::new(), checked: 0 }
    }

    /// How many bytes were read.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// How many lines were read, blank ones included.
    pub(crate) fn count(&self) -> u64 {
        self.number
    }

    /// The next line that is not blank. After an error it can be asked for again.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let Some(mut line) = self.any()? else { return Ok(None) };
            if line.number == 1 && line.bytes.starts_with(b"\xef\xbb\xbf") {
                line.bytes.drain(..3);
            }
            if line.bytes.last() == Some(&b'\r') {
                line.bytes.pop();
            }
            if line.is_too_long || !line.bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(line));
            }
        }
    }

    fn any(&mut self) -> io::Result<Option<Line>> {
        let mut has_begun = self.begun.is_some();
        let mut line = self.begun.take().unwrap_or_else(|| Line {
            number: self.number + 1,
            bytes: Vec::new(),
            is_too_long: false,
        });
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.begun = has_begun.then_some(line);
                    return Err(error);
                }
            };
            if buffer.is_empty() {
                self.number += u64::from(has_begun);
                return Ok(has_begun.then_some(line));
            }
            let room = BEGINNING - self.beginning.len();
            let known = self.beginning.len() + buffer.len().min(room);
            if known > self.checked {
                self.checked = known;
                // A stream may come a byte at a time.
                let begun = [&self.beginning, &buffer[..buffer.len().min(room)]].concat();
                check_beginning(&begun)?;
            }
            has_begun = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let (part, used) = end.map_or((buffer, buffer.len()), |end| (&buffer[..end], end + 1));
            if line.bytes.len() + part.len() > self.limit {
                line.is_too_long = true;
            }
            if line.is_too_long {
                line.bytes.extend(part.iter().take(KEPT.saturating_sub(line.bytes.len())));
                line.bytes.truncate(KEPT);
            } else {
                line.bytes.extend_from_slice(part);
            }
            self.beginning.extend_from_slice(&buffer[..used.min(room)]);
            self.input.consume(used);
            self.read += used as u64;
            if end.is_some() {
                self.number += 1;
                return Ok(Some(line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::BufReader;

    use super::*;

    fn all(text: &[u8], capacity: usize, limit: usize) -> (Vec<(u64, String, bool)>, u64) {
        let mut lines = Lines::new(BufReader::with_capacity(capacity, text), limit);
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push((line.number, String::from_utf8_lossy(&line.bytes).into_owned(), line.is_too_long));
        }
        (found, lines.read())
    }

    #[test]
    fn marks_returns_and_blank_lines_are_passed_over_and_counted() {
        let text = b"\xef\xbb\xbfone\r\n\r\n \t\ntwo\n\nthree";
        for capacity in [1, 2, 3, 64] {
            let (found, read) = all(text, capacity, 100);
            let expected = [(1, "one"), (4, "two"), (6, "three")];
            assert_eq!(found, expected.map(|(number, text)| (number, text.to_owned(), false)), "{capacity}");
            assert_eq!(read, text.len() as u64);
        }
        assert_eq!(all(b"", 8, 100).0, []);
        assert_eq!(all(b"\n\n", 8, 100).0, []);
    }

    #[test]
    fn other_formats_are_told_however_little_comes_at_a_time() {
        for text in [&b"{\n  \"memory\": \"m\"\n}"[..], b"\n\n [\n1]", b"\x1f\x8b\x08\0", b"{\0\"\0m\0"] {
            for capacity in [1, 2, 3, 64] {
                let mut lines = Lines::new(BufReader::with_capacity(capacity, text), 100);
                let outcome = std::iter::from_fn(|| lines.next().transpose()).collect::<io::Result<Vec<_>>>();
                let error = outcome.unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{capacity} {text:?}");
            }
        }
    }

    #[test]
    fn a_line_is_whole_where_the_input_had_nothing_for_a_while() {
        /// Has nothing every other time it is asked.
        struct Halting<'a>(&'a [u8], bool);

        impl io::Read for Halting<'_> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                self.1 = !self.1;
                if self.1 { Err(io::ErrorKind::WouldBlock.into()) } else { self.0.read(into) }
            }
        }

        let mut lines = Lines::new(BufReader::with_capacity(3, Halting(b"one line\n\ntwo", false)), 100);
        let (mut found, mut halts) = (Vec::new(), 0);
        loop {
            match lines.next() {
                Ok(Some(line)) => found.push((line.number, String::from_utf8(line.bytes).unwrap())),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    halts += 1;
                }
            }
        }
        assert_eq!(found, [(1, "one line".to_owned()), (3, "two".to_owned())]);
        assert!(halts > 4, "{halts}");
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_one_is_read() {
        let text = [&[b'a'; 5000][..], b"\nshort\n", &[b'b'; 11], b"\n", &[b'c'; 10]].concat();
        for capacity in [7, 64 * 1024] {
            let (found, _) = all(&text, capacity, 10);
            let shape: Vec<_> =
                found.iter().map(|(number, text, long)| (*number, text.len(), *long)).collect();
            assert_eq!(shape, [(1, KEPT, true), (2, 5, false), (3, 11, true), (4, 10, false)], "{capacity}");
        }
    }
}
