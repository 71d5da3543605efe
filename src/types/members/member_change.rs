//! Change of a membership.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::redact::redact_all;
use crate::types::Role;

/// Change that `ensure_member` made.
///
/// ```
/// use mem0::Role;
/// use mem0::members::MemberChange;
///
/// assert_eq!(MemberChange::Added.to_string(), "added");
/// assert_eq!(MemberChange::RoleChanged { from: Role::Reader }.to_string(), "role changed from READER");
/// assert_eq!(MemberChange::Unchanged.to_string(), "unchanged");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[non_exhaustive]
pub enum MemberChange {
    /// The member was added.
    Added,
    /// The member had another role.
    RoleChanged {
        /// Role before the change.
        from: Role,
    },
    /// The member had the role already.
    Unchanged,
}

impl fmt::Display for MemberChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added => f.write_str("added"),
            // A role that this version does not know can be any text.
            Self::RoleChanged { from } => write!(f, "role changed from {}", redact_all(from.as_str())),
            Self::Unchanged => f.write_str("unchanged"),
        }
    }
}
