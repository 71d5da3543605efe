//! Fields of a request body, in the order in which they were set.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use crate::redact::Redacted;
use crate::types::{ChatMessage, CustomCategory};

/// Value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FieldValue {
    Categories(Vec<CustomCategory>),
    Messages(Vec<ChatMessage>),
    Other(Value),
}

impl Serialize for FieldValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Categories(categories) => categories.serialize(serializer),
            Self::Messages(messages) => messages.serialize(serializer),
            Self::Other(value) => value.serialize(serializer),
        }
    }
}

/// JSON object of a request. Keeps the order of the caller, as the official clients do; a `serde_json::Map` sorts its
/// keys.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Body {
    entries: Vec<(Cow<'static, str>, FieldValue)>,
}

impl Body {
    /// Sets a field. A field that is already set keeps its position and takes the new value.
    pub(crate) fn set(&mut self, name: Cow<'static, str>, value: FieldValue) {
        match self.entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.entries.push((name, value)),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&FieldValue> {
        self.entries.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Names of the fields that are set. The values are left out: they are private text, and ids that are often
    /// e-mail addresses.
    pub(crate) fn names(&self) -> Vec<Redacted<'_, str>> {
        self.entries.iter().map(|(name, _)| Redacted(&**name)).collect()
    }

    /// JSON value of a field; `None` for categories and messages.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        match self.get(name) {
            Some(FieldValue::Other(value)) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }
}

/// Shows names and values, for project settings, which are not private text.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.entries.iter().map(|(name, value)| (Redacted(name), Redacted(value))))
            .finish()
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.entries.len()))?;
        for (name, value) in &self.entries {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}
