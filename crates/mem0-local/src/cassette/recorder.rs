//! Proxy that records the responses of a platform.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ALLOW, CONTENT_TYPE, LINK, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;

use crate::cassette::exchange::{RecordedBody, RecordedRequest, RecordedResponse};
use crate::cassette::forwarding::{Upstream, end_to_end};
use crate::cassette::replay::{bind_loopback, credentials};
use crate::cassette::writer::CassetteWriter;
use crate::error::LocalError;
use crate::http::connections::Connection;
use crate::http::server::{Server, ServerOptions};
use crate::lock;
use crate::protocol::reply::HttpReply;
use crate::protocol::request::Request;
use mem0::redact::Redacted;

/// Response headers that a cassette contains. Others, such as cookies, are dropped.
const STANDARD_HEADERS: [http::HeaderName; 6] =
    [CONTENT_TYPE, RETRY_AFTER, LOCATION, ALLOW, WWW_AUTHENTICATE, LINK];
const CUSTOM_HEADERS: [&str; 6] = [
    "x-request-id",
    "request-id",
    "x-amzn-requestid",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

/// Default time limit for a response.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Default limit for the body of a response, in bytes.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Proxy on this machine that forwards every request to a platform and records requests and responses in a cassette.
///
/// The proxy runs on its own thread until it is dropped. A [`Replay`](crate::Replay) serves the recorded responses.
///
/// The caller's API key is sent to the platform only. The cassette contains neither that key, wherever it was sent or
/// echoed, nor other text that looks like a key, nor fields with the name of a secret. Each e-mail address is replaced by
/// a pseudonym such as `person-1@example.com`. Only the host of a webhook's URL is recorded. All other text is recorded
/// unchanged: review a cassette before you share it.
///
/// Each exchange is one line of JSON, written before its response is forwarded: a killed recorder loses no response
/// that a client has received. Redirects are forwarded, not followed. If the platform's response is invalid,
/// incomplete, late or too large, status 502 with a message is forwarded and recorded. URLs of the platform in a
/// response, such as links to a next page, are replaced by the recorder's URL.
///
/// ```
/// # #[cfg(feature = "blocking")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mem0::MemoryClient;
/// use mem0_local::{LocalPlatform, Recorder, Replay};
///
/// # let folder = tempfile::tempdir()?;
/// # let cassette = folder.path().join("team.jsonl");
/// let platform = LocalPlatform::start()?; // or https://api.mem0.ai
/// let recorder = Recorder::start(platform.url(), &cassette)?;
/// let client = MemoryClient::builder().base_url(recorder.url()).api_key(platform.api_key()).build()?;
/// let recorded = client.project().get()?;
/// drop((recorder, platform));
///
/// // Later, without the platform:
/// let replay = Replay::start(&cassette)?;
/// let client = MemoryClient::builder().base_url(replay.url()).api_key("any-key").build()?;
/// assert_eq!(client.project().get()?.name, recorded.name);
/// assert_eq!((replay.unmatched().len(), replay.unused()), (0, 0));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "blocking"))]
/// # fn main() {}
/// ```
pub struct Recorder {
    server: Server,
    writer: Arc<Mutex<CassetteWriter>>,
    url: String,
}

/// Builder of a [`Recorder`].
///
/// ```
/// use std::time::Duration;
/// use mem0_local::{LocalPlatform, Recorder};
///
/// # let folder = tempfile::tempdir()?;
/// # let cassette = folder.path().join("slow.jsonl");
/// let platform = LocalPlatform::start()?;
/// let recorder = Recorder::builder(platform.url(), cassette).timeout(Duration::from_secs(5)).start()?;
/// assert_eq!(recorder.recorded(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `Debug` redacts keys and e-mail addresses in the upstream URL.
#[derive(Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct RecorderBuilder {
    upstream: String,
    file: PathBuf,
    listen: SocketAddr,
    server: ServerOptions,
    timeout: Duration,
    body_limit: usize,
    root_certificates: Vec<Vec<u8>>,
}

impl RecorderBuilder {
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

    /// Sets the time limit for a response with its body. The default is one minute.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the maximum size of the decompressed body of a response, in bytes. The default is 16 MiB. The maximum for
    /// requests is fixed: a request over 10 MiB is not forwarded and gets status 413.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Trusts CA certificates for the connection to the platform, in addition to those of the operating system: one or
    /// more certificates in PEM. May be called more than once.
    pub fn add_root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Creates the cassette and starts the proxy. The proxy is ready when this returns; no request is sent to the
    /// platform.
    ///
    /// # Errors
    /// - [`LocalError::Invalid`] if the platform's URL is invalid, or is plain `http` to another machine, or a root
    ///   certificate is not valid PEM.
    /// - [`LocalError::File`] if the cassette cannot be created or exists.
    /// - [`LocalError::NotLoopback`] or [`LocalError::Listen`] if the address is not allowed or not available.
    pub fn start(self) -> Result<Recorder, LocalError> {
        crate::http::hosts::check(&self.server.hosts)?;
        let upstream = Upstream::new(&self.upstream, self.timeout, self.body_limit, &self.root_certificates)?;
        let listener = bind_loopback(self.listen)?;
        let writer = Arc::new(Mutex::new(CassetteWriter::create(&self.file, upstream.url())?));
        let state = Arc::new(RecorderState { upstream, writer: writer.clone() });
        let app = Router::new().fallback(handle_request).with_state(state);
        let server =
            Server::start(listener, app, &self.server).map_err(|source| LocalError::Thread { source })?;
        let url = format!("http://{}", server.address);
        Ok(Recorder { server, writer, url })
    }
}

