//! A request as it came over the wire.

use bytes::Bytes;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::protocol::reply::HttpReply;

/// Larger bodies are answered 413.
pub(crate) const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// Why there is no body to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unread {
    TooLarge,
    /// The connection ended in it, or its framing is wrong. What there is of it may read as something that
    /// was never said.
    BrokenOff,
    TooSlow,
    /// Others have all the room that there is for bodies.
    TooMany,
}

impl Unread {
    pub(crate) fn reply(self) -> HttpReply {
        match self {
            Self::TooLarge => {
                let detail = format!("The body is larger than {BODY_LIMIT} bytes.");
                HttpReply::detail(StatusCode::PAYLOAD_TOO_LARGE, &detail)
            }
            Self::BrokenOff => HttpReply::detail(StatusCode::BAD_REQUEST, "The body broke off."),
            Self::TooSlow => HttpReply::detail(StatusCode::REQUEST_TIMEOUT, "The body was not sent in time."),
            Self::TooMany => {
                let detail = "Too many large bodies are being sent. Try again.";
                HttpReply::detail(StatusCode::SERVICE_UNAVAILABLE, detail).header(RETRY_AFTER, "1")
            }
        }
    }
}

/// A request as far as it was read.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path, still encoded.
    pub(crate) path: String,
    /// The query, still encoded, without its question mark.
    pub(crate) raw_query: Option<String>,
    /// The query, decoded, in its order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    /// Empty where it is unread.
    pub(crate) body: Bytes,
    pub(crate) unread: Option<Unread>,
}

impl Request {
    pub(crate) fn new(method: Method, uri: &Uri, headers: HeaderMap, body: Result<Bytes, Unread>) -> Self {
        let path = uri.path().to_owned();
        let raw_query = uri.query().map(str::to_owned);
        let query = raw_query.as_deref().map(pairs).unwrap_or_default();
        let unread = body.as_ref().err().copied();
        let body = body.unwrap_or_default();
        Self { method, path, raw_query, query, headers, body, unread }
    }

    pub(crate) fn set_body(&mut self, body: Result<Bytes, Unread>) {
        self.unread = body.as_ref().err().copied();
        self.body = body.unwrap_or_default();
    }

    /// The values of a query name, in order.
    pub(crate) fn query_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON, if it is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The key of the `Authorization` header, or what is wrong with the header, in the words of Django's
    /// REST framework. A header of another scheme counts as none.
    pub(crate) fn key(&self) -> Result<&str, &'static str> {
        const NONE: &str = "Authentication credentials were not provided.";
        let Some(header) = self.headers.get(AUTHORIZATION) else { return Err(NONE) };
        let mut words = header.as_bytes().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        match words.next() {
            Some(scheme) if scheme.eq_ignore_ascii_case(b"Token") => {}
            _ => return Err(NONE),
        }
        let Some(key) = words.next() else {
            return Err("Invalid token header. No credentials provided.");
        };
        if words.next().is_some() {
            return Err("Invalid token header. Token string should not contain spaces.");
        }
        str::from_utf8(key)
            .map_err(|_| "Invalid token header. Token string should not contain invalid characters.")
    }
}

/// The pairs of a form-encoded query. What is no UTF-8 is replaced, as Django does.
fn pairs(query: &str) -> Vec<(String, String)> {
    let text = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn with_authorization(value: &'static str) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
        Request::new(Method::GET, &Uri::from_static("/v1/ping/"), headers, Ok(Bytes::new()))
    }

    #[test]
    fn the_key_follows_the_scheme() {
        assert_eq!(with_authorization("Token m0-local-x").key(), Ok("m0-local-x"));
        assert_eq!(with_authorization("token  m0-local-x").key(), Ok("m0-local-x"));
        for (header, words) in [
            ("Bearer m0-local-x", "were not provided"),
            ("", "were not provided"),
            ("Token", "No credentials provided"),
            ("Token a b", "should not contain spaces"),
        ] {
            assert!(with_authorization(header).key().is_err_and(|text| text.contains(words)), "{header}");
        }
    }

    #[test]
    fn a_query_is_form_encoded() {
        let expected =
            [("fields", "a b"), ("fields", "x,y"), ("email", "a+b@x.io"), ("empty", ""), ("bare", "")];
        let read = pairs("fields=a+b&fields=x%2Cy&&email=a%2Bb%40x.io&empty=&bare");
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
