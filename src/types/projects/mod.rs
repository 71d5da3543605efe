//! Projects and their settings.
//!
//! The calls are on `ProjectApi`, which `client.project()` returns for the project of the API key and `client.project_in(…)`
//! for another one. `OrganizationApi` lists and creates the projects of an organization.

mod category;
mod instructions;
mod project;
mod project_fields;
mod project_update;

pub use category::CustomCategory;
pub use instructions::Instructions;
pub use project::Project;
pub use project_fields::ProjectFields;
pub use project_update::{NewProject, ProjectUpdate, UsecaseSetting};

pub use crate::ids::ProjectId;
pub use crate::types::confirmation::ProjectCreated;
