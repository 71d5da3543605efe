//! E-mail address of a member.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use crate::error::{Error, Result};
use crate::types::check_email;

/// E-mail address with its original spelling.
///
/// Comparison ignores the case of ASCII letters only: addresses that differ in the case of other letters may belong to
/// different members.
///
/// `Debug` does not show the address.
///
/// ```
/// use mem0::members::Email;
///
/// let ann: Email = "Ann@example.com".parse()?;
/// assert_eq!(ann, "ann@example.com".parse()?);
/// assert_eq!(ann.as_str(), "Ann@example.com");
/// assert_eq!(format!("{ann:?}"), "[e-mail]");
/// # Ok::<(), mem0::Error>(())
/// ```
#[derive(Clone)]
pub struct Email {
    original: String,
    lowercase: String,
}

impl Email {
    /// Returns the address in its original spelling.
    pub fn as_str(&self) -> &str {
        &self.original
    }
}

impl std::str::FromStr for Email {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.chars().any(char::is_whitespace) {
            return Err(Error::invalid(
                "email",
                "contains whitespace; expected something like name@example.com",
            ));
        }
        check_email(text)?;
        Ok(Self { original: text.to_owned(), lowercase: text.to_ascii_lowercase() })
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.lowercase == other.lowercase
    }
}

impl Eq for Email {}

impl PartialOrd for Email {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Email {
    fn cmp(&self, other: &Self) -> Ordering {
        self.lowercase.cmp(&other.lowercase)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[e-mail]")
    }
}

impl Serialize for Email {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.original)
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| {
            de::Error::custom(
                "a member is not a valid e-mail address; expected something like name@example.com",
            )
        })
    }
}
