//! Entities: the users, agents, apps and runs that memories belong to.
//!
//! The calls are on `EntitiesApi`, which `client.entities()` returns, and on the client: `users`, `delete_users` and
//! `reset`.

mod entity;
mod entity_kind;
mod reset;

pub(crate) use entity::EntityEndpoint;
pub use entity::{
    Entity, EntityCreated, EntityFilterOption, EntityFilterParameter, EntityFilters, EntityTotals, NewEntity,
};
pub use entity_kind::EntityKind;
pub use reset::{ResetError, ResetSummary};

pub use crate::ids::EntityId;
