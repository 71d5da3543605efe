//! An input that comes bit by bit, and is not waited for any more once there is a signal.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};

use mem0::bulk::Handle;

use crate::interrupts::TICK;

/// How much is read at once.
const PART: usize = 64 * 1024;

/// How many parts are read ahead.
const AHEAD: usize = 2;

/// What a thread of its own reads: nothing else can give up a read that waits. Where nothing comes for a moment, that
/// is an error of the kind `WouldBlock`, so that what has come need not wait; after a stop it is another one.
pub(crate) struct Arriving {
    parts: Receiver<io::Result<Vec<u8>>>,
    part: Vec<u8>,
    used: usize,
    is_at_end: bool,
    handle: Handle,
}

impl Arriving {
    pub(crate) fn new(mut input: impl Read + Send + 'static, handle: &Handle) -> io::Result<Self> {
        let (send, parts) = mpsc::sync_channel(AHEAD);
        let read = move || {
            loop {
                let part = read_part(&mut input);
                let is_last = part.as_ref().map_or(true, Vec::is_empty);
                if send.send(part).is_err() || is_last {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("mem0ctl-input".to_owned()).spawn(read)?;
        Ok(Self { parts, part: Vec::new(), used: 0, is_at_end: false, handle: handle.clone() })
    }

    /// Takes the next part; nothing at the end.
    fn next(&mut self) -> io::Result<Vec<u8>> {
        if self.handle.is_stopped() {
            return Err(io::Error::other("it is not waited for any more"));
        }
        match self.parts.recv_timeout(TICK) {
            Ok(part) => part,
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::WouldBlock.into()),
            Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("nobody reads it any more")),
        }
    }
}

fn read_part(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut part = vec![0; PART];
    loop {
        match input.read(&mut part) {
            Ok(length) => {
                part.truncate(length);
                return Ok(part);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl BufRead for Arriving {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used >= self.part.len() && !self.is_at_end {
            self.part = self.next()?;
            self.used = 0;
            self.is_at_end = self.part.is_empty();
        }
        Ok(self.part.get(self.used..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.used += amount;
    }
}

impl Read for Arriving {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(into)?;
        self.consume(length);
        Ok(length)
    }
}
