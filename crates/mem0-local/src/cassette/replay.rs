//! A server that answers from a cassette.

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

use crate::cassette::ORIGIN;
use crate::cassette::exchange::{Answered, Asked};
use crate::cassette::shelf::Shelf;
use crate::error::LocalError;
use crate::http::connections::Connection;
use crate::http::server::{Server, ServerOptions};
use crate::lock;
use crate::protocol::reply::HttpReply;
use crate::protocol::request::Request;

/// A platform that answers what was recorded by `mem0ctl local record` or a
/// `Recorder` (see [recorded reality](crate#recorded-reality)), from a thread of its own until this is dropped. It asks nobody else.
///
/// A request is answered by the recorded one with the same method, path, query and body. Bodies are compared as JSON:
/// neither the order of fields nor white space counts, nor the order of different names in a query. Of requests that
/// are alike, the first is answered as the first was, and so on; the last answer stands for all that follow.
///
/// What was not recorded is answered 421, with a `detail` that names the nearest recorded request and what differs;
/// [`missed`](Self::missed) has these sentences too. 404 would look like an answer of the platform, and after a 5xx a
/// client would try again.
///
/// # Whose key, and whose address
/// Any key is good, and none is needed. A cassette has no keys, but it knows them apart: where the same was asked with
/// several keys, such as an OWNER's and a READER's, the first key that is used here stands for the first there.
///
/// A cassette has no e-mail addresses either, but stand-ins such as `person-1@example.com`. An address that a request
/// names for the first time becomes the stand-in of the first recorded request that it fits, and is that stand-in from
/// then on: no two addresses are the same one. In answers it stands again as it was sent. Stand-ins may be sent too, and
/// mean themselves; in answers they are left where no address has taken their place.
///
/// ```
/// # #[cfg(feature = "blocking")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mem0::MemoryClient;
/// use mem0_local::Replay;
///
/// # let folder = tempfile::tempdir()?;
/// # let cassette = folder.path().join("ping.jsonl");
/// // A line as `mem0ctl local record` writes them:
/// let line = r#"{"request": {"method": "GET", "path": "/v1/ping/", "key": "key-1"},
///     "answer": {"status": 200, "body": {"json": {"status": "ok", "org_id": "org-1"}}}}"#;
/// std::fs::write(&cassette, line.replace('\n', " ") + "\n")?;
///
/// let replay = Replay::start(&cassette)?;
/// let client = MemoryClient::builder().base_url(replay.url()).api_key("any-key").build()?;
/// assert_eq!(client.ping()?.org_id, Some("org-1".into()));
/// assert!(client.organizations().list().is_err(), "that was not recorded");
/// assert!(replay.missed()[0].contains("no answer to GET /api/v1/orgs/organizations/"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "blocking"))]
/// # fn main() {}
/// ```
pub struct Replay {
    server: Server,
    shelf: Arc<Mutex<Shelf>>,
    url: String,
}

/// How a [`Replay`] is to be.
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
    /// Where it listens; `127.0.0.1:0`, any free port, unless this says otherwise. An address that is not this
    /// machine's loopback is refused by [`start`](Self::start).
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.listen = address.into();
        self
    }

    /// Allows requests with this host name, beside loopback names and addresses. May be called more than once.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.server.hosts.push(name.into());
        self
    }

    /// Reads the cassette and starts. It is ready when this returns. The file is not looked at again.
    ///
    /// # Errors
    /// [`LocalError::File`] if it can't be read, [`LocalError::Content`] if a line of it is wrong or it holds nothing,
    /// and a [`LocalError`] if the address may not or can't be listened on. A last line that broke off, because its
    /// recorder was killed, is left out.
    pub fn start(self) -> Result<Replay, LocalError> {
        crate::http::hosts::check(&self.server.hosts)?;
        let exchanges = Arc::new(Mutex::new(Shelf::read(&self.file)?));
        let listener = listen(self.listen)?;
        let app = Router::new().fallback(answer).with_state(exchanges.clone());
        let server =
            Server::start(listener, app, &self.server).map_err(|source| LocalError::Thread { source })?;
        let url = format!("http://{}", server.address);
        Ok(Replay { server, shelf: exchanges, url })
    }
}

