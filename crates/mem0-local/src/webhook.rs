//! How webhooks are told: what is sent, and to whom.
//!
//! Plain `http` is spoken here, and needs no flavour: a platform without any has webhooks too, and one that has some
//! is to deliver in the same way. `https` is left to the flavours' libraries.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use http::Uri;
#[cfg(any(feature = "blocking", feature = "async"))]
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use rusqlite::Connection;
use serde_json::Value;

#[cfg(any(feature = "blocking", feature = "async"))]
use crate::config::TransportSettings;
#[cfg(any(feature = "blocking", feature = "async"))]
use crate::error::Error;
#[cfg(any(feature = "blocking", feature = "async"))]
use crate::local::sending;
use crate::local::store::keys::Place;
use crate::local::store::webhooks;
#[cfg(any(feature = "blocking", feature = "async"))]
use crate::proxy::ProxySetting;
#[cfg(any(feature = "blocking", feature = "async"))]
use crate::request::Request;
#[cfg(any(feature = "blocking", feature = "async"))]
use crate::tls::TlsSettings;

/// What webhooks may ask for (contract 7). The jobs are of the hosted platform only.
pub(crate) const EVENT_TYPES: [&str; 8] = [
    "memory_add",
    "memory_update",
    "memory_delete",
    "memory_categorize",
    "ingest_job_completed",
    "ingest_job_partially_completed",
    "ingest_job_failed",
    "ingest_job_cancelled",
];

/// How long one delivery may take, whatever the other side does.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(5);

const AGENT: &str = concat!("mem0-local/", env!("CARGO_PKG_VERSION"));

/// How much of an answer is read.
const ANSWER_LIMIT: usize = 64 * 1024;

/// Who is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) webhook_id: String,
    pub(crate) url: String,
}

/// The active webhooks of a project for events of that type.
pub(crate) fn targets(
    connection: &Connection,
    place: Place<'_>,
    event_type: &str,
) -> rusqlite::Result<Vec<Target>> {
    let found = webhooks::targets(connection, place, event_type)?;
    Ok(found.into_iter().map(|(webhook_id, url)| Target { webhook_id, url }).collect())
}

/// What became of a delivery.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The other side answered with this status, good or bad: a redirect is not followed.
    Answered(u16),
    /// Nothing was sent, and this is why.
    Withheld(&'static str),
    /// The connection failed, or the time was up: what happened.
    Failed(String),
}

const NO_URL: &str = "the URL is no http or https URL";

const TOO_FAR: &str = "the address is not this machine's own; allow any webhook when the platform is started";

const NO_TLS: &str = "https takes the feature blocking or async, and rustls or native-tls";

/// Whether there is anybody to speak `https`.
const SPEAKS_TLS: bool =
    cfg!(all(any(feature = "blocking", feature = "async"), any(feature = "rustls", feature = "native-tls")));

/// Which addresses may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Loopback,
    Anywhere,
}

/// A URL that a webhook can have: `http` or `https`, with a host, with a port that is one if any, and without a name
/// and password.
pub(crate) fn address(url: &str) -> Option<Uri> {
    let uri: Uri = url.parse().ok()?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    let authority = uri.authority()?;
    let named = !authority.host().is_empty() && !authority.as_str().contains('@');
    let reachable = authority.as_str() == authority.host() || authority.port_u16().is_some();
    (known && named && reachable).then_some(uri)
}

/// Delivers to one webhook, once. Proxies are those of the environment.
pub(crate) fn deliver(url: &str, payload: &Value, reach: Reach, limit: Duration) -> Outcome {
    deliver_by(url, payload, reach, limit, &|name| {
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    })
}

