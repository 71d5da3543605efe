//! Passing a request on to the recorded platform.

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

/// Headers that are of a connection, or of how a body travels on it.
const OF_CONNECTION: [HeaderName; 10] = [
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
    /// Without a slash at the end.
    base: String,
    origin: String,
    is_loopback: bool,
    client: Client,
    timeout: Duration,
    body_limit: usize,
}

/// An answer of the recorded platform, decompressed.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Upstream {
    /// Checks the URL, without asking anybody.
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

    /// Why a request is not passed on.
    pub(super) fn refuses(&self, request: &Request) -> Option<HttpReply> {
        let refused = |detail: &str| Some(HttpReply::detail(StatusCode::BAD_REQUEST, detail));
        if let Some(error) = request.body_error {
            return Some(error.reply());
        }
        if !request.path.starts_with('/')
            || request.path.contains('\\')
            || request.path.split('/').any(is_dot_segment)
        {
            return refused("The path has a `.` or `..` segment or a `\\`, which would make it another one.");
        }
        let is_local = credentials(request).is_some_and(|key| key.starts_with(KEY_PREFIX));
        if is_local && !self.is_loopback {
            return refused(
                "The key belongs to a local platform and is sent to this machine only; \
                 use a key of the platform that is recorded.",
            );
        }
        None
    }

    /// Asks. The error is a sentence.
    pub(super) async fn ask(&self, request: &Request) -> Result<Answer, String> {
        let call = format!("{} {}", request.method, redact_all(&request.path));
        let failed =
            |reason: String| format!("The recorded platform gave no whole answer: {call}: {reason}.");
        let query = request.raw_query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let url: Url = format!("{}{}{query}", self.base, request.path)
            .parse()
            .map_err(|error| format!("The URL can't be passed on: {error}."))?;
        let outgoing = self
            .client
            .request(request.method.clone(), url)
            .headers(outgoing_headers(&request.headers))
            .body(request.body.clone())
            .timeout(self.timeout);
        let mut answer = outgoing.send().await.map_err(|error| failed(outgoing::reason(&error)))?;
        let body = outgoing::body(&mut answer, self.body_limit).await;
        let body = body.map_err(|error| failed(error.to_string()))?;
        if let Some(encoding) = answer.headers().get(CONTENT_ENCODING) {
            return Err(failed(format!("its content encoding {encoding:?} is not supported")));
        }
        Ok(Answer { status: answer.status(), headers: answer.headers().clone(), body })
    }

    /// The answer with the recorder's address where the platform names itself: whoever follows a link is to come back.
    pub(super) fn led_back(&self, mut reply: HttpReply, request: &Request) -> HttpReply {
        let own = format!("http://{}", host(request));
        let plain = self.origin.replacen("https://", "http://", 1);
        for theirs in [&self.base, &self.origin, &plain] {
            for (name, value) in &mut reply.headers {
                let link = value.to_str().ok().filter(|_| *name == LOCATION);
                let rest = link.and_then(|link| link.strip_prefix(theirs.as_str()));
                if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
                    && let Ok(link) = HeaderValue::try_from(format!("{own}{rest}"))
                {
                    *value = link;
                }
            }
            let quoted = format!("\"{theirs}");
            let Some(text) = str::from_utf8(&reply.body).ok().filter(|text| text.contains(&quoted)) else {
                continue;
            };
            let led_back = ["/", "?", "\""].iter().fold(text.to_owned(), |text, next| {
                text.replace(&format!("{quoted}{next}"), &format!("\"{own}{next}"))
            });
            reply.body = led_back.into();
        }
        reply
    }
}

/// `.` and `..`, which URL rules resolve away, however they are written.
fn is_dot_segment(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

fn certificates(pem: &[Vec<u8>]) -> Result<Vec<Certificate>, LocalError> {
    let refused = |message: &str| LocalError::invalid("root_certificate", message);
    let mut all = Vec::new();
    for pem in pem {
        let found = Certificate::from_pem_bundle(pem)
            .map_err(|_| refused("holds a certificate that is not valid PEM"))?;
        if found.is_empty() {
            return Err(refused("holds no certificate; expected one or more in PEM"));
        }
        all.extend(found);
    }
    Ok(all)
}

fn outgoing_headers(headers: &HeaderMap) -> HeaderMap {
    let mut outgoing = end_to_end(headers);
    // The client asks for what it can decompress.
    outgoing.remove(ACCEPT_ENCODING);
    outgoing
}

/// The headers that are for the other end.
pub(super) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let is_passed_on = |name: &HeaderName| {
        !OF_CONNECTION.contains(name)
            && *name != KEEP_ALIVE
            && !named.iter().any(|named| named == name.as_str())
    };
    let passed_on = headers.iter().filter(|(name, _)| is_passed_on(name));
    let mut headers = HeaderMap::new();
    for (name, value) in passed_on {
        headers.append(name, value.clone());
    }
    headers
}

#[cfg(test)]
mod tests;
