//! Whom a membership is about.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use crate::error::{Error, Result};
use crate::types::check_email;

/// An e-mail address, as it was written. Capitals make no difference when two are compared, but for those of letters
/// outside ASCII: two members may differ in such a one.
///
/// `Debug` does not show it.
///
/// ```
/// use mem0::plan::Email;
///
/// let ann: Email = "Ann@example.com".parse()?;
/// assert_eq!(ann, "ann@example.com".parse()?);
/// assert_eq!(ann.as_str(), "Ann@example.com");
/// assert_eq!(format!("{ann:?}"), "[e-mail]");
/// # Ok::<(), mem0::Error>(())
/// ```
#[derive(Clone)]
pub struct Email {
    written: String,
    folded: String,
}

impl Email {
    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

impl std::str::FromStr for Email {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let is_plain = !text.chars().any(char::is_whitespace);
        if !is_plain {
            return Err(Error::invalid(
                "email",
                "has a space in it; expected something like name@example.com",
            ));
        }
        check_email(text)?;
        Ok(Self { written: text.to_owned(), folded: text.to_ascii_lowercase() })
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
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
        self.folded.cmp(&other.folded)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[e-mail]")
    }
}

impl Serialize for Email {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| {
            de::Error::custom("a member is no e-mail address; expected something like name@example.com")
        })
    }
}
