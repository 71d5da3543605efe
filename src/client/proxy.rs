//! Proxy of a client, from the builder or from the environment variables that curl reads.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use ipnet::IpNet;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::client::base_url::is_loopback;
use crate::error::{Error, Result};

/// Field name of errors about a proxy of the builder.
const FIELD: &str = "proxy";

/// Source of a client's proxy.
#[derive(Clone, Default)]
pub(crate) enum ProxySetting {
    /// The variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
    #[default]
    Environment,
    /// No proxy, regardless of the environment.
    Direct,
    /// This URL, for every host.
    Url(String),
}

impl ProxySetting {
    /// Whether the proxy runs on another machine.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self, Self::Url(url) if url.parse::<Proxy>().is_ok_and(|proxy| !is_loopback(&proxy.host)))
    }

    /// The proxy for a URL, or `None` for a direct connection.
    pub(crate) fn resolve(
        &self,
        target: &Uri,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Proxy>> {
        match self {
            Self::Direct => Ok(None),
            Self::Url(url) => url.parse().map(Some).map_err(|reason| Error::config(FIELD, reason)),
            Self::Environment => from_environment(target, variable),
        }
    }
}

/// The proxy that the environment names for a URL. Loopback addresses are connected to directly.
///
/// As with curl, a variable in lower case precedes the same one in upper case, and an empty one counts as unset.
fn from_environment(target: &Uri, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Proxy>> {
    let Some(host) = target.host() else { return Ok(None) };
    if is_loopback(host) {
        return Ok(None);
    }
    let set = |name: &'static str| {
        variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let is_https = target.scheme_str() == Some("https");
    // A CGI program finds the client's `Proxy` header in HTTP_PROXY.
    let is_cgi = set("REQUEST_METHOD").is_some();
    let names: &[&'static str] = match (is_https, is_cgi) {
        (true, _) => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        (false, false) => &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
        (false, true) => &["http_proxy", "all_proxy", "ALL_PROXY"],
    };
    let Some((name, url)) = names.iter().find_map(|name| Some((*name, set(name)?))) else { return Ok(None) };
    let proxy = url.parse().map_err(|reason: String| Error::config(name, reason))?;
    let port = target.port_u16().unwrap_or(if is_https { 443 } else { 80 });
    let excluded = ["no_proxy", "NO_PROXY"].into_iter().find_map(set).unwrap_or_default();
    Ok(if is_excluded(&excluded, host, port) { None } else { Some(proxy) })
}

/// Whether a `NO_PROXY` list contains a host. Entries are separated by commas or whitespace. An entry is `*`, an IP
/// address, a CIDR range, or a domain, which includes its subdomains; a domain or an address may have a port.
fn is_excluded(list: &str, host: &str, port: u16) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let address = host.parse::<IpAddr>().ok();
    let mut entries = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
    entries.any(|entry| {
        let (name, entry_port) = split_port(entry);
        if entry_port.is_some_and(|entry_port| entry_port != port) {
            return false;
        }
        match address {
            _ if name == "*" => true,
            Some(address) => is_in_range(name, address),
            None => is_in_domain(name, host),
        }
    })
}

/// Splits an entry into host and port. A bare IPv6 address has colons and no port.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    let (host, port) = match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    };
    (host.trim_start_matches('[').trim_end_matches(']'), port)
}

fn is_in_range(range: &str, address: IpAddr) -> bool {
    range.parse::<IpNet>().is_ok_and(|network| network.contains(&address))
        || range.parse::<IpAddr>().is_ok_and(|named| named == address)
}

fn is_in_domain(domain: &str, host: &str) -> bool {
    let domain = domain.strip_prefix('*').unwrap_or(domain).trim_matches('.');
    let Some(start) = host.len().checked_sub(domain.len()).filter(|_| !domain.is_empty()) else {
        return false;
    };
    host.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(domain))
        && (start == 0 || host.as_bytes()[start - 1] == b'.')
}

/// A proxy: its protocol, host, port and credentials.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    scheme: &'static str,
    host: String,
    port: u16,
    /// User name and password, decoded.
    credentials: Option<(String, String)>,
}

/// Protocols that both HTTP libraries support, with their default ports.
const SCHEMES: [(&str, u16); 4] = [("http", 80), ("https", 443), ("socks5", 1080), ("socks5h", 1080)];

impl Proxy {
    /// The URL for the HTTP libraries, with encoded credentials. Never show it.
    pub(crate) fn url(&self) -> String {
        let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let credentials = self
            .credentials
            .as_ref()
            .map_or_else(String::new, |(user, password)| format!("{}:{}@", encoded(user), encoded(password)));
        format!("{}://{credentials}{}", self.scheme, self.endpoint())
    }

