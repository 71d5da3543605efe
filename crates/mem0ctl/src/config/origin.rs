//! Origins of base URLs.

use std::net::IpAddr;

/// Base URL of the hosted platform, the default.
pub(crate) const HOSTED: &str = "https://api.mem0.ai";

/// Scheme, host and port of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// Origin of a URL; `None` if the URL is invalid.
    pub(crate) fn of(url: &str) -> Option<Self> {
        let uri: http::Uri = url.trim().parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        let host = uri.host()?.trim_end_matches('.').to_ascii_lowercase();
        Some(Self { port: uri.port_u16().or(default_port), scheme, host })
    }

    pub(crate) fn is_loopback(&self) -> bool {
        let literal = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost"
            || self.host.ends_with(".localhost")
            || literal.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// Formats the host, with a port that is not the scheme's default. Leaves out the URL's user and password.
impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.scheme.as_str(), self.port) {
            ("https", Some(443)) | ("http", Some(80)) | (_, None) => f.write_str(&self.host),
            (_, Some(port)) => write!(f, "{}:{port}", self.host),
        }
    }
}

/// Host of a base URL, for messages.
pub(crate) fn host(url: &str) -> String {
    Origin::of(url).map_or_else(|| "an invalid URL".to_owned(), |origin| origin.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_by_scheme_host_and_port() {
        let same = |one: &str, other: &str| Origin::of(one) == Origin::of(other);
        assert!(same("https://api.mem0.ai", " HTTPS://API.mem0.ai.:443/base "));
        assert!(same("http://[::1]:80", "http://[::1]/v1"));
        for other in ["http://api.mem0.ai", "https://api.mem0.ai:8443", "https://api.mem0.ai.evil.example"] {
            assert!(!same("https://api.mem0.ai", other), "{other}");
        }
        assert_eq!(Origin::of("api.mem0.ai"), None);
        assert_eq!(host("https://ann:secret@mem0.example:8443/x"), "mem0.example:8443");
        assert_eq!(host("https://mem0.example"), "mem0.example");
    }

    #[test]
    fn loopback_is_decided_by_the_host() {
        for url in ["http://127.0.0.1:1", "http://[::1]", "http://localhost", "http://a.localhost:7"] {
            assert!(Origin::of(url).is_some_and(|origin| origin.is_loopback()), "{url}");
        }
        for url in ["http://127.0.0.1.evil.example", "https://localhost.evil.example", "http://10.0.0.1"] {
            assert!(Origin::of(url).is_some_and(|origin| !origin.is_loopback()), "{url}");
        }
    }
}
