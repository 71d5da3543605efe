//! Who belongs to an organization or a project.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::id::UserId;
use crate::types::Role;
use crate::types::resource::non_null;

resource! {
    /// A member of an organization or of a project.
    ///
    /// One type for three shapes (contract D10): a project's list of members has `username` and `role`, an
    /// organization's `user_id` and `role`, and the `members` of a project or organization object have
    /// `username`, `role` and `email`. To find an e-mail address, which is what the calls that change
    /// members take, read the object's `members`.
    ///
    /// `Debug` shows the role only.
    pub struct Member {
        /// What the member may do.
        pub role: Role,
        private {
            /// The user's name.
            pub username: String,
            /// The user's identifier.
            pub user_id: UserId,
            /// The user's e-mail address.
            pub email: String,
        }
    }
}

/// The body of the calls that add a member or change one.
#[derive(Serialize)]
pub(crate) struct Membership<'a> {
    pub(crate) email: &'a str,
    pub(crate) role: &'a Role,
}

/// The body of the call that removes a member of an organization.
#[derive(Serialize)]
pub(crate) struct Leaver<'a> {
    pub(crate) email: &'a str,
}

/// Refuses what is no e-mail address, without repeating it.
pub(crate) fn check_email(email: &str) -> Result<()> {
    let has_both_parts =
        email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    if has_both_parts && !email.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::invalid("email", "is no e-mail address; expected something like name@example.com"))
}

/// The members of an organization or a project, in the platform's order.
///
/// ```
/// let members: mem0::members::Members = serde_json::from_str(r#"{"members":[{"username":"ann","role":"OWNER"}]}"#)?;
/// assert_eq!(members.len(), 1);
/// for member in &members {
///     assert_eq!(member.role, Some(mem0::Role::Owner));
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Members {
    /// The members. An answer without this list is an error, not an empty list; a `null` in it is left out.
    #[serde(deserialize_with = "non_null")]
    pub members: Vec<Member>,
}

impl Members {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Member> {
        self.members.iter()
    }
}

impl IntoIterator for Members {
    type Item = Member;
    type IntoIter = std::vec::IntoIter<Member>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl<'a> IntoIterator for &'a Members {
    type Item = &'a Member;
    type IntoIter = std::slice::Iter<'a, Member>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.iter()
    }
}
