//! Activity of a connection: waiting for its client, busy with a request, or sending a response.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::lock;

/// Activity of a connection, reported by its handler and its stream.
#[derive(Debug, Clone)]
pub(crate) struct Activity(Arc<Mutex<Phase>>);

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// Waiting for the client since this time.
    Waiting(Instant),
    Busy,
    /// Sending a response. The last successful write was at this time.
    Sending(Instant),
}

impl Activity {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Phase::Waiting(Instant::now()))))
    }

    /// Reports that a request was received, or that the connection is being closed.
    pub(crate) fn busy(&self) {
        *lock(&self.0) = Phase::Busy;
    }

    /// Reports that a response is ready to send.
    pub(crate) fn sending(&self) {
        *lock(&self.0) = Phase::Sending(Instant::now());
    }

    /// Reports a successful write of a part of a response.
    pub(crate) fn write_progressed(&self) {
        let mut phase = lock(&self.0);
        if let Phase::Sending(_) = *phase {
            *phase = Phase::Sending(Instant::now());
        }
    }

    /// Reports that everything was written.
    ///
    /// A response is one chunk, so that a flush means that it is complete.
    pub(crate) fn flushed(&self) {
        let mut phase = lock(&self.0);
        if let Phase::Sending(_) = *phase {
            *phase = Phase::Waiting(Instant::now());
        }
    }

    /// Returns the time since which the connection waits for its client. A client that has not read anything of its
    /// response within `limit` counts too.
    pub(crate) fn waiting_since(&self, limit: Duration) -> Option<Instant> {
        match *lock(&self.0) {
            Phase::Waiting(since) => Some(since),
            Phase::Sending(since) if since.elapsed() > limit => Some(since),
            Phase::Sending(_) | Phase::Busy => None,
        }
    }
}
