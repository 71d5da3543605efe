//! Profiles of users. The facts come from the official clients only: see `docs/platform-api.md`.

use http::{Method, StatusCode};
use serde_json::Value;

use crate::error::{DecodeError, Result};
use crate::ids::{EventId, ProfileJobId};
use crate::types::{EntityKind, Instructions, Timestamp};

open_enum! {
    /// State of a profile.
    ///
    /// Check it before you read the profile.
    pub enum ProfileStatus("profile status") {
        /// `succeeded`: the profile is available.
        Succeeded = "succeeded",
        /// `pending`: the platform is generating the profile.
        Pending = "pending",
        /// `failed`: the last generation failed.
        Failed = "failed",
        /// `not_enabled`: profiles are disabled in the project.
        NotEnabled = "not_enabled",
        /// `insufficient_data`: the user has too few memories.
        InsufficientData = "insufficient_data",
    }
}

resource! {
    /// Profile of a user.
    ///
    /// `Debug` hides the content.
    pub struct Profile {
        /// State of the profile.
        pub status: ProfileStatus,
        /// Kind of the entity. Only users have profiles.
        pub entity_type: EntityKind,
        /// Id of the user.
        pub entity_id: String,
        /// Time of the last generation. `None` if it was never generated.
        pub updated_at: Timestamp,
        /// Number of generations.
        pub generation_count: i64,
        private {
            /// Content of the profile, in the schema of the project.
            pub profile: Value,
            /// Reason of a failure.
            pub error: Value,
        }
    }
}

open_enum! {
    /// Status of a profile job.
    ///
    /// The platform does not document the values: these are the values of profiles and of its other jobs.
    /// [`ProfileJob::is_finished`] also considers the counts.
    pub enum ProfileJobStatus("job status") {
        /// `pending`: not started.
        Pending = "pending",
        /// `running`: in progress.
        Running = "running",
        /// `succeeded`: ended successfully.
        Succeeded = "succeeded",
        /// `completed`: ended.
        Completed = "completed",
        /// `failed`: ended with a failure.
        Failed = "failed",
        /// `cancelled`: ended before its completion.
        Cancelled = "cancelled",
    }
}

open_enum! {
    /// Operation of a profile job.
    pub enum ProfileOperation("job operation") {
        /// `trigger`: generates the profile of one user.
        Trigger = "trigger",
        /// `sample`: generates the profiles of a few users.
        Sample = "sample",
    }
}

resource! {
    /// Response to starting a profile job.
    pub struct ProfileJobStarted {
        /// Id of the job.
        pub job_id: ProfileJobId,
        /// Status of the job.
        pub status: ProfileJobStatus,
        /// Path or URL to read the status from, with `ProfilesApi::job_at`.
        pub status_url: String,
        /// Operation of the job.
        pub operation: ProfileOperation,
        /// Kind of the entities.
        pub entity_type: EntityKind,
        /// Maximum number of profiles that the job generates, and that are billed.
        pub entity_count_reserved: i64,
        /// Event of the job.
        pub event_id: EventId,
        /// Whether an earlier request with the same idempotency key started the job.
        pub replayed: bool,
        private {
            /// Users that the platform chose: a list or a number. The platform does not document the shape.
            pub sampled: Value,
            /// Ids of the users.
            pub entity_ids: Vec<String>,
        }
    }
}

impl ProfileJobStarted {
    /// Returns the id of the job.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if the response has no id. The job was started anyway: read it by its
    /// [`status_url`](Self::status_url).
    pub fn id(&self) -> Result<&ProfileJobId> {
        let message = "missing; the job was started: read it by its `status_url`";
        let missing = || {
            DecodeError::missing(Method::POST, "/v2/profiles/jobs/", StatusCode::OK, "job_id", message, self)
        };
        self.job_id.as_ref().ok_or_else(missing)
    }
}

resource! {
    /// Job that generates profiles.
    pub struct ProfileJob {
        /// Id of the job.
        pub id: ProfileJobId,
        /// Operation of the job.
        pub operation: ProfileOperation,
        /// Kind of the entities.
        pub entity_type: EntityKind,
        /// Status of the job.
        pub status: ProfileJobStatus,
        /// Number of users. `None` until the platform has counted them.
        pub total: i64,
        /// Whether the platform has counted the users.
        pub enumeration_complete: bool,
        /// Number of users that were processed.
        pub completed: i64,
        /// Number of generated profiles.
        pub succeeded: i64,
        /// Number of failed generations.
        pub failed: i64,
        /// Number of skipped users.
        pub skipped: i64,
    }
}

impl ProfileJob {
    /// Whether the job has ended: by its status or, if the status is missing or unknown, because all users were counted
    /// and processed.
    pub fn is_finished(&self) -> bool {
        match &self.status {
            Some(ProfileJobStatus::Pending | ProfileJobStatus::Running) => false,
            Some(ProfileJobStatus::Other(_)) | None => self.are_all_processed(),
            Some(_) => true,
        }
    }

    fn are_all_processed(&self) -> bool {
        let parts = [self.succeeded, self.failed, self.skipped].into_iter().flatten();
        let done = self.completed.unwrap_or(0).max(parts.fold(0, i64::saturating_add));
        self.enumeration_complete == Some(true) && self.total.is_some_and(|total| done >= total)
    }
}

/// Response to reading a job.
#[derive(serde::Deserialize)]
pub(crate) struct ProfileJobResponse {
    pub(crate) job: ProfileJob,
}

resource! {
    /// Profile settings of a project.
    pub struct ProfileSettings {
        /// Whether profiles are enabled.
        pub enabled: bool,
        /// Capabilities of the pricing plan. The platform does not document the shape.
        pub capabilities: Value,
        /// Settings per kind of entity.
        pub entities: ProfileSettingsByKind,
    }
}

resource! {
    /// Profile settings per kind of entity.
    ///
    /// Settings of kinds other than users are in `extra`.
    pub struct ProfileSettingsByKind {
        /// Settings for users.
        pub user: EntityProfileSettings,
    }
}

resource! {
    /// Profile settings for one kind of entity.
    pub struct EntityProfileSettings {
        /// JSON Schema of a profile. `None` means the platform's default schema.
        pub schema: Value,
        /// Instructions for generating profiles. `None` if there are none.
        pub custom_instructions: Instructions,
    }
}
