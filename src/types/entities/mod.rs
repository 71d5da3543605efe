//! Entities: the users, agents, apps and runs that memories belong to.
//!
//! The calls are on `EntitiesApi`, which `client.entities()` returns, and on the client: `users`, `delete_users` and
//! `reset`.

mod entity;
mod entity_kind;
mod entity_ref;
mod reset;

pub use entity::*;
pub use entity_kind::*;
pub use entity_ref::*;
pub use reset::*;

pub use crate::ids::EntityId;
