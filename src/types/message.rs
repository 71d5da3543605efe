//! The platform's short answers.

use http::{Method, StatusCode};

use crate::error::{DecodeError, Result};
use crate::id::{OrgId, ProjectId};

resource! {
    /// What the platform says of a change it made. The wording varies (contract D6): show it, never compare it.
    pub struct Message {
        /// The platform's words.
        pub message: String,
    }
}

resource! {
    /// The answer to creating a project: its identifier, not the project (contract D5).
    pub struct ProjectCreated {
        /// The platform's words.
        pub message: String,
        /// The new project's identifier.
        pub project_id: ProjectId,
    }
}

impl ProjectCreated {
    /// The new project's identifier, as a result.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if the platform left it out. The project has been created all the
    /// same: look for it in the organization's list.
    pub fn id(&self) -> Result<&ProjectId> {
        let path = "/api/v1/orgs/organizations/{org_id}/projects/";
        let message = "missing; the project was created: list the projects";
        let missing =
            || DecodeError::missing(Method::POST, path, StatusCode::OK, "project_id", message, self);
        self.project_id.as_ref().ok_or_else(missing)
    }
}

resource! {
    /// The answer to creating an organization: its identifier, not the organization.
    pub struct OrganizationCreated {
        /// The platform's words.
        pub message: String,
        /// The new organization's identifier.
        pub org_id: OrgId,
    }
}

impl OrganizationCreated {
    /// The new organization's identifier, as a result.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if the platform left it out. The organization has been created all
    /// the same: look for it in the list of organizations.
    pub fn id(&self) -> Result<&OrgId> {
        let path = "/api/v1/orgs/organizations/";
        let message = "missing; the organization was created: list the organizations";
        let missing =
            || DecodeError::missing(Method::POST, path, StatusCode::CREATED, "org_id", message, self);
        self.org_id.as_ref().ok_or_else(missing)
    }
}
