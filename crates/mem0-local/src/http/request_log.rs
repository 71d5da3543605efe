//! Log of the requests, for assertions of tests.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Mutex;

use bytes::Bytes;
use http::Method;
use http::header::AUTHORIZATION;
use serde_json::Value;

use crate::lock;
use crate::operations::Operation;
use crate::protocol::request::Request;
use mem0::Role;
use mem0::redact::redact_key;
use mem0::redact::{REDACTED, redact_emails, redact_keys};

/// Maximum number of requests in the log. The oldest are removed first.
const MAX_ENTRIES: usize = 10_000;

/// Maximum size of the log in bytes. Any client can send large requests.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Approximate size of an entry without its strings, and of a string without its characters.
const ENTRY_OVERHEAD: usize = 512;
const STRING_OVERHEAD: usize = 32;

/// A request to the local platform, with its outcome.
///
/// The fields contain what was sent, including e-mail addresses. Keys are replaced by `[redacted]`: the caller's key, and
/// anything that looks like a key. `Debug` contains neither.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// Operation; `None` for an unknown method and path.
    pub operation: Option<Operation>,
    /// HTTP method.
    pub method: Method,
    /// Path as it was sent, percent-encoded.
    pub path: String,
    /// Decoded query parameters in their order.
    pub query: Vec<(String, String)>,
    /// Headers in their order without `Authorization`. Names are in lower case.
    pub headers: Vec<(String, String)>,
    /// Body; `None` if it was missing or not JSON, or if the request had no valid key.
    pub body: Option<Value>,
    /// Status of the response; `None` if no response was sent.
    pub status: Option<u16>,
    /// `X-Request-Id` of the response.
    pub request_id: String,
    /// ID of the key's user; `None` without a valid key.
    pub user_id: Option<String>,
    /// The caller's role in the organization or project of the operation; `None` if they have none, or if the operation
    /// requires none.
    pub role: Option<Role>,
    /// Unknown query parameters and body fields, which were ignored.
    pub ignored: Vec<String>,
    /// Whether a [`Fault`](crate::Fault) was applied.
    pub fault: bool,
}

impl LoggedRequest {
    pub(crate) fn of(operation: Option<Operation>, request: &Request, request_id: String) -> Self {
        let redactor = KeyRedactor { key: long_enough_key(request) };
        let headers = request
            .headers
            .iter()
            .filter(|(name, _)| *name != AUTHORIZATION)
            .map(|(name, value)| {
                (name.to_string(), redactor.redact(&String::from_utf8_lossy(value.as_bytes())))
            })
            .collect();
        let pair = |(name, value): &(String, String)| (redactor.redact(name), redactor.redact(value));
        Self {
            operation,
            method: request.method.clone(),
            path: redactor.redact(&request.path),
            query: request.query.iter().map(pair).collect(),
            headers,
            body: None,
            status: None,
            request_id,
            user_id: None,
            role: None,
            ignored: Vec::new(),
            fault: false,
        }
    }

    /// Returns its approximate size in bytes.
    fn size(&self) -> usize {
        let pairs = self.query.iter().chain(&self.headers).flat_map(|(name, value)| [name, value]);
        let texts = pairs.chain(&self.ignored).chain([&self.path]);
        ENTRY_OVERHEAD + texts.map(|text| STRING_OVERHEAD + text.capacity()).sum::<usize>()
    }

    /// Returns the first value of a header. The name must be in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for LoggedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedRequest")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("path", &redact_emails(&self.path))
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .field("user_id", &self.user_id)
            .field("role", &self.role)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// Minimum length of a key. Redacting a shorter one would remove much of the request.
const MIN_KEY_LEN: usize = 8;

/// Maximum length of keys that are also redacted in their encoded forms.
const MAX_DECODED_KEY_LEN: usize = 512;

/// Redacts the caller's key and anything that looks like a key.
struct KeyRedactor<'a> {
    key: Option<&'a str>,
}

