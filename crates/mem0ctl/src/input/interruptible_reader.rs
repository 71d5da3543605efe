//! Reader of a stream that a signal can interrupt.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};

use mem0::bulk::Handle;

use crate::interrupts::POLL_INTERVAL;

/// Size of a read in bytes.
const CHUNK_LEN: usize = 64 * 1024;

/// Number of chunks that are read ahead.
const CHUNKS_AHEAD: usize = 2;

/// Reader with its own thread, since a blocked read cannot be cancelled. Returns `WouldBlock` when no data has arrived,
/// and another error after a stop.
pub(crate) struct InterruptibleReader {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    used: usize,
    is_at_end: bool,
    handle: Handle,
}

impl InterruptibleReader {
    pub(crate) fn new(mut input: impl Read + Send + 'static, handle: &Handle) -> io::Result<Self> {
        let (sender, chunks) = mpsc::sync_channel(CHUNKS_AHEAD);
        let read = move || {
            loop {
                let chunk = read_chunk(&mut input);
                let is_last = chunk.as_ref().map_or(true, Vec::is_empty);
                if sender.send(chunk).is_err() || is_last {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("mem0ctl-input".to_owned()).spawn(read)?;
        Ok(Self { chunks, chunk: Vec::new(), used: 0, is_at_end: false, handle: handle.clone() })
    }

    /// Returns the next chunk; empty at the end.
    fn next(&mut self) -> io::Result<Vec<u8>> {
        if self.handle.is_stopped() {
            return Err(io::Error::other("reading was stopped"));
        }
        match self.chunks.recv_timeout(POLL_INTERVAL) {
            Ok(chunk) => chunk,
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::WouldBlock.into()),
            Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("the reader thread has ended")),
        }
    }
}

fn read_chunk(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut chunk = vec![0; CHUNK_LEN];
    loop {
        match input.read(&mut chunk) {
            Ok(length) => {
                chunk.truncate(length);
                return Ok(chunk);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl BufRead for InterruptibleReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used >= self.chunk.len() && !self.is_at_end {
            self.chunk = self.next()?;
            self.used = 0;
            self.is_at_end = self.chunk.is_empty();
        }
        Ok(self.chunk.get(self.used..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.used += amount;
    }
}

impl Read for InterruptibleReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(into)?;
        self.consume(length);
        Ok(length)
    }
}
