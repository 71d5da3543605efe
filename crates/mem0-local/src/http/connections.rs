//! Open connections: how many there are, how long they may wait, and which one makes room for a new one.

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

/// How much of a body that is too large is read before it is answered: a client that is still sending
/// would see a broken connection in place of the 413.
const MAX_DISCARDED_LEN: usize = 8 * MAX_BODY_LEN;

/// How many bytes bodies may have together while they are read and answered.
const MAX_TOTAL_BODY_LEN: usize = 64 * 1024 * 1024;

/// Bodies up to this length are taken whatever the others have.
const UNCOUNTED_BODY_LEN: usize = 64 * 1024;

/// Largest head of a request, and how much is read of a connection at once.
const BUFFER_LEN: usize = 64 * 1024;

/// How long to wait where the system has no descriptor left for a new connection.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(20);

/// Limits of a server's connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Time limit of a request head, of a body, and of an idle connection.
    pub(crate) wait: Duration,
    /// How many connections may be open. Beyond that, the one that has waited longest is closed for a new one.
    pub(crate) connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { wait: Duration::from_secs(60), connections: 512 }
    }
}

/// Interval at which a new connection looks for room while all others are busy.
const EVICTION_INTERVAL: Duration = Duration::from_millis(20);

/// A connection as its handlers know it.
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

/// A body that was read, or why it was not, and its share of what bodies may have together.
pub(crate) struct ReadBody {
    pub(crate) bytes: Result<Bytes, BodyReadError>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// Reads a body to its end.
    pub(crate) async fn read(&self, body: Body) -> ReadBody {
        let mut permit = None;
        let bytes = self.read_within(body, MAX_BODY_LEN, &mut permit).await;
        self.state.activity.busy();
        ReadBody { bytes, _permit: permit }
    }

    /// Reads a body that nobody will look at, and keeps nothing of it.
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

/// Answers connections until `stopped`, and then gives requests on their way that long.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    stopped: impl Future<Output = ()>,
    grace: Duration,
) {
    let open = Arc::new(OpenConnections::default());
    let room = Arc::new(Semaphore::new(limits.connections));
    let bodies = Arc::new(Semaphore::new(MAX_TOTAL_BODY_LEN));
    let (stop, stopping) = watch::channel(());
    let accepting = async {
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                // The client has gone already.
                Err(error) if is_connection_error(&error) => continue,
                Err(_) => {
                    open.close_longest_waiting(limits.wait);
                    tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
                    continue;
                }
            };
            let permit = loop {
                if room.available_permits() == 0 {
                    open.close_longest_waiting(limits.wait);
                }
                // A connection that was busy may be idle by now.
                match tokio::time::timeout(EVICTION_INTERVAL, room.clone().acquire_owned()).await {
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
    let _ = tokio::time::timeout(grace, room.acquire_many(all)).await;
}

async fn serve_connection(
    stream: TcpStream,
    app: Router,
    connection: Connection,
    mut stopping: watch::Receiver<()>,
) {
    // Without it, an answer in two writes would wait for the client's delayed acknowledgement; a connection that refuses
    // the option is still a connection.
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
            let answer = app.call(request).await;
            state.activity.sending();
            answer.map_err(|never: Infallible| never)
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

/// The open connections, oldest first.
#[derive(Default)]
struct OpenConnections {
    states: Mutex<(u64, BTreeMap<u64, Arc<State>>)>,
}

/// The place of a connection among the open ones, until this is dropped.
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

    /// Closes the connection that has waited longest for its client, if one waits.
    fn close_longest_waiting(&self, limit: Duration) {
        let states = lock(&self.states);
        let waiting =
            states.1.values().filter_map(|state| Some((state.activity.waiting_since(limit)?, state)));
        if let Some((_, state)) = waiting.min_by_key(|(since, _)| *since) {
            // It is closed once: the next one is another.
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
