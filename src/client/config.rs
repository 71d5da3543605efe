//! Checked settings of a client and of its transport.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::header::{self, HeaderMap};

use crate::client::api_key::ApiKey;
use crate::client::base_url::BaseUrl;
use crate::client::project_scope::ProjectScope;
use crate::client::proxy::{Proxy, ProxySetting};
use crate::client::retry::{RetryBudget, RetryPolicy};
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use crate::client::tls::Tls;
use crate::client::tls::TlsSettings;
use crate::error::{Error, Result};

/// Checked settings of a client.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) base_url: BaseUrl,
    pub(crate) key: ApiKey,
    /// Organization and project of the builder, if set.
    pub(crate) scope: Option<ProjectScope>,
    pub(crate) connect_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) retry_budget: RetryBudget,
    /// Headers of every request.
    pub(crate) headers: Arc<HeaderMap>,
    /// Headers of requests with a body.
    pub(crate) body_headers: Arc<HeaderMap>,
    pub(crate) body_limit: usize,
    pub(crate) proxy: ProxySetting,
    pub(crate) tls: TlsSettings,
}

/// Settings of this crate's transports, which connect to one host.
#[derive(Debug, Clone)]
pub(crate) struct TransportSettings {
    pub(crate) connect_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    /// Scheme, host and port of the server.
    #[cfg(feature = "blocking")]
    pub(crate) target: Uri,
    /// The proxy to reach the server through.
    pub(crate) proxy: Option<Proxy>,
    /// TLS settings, if server or proxy need TLS.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub(crate) tls: Option<Tls>,
}

impl Config {
    /// Settings with another key, which is checked. Organization and project belong to the old key and are dropped.
    pub(crate) fn with_key(&self, key: &str) -> Result<Self> {
        let key = checked_key(key, self.base_url.is_loopback() && !self.proxy.is_remote())?;
        let with_key = |headers: &HeaderMap| {
            let mut headers = headers.clone();
            headers.insert(header::AUTHORIZATION, key.header().clone());
            Arc::new(headers)
        };
        Ok(Self {
            headers: with_key(&self.headers),
            body_headers: with_key(&self.body_headers),
            scope: None,
            key,
            ..self.clone()
        })
    }

    /// Settings of the transport. `variable` reads the environment variables of the proxy.
    pub(crate) fn transport_settings(
        &self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<TransportSettings> {
        let target = self.base_url.to_uri()?;
        let limits = (self.connect_timeout, self.attempt_timeout);
        TransportSettings::new(target, limits, &self.proxy, &self.tls, variable)
    }
}

impl TransportSettings {
    fn new(
        target: Uri,
        (connect_timeout, attempt_timeout): (Duration, Duration),
        proxy: &ProxySetting,
        tls: &TlsSettings,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let proxy = proxy.resolve(&target, variable)?;
        let is_https = target.scheme() == Some(&http::uri::Scheme::HTTPS);
        if !is_https && proxy.as_ref().is_some_and(Proxy::is_https) {
            let message = "is an https proxy, which is supported for https base URLs only; use an http proxy";
            return Err(Error::config("proxy", message));
        }
        let needs_tls = is_https || proxy.as_ref().is_some_and(Proxy::is_https);
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let tls = tls.resolve(needs_tls)?;
        #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
        tls.reject(needs_tls)?;
        Ok(Self {
            connect_timeout,
            attempt_timeout,
            #[cfg(feature = "blocking")]
            target,
            proxy,
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            tls,
        })
    }
}

/// Checks a key. The key of an offline platform is valid only if requests stay on this machine.
pub(crate) fn checked_key(key: &str, is_local: bool) -> Result<ApiKey> {
    let key = ApiKey::new(key)?;
    if key.is_local() && !is_local {
        return Err(Error::config(
            "api_key",
            "belongs to a local platform and is never sent to another machine; set the base URL of the local \
             platform, or use a key of the hosted platform",
        ));
    }
    Ok(key)
}
