//! Projects and their settings.
//!
//! The calls are on `ProjectApi`, which `client.project()` returns for the project of the API key and `client.project_in(…)`
//! for another one. `OrganizationApi` lists and creates the projects of an organization.

mod category;
mod instructions;
mod project;
mod project_fields;
mod project_update;

pub use category::*;
pub use instructions::*;
pub use project::*;
pub use project_fields::*;
pub use project_update::*;

pub use crate::ids::ProjectId;
pub use crate::types::confirmation::ProjectCreated;
