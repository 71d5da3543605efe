//! Errors of connections.

use std::error::Error as StdError;
use std::sync::Arc;
use std::{fmt, io};

use crate::error::CallInfo;
use crate::error::bounded::{Bounded, MAX_VALUE_LEN, bounded_text};
use crate::redact::redact_all;

/// Phase in which a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Resolving the host name. Nothing was sent.
    Resolve,
    /// Connecting to the server through a proxy: the proxy could not be resolved or connected to, did not accept the
    /// credentials, or refused the connection to the server. Nothing was sent.
    Proxy,
    /// Opening the connection. Nothing was sent.
    Connect,
    /// TLS handshake. Nothing was sent.
    Tls,
    /// Sending the request. Part of it may have arrived.
    Write,
    /// Waiting for the response or reading it. The request may have been carried out.
    Read,
}

impl Phase {
    /// Whether a byte of the request may have reached the server in this phase.
    pub fn may_have_sent(self) -> bool {
        matches!(self, Phase::Write | Phase::Read)
    }
}

/// Connection that could not be established, or that closed early.
///
/// `Display` says what failed, where, and what to do. The error of the HTTP library is the
/// [`source`](std::error::Error::source), and is not repeated.
#[derive(Clone)]
#[non_exhaustive]
pub struct TransportError {
    /// Call that failed.
    pub call: CallInfo,
    /// Phase in which the call failed.
    pub phase: Phase,
    /// Host and port of the server, or of the proxy in [`Phase::Proxy`], without credentials. `None` if a transport of your
    /// own did not set it.
    pub endpoint: Option<String>,
    /// Error of the HTTP library, or of a transport of the caller.
    source: Option<Arc<dyn StdError + Send + Sync>>,
    /// Reason for which this crate does not accept the response.
    unreadable: Option<&'static str>,
}

/// HTTP status that a proxy sent in place of the server.
#[derive(Debug, thiserror::Error)]
#[error("the proxy responded {0}")]
pub(crate) struct ProxyStatus(pub(crate) u16);

impl TransportError {
    pub(crate) fn new(phase: Phase, source: Arc<dyn StdError + Send + Sync>) -> Self {
        Self { call: CallInfo::default(), phase, endpoint: None, source: Some(source), unreadable: None }
    }

    /// Creates an error about a response that is valid HTTP but not accepted.
    pub(crate) fn unreadable(reason: &'static str) -> Self {
        Self {
            call: CallInfo::default(),
            phase: Phase::Read,
            endpoint: None,
            source: None,
            unreadable: Some(reason),
        }
    }

    /// Chain of the sources.
    fn sources(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        self.source().into_iter().flat_map(sources)
    }

    /// Whether the server's certificate was rejected. A retry does not help.
    pub fn is_certificate_rejected(&self) -> bool {
        matches!(self.phase, Phase::Tls | Phase::Proxy) && self.certificate_problem().is_some()
    }

    /// Whether the server's certificate was rejected because no trusted CA issued it.
    pub fn is_issuer_unknown(&self) -> bool {
        self.is_certificate_rejected() && self.certificate_problem() == Some(UNKNOWN_ISSUER)
    }

