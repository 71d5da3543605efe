//! Open connections: their number, time limits and eviction.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tower_service::Service as _;

use crate::http::activity::Activity;
use crate::http::fault_stream::{FaultHandle, FaultStream};
use crate::lock;
use crate::protocol::request::{BodyReadError, MAX_BODY_LEN};

/// Maximum number of bytes that are read of a body that is too large. A client that is still sending would see a closed
/// connection instead of the 413.
const MAX_DISCARDED_LEN: usize = 8 * MAX_BODY_LEN;

/// Maximum number of bytes of all bodies in memory.
const MAX_TOTAL_BODY_LEN: usize = 64 * 1024 * 1024;

/// Bodies up to this length do not count towards the maximum.
const UNCOUNTED_BODY_LEN: usize = 64 * 1024;

/// Maximum length of a request head, and size of the read buffer of a connection.
const BUFFER_LEN: usize = 64 * 1024;

/// Delay after a failed `accept`, for example without a free file descriptor.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(20);

/// Limits of a server's connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Time limit of a request head, of a body, and of an idle connection.
    pub(crate) wait: Duration,
    /// Maximum number of open connections. A new connection beyond that closes the one that has been idle longest.
    pub(crate) connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { wait: Duration::from_secs(60), connections: 512 }
    }
}

/// Interval at which a new connection looks for an idle one while all are busy.
const EVICTION_INTERVAL: Duration = Duration::from_millis(20);

/// Handle of a connection, for its handlers.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) fault: FaultHandle,
    state: Arc<State>,
    bodies: Arc<Semaphore>,
    wait: Duration,
}

#[derive(Debug)]
struct State {
    activity: Activity,
    close: Notify,
}

/// A body or the reason why it could not be read, with its part of the memory for bodies.
pub(crate) struct ReadBody {
    pub(crate) bytes: Result<Bytes, BodyReadError>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// Reads a whole body.
    pub(crate) async fn read(&self, body: Body) -> ReadBody {
        let mut permit = None;
        let bytes = self.read_within(body, MAX_BODY_LEN, &mut permit).await;
        self.state.activity.busy();
        ReadBody { bytes, _permit: permit }
    }

    /// Reads a body and discards it.
    pub(crate) async fn discard(&self, body: Body) {
        let _ = self.read_within(body, 0, &mut None).await;
        self.state.activity.busy();
    }

    async fn read_within(
        &self,
        body: Body,
        limit: usize,
        permit: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<Bytes, BodyReadError> {
        let mut stream = body.into_data_stream();
        let mut bytes = BytesMut::new();
        let mut length = 0;
        let deadline = tokio::time::Instant::now() + self.wait;
        loop {
            let Ok(chunk) = tokio::time::timeout_at(deadline, stream.next()).await else {
                return Err(BodyReadError::TooSlow);
            };
            let Some(chunk) = chunk else { break };
            let chunk = chunk.map_err(|_| BodyReadError::Incomplete)?;
            length += chunk.len();
            if length <= limit {
                if length > UNCOUNTED_BODY_LEN {
                    self.reserve(
                        length - permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits),
                        permit,
                    )?;
                }
                bytes.extend_from_slice(&chunk);
            } else if length > MAX_DISCARDED_LEN {
                break;
            }
        }
        if length <= limit { Ok(bytes.freeze()) } else { Err(BodyReadError::TooLarge) }
    }

    fn reserve(&self, more: usize, permit: &mut Option<OwnedSemaphorePermit>) -> Result<(), BodyReadError> {
        let more = u32::try_from(more).map_err(|_| BodyReadError::TooLarge)?;
        let added = self.bodies.clone().try_acquire_many_owned(more).map_err(|_| BodyReadError::Busy)?;
        match permit {
            Some(permit) => permit.merge(added),
            None => *permit = Some(added),
        }
        Ok(())
    }
}

