//! Paginated lists in the format of Django's REST framework.

use http::StatusCode;
use http::header::HOST;
use http::uri::Authority;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::protocol::reply::HttpReply;
use crate::protocol::request::Request;

/// Default number of items on a page.
pub(crate) const DEFAULT_PAGE_SIZE: i64 = 100;

/// Maximum number of items on a page.
pub(crate) const MAX_PAGE_SIZE: i64 = 200;

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Requested page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paging {
    /// Number of the page, from 1.
    number: i64,
    size: i64,
    /// Query parameter of the page size; `None` for a fixed size.
    size_name: Option<&'static str>,
}

impl Paging {
    /// Reads the page from the query, or from fields of the body. An invalid number is a page that does not exist. An
    /// invalid size becomes the default, and one that is too large the maximum.
    pub(crate) fn read(
        request: &Request,
        size_name: Option<&'static str>,
        number: Option<&Value>,
        size: Option<&Value>,
    ) -> Result<Self, HttpReply> {
        let parameter = |name| request.query_values(name).last();
        let number = match (parameter("page"), number) {
            (Some(text), _) => text.parse().ok(),
            (None, Some(value)) if !value.is_null() => integer(value),
            (None, _) => Some(1),
        };
        let number = number.filter(|number| *number > 0).ok_or_else(invalid_page)?;
        let size = match (size_name.and_then(parameter), size) {
            (Some(text), _) => text.parse().ok(),
            (None, Some(value)) => integer(value),
            (None, None) => None,
        };
        let size = size.filter(|size| *size > 0).unwrap_or(DEFAULT_PAGE_SIZE).min(MAX_PAGE_SIZE);
        Ok(Self { number, size, size_name })
    }

    pub(crate) fn size(self) -> i64 {
        self.size
    }

    /// Returns the number of items before the page.
    pub(crate) fn offset(self) -> i64 {
        (self.number - 1).saturating_mul(self.size)
    }

    /// Checks that the page exists in a list of `count` items. The first page always exists.
    pub(crate) fn check(self, count: i64) -> Result<Self, HttpReply> {
        if self.number == 1 || self.offset() < count { Ok(self) } else { Err(invalid_page()) }
    }

    /// Returns the reply with the items of the page and links to the adjacent pages.
    pub(crate) fn envelope(self, request: &Request, count: i64, results: Vec<Value>) -> HttpReply {
        HttpReply::ok(&self.fields(request, count, results).into())
    }

    /// Returns the fields of the reply, for lists with additional fields.
    pub(crate) fn fields(self, request: &Request, count: i64, results: Vec<Value>) -> Map<String, Value> {
        let has_next = self.offset().saturating_add(self.size) < count;
        Map::from_iter([
            ("count".to_owned(), json!(count)),
            ("next".to_owned(), json!(has_next.then(|| self.link(request, self.number + 1)))),
            ("previous".to_owned(), json!((self.number > 1).then(|| self.link(request, self.number - 1)))),
            ("results".to_owned(), results.into()),
        ])
    }

    /// Returns the URL of another page.
    fn link(self, request: &Request, number: i64) -> String {
        let is_paging = |name: &str| name == "page" || Some(name) == self.size_name;
        let other_parameters = request.query.iter().filter(|(name, _)| !is_paging(name));
        let other_parameters = other_parameters.map(|(name, value)| (name.as_str(), value.clone()));
        let size = self.size_name.map(|name| (name, self.size.to_string()));
        let pairs = other_parameters.chain([("page", number.to_string())]).chain(size);
        let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        let query: Vec<String> =
            pairs.map(|(name, value)| format!("{}={}", encode(name), encode(&value))).collect();
        format!("http://{}{}?{}", host(request), request.path, query.join("&"))
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn invalid_page() -> HttpReply {
    HttpReply::detail(StatusCode::NOT_FOUND, "Invalid page.")
}

/// Returns the host and port of the request.
fn host(request: &Request) -> &str {
    let host = request.headers.get(HOST).and_then(|host| host.to_str().ok());
    host.filter(|host| !host.contains('@') && host.parse::<Authority>().is_ok()).unwrap_or("127.0.0.1")
}
