//! Passing a request on to the recorded platform, by the library of a flavour.

use std::time::Duration;

use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{StatusCode, Uri};

use crate::base_url::{BaseUrl, is_dots};
use crate::config::{TransportSettings, variable};
use crate::error::{Error, Result};
use crate::local::cassette::replay::{credentials, host};
use crate::local::error::LocalError;
use crate::local::reply::Reply;
use crate::local::request::Request;
use crate::mask::one_line;
use crate::response::Response;
use crate::secret::LOCAL_KEY_PREFIX;
use crate::tls::TlsSettings;

/// How long to wait for a connection, at most.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

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
#[derive(Clone)]
pub(super) struct Upstream {
    base: BaseUrl,
    carrier: Carrier,
    timeout: Duration,
    body_limit: usize,
}

/// The library that asks.
#[derive(Clone)]
pub(super) enum Carrier {
    #[cfg(feature = "blocking")]
    Blocking(crate::blocking::Ureq),
    #[cfg(all(feature = "async", any(test, not(feature = "blocking"))))]
    Async(crate::asynchronous::Reqwest),
}

impl Carrier {
    #[cfg(feature = "blocking")]
    pub(super) fn new(settings: &TransportSettings) -> Result<Self> {
        Ok(Self::Blocking(crate::blocking::Ureq::new(settings)?))
    }

    #[cfg(not(feature = "blocking"))]
    pub(super) fn new(settings: &TransportSettings) -> Result<Self> {
        Ok(Self::Async(crate::asynchronous::Reqwest::new(settings)?))
    }

    async fn send(&self, request: crate::request::Request) -> Result<Response> {
        match self {
            #[cfg(feature = "blocking")]
            Self::Blocking(ureq) => {
                let ureq = ureq.clone();
                let sending = tokio::task::spawn_blocking(move || {
                    use crate::blocking::Transport;
                    ureq.execute(&request)
                });
                let lost = |error| Error::transport(crate::error::Phase::Read, error);
                sending.await.unwrap_or_else(|error| Err(lost(error)))
            }
            #[cfg(all(feature = "async", any(test, not(feature = "blocking"))))]
            Self::Async(client) => {
                use crate::asynchronous::Transport;
                client.execute(&request).await
            }
        }
    }
}

impl Upstream {
    /// Checks the URL, without asking anybody.
    pub(super) fn new(
        url: &str,
        timeout: Duration,
        body_limit: usize,
        tls: &TlsSettings,
    ) -> std::result::Result<Self, LocalError> {
        let refused = |error: Error| match error {
            Error::Config { field: "base_url", message } => LocalError::invalid("upstream", message),
            Error::Config { field: field @ "root_certificate", message } => {
                LocalError::invalid(field, message)
            }
            Error::Config { field, message } => LocalError::invalid("upstream", format!("{field} {message}")),
            other => LocalError::invalid("upstream", other.to_string()),
        };
        let base = url.parse::<BaseUrl>().map_err(refused)?;
        if !base.is_https() && !base.is_loopback() {
            let message = "would be sent keys unencrypted, on another machine; use https://";
            return Err(LocalError::invalid("upstream", message));
        }
        let timeout = crate::limits::bounded(timeout);
        let target = base.to_uri().map_err(refused)?;
        let settings =
            TransportSettings::of_url(target, CONNECT_TIMEOUT.min(timeout), timeout, tls, variable)
                .map_err(refused)?;
        Ok(Self { carrier: Carrier::new(&settings).map_err(refused)?, base, timeout, body_limit })
    }

    pub(super) fn url(&self) -> &str {
        self.base.as_str()
    }

    /// Why a request is not passed on.
    pub(super) fn refuses(&self, request: &Request) -> Option<Reply> {
        let refused = |detail: &str| Some(Reply::detail(StatusCode::BAD_REQUEST, detail));
        if let Some(unread) = request.unread {
            return Some(unread.reply());
        }
        if !request.path.starts_with('/') || request.path.split('/').any(is_dots) {
            return refused("The path has a `.` or `..` segment, which would make it another one.");
        }
        let is_local = credentials(request).is_some_and(|key| key.starts_with(LOCAL_KEY_PREFIX));
        if is_local && !self.base.is_loopback() {
            return refused(
                "The key belongs to a local platform and is sent to this machine only; \
                 use a key of the platform that is recorded.",
            );
        }
        None
    }

    /// Asks. The error is a sentence.
    pub(super) async fn ask(&self, request: &Request) -> std::result::Result<Response, String> {
        let query = request.raw_query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let url = format!("{}{}{query}", self.base.as_str(), request.path);
        let uri = Uri::try_from(url).map_err(|error| format!("The URL can't be passed on: {error}."))?;
        let body = Some(request.body.clone()).filter(|body| !body.is_empty());
        let outgoing = crate::request::Request::of_another(
            request.method.clone(),
            &uri,
            outgoing_headers(&request.headers),
            body,
            self.timeout,
            self.body_limit,
        );
        let failed = |error: Error| {
            let error = error.of_call(&request.method, &request.path, 1, false);
            format!("The recorded platform gave no whole answer: {}.", one_line(&error.to_string()))
        };
        let answer = self.carrier.send(outgoing).await.and_then(|answer| answer.whole(self.body_limit));
        let answer = answer.map_err(failed)?;
        if answer.status().is_informational() {
            return Err(format!("The recorded platform answered {}, which is no answer.", answer.status()));
        }
        Ok(answer)
    }

    /// The answer with the recorder's address where the platform names itself: whoever follows a link is to come back.
    pub(super) fn led_back(&self, mut reply: Reply, request: &Request) -> Reply {
        let own = format!("http://{}", host(request));
        let origin = self.base.as_str().get(..self.base.path_start()).unwrap_or_default();
        let plain = origin.replacen("https://", "http://", 1);
        for theirs in [self.base.as_str(), origin, &plain] {
            for (name, value) in &mut reply.headers {
                let link = value.to_str().ok().filter(|_| *name == LOCATION);
                let rest = link.and_then(|link| link.strip_prefix(theirs));
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

fn outgoing_headers(headers: &HeaderMap) -> HeaderMap {
    let mut outgoing = end_to_end(headers);
    // What can be read here, so that it can be written down.
    outgoing.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
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
