//! Categories of memories.

use std::fmt;

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use crate::redact::Redacted;

/// Category of a project: a bare name, or a name with a description.
///
/// In JSON, a category with a description is an object with one key, `{"name": "description"}`.
///
/// ```
/// use mem0::CustomCategory;
///
/// let described = CustomCategory::new("billing", "Invoices and refunds");
/// assert_eq!(serde_json::to_string(&described)?, r#"{"billing":"Invoices and refunds"}"#);
/// assert_eq!(serde_json::to_string(&CustomCategory::from("support"))?, r#""support""#);
/// assert_eq!(described.description(), Some("Invoices and refunds"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CustomCategory {
    /// Bare name. Projects accept it; [`AddMemories`](crate::AddMemories) does not.
    Name(String),
    /// Name with a description.
    #[non_exhaustive]
    Described {
        /// Name.
        name: String,
        /// Description of what belongs in the category. `null` in a response is read as `""`.
        description: String,
    },
}

impl CustomCategory {
    /// Creates a category with a description.
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self::Described { name: name.into(), description: description.into() }
    }

    /// Creates a category without a description.
    pub fn named(name: impl Into<String>) -> Self {
        Self::Name(name.into())
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        match self {
            Self::Name(name) | Self::Described { name, .. } => name,
        }
    }

    /// Returns the description; `None` for a bare name.
    pub fn description(&self) -> Option<&str> {
        match self {
            Self::Name(_) => None,
            Self::Described { description, .. } => Some(description),
        }
    }
}

impl fmt::Debug for CustomCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.debug_tuple("Name").field(&Redacted(name)).finish(),
            Self::Described { name, description } => f
                .debug_struct("Described")
                .field("name", &Redacted(name))
                .field("description", &Redacted(description))
                .finish(),
        }
    }
}

impl From<&str> for CustomCategory {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}

impl From<String> for CustomCategory {
    fn from(name: String) -> Self {
        Self::named(name)
    }
}

impl<N: Into<String>, D: Into<String>> From<(N, D)> for CustomCategory {
    fn from((name, description): (N, D)) -> Self {
        Self::new(name, description)
    }
}

impl Serialize for CustomCategory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Name(name) => serializer.serialize_str(name),
            Self::Described { name, description } => {
                let mut object = serializer.serialize_map(Some(1))?;
                object.serialize_entry(name, description)?;
                object.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for CustomCategory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Category;

        impl<'de> Visitor<'de> for Category {
            type Value = CustomCategory;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a category: a name, or an object with one name and its description")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<CustomCategory, E> {
                Ok(CustomCategory::named(name))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CustomCategory, A::Error> {
                let Some((name, description)) = map.next_entry::<String, Option<String>>()? else {
                    return Err(de::Error::invalid_length(0, &self));
                };
                if map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    return Err(de::Error::invalid_length(2, &self));
                }
                Ok(CustomCategory::new(name, description.unwrap_or_default()))
            }
        }

        deserializer.deserialize_any(Category)
    }
}