    /// Host and port, for messages.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The URL without credentials, as a target to resolve and connect to.
    #[cfg(feature = "blocking")]
    pub(crate) fn origin(&self) -> Option<Uri> {
        format!("{}://{}", self.scheme, self.endpoint()).parse().ok()
    }

    /// Whether the connection to it needs TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether the proxy speaks SOCKS rather than HTTP.
    pub(crate) fn is_socks(&self) -> bool {
        self.scheme.starts_with("socks")
    }

    /// User name and password.
    #[cfg(any(test, feature = "blocking"))]
    pub(crate) fn credentials(&self) -> Option<(&str, &str)> {
        self.credentials.as_ref().map(|(user, password)| (&**user, &**password))
    }
}

impl FromStr for Proxy {
    type Err = String;

    /// Parses a URL, or a host and port of an HTTP proxy. The error is the end of a sentence and does not repeat the
    /// text, which may contain a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.contains(char::REPLACEMENT_CHARACTER) {
            return Err(
                "is not valid UTF-8; percent-encode the special characters of the credentials".to_owned()
            );
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let Some((scheme, default_port)) =
            SCHEMES.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(scheme))
        else {
            let known = SCHEMES.map(|(known, _)| known).join(", ");
            // Other text may be a part of a password.
            let is_scheme = scheme.len() <= 20 && scheme.chars().all(|c| c.is_ascii_alphanumeric());
            let shown = if is_scheme { format!(" `{scheme}`") } else { String::new() };
            return Err(format!("has an unsupported scheme{shown}; use one of {known}"));
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if !matches!(path, "" | "/") {
            return Err("has a path; use scheme, host and port only".to_owned());
        }
        // A password may contain an `@` that is not encoded.
        let (userinfo, host_and_port) = match authority.rsplit_once('@') {
            Some((userinfo, rest)) => (Some(userinfo), rest),
            None => (None, authority),
        };
        let credentials = userinfo.map(credentials).transpose()?;
        let not_a_url = || "is not a valid proxy URL; use a URL such as http://proxy.example:3128".to_owned();
        let parsed: http::uri::Authority = host_and_port.parse().map_err(|_| not_a_url())?;
        if parsed.host().is_empty() {
            return Err(not_a_url());
        }
        let port = match parsed.as_str().strip_prefix(parsed.host()).and_then(|port| port.strip_prefix(':')) {
            None => default_port,
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| "has an invalid port; use a number from 1 to 65535".to_owned())?,
        };
        Ok(Self { scheme, host: parsed.host().to_owned(), port, credentials })
    }
}

/// Parses user name and password of a URL.
fn credentials(userinfo: &str) -> Result<(String, String), String> {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let user = percent_decode(user)?;
    if user.contains(':') {
        return Err(
            "has a colon in its user name, which HTTP authentication does not allow; use another user"
                .to_owned(),
        );
    }
    Ok((user, percent_decode(password)?))
}

fn percent_decode(text: &str) -> Result<String, String> {
    let mut escapes = text.split('%').skip(1);
    let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    let decoded = percent_decode_str(text).decode_utf8();
    match decoded {
        Ok(decoded) if escapes.all(is_escape) && !decoded.contains(char::is_control) => {
            Ok(decoded.into_owned())
        }
        _ => {
            Err("has invalid credentials; percent-encode their special characters (`%` as `%25`)".to_owned())
        }
    }
}

impl fmt::Debug for Proxy {
    /// Omits the credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.endpoint())
    }
}

impl fmt::Debug for ProxySetting {
    /// Omits the URL, which may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "Environment",
            Self::Direct => "Direct",
            Self::Url(_) => "Url",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn resolved(target: &str, environment: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| {
            environment.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
        };
        let proxy = ProxySetting::Environment.resolve(&target.parse().unwrap(), variable).unwrap();
        proxy.map(|proxy| format!("{proxy:?}"))
    }

