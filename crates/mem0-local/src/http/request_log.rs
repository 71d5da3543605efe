//! What was asked, to assert on.

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
use mem0::redact::scrub_key;
use mem0::redact::{REDACTED, redact_emails, redact_keys};

/// How many requests are kept; the oldest go first.
const MAX_ENTRIES: usize = 10_000;

/// How many bytes they may take together. Whoever reaches the port can send large ones.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// About what an entry takes beside its texts, and a text beside its characters.
const ENTRY_OVERHEAD: usize = 512;
const STRING_OVERHEAD: usize = 32;

/// A request that reached the local platform, and how it ended.
///
/// The fields hold what was sent, e-mail addresses included, but never a key: `[redacted]` stands wherever the
/// caller's was sent, or what looks like one. `Debug` shows neither.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The operation; `None` where the method and path lead to none.
    pub operation: Option<Operation>,
    /// The method.
    pub method: Method,
    /// The path as it was sent, still percent-encoded.
    pub path: String,
    /// The query, decoded, in its order.
    pub query: Vec<(String, String)>,
    /// The headers, in small letters and in their order, without `Authorization`.
    pub headers: Vec<(String, String)>,
    /// The body; `None` if there was none, it was not JSON, or the request had no valid key.
    pub body: Option<Value>,
    /// The status of the answer; `None` if no answer was sent.
    pub status: Option<u16>,
    /// The `X-Request-Id` of the answer.
    pub request_id: String,
    /// The key's user; `None` without a valid key.
    pub user_id: Option<String>,
    /// The caller's role in what the operation acts on; `None` where they have none or it acts on nothing.
    pub role: Option<Role>,
    /// Query names and body fields that the operation does not know and that were ignored.
    pub ignored: Vec<String>,
    /// Whether a fault on demand befell the request.
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

    /// About how many bytes it takes.
    fn size(&self) -> usize {
        let pairs = self.query.iter().chain(&self.headers).flat_map(|(name, value)| [name, value]);
        let texts = pairs.chain(&self.ignored).chain([&self.path]);
        ENTRY_OVERHEAD + texts.map(|text| STRING_OVERHEAD + text.capacity()).sum::<usize>()
    }

    /// The value of a header, whose name is given in small letters.
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

/// A shorter word in the place of a key is none, and would blank out half of what was sent.
const MIN_KEY_LEN: usize = 8;

/// Longer keys are taken out only where they stand as they were sent, without escapes.
const MAX_DECODED_KEY_LEN: usize = 512;

/// Takes keys out: the caller's, and what looks like another.
struct KeyRedactor<'a> {
    key: Option<&'a str>,
}

impl KeyRedactor<'_> {
    fn redact(&self, text: &str) -> String {
        match self.key {
            // Looking for every encoding of a long key takes time that grows with the product of both lengths.
            Some(key) if key.len() > MAX_DECODED_KEY_LEN => redact_keys(&text.replace(key, REDACTED)),
            Some(key) => redact_keys(&scrub_key(text, key)),
            None => redact_keys(text),
        }
    }

    /// JSON was read with a limit to its depth, so that this ends.
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

/// An entry whose body is read when somebody asks for it: as values, it takes many times the memory of its text.
struct StoredEntry {
    entry: LoggedRequest,
    body: Bytes,
    /// The key that the request was sent with, which may be in the body too; `None` without a body.
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
        // The rest of the entry is scrubbed already. A body is read only of a request whose key is known.
        let key = long_enough_key(request).filter(|_| !request.body.is_empty()).map(str::to_owned);
        // A copy has no room to spare, as a body has that came in parts.
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
    fn a_key_is_kept_and_counted_only_with_a_body() {
        let request_log = RequestLog::default();
        let key = "k".repeat(60 * 1024);
        push(&request_log, &format!("/{key}/"), &key, "");
        let state = lock(&request_log.state);
        assert!(state.entries[0].key.is_none() && state.bytes < 2 * ENTRY_OVERHEAD, "{}", state.bytes);
        assert_eq!(state.entries[0].entry.path, format!("/{REDACTED}/"), "a long key is taken out too");
        drop(state);
        push(&request_log, "/", &key, &format!("[\"{key}\"]"));
        assert!(lock(&request_log.state).bytes > 2 * key.len(), "both the key and the body count");
        assert_eq!(request_log.entries()[1].body, Some(serde_json::json!([REDACTED])));
    }
}
