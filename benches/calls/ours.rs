//! The calls with this crate.

use mem0::Confirmation;
use mem0::projects::Project;
use mem0::{AsyncMemoryClient, MemoryClient, ProjectFields, ProjectUpdate};

use crate::Result;
use crate::data;

pub(crate) fn blocking(base_url: &str) -> Result<MemoryClient> {
    let client = MemoryClient::builder().api_key(data::KEY).base_url(base_url);
    Ok(client.org_id(data::ORGANIZATION).project_id(data::PROJECT).build()?)
}

pub(crate) fn asynchronous(base_url: &str) -> Result<AsyncMemoryClient> {
    let client = AsyncMemoryClient::builder().api_key(data::KEY).base_url(base_url);
    Ok(client.org_id(data::ORGANIZATION).project_id(data::PROJECT).build()?)
}

pub(crate) fn fields() -> ProjectFields {
    ProjectFields::new().name().description().custom_categories()
}

pub(crate) fn update() -> ProjectUpdate {
    ProjectUpdate::new()
        .custom_categories(data::CATEGORIES)
        .custom_instructions(data::INSTRUCTIONS)
        .multilingual(true)
        .decay(true)
}

pub(crate) fn is_expected_project(project: &Project) -> bool {
    project.name.as_deref() == Some(data::NAME)
}

pub(crate) fn is_expected_update(message: &Confirmation) -> bool {
    message.message.as_deref() == Some(data::UPDATED_MESSAGE)
}
