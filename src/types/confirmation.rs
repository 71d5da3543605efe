//! Confirmations, and responses to creating projects and organizations.

use std::fmt;

use http::{Method, StatusCode};

use crate::error::{DecodeError, Result};
use crate::ids::{OrgId, ProjectId};
use crate::redact::redact_all;

resource! {
    /// Confirmation of a change.
    ///
    /// The wording of the message varies between responses: show it, but do not compare it.
    pub struct Confirmation {
        /// Message of the platform, to show to people.
        pub message: String,
    }
}

/// The message of the platform with redacted e-mail addresses and keys, or `no message`.
impl fmt::Display for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_deref().filter(|message| !message.trim().is_empty()) {
            Some(message) => f.write_str(&redact_all(message)),
            None => f.write_str("no message"),
        }
    }
}

resource! {
    /// Response to creating a project: the id of the new project, not the project.
    pub struct ProjectCreated {
        /// Message of the platform, to show to people.
        pub message: String,
        /// Id of the new project.
        pub project_id: ProjectId,
        /// Organization of the new project. Most responses leave it out; the client sets the organization of the request
        /// then.
        pub org_id: OrgId,
    }
}

impl ProjectCreated {
    /// Returns the id of the new project.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if the response has no id. The project was created anyway: find it in
    /// the projects of the organization.
    pub fn id(&self) -> Result<&ProjectId> {
        let path = "/api/v1/orgs/organizations/{org_id}/projects/";
        let message = "missing; the project was created: list the projects";
        let missing =
            || DecodeError::missing(Method::POST, path, StatusCode::OK, "project_id", message, self);
        self.project_id.as_ref().ok_or_else(missing)
    }

    /// Returns the organization of the new project.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if it is not known, in a value that was not returned by a client.
    pub fn org_id(&self) -> Result<&OrgId> {
        let path = "/api/v1/orgs/organizations/{org_id}/projects/";
        let message = "missing; the project was created: name its organization with `project_in`";
        let missing = || DecodeError::missing(Method::POST, path, StatusCode::OK, "org_id", message, self);
        self.org_id.as_ref().ok_or_else(missing)
    }
}

resource! {
    /// Response to creating an organization: the id of the new organization, not the organization.
    pub struct OrganizationCreated {
        /// Message of the platform, to show to people.
        pub message: String,
        /// Id of the new organization.
        pub org_id: OrgId,
    }
}

impl OrganizationCreated {
    /// Returns the id of the new organization.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if the response has no id. The organization was created anyway: find it
    /// in the list of organizations.
    pub fn id(&self) -> Result<&OrgId> {
        let path = "/api/v1/orgs/organizations/";
        let message = "missing; the organization was created: list the organizations";
        let missing =
            || DecodeError::missing(Method::POST, path, StatusCode::CREATED, "org_id", message, self);
        self.org_id.as_ref().ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_confirmation_displays_its_message() {
        for (body, shown) in [
            (r#"{"message":"User added to the project."}"#, "User added to the project."),
            (r#"{"message":"Added ann@x.io to it."}"#, "Added [e-mail] to it."),
            (r#"{"message":" "}"#, "no message"),
            (r#"{"message":null}"#, "no message"),
            ("{}", "no message"),
        ] {
            assert_eq!(serde_json::from_str::<Confirmation>(body).unwrap().to_string(), shown);
        }
    }
}
