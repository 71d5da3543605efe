//! What a plan changes without the caller being allowed to.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::{CurrentOrganization, ProjectRef, Step};
use crate::types::Role;

/// Something that a plan changes and the caller is only a READER of, as the platform tells.
///
/// `Display` says what it is, without e-mail addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct ReadOnly {
    /// The project; `None` for the organization: its members, and which projects there are.
    pub project: Option<ProjectRef>,
}

/// An OWNER of the organization may change all its projects. Where no role is told, the platform is asked to decide.
pub(super) fn read_only(steps: &[Step], current: &CurrentOrganization) -> Vec<ReadOnly> {
    if current.organization.user_role == Some(Role::Owner) {
        return Vec::new();
    }
    let is_reader = |project: &Option<ProjectRef>| {
        let role = match project {
            None => &current.organization.user_role,
            Some(project) => {
                let mut there = current.projects.iter().map(|current| &current.project);
                let found = there.find(|there| there.project_id == project.id);
                return found.is_some_and(|found| found.user_role == Some(Role::Reader));
            }
        };
        *role == Some(Role::Reader)
    };
    // What is not there yet is the organization's to make.
    let changed: BTreeSet<Option<ProjectRef>> = steps
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
            Some(project) => write!(f, "the project {project}"),
        }
    }
}