impl KeyRedactor<'_> {
    fn redact(&self, text: &str) -> String {
        match self.key {
            // The time to find every encoding of a key grows with the product of both lengths.
            Some(key) if key.len() > MAX_DECODED_KEY_LEN => redact_keys(&text.replace(key, REDACTED)),
            Some(key) => redact_keys(&redact_key(text, key)),
            None => redact_keys(text),
        }
    }

    /// Redacts JSON. The recursion is limited by the nesting limit of the JSON parser.
    fn redact_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redact(&text)),
            Value::Array(list) => list.into_iter().map(|item| self.redact_value(item)).collect(),
            Value::Object(pairs) => pairs
                .into_iter()
                .map(|(name, value)| (self.redact(&name), self.redact_value(value)))
                .collect(),
            other => other,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    state: Mutex<LogState>,
}

#[derive(Debug, Default)]
struct LogState {
    entries: VecDeque<StoredEntry>,
    bytes: usize,
}

/// An entry with an unparsed body: parsed JSON takes many times the memory of its text.
struct StoredEntry {
    entry: LoggedRequest,
    body: Bytes,
    /// Key of the request, to redact it in the body; `None` without a body.
    key: Option<String>,
    size: usize,
}

impl StoredEntry {
    fn read(&self) -> LoggedRequest {
        let redactor = KeyRedactor { key: self.key.as_deref() };
        let body = serde_json::from_slice(&self.body).ok().map(|body| redactor.redact_value(body));
        LoggedRequest { body, ..self.entry.clone() }
    }
}

impl fmt::Debug for StoredEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.entry, f)
    }
}

impl RequestLog {
    pub(crate) fn push(&self, entry: LoggedRequest, request: &Request) {
        // The rest of the entry is redacted already. The body is only kept for a request with a valid key.
        let key = long_enough_key(request).filter(|_| !request.body.is_empty()).map(str::to_owned);
        // A copy has no spare capacity, unlike a body that arrived in chunks.
        let body = Bytes::copy_from_slice(&request.body);
        let size = entry.size() + body.len() + key.as_ref().map_or(0, String::capacity);
        let mut state = lock(&self.state);
        state.bytes += size;
        state.entries.push_back(StoredEntry { entry, body, key, size });
        while state.entries.len() > MAX_ENTRIES || state.bytes > MAX_BYTES {
            let Some(oldest) = state.entries.pop_front() else { break };
            state.bytes -= oldest.size;
        }
    }

    pub(crate) fn entries(&self) -> Vec<LoggedRequest> {
        lock(&self.state).entries.iter().map(StoredEntry::read).collect()
    }

    pub(crate) fn clear(&self) {
        *lock(&self.state) = LogState::default();
    }
}

fn long_enough_key(request: &Request) -> Option<&str> {
    request.key().ok().filter(|key| key.len() >= MIN_KEY_LEN)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use http::{HeaderMap, Uri};

    fn push(request_log: &RequestLog, path: &str, key: &str, body: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Token {key}").parse().unwrap());
        let uri: Uri = path.parse().unwrap();
        let request = Request::new(Method::POST, &uri, headers, Ok(Bytes::from(body.to_owned())));
        request_log.push(LoggedRequest::of(None, &request, String::new()), &request);
    }

    #[test]
    fn key_is_stored_and_counted_only_with_a_body() {
        let request_log = RequestLog::default();
        let key = "k".repeat(60 * 1024);
        push(&request_log, &format!("/{key}/"), &key, "");
        let state = lock(&request_log.state);
        assert!(state.entries[0].key.is_none() && state.bytes < 2 * ENTRY_OVERHEAD, "{}", state.bytes);
        assert_eq!(state.entries[0].entry.path, format!("/{REDACTED}/"), "a long key is redacted too");
        drop(state);
        push(&request_log, "/", &key, &format!("[\"{key}\"]"));
        assert!(lock(&request_log.state).bytes > 2 * key.len(), "both the key and the body count");
        assert_eq!(request_log.entries()[1].body, Some(serde_json::json!([REDACTED])));
    }
}
