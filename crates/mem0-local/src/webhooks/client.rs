//! HTTP client for webhook deliveries.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Mutex;
use std::time::Duration;

use http::Uri;
use http::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::{Client, Url};
use rusqlite::Connection;
use serde_json::Value;

use crate::lock;
use crate::outgoing::{self, block_on};
use crate::store::keys::ProjectScope;
use crate::store::webhooks;

/// Event types of webhooks; see `docs/platform-api.md#webhooks`. Ingest jobs exist on the hosted platform only.
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

/// Time limit of one delivery.
pub(crate) const DELIVERY_TIMEOUT: Duration = Duration::from_secs(5);

const USER_AGENT_VALUE: &str = concat!("mem0-local/", env!("CARGO_PKG_VERSION"));

/// Maximum number of bytes that are read of a response.
const MAX_RESPONSE_LEN: usize = 64 * 1024;

/// Receiver of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) webhook_id: String,
    pub(crate) url: String,
}

/// Returns the active webhooks of a project for an event type.
pub(crate) fn targets(
    connection: &Connection,
    scope: ProjectScope<'_>,
    event_type: &str,
) -> rusqlite::Result<Vec<Target>> {
    let found = webhooks::targets(connection, scope, event_type)?;
    Ok(found.into_iter().map(|(webhook_id, url)| Target { webhook_id, url }).collect())
}

/// Result of a delivery.
#[derive(Debug)]
pub(crate) enum SendResult {
    /// Response with this status, successful or not. Redirects are not followed.
    Responded(u16),
    /// Nothing was sent, for this reason.
    NotSent(&'static str),
    /// The connection failed or timed out, with a description.
    Failed(String),
}

const INVALID_URL: &str = "the URL is not a valid http or https URL";

const ADDRESS_NOT_ALLOWED: &str =
    "the URL is not on this machine; allow any webhook when you start the platform";

/// Addresses that deliveries may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressPolicy {
    Loopback,
    Anywhere,
}

/// Parses the URL of a webhook: `http` or `https` with a host, without user name and password.
pub(crate) fn parse_url(url: &str) -> Option<Uri> {
    let uri: Uri = url.parse().ok()?;
    let has_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let authority = uri.authority()?;
    let has_host = !authority.host().is_empty() && !authority.as_str().contains('@');
    let has_valid_port = authority.as_str() == authority.host() || authority.port_u16().is_some();
    (has_scheme && has_host && has_valid_port).then_some(uri)
}

/// HTTP clients for deliveries. Each kind is built on first use: reading the system's certificates takes a while.
#[derive(Debug)]
pub(crate) struct WebhookClient {
    address_policy: AddressPolicy,
    /// Clients by whether the URL is `https` and whether it points to this machine.
    clients: Mutex<HashMap<(bool, bool), Client>>,
}

impl WebhookClient {
    pub(crate) fn new(address_policy: AddressPolicy) -> Self {
        Self { address_policy, clients: Mutex::default() }
    }

    /// Sends one delivery.
    pub(crate) fn deliver(&self, url: &str, payload: &Value, timeout: Duration) -> SendResult {
        let Some(url) = parse_url(url).and_then(|_| url.parse::<Url>().ok()) else {
            return SendResult::NotSent(INVALID_URL);
        };
        if self.address_policy == AddressPolicy::Loopback && !outgoing::is_loopback(&url) {
            return SendResult::NotSent(ADDRESS_NOT_ALLOWED);
        }
        let client = self.client(&url).map_err(RequestError::from);
        match client.and_then(|client| block_on(post(&client, &url, payload, timeout))) {
            Ok(status) => SendResult::Responded(status),
            Err(RequestError(reason)) => SendResult::Failed(reason),
        }
    }