    #[test]
    fn variables_of_the_scheme_precede_all_proxy() {
        let https = "https://api.example";
        let http = "http://api.example";
        for (target, environment, proxy) in [
            (https, &[("HTTPS_PROXY", "http://p:1")][..], Some("http://p:1")),
            (https, &[("https_proxy", "http://p:1")], Some("http://p:1")),
            (
                https,
                &[("HTTPS_PROXY", "http://upper:1"), ("https_proxy", "http://lower:1")],
                Some("http://lower:1"),
            ),
            (https, &[("HTTP_PROXY", "http://p:1")], None),
            (https, &[("HTTPS_PROXY", ""), ("ALL_PROXY", "socks5h://p")], Some("socks5h://p:1080")),
            (https, &[("all_proxy", "p:3128")], Some("http://p:3128")),
            (http, &[("HTTP_PROXY", " http://p:1/ ")], Some("http://p:1")),
            (http, &[("HTTPS_PROXY", "http://p:1")], None),
            (http, &[("HTTP_PROXY", "http://p:1"), ("REQUEST_METHOD", "GET")], None),
            (http, &[("http_proxy", "http://p:1"), ("REQUEST_METHOD", "GET")], Some("http://p:1")),
            (https, &[("HTTPS_PROXY", "http://[::1]:1")], Some("http://[::1]:1")),
            (https, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "example")], None),
            (https, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "other")], Some("http://p:1")),
            ("http://127.0.0.1:8000", &[("HTTP_PROXY", "http://p:1")], None),
            ("https://localhost", &[("ALL_PROXY", "http://p:1")], None),
            ("https://[::1]", &[("ALL_PROXY", "http://p:1")], None),
            (https, &[], None),
        ] {
            assert_eq!(resolved(target, environment).as_deref(), proxy, "{target} {environment:?}");
        }
    }

    #[test]
    fn no_proxy_entries_match_as_in_curl() {
        for (list, host, excluded) in [
            ("*", "api.example", true),
            ("example.com", "example.com", true),
            ("example.com", "api.example.com", true),
            ("example.com", "EXAMPLE.com.", true),
            (".example.com", "api.example.com", true),
            (".example.com", "example.com", true),
            ("*.example.com", "api.example.com", true),
            ("example.com.", "example.com", true),
            ("example.com", "notexample.com", false),
            ("example.com", "example.com.evil", false),
            ("api.example.com", "example.com", false),
            ("other, example.com", "example.com", true),
            (" other  example.com\t", "example.com", true),
            (",, ,", "example.com", false),
            ("", "example.com", false),
            (".", "example.com", false),
            ("example.com:443", "example.com", true),
            ("example.com:8443", "example.com", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.30", false),
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.1.2.128/25", "10.1.2.3", false),
            ("0.0.0.0/0", "10.1.2.3", true),
            ("10.0.0.0/33", "10.0.0.0", false),
            ("10.0.0.0/x", "10.0.0.0", false),
            ("10.0.0.0/8", "fd00::1", false),
            ("fd00::/8", "[fd12::1]", true),
            ("[fd12::1]", "[fd12::1]", true),
            ("[fd12::1]:443", "[fd12::1]", true),
            ("fd12::1", "[fd12::1]", true),
            ("fe80::/10", "[fd12::1]", false),
            ("1.2.3.4", "example.com", false),
        ] {
            assert_eq!(is_excluded(list, host, 443), excluded, "{list:?} {host}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_not_shown() {
        for (url, user, password) in [
            ("http://ann:hunter2@p:1", "ann", "hunter2"),
            ("http://ann:p%40ss%25%3A@p:1", "ann", "p@ss%:"),
            ("http://ann:hunter2@hunter2@p:1", "ann", "hunter2@hunter2"),
            ("http://hunter2@p:1", "hunter2", ""),
            ("ann:hunter2@p:1", "ann", "hunter2"),
            ("http://d%5Cann:hunter2@p:1", "d\\ann", "hunter2"),
        ] {
            let proxy: Proxy = url.parse().unwrap();
            assert_eq!(proxy.credentials(), Some((user, password)), "{url}");
            assert_eq!(format!("{proxy:?}"), "http://p:1");
            assert_eq!(proxy.url().parse(), Ok(proxy), "the URL round-trips");
        }
    }

    #[test]
    fn invalid_proxy_urls_are_rejected_and_not_shown() {
        for url in [
            "http://",
            "://p",
            "http://hunter2@",
            "ftp://ann:hunter2@p",
            "socks://p",
            "socks4://p",
            "http://ann:hunter2@p:99999",
            "http://ann:hunter2@p:0",
            "http://ann:hunter2@p:port",
            "http://ann:hunter2@p:",
            "http://ann:hunter2@p:1/path",
            "http://ann:hunter2@p q:1",
            "http://ann:hunter2%@p:1",
            "http://ann:hunter2%zz@p:1",
            "http://ann:hunter2%ff@p:1",
            "http://ann:hunter2%0a@p:1",
            "http://a%3Ann:hunter2@p:1",
            "http://müller:1",
            "not a url",
            "http://ann:hunter2\u{fffd}@p:1",
            "ann:hunter2://x@p:1",
        ] {
            let reason = url.parse::<Proxy>().unwrap_err();
            assert!(!reason.contains("hunter2"), "{reason}");
            let variable = |name: &str| (name == "HTTPS_PROXY").then(|| url.to_owned());
            let target = "https://api.example".parse().unwrap();
            let error = ProxySetting::Environment.resolve(&target, variable).unwrap_err();
            assert!(error.to_string().contains("HTTPS_PROXY"), "{error}");
            let error = ProxySetting::Url(url.to_owned()).resolve(&target, |_| None).unwrap_err();
            assert!(error.to_string().contains("proxy"), "{error}");
        }
    }
}
