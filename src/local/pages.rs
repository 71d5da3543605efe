//! Pages of a list that is too long for one answer.

use http::header::HOST;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::local::reply::Reply;
use crate::local::request::Request;

const SIZE: i64 = 100;
const LARGEST_SIZE: i64 = 200;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    number: i64,
    pub(crate) size: i64,
}

impl Page {
    /// Reads `page` and `page_size` of a query. A size that is none counts as 100, one over 200 as 200; the last of
    /// several counts, as in Django.
    pub(crate) fn read(request: &Request) -> Result<Self, Reply> {
        let last = |name| request.query_values(name).last();
        let number = match last("page") {
            None => 1,
            Some(text) => text.parse().ok().filter(|number| *number > 0).ok_or_else(invalid_page)?,
        };
        let size = last("page_size").and_then(|text| text.parse().ok()).filter(|size| *size > 0);
        Ok(Self { number, size: size.unwrap_or(SIZE).min(LARGEST_SIZE) })
    }

    pub(crate) fn offset(self) -> i64 {
        (self.number - 1).saturating_mul(self.size)
    }

    /// The envelope without its results, or 404 if the page lies beyond the end.
    pub(crate) fn envelope(self, request: &Request, count: i64) -> Result<Map<String, Value>, Reply> {
        if self.number > 1 && self.offset() >= count {
            return Err(invalid_page());
        }
        let is_last = self.offset().saturating_add(self.size) >= count;
        let next = (!is_last).then(|| self.address(request, self.number + 1));
        let previous = (self.number > 1).then(|| self.address(request, self.number - 1));
        let mut envelope = Map::new();
        envelope.insert("count".to_owned(), json!(count));
        envelope.insert("next".to_owned(), json!(next));
        envelope.insert("previous".to_owned(), json!(previous));
        Ok(envelope)
    }

    fn address(self, request: &Request, number: i64) -> String {
        let host = request.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
        let mut address = format!("http://{host}{}?", request.path);
        let part = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        for (name, value) in &request.query {
            if name != "page" && name != "page_size" {
                address.extend(part(name).chain(["="]).chain(part(value)).chain(["&"]));
            }
        }
        format!("{address}page={number}&page_size={}", self.size)
    }
}

fn invalid_page() -> Reply {
    Reply::detail(http::StatusCode::NOT_FOUND, "Invalid page.")
}
