//! Chain of ureq's connectors, with the phase marked on their errors.

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
use super::phased::Phased;
use crate::client::limits::connect_phase;
use crate::error::{Phase, Result};

/// The steps of making a connection, in the order of ureq's default connector.
///
/// With `forwarded_to`, connections lead to a proxy, and requests name that server.
pub(super) fn connector(forwarded_to: Option<String>) -> impl Connector<(), Out = Box<dyn Connection>> {
    let steps =
        ().chain(Step::new(Phase::Proxy, SocksConnector::default()))
            .chain(Step::new(Phase::Proxy, ConnectProxyConnector::default()))
            .chain(Step::new(Phase::Connect, TcpConnector::default()));
    #[cfg(feature = "rustls")]
    let steps = steps.chain(Step::new(Phase::Tls, RustlsConnector::default()));
    #[cfg(feature = "native-tls")]
    let steps = steps.chain(Step::new(Phase::Tls, NativeTlsConnector::default()));
    steps.chain(Guard { forwarded_to })
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
            // What fails on the way to a proxy is the proxy's.
            ureq::Error::Other(inner) if self.phase == Phase::Proxy => match inner.downcast::<Phased>() {
                Ok(phased) => Phased::wrap(Phase::Proxy, phased.error),
                Err(inner) => Phased::wrap(Phase::Proxy, ureq::Error::Other(inner)),
            },
            ureq::Error::Other(ref inner) if inner.is::<Phased>() => error,
            // A connection that is reset at once may still be opened in the eyes of the other flavour.
            ureq::Error::Io(error) if self.phase == Phase::Connect => {
                Phased::wrap(connect_phase(is_https, Some(error.kind())), ureq::Error::Io(error))
            }
            error => Phased::wrap(self.phase, error),
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

/// Last step: wraps the connection.
#[derive(Debug)]
struct Guard {
    forwarded_to: Option<String>,
}

impl<In: Connection> Connector<In> for Guard {
    type Out = Box<dyn Connection>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        Ok(chained.map(|connection| {
            let guarded = GuardedConnection::new(Box::new(connection));
            match &self.forwarded_to {
                None => Box::new(guarded) as Box<dyn Connection>,
                Some(server) => Box::new(AbsoluteForm::new(Box::new(guarded), server.clone())),
            }
        }))
    }
}

/// ureq's resolver, with its errors marked, and without the thread it starts for every request that has a
/// time limit where the host is an address already.
#[derive(Debug, Default)]
pub(super) struct PhasedResolver {
    inner: DefaultResolver,
    /// The proxy that requests are forwarded by: the only host to connect to.
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
            error => Phased::wrap(Phase::Resolve, error),
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
