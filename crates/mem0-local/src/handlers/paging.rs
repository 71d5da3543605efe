//! Lists in pages, in the shape of Django's REST framework.

use http::StatusCode;
use http::header::HOST;
use http::uri::Authority;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::protocol::reply::HttpReply;
use crate::protocol::request::Request;

/// How many items a page has, unless the request says otherwise.
pub(crate) const DEFAULT_SIZE: i64 = 100;

/// How many it has at most.
pub(crate) const LARGEST_SIZE: i64 = 200;

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The page that is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paging {
    /// From 1 on.
    number: i64,
    size: i64,
    /// The query name of the size; `None` where it is fixed.
    size_name: Option<&'static str>,
}

impl Paging {
    /// Reads it from the query, or from the values a body may have. A number that is none is a page that does not
    /// exist; a size that is none is the default one, and one that is too large is the largest.
    pub(crate) fn read(
        request: &Request,
        size_name: Option<&'static str>,
        number: Option<&Value>,
        size: Option<&Value>,
    ) -> Result<Self, HttpReply> {
        let asked = |name| request.query_values(name).last();
        let number = match (asked("page"), number) {
            (Some(text), _) => text.parse().ok(),
            (None, Some(value)) if !value.is_null() => whole(value),
            (None, _) => Some(1),
        };
        let number = number.filter(|number| *number > 0).ok_or_else(no_page)?;
        let size = match (size_name.and_then(asked), size) {
            (Some(text), _) => text.parse().ok(),
            (None, Some(value)) => whole(value),
            (None, None) => None,
        };
        let size = size.filter(|size| *size > 0).unwrap_or(DEFAULT_SIZE).min(LARGEST_SIZE);
        Ok(Self { number, size, size_name })
    }

    pub(crate) fn size(self) -> i64 {
        self.size
    }

    /// How many items come before the page.
    pub(crate) fn offset(self) -> i64 {
        (self.number - 1).saturating_mul(self.size)
    }

    /// Whether there is such a page of so many items. The first one is always there.
    pub(crate) fn check(self, count: i64) -> Result<Self, HttpReply> {
        if self.number == 1 || self.offset() < count { Ok(self) } else { Err(no_page()) }
    }

    /// The answer: the items of the page, and where the pages around it are.
    pub(crate) fn envelope(self, request: &Request, count: i64, results: Vec<Value>) -> HttpReply {
        HttpReply::ok(&self.fields(request, count, results).into())
    }

    /// The fields of the answer, for lists that have more of them.
    pub(crate) fn fields(self, request: &Request, count: i64, results: Vec<Value>) -> Map<String, Value> {
        let has_next = self.offset().saturating_add(self.size) < count;
        Map::from_iter([
            ("count".to_owned(), json!(count)),
            ("next".to_owned(), json!(has_next.then(|| self.link(request, self.number + 1)))),
            ("previous".to_owned(), json!((self.number > 1).then(|| self.link(request, self.number - 1)))),
            ("results".to_owned(), results.into()),
        ])
    }

    /// The same request's URL, with another page.
    fn link(self, request: &Request, number: i64) -> String {
        let is_own = |name: &str| name == "page" || Some(name) == self.size_name;
        let others = request.query.iter().filter(|(name, _)| !is_own(name));
        let others = others.map(|(name, value)| (name.as_str(), value.clone()));
        let size = self.size_name.map(|name| (name, self.size.to_string()));
        let pairs = others.chain([("page", number.to_string())]).chain(size);
        let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        let query: Vec<String> =
            pairs.map(|(name, value)| format!("{}={}", encode(name), encode(&value))).collect();
        format!("http://{}{}?{}", host(request), request.path, query.join("&"))
    }
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn no_page() -> HttpReply {
    HttpReply::detail(StatusCode::NOT_FOUND, "Invalid page.")
}

/// The host and port by which the caller reached the platform.
fn host(request: &Request) -> &str {
    let host = request.headers.get(HOST).and_then(|host| host.to_str().ok());
    host.filter(|host| !host.contains('@') && host.parse::<Authority>().is_ok()).unwrap_or("127.0.0.1")
}
