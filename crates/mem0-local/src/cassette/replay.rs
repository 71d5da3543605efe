//! Server that replays a cassette.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use http::header::HOST;
use http::request::Parts;
use http::{HeaderName, StatusCode};

use crate::cassette::ORIGIN_PLACEHOLDER;
use crate::cassette::exchange::{RecordedRequest, RecordedResponse};
use crate::cassette::reader::CassetteReader;
use crate::error::LocalError;
use crate::http::connections::Connection;
use crate::http::server::{Server, ServerOptions};
use crate::lock;
use crate::protocol::reply::HttpReply;
use crate::protocol::request::Request;

/// Server that replays the responses recorded by `mem0ctl local record` or a [`Recorder`](crate::Recorder): see
/// [cassettes](crate#cassettes).
///
/// It serves on its own thread until it is dropped, and sends no requests.
///
/// A request gets the response of the recorded request with the same method, path, query and body. Bodies are
/// compared as JSON: the order of fields and white space are ignored, and so is the order of different names in a
/// query. Equal requests get their responses in recorded order; after the last one, it is repeated.
///
/// A request without a recorded response gets status 421, with a `detail` that names the most similar recorded
/// request and the differences. [`unmatched`](Self::unmatched) returns these messages. The status is neither 404,
/// which is a response of the platform, nor 5xx, after which clients retry.
///
/// # API keys and e-mail addresses
/// Any API key is accepted, and none is required. A cassette contains no keys, but distinguishes them: if a request was
/// recorded with several keys, such as those of an OWNER and a READER, the first key of the replay is mapped to the first
/// recorded key.
///
/// A cassette contains pseudonyms such as `person-1@example.com` in place of e-mail addresses. An address that a request
/// contains for the first time is mapped to the pseudonym at its position in the first matching recorded request, and keeps
/// that pseudonym; no two addresses share one. Responses contain the address as it was sent. A pseudonym in a request
/// is mapped to itself. Responses keep pseudonyms that no address is mapped to.
///
/// ```
/// # #[cfg(feature = "blocking")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mem0::MemoryClient;
/// use mem0_local::Replay;
///
/// # let folder = tempfile::tempdir()?;
/// # let cassette = folder.path().join("ping.jsonl");
/// // A line as `mem0ctl local record` writes it:
/// let line = r#"{"request": {"method": "GET", "path": "/v1/ping/", "key": "key-1"},
///     "response": {"status": 200, "body": {"json": {"status": "ok", "org_id": "org-1"}}}}"#;
/// std::fs::write(&cassette, line.replace('\n', " ") + "\n")?;
///
/// let replay = Replay::start(&cassette)?;
/// let client = MemoryClient::builder().base_url(replay.url()).api_key("any-key").build()?;
/// assert_eq!(client.ping()?.org_id, Some("org-1".into()));
/// assert!(client.organizations().list().is_err(), "no such request was recorded");
/// assert!(replay.unmatched()[0].contains("for GET /api/v1/orgs/organizations/"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "blocking"))]
/// # fn main() {}
/// ```
pub struct Replay {
    server: Server,
    reader: Arc<Mutex<CassetteReader>>,
    url: String,
}

/// Builder of a [`Replay`].
///
/// ```
/// use mem0_local::{LocalError, Replay};
///
/// let refused = Replay::builder("no/such/file.jsonl").start();
/// assert!(matches!(refused, Err(LocalError::File { .. })));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct ReplayBuilder {
    file: PathBuf,
    listen: SocketAddr,
    server: ServerOptions,
}

impl ReplayBuilder {
    /// Sets the address to listen on. The default is `127.0.0.1:0`: loopback, any free port. [`start`](Self::start)
    /// rejects addresses other than loopback.
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.listen = address.into();
        self
    }

    /// Allows requests with this host name, in addition to loopback names and addresses. May be called more than once.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.server.hosts.push(name.into());
        self
    }

    /// Reads the cassette and starts the server. The server is ready when this returns; the file is not read again.
    ///
    /// # Errors
    /// - [`LocalError::File`] if the file cannot be read.
    /// - [`LocalError::Content`] if a line is invalid or the file contains no exchange. An incomplete last line, as a
    ///   killed recorder leaves it, is ignored.
    /// - [`LocalError::NotLoopback`] or [`LocalError::Listen`] if the address is not allowed or not available.
    pub fn start(self) -> Result<Replay, LocalError> {
        crate::http::hosts::check(&self.server.hosts)?;
        let exchanges = Arc::new(Mutex::new(CassetteReader::read(&self.file)?));
        let listener = bind_loopback(self.listen)?;
        let app = Router::new().fallback(handle_request).with_state(exchanges.clone());
        let server =
            Server::start(listener, app, &self.server).map_err(|source| LocalError::Thread { source })?;
        let url = format!("http://{}", server.address);
        Ok(Replay { server, reader: exchanges, url })
    }
}

