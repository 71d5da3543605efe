//! Heads of requests that ureq does not get to see.
//!
//! ureq logs the URL and every byte of the head at its trace level: the key, and the e-mail addresses of a query.
//! So it is told where to send and how long the body is, with a number for a path, and the connection puts the
//! head in that belongs to the number.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Uri;
use http::uri::PathAndQuery;

use crate::error::{Error, Result};
use crate::request::Request;

/// What ends a head, and every line of it.
const LINE_END: &[u8] = b"\r\n";

/// The heads of requests that are about to be sent.
#[derive(Default)]
pub(super) struct Heads {
    last: AtomicU64,
    waiting: Mutex<Vec<Head>>,
}

struct Head {
    number: u64,
    target: String,
    lines: Vec<u8>,
}

/// A head that waits; it is taken back when this is dropped.
pub(super) struct Waiting<'a> {
    heads: &'a Heads,
    number: u64,
}

impl Heads {
    /// Puts the head of a request by. Returns the URL to tell ureq in place of the request's own.
    pub(super) fn put_by(&self, request: &Request) -> Result<(Uri, Waiting<'_>)> {
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let mut parts = request.uri()?.into_parts();
        let target =
            parts.path_and_query.take().map_or_else(|| "/".to_owned(), |path| path.as_str().to_owned());
        parts.path_and_query = PathAndQuery::try_from(format!("/{number}")).ok();
        let uri = Uri::from_parts(parts)
            .map_err(|_| Error::invalid("url", "can't be sent by this transport; check the base URL"))?;
        self.waiting().push(Head { number, target, lines: lines(request) });
        Ok((uri, Waiting { heads: self, number }))
    }

    /// The head to send in place of ureq's, or `None` if that has no number of ours.
    pub(super) fn exchange(&self, head: &[u8]) -> Option<Vec<u8>> {
        let blank = head.iter().position(|byte| *byte == b' ')?;
        let (method, rest) = head.split_at(blank + 1);
        let blank = rest.iter().position(|byte| *byte == b' ')?;
        let (number, rest) = rest.split_at(blank);
        let number = std::str::from_utf8(number.strip_prefix(b"/")?).ok()?.parse().ok()?;
        let rest = rest.strip_suffix(LINE_END)?;
        let Head { target, lines, .. } = self.take(number)?;
        Some([method, target.as_bytes(), rest, &lines, LINE_END].concat())
    }

    fn take(&self, number: u64) -> Option<Head> {
        let mut waiting = self.waiting();
        let place = waiting.iter().position(|head| head.number == number)?;
        Some(waiting.swap_remove(place))
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Head>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.heads.take(self.number);
    }
}

/// The header lines of a request, without those that ureq writes: `Host` and the length of the body.
fn lines(request: &Request) -> Vec<u8> {
    let mut lines = Vec::with_capacity(512);
    for (name, value) in request.headers() {
        for piece in [name.as_str().as_bytes(), b": ", value.as_bytes(), LINE_END] {
            lines.extend_from_slice(piece);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::Method;

    use super::*;
    use crate::config::Settings;
    use crate::request::Segment;

    fn request() -> Request {
        let settings = Settings {
            api_key: Some("m0-secret".into()),
            base_url: Some("https://h.example:1/base".into()),
            ..Settings::default()
        };
        let config = settings.check(|_| None).unwrap();
        let mut request = Request::new(Method::GET, &config, [Segment::Fixed("v1")]).unwrap();
        request.push_query("email", "a@x.io");
        request
    }

    #[test]
    fn a_head_is_put_in_where_its_number_stands() {
        let heads = Heads::default();
        let (first, _first) = heads.put_by(&request()).unwrap();
        let (second, _second) = heads.put_by(&request()).unwrap();
        assert_eq!((first.to_string(), second.path()), ("https://h.example:1/0".to_owned(), "/1"));
        let head = heads.exchange(b"GET /1 HTTP/1.1\r\nhost: h.example:1\r\n\r\n").unwrap();
        let head = String::from_utf8(head).unwrap();
        let start = "GET /base/v1/?email=a%40x.io HTTP/1.1\r\nhost: h.example:1\r\n";
        assert!(head.starts_with(start) && head.ends_with("\r\n\r\n"), "{head}");
        for line in [
            "authorization: Token m0-secret\r\n",
            "accept: application/json\r\n",
            "accept-encoding: gzip\r\n",
        ] {
            assert_eq!(head.matches(line).count(), 1, "{head}");
        }
        assert_eq!(head.matches("\r\n\r\n").count(), 1, "{head}");
        assert!(heads.exchange(b"GET /1 HTTP/1.1\r\n\r\n").is_none(), "a head is sent once");
    }

    #[test]
    fn a_head_that_was_not_sent_is_taken_back() {
        let heads = Heads::default();
        drop(heads.put_by(&request()).unwrap());
        assert!(heads.waiting().is_empty());
        for no_head in
            [&b""[..], b"GET", b"GET / HTTP/1.1\r\n\r\n", b"GET /0 HTTP/1.1\r\n\r\n", b"{\"a\": 1} "]
        {
            assert!(heads.exchange(no_head).is_none());
        }
    }
}
