//! The blocking transport.

use std::error::Error as StdError;
use std::fmt;
use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use bytes::Bytes;
use http::header::{HeaderValue, PROXY_AUTHORIZATION};
use ureq::{Agent, Body, Timeout};

use super::Transport;
use super::connector::{PhasedResolver, connector};
use super::phased_error::PhasedError;
use crate::client::config::TransportSettings;
use crate::client::limits::{MAX_IDLE_AGE, check_headers, exceeds, exchange_phase};
use crate::client::proxy::Proxy;
use crate::client::request::Request;
use crate::client::response::Response;
use crate::error::transport_error::{ProxyStatus, certificate_problem};
use crate::error::{Error, Phase, Result, TimeoutKind};

/// Maximum initial capacity for a body, for any `Content-Length`.
const MAX_INITIAL_CAPACITY: usize = 64 * 1024;

/// Maximum `Content-Length`, as in the HTTP library of the async flavour.
const MAX_CONTENT_LENGTH: u64 = u64::MAX - 2;

/// Default transport of the blocking client, on a [`ureq::Agent`].
///
/// For settings that the client's builder lacks, pass an agent of your own:
///
/// ```
/// use mem0::blocking::{MemoryClient, Ureq};
///
/// let agent = ureq::Agent::config_builder().max_idle_connections(2).build().new_agent();
/// let client = MemoryClient::builder().api_key("m0-key").build_with_transport(Ureq::from(agent))?;
/// # Ok::<(), mem0::Error>(())
/// ```
///
/// Each request overrides the agent's settings for redirects, status errors and the global timeout. All other settings
/// are kept, such as its connect timeout, proxy, and trusted certificates.
///
/// # Logs
/// ureq logs with the `log` crate. At `Debug` and above, it logs no API key, query or body. At `Trace`, the targets
/// `ureq` and `ureq_proto` log URLs and every byte of requests and responses, including the API key. If you log at
/// `Trace`, lower these two, for `env_logger` with `RUST_LOG=trace,ureq=debug,ureq_proto=debug`.
#[derive(Clone)]
pub struct Ureq {
    agent: Agent,
    /// Global timeout of the agent. A request with a different limit overrides it.
    timeout: Option<Duration>,
    connect_timeout: Duration,
    route: Arc<Route>,
}

/// Route to the server.
enum Route {
    /// Directly, or as the caller's agent is configured.
    Direct,
    /// Through a proxy that ureq supports, with `CONNECT` or SOCKS.
    Tunnel(Proxy),
    /// Through a proxy that forwards requests in absolute form, with these credentials.
    Forward(Proxy, Option<HeaderValue>),
}

impl Route {
    fn new(settings: &TransportSettings) -> Result<Self> {
        let Some(proxy) = settings.proxy.clone() else { return Ok(Self::Direct) };
        if proxy.is_socks() || proxy.is_https() || settings.target.scheme_str() == Some("https") {
            return Ok(Self::Tunnel(proxy));
        }
        let credentials = proxy.credentials().map(|(user, password)| {
            let mut value =
                HeaderValue::try_from(format!("Basic {}", BASE64.encode(format!("{user}:{password}"))))
                    .map_err(|_| {
                        Error::config(
                            "proxy",
                            "has credentials that are not allowed in a header value; use printable ASCII",
                        )
                    })?;
            value.set_sensitive(true);
            Ok::<_, Error>(value)
        });
        Ok(Self::Forward(proxy, credentials.transpose()?))
    }

    fn proxy(&self) -> Option<&Proxy> {
        match self {
            Self::Direct => None,
            Self::Tunnel(proxy) | Self::Forward(proxy, _) => Some(proxy),
        }
    }
}

impl Ureq {
    pub(crate) fn new(settings: &TransportSettings) -> Result<Self> {
        let route = Route::new(settings)?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_age(MAX_IDLE_AGE)
            // ureq counts interim responses too. `check_headers` limits the final one.
            .max_response_header_size(usize::MAX)
            // The request contains all headers.
            .user_agent("")
            .accept("")
            .accept_encoding("")
            .timeout_connect(Some(settings.connect_timeout))
            .timeout_resolve(Some(settings.connect_timeout))
            .timeout_global(Some(settings.attempt_timeout));
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let config = match &settings.tls {
            Some(tls) => config.tls_config(super::tls::tls_config(tls)),
            None => config,
        };
        let invalid = || {
            Error::config("proxy", "is not a valid proxy URL; use a URL such as http://proxy.example:3128")
        };
        let (proxy, forward) = match &route {
            Route::Direct => (None, None),
            Route::Tunnel(proxy) => (Some(ureq::Proxy::new(&proxy.url()).map_err(|_| invalid())?), None),
            Route::Forward(proxy, _) => (None, Some(proxy.origin().ok_or_else(invalid)?)),
        };
        let server = forward.is_some().then(|| {
            let authority = settings.target.authority().map_or("", |authority| authority.as_str());
            format!("http://{authority}")
        });
        let agent =
            Agent::with_parts(config.proxy(proxy).build(), connector(server), PhasedResolver::new(forward));
        Ok(Self {
            agent,
            timeout: Some(settings.attempt_timeout),
            connect_timeout: settings.connect_timeout,
            route: Arc::new(route),
        })
    }

