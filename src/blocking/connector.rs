//! How the blocking flavour finds a server and connects to it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::Uri;
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport as Connection,
};

use super::connection::GuardedConnection;
use super::heads::Heads;
use crate::error::{Phase, Result};
use crate::limits::connect_phase;

/// An error that knows how far the exchange had come. ureq's own errors do not: a handshake that is reset looks
/// like an answer that is.
#[derive(Debug)]
pub(super) struct Phased {
    pub(super) phase: Phase,
    pub(super) error: ureq::Error,
}

impl Phased {
    pub(super) fn wrap(phase: Phase, error: ureq::Error) -> ureq::Error {
        ureq::Error::Other(Box::new(Self { phase, error }))
    }
}

impl fmt::Display for Phased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Phased {}

/// ureq's connector, with its errors marked and its connections guarded.
pub(super) struct PhasedConnector {
    inner: DefaultConnector,
    heads: Arc<Heads>,
}

impl PhasedConnector {
    pub(super) fn new(heads: Arc<Heads>) -> Self {
        Self { inner: DefaultConnector::default(), heads }
    }
}

impl fmt::Debug for PhasedConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PhasedConnector").field(&self.inner).finish()
    }
}

impl Connector for PhasedConnector {
    type Out = Box<dyn Connection>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let connection = self.inner.connect(details, chained).map_err(|error| {
            let kind = match &error {
                ureq::Error::Io(error) => Some(error.kind()),
                ureq::Error::ConnectionFailed | ureq::Error::ConnectProxyFailed(_) => {
                    Some(std::io::ErrorKind::ConnectionRefused)
                }
                _ => None,
            };
            Phased::wrap(connect_phase(is_https(details.uri), kind), error)
        })?;
        Ok(connection.map(|connection| {
            Box::new(GuardedConnection::new(connection, self.heads.clone())) as Box<dyn Connection>
        }))
    }
}

/// ureq's resolver, with its errors marked, and without the thread it starts for every request that has a
/// time limit where the host is an address already.
#[derive(Debug, Default)]
pub(super) struct PhasedResolver(DefaultResolver);

impl Resolver for PhasedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        if let Some(address) = literal_address(uri) {
            let mut addresses = self.0.empty();
            addresses.push(address);
            return Ok(addresses);
        }
        self.0.resolve(uri, config, timeout).map_err(|error| Phased::wrap(Phase::Resolve, error))
    }
}

fn is_https(uri: &Uri) -> bool {
    uri.scheme() == Some(&http::uri::Scheme::HTTPS)
}

fn literal_address(uri: &Uri) -> Option<SocketAddr> {
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
    let default = if is_https(uri) { 443 } else { 80 };
    Some(SocketAddr::new(host.parse::<IpAddr>().ok()?, uri.port_u16().unwrap_or(default)))
}
