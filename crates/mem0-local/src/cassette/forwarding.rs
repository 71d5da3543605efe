//! Forwarding requests to the recorded platform.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, EXPECT, HOST, HeaderMap, HeaderName,
    HeaderValue, LOCATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use mem0::redact::redact_all;
use reqwest::{Certificate, Client, Url};

use crate::cassette::replay::{credentials, host};
use crate::error::LocalError;
use crate::outgoing;
use crate::protocol::reply::HttpReply;
use crate::protocol::request::Request;
use crate::store::keys::KEY_PREFIX;

/// Hop-by-hop headers, and headers that the HTTP client sets itself.
const HOP_BY_HOP: [HeaderName; 10] = [
    CONNECTION,
    HOST,
    CONTENT_LENGTH,
    EXPECT,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// The recorded platform.
#[derive(Debug, Clone)]
pub(super) struct Upstream {
    /// Base URL without a trailing slash.
    base: String,
    origin: String,
    is_loopback: bool,
    client: Client,
    timeout: Duration,
    body_limit: usize,
}

/// Decompressed response of the recorded platform.
#[derive(Debug)]
pub(super) struct UpstreamResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Upstream {
    /// Checks the URL, without sending a request.
    pub(super) fn new(
        url: &str,
        timeout: Duration,
        body_limit: usize,
        root_certificates: &[Vec<u8>],
    ) -> Result<Self, LocalError> {
        let url = outgoing::base_url("upstream", url)?;
        let certificates = certificates(root_certificates)?;
        let client = outgoing::client(&url, certificates)
            .build()
            .map_err(|error| LocalError::invalid("upstream", outgoing::reason(&error)))?;
        Ok(Self {
            base: url.as_str().trim_end_matches('/').to_owned(),
            origin: url.origin().ascii_serialization(),
            is_loopback: outgoing::is_loopback(&url),
            client,
            timeout,
            body_limit,
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.base
    }

    /// Response to a request that must not be forwarded.
    pub(super) fn rejection(&self, request: &Request) -> Option<HttpReply> {
        let refusal = |detail: &str| Some(HttpReply::detail(StatusCode::BAD_REQUEST, detail));
        if let Some(error) = request.body_error {
            return Some(error.reply());
        }
        if !request.path.starts_with('/')
            || request.path.contains('\\')
            || request.path.split('/').any(is_dot_segment)
        {
            return refusal(
                "The path contains a `.` or `..` segment or a `\\`, which URL rules would rewrite.",
            );
        }
        let is_local = credentials(request).is_some_and(|key| key.starts_with(KEY_PREFIX));
        if is_local && !self.is_loopback {
            return refusal(
                "The API key belongs to a local platform and is not sent to other machines; \
                 use a key of the recorded platform.",
            );
        }
        None
    }

    /// Sends a request. The error is a message for the client.
    pub(super) async fn send(&self, request: &Request) -> Result<UpstreamResponse, String> {
        let call = format!("{} {}", request.method, redact_all(&request.path));
        let failure =
            |reason: String| format!("The recorded platform sent no complete response: {call}: {reason}.");
        let query = request.raw_query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let url: Url = format!("{}{}{query}", self.base, request.path)
            .parse()
            .map_err(|error| format!("The URL cannot be forwarded: {error}."))?;
        let outgoing = self
            .client
            .request(request.method.clone(), url)
            .headers(outgoing_headers(&request.headers))
            .body(request.body.clone())
            .timeout(self.timeout);
        let mut response = outgoing.send().await.map_err(|error| failure(outgoing::reason(&error)))?;
        let body = outgoing::body(&mut response, self.body_limit).await;
        let body = body.map_err(|error| failure(error.to_string()))?;
        if let Some(encoding) = response.headers().get(CONTENT_ENCODING) {
            return Err(failure(format!("unsupported content encoding {encoding:?}")));
        }
        Ok(UpstreamResponse { status: response.status(), headers: response.headers().clone(), body })
    }

    /// Replaces the platform's URL in a response by the recorder's, so that links lead to the recorder.
    pub(super) fn rewrite_links(&self, mut reply: HttpReply, request: &Request) -> HttpReply {
        let recorder_url = format!("http://{}", host(request));
        let http_origin = self.origin.replacen("https://", "http://", 1);
        for url in [&self.base, &self.origin, &http_origin] {
            for (name, value) in &mut reply.headers {
                let link = value.to_str().ok().filter(|_| *name == LOCATION);
                let rest = link.and_then(|link| link.strip_prefix(url.as_str()));
                if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
                    && let Ok(link) = HeaderValue::try_from(format!("{recorder_url}{rest}"))
                {
                    *value = link;
                }
            }
            let quoted = format!("\"{url}");
            let Some(text) = str::from_utf8(&reply.body).ok().filter(|text| text.contains(&quoted)) else {
                continue;
            };
            let rewrite_links = ["/", "?", "\""].iter().fold(text.to_owned(), |text, next| {
                text.replace(&format!("{quoted}{next}"), &format!("\"{recorder_url}{next}"))
            });
            reply.body = rewrite_links.into();
        }
        reply
    }
}

/// Whether a segment is `.` or `..`, percent-encoded or not. URL rules remove such segments.
fn is_dot_segment(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

fn certificates(pem: &[Vec<u8>]) -> Result<Vec<Certificate>, LocalError> {
    let invalid = |message: &str| LocalError::invalid("root_certificate", message);
    let mut all = Vec::new();
    for pem in pem {
        let found = Certificate::from_pem_bundle(pem)
            .map_err(|_| invalid("contains a certificate that is not valid PEM"))?;
        if found.is_empty() {
            return Err(invalid("contains no certificate; expected one or more in PEM"));
        }
        all.extend(found);
    }
    Ok(all)
}

fn outgoing_headers(headers: &HeaderMap) -> HeaderMap {
    let mut outgoing = end_to_end(headers);
    // The HTTP client sets this to the encodings that it can decompress.
    outgoing.remove(ACCEPT_ENCODING);
    outgoing
}

/// Headers without hop-by-hop headers.
pub(super) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let is_forwarded = |name: &HeaderName| {
        !HOP_BY_HOP.contains(name) && *name != KEEP_ALIVE && !named.iter().any(|named| named == name.as_str())
    };
    let forwarded = headers.iter().filter(|(name, _)| is_forwarded(name));
    let mut headers = HeaderMap::new();
    for (name, value) in forwarded {
        headers.append(name, value.clone());
    }
    headers
}

#[cfg(test)]
mod tests;
