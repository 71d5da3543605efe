//! State of a connection: waiting for its client, busy with a request, or sending an answer.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::lock;

/// What a connection is doing, as its handler and its socket report it.
#[derive(Debug, Clone)]
pub(crate) struct Activity(Arc<Mutex<Phase>>);

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// For the client, since then.
    Waiting(Instant),
    Busy,
    /// An answer, of which the system last took a part then.
    Sending(Instant),
}

impl Activity {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Phase::Waiting(Instant::now()))))
    }

    /// Reports that a whole request has arrived, or that the connection is being closed.
    pub(crate) fn busy(&self) {
        *lock(&self.0) = Phase::Busy;
    }

    /// Reports that there is an answer to send.
    pub(crate) fn sending(&self) {
        *lock(&self.0) = Phase::Sending(Instant::now());
    }

    /// Reports that the system took a part of an answer.
    pub(crate) fn write_progressed(&self) {
        let mut phase = lock(&self.0);
        if let Phase::Sending(_) = *phase {
            *phase = Phase::Sending(Instant::now());
        }
    }

    /// Reports that the system took everything there was to send.
    ///
    /// Answers are one piece each, so that the end of one is never still to come.
    pub(crate) fn flushed(&self) {
        let mut phase = lock(&self.0);
        if let Phase::Sending(_) = *phase {
            *phase = Phase::Waiting(Instant::now());
        }
    }

    /// Since when the connection waits for its client. One that takes no part of its answer within `limit` is waited for,
    /// too.
    pub(crate) fn waiting_since(&self, limit: Duration) -> Option<Instant> {
        match *lock(&self.0) {
            Phase::Waiting(since) => Some(since),
            Phase::Sending(since) if since.elapsed() > limit => Some(since),
            Phase::Sending(_) | Phase::Busy => None,
        }
    }
}
