//! Line reader with a length limit.

use std::io::{self, BufRead};

use crate::bulk::input_format::check_format;

/// Maximum length of a line in bytes.
pub(crate) const MAX_LINE_LEN: usize = 8 * 1024 * 1024;

/// Number of bytes that are kept of a longer line, to identify it.
const MAX_EXCERPT_LEN: usize = 1024;

/// Number of bytes of an input that are checked for its format.
const FORMAT_CHECK_LEN: usize = 64 * 1024;

/// Line without its line break.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Line number, starting at 1.
    pub(crate) number: u64,
    /// Content, truncated if it is too long.
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_too_long: bool,
}

/// Reader of lines.
pub(crate) struct Lines<R> {
    input: R,
    number: u64,
    bytes_read: u64,
    max_len: usize,
    /// Incomplete line, when the input returned `WouldBlock` in the middle of it.
    partial: Option<Line>,
    /// First bytes of the input, as far as they were read.
    start: Vec<u8>,
    /// Number of bytes of the input that were checked for its format.
    checked: usize,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R, max_len: usize) -> Self {
        Self { input, number: 0, bytes_read: 0, max_len, partial: None, start: Vec::new(), checked: 0 }
    }

    /// Number of bytes read.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Number of lines read, including blank ones.
    pub(crate) fn count(&self) -> u64 {
        self.number
    }

    /// Returns the next line that is not blank. After an error, the call can be repeated.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let Some(mut line) = self.next_line()? else { return Ok(None) };
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

    /// Returns the next line, blank or not.
    fn next_line(&mut self) -> io::Result<Option<Line>> {
        let mut is_started = self.partial.is_some();
        let mut line = self.partial.take().unwrap_or_else(|| Line {
            number: self.number + 1,
            bytes: Vec::new(),
            is_too_long: false,
        });
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.partial = is_started.then_some(line);
                    return Err(error);
                }
            };
            if buffer.is_empty() {
                self.number += u64::from(is_started);
                return Ok(is_started.then_some(line));
            }
            let room = FORMAT_CHECK_LEN - self.start.len();
            let known = self.start.len() + buffer.len().min(room);
            if known > self.checked {
                self.checked = known;
                // The whole start is checked again: a stream may deliver one byte at a time.
                let start = [&self.start, &buffer[..buffer.len().min(room)]].concat();
                check_format(&start)?;
            }
            is_started = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let (part, used) = end.map_or((buffer, buffer.len()), |end| (&buffer[..end], end + 1));
            if line.bytes.len() + part.len() > self.max_len {
                line.is_too_long = true;
            }
            if line.is_too_long {
                line.bytes.extend(part.iter().take(MAX_EXCERPT_LEN.saturating_sub(line.bytes.len())));
                line.bytes.truncate(MAX_EXCERPT_LEN);
            } else {
                line.bytes.extend_from_slice(part);
            }
            self.start.extend_from_slice(&buffer[..used.min(room)]);
            self.input.consume(used);
            self.bytes_read += used as u64;
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

    fn read_all(text: &[u8], capacity: usize, max_len: usize) -> (Vec<(u64, String, bool)>, u64) {
        let mut lines = Lines::new(BufReader::with_capacity(capacity, text), max_len);
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push((line.number, String::from_utf8_lossy(&line.bytes).into_owned(), line.is_too_long));
        }
        (found, lines.bytes_read())
    }

    #[test]
    fn byte_order_marks_carriage_returns_and_blank_lines_are_skipped_and_counted() {
        let text = b"\xef\xbb\xbfone\r\n\r\n \t\ntwo\n\nthree";
        for capacity in [1, 2, 3, 64] {
            let (found, read) = read_all(text, capacity, 100);
            let expected = [(1, "one"), (4, "two"), (6, "three")];
            assert_eq!(found, expected.map(|(number, text)| (number, text.to_owned(), false)), "{capacity}");
            assert_eq!(read, text.len() as u64);
        }
        assert_eq!(read_all(b"", 8, 100).0, []);
        assert_eq!(read_all(b"\n\n", 8, 100).0, []);
    }

    #[test]
    fn other_formats_are_detected_with_any_buffer_size() {
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
    fn a_line_is_complete_after_the_input_would_block() {
        /// Reader that returns `WouldBlock` on every other read.
        struct Blocking<'a>(&'a [u8], bool);

        impl io::Read for Blocking<'_> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                self.1 = !self.1;
                if self.1 { Err(io::ErrorKind::WouldBlock.into()) } else { self.0.read(into) }
            }
        }

        let mut lines = Lines::new(BufReader::with_capacity(3, Blocking(b"one line\n\ntwo", false)), 100);
        let (mut found, mut blocks) = (Vec::new(), 0);
        loop {
            match lines.next() {
                Ok(Some(line)) => found.push((line.number, String::from_utf8(line.bytes).unwrap())),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    blocks += 1;
                }
            }
        }
        assert_eq!(found, [(1, "one line".to_owned()), (3, "two".to_owned())]);
        assert!(blocks > 4, "{blocks}");
    }

    #[test]
    fn a_line_that_is_too_long_is_truncated_and_the_next_one_is_read() {
        let text = [&[b'a'; 5000][..], b"\nshort\n", &[b'b'; 11], b"\n", &[b'c'; 10]].concat();
        for capacity in [7, 64 * 1024] {
            let (found, _) = read_all(&text, capacity, 10);
            let lengths: Vec<_> =
                found.iter().map(|(number, text, long)| (*number, text.len(), *long)).collect();
            assert_eq!(
                lengths,
                [(1, MAX_EXCERPT_LEN, true), (2, 5, false), (3, 11, true), (4, 10, false)],
                "{capacity}"
            );
        }
    }
}
