//! Check of the `Host` header, against DNS rebinding.
//!
//! A web page can make its own host name resolve to this machine, and then send requests to a local server and read the
//! responses, unless the server checks `Host`.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::HOST;
use http::uri::Authority;
use http::{StatusCode, Version};

use crate::error::LocalError;
use crate::protocol::reply::HttpReply;
use mem0::redact::redact_all;

/// Host names and addresses that a server accepts, on any port.
#[derive(Debug, Clone)]
pub(crate) struct AllowedHosts {
    names: Vec<String>,
    is_on_network: bool,
}

/// Rejects names that match no request: empty, with a port, a scheme or a wildcard, or IPv6 without brackets.
pub(crate) fn check(names: &[String]) -> Result<(), LocalError> {
    match names.iter().find(|name| !is_host(name)) {
        None => Ok(()),
        Some(name) => Err(LocalError::invalid(
            "allow_host",
            format!(
                "`{}` is not a host name; expected a name such as mem0.test or an address such as [::1], without \
                 scheme, port or wildcard",
                redact_all(name)
            ),
        )),
    }
}

fn is_host(name: &str) -> bool {
    if let Some(address) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.split('.').all(is_label)
}

impl AllowedHosts {
    /// Allows loopback names and addresses, and `names`. A server that listens beyond loopback also allows IP addresses.
    pub(crate) fn new(listen: SocketAddr, names: &[String]) -> Self {
        let names = names.iter().map(|name| name.trim_end_matches('.').to_ascii_lowercase()).collect();
        Self { names, is_on_network: !listen.ip().is_loopback() }
    }

    fn allows(&self, authority: &str) -> bool {
        let Ok(authority) = authority.parse::<Authority>() else { return false };
        if authority.as_str().contains('@') {
            return false;
        }
        let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match address {
            Ok(address) => self.is_on_network || address.is_loopback() || self.names.contains(&host),
            Err(_) => host == "localhost" || host.ends_with(".localhost") || self.names.contains(&host),
        }
    }

    /// Returns the first host of a request that is not allowed: in any `Host` header or in the request target.
    fn disallowed(&self, request: &Request<Body>) -> Option<String> {
        let headers = request.headers().get_all(HOST);
        let named = headers.iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let target = request.uri().authority().map(ToString::to_string);
        let mut hosts: Vec<String> = named.chain(target).collect();
        if hosts.is_empty() && request.version() > Version::HTTP_10 {
            hosts.push(String::new());
        }
        hosts.into_iter().find(|host| !self.allows(host))
    }
}

/// Refuses a request for a host that is not allowed, before any other processing.
pub(crate) async fn check_host(State(hosts): State<AllowedHosts>, request: Request, next: Next) -> Response {
    match hosts.disallowed(&request) {
        None => next.run(request).await,
        Some(host) => {
            let host = printable_host(&host);
            let detail = format!(
                "Host {host} is not allowed. Use the URL that the server printed, or allow the host when you start the \
                 server (`--allow-host`)."
            );
            HttpReply::detail(StatusCode::MISDIRECTED_REQUEST, &detail).into_response()
        }
    }
}

fn printable_host(host: &str) -> String {
    if host.is_empty() {
        "(missing)".to_owned()
    } else {
        redact_all(host).chars().filter(|c| !c.is_control()).take(255).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn invalid_host_names_are_refused() {
        for name in ["mem0.test", "MEM0.", "my_host-1", "10.0.0.1", "[::2]"] {
            check(&[name.to_owned()]).unwrap();
        }
        for name in
            ["mem0.test:8080", "", ".", "*", "*.test", "http://x", "::2", "[::2]:80", "a b", "u@x", "a..b"]
        {
            let builder = crate::LocalPlatform::builder().allow_host("mem0.test").allow_host(name);
            let refused = builder.start().expect_err(name);
            assert!(matches!(refused, LocalError::Invalid { field: "allow_host", .. }), "{refused:?}");
        }
    }

    #[test]
    fn loopback_and_named_hosts_are_allowed_with_any_port() {
        let hosts = AllowedHosts::new("127.0.0.1:80".parse().unwrap(), &["Mem0.".to_owned()]);
        for allowed in [
            "localhost",
            "LOCALHOST:1",
            "localhost.",
            "a.localhost:8080",
            "127.0.0.1",
            "127.8.0.1:9",
            "[::1]:1",
            "mem0",
            "MEM0:80",
        ] {
            assert!(hosts.allows(allowed), "{allowed}");
        }
        for refused in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "notlocalhost",
            "10.0.0.1",
            "[::2]",
            "0.0.0.0",
            "a b",
            "x.mem0",
            "evil.example:80@localhost",
            "user@evil.example",
        ] {
            assert!(!hosts.allows(refused), "{refused}");
        }
        let on_network = AllowedHosts::new("0.0.0.0:80".parse().unwrap(), &[]);
        assert!(on_network.allows("10.0.0.1:8080") && !on_network.allows("evil.example"));
    }
}
