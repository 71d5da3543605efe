//! Requests on ureq.

use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Timeout};

use super::Transport;
use super::connector::{Phased, PhasedConnector, PhasedResolver};
use super::heads::Heads;
use crate::config::TransportSettings;
use crate::error::{Error, Phase, Result, TimeoutKind};
use crate::limits::{
    IDLE_CONNECTION, Unreadable, check_head, check_tls, connect_phase, exceeds, exchange_phase,
};
use crate::request::Request;
use crate::response::Response;

/// How much room a body gets before anything of it has arrived, whatever length its server promises.
const FIRST_ROOM: usize = 64 * 1024;

/// A `Content-Length` beyond this is refused by the HTTP library of the async flavour.
const LONGEST_BODY: u64 = u64::MAX - 2;

/// The blocking transport: a [`ureq::Agent`].
///
/// A client makes one by itself. To set a proxy, roots of trust or whatever else ureq can do, bring an agent:
///
/// ```
/// use mem0::blocking::{MemoryClient, Ureq};
///
/// let agent = ureq::Agent::config_builder().max_idle_connections(2).build().new_agent();
/// let client = MemoryClient::builder().api_key("m0-key").build_with(Ureq::from(agent))?;
/// # Ok::<(), mem0::Error>(())
/// ```
///
/// Of an agent that is brought along, redirects, errors by status and the time limit of a whole request are
/// overridden. The rest is kept, its limit on connecting included.
///
/// # Logs
/// ureq logs by the `log` crate. What this crate sends is not in it, at no level. What a server answers is, at the
/// level `Trace`, byte by byte and with the addresses in it: where that must not be kept, turn the target
/// `ureq_proto` down to `Debug`. An agent that is brought along logs, at that level, the key and all else it sends
/// too.
#[derive(Clone)]
pub struct Ureq {
    agent: Agent,
    /// The heads that the agent's connections put in; one that was brought along has connections of its own.
    heads: Option<Arc<Heads>>,
    /// The limit of the agent itself; a request with another one carries it along.
    timeout: Option<Duration>,
    connect_timeout: Duration,
}

impl Ureq {
    pub(crate) fn new(settings: &TransportSettings) -> Result<Self> {
        check_tls(settings)?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_age(IDLE_CONNECTION)
            // ureq takes announcements without number for one head. What fits its buffer is let through, and
            // checked by `check_head`.
            .max_response_header_size(usize::MAX)
            // Every header that is sent is the request's own.
            .user_agent("")
            .accept("")
            .accept_encoding("")
            .timeout_connect(Some(settings.connect_timeout))
            .timeout_resolve(Some(settings.connect_timeout))
            .timeout_global(Some(settings.attempt_timeout));
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let config = config.tls_config(tls_config());
        let config = if settings.is_loopback { config.proxy(None) } else { config };
        let heads = Arc::new(Heads::default());
        let connector = PhasedConnector::new(heads.clone());
        let agent = Agent::with_parts(config.build(), connector, PhasedResolver::default());
        Ok(Self {
            agent,
            heads: Some(heads),
            timeout: Some(settings.attempt_timeout),
            connect_timeout: settings.connect_timeout,
        })
    }

    fn send(&self, request: &Request) -> Result<http::Response<Body>> {
        let answer = match request.body() {
            Some(body) => self.send_body(request, &body[..])?,
            None => self.send_body(request, ())?,
        };
        let answer = answer.map_err(|error| self.error(error, request.timeout()))?;
        check_head(answer.headers())?;
        if answer.body().content_length().is_some_and(|length| length > LONGEST_BODY) {
            let error = Unreadable("the length of the body is none");
            return Err(Error::transport(Phase::Read, error));
        }
        Ok(answer)
    }

    fn send_body<B: ureq::AsSendBody>(
        &self,
        request: &Request,
        body: B,
    ) -> Result<Result<http::Response<Body>, ureq::Error>> {
        let Some(heads) = &self.heads else {
            return Ok(self.run(request.to_http(body)?, request.timeout()));
        };
        let (uri, _waiting) = heads.put_by(request)?;
        let mut headless = http::Request::new(body);
        *headless.method_mut() = request.method().clone();
        *headless.uri_mut() = uri;
        Ok(self.run(headless, request.timeout()))
    }

