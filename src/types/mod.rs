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
mod words;

mod add_memories;
mod body;
mod category;
mod chat_message;
pub(crate) mod checks;
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
mod moment;
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

// What is `pub` in these modules is public at the root of the crate, too.
pub use add_memories::*;
pub use category::*;
pub use chat_message::*;
pub use delete_memories::*;
pub use entity::*;
pub use entity_kind::*;
pub use event::*;
pub use export::*;
pub use feedback::*;
pub use history::*;
pub use identity::*;
pub use instructions::*;
pub use list_memories::*;
pub use member::*;
pub use memory::*;
pub use memory_update::*;
pub use message::*;
pub use moment::*;
pub use organization::*;
pub use page::*;
pub use profile::*;
pub use profile_settings::*;
pub use project::*;
pub use project_update::*;
pub use reset::*;
pub use role::*;
pub use search_memories::*;
pub use stats::*;
pub use timestamp::*;
pub use webhook::*;
pub use webhook_delivery::*;
pub(crate) use words::nearest;