    fn certificate_problem(&self) -> Option<&'static str> {
        self.source().and_then(certificate_problem)
    }

    /// Message without the call and without advice.
    pub(crate) fn summary(&self) -> String {
        if let Some(reason) = self.unreadable {
            return format!("invalid response: {reason}");
        }
        let endpoint = self.endpoint.as_deref();
        let (what, place) = match self.phase {
            Phase::Resolve => ("could not resolve ", endpoint.unwrap_or("the host name")),
            Phase::Proxy => {
                ("could not connect through the proxy ", endpoint.unwrap_or("that is configured"))
            }
            Phase::Connect => ("could not connect to ", endpoint.unwrap_or("the server")),
            Phase::Tls => ("TLS handshake failed with ", endpoint.unwrap_or("the server")),
            Phase::Write => ("connection closed while sending the request", ""),
            Phase::Read => ("connection closed mid-response, or invalid HTTP", ""),
        };
        let reason = self.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{what}{}{reason}", redact_all(place))
    }

    /// Reason, if the source has a known one.
    fn reason(&self) -> Option<String> {
        match self.phase {
            Phase::Proxy if !self.is_certificate_rejected() => {
                self.source().and_then(proxy_problem).or_else(|| self.io_reason())
            }
            Phase::Tls | Phase::Proxy => {
                self.certificate_problem().map(str::to_owned).or_else(|| self.io_reason())
            }
            Phase::Resolve | Phase::Write => None,
            Phase::Connect | Phase::Read => self.io_reason(),
        }
    }

    fn io_reason(&self) -> Option<String> {
        let kind = self.sources().filter_map(|error| error.downcast_ref::<io::Error>()).last()?.kind();
        let reason = match kind {
            io::ErrorKind::ConnectionRefused => "the connection was refused",
            io::ErrorKind::ConnectionReset => "the connection was reset",
            io::ErrorKind::ConnectionAborted => "the connection was aborted",
            io::ErrorKind::UnexpectedEof => "the connection was closed",
            io::ErrorKind::HostUnreachable => "the host is unreachable",
            io::ErrorKind::NetworkUnreachable => "the network is unreachable",
            io::ErrorKind::NetworkDown => "the network is down",
            io::ErrorKind::AddrNotAvailable => "the address is not available",
            io::ErrorKind::PermissionDenied => "it is not permitted",
            io::ErrorKind::InvalidData if self.phase == Phase::Tls => "invalid or unexpected TLS message",
            io::ErrorKind::TimedOut => "no response in time",
            _ => return None,
        };
        Some(reason.to_owned())
    }

    fn advice(&self) -> &'static str {
        match self.phase {
            Phase::Resolve => "check the base URL and the network",
            Phase::Proxy if self.reason().is_some_and(|reason| reason.starts_with(AUTHENTICATION)) => {
                "check the user name and password in the proxy URL"
            }
            Phase::Proxy if !self.is_certificate_rejected() => {
                "check the proxy that the program sets, or HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY"
            }
            Phase::Connect => "check the base URL, the network and the server",
            Phase::Tls | Phase::Proxy if self.is_issuer_unknown() => {
                "if you trust its issuer, add that CA to the system's certificate store, name it in SSL_CERT_FILE, or \
                 add it to the client's root certificates"
            }
            Phase::Tls | Phase::Proxy if self.certificate_problem() == Some(OTHER_HOST) => {
                "check the host name in the URL"
            }
            Phase::Tls | Phase::Proxy if self.is_certificate_rejected() => {
                "check the clock of this machine and the certificate of the server"
            }
            Phase::Tls | Phase::Proxy => "check that the server speaks TLS",
            Phase::Write => "part of the request may have arrived",
            Phase::Read => "the request may have been carried out",
        }
    }
}

const UNKNOWN_ISSUER: &str = "the certificate has an unknown issuer";
const OTHER_HOST: &str = "the certificate is not valid for this host";

/// Start of the reasons that concern the credentials of a proxy.
const AUTHENTICATION: &str = "authentication ";