impl Replay {
    /// Answers from that file, on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Those of [`ReplayBuilder::start`].
    pub fn start(file: impl Into<PathBuf>) -> Result<Self, LocalError> {
        Self::builder(file).start()
    }

    /// How it is to be.
    pub fn builder(file: impl Into<PathBuf>) -> ReplayBuilder {
        let listen = (Ipv4Addr::LOCALHOST, 0).into();
        ReplayBuilder { file: file.into(), listen, server: ServerOptions::default() }
    }

    /// Its base URL, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many exchanges the cassette holds.
    pub fn recorded(&self) -> usize {
        lock(&self.shelf).len()
    }

    /// How many of them have not been asked for yet.
    pub fn unasked(&self) -> usize {
        lock(&self.shelf).unasked()
    }

    /// What was asked and is not in the recording, a sentence each, oldest first; the first 1000 of them. A test of
    /// your own may end with the assertion that there is none.
    pub fn missed(&self) -> Vec<String> {
        lock(&self.shelf).missed()
    }

    /// Stops, as dropping does.
    pub fn stop(&mut self) {
        self.server.stop();
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Binds an address of this machine.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener, LocalError> {
    if !address.ip().is_loopback() {
        return Err(LocalError::NotLoopback { address });
    }
    TcpListener::bind(address).map_err(|source| LocalError::Listen { address, source })
}

async fn answer(
    State(shelf): State<Arc<Mutex<Shelf>>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: http::Request<Body>,
) -> Response {
    let (Parts { method, uri, headers, .. }, body) = request.into_parts();
    let read = connection.read(body).await;
    let request = Request::new(method, &uri, headers, read.bytes.clone());
    if let Some(error) = request.body_error {
        return error.reply().into_response();
    }
    // To compare large bodies takes a while.
    let found = tokio::task::spawn_blocking(move || {
        let answered = lock(&shelf).answer(Asked::of(&request), credentials(&request).as_deref());
        answered.map(|answered| reply(answered, host(&request)))
    });
    match found.await {
        Ok(Ok(reply)) => reply.into_response(),
        Ok(Err(sentence)) => HttpReply::detail(StatusCode::MISDIRECTED_REQUEST, &sentence).into_response(),
        Err(_) => {
            HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error.").into_response()
        }
    }
}

fn reply(answered: Answered, host: &str) -> HttpReply {
    let here = |text: &str| match text.strip_prefix(ORIGIN) {
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '?']) => format!("http://{host}{rest}"),
        _ => text.to_owned(),
    };
    let answered = answered.map(&mut |text| here(text));
    let bare = HttpReply {
        status: StatusCode::from_u16(answered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        headers: Vec::new(),
        body: answered.body.and_then(|body| body.bytes()).unwrap_or_default(),
    };
    let headers = answered.headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::try_from(name.as_str()).ok()?;
        Some((name, value))
    });
    headers.fold(bare, |reply, (name, value)| reply.header(name, value))
}

/// The host and port by which the caller reached this server.
pub(super) fn host(request: &Request) -> &str {
    request.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1")
}

/// What comes after the scheme of the `Authorization` header, whatever the scheme is.
pub(super) fn credentials(request: &Request) -> Option<String> {
    let header = request.headers.get(http::header::AUTHORIZATION)?;
    let header = String::from_utf8_lossy(header.as_bytes());
    let credentials = header.trim().split_once(char::is_whitespace).map_or(&*header, |(_, rest)| rest).trim();
    Some(credentials.to_owned()).filter(|credentials| !credentials.is_empty())
}
