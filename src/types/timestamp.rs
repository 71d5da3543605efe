//! Timestamps in responses.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use crate::redact::Redacted;

/// Timestamp in a response.
///
/// The platform writes `Z` or a numeric offset, with or without fractions of a second. The text is kept unchanged, and
/// a number as its digits, so that a malformed timestamp does not make the whole response fail. To parse it, use
/// [`to_jiff`](Self::to_jiff).
///
/// ```
/// let timestamp = mem0::Timestamp::from("2024-07-20T01:30:36.275141-07:00");
/// assert_eq!(timestamp.to_jiff().unwrap().to_string(), "2024-07-20T08:30:36.275141Z");
/// assert!(mem0::Timestamp::from("yesterday").to_jiff().is_none());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// Returns the text as the platform sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses the text, which must be RFC 3339 with an offset. Returns `None` for anything else, such as a date.
    pub fn to_jiff(&self) -> Option<jiff::Timestamp> {
        self.0.parse().ok()
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(timestamp: jiff::Timestamp) -> Self {
        Self(timestamp.to_string())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted(&self.0), f)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimestampVisitor;

        impl<'de> Visitor<'de> for TimestampVisitor {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a timestamp")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                Ok(Timestamp::from(text))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Timestamp, E> {
                Ok(Timestamp(text))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Timestamp, E> {
                Ok(Timestamp(value.to_string()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Timestamp, E> {
                Ok(Timestamp(number.to_string()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Timestamp, E> {
                Ok(Timestamp(number.to_string()))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Timestamp, E> {
                Ok(Timestamp(number.to_string()))
            }

            // serde_json presents a number like this if an application turns on `arbitrary_precision`.
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Timestamp, A::Error> {
                let number = serde_json::Number::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Timestamp(number.to_string()))
            }
        }

        deserializer.deserialize_any(TimestampVisitor)
    }
}
