//! Ids: one type per kind, so that they cannot be confused.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::redact::Redacted;

/// Reads an id that a server sends as a string or as an integer.
struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identifier: a string or an integer")
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
        /// Opaque text: compare and store it, but do not parse it. It is percent-encoded in URL paths. `""`, `"."` and `".."`
        /// are refused with [`Error::Invalid`](crate::Error::Invalid) by the call that would send them, because they would
        /// change the path to that of another call. `Debug` redacts e-mail addresses; `Display` shows the whole text.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Returns the id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Converts the id into a `String`.
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
                deserializer.deserialize_any(IdVisitor).map(Self)
            }
        }
    };
}

identifier!(
    /// Id of an organization.
    OrgId
);
identifier!(
    /// Id of a project.
    ProjectId
);
identifier!(
    /// Id of a user, in the members of an organization.
    UserId
);
identifier!(
    /// Id of a memory.
    MemoryId
);
identifier!(
    /// Id of an event.
    EventId
);
identifier!(
    /// Id that the platform assigns to a user, an agent, an app or a run. It is not the id that memories are added
    /// with, and calls do not take it.
    EntityId
);
identifier!(
    /// Id of an export.
    ExportId
);
identifier!(
    /// Id of a webhook.
    WebhookId
);
identifier!(
    /// Id of a profile job.
    ProfileJobId
);

impl OrgId {
    /// Name in error messages.
    pub(crate) const FIELD: &'static str = "organization id";
}

impl ProjectId {
    /// Name in error messages.
    pub(crate) const FIELD: &'static str = "project id";
}

impl MemoryId {
    /// Name in error messages.
    pub(crate) const FIELD: &'static str = "memory id";
}

impl EventId {
    /// Name in error messages.
    pub(crate) const FIELD: &'static str = "event id";
}

impl WebhookId {
    /// Name in error messages.
    pub(crate) const FIELD: &'static str = "webhook id";
}

impl ProfileJobId {
    /// Name in error messages.
    pub(crate) const FIELD: &'static str = "profile job id";
}

/// Whether a text is `.` or `..`, plain or percent-encoded. URL parsers remove such segments.
pub(crate) fn is_dot_segment(segment: &str) -> bool {
    let max_len = "%2e%2e".len();
    segment.len() <= max_len
        && matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

/// Refuses a path segment that would change the path to that of another call. Encoding does not help, because URL parsers
/// resolve encoded dots too.
pub(crate) fn check_path_segment(field: &'static str, segment: &str) -> Result<()> {
    if segment.is_empty() {
        return Err(Error::invalid(field, "is empty; pass a non-empty value"));
    }
    if is_dot_segment(segment) {
        return Err(Error::invalid(
            field,
            "is `.` or `..`, which are not allowed in a URL path; pass another id",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn identifiers_are_read_from_strings_and_integers() {
        assert_eq!(serde_json::from_str::<OrgId>("\"org_1\"").unwrap(), "org_1");
        assert_eq!(serde_json::from_str::<ProjectId>("17").unwrap(), "17");
        assert_eq!(serde_json::from_str::<ProjectId>("-1").unwrap(), "-1");
        for wrong in ["null", "1.5", "true", "[]", "{}"] {
            assert!(serde_json::from_str::<OrgId>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn identifiers_are_serialized_as_strings() {
        assert_eq!(serde_json::to_string(&OrgId::from("a/b")).unwrap(), "\"a/b\"");
        assert_eq!(format!("{} {:?}", OrgId::from("a"), OrgId::from("a")), "a \"a\"");
    }
}