/// Serves connections until `stopped`. Requests in flight then have `grace` to complete.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    stopped: impl Future<Output = ()>,
    grace: Duration,
) {
    let open = Arc::new(OpenConnections::default());
    let slots = Arc::new(Semaphore::new(limits.connections));
    let bodies = Arc::new(Semaphore::new(MAX_TOTAL_BODY_LEN));
    let (stop, stopping) = watch::channel(());
    let accepting = async {
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                // The client has closed the connection already.
                Err(error) if is_connection_error(&error) => continue,
                Err(_) => {
                    open.close_longest_waiting(limits.wait);
                    tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
                    continue;
                }
            };
            let permit = loop {
                if slots.available_permits() == 0 {
                    open.close_longest_waiting(limits.wait);
                }
                // A connection that was busy may be idle by now.
                match tokio::time::timeout(EVICTION_INTERVAL, slots.clone().acquire_owned()).await {
                    Ok(Ok(permit)) => break permit,
                    Ok(Err(_)) => return,
                    Err(_) => {}
                }
            };
            let state = Arc::new(State { activity: Activity::new(), close: Notify::new() });
            let connection = Connection {
                fault: FaultHandle::default(),
                state,
                bodies: bodies.clone(),
                wait: limits.wait,
            };
            let entry = open.enter(connection.state.clone());
            let (app, stopping) = (app.clone(), stopping.clone());
            tokio::spawn(async move {
                serve_connection(stream, app, connection, stopping).await;
                drop((entry, permit));
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = stopped => {}
    }
    drop(listener);
    let _ = stop.send(());
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(grace, slots.acquire_many(all)).await;
}

async fn serve_connection(
    stream: TcpStream,
    app: Router,
    connection: Connection,
    mut stopping: watch::Receiver<()>,
) {
    // Without TCP_NODELAY, a response in two writes would wait for the client's delayed acknowledgement. An error here is
    // harmless.
    let _ = stream.set_nodelay(true);
    let fault_stream =
        TokioIo::new(FaultStream::new(stream, connection.fault.clone(), connection.state.activity.clone()));
    let state = connection.state.clone();
    let wait = connection.wait;
    let service = service_fn(move |request: http::Request<Incoming>| {
        let mut app = app.clone();
        let connection = connection.clone();
        async move {
            let state = connection.state.clone();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(connection));
            let response = app.call(request).await;
            state.activity.sending();
            response.map_err(|error: Infallible| error)
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(wait)
        .max_buf_size(BUFFER_LEN)
        .serve_connection(fault_stream, service);
    let mut serving = pin!(serving);
    let closed = state.close.notified();
    let mut closed = pin!(closed);
    tokio::select! {
        _ = &mut serving => {}
        () = &mut closed => {}
        _ = stopping.changed() => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

/// Open connections, oldest first.
#[derive(Default)]
struct OpenConnections {
    states: Mutex<(u64, BTreeMap<u64, Arc<State>>)>,
}

/// Registration of an open connection, which ends when this is dropped.
struct ConnectionGuard {
    open: Arc<OpenConnections>,
    number: u64,
}

impl OpenConnections {
    fn enter(self: &Arc<Self>, state: Arc<State>) -> ConnectionGuard {
        let mut states = lock(&self.states);
        states.0 += 1;
        let number = states.0;
        states.1.insert(number, state);
        ConnectionGuard { open: self.clone(), number }
    }

    /// Closes the connection that has been idle longest, if any is idle.
    fn close_longest_waiting(&self, limit: Duration) {
        let states = lock(&self.states);
        let waiting =
            states.1.values().filter_map(|state| Some((state.activity.waiting_since(limit)?, state)));
        if let Some((_, state)) = waiting.min_by_key(|(since, _)| *since) {
            // Marked as busy, so that the next call selects another connection.
            state.activity.busy();
            state.close.notify_one();
        }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        lock(&self.open.states).1.remove(&self.number);
    }
}

fn is_connection_error(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}
