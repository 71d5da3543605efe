//! The HTTP server: a thread of its own with a runtime of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::StatusCode;
use http::request::Parts;
use tokio::sync::oneshot;
use tokio::task::JoinError;

use crate::local::fault::FaultKind;
use crate::local::reply::Reply;
use crate::local::request::{BODY_LIMIT, Request, Unread};
use crate::local::service::Service;
use crate::local::socket::{Doorman, Outgoing, Switch};

/// How much of a body that is too large is read before it is answered: a client that is still sending
/// would see a broken connection in place of the 413.
const READ_LIMIT: usize = 8 * BODY_LIMIT;

/// How long a stop waits for requests that are on their way.
const GRACE: Duration = Duration::from_secs(1);

/// The running server. It stops when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves a listener that is bound already: what connects from now on is answered.
    pub(crate) fn start(listener: TcpListener, app: Router) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("mem0-local".to_owned())
            .spawn(move || run(listener, app, stopped, &ready))?;
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
    stopped: oneshot::Receiver<()>,
    ready: &mpsc::SyncSender<io::Result<()>>,
) {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(error))),
    };
    runtime.block_on(async {
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => Doorman(listener),
            Err(error) => return drop(ready.send(Err(error))),
        };
        let _ = ready.send(Ok(()));
        let app = app.into_make_service_with_connect_info::<Switch>();
        let (grace, graceful) = oneshot::channel();
        let serving = axum::serve(listener, app).with_graceful_shutdown(async {
            let _ = stopped.await;
            let _ = grace.send(());
        });
        tokio::select! {
            _ = serving => {}
            () = async {
                let _ = graceful.await;
                tokio::time::sleep(GRACE).await;
            } => {}
        }
    });
    runtime.shutdown_timeout(GRACE);
}

/// What answers as the platform does.
pub(crate) fn platform(service: Arc<Service>) -> Router {
    Router::new().fallback(answer).with_state(service)
}

async fn answer(
    State(service): State<Arc<Service>>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    request: http::Request<Body>,
) -> Response {
    let (Parts { method, uri, headers, .. }, body) = request.into_parts();
    let request = Request::new(method, &uri, headers, read(body).await);
    // A task of its own goes on when the client has given up and the connection is gone: what was asked is
    // carried out, delayed or not.
    match tokio::spawn(carry_out(service, request)).await {
        Ok(Ok((reply, outgoing))) => {
            switch.set(outgoing);
            response(reply)
        }
        Ok(Err(_)) | Err(_) => {
            response(Reply::detail(StatusCode::INTERNAL_SERVER_ERROR, "The operation broke off."))
        }
    }
}

async fn carry_out(service: Arc<Service>, request: Request) -> Result<(Reply, Outgoing), JoinError> {
    let fault = service.faults.take(&request);
    if let Some(FaultKind::Delay(delay)) = fault.as_ref().map(|fault| &fault.kind) {
        tokio::time::sleep(*delay).await;
    }
    // The store blocks: on its lock, and on the disk.
    let answering = service.clone();
    let answer = tokio::task::spawn_blocking(move || answering.answer(&request, fault.as_ref())).await;
    // Nobody waits for this. If the store fails, the next request meets that too, and tells.
    drop(tokio::task::spawn_blocking(move || service.store().map(drop)));
    answer
}

/// Reads a body to its end.
pub(crate) async fn read(body: Body) -> Result<Bytes, Unread> {
    let mut stream = body.into_data_stream();
    let mut bytes = BytesMut::new();
    let mut length = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Unread::BrokenOff)?;
        length += chunk.len();
        if length <= BODY_LIMIT {
            bytes.extend_from_slice(&chunk);
        } else if length > READ_LIMIT {
            break;
        }
    }
    if length <= BODY_LIMIT { Ok(bytes.freeze()) } else { Err(Unread::TooLarge) }
}

pub(crate) fn response(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = reply.status;
    response.headers_mut().extend(reply.headers);
    response
}
