//! Members of organizations and projects.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::types::Role;
use crate::types::resource::non_null;

resource! {
    /// A member of an organization or of a project.
    ///
    /// The fields depend on the call: a project's list of members has `username` and `role`, an organization's list has
    /// `user_id` and `role`, and the `members` of a project or an organization have `username`, `role` and `email`. Calls that
    /// change members take the e-mail address: find it in the `members` of the project or organization. See
    /// `docs/platform-api.md`.
    ///
    /// `Debug` shows the role only.
    pub struct Member {
        /// Role of the member.
        pub role: Role,
        private {
            /// User name.
            pub username: String,
            /// Id of the user.
            pub user_id: UserId,
            /// E-mail address of the user.
            pub email: String,
        }
    }
}

/// Body of the calls that add or change a member.
#[derive(Serialize)]
pub(crate) struct Membership<'a> {
    pub(crate) email: &'a str,
    pub(crate) role: &'a Role,
}

/// Body of the call that removes a member of an organization.
#[derive(Serialize)]
pub(crate) struct MemberRemoval<'a> {
    pub(crate) email: &'a str,
}

/// Refuses an invalid e-mail address. The message does not repeat it.
pub(crate) fn check_email(email: &str) -> Result<()> {
    let has_both_parts =
        email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    if has_both_parts && !email.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::invalid("email", "is not a valid e-mail address; expected one such as name@example.com"))
}

/// Members of an organization or a project, in the order that the platform sent.
///
/// ```
/// let members: mem0::members::Members = serde_json::from_str(r#"{"members":[{"username":"ann","role":"OWNER"}]}"#)?;
/// assert_eq!(members.len(), 1);
/// for member in &members {
///     assert_eq!(member.role, Some(mem0::Role::Owner));
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Members {
    /// Members. A response without this list is an error, not an empty list; `null`s in it are skipped.
    #[serde(deserialize_with = "non_null")]
    pub members: Vec<Member>,
}

impl Members {
    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Iterates over the members in order.
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