impl Recorder {
    /// Starts a recorder of the platform at `upstream` that writes a new `file`, on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Those of [`RecorderBuilder::start`].
    pub fn start(upstream: impl Into<String>, file: impl Into<PathBuf>) -> Result<Self, LocalError> {
        Self::builder(upstream, file).start()
    }

    /// Creates a builder.
    pub fn builder(upstream: impl Into<String>, file: impl Into<PathBuf>) -> RecorderBuilder {
        RecorderBuilder {
            upstream: upstream.into(),
            file: file.into(),
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            server: ServerOptions::default(),
            timeout: TIMEOUT,
            body_limit: BODY_LIMIT,
            root_certificates: Vec::new(),
        }
    }

    /// Base URL, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Number of exchanges in the file.
    pub fn recorded(&self) -> usize {
        lock(&self.writer).len()
    }

    /// Error that stopped the recording; `None` if the cassette is complete. The request whose exchange could not be
    /// written got status 500, and later requests are not forwarded.
    pub fn failure(&self) -> Option<String> {
        lock(&self.writer).failure()
    }

    /// Stops the proxy, as dropping it does. Requests in flight have one second to finish.
    pub fn stop(&mut self) {
        self.server.stop();
    }
}

impl fmt::Debug for RecorderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecorderBuilder")
            .field("upstream", &Redacted(&self.upstream))
            .field("file", &self.file)
            .field("listen", &self.listen)
            .field("server", &self.server)
            .field("timeout", &self.timeout)
            .field("body_limit", &self.body_limit)
            .field("root_certificates", &self.root_certificates.len())
            .finish()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("url", &self.url).finish_non_exhaustive()
    }
}

struct RecorderState {
    upstream: Upstream,
    writer: Arc<Mutex<CassetteWriter>>,
}

async fn handle_request(
    State(state): State<Arc<RecorderState>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: http::Request<Body>,
) -> Response {
    let (Parts { method, uri, headers, .. }, body) = request.into_parts();
    let read = connection.read(body).await;
    let request = Request::new(method, &uri, headers, read.bytes.clone());
    // A separate task finishes and records the exchange even if the client disconnects.
    let reply = tokio::spawn(async move { state.handle(request).await }).await;
    let failure = |_| HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error.");
    reply.unwrap_or_else(failure).into_response()
}

impl RecorderState {
    async fn handle(&self, request: Request) -> HttpReply {
        if let Some(refusal) = self.upstream.rejection(&request) {
            return refusal;
        }
        if let Some(failure) = lock(&self.writer).failure() {
            return HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, &failure);
        }
        let (reply, failure) = match self.upstream.send(&request).await {
            Ok(response) => {
                let headers = end_to_end(&response.headers);
                let headers = headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                (HttpReply { status: response.status, headers, body: response.body }, None)
            }
            Err(message) => (HttpReply::detail(StatusCode::BAD_GATEWAY, &message), Some(message)),
        };
        let (writer, upstream) = (self.writer.clone(), self.upstream.clone());
        // Scrubbing and writing a large body would block the runtime.
        let result = tokio::task::spawn_blocking(move || {
            let key = credentials(&request);
            let (request_record, recorded_response) =
                (RecordedRequest::of(&request), recorded_response(&reply));
            lock(&writer).write(request_record, key.as_deref(), recorded_response, failure.as_deref())?;
            Ok::<_, String>(upstream.rewrite_links(reply, &request))
        });
        match result.await {
            Ok(Ok(reply)) => reply,
            Ok(Err(message)) => HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, &message),
            Err(_) => HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error."),
        }
    }
}

/// Response as it is recorded.
fn recorded_response(reply: &HttpReply) -> RecordedResponse {
    let mut headers = BTreeMap::new();
    for (name, value) in &reply.headers {
        if STANDARD_HEADERS.contains(name) || CUSTOM_HEADERS.contains(&name.as_str()) {
            headers.insert(name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned());
        }
    }
    RecordedResponse { status: reply.status.as_u16(), headers, body: RecordedBody::of(&reply.body) }
}
