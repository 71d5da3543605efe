//! Chain of ureq's connectors, with the phase added to their errors.

use std::net::{IpAddr, SocketAddr};

use http::Uri;
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
#[cfg(feature = "native-tls")]
use ureq::unversioned::transport::NativeTlsConnector;
#[cfg(feature = "rustls")]
use ureq::unversioned::transport::RustlsConnector;
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, SocksConnector, TcpConnector,
    Transport as Connection,
};

use super::absolute_form::AbsoluteForm;
use super::connection::GuardedConnection;
use super::phased_error::PhasedError;
use crate::client::limits::connect_phase;
use crate::error::{Phase, Result};

/// Connector with the steps of ureq's default connector, in the same order.
///
/// With `target`, connections lead to a proxy that forwards requests to that server.
pub(super) fn connector(target: Option<String>) -> impl Connector<(), Out = Box<dyn Connection>> {
    let steps =
        ().chain(Step::new(Phase::Proxy, SocksConnector::default()))
            .chain(Step::new(Phase::Proxy, ConnectProxyConnector::default()))
            .chain(Step::new(Phase::Connect, TcpConnector::default()));
    #[cfg(feature = "rustls")]
    let steps = steps.chain(Step::new(Phase::Tls, RustlsConnector::default()));
    #[cfg(feature = "native-tls")]
    let steps = steps.chain(Step::new(Phase::Tls, NativeTlsConnector::default()));
    steps.chain(WrapStep { target })
}

/// A connector whose errors are of one phase.
#[derive(Debug)]
struct Step<C> {
    phase: Phase,
    inner: C,
}

impl<C> Step<C> {
    fn new(phase: Phase, inner: C) -> Self {
        Self { phase, inner }
    }

    fn mark(&self, error: ureq::Error, is_https: bool) -> ureq::Error {
        match error {
            ureq::Error::Timeout(_) => error,
            // An error while connecting to a proxy is of the proxy's phase.
            ureq::Error::Other(inner) if self.phase == Phase::Proxy => {
                match inner.downcast::<PhasedError>() {
                    Ok(phased) => PhasedError::wrap(Phase::Proxy, phased.error),
                    Err(inner) => PhasedError::wrap(Phase::Proxy, ureq::Error::Other(inner)),
                }
            }
            ureq::Error::Other(ref inner) if inner.is::<PhasedError>() => error,
            // The async flavour reports an immediate reset as an error of the handshake.
            ureq::Error::Io(error) if self.phase == Phase::Connect => {
                PhasedError::wrap(connect_phase(is_https, Some(error.kind())), ureq::Error::Io(error))
            }
            error => PhasedError::wrap(self.phase, error),
        }
    }
}

impl<In: Connection, C: Connector<In>> Connector<In> for Step<C> {
    type Out = C::Out;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        self.inner.connect(details, chained).map_err(|error| self.mark(error, details.needs_tls()))
    }
}

/// Last step, which wraps the connection.
#[derive(Debug)]
struct WrapStep {
    target: Option<String>,
}

impl<In: Connection> Connector<In> for WrapStep {
    type Out = Box<dyn Connection>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        Ok(chained.map(|connection| {
            let connection = GuardedConnection::new(Box::new(connection));
            match &self.target {
                None => Box::new(connection) as Box<dyn Connection>,
                Some(server) => Box::new(AbsoluteForm::new(Box::new(connection), server.clone())),
            }
        }))
    }
}

/// ureq's resolver with the phase added to its errors. For a host that is an IP address, it does not start ureq's
/// thread per request.
#[derive(Debug, Default)]
pub(super) struct PhasedResolver {
    inner: DefaultResolver,
    /// Forwarding proxy, which is the only host to connect to.
    proxy: Option<Uri>,
}

impl PhasedResolver {
    pub(super) fn new(proxy: Option<Uri>) -> Self {
        Self { inner: DefaultResolver::default(), proxy }
    }
}

impl Resolver for PhasedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let uri = self.proxy.as_ref().unwrap_or(uri);
        if let Some(address) = literal_address(uri) {
            let mut addresses = self.inner.empty();
            addresses.push(address);
            return Ok(addresses);
        }
        self.inner.resolve(uri, config, timeout).map_err(|error| match error {
            ureq::Error::Timeout(_) => error,
            error => PhasedError::wrap(Phase::Resolve, error),
        })
    }
}

fn literal_address(uri: &Uri) -> Option<SocketAddr> {
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
    let address = host.parse::<IpAddr>().ok()?;
    let port = uri.port_u16().or_else(|| match uri.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        _ => None,
    });
    Some(SocketAddr::new(address, port?))
}
