//! The async transport.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};

use super::Transport;
use crate::client::config::TransportSettings;
use crate::client::limits::{MAX_IDLE_AGE, check_headers, connect_phase, exceeds, exchange_phase};
use crate::client::proxy::Proxy;
use crate::client::request::Request;
use crate::client::response::Response;
use crate::error::transport_error::{ProxyStatus, sources};
use crate::error::{Error, Phase, Result, TimeoutKind};

/// Minimum time without a response after which the sockets are polled before a request is sent.
const MIN_PAUSE: Duration = Duration::from_millis(100);

/// Default transport of the async client, on a [`reqwest::Client`].
///
/// For settings that the client's builder lacks, pass a `reqwest::Client` of your own:
///
/// ```
/// use mem0::asynchronous::{MemoryClient, Reqwest};
///
/// let reqwest = reqwest::Client::builder()
///     .redirect(reqwest::redirect::Policy::none())
///     .connect_timeout(std::time::Duration::from_secs(3))
///     .build()?;
/// let client = MemoryClient::builder().api_key("m0-key").build_with_transport(Reqwest::from(reqwest))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Each request overrides the timeout of your client. All other settings are kept, such as its proxies and trusted
/// certificates. Turn off redirects, reqwest's own retries and decompression: a followed redirect is an error, but by
/// then the request has been sent to the target of the redirect too.
///
/// # Logs
/// reqwest and hyper log with the `log` and `tracing` crates, and show no API key, query or body. A client of your own
/// with `connection_verbose` logs every byte at `Trace`, including the API key.
#[derive(Clone)]
pub struct Reqwest {
    client: reqwest::Client,
    /// Timeout of the client; `None` for a client of the caller. A request with a different limit overrides it.
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    proxy: Option<Arc<Proxy>>,
    last_response: Arc<LastResponse>,
}

impl Reqwest {
    pub(crate) fn new(settings: &TransportSettings) -> Result<Self> {
        let builder = reqwest::Client::builder()
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_idle_timeout(MAX_IDLE_AGE)
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.attempt_timeout)
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .no_proxy()
            .referer(false);
        let builder = match &settings.proxy {
            Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.url()).map_err(|_| {
                Error::config(
                    "proxy",
                    "is not a valid proxy URL; use a URL such as http://proxy.example:3128",
                )
            })?),
            None => builder,
        };
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let builder = super::tls::configure_tls(builder, settings.tls.as_ref())?;
        let client = builder.build().map_err(|error| {
            let reason = sources(&error).last().map(ToString::to_string).unwrap_or_default();
            Error::config("transport", format!("cannot be built: {reason}; check the TLS settings"))
        })?;
        Ok(Self {
            client,
            timeout: Some(settings.attempt_timeout),
            connect_timeout: Some(settings.connect_timeout),
            proxy: settings.proxy.clone().map(Arc::new),
            last_response: Arc::default(),
        })
    }

    /// Whether the client is the caller's own, which may follow redirects.
    fn is_custom(&self) -> bool {
        self.timeout.is_none()
    }

    async fn send(&self, request: &Request) -> Result<reqwest::Response> {
        let url = request.url().parse().map_err(|_| invalid_url())?;
        let mut outgoing = reqwest::Request::new(request.method().clone(), url);
        *outgoing.headers_mut() = request.headers().clone();
        *outgoing.body_mut() = request.body().cloned().map(reqwest::Body::from);
        if self.timeout != Some(request.timeout()) {
            *outgoing.timeout_mut() = Some(request.timeout());
        }
        let requested = self.is_custom().then(|| outgoing.url().clone());
        let response = self.client.execute(outgoing).await.map_err(|error| self.error(error, request))?;
        if requested.is_some_and(|requested| requested != *response.url()) {
            let reason = "the reqwest client followed a redirect; build it with `redirect::Policy::none()`";
            return Err(Error::unreadable(reason));
        }
        // In a tunnel, a 407 is the server's.
        if let (407, Some(proxy)) = (response.status().as_u16(), self.forwarder(request)) {
            return Err(Error::transport(Phase::Proxy, ProxyStatus(407)).at(Some(proxy.endpoint())));
        }
        check_headers(response.headers())?;
        Ok(response)
    }

    fn error(&self, error: reqwest::Error, request: &Request) -> Error {
        let limit = request.timeout();
        // The URL may contain an e-mail address.
        let error = error.without_url();
        if error.is_timeout() {
            return if error.is_connect() {
                let proxy = self.proxy.as_ref().map(|proxy| proxy.endpoint());
                let endpoint = proxy.unwrap_or_else(|| request.endpoint());
                Error::timeout(TimeoutKind::Connect, self.connect_timeout.unwrap_or(limit), false)
                    .at(Some(endpoint))
            } else {
                Error::timeout(TimeoutKind::Attempt, limit, true)
            };
        }
        if error.is_builder() {
            return invalid_url();
        }
        let phase = self.phase(&error, request);
        // reqwest does not report the proxy of the caller's client.
        let endpoint = match phase {
            Phase::Proxy => self.proxy.as_ref().map(|proxy| proxy.endpoint()),
            _ => Some(request.endpoint()),
        };
        Error::transport(phase, error).at(endpoint)
    }

    /// Proxy that forwards the request in absolute form, if any.
    fn forwarder(&self, request: &Request) -> Option<&Proxy> {
        let is_https = request.url().starts_with("https:");
        self.proxy.as_deref().filter(|proxy| !is_https && !proxy.is_socks())
    }

    fn phase(&self, error: &reqwest::Error, request: &Request) -> Phase {
        if !error.is_connect() && !error.is_dns() {
            return exchange_phase(io_kind(error));
        }
        let is_https = request.url().starts_with("https:");
        // With the caller's client, only the text distinguishes a proxy's error from the server's.
        let names_proxy = || {
            sources(error)
                .map(ToString::to_string)
                .any(|text| text.contains("tunnel error") || text.contains("socks proxy"))
        };
        // With `socks5`, the server's name is resolved on this machine.
        let is_unresolved =
            || sources(error).any(|error| error.to_string().contains("error resolving for socks proxy"));
        if is_unresolved() {
            Phase::Resolve
        } else if self.forwarder(request).is_some() || names_proxy() {
            Phase::Proxy
        } else if error.is_dns() {
            Phase::Resolve
        } else {
            connect_phase(is_https, io_kind(error))
        }
    }

    /// Reads the body up to the limit.
    async fn read(&self, request: &Request, mut response: reqwest::Response) -> Response {
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let limit = request.body_limit_of(status);
        // The start of an error's body is enough to explain it.
        if status.is_success() && response.content_length().is_some_and(|length| exceeds(length, limit)) {
            return Response::new(status, headers, Bytes::new())
                .with_body_error(Error::too_large(status, limit));
        }
        let mut body = Bytes::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => body = append(body, chunk),
                Ok(None) => return Response::new(status, headers, body),
                Err(error) => {
                    return Response::new(status, headers, body).with_body_error(self.error(error, request));
                }
            }
            if body.len() > limit {
                let error = Error::too_large(status, limit);
                return Response::new(status, headers, body.slice(..limit)).with_body_error(error);
            }
        }
    }
}

