//! The current state: what the platform says.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::Serialize;

use super::matching::matched;
use super::text::is_same_text;
use super::{DesiredIdentity, DesiredMembers, DesiredOrganization, DesiredProject, DesiredWebhook, Email};
use crate::error::{DecodeError, Error, Result};
use crate::ids::ProjectId;
use crate::types::{
    CustomCategory, Identity, Instructions, Member, Organization, Project, Role, Webhook, WebhookEventType,
};

/// An organization as it is: what a plan starts from. Read by `OrganizationApi::current_state`, or made of what you
/// have read yourself.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct CurrentOrganization {
    /// Whose key it is. The caller's own memberships are lost last, and the key's own project is never deleted.
    pub identity: Identity,
    /// The organization, with its members.
    pub organization: Organization,
    /// Its projects that the caller may see.
    pub projects: Vec<CurrentProject>,
}

/// A project as it is.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct CurrentProject {
    /// The project, with its settings and members.
    pub project: Project,
    /// Its webhooks; `None` where they were not read.
    pub webhooks: Option<Vec<Webhook>>,
}

impl CurrentOrganization {
    /// A state, put together.
    pub fn new(identity: Identity, organization: Organization, projects: Vec<CurrentProject>) -> Self {
        Self { identity, organization, projects }
    }

    /// The state as a desired one: planning it finds no changes. Settings that were never set are left out, and so are
    /// members among whom nobody is an OWNER, and webhooks that were not read. What the caller does not see is not in
    /// it: to [prune](super::Prune::Yes) with what a READER has pulled deletes the projects that they are no members of.
    ///
    /// Every project has its id, so that it may be renamed. Where several have one name, the keys of the others are
    /// made of name and id.
    ///
    /// # Errors
    /// [`Error::Decode`] where the platform left out an identifier, a name or a member's e-mail address.
    pub fn to_wanted(&self) -> Result<DesiredOrganization> {
        let organization =
            DesiredIdentity { id: self.organization.org_id.clone(), name: self.organization.name.clone() };
        let mut projects = BTreeMap::new();
        for current in &self.projects {
            let (id, name) = (current.id()?, current.name()?);
            let mut project = current.to_wanted()?;
            let mut key = name.to_owned();
            // Another one's name may look like the key that is made here.
            while projects.contains_key(&key) {
                key = format!("{key} ({})", id.as_str());
                project.name = Some(name.to_owned());
            }
            projects.insert(key, project);
        }
        let desired = DesiredOrganization {
            organization: Some(organization),
            members: wanted_members(self.members()?),
            projects: Some(projects),
        };
        Ok(desired)
    }

    pub(super) fn caller(&self) -> Result<Email> {
        let told = self.identity.user_email.as_ref().and_then(|email| email.parse().ok());
        told.ok_or_else(|| {
            missing("/v1/ping/", "user_email", "missing, or not an e-mail address", &self.identity)
        })
    }

    pub(super) fn members(&self) -> Result<BTreeMap<Email, Role>> {
        members(ORGANIZATION, self.organization.members.as_ref(), &self.organization)
    }

    /// For each desired project, in the order of their keys, its place among those that are there; `None` for one that
    /// is to be made.
    pub(crate) fn places(&self, desired: &DesiredOrganization) -> Result<Vec<Option<usize>>> {
        let desired: Vec<_> = desired
            .projects
            .iter()
            .flatten()
            .map(|(key, project)| (project.id.as_ref().map(ProjectId::as_str), project.name(key)))
            .collect();
        let there = self.projects.iter().map(|project| Ok((project.id()?.as_str(), project.name()?)));
        matched("project", &desired, &there.collect::<Result<Vec<_>>>()?)
    }
}

impl CurrentProject {
    /// A project, and its webhooks where they were read.
    pub fn new(project: Project, webhooks: Option<Vec<Webhook>>) -> Self {
        Self { project, webhooks }
    }

