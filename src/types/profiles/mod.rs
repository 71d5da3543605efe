//! Profiles of users, the jobs that generate them, and their settings in a project.
//!
//! The calls are on `ProfilesApi`, which `client.profiles()` returns.

mod profile;
mod profile_settings;

pub use profile::*;
pub use profile_settings::*;

pub use crate::idempotency_key::IdempotencyKey;
pub use crate::ids::ProfileJobId;
