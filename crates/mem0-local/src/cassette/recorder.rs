//! A proxy that writes down what a platform answers.

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

use crate::cassette::exchange::{Answered, Asked, Content};
use crate::cassette::forwarding::{Upstream, end_to_end};
use crate::cassette::replay::{credentials, listen};
use crate::cassette::tape::Tape;
use crate::error::LocalError;
use crate::http::connections::Connection;
use crate::http::server::{Server, ServerOptions};
use crate::lock;
use crate::protocol::reply::HttpReply;
use crate::protocol::request::Request;
use mem0::redact::Redacted;

/// Headers of an answer that a cassette keeps. Whatever else there is, such as cookies, is none of its business.
const KEPT: [http::HeaderName; 6] = [CONTENT_TYPE, RETRY_AFTER, LOCATION, ALLOW, WWW_AUTHENTICATE, LINK];
const KEPT_TOO: [&str; 6] = [
    "x-request-id",
    "request-id",
    "x-amzn-requestid",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

/// How long the platform has for an answer, and how large one may be, unless it is said otherwise.
const TIMEOUT: Duration = Duration::from_secs(60);
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// A proxy on this machine that passes every request on to a platform and writes down, in a cassette, what was asked
/// and answered. It serves from a thread of its own until this is dropped. A [`Replay`](crate::Replay) answers
/// from the cassette.
///
/// The caller's key is passed on to the platform and to nobody else, and does not stand in the cassette, wherever it
/// was sent or echoed; nor does what looks like a key, or a field named as a secret. E-mail addresses are replaced, the
/// same one always by the same stand-in, such as `person-1@example.com`. Of a webhook's URL the host is kept. What
/// people have written is kept as it is, apart from that: read a cassette before others do.
///
/// An exchange is in the file, a line of JSON, before its answer is passed on, so that a recorder that is killed leaves
/// all that anybody has seen. Redirects are not followed but passed on. An answer that is none, that breaks off, takes
/// too long or is too large, is passed on and recorded as a 502 with a sentence. Where the platform names itself in an
/// answer, as in the link to a next page, the recorder's address takes its place.
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
/// assert_eq!((replay.missed().len(), replay.unasked()), (0, 0));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "blocking"))]
/// # fn main() {}
/// ```
pub struct Recorder {
    server: Server,
    tape: Arc<Mutex<Tape>>,
    url: String,
}

/// How a [`Recorder`] is to be.
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
/// `Debug` shows neither a key nor an e-mail address that stands in the upstream's URL.
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

    /// How long the platform has for an answer, its body included; a minute unless this says otherwise.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many bytes the body of an answer may have, decompressed; 16 MiB unless this says otherwise. Requests may have
    /// 10 MiB, and are answered 413 beyond that, without being passed on.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Certificate to trust as the platform's CA, beside those of the operating system's store: one or more
    /// certificates in PEM. May be called more than once.
    pub fn add_root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Makes the cassette and starts. It is ready when this returns; the platform is not asked for anything.
    ///
    /// # Errors
    /// [`LocalError::Invalid`] if the platform's URL is none, or is plain `http` to another machine, or a root
    /// certificate is not valid PEM;
    /// [`LocalError::File`] if the cassette can't be made, or is there already; and a [`LocalError`] if the address may
    /// not or can't be listened on.
    pub fn start(self) -> Result<Recorder, LocalError> {
        crate::http::hosts::check(&self.server.hosts)?;
        let upstream = Upstream::new(&self.upstream, self.timeout, self.body_limit, &self.root_certificates)?;
        let listener = listen(self.listen)?;
        let tape = Arc::new(Mutex::new(Tape::create(&self.file, upstream.url())?));
        let recording = Arc::new(Recording { upstream, tape: tape.clone() });
        let app = Router::new().fallback(answer).with_state(recording);
        let server =
            Server::start(listener, app, &self.server).map_err(|source| LocalError::Thread { source })?;
        let url = format!("http://{}", server.address);
        Ok(Recorder { server, tape, url })
    }
}

impl Recorder {
    /// Records the platform at that URL into a new file, on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Those of [`RecorderBuilder::start`].
    pub fn start(upstream: impl Into<String>, file: impl Into<PathBuf>) -> Result<Self, LocalError> {
        Self::builder(upstream, file).start()
    }

    /// How it is to be.
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

    /// Its base URL, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many exchanges are in the file.
    pub fn recorded(&self) -> usize {
        lock(&self.tape).written()
    }

    /// Why the cassette is not whole, in a sentence; `None` while it is. The caller of the exchange that could not be
    /// written was answered 500, and whatever came after it was not passed on.
    pub fn failure(&self) -> Option<String> {
        lock(&self.tape).failure()
    }

    /// Stops, as dropping does: requests on their way are given a second.
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

struct Recording {
    upstream: Upstream,
    tape: Arc<Mutex<Tape>>,
}

async fn answer(
    State(recording): State<Arc<Recording>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: http::Request<Body>,
) -> Response {
    let (Parts { method, uri, headers, .. }, body) = request.into_parts();
    let read = connection.read(body).await;
    let request = Request::new(method, &uri, headers, read.bytes.clone());
    // A task of its own goes on when the caller has given up: what was asked is asked, and is recorded.
    let reply = tokio::spawn(async move { recording.carry_out(request).await }).await;
    let broken = |_| HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error.");
    reply.unwrap_or_else(broken).into_response()
}

impl Recording {
    async fn carry_out(&self, request: Request) -> HttpReply {
        if let Some(refusal) = self.upstream.refuses(&request) {
            return refusal;
        }
        if let Some(failure) = lock(&self.tape).failure() {
            return HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, &failure);
        }
        let (reply, failure) = match self.upstream.ask(&request).await {
            Ok(answer) => {
                let headers = end_to_end(&answer.headers);
                let headers = headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                (HttpReply { status: answer.status, headers, body: answer.body }, None)
            }
            Err(sentence) => (HttpReply::detail(StatusCode::BAD_GATEWAY, &sentence), Some(sentence)),
        };
        let (tape, upstream) = (self.tape.clone(), self.upstream.clone());
        // To write takes a while, and large answers are large to read.
        let recording = tokio::task::spawn_blocking(move || {
            let key = credentials(&request);
            let (asked, answered) = (Asked::of(&request), answered(&reply));
            lock(&tape).write(asked, key.as_deref(), answered, failure.as_deref())?;
            Ok::<_, String>(upstream.led_back(reply, &request))
        });
        match recording.await {
            Ok(Ok(reply)) => reply,
            Ok(Err(sentence)) => HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, &sentence),
            Err(_) => HttpReply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error."),
        }
    }
}

/// What a cassette keeps of an answer.
fn answered(reply: &HttpReply) -> Answered {
    let mut headers = BTreeMap::new();
    for (name, value) in &reply.headers {
        if KEPT.contains(name) || KEPT_TOO.contains(&name.as_str()) {
            headers.insert(name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned());
        }
    }
    Answered { status: reply.status.as_u16(), headers, body: Content::of(&reply.body) }
}
