//! Identifiers, a type each, so that an organization's can't stand where a project's belongs.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::redact::Redacted;

/// Reads an identifier that a server may send as text or as a whole number (contract 1.1).
struct IdText;

impl Visitor<'_> for IdText {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identifier: a string or a whole number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

macro_rules! identifier {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        ///
        /// Opaque text (contract D30): compare it, store it, read nothing into it. It is percent-encoded
        /// wherever it is part of a path. `""`, `"."` and `".."` can be held, and are refused as
        /// [`Error::Invalid`](crate::Error::Invalid) by the call that would send them, since URL rules
        /// would turn that call into another one. `Debug` masks an e-mail address, which some are; `Display` is
        /// the text as it is.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The identifier as owned text.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&String> for $name {
            fn from(text: &String) -> Self {
                Self(text.clone())
            }
        }

        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&Redacted(&self.0), f)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(IdText).map(Self)
            }
        }
    };
}

identifier!(
    /// An organization's identifier.
    OrgId
);
identifier!(
    /// A project's identifier.
    ProjectId
);
identifier!(
    /// A user's identifier, as an organization's list of members gives it.
    UserId
);
identifier!(
    /// A memory's identifier.
    MemoryId
);
identifier!(
    /// The identifier of an event: of something the platform does, or did, in its own time.
    EventId
);
identifier!(
    /// The platform's own identifier of a user, an agent, an app or a run: not the one that memories are added
    /// with, and not what the calls about entities take.
    EntityId
);
identifier!(
    /// An export's identifier.
    ExportId
);
identifier!(
    /// A webhook's identifier.
    WebhookId
);
identifier!(
    /// The identifier of a job that makes profiles.
    ProfileJobId
);

impl OrgId {
    /// What errors about such an identifier call it.
    pub(crate) const FIELD: &'static str = "organization id";
}

impl ProjectId {
    /// What errors about such an identifier call it.
    pub(crate) const FIELD: &'static str = "project id";
}

impl MemoryId {
    /// What errors about such an identifier call it.
    pub(crate) const FIELD: &'static str = "memory id";
}

impl EventId {
    /// What errors about such an identifier call it.
    pub(crate) const FIELD: &'static str = "event id";
}

impl WebhookId {
    /// What errors about such an identifier call it.
    pub(crate) const FIELD: &'static str = "webhook id";
}

impl ProfileJobId {
    /// What errors about such an identifier call it.
    pub(crate) const FIELD: &'static str = "profile job id";
}

/// Whether a text is `.` or `..`, plain or percent-encoded: no URL path can hold it as a segment.
pub(crate) fn is_dots(segment: &str) -> bool {
    let longest = "%2e%2e".len();
    segment.len() <= longest
        && matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

/// Refuses a path segment that would turn a call into another one. Encoding does not help: URL rules resolve encoded dots
/// too.
pub(crate) fn segment_is_safe(field: &'static str, segment: &str) -> Result<()> {
    if segment.is_empty() {
        return Err(Error::invalid(field, "is empty; it would turn this call into another one"));
    }
    if is_dots(segment) {
        return Err(Error::invalid(field, "is `.` or `..`; it would turn this call into another one"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn identifiers_are_read_from_text_and_from_numbers() {
        assert_eq!(serde_json::from_str::<OrgId>("\"org_1\"").unwrap(), "org_1");
        assert_eq!(serde_json::from_str::<ProjectId>("17").unwrap(), "17");
        assert_eq!(serde_json::from_str::<ProjectId>("-1").unwrap(), "-1");
        for wrong in ["null", "1.5", "true", "[]", "{}"] {
            assert!(serde_json::from_str::<OrgId>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn identifiers_are_written_as_text() {
        assert_eq!(serde_json::to_string(&OrgId::from("a/b")).unwrap(), "\"a/b\"");
        assert_eq!(format!("{} {:?}", OrgId::from("a"), OrgId::from("a")), "a \"a\"");
    }
}