    pub(super) fn id(&self) -> Result<&ProjectId> {
        let missing = || missing(PROJECTS, "project_id", "missing from a project", &self.project);
        self.project.project_id.as_ref().ok_or_else(missing)
    }

    pub(super) fn name(&self) -> Result<&str> {
        let missing = || missing(PROJECTS, "name", "missing from a project", &self.project);
        self.project.name.as_deref().ok_or_else(missing)
    }

    pub(super) fn members(&self) -> Result<BTreeMap<Email, Role>> {
        members(PROJECTS, self.project.members.as_ref(), &self.project)
    }

    fn to_wanted(&self) -> Result<DesiredProject> {
        let project = &self.project;
        let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let instructions = |written: &Option<Instructions>| text(written.as_deref());
        let categories = |categories: &Vec<CustomCategory>| !categories.is_empty();
        Ok(DesiredProject {
            id: project.project_id.clone(),
            name: None,
            description: text(project.description.as_deref()),
            custom_instructions: instructions(&project.custom_instructions),
            agent_custom_instructions: instructions(&project.agent_custom_instructions),
            inclusion_prompt: text(project.inclusion_prompt.as_deref()),
            exclusion_prompt: text(project.exclusion_prompt.as_deref()),
            memory_depth: text(project.memory_depth.as_deref()),
            usecase_setting: text(project.usecase.as_deref()).map(Into::into),
            multilingual: project.multilingual,
            decay: project.decay,
            version: text(project.version.as_deref()),
            custom_categories: project.custom_categories.clone().filter(categories),
            members: wanted_members(self.members()?),
            webhooks: self.webhooks.as_deref().map(wanted_webhooks).transpose()?,
        })
    }
}

/// Where the platform says what is compared.
const ORGANIZATION: &str = "/api/v1/orgs/organizations/{org_id}/";
const PROJECTS: &str = "/api/v1/orgs/organizations/{org_id}/projects/";
const WEBHOOKS: &str = "/api/v1/webhooks/projects/{project_id}/";

/// The platform left something out that is needed.
fn missing(path: &str, field: &str, message: &str, value: &impl Serialize) -> Error {
    DecodeError::missing(Method::GET, path, StatusCode::OK, field, message, value)
}

fn members(
    path: &str,
    members: Option<&Vec<Member>>,
    object: &impl Serialize,
) -> Result<BTreeMap<Email, Role>> {
    let members = members.ok_or_else(|| missing(path, "members", "missing", object))?;
    let member = |member: &Member| {
        let email = member.email.as_ref().and_then(|email| email.parse().ok());
        Some((email?, member.role.clone()?))
    };
    let known: Option<BTreeMap<Email, Role>> = members.iter().map(member).collect();
    known.ok_or_else(|| missing(path, "members", "a member without an e-mail address or a role", members))
}

fn wanted_members(members: BTreeMap<Email, Role>) -> Option<DesiredMembers> {
    Some(DesiredMembers::new(members)).filter(DesiredMembers::has_owner)
}

fn wanted_webhooks(webhooks: &[Webhook]) -> Result<Vec<DesiredWebhook>> {
    let message = "a webhook without a name, a URL or event types";
    let missing = || missing(WEBHOOKS, ".", message, &());
    let mut desired: Vec<DesiredWebhook> = Vec::new();
    for webhook in webhooks {
        let name = webhook.name.clone().ok_or_else(missing)?;
        let is_double = webhooks
            .iter()
            .filter(|other| other.name.as_deref().is_some_and(|other| is_same_text(other, &name)))
            .count()
            > 1;
        let mut event_types: Vec<WebhookEventType> = Vec::new();
        for event_type in webhook.event_types.as_ref().ok_or_else(missing)? {
            if !event_types.contains(event_type) {
                event_types.push(event_type.clone());
            }
        }
        desired.push(DesiredWebhook {
            id: webhook.webhook_id.clone().filter(|_| is_double || event_types.is_empty()),
            name,
            url: webhook.url.clone().ok_or_else(missing)?,
            event_types,
            is_active: webhook.is_active,
        });
    }
    desired.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    Ok(desired)
}