    fn run<B: ureq::AsSendBody>(
        &self,
        request: http::Request<B>,
        timeout: Duration,
    ) -> Result<http::Response<Body>, ureq::Error> {
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

    fn error(&self, error: ureq::Error, timeout: Duration) -> Error {
        let (phase, error) = match error {
            ureq::Error::Other(error) => match error.downcast::<Phased>() {
                Ok(phased) => (Some(phased.phase), phased.error),
                Err(error) => (None, ureq::Error::Other(error)),
            },
            error => (None, error),
        };
        match (phase, error) {
            (_, ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve)) => {
                Error::timeout(TimeoutKind::Connect, self.connect_timeout, false)
            }
            // The limit of the attempt may have run out before anything was sent. reqwest can't tell, and calls
            // are not to be repeated in one flavour and not in the other.
            (_, ureq::Error::Timeout(_)) => Error::timeout(TimeoutKind::Attempt, timeout, true),
            (Some(phase), error) => Error::transport(phase, error),
            (None, error) => Error::transport(phase_of(&error), error),
        }
    }

    /// Reads the body up to the limit. A body without an end, or with a promise of more, is the server's fault.
    fn read(&self, request: &Request, answer: http::Response<Body>) -> Response {
        let (parts, mut body) = answer.into_parts();
        let limit = request.body_limit();
        let promised = body.content_length().unwrap_or_default();
        if exceeds(promised, limit) {
            let error = Error::too_large(parts.status, limit);
            return Response::new(parts.status, parts.headers, Bytes::new()).broken_off(error);
        }
        let room = usize::try_from(promised).unwrap_or(FIRST_ROOM).min(FIRST_ROOM);
        let mut bytes = Vec::with_capacity(room);
        let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let outcome = body.as_reader().take(bound).read_to_end(&mut bytes);
        if bytes.len() > limit {
            bytes.truncate(limit);
            let error = Error::too_large(parts.status, limit);
            return Response::new(parts.status, parts.headers, bytes).broken_off(error);
        }
        let response = Response::new(parts.status, parts.headers, bytes);
        match outcome {
            Ok(_) => response,
            Err(error) => response.broken_off(self.error(ureq::Error::from(error), request.timeout())),
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
        let connect_timeout = agent.config().timeouts().connect.unwrap_or(Duration::MAX);
        Self { agent, heads: None, timeout: None, connect_timeout }
    }
}

impl fmt::Debug for Ureq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ureq").finish_non_exhaustive()
    }
}

/// Roots of trust are the same in both flavours: Mozilla's with rustls, the system's with its own TLS.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn tls_config() -> TlsConfig {
    let config = TlsConfig::builder();
    if cfg!(feature = "rustls") {
        config.provider(TlsProvider::Rustls).root_certs(RootCerts::WebPki).build()
    } else {
        config.provider(TlsProvider::NativeTls).root_certs(RootCerts::PlatformVerifier).build()
    }
}

/// How far an exchange had come, where ureq's error is all there is to tell: of an agent that was brought
/// along, or after the connection was made.
fn phase_of(error: &ureq::Error) -> Phase {
    match error {
        ureq::Error::HostNotFound => Phase::Resolve,
        ureq::Error::ConnectionFailed | ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
            Phase::Connect
        }
        ureq::Error::Tls(_) | ureq::Error::TlsRequired => Phase::Tls,
        #[cfg(feature = "rustls")]
        ureq::Error::Rustls(_) => Phase::Tls,
        #[cfg(feature = "native-tls")]
        ureq::Error::NativeTls(_) => Phase::Tls,
        ureq::Error::Io(error) => match connect_phase(false, Some(error.kind())) {
            Phase::Connect if error.kind() == std::io::ErrorKind::ConnectionRefused => Phase::Connect,
            _ => exchange_phase(Some(error.kind())),
        },
        _ => Phase::Read,
    }
}
