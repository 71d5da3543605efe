//! Projects as code: reading the current state of an organization, and carrying out a plan.

use std::collections::HashMap;

use http::{Method, StatusCode};

use super::{OrganizationApi, ProjectApi, Transport, maybe_async};
use crate::error::{DecodeError, Error, Result};
use crate::ids::ProjectId;
use crate::plan::{
    ApplyError, CurrentOrganization, CurrentProject, DesiredOrganization, Plan, ProjectRef, Prune, Step,
    is_same_text,
};
use crate::types::{NewWebhook, ProjectUpdate, Role, WebhookUpdate};

#[maybe_async]
impl<T: Transport> OrganizationApi<T> {
    /// Reads all that a plan may be about: the organization and its members, and its projects with their settings,
    /// members and webhooks. The webhooks of a project are read where the caller is an OWNER, who alone may see them.
    ///
    /// # Errors
    /// As [`get`](Self::get), [`projects`](Self::projects) and
    /// [`WebhooksApi::list`](super::WebhooksApi::list).
    ///
    #[doc = example!(
    "let org_id = client.ping()" await "?.org_id.ok_or(\"no organization\")?;
let state = client.organization(&org_id).current_state()" await "?;
println!(\"{} projects\", state.projects.len());
# assert_eq!(state.projects.len(), 1);"
    )]
    pub async fn current_state(&self) -> Result<CurrentOrganization> {
        let mut state = self.state_without_webhooks().await?;
        for current in &mut state.projects {
            if current.project.user_role != Some(Role::Owner) {
                continue;
            }
            if let Some(project_id) = current.project.project_id.clone() {
                let webhooks = self.project(project_id).webhooks().list().await?;
                current.webhooks = Some(webhooks);
            }
        }
        Ok(state)
    }

    /// Reads what planning that desired state takes: as [`current_state`](Self::current_state), but of webhooks only
    /// those of projects whose webhooks it mentions.
    ///
    /// # Errors
    /// As [`current_state`](Self::current_state), and [`Error::Invalid`] as [`Plan::new`] for projects that can't be
    /// found as they are named.
    pub async fn current_state_for(&self, desired: &DesiredOrganization) -> Result<CurrentOrganization> {
        desired.check()?;
        let mut state = self.state_without_webhooks().await?;
        let places = state.places(desired)?;
        for (project, place) in desired.projects.iter().flat_map(|projects| projects.values()).zip(places) {
            let current = place.and_then(|place| state.projects.get_mut(place));
            let Some(current) = current.filter(|_| project.webhooks.is_some()) else { continue };
            if let Some(project_id) = current.project.project_id.clone() {
                let webhooks = self.project(project_id).webhooks().list().await?;
                current.webhooks = Some(webhooks);
            }
        }
        Ok(state)
    }

    /// Reads the current state and compares it with the desired one. Changes nothing.
    ///
    /// # Errors
    /// As [`current_state_for`](Self::current_state_for) and [`Plan::new`].
    ///
    #[doc = example!(
    "use mem0::plan::{Prune, DesiredOrganization};

