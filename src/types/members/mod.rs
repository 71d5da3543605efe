//! Members of organizations and projects, and their roles.
//!
//! The calls are on `ProjectApi` and `OrganizationApi`: `get_members`, `add_member`, `update_member` and `remove_member`.

mod member;
mod role;

pub use member::{Member, Members};
pub(crate) use member::{MemberRemoval, Membership, check_email};
pub use role::Role;

pub use crate::ids::UserId;
