//! What a member may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;
use crate::mask::Masked;

/// A member's role in an organization or a project (contract 1.3).
///
/// Two ways in: `Role::from("…")` keeps what it does not know as [`Role::Other`], as answers are read;
/// `"…".parse()` refuses it.
///
/// ```
/// use mem0::Role;
///
/// assert_eq!("OWNER".parse::<Role>()?, Role::Owner);
/// assert_eq!(Role::from("AUDITOR"), Role::Other("AUDITOR".into()));
/// assert!("AUDITOR".parse::<Role>().is_err());
/// assert!("owner".parse::<Role>().is_err(), "the platform's roles are in capitals");
/// # Ok::<(), mem0::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// `READER`: may view and search.
    Reader,
    /// `OWNER`: may do everything.
    Owner,
    /// A role this version of the crate does not know.
    Other(String),
}

impl Role {
    /// Refuses what can be no role.
    #[cfg(any(feature = "blocking", feature = "async"))]
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.as_str().trim().is_empty() {
            return Err(Error::invalid("role", "is empty: expected READER or OWNER"));
        }
        Ok(())
    }

    /// The role as the platform writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Role::Reader => "READER",
            Role::Owner => "OWNER",
            Role::Other(other) => other,
        }
    }
}

impl From<&str> for Role {
    fn from(text: &str) -> Self {
        match text {
            "READER" => Role::Reader,
            "OWNER" => Role::Owner,
            other => Role::Other(other.to_owned()),
        }
    }
}

impl From<String> for Role {
    fn from(text: String) -> Self {
        Role::from(text.as_str())
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match Role::from(text) {
            Role::Other(_) => {
                Err(Error::invalid("role", "is unknown: expected READER or OWNER, in capitals"))
            }
            known => Ok(known),
        }
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Role::Reader => f.write_str("Reader"),
            Role::Owner => f.write_str("Owner"),
            Role::Other(other) => f.debug_tuple("Other").field(&Masked(other)).finish(),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Role::from)
    }
}
