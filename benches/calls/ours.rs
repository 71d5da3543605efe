//! The calls with this crate.

use mem0::Confirmation;
use mem0::projects::Project;
use mem0::{AsyncMemoryClient, MemoryClient, ProjectFields, ProjectUpdate};

use crate::Result;
use crate::data;

pub(crate) fn blocking(base_url: &str) -> Result<MemoryClient> {
    Ok(blocking_builder(base_url).build()?)
}

pub(crate) fn asynchronous(base_url: &str) -> Result<AsyncMemoryClient> {
    Ok(async_builder(base_url).build()?)
}

/// Client that calls its transport through a pointer.
pub(crate) fn wrapped(base_url: &str) -> Result<MemoryClient> {
    Ok(blocking_builder(base_url).wrap_transport(|transport| transport)?)
}

/// Client that calls its transport through a pointer, and boxes the futures.
pub(crate) fn wrapped_async(base_url: &str) -> Result<AsyncMemoryClient> {
    Ok(async_builder(base_url).wrap_transport(|transport| transport)?)
}

fn blocking_builder(base_url: &str) -> mem0::blocking::ClientBuilder {
    let client = MemoryClient::builder().api_key(data::KEY).base_url(base_url);
    client.org_id(data::ORGANIZATION).project_id(data::PROJECT)
}

fn async_builder(base_url: &str) -> mem0::asynchronous::ClientBuilder {
    let client = AsyncMemoryClient::builder().api_key(data::KEY).base_url(base_url);
    client.org_id(data::ORGANIZATION).project_id(data::PROJECT)
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
