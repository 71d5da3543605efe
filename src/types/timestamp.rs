//! Moments, as the platform writes them.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use crate::redact::Redacted;

/// A moment as the platform sent it.
///
/// The platform writes both `Z` and numeric offsets, with and without fractions (contract 1.2). The text is
/// kept as it came, and a number is kept as its digits, so one malformed moment never costs the rest of an
/// answer;
/// [`to_jiff`](Self::to_jiff) reads it.
///
/// ```
/// let moment = mem0::Timestamp::from("2024-07-20T01:30:36.275141-07:00");
/// assert_eq!(moment.to_jiff().unwrap().to_string(), "2024-07-20T08:30:36.275141Z");
/// assert!(mem0::Timestamp::from("yesterday").to_jiff().is_none());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// The text as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment, or `None` where the text is not one (RFC 3339 with an offset).
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
    fn from(moment: jiff::Timestamp) -> Self {
        Self(moment.to_string())
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
        struct DateOrTimestamp;

        impl<'de> Visitor<'de> for DateOrTimestamp {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a moment as text")
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

            // How serde_json gives a number where an application has its `arbitrary_precision` on.
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Timestamp, A::Error> {
                let number = serde_json::Number::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Timestamp(number.to_string()))
            }
        }

        deserializer.deserialize_any(DateOrTimestamp)
    }
}