/// Problem with the server's certificate, if that is what failed.
///
/// The TLS libraries have error types for it, which this crate does not depend on, so the messages are searched.
pub(crate) fn certificate_problem(source: &(dyn StdError + 'static)) -> Option<&'static str> {
    let text = sources(source).map(ToString::to_string).find(|text| {
        text.contains("invalid peer certificate")
            || text.contains("certificate verify failed")
            || text.contains("certificate was not trusted")
            || text.contains("certificate chain")
    })?;
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    Some(if has(&["UnknownIssuer", "local issuer", "self-signed", "self signed", "not trusted"]) {
        UNKNOWN_ISSUER
    } else if has(&["Expired", "expired"]) {
        "the certificate has expired"
    } else if has(&["NotValidForName", "not valid for name", "ostname mismatch", "IP address mismatch"]) {
        OTHER_HOST
    } else {
        "the certificate was rejected"
    })
}

/// Reason why a proxy did not connect.
fn proxy_problem(source: &(dyn StdError + 'static)) -> Option<String> {
    let texts: Vec<String> = sources(source).map(ToString::to_string).collect();
    let has = |word: &str| texts.iter().any(|text| text.contains(word));
    // Messages of ureq and of hyper-util, for HTTP and for SOCKS.
    if ["responded 407", "proxy authorization required"].into_iter().any(has) {
        return Some(format!("{AUTHENTICATION}required (407)"));
    }
    let of_socks = [
        "no acceptable auth methods",
        "unknown auth method",
        "password authentication failed",
        "credentials not accepted",
        "user/pass authentication",
    ];
    if of_socks.into_iter().any(has) {
        return Some(format!("{AUTHENTICATION}failed"));
    }
    if let Some(status) = texts.iter().find_map(|text| {
        let status = text.split_once("responded ")?.1.get(..3)?;
        status.bytes().all(|byte| byte.is_ascii_digit()).then(|| status.to_owned())
    }) {
        return Some(format!("it responded {status} to CONNECT"));
    }
    if has("tunnel error: unsuccessful") {
        return Some("it did not open a tunnel to the server (CONNECT)".to_owned());
    }
    has("failed to lookup address").then(|| "its host name could not be resolved".to_owned())
}

/// An error and its chain of sources.
pub(crate) fn sources<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| (*error).source())
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = self.summary();
        write!(f, "{}: {}; {}", self.call, Bounded(&summary, MAX_VALUE_LEN), self.advice())
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The message of a library may contain the URL.
        let innermost = self.sources().last().map(|error| redact_all(&bounded_text(error.to_string())));
        let innermost = innermost.or_else(|| self.unreadable.map(str::to_owned));
        f.debug_struct("TransportError")
            .field("call", &self.call)
            .field("phase", &self.phase)
            .field("advice", &self.advice())
            .field("endpoint", &self.endpoint.as_deref().map(|endpoint| bounded_text(redact_all(endpoint))))
            .field("source", &innermost.unwrap_or_default())
            .finish()
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(phase: Phase, source: impl StdError + Send + Sync + 'static) -> String {
        let mut error = TransportError::new(phase, Arc::new(source));
        error.endpoint = Some("api.example:443".to_owned());
        error.to_string()
    }

    #[test]
    fn an_error_says_what_failed_where_and_why_without_its_source() {
        let io = |kind: io::ErrorKind| io::Error::from(kind);
        for (message, parts) in [
            (
                shown(Phase::Resolve, io::Error::other("no such host")),
                ["could not resolve api.example:443", "network"],
            ),
            (
                shown(Phase::Connect, io(io::ErrorKind::ConnectionRefused)),
                ["could not connect to api.example:443: the connection was refused", "check the base URL"],
            ),
            (
                shown(Phase::Proxy, ProxyStatus(407)),
                ["proxy api.example:443: authentication required (407); check the user name", "password"],
            ),
            (
                shown(Phase::Proxy, ProxyStatus(502)),
                ["proxy api.example:443: it responded 502", "HTTPS_PROXY"],
            ),
            (
                shown(Phase::Tls, io::Error::other("invalid peer certificate: UnknownIssuer")),
                ["api.example:443: the certificate has an unknown issuer", "SSL_CERT_FILE"],
            ),
            (
                shown(Phase::Tls, io::Error::other("certificate verify failed (certificate has expired)")),
                ["api.example:443: the certificate has expired", "clock"],
            ),
            (
                shown(Phase::Tls, io::Error::other("invalid peer certificate: NotValidForName")),
                ["the certificate is not valid for this host", "check the host name"],
            ),
            (
                shown(
                    Phase::Proxy,
                    io::Error::other("failed to lookup address information: Name or service"),
                ),
                ["proxy api.example:443: its host name could not be resolved", "HTTPS_PROXY"],
            ),
            (
                shown(Phase::Read, io(io::ErrorKind::ConnectionReset)),
                ["the connection was reset", "carried out"],
            ),
        ] {
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        }
        let error = TransportError::new(Phase::Connect, Arc::new(io(io::ErrorKind::ConnectionRefused)));
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        assert!(!error.to_string().contains(&source) && !source.is_empty(), "{error}");
    }

    #[test]
    fn neither_display_nor_debug_shows_an_e_mail_address() {
        let error = TransportError::new(Phase::Connect, Arc::new(io::Error::other("no route to a+b@x.io")));
        assert!(!format!("{error} {error:?}").contains("x.io"), "{error:?}");
    }
}
