//! How webhooks are told: what is sent, and to whom.

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
    scope: ProjectScope<'_>,
    event_type: &str,
) -> rusqlite::Result<Vec<Target>> {
    let found = webhooks::targets(connection, scope, event_type)?;
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

/// HTTP clients of deliveries. Each kind is built when the first webhook needs it: reading the system's certificates
/// takes a while.
#[derive(Debug)]
pub(crate) struct Sender {
    reach: Reach,
    /// By whether they encrypt, and whether they are for this machine.
    clients: Mutex<HashMap<(bool, bool), Client>>,
}

impl Sender {
    pub(crate) fn new(reach: Reach) -> Self {
        Self { reach, clients: Mutex::default() }
    }

    /// Delivers to one webhook, once.
    pub(crate) fn deliver(&self, url: &str, payload: &Value, limit: Duration) -> Outcome {
        let Some(url) = address(url).and_then(|_| url.parse::<Url>().ok()) else {
            return Outcome::Withheld(NO_URL);
        };
        if self.reach == Reach::Loopback && !outgoing::is_loopback(&url) {
            return Outcome::Withheld(TOO_FAR);
        }
        let client = self.client(&url).map_err(Failure::from);
        match client.and_then(|client| block_on(exchange(&client, &url, payload, limit))) {
            Ok(status) => Outcome::Answered(status),
            Err(Failure(reason)) => Outcome::Failed(reason),
        }
    }

    fn client(&self, url: &Url) -> reqwest::Result<Client> {
        let kind = (url.scheme() == "https", outgoing::is_loopback(url));
        let mut clients = lock(&self.clients);
        if let Some(client) = clients.get(&kind) {
            return Ok(client.clone());
        }
        let mut builder = outgoing::shared_client(url);
        if self.reach == Reach::Loopback {
            // Whatever the machine's own list of hosts says.
            let addresses = [(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()];
            builder = builder.resolve_to_addrs("localhost", &addresses);
        }
        let client = builder.build()?;
        clients.insert(kind, client.clone());
        Ok(client)
    }
}

/// Why there was no answer, without the URL.
struct Failure(String);

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self(outgoing::reason(&error))
    }
}

async fn exchange(client: &Client, url: &Url, payload: &Value, limit: Duration) -> Result<u16, Failure> {
    let request = client
        .post(url.clone())
        .timeout(limit)
        .header(USER_AGENT, AGENT)
        .header(CONTENT_TYPE, "application/json")
        .body(payload.to_string());
    let mut response = request.send().await?;
    let status = response.status().as_u16();
    // Read to its end, so that whoever sends it does not meet a broken connection. What it says, and whether it is
    // whole, makes no difference.
    let _ = outgoing::body(&mut response, ANSWER_LIMIT).await;
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
        assert_eq!(status(&Sender::new(Reach::Loopback).deliver(&url, &payload, TIME_LIMIT)), Some(200));
        let received = thread.join().unwrap();
        let (head, body) = received.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("\r\nhost: 127.0.0.1:"), "{head}");
        assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}", body.len())), "{head}");
        assert_eq!(body, payload.to_string());
    }

    #[test]
    fn deliveries_share_their_client() {
        let sender = Sender::new(Reach::Loopback);
        for _ in 0..3 {
            let (url, thread) = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            assert_eq!(status(&sender.deliver(&url, &json!({}), TIME_LIMIT)), Some(200));
            thread.join().unwrap();
        }
        assert_eq!(lock(&sender.clients).len(), 1);
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
            assert_eq!(
                status(&Sender::new(Reach::Loopback).deliver(&url, &json!({}), TIME_LIMIT)),
                wanted,
                "{answer:?}"
            );
            thread.join().unwrap();
        }
    }

    #[test]
    fn one_that_does_not_answer_is_given_up() {
        let (url, thread) = answering("");
        let outcome = Sender::new(Reach::Loopback).deliver(&url, &json!({}), Duration::from_millis(100));
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
        thread.join().unwrap();
        let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let outcome =
            Sender::new(Reach::Loopback).deliver(&format!("http://{refused}/"), &json!({}), TIME_LIMIT);
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
            let outcome = Sender::new(Reach::Loopback).deliver(url, &json!({}), TIME_LIMIT);
            assert!(matches!(outcome, Outcome::Withheld(TOO_FAR)), "{url}: {outcome:?}");
        }
        for url in ["ftp://127.0.0.1/hook", "not a url"] {
            let outcome = Sender::new(Reach::Anywhere).deliver(url, &json!({}), TIME_LIMIT);
            assert!(matches!(outcome, Outcome::Withheld(NO_URL)), "{url}: {outcome:?}");
        }
    }

    /// Nobody here has a certificate that the roots of trust stand for, so that a handshake is as far as it goes.
    #[test]
    fn https_begins_with_a_handshake_and_says_why_it_went_no_further() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/hook?secret=1", listener.local_addr().unwrap());
        let reaches = [Reach::Loopback, Reach::Anywhere];
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
            let outcome = Sender::new(reach).deliver(&url, &json!({ "memory": "private" }), TIME_LIMIT);
            let Outcome::Failed(error) = &outcome else { panic!("{outcome:?}") };
            assert!(error.contains("TLS") || error.contains("corrupt message"), "{error}");
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
