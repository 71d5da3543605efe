//! What a client is told when it is built, and how that is checked. No I/O happens here.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::client::base_url::{BaseUrl, HOSTED};
use crate::client::limits::bounded;
use crate::client::proxy::{Proxy, ProxySetting};
use crate::client::retry::{RetryBudget, RetryPolicy};
use crate::client::secret::ApiKey;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use crate::client::tls::Tls;
use crate::client::tls::TlsSettings;
use crate::error::{Error, Result};
use crate::ids::{OrgId, ProjectId, check_path_segment};

/// This crate's entry in `User-Agent` and `X-Mem0-Client`.
const SELF: &str = concat!("mem0-sdk-rust/", env!("CARGO_PKG_VERSION"));

const CLIENT_STACK: HeaderName = HeaderName::from_static("x-mem0-client");

/// `X-Mem0-Client` holds at most so many entries and so many characters (contract 0).
const STACK_ENTRIES: usize = 4;
const STACK_CHARACTERS: usize = 200;

/// Headers that are the client's own business: a second one would break the call or the promises about it.
const RESERVED: [HeaderName; 9] = [
    header::AUTHORIZATION,
    // Part of the proxy's URL, since the library knows which of its requests are for the proxy.
    header::PROXY_AUTHORIZATION,
    header::HOST,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::TRANSFER_ENCODING,
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::EXPECT,
];

/// A variable of the environment. What is not UTF-8 is read with replacement characters, so that it is refused where
/// it is used, and not taken for unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// What a builder collects. Nothing is checked before [`check`](Self::check).
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) api_key: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) org_id: Option<OrgId>,
    pub(crate) project_id: Option<ProjectId>,
    pub(crate) connect_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) retry_budget: RetryBudget,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body_limit: usize,
    pub(crate) application: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) allow_plaintext: bool,
    pub(crate) proxy: ProxySetting,
    pub(crate) tls: TlsSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: None,
            org_id: None,
            project_id: None,
            connect_timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(60),
            timeout: Duration::from_secs(180),
            retry: RetryPolicy::default(),
            retry_budget: RetryBudget::default(),
            headers: Vec::new(),
            body_limit: 16 * 1024 * 1024,
            application: None,
            source: None,
            allow_plaintext: false,
            proxy: ProxySetting::default(),
            tls: TlsSettings::default(),
        }
    }
}

/// What a client works with: checked settings.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) base_url: BaseUrl,
    pub(crate) key: ApiKey,
    /// The organization and project to work in, where the caller named them.
    pub(crate) scope: Option<(OrgId, ProjectId)>,
    pub(crate) connect_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) retry_budget: RetryBudget,
    /// Every header that goes with every request.
    pub(crate) headers: Arc<HeaderMap>,
    /// The same for requests with a body.
    pub(crate) body_headers: Arc<HeaderMap>,
    pub(crate) body_limit: usize,
    proxy: ProxySetting,
    tls: TlsSettings,
}

/// Settings of this crate's own transports. They talk to one host.
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

