//! The settings of a request, in the order they were named.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use crate::redact::Redacted;
use crate::types::{ChatMessage, CustomCategory};

/// What a setting is set to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Setting {
    Categories(Vec<CustomCategory>),
    Messages(Vec<ChatMessage>),
    Other(Value),
}

impl Serialize for Setting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Categories(categories) => categories.serialize(serializer),
            Self::Messages(messages) => messages.serialize(serializer),
            Self::Other(value) => value.serialize(serializer),
        }
    }
}

/// An object to be sent. It keeps the caller's order, as the official clients do, which
/// `serde_json::Map` would sort away.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Body {
    entries: Vec<(Cow<'static, str>, Setting)>,
}

impl Body {
    /// Sets a field; one that is set already keeps its place and takes the new value.
    pub(crate) fn set(&mut self, name: Cow<'static, str>, value: Setting) {
        match self.entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.entries.push((name, value)),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Setting> {
        self.entries.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The fields that are set, without what they are set to: users' words, and identifiers that are often
    /// e-mail addresses.
    pub(crate) fn names(&self) -> Vec<Redacted<'_, str>> {
        self.entries.iter().map(|(name, _)| Redacted(&**name)).collect()
    }

    /// The value of a field, unless it is of a kind of its own.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        match self.get(name) {
            Some(Setting::Other(value)) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }
}

/// What is set, and to what: for settings of a project, which are nobody's private words.
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
