//! Changes that the caller has no permission for.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::{CurrentOrganization, ProjectReference, Step};
use crate::types::Role;

/// Project or organization that a plan changes although the caller is only a READER of it.
///
/// `Display` shows no e-mail addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct ReadOnly {
    /// Project; `None` for the organization, that is, its members and its list of projects.
    pub project: Option<ProjectReference>,
}

/// Finds what the steps change without permission. An OWNER of the organization may change all its projects. If the
/// role is unknown, the step is allowed, and the platform decides.
pub(super) fn read_only(steps: &[Step], current: &CurrentOrganization) -> Vec<ReadOnly> {
    if current.organization.user_role == Some(Role::Owner) {
        return Vec::new();
    }
    let is_reader = |project: &Option<ProjectReference>| {
        let role = match project {
            None => &current.organization.user_role,
            Some(project) => {
                let mut projects = current.projects.iter().map(|current| &current.project);
                let found = projects.find(|current| current.project_id == project.id);
                return found.is_some_and(|found| found.user_role == Some(Role::Reader));
            }
        };
        *role == Some(Role::Reader)
    };
    // Creating a project is a change of the organization.
    let changed: BTreeSet<Option<ProjectReference>> = steps
        .iter()
        .map(|step| step.project().filter(|project| project.id.is_some()).cloned())
        .filter(is_reader)
        .collect();
    changed.into_iter().map(|project| ReadOnly { project }).collect()
}

impl fmt::Display for ReadOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.project {
            None => f.write_str("the organization"),
            Some(project) => write!(f, "project {project}"),
        }
    }
}
