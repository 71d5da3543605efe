//! What the platform sends and takes, a file a resource.
//!
//! Every field of an answer is optional and every field this version does not know is kept in `extra`:
//! the platform's own description promises no field, and its answers have been seen with four of them
//! (contract 1.2).

#[macro_use]
mod resource;
#[macro_use]
mod setters;
#[macro_use]
mod open_enum;

mod add_memories;
mod body;
mod category;
mod chat_message;
pub(crate) mod checks;
mod date_or_timestamp;
mod delete_memories;
mod entity;
mod entity_kind;
mod event;
mod export;
mod feedback;
mod history;
mod identity;
mod instructions;
mod list_memories;
mod member;
mod memory;
mod memory_update;
mod message;
mod organization;
mod page;
mod profile;
mod profile_settings;
mod project;
mod project_update;
mod reset;
mod role;
mod search_memories;
mod stats;
mod timestamp;
mod webhook;
mod webhook_delivery;

pub use add_memories::AddMemories;
pub use category::CustomCategory;
pub use chat_message::{ChatContent, ChatMessage, ChatMessages, ChatRole};
pub use date_or_timestamp::DateOrTimestamp;
pub(crate) use date_or_timestamp::check_day;
pub use delete_memories::DeleteMemories;
pub(crate) use entity::NewKind;
pub use entity::{
    Entity, EntityCreated, EntityFilterOption, EntityFilterParameter, EntityFilters, EntityTotals, NewEntity,
};
pub use entity_kind::EntityKind;
pub use event::{Added, AddedMemory, AddedText, Event, EventStatus, EventType};
pub use export::{ExportCreated, NewExport};
pub(crate) use feedback::FeedbackBody;
pub use feedback::{Feedback, FeedbackGiven};
pub use history::{HistoryEntry, MemoryChange};
pub use identity::Identity;
pub use instructions::Instructions;
pub use list_memories::ListMemories;
pub(crate) use member::check_email;
pub(crate) use member::{Leaver, Membership};
pub use member::{Member, Members};
pub use memory::{DeletionStarted, Memory, MemoryDeleted, ScoreBreakdown, SearchResults};
pub use memory_update::{MemoryEdit, MemoryUpdate};
pub use message::{Message, OrganizationCreated, ProjectCreated};
pub(crate) use open_enum::nearest;
pub(crate) use organization::NewOrganization;
pub use organization::Organization;
pub use page::Page;
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
pub use search_memories::SearchMemories;
pub use stats::Stats;
pub use timestamp::Timestamp;
pub use webhook::{NewWebhook, Webhook, WebhookEventType, WebhookUpdate, WebhookUrl};
pub use webhook_delivery::{
    MemoryCategorized, MemoryEvent, MemoryEventData, WebhookDelivery, WebhookEvent, WebhookEventName,
};
