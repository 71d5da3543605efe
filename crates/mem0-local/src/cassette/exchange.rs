//! Line of a cassette: a request and its response.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::request::Request;

/// Characters that are not percent-encoded in a changed path segment.
pub(super) const SEGMENT_SAFE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A request and its response.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Exchange {
    pub(super) request: RecordedRequest,
    pub(super) response: RecordedResponse,
    /// Reason why the response is the recorder's own: the recorded platform sent no complete one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct RecordedRequest {
    pub(super) method: String,
    /// Percent-encoded path.
    pub(super) path: String,
    /// Decoded parameters, in the order of the query.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) query: Vec<(String, String)>,
    /// Name of the API key: `key-1` is the first that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<RecordedBody>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct RecordedResponse {
    pub(super) status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<RecordedBody>,
}

/// Body by its type.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RecordedBody {
    Json(Value),
    Text(String),
    /// Bytes that are not valid UTF-8.
    Base64(String),
}

impl RecordedBody {
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        if let Ok(value) = serde_json::from_slice(bytes) {
            return Some(Self::Json(value));
        }
        Some(match str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
        })
    }

    /// Bytes of the body; `None` if the base64 is invalid.
    pub(super) fn bytes(&self) -> Option<Bytes> {
        match self {
            Self::Json(value) => Some(value.to_string().into()),
            Self::Text(text) => Some(text.clone().into()),
            Self::Base64(text) => STANDARD.decode(text).ok().map(Bytes::from),
        }
    }

    /// Applies `change` to every text, names of fields included. Binary bodies are treated as Latin-1.
    pub(super) fn map(self, change: &mut dyn FnMut(&str) -> String) -> Self {
        match self {
            Self::Json(value) => Self::Json(map_value(value, change)),
            Self::Text(text) => Self::Text(change(&text)),
            Self::Base64(text) => {
                let bytes = STANDARD.decode(&text).unwrap_or_default();
                // One character per byte. Replacements are ASCII.
                let read: String = bytes.iter().copied().map(char::from).collect();
                let changed = change(&read);
                if changed == read {
                    return Self::Base64(text);
                }
                let bytes: Vec<u8> =
                    changed.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect();
                Self::Base64(STANDARD.encode(bytes))
            }
        }
    }
}

// The parser limits the depth of JSON, which bounds the recursion.
fn map_value(value: Value, change: &mut dyn FnMut(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(&text)),
        Value::Array(list) => list.into_iter().map(|item| map_value(item, change)).collect(),
        Value::Object(pairs) => {
            pairs.into_iter().map(|(name, value)| (change(&name), map_value(value, change))).collect()
        }
        other => other,
    }
}

impl RecordedRequest {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.query.clone(),
            key: None,
            body: RecordedBody::of(&request.body),
        }
    }

    pub(super) fn map(self, change: &mut dyn FnMut(&str) -> String) -> Self {
        Self {
            path: map_path(&self.path, change),
            query: self.query.into_iter().map(|(name, value)| (change(&name), change(&value))).collect(),
            body: self.body.map(|body| body.map(change)),
            ..self
        }
    }

    /// Decoded segments of the path.
    pub(super) fn segments(&self) -> Vec<String> {
        self.path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy().into()).collect()
    }
}

/// Applies `change` to the decoded segments of a path. Unchanged segments keep their encoding.
fn map_path(path: &str, change: &mut dyn FnMut(&str) -> String) -> String {
    let changed = |segment: &str| {
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        let changed = change(&decoded);
        if changed == decoded {
            segment.to_owned()
        } else {
            utf8_percent_encode(&changed, SEGMENT_SAFE).to_string()
        }
    };
    path.split('/').map(changed).collect::<Vec<_>>().join("/")
}

impl RecordedResponse {
    pub(super) fn map(self, change: &mut dyn FnMut(&str) -> String) -> Self {
        Self {
            status: self.status,
            headers: self.headers.into_iter().map(|(name, value)| (name, change(&value))).collect(),
            body: self.body.map(|body| body.map(change)),
        }
    }
}

impl Exchange {
    /// Checks that the response can be replayed.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        match StatusCode::from_u16(self.response.status) {
            Ok(status) if !status.is_informational() => {}
            _ => return Err("response.status: not a valid final HTTP status"),
        }
        match &self.response.body {
            Some(body) if body.bytes().is_none() => Err("response.body: invalid base64"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("status", &self.response.status).finish_non_exhaustive()
    }
}
