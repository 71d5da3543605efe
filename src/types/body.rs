//! Fields of a request body, in the order in which they were set.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use crate::redact::Redacted;
use crate::types::{ChatMessage, CustomCategory};

/// Value of a field.
#[derive(Debug, Clone)]
pub(crate) enum FieldValue {
    Categories(Vec<CustomCategory>),
    Messages(Vec<ChatMessage>),
    Other(Value),
}

/// Values are equal if they are sent as the same JSON.
impl PartialEq for FieldValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(one), Self::Other(other)) => one == other,
            (Self::Messages(one), Self::Messages(other)) => one == other,
            (Self::Categories(one), Self::Categories(other)) => one == other,
            _ => match (serde_json::to_value(self), serde_json::to_value(other)) {
                (Ok(one), Ok(other)) => one == other,
                _ => false,
            },
        }
    }
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
#[derive(Clone, Default)]
pub(crate) struct Body {
    entries: Vec<(Cow<'static, str>, FieldValue)>,
}

/// The order of the fields makes no difference.
impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self.entries.iter().all(|(name, value)| other.get(name) == Some(value))
    }
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

    /// Removes a field and returns its JSON value.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let index = self.entries.iter().position(|(known, _)| known == name)?;
        match self.entries.remove(index).1 {
            FieldValue::Other(value) => Some(value),
            _ => None,
        }
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

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Body;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body, A::Error> {
                let mut body = Body::default();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    let value = match name.as_str() {
                        "messages" => Vec::deserialize(&value).map(FieldValue::Messages).ok(),
                        "custom_categories" => Vec::deserialize(&value).map(FieldValue::Categories).ok(),
                        _ => None,
                    }
                    // A value with parts that the types do not know is kept as it is.
                    .filter(|known| serde_json::to_value(known).is_ok_and(|json| json == value))
                    .unwrap_or(FieldValue::Other(value));
                    body.set(name.into(), value);
                }
                Ok(body)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}
