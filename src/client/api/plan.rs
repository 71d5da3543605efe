//! Projects as code: reads the current state of an organization, and applies plans.

use std::collections::HashMap;

use http::{Method, StatusCode};

use super::{OrganizationApi, ProjectApi, Transport, maybe_async};
use crate::error::{DecodeError, Error, Result};
use crate::ids::ProjectId;
use crate::plan::{
    ApplyError, CurrentOrganization, CurrentProject, DesiredOrganization, Plan, ProjectReference, Prune,
    Step, is_same_text,
};
use crate::types::{NewWebhook, ProjectUpdate, Role, WebhookUpdate};

#[maybe_async]
impl<T: Transport> OrganizationApi<T> {
    /// Reads the current state: the organization with its members, and its projects with settings, members and
    /// webhooks.
    ///
    /// Webhooks are read only for projects of which the caller is an OWNER; others can't see them.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// As [`get`](Self::get), [`projects`](Self::projects) and
    /// [`WebhooksApi::list`](super::WebhooksApi::list).
    ///
    #[doc = example!(
    "let organization = client.organization(client.ping()" await "?.org_id()?);
let state = organization.current_state()" await "?;
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

    /// Reads the part of the current state that a plan for the given desired state needs.
    ///
    /// This is [`current_state`](Self::current_state), but with the webhooks of only those projects whose webhooks are
    /// managed.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// As [`current_state`](Self::current_state), and [`Error::Invalid`] for a contradictory desired state, an unknown
    /// project id or an ambiguous project name.
    pub async fn current_state_for(&self, desired: &DesiredOrganization) -> Result<CurrentOrganization> {
        desired.check()?;
        let mut state = self.state_without_webhooks().await?;
        let indices = state.project_indices(desired)?;
        for (project, index) in desired.projects.iter().flat_map(|projects| projects.values()).zip(indices) {
            let current = index.and_then(|index| state.projects.get_mut(index));
            let Some(current) = current.filter(|_| project.webhooks.is_some()) else { continue };
            if let Some(project_id) = current.project.project_id.clone() {
                let webhooks = self.project(project_id).webhooks().list().await?;
                current.webhooks = Some(webhooks);
            }
        }
        Ok(state)
    }

