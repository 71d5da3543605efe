//! Projects and their settings.

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

pub use crate::id::ProjectId;
pub use crate::types::message::ProjectCreated;
