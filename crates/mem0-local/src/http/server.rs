//! HTTP server on its own thread and runtime.

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
use crate::http::fault_stream::WriteFault;
use crate::http::hosts::{AllowedHosts, check_host};
use crate::http::router::RoutedRequest;
use crate::http::service::Service;
use crate::protocol::reply::HttpReply;
use crate::protocol::request::Request;

/// Time that requests in flight have to complete when the server stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// Allowed hosts and limits of a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerOptions {
    /// Names that are allowed in `Host`, besides those of loopback.
    pub(crate) hosts: Vec<String>,
    pub(crate) limits: Limits,
}

/// A running server, which stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts to serve a bound listener.
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
        // Without a message, the thread ended during its start.
        started.recv().unwrap_or_else(|_| Err(io::Error::other("the thread ended early")))?;
        Ok(server)
    }

    /// Stops the server. Requests in flight have one second to complete.
    pub(crate) fn stop(&mut self) {
        // Either error means that the server has stopped already.
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
        connections::serve(listener, app, limits, stopped, SHUTDOWN_TIMEOUT).await;
    });
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
}

/// Returns the routes of the platform.
pub(crate) fn platform_router(service: Arc<Service>) -> Router {
    Router::new().fallback(handle_request).with_state(service)
}

async fn handle_request(
    State(service): State<Arc<Service>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: http::Request<Body>,
) -> Response {
    let (Parts { method, uri, headers, .. }, body) = request.into_parts();
    let request = service.router.route(Request::new(method, &uri, headers, Ok(Bytes::new())));
    // Without a valid key, the body is discarded.
    let (mut routed, needs_body) = if body.is_end_stream() {
        (request, true)
    } else {
        let service = service.clone();
        let checked = tokio::task::spawn_blocking(move || {
            let needs_body = service.needs_body(&request);
            (request, needs_body)
        });
        match checked.await {
            Ok(checked) => checked,
            Err(_) => return internal_error(),
        }
    };
    let read = if needs_body {
        Some(connection.read(body).await)
    } else {
        connection.discard(body).await;
        None
    };
    if let Some(read) = &read {
        routed.request.set_body(read.bytes.clone());
    }
    // A separate task, so that the operation is executed even if the client disconnects.
    match tokio::spawn(execute(service, routed)).await {
        Ok(Ok((reply, write_fault))) => {
            connection.fault.set(write_fault);
            reply.into_response()
        }
        Ok(Err(_)) | Err(_) => internal_error(),
    }
}

fn internal_error() -> Response {
    HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error.").into_response()
}

async fn execute(service: Arc<Service>, routed: RoutedRequest) -> Result<(HttpReply, WriteFault), JoinError> {
    let fault = service.faults.take(&routed);
    if let Some(FaultKind::Delay(delay)) = fault.as_ref().map(|fault| &fault.kind) {
        tokio::time::sleep(*delay).await;
    }
    // The store blocks on its lock and on the disk.
    let handler = service.clone();
    let response = tokio::task::spawn_blocking(move || handler.respond(&routed, fault.as_ref())).await;
    // Follow-up work is done in the background. The next request reports an error of the store.
    drop(tokio::task::spawn_blocking(move || service.backend.store().map(drop)));
    response
}
