//! Entities: the users, agents, apps and runs that memories belong to.

mod entity;
mod entity_kind;
mod reset;

pub(crate) use entity::NewKind;
pub use entity::{
    Entity, EntityCreated, EntityFilterOption, EntityFilterParameter, EntityFilters, EntityTotals, NewEntity,
};
pub use entity_kind::EntityKind;
pub use reset::{Reset, ResetError};

pub use crate::id::EntityId;
