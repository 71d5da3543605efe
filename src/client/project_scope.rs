//! Organization and project of a call.

use crate::error::{Error, Result};
use crate::ids::{OrgId, ProjectId, check_path_segment};

/// An organization and one of its projects.
#[derive(Debug, Clone)]
pub(crate) struct ProjectScope {
    pub(crate) org_id: OrgId,
    pub(crate) project_id: ProjectId,
}

impl ProjectScope {
    /// Checks that both ids are set or none: the platform would choose a missing one itself.
    pub(crate) fn new(org_id: Option<OrgId>, project_id: Option<ProjectId>) -> Result<Option<Self>> {
        match (org_id, project_id) {
            (None, None) => Ok(None),
            (Some(org_id), Some(project_id)) => {
                check_path_segment(OrgId::FIELD, org_id.as_str())?;
                check_path_segment(ProjectId::FIELD, project_id.as_str())?;
                Ok(Some(Self { org_id, project_id }))
            }
            (Some(_), None) => {
                Err(Error::config("project_id", "is missing; set `org_id` and `project_id` together"))
            }
            (None, Some(_)) => {
                Err(Error::config("org_id", "is missing; set `org_id` and `project_id` together"))
            }
        }
    }

    pub(crate) fn ids(&self) -> (&OrgId, &ProjectId) {
        (&self.org_id, &self.project_id)
    }
}
