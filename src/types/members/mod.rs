//! Members of organizations and projects, and their roles.
//!
//! The calls are on `ProjectApi` and `OrganizationApi`: `get_members`, `add_member`, `update_member` and `remove_member`.

mod member;
mod role;

pub use member::*;
pub use role::*;

pub use crate::ids::UserId;
