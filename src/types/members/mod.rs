//! Members of organizations and projects, and their roles.
//!
//! The calls are on `ProjectApi` and `OrganizationApi`: `ensure_member` and `remove_member_if_present` by intent;
//! `get_members`, `add_member`, `update_member` and `remove_member` as the platform has them. `OrganizationApi::access`
//! reads who has which role, and `OrganizationApi::remove_everywhere` plans the removal of a member.

mod access;
mod email;
mod member;
mod member_change;
mod role;

pub use access::*;
pub use email::*;
pub use member::*;
pub use member_change::*;
pub use role::*;

pub use crate::ids::UserId;
