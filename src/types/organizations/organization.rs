//! Organizations.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::id::OrgId;
use crate::types::resource::NonNull;
use crate::types::{Member, Role, Timestamp};

resource! {
    /// An organization (contract 1.3). It has projects and members of its own.
    pub struct Organization {
        /// Its identifier.
        pub org_id: OrgId,
        /// Its name.
        pub name: String,
        /// When it was created.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
        /// Its members, with their e-mail addresses.
        pub members: Vec<Member> as NonNull<Member>,
        /// Whether it is the one its user started with.
        pub is_default: bool,
        /// Whether it brings encryption keys of its own.
        pub byok_enabled: bool,
        /// The plan its owner pays for.
        pub owner_pricing_plan: String,
        /// Whether the caller is an OWNER of it.
        pub is_owner: bool,
        /// The caller's role in it.
        pub user_role: Role,
        private {
            /// Those who were added before they had an account. What an entry holds is not documented.
            pub invitations: Vec<Value>,
        }
    }
}

/// The body of the call that creates an organization.
#[derive(serde::Serialize)]
pub(crate) struct NewOrganization<'a> {
    pub(crate) name: &'a str,
}

impl NewOrganization<'_> {
    pub(crate) fn check(&self) -> Result<()> {
        if self.name.trim().is_empty() {
            return Err(Error::invalid("name", "is empty; give the organization a name"));
        }
        Ok(())
    }
}