fn deliver_by(
    url: &str,
    payload: &Value,
    reach: Reach,
    limit: Duration,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Outcome {
    let deadline = Instant::now() + limit;
    let Some(uri) = address(url) else { return Outcome::Withheld(NO_URL) };
    let is_https = uri.scheme_str() == Some("https");
    let is_proxied = is_proxied(&uri, variable);
    let addresses = match addresses(&uri, reach) {
        // A proxy resolves names that this machine may not know.
        Err(_) if is_proxied => Vec::new(),
        Err(error) => return Outcome::Failed(error.to_string()),
        Ok(addresses) if addresses.is_empty() => return Outcome::Withheld(TOO_FAR),
        Ok(_) if is_https && !SPEAKS_TLS => return Outcome::Withheld(NO_TLS),
        Ok(addresses) => addresses,
    };
    let status = if is_https || is_proxied {
        left(deadline)
            .map_err(|error| error.to_string())
            .and_then(|left| exchange_by_library(&uri, payload, left, variable))
    } else {
        exchange(&addresses, &uri, payload, deadline).map_err(|error| error.to_string())
    };
    status.map_or_else(Outcome::Failed, Outcome::Answered)
}

/// The addresses of the host that may be told. A name other than `localhost` is looked up only if any may be.
fn addresses(uri: &Uri, reach: Reach) -> io::Result<Vec<SocketAddr>> {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    if let Ok(ip) = host.parse::<IpAddr>() {
        let may = reach == Reach::Anywhere || ip.is_loopback();
        return Ok(may.then_some(SocketAddr::new(ip, port)).into_iter().collect());
    }
    if reach == Reach::Loopback && !host.eq_ignore_ascii_case("localhost") {
        return Ok(Vec::new());
    }
    let found = (host, port).to_socket_addrs()?;
    Ok(found.filter(|address| reach == Reach::Anywhere || address.ip().is_loopback()).collect())
}

/// Whether the environment names a proxy for a URL, or names one that is not valid.
#[cfg(any(feature = "blocking", feature = "async"))]
fn is_proxied(uri: &Uri, variable: &dyn Fn(&str) -> Option<String>) -> bool {
    !matches!(ProxySetting::Environment.resolve(uri, variable), Ok(None))
}

/// Without an HTTP library there is no proxy either.
#[cfg(not(any(feature = "blocking", feature = "async")))]
fn is_proxied(_: &Uri, _: &dyn Fn(&str) -> Option<String>) -> bool {
    false
}

/// The status of a response, by the HTTP library: over `https`, or through a proxy. The error says what happened, and
/// not to which URL.
#[cfg(any(feature = "blocking", feature = "async"))]
fn exchange_by_library(
    uri: &Uri,
    payload: &Value,
    limit: Duration,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<u16, String> {
    let json = HeaderValue::from_static("application/json");
    let headers = HeaderMap::from_iter([
        (USER_AGENT, HeaderValue::from_static(AGENT)),
        (ACCEPT, HeaderValue::from_static("*/*")),
        (CONTENT_TYPE, json),
    ]);
    let request = Request::post(uri, headers, payload.to_string().into(), limit, ANSWER_LIMIT);
    let answer = TransportSettings::of_url(uri.clone(), limit, limit, &TlsSettings::default(), variable)
        .and_then(|settings| sending::send(&settings, &request));
    match answer {
        // The body is not looked at.
        Ok(answer) => Ok(answer.status().as_u16()),
        Err(Error::Timeout(_)) => Err(io::Error::from(io::ErrorKind::TimedOut).to_string()),
        Err(error) => Err(error.message().into_owned()),
    }
}

/// Never called, as [`SPEAKS_TLS`] says.
#[cfg(not(any(feature = "blocking", feature = "async")))]
fn exchange_by_library(
    _: &Uri,
    _: &Value,
    _: Duration,
    _: &dyn Fn(&str) -> Option<String>,
) -> Result<u16, String> {
    Err(NO_TLS.to_owned())
}

fn exchange(addresses: &[SocketAddr], uri: &Uri, payload: &Value, deadline: Instant) -> io::Result<u16> {
    let mut stream = connect(addresses, deadline)?;
    stream.set_nodelay(true)?;
    let body = payload.to_string();
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let slash = if target.starts_with('/') { "" } else { "/" };
    let request = format!(
        "POST {slash}{target} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {AGENT}\r\nAccept: */*\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        uri.authority().map_or("", |authority| authority.as_str()),
        body.len(),
    );
    let mut rest = request.as_bytes();
    while !rest.is_empty() {
        stream.set_write_timeout(Some(left(deadline)?))?;
        match stream.write(rest)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => rest = &rest[written..],
        }
    }
    answered(&mut stream, deadline)
}

fn connect(addresses: &[SocketAddr], deadline: Instant) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect_timeout(address, left(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// The status of the answer. The answer is read to its end, so that whoever sends it does not meet a broken
/// connection.
fn answered(stream: &mut TcpStream, deadline: Instant) -> io::Result<u16> {
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    let mut status = Err(io::ErrorKind::InvalidData.into());
    while answer.len() < ANSWER_LIMIT {
        if let Some(found) = status_of(&answer) {
            status = Ok(found);
        }
        if is_whole(&answer) {
            break;
        }
        let read = left(deadline).and_then(|left| {
            stream.set_read_timeout(Some(left))?;
            stream.read(&mut part)
        });
        match read {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&part[..length]),
            Err(_) if status.is_ok() => break,
            Err(error) => return Err(error),
        }
    }
    status
}

fn status_of(answer: &[u8]) -> Option<u16> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let line = str::from_utf8(&answer[..end]).ok()?.strip_prefix("HTTP/1.")?;
    line.split(' ').nth(1)?.trim().parse().ok()
}

/// Whether head and body are there, by the length that the head tells.
fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") else { return false };
    let lines = String::from_utf8_lossy(&answer[..head]).to_lowercase();
    let length = lines.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    length.is_some_and(|length: usize| answer.len() - head - 4 >= length)
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::net::TcpListener;
    use std::thread::{JoinHandle, spawn};

    use serde_json::json;

    use super::*;

    /// A listener that gives the first connection this answer, and returns what it was sent. An empty answer is
    /// none: the connection stays open until the other side is gone.
    fn answering(answer: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?a=b", listener.local_addr().unwrap());
        let thread = spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut received = Vec::new();
            let mut part = [0; 1024];
            while !received.ends_with(b"}") {
                let length = stream.read(&mut part).unwrap();
                received.extend_from_slice(&part[..length]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            if answer.is_empty() {
                let _ = stream.read(&mut part);
            }
            String::from_utf8(received).unwrap()
        });
        (url, thread)
    }

    fn status(outcome: &Outcome) -> Option<u16> {
        match outcome {
            Outcome::Answered(status) => Some(*status),
            Outcome::Withheld(_) | Outcome::Failed(_) => None,
        }
    }

    #[test]
    fn a_delivery_is_a_post_of_json() {
        let (url, thread) = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let payload = json!({ "memory": "süß" });
        assert_eq!(status(&deliver(&url, &payload, Reach::Loopback, TIME_LIMIT)), Some(200));
        let received = thread.join().unwrap();
        let (head, body) = received.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /hook?a=b HTTP/1.1\r\nHost: 127.0.0.1:"), "{head}");
        assert!(head.contains("\r\nContent-Type: application/json\r\n"), "{head}");
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{head}");
        assert_eq!(body, payload.to_string());
    }

    #[test]
    fn any_answer_ends_it_and_a_redirect_is_not_followed() {
        for (answer, wanted) in [
            ("HTTP/1.1 500 Internal Server Error\r\n\r\n", Some(500)),
            ("HTTP/1.0 204 No Content\r\n\r\n", Some(204)),
            ("HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", Some(307)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut", Some(200)),
            ("SSH-2.0-OpenSSH\r\n\r\n", None),
            ("\u{0}", None),
        ] {
            let (url, thread) = answering(answer);
            assert_eq!(status(&deliver(&url, &json!({}), Reach::Loopback, TIME_LIMIT)), wanted, "{answer:?}");
            thread.join().unwrap();
        }
    }

    #[test]
    fn one_that_does_not_answer_is_given_up() {
        let (url, thread) = answering("");
        let outcome = deliver(&url, &json!({}), Reach::Loopback, Duration::from_millis(100));
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
        thread.join().unwrap();
        let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let outcome = deliver(&format!("http://{refused}/"), &json!({}), Reach::Loopback, TIME_LIMIT);
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    }

    #[test]
    fn nothing_leaves_this_machine_unless_it_may() {
        for url in [
            "http://192.0.2.1/hook",
            "http://[2001:db8::1]/hook",
            "http://example.com/hook",
            "http://localhost.example.com/hook",
            "http://0.0.0.0:80/hook",
            "https://192.0.2.1/hook",
            "https://example.com/hook",
            "https://0.0.0.0/hook",
        ] {
            let outcome = deliver(url, &json!({}), Reach::Loopback, TIME_LIMIT);
            assert!(matches!(outcome, Outcome::Withheld(TOO_FAR)), "{url}: {outcome:?}");
        }
        for url in ["ftp://127.0.0.1/hook", "not a url"] {
            let outcome = deliver(url, &json!({}), Reach::Anywhere, TIME_LIMIT);
            assert!(matches!(outcome, Outcome::Withheld(NO_URL)), "{url}: {outcome:?}");
        }
        let uri = |url: &str| url.parse::<Uri>().unwrap();
        let found = addresses(&uri("http://192.0.2.1:81/"), Reach::Anywhere).unwrap();
        assert_eq!(found, ["192.0.2.1:81".parse().unwrap()]);
        let found = addresses(&uri("http://localhost/"), Reach::Loopback).unwrap();
        assert!(!found.is_empty() && found.iter().all(|address| address.ip().is_loopback()), "{found:?}");
        assert_eq!(
            addresses(&uri("http://[::1]:82/"), Reach::Loopback).unwrap(),
            ["[::1]:82".parse().unwrap()]
        );
    }

    #[cfg(any(feature = "blocking", feature = "async"))]
    #[test]
    fn a_webhook_elsewhere_is_told_through_the_proxy() {
        let (url, thread) = answering("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
        let proxy = url.split_once("/hook").unwrap().0.to_owned();
        let variable = |name: &str| (name == "HTTP_PROXY").then(|| proxy.clone());
        let hook = "http://hooks.test/hook";
        let outcome = deliver_by(hook, &json!({ "a": 1 }), Reach::Anywhere, TIME_LIMIT, &variable);
        assert!(matches!(outcome, Outcome::Answered(202)), "{outcome:?}");
        let seen = thread.join().unwrap();
        assert!(seen.starts_with("POST http://hooks.test/hook HTTP/1.1\r\n"), "{seen}");
        // One of this machine is not the proxy's business, and one elsewhere is not told unless it may be.
        let outcome = deliver_by(hook, &json!({}), Reach::Loopback, TIME_LIMIT, &variable);
        assert!(matches!(outcome, Outcome::Withheld(TOO_FAR)), "{outcome:?}");
    }

    /// Nobody here has a certificate that the roots of trust stand for, so that a handshake is as far as it goes.
    #[test]
    fn https_begins_with_a_handshake_and_says_why_it_went_no_further() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/hook?secret=1", listener.local_addr().unwrap());
        let reaches = [Reach::Loopback, Reach::Anywhere];
        if !SPEAKS_TLS {
            for reach in reaches {
                let outcome = deliver(&url, &json!({}), reach, TIME_LIMIT);
                assert!(matches!(outcome, Outcome::Withheld(NO_TLS)), "{outcome:?}");
            }
            return;
        }
        let thread = spawn(move || {
            reaches.map(|_| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut first = [0; 6];
                stream.read_exact(&mut first).unwrap();
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").unwrap();
                // Until the other side is gone: what is unread when this ends would reset the connection.
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
                first
            })
        });
        for reach in reaches {
            let outcome = deliver(&url, &json!({ "memory": "private" }), reach, TIME_LIMIT);
            let Outcome::Failed(error) = &outcome else { panic!("{outcome:?}") };
            assert!(error.starts_with("TLS handshake failed with 127.0.0.1:"), "{error}");
            assert!(error.contains("TLS message"), "{error}");
            assert!(!error.contains("secret") && !error.contains("private"), "{error}");
        }
        for first in thread.join().unwrap() {
            // A record of a handshake, and in it a ClientHello.
            assert_eq!((first[0], first[1], first[5]), (22, 3, 1), "{first:?}");
        }
    }

    #[test]
    fn a_url_has_a_scheme_and_a_host_and_no_password() {
        for url in ["http://a.io", "https://a.io/x?y#z", "HTTP://127.0.0.1:8/"] {
            assert!(address(url).is_some(), "{url}");
        }
        for url in ["", "a.io", "/x", "http://", "http:///x", "ftp://a.io", "http://u:p@a.io/", "http://a b/"]
        {
            assert!(address(url).is_none(), "{url}");
        }
    }
}
