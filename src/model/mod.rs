//! What the platform sends and takes, a file a resource.
//!
//! Every field of an answer is optional and every field this version does not know is kept in `extra`:
//! the platform's own description promises no field, and its answers have been seen with four of them
//! (contract 1.2).

#[macro_use]
mod resource;
#[macro_use]
mod words;

mod body;
mod category;
mod entity_kind;
mod identity;
mod instructions;
mod member;
mod message;
mod moment;
mod organization;
mod page;
mod project;
mod project_update;
mod role;
mod timestamp;

pub use category::CustomCategory;
pub use entity_kind::EntityKind;
pub use identity::Identity;
pub use instructions::Instructions;
#[cfg(any(feature = "blocking", feature = "async"))]
pub(crate) use member::{Leaver, Membership, check_email};
pub use member::{Member, Members};
pub use message::{Message, OrganizationCreated, ProjectCreated};
pub use moment::Moment;
#[cfg(any(feature = "blocking", feature = "async"))]
pub(crate) use moment::check_day;
#[cfg(any(feature = "blocking", feature = "async"))]
pub(crate) use organization::NewOrganization;
pub use organization::Organization;
pub use page::Page;
pub use project::Project;
pub use project_update::{NewProject, ProjectUpdate, UsecaseSetting};
pub use role::Role;
pub use timestamp::Timestamp;
