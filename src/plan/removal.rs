//! Removal of a member from an organization and all its projects.

use super::read_only::read_only;
use super::step::{ProjectReference, Step};
use super::{CurrentOrganization, Email, Plan};
use crate::error::Result;
use crate::types::Role;

impl Plan {
    /// Plans the removal of a member from all projects, and then from the organization.
    ///
    /// The plan is empty if there is no such member. Projects of which they are the last OWNER come after the other
    /// projects: the platform refuses to remove a last OWNER, and a plan stops at the first refusal.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) if a project has no id or no name, or if its members or those of the
    /// organization are unknown or have no e-mail addresses or roles.
    ///
    /// ```
    /// use mem0::plan::{CurrentOrganization, Plan};
    /// use serde_json::json;
    ///
    /// let mut current = CurrentOrganization::default();
    /// current.organization.members =
    ///     serde_json::from_value(json!([{"email": "Bob@example.com", "role": "READER"}]))?;
    /// let plan = Plan::removal(&current, &"bob@example.com".parse()?)?;
    /// assert_eq!(plan.steps()[0].to_string(), "remove a member with role READER from the organization");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn removal(current: &CurrentOrganization, email: &Email) -> Result<Self> {
        let (mut steps, mut of_last_owner) = (Vec::new(), Vec::new());
        for current in &current.projects {
            let members = current.members()?;
            let Some((email, role)) = members.get_key_value(email) else { continue };
            let project =
                ProjectReference { name: current.name()?.to_owned(), id: Some(current.id()?.clone()) };
            let mut others = members.iter().filter(|(other, _)| *other != email);
            let has_other_owner = others.any(|(_, role)| *role == Role::Owner);
            let is_last_owner = *role == Role::Owner && !has_other_owner;
            let steps = if is_last_owner { &mut of_last_owner } else { &mut steps };
            steps.push(removal(Some(project), email, role));
        }
        steps.append(&mut of_last_owner);
        if let Some((email, role)) = current.members()?.get_key_value(email) {
            steps.push(removal(None, email, role));
        }
        Ok(Self {
            org_id: current.organization.org_id.clone(),
            organization: current.organization.name.clone(),
            read_only: read_only(&steps, current),
            steps,
            unmanaged: Vec::new(),
        })
    }
}

fn removal(project: Option<ProjectReference>, email: &Email, role: &Role) -> Step {
    Step::RemoveMember { project, email: email.clone(), role: role.clone(), also_from: Vec::new() }
}
