//! Members of organizations and projects, and their roles.

mod member;
mod role;

pub(crate) use member::{Leaver, Membership, check_email};
pub use member::{Member, Members};
pub use role::Role;

pub use crate::id::UserId;
