//! Organizations, and the identity behind an API key.

mod identity;
mod organization;

pub use identity::Identity;
pub(crate) use organization::NewOrganization;
pub use organization::Organization;

pub use crate::id::OrgId;
pub use crate::types::message::OrganizationCreated;