let desired: DesiredOrganization = serde_json::from_value(serde_json::json!({
    \"projects\": {\"Support bot\": {\"decay\": true, \"custom_categories\": {\"billing\": \"Invoices\"}}},
}))?;
let org_id = client.ping()" await "?.org_id.ok_or(\"no organization\")?;
let organization = client.organization(&org_id);
let plan = organization.plan(&desired, Prune::No)" await "?;
println!(\"{plan}\");
organization.apply(&plan, |done, step| println!(\"{done}: {step}\"))" await "?;
assert!(organization.plan(&desired, Prune::No)" await "?.is_empty());"
    )]
    pub async fn plan(&self, desired: &DesiredOrganization, prune: Prune) -> Result<Plan> {
        let current = self.current_state_for(desired).await?;
        Plan::new(&current, desired, prune)
    }

    /// Carries a plan out, step by step, one request each (two where a project is made and the platform does not say
    /// its id), and tells after each how many are done. The platform may have changed since the plan was made: a plan
    /// is best applied soon, with the key that it was made with.
    ///
    /// # Errors
    /// [`ApplyError`] at the first failure, with how many steps were done: planning and applying again goes on. A plan
    /// of another organization, and one that is not the caller's to apply ([`Plan::check`]), is refused before anything
    /// is sent.
    pub async fn apply(
        &self,
        plan: &Plan,
        mut done: impl FnMut(usize, &Step) + Send,
    ) -> Result<(), ApplyError> {
        let of = plan.steps().len();
        if plan.org_id().is_some_and(|org_id| org_id != self.org_id()) {
            let error = Error::invalid("plan", "is of another organization; make one of this");
            return Err(ApplyError { done: 0, of, error });
        }
        plan.check().map_err(|error| ApplyError { done: 0, of, error })?;
        let mut made = HashMap::new();
        for (at, step) in plan.steps().iter().enumerate() {
            match self.carry_out(step, &made).await {
                Ok(project_id) => {
                    made.extend(
                        project_id.zip(step.project()).map(|(id, project)| (project.name.clone(), id)),
                    );
                }
                // The first of several attempts has removed it.
                Err(error) if step.is_destructive() && error.is_not_found() && error.attempts() > 1 => {}
                Err(error) => return Err(ApplyError { done: at, of, error }),
            }
            done(at + 1, step);
        }
        Ok(())
    }

    async fn state_without_webhooks(&self) -> Result<CurrentOrganization> {
        let identity = self.client().ping().await?;
        let organization = self.get().await?;
        let projects = self.projects().await?;
        let projects = projects.into_iter().map(|project| CurrentProject::new(project, None)).collect();
        Ok(CurrentOrganization::new(identity, organization, projects))
    }

    /// One step; the id of the project that it made, if it made one.
    async fn carry_out(&self, step: &Step, made: &HashMap<String, ProjectId>) -> Result<Option<ProjectId>> {
        match step {
            Step::AddMember { project: None, email, role } => {
                self.add_member(email.as_str(), role.clone()).await?;
            }
            Step::AddMember { project: Some(project), email, role } => {
                self.at(project, made)?.add_member(email.as_str(), role.clone()).await?;
            }
            Step::ChangeRole { project: None, email, to, .. } => {
                self.update_member(email.as_str(), to.clone()).await?;
            }
            Step::ChangeRole { project: Some(project), email, to, .. } => {
                self.at(project, made)?.update_member(email.as_str(), to.clone()).await?;
            }
            Step::RemoveMember { project: None, email, .. } => {
                self.remove_member(email.as_str()).await?;
            }
            Step::RemoveMember { project: Some(project), email, .. } => {
                self.at(project, made)?.remove_member(email.as_str()).await?;
            }
            Step::CreateProject { project } => {
                let created = self.create_project(project.name.as_str()).await?;
                if created.project_id.is_some() {
                    return Ok(created.project_id);
                }
                let projects = self.projects().await?;
                let of_name = projects
                    .into_iter()
                    .rev()
                    .find(|one| one.name.as_ref().is_some_and(|name| is_same_text(name, &project.name)));
                return Ok(of_name.and_then(|project| project.project_id));
            }
            Step::UpdateProject { project, settings } => {
                let update = settings.iter().fold(ProjectUpdate::new(), |update, setting| {
                    update.set(setting.name, setting.to.clone())
                });
                self.at(project, made)?.update(update).await?;
            }
            Step::DeleteProject { project } => {
                self.at(project, made)?.delete().await?;
            }
            Step::CreateWebhook { project, name, url, event_types, is_active } => {
                let mut webhook = NewWebhook::new(name, url.as_str(), event_types.clone());
                if !is_active {
                    webhook = webhook.is_active(false);
                }
                self.at(project, made)?.webhooks().create(webhook).await?;
            }
            Step::UpdateWebhook { project, webhook_id, new_name, url, event_types, is_active, .. } => {
                let mut update = WebhookUpdate::new();
                if let Some(name) = new_name {
                    update = update.name(name);
                }
                if let Some(url) = url {
                    update = update.url(url.to.as_str());
                }
                if let Some(event_types) = event_types {
                    update = update.event_types(event_types.to.clone());
                }
                if let Some(is_active) = is_active {
                    update = update.set("is_active", is_active.to);
                }
                self.at(project, made)?.webhooks().update(webhook_id, update).await?;
            }
            Step::DeleteWebhook { project, webhook_id, .. } => {
                self.at(project, made)?.webhooks().delete(webhook_id).await?;
            }
        }
        Ok(None)
    }
}

impl<T: Transport> OrganizationApi<T> {
    /// The project of a step, which may be one that was made by a step before.
    fn at(&self, project: &ProjectRef, made: &HashMap<String, ProjectId>) -> Result<ProjectApi<T>> {
        let id = project.id.as_ref().or_else(|| made.get(&project.name));
        let id = id.ok_or_else(|| {
            let path = "/api/v1/orgs/organizations/{org_id}/projects/";
            let message = "missing; the project was created: plan again";
            DecodeError::missing(Method::POST, path, StatusCode::OK, "project_id", message, &())
        })?;
        Ok(self.project(id))
    }
}
