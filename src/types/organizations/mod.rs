//! Organizations, and the identity behind an API key.
//!
//! The calls are on `OrganizationsApi` (`client.organizations()`) and `OrganizationApi` (`client.organization(org_id)`);
//! `client.ping()` returns the identity.

mod identity;
mod organization;

pub use identity::*;
pub use organization::*;

pub use crate::ids::OrgId;
pub use crate::types::confirmation::OrganizationCreated;