impl Transport for Reqwest {
    async fn execute(&self, request: &Request) -> Result<Response> {
        if self.last_response.is_older_than(MIN_PAUSE) {
            poll_sockets().await;
        }
        let response = self.send(request).await?;
        let response = self.read(request, response).await;
        self.last_response.set_now();
        Ok(response)
    }

    async fn sleep(&self, delay: Duration) {
        tokio::time::sleep(delay).await;
    }
}

impl fmt::Debug for Reqwest {
    /// Omits the client, whose `Debug` shows its headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reqwest").finish_non_exhaustive()
    }
}

impl From<reqwest::Client> for Reqwest {
    fn from(client: reqwest::Client) -> Self {
        Self { client, timeout: None, connect_timeout: None, proxy: None, last_response: Arc::default() }
    }
}

/// Time of the latest response, in milliseconds after the creation of the transport. Zero before the first response.
#[derive(Debug)]
struct LastResponse {
    created: Instant,
    millis: AtomicU64,
}

impl Default for LastResponse {
    fn default() -> Self {
        Self { created: Instant::now(), millis: AtomicU64::new(0) }
    }
}

impl LastResponse {
    fn now(&self) -> u64 {
        u64::try_from(self.created.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn set_now(&self) {
        self.millis.store(self.now(), Ordering::Relaxed);
    }

    fn is_older_than(&self, pause: Duration) -> bool {
        u128::from(self.now().saturating_sub(self.millis.load(Ordering::Relaxed))) >= pause.as_millis()
    }
}

/// Lets the runtime handle connections that the server closed while the runtime was not polled, as in a serverless
/// function between two invocations. Otherwise, the request would be sent on such a connection, and a lost write is not
/// retried.
async fn poll_sockets() {
    // The first yield polls the sockets, the second runs the tasks of those that are ready.
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
}

/// Error for a request that reqwest rejects. After the client's checks, only the length of its URL is left as a reason.
fn invalid_url() -> Error {
    Error::invalid("url", "is not a valid request URL; shorten the arguments and check the base URL")
}

/// Appends a chunk to a body. A single chunk, the usual case, is not copied.
fn append(body: Bytes, chunk: Bytes) -> Bytes {
    if body.is_empty() {
        return chunk;
    }
    let mut whole = BytesMut::from(body);
    whole.extend_from_slice(&chunk);
    whole.freeze()
}

/// Kind of the innermost I/O error among the sources.
fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    sources(error).filter_map(|error| error.downcast_ref::<io::Error>()).last().map(io::Error::kind)
}
