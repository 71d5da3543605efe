//! The HTTP server: a thread of its own with a runtime of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, State};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use tokio::sync::oneshot;
use tokio::task::JoinError;

use crate::http::connections::{self, Connection, Limits};
use crate::http::fault::FaultKind;
use crate::http::hosts::{AllowedHosts, check_host};
use crate::http::router::RoutedRequest;
use crate::http::service::Service;
use crate::http::socket::Outgoing;
use crate::protocol::reply::HttpReply;
use crate::protocol::request::Request;

/// How long a stop waits for requests that are on their way.
const GRACE: Duration = Duration::from_secs(1);

/// What a server is reached by, and how much of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerOptions {
    /// Names that are allowed in `Host` beside those of loopback.
    pub(crate) hosts: Vec<String>,
    pub(crate) limits: Limits,
}

/// The running server. It stops when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves a listener that is bound already: what connects from now on is answered.
    pub(crate) fn start(listener: TcpListener, app: Router, options: &ServerOptions) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let hosts = AllowedHosts::new(address, &options.hosts);
        let app = app.layer(middleware::from_fn_with_state(hosts, check_host));
        let limits = options.limits;
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("mem0-local".to_owned())
            .spawn(move || run(listener, app, limits, stopped, &ready))?;
        let server = Self { address, stop: Some(stop), thread: Some(thread) };
        // A thread that ended without a word could not even start.
        started.recv().unwrap_or_else(|_| Err(io::Error::other("the thread ended early")))?;
        Ok(server)
    }

    /// Ends the server: requests on their way are given a second.
    pub(crate) fn stop(&mut self) {
        // An error of either means that it has stopped already.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    stopped: oneshot::Receiver<()>,
    ready: &mpsc::SyncSender<io::Result<()>>,
) {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(error))),
    };
    runtime.block_on(async {
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => return drop(ready.send(Err(error))),
        };
        let _ = ready.send(Ok(()));
        let stopped = async {
            let _ = stopped.await;
        };
        connections::serve(listener, app, limits, stopped, GRACE).await;
    });
    runtime.shutdown_timeout(GRACE);
}

/// What answers as the platform does.
pub(crate) fn platform(service: Arc<Service>) -> Router {
    Router::new().fallback(answer).with_state(service)
}

async fn answer(
    State(service): State<Arc<Service>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: http::Request<Body>,
) -> Response {
    let (Parts { method, uri, headers, .. }, body) = request.into_parts();
    let request = service.router.route(Request::new(method, &uri, headers, Ok(Bytes::new())));
    // What nobody will read is not kept: no key, no body.
    let (mut routed, is_read) = if body.is_end_stream() {
        (request, true)
    } else {
        let service = service.clone();
        let checked = tokio::task::spawn_blocking(move || {
            let is_read = service.reads_body_of(&request);
            (request, is_read)
        });
        match checked.await {
            Ok(checked) => checked,
            Err(_) => return broken(),
        }
    };
    let read = if is_read {
        Some(connection.read(body).await)
    } else {
        connection.discard(body).await;
        None
    };
    if let Some(read) = &read {
        routed.request.set_body(read.bytes.clone());
    }
    // A task of its own goes on when the client has given up and the connection is gone: what was asked is
    // carried out, delayed or not.
    match tokio::spawn(carry_out(service, routed)).await {
        Ok(Ok((reply, outgoing))) => {
            connection.switch.set(outgoing);
            reply.into_response()
        }
        Ok(Err(_)) | Err(_) => broken(),
    }
}

fn broken() -> Response {
    HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error.").into_response()
}

async fn carry_out(service: Arc<Service>, routed: RoutedRequest) -> Result<(HttpReply, Outgoing), JoinError> {
    let fault = service.faults.take(&routed);
    if let Some(FaultKind::Delay(delay)) = fault.as_ref().map(|fault| &fault.kind) {
        tokio::time::sleep(*delay).await;
    }
    // The store blocks: on its lock, and on the disk.
    let answering = service.clone();
    let answer = tokio::task::spawn_blocking(move || answering.answer(&routed, fault.as_ref())).await;
    // Nobody waits for this. If the store fails, the next request meets that too, and tells.
    drop(tokio::task::spawn_blocking(move || service.backend.store().map(drop)));
    answer
}
