//! Settings of a client as a builder collects them, and their check. No I/O but environment variables.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{self, HeaderMap, HeaderValue};

use crate::client::api_key::ApiKey;
use crate::client::base_url::{BaseUrl, HOSTED_URL};
use crate::client::config::{Config, checked_key};
use crate::client::headers::{CLIENT_STACK, USER_AGENT, add_headers, client_stack, header_value};
use crate::client::limits::clamp_duration;
use crate::client::project_scope::ProjectScope;
use crate::client::proxy::ProxySetting;
use crate::client::retry::{RetryBudget, RetryPolicy};
use crate::client::tls::TlsSettings;
use crate::error::{Error, Result};
use crate::ids::{OrgId, ProjectId};

/// Reads an environment variable. Invalid UTF-8 becomes replacement characters, so that its use fails, where it would
/// otherwise count as unset.
pub(crate) fn env_var(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Unchecked settings of a builder.
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

impl Settings {
    /// Reads `MEM0_API_KEY` and `MEM0_BASE_URL`. An empty variable counts as unset.
    pub(crate) fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value: &String| !value.is_empty());
        Self { api_key: set("MEM0_API_KEY"), base_url: set("MEM0_BASE_URL"), ..Self::default() }
    }

    /// Checks all settings. `variable` reads the environment variables that set request headers.
    pub(crate) fn check(self, variable: impl Fn(&str) -> Option<String>) -> Result<Config> {
        // An invalid key is reported before an invalid base URL.
        ApiKey::new(self.api_key.as_deref().unwrap_or_default())?;
        let base_url = self.base_url.as_deref().unwrap_or(HOSTED_URL).parse::<BaseUrl>()?;
        let is_local = base_url.is_loopback() && !self.proxy.is_remote();
        let key = checked_key(self.api_key.as_deref().unwrap_or_default(), is_local)?;
        if !base_url.is_https() && !is_local && !self.allow_plaintext {
            return Err(Error::config(
                "base_url",
                "would send the API key unencrypted to another machine; use https://, or allow it with \
                 `allow_plaintext(true)`",
            ));
        }
        for (field, limit) in [
            ("connect_timeout", self.connect_timeout),
            ("attempt_timeout", self.attempt_timeout),
            ("timeout", self.timeout),
        ] {
            if limit.is_zero() {
                return Err(Error::config(field, "is zero; set a longer one"));
            }
        }
        if self.body_limit == 0 {
            return Err(Error::config("body_limit", "is zero; set at least 1 byte"));
        }
        let mut headers = HeaderMap::with_capacity(8 + self.headers.len());
        headers.insert(header::AUTHORIZATION, key.header().clone());
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
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
            scope: ProjectScope::new(self.org_id, self.project_id)?,
            base_url,
            key,
            connect_timeout: clamp_duration(self.connect_timeout),
            attempt_timeout: clamp_duration(self.attempt_timeout),
            timeout: clamp_duration(self.timeout),
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

    fn rejected(settings: Settings) -> (&'static str, String) {
        match settings.check(no_environment) {
            Err(Error::Config { field, message } | Error::Invalid { field, message }) => (field, message),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn hosted_platform_is_the_default() {
        let config = settings().check(no_environment).unwrap();
        assert_eq!(config.base_url.as_str(), "https://api.mem0.ai");
        assert_eq!(config.headers["authorization"], "Token m0-secret");
        assert_eq!(config.headers["user-agent"], USER_AGENT);
        assert_eq!(config.headers["x-mem0-client"], USER_AGENT);
        assert!(
            !config.headers.contains_key("x-mem0-source") && !config.headers.contains_key("x-application")
        );
        assert!(!format!("{config:?}").contains("m0-secret"), "{config:?}");
    }

    #[test]
    fn org_id_and_project_id_are_set_together() {
        assert_eq!(rejected(Settings { org_id: Some("o".into()), ..settings() }).0, "project_id");
        assert_eq!(rejected(Settings { project_id: Some("p".into()), ..settings() }).0, "org_id");
        let dots = Settings { org_id: Some("o".into()), project_id: Some("..".into()), ..settings() };
        assert_eq!(rejected(dots).0, "project id");
    }

    #[test]
    fn keys_are_sent_over_https_or_to_loopback_only() {
        let plain = Settings { base_url: Some("http://api.example".into()), ..settings() };
        assert_eq!(rejected(plain.clone()).0, "base_url");
        assert!(Settings { allow_plaintext: true, ..plain }.check(no_environment).is_ok());
        assert!(
            Settings { base_url: Some("http://127.0.0.1:1".into()), ..settings() }
                .check(no_environment)
                .is_ok()
        );
        let local = Settings { api_key: Some("m0-local-1".into()), ..settings() };
        assert_eq!(rejected(local.clone()).0, "api_key");
        assert_eq!(rejected(Settings { allow_plaintext: true, ..local.clone() }).0, "api_key");
        assert!(Settings { base_url: Some("http://[::1]:1".into()), ..local }.check(no_environment).is_ok());
    }

    #[test]
    fn a_remote_proxy_counts_as_another_machine() {
        let by = |proxy: &str| ProxySetting::Url(proxy.to_owned());
        let loopback = Settings { base_url: Some("http://127.0.0.1:1".into()), ..settings() };
        let proxied = Settings { proxy: by("http://proxy.example:3128"), ..loopback.clone() };
        assert_eq!(rejected(proxied.clone()).0, "base_url");
        assert!(Settings { allow_plaintext: true, ..proxied.clone() }.check(no_environment).is_ok());
        let local = Settings { api_key: Some("m0-local-1".into()), allow_plaintext: true, ..proxied };
        assert_eq!(rejected(local.clone()).0, "api_key");
        assert!(Settings { proxy: by("http://localhost:3128"), ..local }.check(no_environment).is_ok());
    }

    #[test]
    fn zero_limits_are_rejected() {
        for field in ["connect_timeout", "attempt_timeout", "timeout", "body_limit"] {
            let mut settings = settings();
            match field {
                "connect_timeout" => settings.connect_timeout = Duration::ZERO,
                "attempt_timeout" => settings.attempt_timeout = Duration::ZERO,
                "timeout" => settings.timeout = Duration::ZERO,
                _ => settings.body_limit = 0,
            }
            assert_eq!(rejected(settings).0, field);
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
            assert_eq!(rejected(with(name, value)).0, "header", "{name}: {value}");
        }
    }

    #[test]
    fn environment_sets_client_headers() {
        let environment = |name: &str| {
            let value = match name {
                "MEM0_CLIENT_STACK" => " app/1 ,, lib/2,",
                "MEM0_SOURCE" => " nightly ",
                _ => "  ",
            };
            Some(value.to_owned())
        };
        let config = settings().check(environment).unwrap();
        assert_eq!(config.headers["x-mem0-client"], format!("app/1, lib/2, {USER_AGENT}"));
        assert_eq!(config.headers["x-mem0-source"], "nightly");
        assert!(!config.headers.contains_key("x-application"));
        let own = Settings { source: Some("mine".into()), application: Some("app".into()), ..settings() };
        let config = own.check(environment).unwrap();
        assert_eq!(config.headers["x-mem0-source"], "mine");
        assert_eq!(config.headers["x-application"], "app");
    }

    #[test]
    fn client_stack_of_the_caller_is_kept() {
        let environment =
            |name: &str| (name == "MEM0_CLIENT_STACK").then(|| "from-the-environment/1".to_owned());
        let stack = |value: &str| {
            let headers = vec![("x-MEM0-client".to_owned(), value.to_owned())];
            Settings { headers, ..settings() }.check(environment).map(|config| {
                assert_eq!(config.headers[CLIENT_STACK], config.body_headers[CLIENT_STACK]);
                config.headers[CLIENT_STACK].clone()
            })
        };
        assert_eq!(stack("app/1, lib/2").unwrap(), format!("app/1, lib/2, {USER_AGENT}"));
        assert_eq!(stack("a,b,c,d,e").unwrap(), format!("a, b, c, {USER_AGENT}"));
        assert_eq!(stack(&format!("{},b", "x".repeat(200))).unwrap(), format!("b, {USER_AGENT}"));
        assert_eq!(stack(" , ").unwrap(), USER_AGENT);
        assert!(matches!(stack("a\r\nb"), Err(Error::Config { field: "header", .. })));
    }

    #[test]
    fn environment_sets_key_and_base_url() {
        let settings = Settings::from_environment(|name| match name {
            "MEM0_API_KEY" => Some("k".to_owned()),
            _ => Some(String::new()),
        });
        assert_eq!((settings.api_key.as_deref(), settings.base_url), (Some("k"), None));
        let error = Settings::from_environment(no_environment).check(no_environment).unwrap_err();
        assert!(error.to_string().contains("MEM0_API_KEY"), "{error}");
    }
}