    /// Reads the current state and compares it with the desired state. Changes nothing.
    ///
    /// Dropping the future of the async client cancels the call; nothing is changed.
    ///
    /// # Errors
    /// As [`current_state_for`](Self::current_state_for) and [`Plan::new`].
    ///
    #[doc = example!(
    "use mem0::plan::{Prune, DesiredOrganization};

let desired: DesiredOrganization = serde_json::from_value(serde_json::json!({
    \"projects\": {\"Support bot\": {\"decay\": true, \"custom_categories\": {\"billing\": \"Invoices\"}}},
}))?;
let organization = client.organization(client.ping()" await "?.org_id()?);
let plan = organization.plan(&desired, Prune::No)" await "?;
println!(\"{plan}\");
organization.apply(&plan, |done, step| println!(\"{done}: {step}\"))" await "?;
assert!(organization.plan(&desired, Prune::No)" await "?.is_empty());"
    )]
    pub async fn plan(&self, desired: &DesiredOrganization, prune: Prune) -> Result<Plan> {
        let current = self.current_state_for(desired).await?;
        Plan::new(&current, desired, prune)
    }

    /// Applies a plan step by step, and calls `on_step` after each step with the number of applied steps.
    ///
    /// A step is one request; creating a project takes a second one if the response has no id.
    ///
    /// Apply a plan soon after it was created, and with the same key: it does not detect changes made in the meantime.
    ///
    /// Dropping the future of the async client cancels the call. Applied steps are kept, and the current one may still
    /// be carried out. To continue, plan and apply again.
    ///
    /// # Errors
    /// [`ApplyError`] for the first step that fails, with the number of applied steps. To continue, plan and apply
    /// again. A plan of another organization, or one that the caller may not apply ([`Plan::check`]), fails before
    /// anything is sent.
    pub async fn apply(
        &self,
        plan: &Plan,
        mut on_step: impl FnMut(usize, &Step) + Send,
    ) -> Result<(), ApplyError> {
        let total = plan.steps().len();
        if plan.org_id().is_some_and(|org_id| org_id != self.org_id()) {
            let error =
                Error::invalid("plan", "created for another organization; create one for this organization");
            return Err(ApplyError { done: 0, total, error });
        }
        plan.check().map_err(|error| ApplyError { done: 0, total, error })?;
        let mut created = HashMap::new();
        for (index, step) in plan.steps().iter().enumerate() {
            match self.apply_step(step, &created).await {
                Ok(project_id) => {
                    created.extend(
                        project_id.zip(step.project()).map(|(id, project)| (project.name.clone(), id)),
                    );
                }
                // An earlier attempt of this request has removed it.
                Err(error) if step.is_destructive() && error.is_not_found() && error.attempts() > 1 => {}
                Err(error) => return Err(ApplyError { done: index, total, error }),
            }
            on_step(index + 1, step);
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

    /// Applies a step. Returns the id of the project, if the step created one.
    async fn apply_step(
        &self,
        step: &Step,
        created: &HashMap<String, ProjectId>,
    ) -> Result<Option<ProjectId>> {
        match step {
            Step::AddMember { project: None, email, role } => {
                self.add_member(email.as_str(), role.clone()).await?;
            }
            Step::AddMember { project: Some(project), email, role } => {
                self.project_of(project, created)?.add_member(email.as_str(), role.clone()).await?;
            }
            Step::ChangeRole { project: None, email, to, .. } => {
                self.update_member(email.as_str(), to.clone()).await?;
            }
            Step::ChangeRole { project: Some(project), email, to, .. } => {
                self.project_of(project, created)?.update_member(email.as_str(), to.clone()).await?;
            }
            Step::RemoveMember { project: None, email, .. } => {
                self.remove_member(email.as_str()).await?;
            }
            Step::RemoveMember { project: Some(project), email, .. } => {
                self.project_of(project, created)?.remove_member(email.as_str()).await?;
            }
            Step::CreateProject { project } => {
                let new_project = self.create_project(project.name.as_str()).await?;
                if new_project.project_id.is_some() {
                    return Ok(new_project.project_id);
                }
                let projects = self.projects().await?;
                let same_name = projects
                    .into_iter()
                    .rev()
                    .find(|found| found.name.as_ref().is_some_and(|name| is_same_text(name, &project.name)));
                return Ok(same_name.and_then(|project| project.project_id));
            }
            Step::UpdateProject { project, settings } => {
                let update = settings.iter().fold(ProjectUpdate::new(), |update, setting| {
                    update.set(setting.name, setting.to.clone())
                });
                self.project_of(project, created)?.update(update).await?;
            }
            Step::DeleteProject { project } => {
                self.project_of(project, created)?.delete().await?;
            }
            Step::CreateWebhook { project, name, url, event_types, is_active } => {
                let mut webhook = NewWebhook::new(name, url.as_str(), event_types.clone());
                if !is_active {
                    webhook = webhook.is_active(false);
                }
                self.project_of(project, created)?.webhooks().create(webhook).await?;
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
                self.project_of(project, created)?.webhooks().update(webhook_id, update).await?;
            }
            Step::DeleteWebhook { project, webhook_id, .. } => {
                self.project_of(project, created)?.webhooks().delete(webhook_id).await?;
            }
        }
        Ok(None)
    }
}

impl<T: Transport> OrganizationApi<T> {
    /// Project of a step, which an earlier step may have created.
    fn project_of(
        &self,
        project: &ProjectReference,
        created: &HashMap<String, ProjectId>,
    ) -> Result<ProjectApi<T>> {
        let id = project.id.as_ref().or_else(|| created.get(&project.name));
        let id = id.ok_or_else(|| {
            let path = "/api/v1/orgs/organizations/{org_id}/projects/";
            let message = "missing, but the project was created; plan again";
            DecodeError::missing(Method::POST, path, StatusCode::OK, "project_id", message, &())
        })?;
        Ok(self.project(id))
    }
}
