//! Profiles: what is known of a user, in a form of the project's (contract 6).

use http::{Method, StatusCode};
use serde_json::Value;

use crate::error::{DecodeError, Result};
use crate::id::{EventId, ProfileJobId};
use crate::types::{EntityKind, Instructions, Timestamp};

open_enum! {
    /// Whether there is a profile, and why not (contract 6). Branch on it before reading the profile.
    pub enum ProfileStatus("profile status") {
        /// `succeeded`: there is one.
        Succeeded = "succeeded",
        /// `pending`: one is being made.
        Pending = "pending",
        /// `failed`: the last attempt to make one failed.
        Failed = "failed",
        /// `not_enabled`: the project has profiles switched off.
        NotEnabled = "not_enabled",
        /// `insufficient_data`: too little is known of the user.
        InsufficientData = "insufficient_data",
    }
}

resource! {
    /// The profile of a user. `Debug` does not show it.
    pub struct Profile {
        /// Whether there is one.
        pub status: ProfileStatus,
        /// What it is of: users have profiles.
        pub entity_type: EntityKind,
        /// Whose it is.
        pub entity_id: String,
        /// When it was last made. `None` if never.
        pub updated_at: Timestamp,
        /// How many times it was made.
        pub generation_count: i64,
        private {
            /// The profile, in the form of the project's schema; its keys are the project's own, as they are.
            pub profile: Value,
            /// Why there is none.
            pub error: Value,
        }
    }
}

open_enum! {
    /// How far a job is. The words are not documented: these are those of profiles and of other jobs of the
    /// platform, and [`ProfileJob::is_finished`] goes by the counts as well.
    pub enum ProfileJobStatus("job status") {
        /// `pending`: not begun.
        Pending = "pending",
        /// `running`: under way.
        Running = "running",
        /// `succeeded`: done.
        Succeeded = "succeeded",
        /// `completed`: done.
        Completed = "completed",
        /// `failed`: given up.
        Failed = "failed",
        /// `cancelled`: called off.
        Cancelled = "cancelled",
    }
}

open_enum! {
    /// What a job does.
    pub enum ProfileOperation("job operation") {
        /// `trigger`: makes the profile of one user.
        Trigger = "trigger",
        /// `sample`: makes the profiles of some users.
        Sample = "sample",
    }
}

resource! {
    /// The answer to starting a job.
    pub struct ProfileJobStarted {
        /// The job's identifier.
        pub job_id: ProfileJobId,
        /// How far it is.
        pub status: ProfileJobStatus,
        /// Where to read it: a path of the platform.
        pub status_url: String,
        /// What it does.
        pub operation: ProfileOperation,
        /// What it makes profiles of.
        pub entity_type: EntityKind,
        /// How many profiles it may make at most, and bill.
        pub entity_count_reserved: i64,
        /// The event it is told under.
        pub event_id: EventId,
        /// Whether it is the job that the same idempotency key started before.
        pub replayed: bool,
        private {
            /// The users that were chosen: a list, or how many. What it holds is not documented.
            pub sampled: Value,
            /// The users it is about.
            pub entity_ids: Vec<String>,
        }
    }
}

impl ProfileJobStarted {
    /// The job's identifier, as a result.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if the platform left it out. The job has been started all the
    /// same: read it by its [`status_url`](Self::status_url).
    pub fn id(&self) -> Result<&ProfileJobId> {
        let message = "missing; the job was started: read it by its `status_url`";
        let missing = || {
            DecodeError::missing(Method::POST, "/v2/profiles/jobs/", StatusCode::OK, "job_id", message, self)
        };
        self.job_id.as_ref().ok_or_else(missing)
    }
}

resource! {
    /// A job that makes profiles.
    pub struct ProfileJob {
        /// Its identifier.
        pub id: ProfileJobId,
        /// What it does.
        pub operation: ProfileOperation,
        /// What it makes profiles of.
        pub entity_type: EntityKind,
        /// How far it is.
        pub status: ProfileJobStatus,
        /// How many users it is about. `None` until they are counted.
        pub total: i64,
        /// Whether they are counted.
        pub enumeration_complete: bool,
        /// How many are done with.
        pub completed: i64,
        /// How many profiles were made.
        pub succeeded: i64,
        /// How many could not be made.
        pub failed: i64,
        /// How many users were passed over.
        pub skipped: i64,
    }
}

impl ProfileJob {
    /// Whether nothing more is going to happen: its status says so, or all users it is about are counted and
    /// done with.
    pub fn is_finished(&self) -> bool {
        match &self.status {
            Some(ProfileJobStatus::Pending | ProfileJobStatus::Running) => false,
            Some(ProfileJobStatus::Other(_)) | None => self.is_all_done(),
            Some(_) => true,
        }
    }

    fn is_all_done(&self) -> bool {
        let parts = [self.succeeded, self.failed, self.skipped].into_iter().flatten();
        let done = self.completed.unwrap_or(0).max(parts.fold(0, i64::saturating_add));
        self.enumeration_complete == Some(true) && self.total.is_some_and(|total| done >= total)
    }
}

/// The answer to reading a job.
#[derive(serde::Deserialize)]
pub(crate) struct ProfileJobAnswer {
    pub(crate) job: ProfileJob,
}

resource! {
    /// How a project makes profiles.
    pub struct ProfileSettings {
        /// Whether it makes any.
        pub enabled: bool,
        /// What the plan allows. What it holds is not documented.
        pub capabilities: Value,
        /// What holds for each kind of entity.
        pub entities: ProfileEntities,
    }
}

resource! {
    /// What holds for each kind of entity. Others than users are in `extra`, once there are any.
    pub struct ProfileEntities {
        /// What holds for users.
        pub user: ProfileForm,
    }
}

resource! {
    /// The form of a profile.
    pub struct ProfileForm {
        /// The JSON Schema of a profile. `None` for the platform's own.
        pub schema: Value,
        /// What to heed when profiles are made.
        pub custom_instructions: Instructions,
    }
}