    fn client(&self, url: &Url) -> reqwest::Result<Client> {
        let kind = (url.scheme() == "https", outgoing::is_loopback(url));
        let mut clients = lock(&self.clients);
        if let Some(client) = clients.get(&kind) {
            return Ok(client.clone());
        }
        let mut builder = outgoing::shared_client(url);
        if self.address_policy == AddressPolicy::Loopback {
            // Independent of the hosts file of this machine.
            let addresses = [(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()];
            builder = builder.resolve_to_addrs("localhost", &addresses);
        }
        let client = builder.build()?;
        clients.insert(kind, client.clone());
        Ok(client)
    }
}

/// Reason why there was no response, without the URL.
struct RequestError(String);

impl From<std::io::Error> for RequestError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<reqwest::Error> for RequestError {
    fn from(error: reqwest::Error) -> Self {
        Self(outgoing::reason(&error))
    }
}

async fn post(client: &Client, url: &Url, payload: &Value, timeout: Duration) -> Result<u16, RequestError> {
    let request = client
        .post(url.clone())
        .timeout(timeout)
        .header(USER_AGENT, USER_AGENT_VALUE)
        .header(CONTENT_TYPE, "application/json")
        .body(payload.to_string());
    let mut response = request.send().await?;
    let status = response.status().as_u16();
    // The body is read so that the server does not see a closed connection. Its content is ignored, and it may be
    // incomplete.
    let _ = outgoing::body(&mut response, MAX_RESPONSE_LEN).await;
    Ok(status)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread::{JoinHandle, spawn};

    use serde_json::json;

    use super::*;

    /// Starts a listener that sends a response to the first connection, and returns the request. With an empty response,
    /// the connection stays open until the client closes it.
    fn respond_with(response: &'static str) -> (String, JoinHandle<String>) {
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
            stream.write_all(response.as_bytes()).unwrap();
            if response.is_empty() {
                let _ = stream.read(&mut part);
            }
            String::from_utf8(received).unwrap()
        });
        (url, thread)
    }

    fn status(outcome: &SendResult) -> Option<u16> {
        match outcome {
            SendResult::Responded(status) => Some(*status),
            SendResult::NotSent(_) | SendResult::Failed(_) => None,
        }
    }

    #[test]
    fn delivery_is_a_post_of_json() {
        let (url, thread) = respond_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let payload = json!({ "memory": "süß" });
        assert_eq!(
            status(&WebhookClient::new(AddressPolicy::Loopback).deliver(&url, &payload, DELIVERY_TIMEOUT)),
            Some(200)
        );
        let received = thread.join().unwrap();
        let (head, body) = received.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("\r\nhost: 127.0.0.1:"), "{head}");
        assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}", body.len())), "{head}");
        assert_eq!(body, payload.to_string());
    }

    #[test]
    fn deliveries_share_a_client() {
        let client = WebhookClient::new(AddressPolicy::Loopback);
        for _ in 0..3 {
            let (url, thread) = respond_with("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            assert_eq!(status(&client.deliver(&url, &json!({}), DELIVERY_TIMEOUT)), Some(200));
            thread.join().unwrap();
        }
        assert_eq!(lock(&client.clients).len(), 1);
    }

    #[test]
    fn any_response_ends_a_delivery_and_redirects_are_not_followed() {
        for (response, expected) in [
            ("HTTP/1.1 500 Internal Server Error\r\n\r\n", Some(500)),
            ("HTTP/1.0 204 No Content\r\n\r\n", Some(204)),
            ("HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", Some(307)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut", Some(200)),
            ("SSH-2.0-OpenSSH\r\n\r\n", None),
            ("\u{0}", None),
        ] {
            let (url, thread) = respond_with(response);
            assert_eq!(
                status(&WebhookClient::new(AddressPolicy::Loopback).deliver(
                    &url,
                    &json!({}),
                    DELIVERY_TIMEOUT
                )),
                expected,
                "{response:?}"
            );
            thread.join().unwrap();
        }
    }

    #[test]
    fn delivery_without_response_times_out() {
        let (url, thread) = respond_with("");
        let outcome =
            WebhookClient::new(AddressPolicy::Loopback).deliver(&url, &json!({}), Duration::from_millis(100));
        assert!(matches!(outcome, SendResult::Failed(_)), "{outcome:?}");
        thread.join().unwrap();
        let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let outcome = WebhookClient::new(AddressPolicy::Loopback).deliver(
            &format!("http://{refused}/"),
            &json!({}),
            DELIVERY_TIMEOUT,
        );
        assert!(matches!(outcome, SendResult::Failed(_)), "{outcome:?}");
    }

    #[test]
    fn loopback_policy_sends_nothing_to_other_machines() {
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
            let outcome =
                WebhookClient::new(AddressPolicy::Loopback).deliver(url, &json!({}), DELIVERY_TIMEOUT);
            assert!(matches!(outcome, SendResult::NotSent(ADDRESS_NOT_ALLOWED)), "{url}: {outcome:?}");
        }
        for url in ["ftp://127.0.0.1/hook", "not a url"] {
            let outcome =
                WebhookClient::new(AddressPolicy::Anywhere).deliver(url, &json!({}), DELIVERY_TIMEOUT);
            assert!(matches!(outcome, SendResult::NotSent(INVALID_URL)), "{url}: {outcome:?}");
        }
    }

    /// The test has no trusted certificate, so that the connection ends with the handshake.
    #[test]
    fn https_starts_with_a_handshake_and_reports_its_failure() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/hook?secret=1", listener.local_addr().unwrap());
        let policies = [AddressPolicy::Loopback, AddressPolicy::Anywhere];
        let thread = spawn(move || {
            policies.map(|_| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut first = [0; 6];
                stream.read_exact(&mut first).unwrap();
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").unwrap();
                // Until the client closes the connection: unread bytes would reset it.
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
                first
            })
        });
        for address_policy in policies {
            let outcome = WebhookClient::new(address_policy).deliver(
                &url,
                &json!({ "memory": "private" }),
                DELIVERY_TIMEOUT,
            );
            let SendResult::Failed(error) = &outcome else { panic!("{outcome:?}") };
            assert!(error.contains("TLS") || error.contains("corrupt message"), "{error}");
            assert!(!error.contains("secret") && !error.contains("private"), "{error}");
        }
        for first in thread.join().unwrap() {
            // A handshake record with a ClientHello.
            assert_eq!((first[0], first[1], first[5]), (22, 3, 1), "{first:?}");
        }
    }

    #[test]
    fn url_has_a_scheme_and_a_host_and_no_password() {
        for url in ["http://a.io", "https://a.io/x?y#z", "HTTP://127.0.0.1:8/"] {
            assert!(parse_url(url).is_some(), "{url}");
        }
        for url in ["", "a.io", "/x", "http://", "http:///x", "ftp://a.io", "http://u:p@a.io/", "http://a b/"]
        {
            assert!(parse_url(url).is_none(), "{url}");
        }
    }
}