impl Settings {
    /// The settings of an environment: `MEM0_API_KEY`, `MEM0_BASE_URL`. An empty variable counts as unset.
    pub(crate) fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value: &String| !value.is_empty());
        Self { api_key: set("MEM0_API_KEY"), base_url: set("MEM0_BASE_URL"), ..Self::default() }
    }

    /// Checks everything. `variable` reads the environment, for the headers the contract takes from there.
    pub(crate) fn check(self, variable: impl Fn(&str) -> Option<String>) -> Result<Config> {
        // A key that is wrong is told of before a base URL that is.
        ApiKey::new(self.api_key.as_deref().unwrap_or_default())?;
        let base_url = self.base_url.as_deref().unwrap_or(HOSTED).parse::<BaseUrl>()?;
        let is_local = base_url.is_loopback() && !self.proxy.is_elsewhere();
        let key = checked_key(self.api_key.as_deref().unwrap_or_default(), is_local)?;
        if !base_url.is_https() && !is_local && !self.allow_plaintext {
            return Err(Error::config(
                "base_url",
                "would send the key unencrypted to another machine; use https://, or allow it with \
                 `allow_plaintext(true)`",
            ));
        }
        for (field, limit) in [
            ("connect_timeout", self.connect_timeout),
            ("attempt_timeout", self.attempt_timeout),
            ("timeout", self.timeout),
        ] {
            if limit.is_zero() {
                return Err(Error::config(field, "is zero; give a longer one"));
            }
        }
        if self.body_limit == 0 {
            return Err(Error::config("body_limit", "is zero; give at least one byte"));
        }
        let mut headers = HeaderMap::with_capacity(8 + self.headers.len());
        headers.insert(header::AUTHORIZATION, key.header().clone());
        headers.insert(header::USER_AGENT, HeaderValue::from_static(SELF));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(CLIENT_STACK, client_stack(variable("MEM0_CLIENT_STACK").as_deref()));
        for (name, field, value, from) in [
            ("x-mem0-source", "source", &self.source, "MEM0_SOURCE"),
            ("x-application", "application", &self.application, "MEM0_APPLICATION"),
        ] {
            let value = value.clone().or_else(|| variable(from));
            if let Some(value) = value.as_deref().map(str::trim).filter(|value| !value.is_empty()) {
                headers.insert(name, header_value(field, value)?);
            }
        }
        add_headers(&mut headers, &self.headers)?;
        let mut body_headers = headers.clone();
        body_headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(Config {
            scope: checked_scope(self.org_id, self.project_id)?,
            base_url,
            key,
            connect_timeout: bounded(self.connect_timeout),
            attempt_timeout: bounded(self.attempt_timeout),
            timeout: bounded(self.timeout),
            retry: self.retry,
            retry_budget: self.retry_budget,
            headers: Arc::new(headers),
            body_headers: Arc::new(body_headers),
            body_limit: self.body_limit,
            proxy: self.proxy,
            tls: self.tls,
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("base_url", &self.base_url.as_deref().map(str::parse::<BaseUrl>))
            .field("org_id", &self.org_id)
            .field("project_id", &self.project_id)
            .field("connect_timeout", &self.connect_timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .field("body_limit", &self.body_limit)
            .field("allow_plaintext", &self.allow_plaintext)
            .field("proxy", &self.proxy)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// The same settings with another key, checked as a builder checks it. The organization and the project were those
    /// of the old key, and are dropped.
    pub(crate) fn with_key(&self, key: &str) -> Result<Self> {
        let key = checked_key(key, self.base_url.is_loopback() && !self.proxy.is_elsewhere())?;
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

    /// The settings of a transport for this client. `variable` reads the environment, for the proxy.
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
            let message =
                "speaks https, which is supported for https base URLs only; use a proxy that speaks http";
            return Err(Error::config("proxy", message));
        }
        let needs_tls = is_https || proxy.as_ref().is_some_and(Proxy::is_https);
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let tls = tls.resolve(needs_tls)?;
        #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
        tls.refuse(needs_tls)?;
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

/// A key that may be sent: one of a local platform only if requests stay on this machine.
fn checked_key(key: &str, is_local: bool) -> Result<ApiKey> {
    let key = ApiKey::new(key)?;
    if key.is_local() && !is_local {
        return Err(Error::config(
            "api_key",
            "belongs to a local platform and is sent to this machine only; set the base URL to the local \
             platform's, or use a key of the hosted platform",
        ));
    }
    Ok(key)
}

/// Both or neither: an organization without a project would be completed by somebody else's choice.
fn checked_scope(org_id: Option<OrgId>, project_id: Option<ProjectId>) -> Result<Option<(OrgId, ProjectId)>> {
    match (org_id, project_id) {
        (None, None) => Ok(None),
        (Some(org_id), Some(project_id)) => {
            check_path_segment(OrgId::FIELD, org_id.as_str())?;
            check_path_segment(ProjectId::FIELD, project_id.as_str())?;
            Ok(Some((org_id, project_id)))
        }
        (Some(_), None) => {
            Err(Error::config("project_id", "is missing; an organization and a project go together"))
        }
        (None, Some(_)) => {
            Err(Error::config("org_id", "is missing; an organization and a project go together"))
        }
    }
}

/// Adds a caller's headers over those that are there.
pub(crate) fn add_headers(headers: &mut HeaderMap, extra: &[(String, String)]) -> Result<()> {
    for (name, value) in extra {
        let name = HeaderName::try_from(name.as_str())
            .map_err(|_| Error::config("header", "has a name that is no HTTP header name"))?;
        if RESERVED.contains(&name) {
            let message = format!("`{name}` is set by the client itself; leave it out");
            return Err(Error::config("header", message));
        }
        let checked = header_value("header", value)?;
        // The platform reads it as a stack to which every layer appends itself.
        let mut value = if name == CLIENT_STACK { client_stack(Some(value)) } else { checked };
        // Nobody but the caller knows what is in it.
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(())
}

fn header_value(field: &'static str, value: &str) -> Result<HeaderValue> {
    if value.chars().all(|character| (' '..='~').contains(&character))
        && let Ok(value) = HeaderValue::try_from(value)
    {
        return Ok(value);
    }
    Err(Error::config(field, "has a value that can't travel in a header; use printable ASCII"))
}

/// `X-Mem0-Client`: those that call through us, then ourselves; whole entries, within the limits.
fn client_stack(callers: Option<&str>) -> HeaderValue {
    let mut stack = String::new();
    let mut entries = 1;
    for entry in callers.unwrap_or_default().split(',').map(str::trim) {
        let is_printable = entry.chars().all(|character| (' '..='~').contains(&character));
        let fits = stack.len() + entry.len() + ", ".len() + SELF.len() <= STACK_CHARACTERS;
        if entry.is_empty() || !is_printable || !fits || entries == STACK_ENTRIES {
            continue;
        }
        stack.push_str(entry);
        stack.push_str(", ");
        entries += 1;
    }
    if stack.is_empty() {
        return HeaderValue::from_static(SELF);
    }
    stack.push_str(SELF);
    HeaderValue::try_from(stack).unwrap_or(HeaderValue::from_static(SELF))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn settings() -> Settings {
        Settings { api_key: Some("m0-secret".into()), ..Settings::default() }
    }

    fn no_environment(_: &str) -> Option<String> {
        None
    }

    fn refused(settings: Settings) -> (&'static str, String) {
        match settings.check(no_environment) {
            Err(Error::Config { field, message } | Error::Invalid { field, message }) => (field, message),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_hosted_platform_is_the_default() {
        let config = settings().check(no_environment).unwrap();
        assert_eq!(config.base_url.as_str(), "https://api.mem0.ai");
        assert_eq!(config.headers["authorization"], "Token m0-secret");
        assert_eq!(config.headers["user-agent"], SELF);
        assert_eq!(config.headers["x-mem0-client"], SELF);
        assert!(
            !config.headers.contains_key("x-mem0-source") && !config.headers.contains_key("x-application")
        );
        assert!(!format!("{config:?}").contains("m0-secret"), "{config:?}");
    }

    #[test]
    fn half_a_scope_is_refused() {
        assert_eq!(refused(Settings { org_id: Some("o".into()), ..settings() }).0, "project_id");
        assert_eq!(refused(Settings { project_id: Some("p".into()), ..settings() }).0, "org_id");
        let dots = Settings { org_id: Some("o".into()), project_id: Some("..".into()), ..settings() };
        assert_eq!(refused(dots).0, "project id");
    }

    #[test]
    fn a_key_goes_only_where_it_may() {
        let plain = Settings { base_url: Some("http://api.example".into()), ..settings() };
        assert_eq!(refused(plain.clone()).0, "base_url");
        assert!(Settings { allow_plaintext: true, ..plain }.check(no_environment).is_ok());
        assert!(
            Settings { base_url: Some("http://127.0.0.1:1".into()), ..settings() }
                .check(no_environment)
                .is_ok()
        );
        let local = Settings { api_key: Some("m0-local-1".into()), ..settings() };
        assert_eq!(refused(local.clone()).0, "api_key");
        assert_eq!(refused(Settings { allow_plaintext: true, ..local.clone() }).0, "api_key");
        assert!(Settings { base_url: Some("http://[::1]:1".into()), ..local }.check(no_environment).is_ok());
    }

    #[test]
    fn a_proxy_elsewhere_takes_requests_off_this_machine() {
        let by = |proxy: &str| ProxySetting::Url(proxy.to_owned());
        let loopback = Settings { base_url: Some("http://127.0.0.1:1".into()), ..settings() };
        let proxied = Settings { proxy: by("http://proxy.example:3128"), ..loopback.clone() };
        assert_eq!(refused(proxied.clone()).0, "base_url");
        assert!(Settings { allow_plaintext: true, ..proxied.clone() }.check(no_environment).is_ok());
        let local = Settings { api_key: Some("m0-local-1".into()), allow_plaintext: true, ..proxied };
        assert_eq!(refused(local.clone()).0, "api_key");
        assert!(Settings { proxy: by("http://localhost:3128"), ..local }.check(no_environment).is_ok());
    }

    #[test]
    fn zero_is_no_limit() {
        for field in ["connect_timeout", "attempt_timeout", "timeout", "body_limit"] {
            let mut settings = settings();
            match field {
                "connect_timeout" => settings.connect_timeout = Duration::ZERO,
                "attempt_timeout" => settings.attempt_timeout = Duration::ZERO,
                "timeout" => settings.timeout = Duration::ZERO,
                _ => settings.body_limit = 0,
            }
            assert_eq!(refused(settings).0, field);
        }
    }

    #[test]
    fn extra_headers_are_checked() {
        let with = |name: &str, value: &str| Settings {
            headers: vec![(name.to_owned(), value.to_owned())],
            ..settings()
        };
        assert_eq!(with("X-Team", "a b").check(no_environment).unwrap().headers["x-team"], "a b");
        for (name, value) in [
            ("Authorization", "x"),
            ("proxy-authorization", "x"),
            ("host", "x"),
            ("a b", "x"),
            ("", "x"),
            ("x", "a\r\nb: c"),
            ("x", "é"),
        ] {
            assert_eq!(refused(with(name, value)).0, "header", "{name}: {value}");
        }
    }

    #[test]
    fn the_environment_names_the_callers() {
        let environment = |name: &str| {
            let value = match name {
                "MEM0_CLIENT_STACK" => " app/1 ,, lib/2,",
                "MEM0_SOURCE" => " nightly ",
                _ => "  ",
            };
            Some(value.to_owned())
        };
        let config = settings().check(environment).unwrap();
        assert_eq!(config.headers["x-mem0-client"], format!("app/1, lib/2, {SELF}"));
        assert_eq!(config.headers["x-mem0-source"], "nightly");
        assert!(!config.headers.contains_key("x-application"));
        let own = Settings { source: Some("mine".into()), application: Some("app".into()), ..settings() };
        let config = own.check(environment).unwrap();
        assert_eq!(config.headers["x-mem0-source"], "mine");
        assert_eq!(config.headers["x-application"], "app");
    }

    #[test]
    fn the_client_stack_keeps_whole_entries_within_its_limits() {
        assert_eq!(client_stack(Some("a,b,c,d,e")), format!("a, b, c, {SELF}"));
        let long = "x".repeat(150);
        assert_eq!(client_stack(Some(&format!("{long},{long},b"))), format!("{long}, b, {SELF}"));
        assert_eq!(client_stack(Some("é,b")), format!("b, {SELF}"));
        let longest = client_stack(Some(&format!("{},b", "x".repeat(198 - SELF.len()))));
        assert_eq!(longest.len(), STACK_CHARACTERS);
    }

    #[test]
    fn a_client_stack_of_the_callers_is_kept() {
        let environment =
            |name: &str| (name == "MEM0_CLIENT_STACK").then(|| "from-the-environment/1".to_owned());
        let stack = |value: &str| {
            let headers = vec![("x-MEM0-client".to_owned(), value.to_owned())];
            Settings { headers, ..settings() }.check(environment).map(|config| {
                assert_eq!(config.headers[CLIENT_STACK], config.body_headers[CLIENT_STACK]);
                config.headers[CLIENT_STACK].clone()
            })
        };
        assert_eq!(stack("app/1, lib/2").unwrap(), format!("app/1, lib/2, {SELF}"));
        assert_eq!(stack("a,b,c,d,e").unwrap(), format!("a, b, c, {SELF}"));
        assert_eq!(stack(&format!("{},b", "x".repeat(200))).unwrap(), format!("b, {SELF}"));
        assert_eq!(stack(" , ").unwrap(), SELF);
        assert!(matches!(stack("a\r\nb"), Err(Error::Config { field: "header", .. })));
    }

    #[test]
    fn the_environment_gives_key_and_url() {
        let settings = Settings::from_environment(|name| match name {
            "MEM0_API_KEY" => Some("k".to_owned()),
            _ => Some(String::new()),
        });
        assert_eq!((settings.api_key.as_deref(), settings.base_url), (Some("k"), None));
        let error = Settings::from_environment(no_environment).check(no_environment).unwrap_err();
        assert!(error.to_string().contains("MEM0_API_KEY"), "{error}");
    }
}
