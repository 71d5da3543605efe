//! Requests on reqwest.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::Transport;
use crate::config::TransportSettings;
use crate::error::{Error, Phase, Result, TimeoutKind};
use crate::limits::{
    IDLE_CONNECTION, Unreadable, check_head, check_tls, connect_phase, exceeds, exchange_phase,
};
use crate::request::Request;
use crate::response::Response;

/// The async transport: a [`reqwest::Client`].
///
/// A client makes one by itself. To set a proxy, roots of trust or whatever else reqwest can do, bring one:
///
/// ```
/// use mem0::asynchronous::{MemoryClient, Reqwest};
///
/// let reqwest = reqwest::Client::builder()
///     .redirect(reqwest::redirect::Policy::none())
///     .connect_timeout(std::time::Duration::from_secs(3))
///     .build()?;
/// let client = MemoryClient::builder().api_key("m0-key").build_with(Reqwest::from(reqwest))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Of a client that is brought along, the time limit of a whole request is overridden. The rest is kept: turn
/// redirects off on it, and reqwest's own retries, and do not let it decompress. The answer of a redirect that it
/// followed is given up, but by then the request was made elsewhere too. One that is `connection_verbose` logs every
/// byte, the key included.
#[derive(Clone)]
pub struct Reqwest {
    client: reqwest::Client,
    /// The limit of the client itself; a request with another one carries it along.
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
}

impl Reqwest {
    pub(crate) fn new(settings: &TransportSettings) -> Result<Self> {
        check_tls(settings)?;
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
            .referer(false);
        #[cfg(feature = "rustls")]
        let builder = builder.tls_backend_preconfigured(tls_config()?);
        let builder = if settings.is_loopback { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(|error| {
            let reason = innermost_text(&error);
            Error::config("transport", format!("can't be made: {reason}; check the TLS and proxy settings"))
        })?;
        Ok(Self {
            client,
            timeout: Some(settings.attempt_timeout),
            connect_timeout: Some(settings.connect_timeout),
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
            let error =
                Unreadable("the HTTP client that was brought along followed a redirect; turn that off on it");
            return Err(Error::transport(Phase::Read, error));
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
                Error::timeout(TimeoutKind::Connect, self.connect_timeout.unwrap_or(limit), false)
            } else {
                Error::timeout(TimeoutKind::Attempt, limit, true)
            };
        }
        if error.is_builder() {
            return unsendable();
        }
        let phase = if error.is_dns() {
            Phase::Resolve
        } else if error.is_connect() {
            connect_phase(request.url().starts_with("https:"), io_kind(&error))
        } else {
            exchange_phase(io_kind(&error))
        };
        Error::transport(phase, error)
    }

    /// Reads the body up to the limit. A body without an end, or with a promise of more, is the server's fault.
    async fn read(&self, request: &Request, mut answer: reqwest::Response) -> Response {
        let status = answer.status();
        let headers = std::mem::take(answer.headers_mut());
        let limit = request.body_limit();
        if answer.content_length().is_some_and(|promised| exceeds(promised, limit)) {
            return Response::new(status, headers, Bytes::new()).broken_off(Error::too_large(status, limit));
        }
        let mut body = Bytes::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) => body = joined(body, chunk),
                Ok(None) => return Response::new(status, headers, body),
                Err(error) => {
                    return Response::new(status, headers, body).broken_off(self.error(error, request));
                }
            }
            if body.len() > limit {
                let error = Error::too_large(status, limit);
                return Response::new(status, headers, body.slice(..limit)).broken_off(error);
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
        Self { client, timeout: None, connect_timeout: None }
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

/// Roots of trust are the same in both flavours: Mozilla's with rustls, the system's with its own TLS.
#[cfg(feature = "rustls")]
fn tls_config() -> Result<rustls::ClientConfig> {
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::config("transport", format!("can't be made: {error}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// The kind of the socket's own error, somewhere among the sources.
fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut source = error.source();
    let mut kind = None;
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            kind = Some(error.kind());
        }
        source = error.source();
    }
    kind
}

fn innermost_text(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = error.to_string();
        source = error.source();
    }
    text
}
