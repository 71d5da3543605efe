//! Request and response types: a folder per area, a file per type.
//!
//! Every field of a response is optional, and unknown fields are kept in `extra`, because the platform guarantees no
//! field: see `docs/platform-api.md`. `required_fields` has methods for the fields that it sends in practice.

#[macro_use]
mod resource;
#[macro_use]
mod setters;
#[macro_use]
mod open_enum;

mod body;
pub(crate) mod checks;
mod confirmation;
mod page;
mod required_fields;
mod timestamp;

pub mod entities;
pub mod events;
pub mod exports;
pub mod members;
pub mod memories;
pub mod organizations;
pub mod profiles;
pub mod projects;
pub mod webhooks;

pub use confirmation::Confirmation;
pub(crate) use open_enum::nearest;
pub use page::Page;
pub use timestamp::Timestamp;

pub(crate) use self::{
    entities::*, events::*, exports::*, members::*, memories::*, organizations::*, profiles::*, projects::*,
    webhooks::*,
};
