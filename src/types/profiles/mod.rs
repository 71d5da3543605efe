//! Profiles of users, the jobs that generate them, and their settings in a project.
//!
//! The calls are on `ProfilesApi`, which `client.profiles()` returns.

mod profile;
mod profile_settings;

pub(crate) use profile::ProfileJobResponse;
pub use profile::{
    EntityProfileSettings, Profile, ProfileJob, ProfileJobStarted, ProfileJobStatus, ProfileOperation,
    ProfileSettings, ProfileSettingsByKind, ProfileStatus,
};
pub use profile_settings::{ProfileSample, ProfileSettingsUpdate, ProfileTrigger};

pub use crate::idempotency_key::IdempotencyKey;
pub use crate::ids::ProfileJobId;
