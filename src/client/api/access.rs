//! Roles in an organization and all its projects, and the removal of a member from all of them.

use super::{OrganizationApi, Transport, maybe_async};
use crate::error::{ApiErrorKind, Error, Result};
use crate::plan::{CurrentOrganization, CurrentProject, Email, Plan};
use crate::types::{Access, Identity, Member, Project};

#[maybe_async]
impl<T: Transport> OrganizationApi<T> {
    /// Reads who has which role in the organization and in each of its projects.
    ///
    /// A project that the platform lists but does not let the caller read is in the result, as unreadable. Projects that
    /// the platform does not list for the caller are missing: as an OWNER of the organization, you see all.
    ///
    /// Sends two requests, and one more per project that is listed without its members.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// As [`get`](Self::get) and [`projects`](Self::projects). [`Error::Decode`](crate::Error::Decode) if the
    /// organization has no members, a project no id, or a member no role.
    ///
    #[doc = example!(
    "let organization = client.organization(client.ping()" await "?.org_id()?);
let access = organization.access()" await "?;
println!(\"{access}\"); // a table with e-mail addresses
# assert_eq!(access.members.len(), 2);"
    )]
    pub async fn access(&self) -> Result<Access> {
        let organization = self.get().await?;
        let mut projects = Vec::new();
        for project in self.projects().await? {
            let members = match self.members_of(&project).await {
                Ok(members) => Some(members),
                Err(Error::Api(error))
                    if matches!(error.kind, ApiErrorKind::PermissionDenied | ApiErrorKind::NotFound)
                        && !error.is_self_hosted_server() =>
                {
                    None
                }
                Err(error) => return Err(error),
            };
            projects.push((project, members));
        }
        Access::new(self.org_id(), organization, &projects)
    }

    /// Plans the removal of a member from all projects, and then from the organization. **Changes nothing**: show the plan,
    /// and apply it with [`apply`](Self::apply).
    ///
    /// The plan is empty if there is no such member. The case of ASCII letters of the e-mail address is ignored. Projects
    /// of which the member is the last OWNER come after the other projects, because the platform refuses to remove them.
    /// `apply` stops there, before the organization: its error has the reason, [`done`](crate::plan::ApplyError::done)
    /// counts the removals before it, and the rest of [`steps`](Plan::steps) is left. Add another OWNER, and plan again.
    ///
    /// `Display` of the plan shows no e-mail addresses; [`diff`](Plan::diff) does. Both are grouped by place, the organization
    /// first; [`steps`](Plan::steps) has the order in which they are applied.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an invalid e-mail address; nothing is sent then. As
    /// [`get`](Self::get), [`projects`](Self::projects) and [`Plan::removal`]. [`Error::Api`](crate::Error::Api) with 403
    /// or 404 if the caller can't read the members of a project.
    ///
    #[doc = example!(
    "let organization = client.organization(client.ping()" await "?.org_id()?);
# client.project().add_member(\"ann@example.com\", mem0::Role::Reader)" await "?;
let plan = organization.remove_everywhere(\"ann@example.com\")" await "?;
for step in plan.steps() {
    println!(\"{step}\");
}
# assert_eq!(plan.steps().len(), 2);
organization.apply(&plan, |done, step| println!(\"{done}: {step}\"))" await "?;
# assert!(organization.remove_everywhere(\"ann@example.com\")" await "?.is_empty());"
    )]
    pub async fn remove_everywhere(&self, email: &str) -> Result<Plan> {
        let email: Email = email.parse()?;
        let organization = self.get().await?;
        let mut projects = Vec::new();
        for mut project in self.projects().await? {
            project.members = Some(self.members_of(&project).await?);
            projects.push(CurrentProject::new(project, None));
        }
        Plan::removal(&CurrentOrganization::new(Identity::default(), organization, projects), &email)
    }

    /// Members of a listed project, which are read if the list does not have them.
    async fn members_of(&self, project: &Project) -> Result<Vec<Member>> {
        if let Some(members) = &project.members {
            return Ok(members.clone());
        }
        Ok(self.project(project.id()?).get().await?.members()?.to_vec())
    }
}
