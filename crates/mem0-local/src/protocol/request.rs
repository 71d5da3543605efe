//! HTTP requests as received.

use bytes::Bytes;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::protocol::reply::HttpReply;

/// Maximum length of a body. The response to a larger one is 413.
pub(crate) const MAX_BODY_LEN: usize = 10 * 1024 * 1024;

/// Reason why a request body could not be read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BodyReadError {
    TooLarge,
    /// The connection closed before the end of the body, or its framing is invalid. A part of a body may parse as
    /// something the client did not send.
    Incomplete,
    TooSlow,
    /// Other bodies use all the memory that is reserved for bodies.
    Busy,
}

impl BodyReadError {
    pub(crate) fn reply(self) -> HttpReply {
        match self {
            Self::TooLarge => {
                let detail = format!("The body is larger than {MAX_BODY_LEN} bytes.");
                HttpReply::detail(StatusCode::PAYLOAD_TOO_LARGE, &detail)
            }
            Self::Incomplete => HttpReply::detail(StatusCode::BAD_REQUEST, "The body is incomplete."),
            Self::TooSlow => {
                HttpReply::detail(StatusCode::REQUEST_TIMEOUT, "The body was not received in time.")
            }
            Self::Busy => {
                let detail = "Too many large bodies at the same time. Try again.";
                HttpReply::detail(StatusCode::SERVICE_UNAVAILABLE, detail).header(RETRY_AFTER, "1")
            }
        }
    }
}

/// A request.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path, percent-encoded.
    pub(crate) path: String,
    /// Query without its question mark, percent-encoded.
    pub(crate) raw_query: Option<String>,
    /// Decoded query parameters in their order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    /// Empty if it could not be read.
    pub(crate) body: Bytes,
    pub(crate) body_error: Option<BodyReadError>,
}

impl Request {
    pub(crate) fn new(
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Result<Bytes, BodyReadError>,
    ) -> Self {
        let path = uri.path().to_owned();
        let raw_query = uri.query().map(str::to_owned);
        let query = raw_query.as_deref().map(parse_query).unwrap_or_default();
        let body_error = body.as_ref().err().copied();
        let body = body.unwrap_or_default();
        Self { method, path, raw_query, query, headers, body, body_error }
    }

    pub(crate) fn set_body(&mut self, body: Result<Bytes, BodyReadError>) {
        self.body_error = body.as_ref().err().copied();
        self.body = body.unwrap_or_default();
    }

    /// Returns the values of a query parameter in their order.
    pub(crate) fn query_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Parses the body as JSON; `None` if it is not JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the key in the `Authorization` header. The error has the message of Django's REST framework. A header of
    /// another scheme counts as missing.
    pub(crate) fn key(&self) -> Result<&str, &'static str> {
        const MISSING: &str = "Authentication credentials were not provided.";
        let Some(header) = self.headers.get(AUTHORIZATION) else { return Err(MISSING) };
        let mut words = header.as_bytes().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        match words.next() {
            Some(scheme) if scheme.eq_ignore_ascii_case(b"Token") => {}
            _ => return Err(MISSING),
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

/// Parses a form-encoded query. Invalid UTF-8 is replaced, as Django does.
fn parse_query(query: &str) -> Vec<(String, String)> {
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
    fn key_is_the_word_after_the_scheme() {
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
    fn query_is_decoded_as_a_form() {
        let expected =
            [("fields", "a b"), ("fields", "x,y"), ("email", "a+b@x.io"), ("empty", ""), ("bare", "")];
        let read = parse_query("fields=a+b&fields=x%2Cy&&email=a%2Bb%40x.io&empty=&bare");
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
