//! Requests on reqwest.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::Transport;
use crate::client::config::TransportSettings;
use crate::client::limits::{IDLE_CONNECTION, check_head, connect_phase, exceeds, exchange_phase};
use crate::client::proxy::Proxy;
use crate::client::request::Request;
use crate::client::response::Response;
use crate::error::transport_error::{ProxyStatus, sources};
use crate::error::{Error, Phase, Result, TimeoutKind};

/// The async transport: a [`reqwest::Client`].
///
/// A client makes one by itself. To set what the client's builder does not, bring a `reqwest::Client`:
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
/// The time limit of a whole request is overridden on a client of your own. The rest is kept: its proxies, and the
/// certificates it trusts. Turn redirects, reqwest's own retries and decompression off on it: a redirect that it
/// followed is an error, but by then the request was made elsewhere too.
///
/// # Logs
/// reqwest and hyper log by the `log` and `tracing` crates, and show no API key, no query and no body. A client of your
/// own that is `connection_verbose` logs every byte at `Trace`, the key included.
#[derive(Clone)]
pub struct Reqwest {
    client: reqwest::Client,
    /// The limit of the client itself; a request with another one carries it along.
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    proxy: Option<Arc<Proxy>>,
}

impl Reqwest {
    pub(crate) fn new(settings: &TransportSettings) -> Result<Self> {
        let builder = reqwest::Client::builder()
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_idle_timeout(IDLE_CONNECTION)
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.attempt_timeout)
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .no_proxy()
            .referer(false);
        let builder = match &settings.proxy {
            Some(proxy) => builder.proxy(
                reqwest::Proxy::all(proxy.url())
                    .map_err(|_| Error::config("proxy", "is not a valid proxy URL"))?,
            ),
            None => builder,
        };
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let builder = super::tls::configured(builder, settings.tls.as_ref())?;
        let client = builder.build().map_err(|error| {
            let reason = sources(&error).last().map(ToString::to_string).unwrap_or_default();
            Error::config("transport", format!("can't be built: {reason}; check the TLS settings"))
        })?;
        Ok(Self {
            client,
            timeout: Some(settings.attempt_timeout),
            connect_timeout: Some(settings.connect_timeout),
            proxy: settings.proxy.clone().map(Arc::new),
        })
    }

    /// Whether somebody else has made the client: one that follows redirects, perhaps.
    fn is_brought(&self) -> bool {
        self.timeout.is_none()
    }

    async fn send(&self, request: &Request) -> Result<reqwest::Response> {
        let url = request.url().parse().map_err(|_| unsendable())?;
        let mut outgoing = reqwest::Request::new(request.method().clone(), url);
        *outgoing.headers_mut() = request.headers().clone();
        *outgoing.body_mut() = request.body().cloned().map(reqwest::Body::from);
        if self.timeout != Some(request.timeout()) {
            *outgoing.timeout_mut() = Some(request.timeout());
        }
        let asked = self.is_brought().then(|| outgoing.url().clone());
        let answer = self.client.execute(outgoing).await.map_err(|error| self.error(error, request))?;
        if asked.is_some_and(|asked| asked != *answer.url()) {
            let reason = "the reqwest client followed a redirect; build it with `redirect::Policy::none()`";
            return Err(Error::unreadable(reason));
        }
        // In a tunnel, the status is the server's.
        if let (407, Some(proxy)) = (answer.status().as_u16(), self.forwarder(request)) {
            return Err(Error::transport(Phase::Proxy, ProxyStatus(407)).at(Some(proxy.endpoint())));
        }
        check_head(answer.headers())?;
        Ok(answer)
    }

    fn error(&self, error: reqwest::Error, request: &Request) -> Error {
        let limit = request.timeout();
        // The URL in it may hold an e-mail address.
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
            return unsendable();
        }
        let phase = self.phase(&error, request);
        // reqwest does not tell the proxy of a client of the caller's own.
        let endpoint = match phase {
            Phase::Proxy => self.proxy.as_ref().map(|proxy| proxy.endpoint()),
            _ => Some(request.endpoint()),
        };
        Error::transport(phase, error).at(endpoint)
    }

    /// The proxy that forwards requests in absolute form, if there is one.
    fn forwarder(&self, request: &Request) -> Option<&Proxy> {
        let is_https = request.url().starts_with("https:");
        self.proxy.as_deref().filter(|proxy| !is_https && !proxy.is_socks())
    }

    fn phase(&self, error: &reqwest::Error, request: &Request) -> Phase {
        if !error.is_connect() && !error.is_dns() {
            return exchange_phase(io_kind(error));
        }
        let is_https = request.url().starts_with("https:");
        // With a client of the caller's own, the text is all that tells a proxy from a server.
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

    /// Reads the body up to the limit. A body without an end, or with a promise of more, is the server's fault.
    async fn read(&self, request: &Request, mut answer: reqwest::Response) -> Response {
        let status = answer.status();
        let headers = std::mem::take(answer.headers_mut());
        let limit = request.body_limit_of(status);
        // Of a refusal, what arrives up to the limit says why.
        if status.is_success() && answer.content_length().is_some_and(|promised| exceeds(promised, limit)) {
            return Response::new(status, headers, Bytes::new())
                .with_body_error(Error::too_large(status, limit));
        }
        let mut body = Bytes::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) => body = joined(body, chunk),
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
        let answer = self.send(request).await?;
        Ok(self.read(request, answer).await)
    }

    async fn sleep(&self, delay: Duration) {
        tokio::time::sleep(delay).await;
    }
}

impl fmt::Debug for Reqwest {
    /// Without the client, which shows the headers it was given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reqwest").finish_non_exhaustive()
    }
}

impl From<reqwest::Client> for Reqwest {
    fn from(client: reqwest::Client) -> Self {
        Self { client, timeout: None, connect_timeout: None, proxy: None }
    }
}

/// All that reqwest can object to in a request that has been checked is its URL: it is longer than one may be.
fn unsendable() -> Error {
    Error::invalid("url", "can't be sent; shorten the arguments, and check the base URL")
}

/// The usual body is one chunk, which is kept as it came.
fn joined(body: Bytes, chunk: Bytes) -> Bytes {
    if body.is_empty() {
        return chunk;
    }
    let mut whole = BytesMut::from(body);
    whole.extend_from_slice(&chunk);
    whole.freeze()
}

/// The kind of the socket's own error, somewhere among the sources.
fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    sources(error).filter_map(|error| error.downcast_ref::<io::Error>()).last().map(io::Error::kind)
}
