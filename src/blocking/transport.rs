//! Requests on ureq.

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
use super::phased::Phased;
use crate::client::config::TransportSettings;
use crate::client::limits::{IDLE_CONNECTION, check_head, exceeds, exchange_phase};
use crate::client::proxy::Proxy;
use crate::client::request::Request;
use crate::client::response::Response;
use crate::error::transport_error::{ProxyStatus, certificate_problem};
use crate::error::{Error, Phase, Result, TimeoutKind};

/// How much room a body gets before anything of it has arrived, whatever length its server promises.
const FIRST_ROOM: usize = 64 * 1024;

/// A `Content-Length` beyond this is refused by the HTTP library of the async flavour.
const LONGEST_BODY: u64 = u64::MAX - 2;

/// The blocking transport: a [`ureq::Agent`].
///
/// A client makes one by itself. To set what the client's builder does not, bring an agent:
///
/// ```
/// use mem0::blocking::{MemoryClient, Ureq};
///
/// let agent = ureq::Agent::config_builder().max_idle_connections(2).build().new_agent();
/// let client = MemoryClient::builder().api_key("m0-key").build_with_transport(Ureq::from(agent))?;
/// # Ok::<(), mem0::Error>(())
/// ```
///
/// Redirects, errors by status and the time limit of a whole request are overridden on an agent of your own. The rest
/// is kept: its connect timeout, its proxy, and the certificates it trusts.
///
/// # Logs
/// ureq logs by the `log` crate. At `Debug` and above there is no API key, no query and no body. At `Trace`, the targets
/// `ureq` and `ureq_proto` log URLs and every byte of heads and bodies, the key included. Where everything is logged at
/// `Trace`, turn these two down, for `env_logger` by `RUST_LOG=trace,ureq=debug,ureq_proto=debug`.
#[derive(Clone)]
pub struct Ureq {
    agent: Agent,
    /// The limit of the agent itself; a request with another one carries it along.
    timeout: Option<Duration>,
    connect_timeout: Duration,
    route: Arc<Route>,
}

/// The way to the server.
enum Route {
    /// Directly, or as an agent of the caller's own is configured.
    Direct,
    /// Through a proxy that ureq speaks to: by `CONNECT` or SOCKS.
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
                        Error::config("proxy", "has credentials that are not allowed in a header value")
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
            .max_idle_age(IDLE_CONNECTION)
            // ureq counts interim responses as part of one head. `check_head` checks what fits its buffer.
            .max_response_header_size(usize::MAX)
            // Every header that is sent is the request's own.
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
        let invalid = || Error::config("proxy", "is not a valid proxy URL");
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
        let answer = match request.body() {
            Some(body) => self.run(request.to_http(&body[..])?, request.timeout()),
            None => self.run(request.to_http(())?, request.timeout()),
        };
        let answer = answer.map_err(|error| self.error(error, request))?;
        // In a tunnel, the status is the server's.
        if let (407, Route::Forward(proxy, _)) = (answer.status().as_u16(), &*self.route) {
            return Err(Error::transport(Phase::Proxy, ProxyStatus(407)).at(Some(proxy.endpoint())));
        }
        check_head(answer.headers())?;
        if answer.body().content_length().is_some_and(|length| length > LONGEST_BODY) {
            return Err(Error::unreadable("the length of its body is invalid"));
        }
        Ok(answer)
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
            ureq::Error::Other(error) => match error.downcast::<Phased>() {
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
            // The limit of the attempt may have run out before anything was sent. reqwest can't tell, and calls
            // are not to be repeated in one flavour and not in the other.
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

    /// Host and port of the proxy, also of an agent of the caller's own.
    fn proxy_endpoint(&self) -> Option<String> {
        let of_agent = |proxy: &ureq::Proxy| format!("{}:{}", proxy.host(), proxy.port());
        self.route.proxy().map(Proxy::endpoint).or_else(|| self.agent.config().proxy().map(of_agent))
    }

    /// Reads the body up to the limit. A body without an end, or with a promise of more, is the server's fault.
    fn read(&self, request: &Request, answer: http::Response<Body>) -> Response {
        let (parts, mut body) = answer.into_parts();
        let limit = request.body_limit_of(parts.status);
        let promised = body.content_length().unwrap_or_default();
        // Of a refusal, what arrives up to the limit says why.
        if parts.status.is_success() && exceeds(promised, limit) {
            let error = Error::too_large(parts.status, limit);
            return Response::new(parts.status, parts.headers, Bytes::new()).with_body_error(error);
        }
        let room = usize::try_from(promised).unwrap_or(FIRST_ROOM).min(FIRST_ROOM);
        let mut bytes = Vec::with_capacity(room);
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
        let answer = self.send(request)?;
        Ok(self.read(request, answer))
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

/// Phase of an error without a mark: from a caller's own agent, or from after the connection was made.
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
