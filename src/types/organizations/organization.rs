//! Organizations.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::ids::OrgId;
use crate::types::resource::NonNull;
use crate::types::{Member, Role, Timestamp};

resource! {
    /// An organization, which has projects and members.
    pub struct Organization {
        /// Id of the organization.
        pub org_id: OrgId,
        /// Name.
        pub name: String,
        /// Time of creation.
        pub created_at: Timestamp,
        /// Time of the last change.
        pub updated_at: Timestamp,
        /// Members with their e-mail addresses. `null`s in the list are skipped.
        pub members: Vec<Member> as NonNull<Member>,
        /// Whether this is the default organization of its user.
        pub is_default: bool,
        /// Whether the organization uses its own encryption keys (BYOK).
        pub byok_enabled: bool,
        /// Pricing plan of the owner.
        pub owner_pricing_plan: String,
        /// Whether the caller is an OWNER.
        pub is_owner: bool,
        /// Role of the caller.
        pub user_role: Role,
        private {
            /// Invitations. The platform does not document their fields.
            pub invitations: Vec<Value>,
        }
    }
}

/// Body of the call that creates an organization.
#[derive(serde::Serialize)]
pub(crate) struct NewOrganization<'a> {
    pub(crate) name: &'a str,
}

impl NewOrganization<'_> {
    pub(crate) fn check(&self) -> Result<()> {
        if self.name.trim().is_empty() {
            return Err(Error::invalid("name", "is empty; pass a name for the organization"));
        }
        Ok(())
    }
}
