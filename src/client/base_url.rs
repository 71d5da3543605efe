//! Base URL of the platform.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;

use crate::error::{Error, Result};
use crate::ids::is_dot_segment;

/// Base URL of the hosted platform.
pub(crate) const HOSTED_URL: &str = "https://api.mem0.ai";

/// A checked base URL: scheme, host, and a path that is the prefix of all paths.
#[derive(Clone)]
pub(crate) struct BaseUrl {
    text: String,
    path_start: usize,
    is_https: bool,
    is_loopback: bool,
}

impl BaseUrl {
    /// The whole base URL, without a trailing slash.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Offset of the path in [`as_str`](Self::as_str).
    pub(crate) fn path_start(&self) -> usize {
        self.path_start
    }

    pub(crate) fn to_uri(&self) -> Result<Uri> {
        self.text.parse().map_err(|_| Error::config("base_url", "is not a valid URL"))
    }

    pub(crate) fn is_https(&self) -> bool {
        self.is_https
    }

    /// Whether the host is this machine. `localhost` is; no name is resolved.
    pub(crate) fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// Whether the two URLs are different offline platforms: on this machine, a port identifies one.
    pub(crate) fn is_another_local(&self, other: &Self) -> bool {
        let port = |url: &Self| url.text.parse::<Uri>().ok().and_then(|uri| uri.port_u16());
        self.is_loopback && other.is_loopback && port(self) != port(other)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl FromStr for BaseUrl {
    type Err = Error;

    /// Parses a base URL. No message repeats the text, which may contain credentials.
    fn from_str(text: &str) -> Result<Self> {
        let invalid = |message: &str| Err(Error::config("base_url", message));
        let Ok(uri) = text.parse::<Uri>() else {
            return invalid("is not a valid URL; use a URL such as https://api.mem0.ai");
        };
        let Some(scheme @ ("http" | "https")) = uri.scheme_str() else {
            return invalid("has an unsupported scheme; use https:// or http://");
        };
        let Some(authority) = uri.authority() else {
            return invalid("has no host; use a URL such as https://api.mem0.ai");
        };
        if authority.as_str().contains('@') {
            return invalid("contains credentials; remove them and set the API key instead");
        }
        if authority.host().is_empty() {
            return invalid("has no host; use a URL such as https://api.mem0.ai");
        }
        if authority.as_str() != authority.host() && authority.port_u16().is_none() {
            return invalid("has an invalid port; use a number up to 65535");
        }
        if uri.query().is_some() || text.contains('#') {
            return invalid("has a query or a fragment; use scheme, host and path only");
        }
        let path = uri.path().trim_end_matches('/');
        if path.split('/').any(is_dot_segment) || path.contains("//") {
            return invalid("has an empty, `.` or `..` path segment; remove it");
        }
        let origin = format!("{scheme}://{authority}");
        Ok(Self {
            path_start: origin.len(),
            text: origin + path,
            is_https: scheme == "https",
            is_loopback: is_loopback(authority.host()),
        })
    }
}

/// Whether a host is this machine. `localhost` is; no name is resolved.
pub(crate) fn is_loopback(host: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || literal.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn trailing_slashes_are_removed_and_paths_are_kept() {
        for (text, kept) in [
            ("https://api.mem0.ai", "https://api.mem0.ai"),
            ("https://api.mem0.ai/", "https://api.mem0.ai"),
            ("http://127.0.0.1:8080//", "http://127.0.0.1:8080"),
            ("https://gateway.example/mem0/", "https://gateway.example/mem0"),
            ("HTTPS://api.mem0.ai", "https://api.mem0.ai"),
        ] {
            let base = text.parse::<BaseUrl>().unwrap();
            assert_eq!(base.as_str(), kept, "{text}");
            assert!(base.as_str()[base.path_start()..].is_empty() || kept.ends_with("/mem0"));
        }
    }

    #[test]
    fn invalid_base_urls_are_rejected_and_not_shown() {
        for text in [
            "",
            " ",
            "api.mem0.ai",
            "/v1",
            "ftp://api.mem0.ai",
            "https://",
            "https://:443",
            "https://hunter2@api.mem0.ai",
            "https://user:hunter2@api.mem0.ai",
            "https://api.mem0.ai?key=hunter2",
            "https://api.mem0.ai/#hunter2",
            "https://api.mem0.ai:99999",
            "https://api.mem0.ai:port",
            "https://api.mem0.ai/a/../b",
            "https://api.mem0.ai/%2E%2e/b",
            "https://api.mem0.ai/a//b",
            "https://api.mem0.ai\r\nhost: x",
            "https://api mem0.ai",
            "https://müller.example",
        ] {
            let error = text.parse::<BaseUrl>().unwrap_err();
            assert!(matches!(error, Error::Config { field: "base_url", .. }), "{text}: {error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn loopback_depends_on_the_host_only() {
        let is_loopback = |text: &str| text.parse::<BaseUrl>().unwrap().is_loopback();
        for text in ["http://127.0.0.1", "http://127.9.9.9:1", "http://[::1]:80/x", "http://LOCALHOST:80"] {
            assert!(is_loopback(text), "{text}");
        }
        for text in
            ["http://127.0.0.1.example", "http://localhost.example", "http://10.0.0.1", "http://[::2]"]
        {
            assert!(!is_loopback(text), "{text}");
        }
    }

    #[test]
    fn local_platforms_differ_by_port() {
        let is_another = |one: &str, other: &str| {
            one.parse::<BaseUrl>().unwrap().is_another_local(&other.parse().unwrap())
        };
        assert!(is_another("http://127.0.0.1:1", "http://127.0.0.1:2"));
        assert!(!is_another("http://127.0.0.1:1", "http://localhost:1/"));
        assert!(!is_another("https://api.mem0.ai", "https://api.mem0.ai:8443"));
        assert!(!is_another("http://127.0.0.1:1", "https://api.mem0.ai"));
    }
}