impl Replay {
    /// Starts a replay of `file` on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Those of [`ReplayBuilder::start`].
    pub fn start(file: impl Into<PathBuf>) -> Result<Self, LocalError> {
        Self::builder(file).start()
    }

    /// Creates a builder.
    pub fn builder(file: impl Into<PathBuf>) -> ReplayBuilder {
        let listen = (Ipv4Addr::LOCALHOST, 0).into();
        ReplayBuilder { file: file.into(), listen, server: ServerOptions::default() }
    }

    /// Base URL, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Number of exchanges in the cassette.
    pub fn recorded(&self) -> usize {
        lock(&self.reader).len()
    }

    /// Number of exchanges that have not been replayed yet.
    pub fn unused(&self) -> usize {
        lock(&self.reader).unused()
    }

    /// Messages about requests without a recorded response, oldest first, at most 1000. A test can assert at its end
    /// that there are none.
    pub fn unmatched(&self) -> Vec<String> {
        lock(&self.reader).unmatched()
    }

    /// Stops the server, as dropping it does.
    pub fn stop(&mut self) {
        self.server.stop();
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Binds a loopback address.
pub(super) fn bind_loopback(address: SocketAddr) -> Result<TcpListener, LocalError> {
    if !address.ip().is_loopback() {
        return Err(LocalError::NotLoopback { address });
    }
    TcpListener::bind(address).map_err(|source| LocalError::Listen { address, source })
}

async fn handle_request(
    State(reader): State<Arc<Mutex<CassetteReader>>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: http::Request<Body>,
) -> Response {
    let (Parts { method, uri, headers, .. }, body) = request.into_parts();
    let read = connection.read(body).await;
    let request = Request::new(method, &uri, headers, read.bytes.clone());
    if let Some(error) = request.body_error {
        return error.reply().into_response();
    }
    // Comparing large bodies would block the runtime.
    let result = tokio::task::spawn_blocking(move || {
        let response = lock(&reader).respond(RecordedRequest::of(&request), credentials(&request).as_deref());
        response.map(|response| reply(response, host(&request)))
    });
    match result.await {
        Ok(Ok(reply)) => reply.into_response(),
        Ok(Err(message)) => HttpReply::detail(StatusCode::MISDIRECTED_REQUEST, &message).into_response(),
        Err(_) => {
            HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error.").into_response()
        }
    }
}

fn reply(response: RecordedResponse, host: &str) -> HttpReply {
    let to_own_url = |text: &str| match text.strip_prefix(ORIGIN_PLACEHOLDER) {
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '?']) => format!("http://{host}{rest}"),
        _ => text.to_owned(),
    };
    let response = response.map(&mut |text| to_own_url(text));
    let without_headers = HttpReply {
        status: StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        headers: Vec::new(),
        body: response.body.and_then(|body| body.bytes()).unwrap_or_default(),
    };
    let headers = response.headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::try_from(name.as_str()).ok()?;
        Some((name, value))
    });
    headers.fold(without_headers, |reply, (name, value)| reply.header(name, value))
}

/// `Host` header of a request: the address by which the client reached this server.
pub(super) fn host(request: &Request) -> &str {
    request.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1")
}

/// Credentials of the `Authorization` header, without the scheme.
pub(super) fn credentials(request: &Request) -> Option<String> {
    let header = request.headers.get(http::header::AUTHORIZATION)?;
    let header = String::from_utf8_lossy(header.as_bytes());
    let credentials = header.trim().split_once(char::is_whitespace).map_or(&*header, |(_, rest)| rest).trim();
    Some(credentials.to_owned()).filter(|credentials| !credentials.is_empty())
}
