//! Profiles of entities, and the jobs that build them.

mod profile;
mod profile_settings;

pub(crate) use profile::ProfileJobAnswer;
pub use profile::{
    Profile, ProfileEntities, ProfileForm, ProfileJob, ProfileJobStarted, ProfileJobStatus, ProfileOperation,
    ProfileSettings, ProfileStatus,
};
pub use profile_settings::{ProfileSample, ProfileSettingsUpdate, ProfileTrigger};

pub use crate::id::ProfileJobId;
pub use crate::idempotency_key::IdempotencyKey;
