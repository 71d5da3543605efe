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
mod entity;
mod entity_kind;
mod export;
mod feedback;
mod identity;
mod instructions;
mod member;
mod message;
mod moment;
mod organization;
mod page;
mod profile;
mod profile_settings;
mod project;
mod project_update;
mod reset;
mod role;
mod stats;
mod timestamp;
mod webhook;
mod webhook_delivery;

pub use category::CustomCategory;
#[cfg(any(feature = "blocking", feature = "async"))]
pub(crate) use entity::NewKind;
pub use entity::{
    Entity, EntityCreated, EntityDeleted, EntityFilterOption, EntityFilterParameter, EntityFilters,
    EntityTotals, NewEntity,
};
pub use entity_kind::EntityKind;
pub use export::{ExportCreated, NewExport};
#[cfg(any(feature = "blocking", feature = "async"))]
pub(crate) use feedback::FeedbackBody;
pub use feedback::{Feedback, FeedbackGiven};
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
#[cfg(any(feature = "blocking", feature = "async"))]
pub(crate) use profile::ProfileJobAnswer;
pub use profile::{
    Profile, ProfileEntities, ProfileForm, ProfileJob, ProfileJobStarted, ProfileJobStatus, ProfileOperation,
    ProfileSettings, ProfileStatus,
};
pub use profile_settings::{ProfileSample, ProfileSettingsUpdate, ProfileTrigger};
pub use project::Project;
pub use project_update::{NewProject, ProjectUpdate, UsecaseSetting};
pub use reset::{Reset, ResetError};
pub use role::Role;
pub use stats::Stats;
pub use timestamp::Timestamp;
pub use webhook::{NewWebhook, Webhook, WebhookEventType, WebhookUpdate, WebhookUrl};
pub use webhook_delivery::{
    MemoryCategorized, MemoryEvent, MemoryEventData, WebhookDelivery, WebhookEvent, WebhookEventName,
};
