//! A line of a cassette: what was asked, and what was answered.

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

/// What stays as it is in a path that had to be changed.
pub(super) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One request and its answer.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Exchange {
    pub(super) request: Asked,
    pub(super) answer: Answered,
    /// Why the answer is the recorder's own, where the recorded platform did not give a whole one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) method: String,
    /// Still percent-encoded.
    pub(super) path: String,
    /// Decoded, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) query: Vec<(String, String)>,
    /// A name for the key: `key-1` is the first that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Content>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Content>,
}

/// A body, by what it is.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Content {
    Json(Value),
    Text(String),
    /// Bytes that are no text.
    Base64(String),
}

impl Content {
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

    /// The bytes; `None` where it is no base64 after all.
    pub(super) fn bytes(&self) -> Option<Bytes> {
        match self {
            Self::Json(value) => Some(value.to_string().into()),
            Self::Text(text) => Some(text.clone().into()),
            Self::Base64(text) => STANDARD.decode(text).ok().map(Bytes::from),
        }
    }

    /// Changes every text in it, the names of fields included. What is no text is changed where it reads as one.
    pub(super) fn map(self, change: &mut dyn FnMut(&str) -> String) -> Self {
        match self {
            Self::Json(value) => Self::Json(map_value(value, change)),
            Self::Text(text) => Self::Text(change(&text)),
            Self::Base64(text) => {
                let bytes = STANDARD.decode(&text).unwrap_or_default();
                // A byte a character and back: whatever is put in is ASCII.
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

/// JSON was read with a limit to its depth, so that this ends.
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

impl Asked {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.query.clone(),
            key: None,
            body: Content::of(&request.body),
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

    /// The segments of the path, decoded.
    pub(super) fn segments(&self) -> Vec<String> {
        self.path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy().into()).collect()
    }
}

/// Changes the segments of a path, and leaves those as they are that do not change.
fn map_path(path: &str, change: &mut dyn FnMut(&str) -> String) -> String {
    let changed = |segment: &str| {
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        let changed = change(&decoded);
        if changed == decoded {
            segment.to_owned()
        } else {
            utf8_percent_encode(&changed, SEGMENT).to_string()
        }
    };
    path.split('/').map(changed).collect::<Vec<_>>().join("/")
}

impl Answered {
    pub(super) fn map(self, change: &mut dyn FnMut(&str) -> String) -> Self {
        Self {
            status: self.status,
            headers: self.headers.into_iter().map(|(name, value)| (name, change(&value))).collect(),
            body: self.body.map(|body| body.map(change)),
        }
    }
}

impl Exchange {
    /// What can't be answered with, in words.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        match StatusCode::from_u16(self.answer.status) {
            Ok(status) if !status.is_informational() => {}
            _ => return Err("answer.status: is no status of an answer"),
        }
        match &self.answer.body {
            Some(body) if body.bytes().is_none() => Err("answer.body: is no base64"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("status", &self.answer.status).finish_non_exhaustive()
    }
}