    fn send(&self, request: &Request) -> Result<http::Response<Body>> {
        let outcome = match request.body() {
            Some(body) => self.run(request.to_http(&body[..])?, request.timeout()),
            None => self.run(request.to_http(())?, request.timeout()),
        };
        let response = outcome.map_err(|error| self.error(error, request))?;
        // In a tunnel, a 407 is the server's.
        if let (407, Route::Forward(proxy, _)) = (response.status().as_u16(), &*self.route) {
            return Err(Error::transport(Phase::Proxy, ProxyStatus(407)).at(Some(proxy.endpoint())));
        }
        check_headers(response.headers())?;
        if response.body().content_length().is_some_and(|length| length > MAX_CONTENT_LENGTH) {
            return Err(Error::unreadable("invalid Content-Length"));
        }
        Ok(response)
    }

    fn run<B: ureq::AsSendBody>(
        &self,
        mut request: http::Request<B>,
        timeout: Duration,
    ) -> Result<http::Response<Body>, ureq::Error> {
        if let Route::Forward(_, Some(credentials)) = &*self.route {
            request.headers_mut().insert(PROXY_AUTHORIZATION, credentials.clone());
        }
        if self.timeout == Some(timeout) {
            return self.agent.run(request);
        }
        let request = self
            .agent
            .configure_request(request)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(timeout))
            .build();
        self.agent.run(request)
    }

    fn error(&self, error: ureq::Error, request: &Request) -> Error {
        let (phase, error) = match error {
            ureq::Error::Other(error) => match error.downcast::<PhasedError>() {
                Ok(phased) => (Some(phased.phase), phased.error),
                Err(error) => (None, ureq::Error::Other(error)),
            },
            error => (None, error),
        };
        let phase = match error {
            ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
                let endpoint = self.proxy_endpoint().unwrap_or_else(|| request.endpoint());
                return Error::timeout(TimeoutKind::Connect, self.connect_timeout, false).at(Some(endpoint));
            }
            // The limit may have run out before anything was sent. reqwest does not report that, and both flavours must
            // retry the same calls.
            ureq::Error::Timeout(_) => {
                return Error::timeout(TimeoutKind::Attempt, request.timeout(), true);
            }
            _ => phase.unwrap_or_else(|| phase_of(&error)),
        };
        let phase = match (&*self.route, phase) {
            (Route::Forward(..), Phase::Resolve | Phase::Connect) => Phase::Proxy,
            (_, phase) => phase,
        };
        let endpoint = match phase {
            Phase::Proxy => self.proxy_endpoint(),
            _ => Some(request.endpoint()),
        };
        match error {
            ureq::Error::Io(error) => Error::transport(phase, error),
            error => Error::transport(phase, error),
        }
        .at(endpoint)
    }

    /// Host and port of the proxy, including that of the caller's agent.
    fn proxy_endpoint(&self) -> Option<String> {
        let of_agent = |proxy: &ureq::Proxy| format!("{}:{}", proxy.host(), proxy.port());
        self.route.proxy().map(Proxy::endpoint).or_else(|| self.agent.config().proxy().map(of_agent))
    }

    /// Reads the body up to the limit.
    fn read(&self, request: &Request, response: http::Response<Body>) -> Response {
        let (parts, mut body) = response.into_parts();
        let limit = request.body_limit_of(parts.status);
        let content_length = body.content_length().unwrap_or_default();
        // The start of an error's body is enough to explain it.
        if parts.status.is_success() && exceeds(content_length, limit) {
            let error = Error::too_large(parts.status, limit);
            return Response::new(parts.status, parts.headers, Bytes::new()).with_body_error(error);
        }
        let capacity =
            usize::try_from(content_length).unwrap_or(MAX_INITIAL_CAPACITY).min(MAX_INITIAL_CAPACITY);
        let mut bytes = Vec::with_capacity(capacity);
        let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let outcome = body.as_reader().take(bound).read_to_end(&mut bytes);
        if bytes.len() > limit {
            bytes.truncate(limit);
            let error = Error::too_large(parts.status, limit);
            return Response::new(parts.status, parts.headers, bytes).with_body_error(error);
        }
        let response = Response::new(parts.status, parts.headers, bytes);
        match outcome {
            Ok(_) => response,
            Err(error) => response.with_body_error(self.error(ureq::Error::from(error), request)),
        }
    }
}

impl Transport for Ureq {
    fn execute(&self, request: &Request) -> Result<Response> {
        let response = self.send(request)?;
        Ok(self.read(request, response))
    }

    fn sleep(&self, delay: Duration) {
        std::thread::sleep(delay);
    }
}

impl From<Agent> for Ureq {
    fn from(agent: Agent) -> Self {
        let connect_timeout = {
            let timeouts = agent.config().timeouts();
            timeouts.connect.or(timeouts.resolve).unwrap_or(Duration::MAX)
        };
        Self { agent, timeout: None, connect_timeout, route: Arc::new(Route::Direct) }
    }
}

impl fmt::Debug for Ureq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ureq").finish_non_exhaustive()
    }
}

/// Phase of an error without one: an error of the caller's agent, or after the connection was made.
fn phase_of(error: &ureq::Error) -> Phase {
    let is_certificate = |error: &(dyn StdError + 'static)| certificate_problem(error).is_some();
    match error {
        ureq::Error::HostNotFound => Phase::Resolve,
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => Phase::Proxy,
        ureq::Error::ConnectionFailed => Phase::Connect,
        ureq::Error::Tls(_) | ureq::Error::TlsRequired => Phase::Tls,
        #[cfg(feature = "rustls")]
        ureq::Error::Rustls(_) => Phase::Tls,
        #[cfg(feature = "native-tls")]
        ureq::Error::NativeTls(_) => Phase::Tls,
        ureq::Error::Io(error) if is_certificate(error) => Phase::Tls,
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                Phase::Connect
            }
            kind => exchange_phase(Some(kind)),
        },
        _ => Phase::Read,
    }
}
