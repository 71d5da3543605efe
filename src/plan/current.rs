//! Current state of an organization.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::matching::match_existing;
use super::text::is_same_text;
use super::{DesiredIdentity, DesiredMembers, DesiredOrganization, DesiredProject, DesiredWebhook, Email};
use crate::error::{DecodeError, Error, Result};
use crate::ids::ProjectId;
use crate::types::{
    CustomCategory, Identity, Instructions, Member, Organization, Project, Role, Webhook, WebhookEventType,
};

/// Current state of an organization, from which a plan starts.
///
/// Read it with `OrganizationApi::current_state`, or build it from your own calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CurrentOrganization {
    /// Identity of the caller. A plan removes the caller's memberships last, and never deletes the project of the
    /// caller's key.
    pub identity: Identity,
    /// Organization with its members.
    pub organization: Organization,
    /// Projects that the caller can see.
    pub projects: Vec<CurrentProject>,
}

/// Current state of a project.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CurrentProject {
    /// Project with its settings and members.
    pub project: Project,
    /// Webhooks; `None` if they were not read.
    pub webhooks: Option<Vec<Webhook>>,
}

impl CurrentOrganization {
    /// Creates a state from its parts.
    pub fn new(identity: Identity, organization: Organization, projects: Vec<CurrentProject>) -> Self {
        Self { identity, organization, projects }
    }

    /// Converts the state to a desired state, for which a plan has no steps.
    ///
    /// Unset settings, member lists without an OWNER, and webhooks that were not read are omitted.
    ///
    /// The result has only what the caller can see. If a READER creates it and an OWNER applies it with
    /// [`Prune::Yes`](super::Prune::Yes), the projects that the READER can't see are deleted.
    ///
    /// Every project has its id, so that it can be renamed. If several projects share a name, the first one has the
    /// name as its key, and the others have the name and the id.
    ///
    /// # Errors
    /// [`Error::Decode`] if an id, a name or the e-mail address of a member is missing.
    pub fn to_desired(&self) -> Result<DesiredOrganization> {
        let organization =
            DesiredIdentity { id: self.organization.org_id.clone(), name: self.organization.name.clone() };
        let mut projects = BTreeMap::new();
        for current in &self.projects {
            let (id, name) = (current.id()?, current.name()?);
            let mut project = current.to_desired()?;
            let mut key = name.to_owned();
            // The new key may be the name of another project.
            while projects.contains_key(&key) {
                key = format!("{key} ({})", id.as_str());
                project.name = Some(name.to_owned());
            }
            projects.insert(key, project);
        }
        let desired = DesiredOrganization {
            organization: Some(organization),
            members: desired_members(self.members()?),
            projects: Some(projects),
        };
        Ok(desired)
    }

    /// E-mail address of the caller.
    pub(super) fn caller(&self) -> Result<Email> {
        let email = self.identity.user_email.as_ref().and_then(|email| email.parse().ok());
        email.ok_or_else(|| {
            missing("/v1/ping/", "user_email", "missing, or not an e-mail address", &self.identity)
        })
    }

    pub(super) fn members(&self) -> Result<BTreeMap<Email, Role>> {
        members(ORGANIZATION, self.organization.members.as_ref(), &self.organization)
    }

    /// Index of the current project for each desired project, in the order of their keys; `None` for a new project.
    pub(crate) fn project_indices(&self, desired: &DesiredOrganization) -> Result<Vec<Option<usize>>> {
        let desired: Vec<_> = desired
            .projects
            .iter()
            .flatten()
            .map(|(key, project)| (project.id.as_ref().map(ProjectId::as_str), project.name(key)))
            .collect();
        let current = self.projects.iter().map(|project| Ok((project.id()?.as_str(), project.name()?)));
        match_existing("project", &desired, &current.collect::<Result<Vec<_>>>()?)
    }
}

impl CurrentProject {
    /// Creates a state from a project and its webhooks, if they were read.
    pub fn new(project: Project, webhooks: Option<Vec<Webhook>>) -> Self {
        Self { project, webhooks }
    }

    pub(super) fn id(&self) -> Result<&ProjectId> {
        self.project.id()
    }

    pub(super) fn name(&self) -> Result<&str> {
        self.project.name()
    }

    pub(super) fn members(&self) -> Result<BTreeMap<Email, Role>> {
        members(PROJECTS, self.project.members.as_ref(), &self.project)
    }

    fn to_desired(&self) -> Result<DesiredProject> {
        let project = &self.project;
        let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let instructions = |value: &Option<Instructions>| text(value.as_deref());
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
            members: desired_members(self.members()?),
            webhooks: self.webhooks.as_deref().map(desired_webhooks).transpose()?,
        })
    }
}

/// Paths of the compared responses, for errors.
const ORGANIZATION: &str = "/api/v1/orgs/organizations/{org_id}/";
const PROJECTS: &str = "/api/v1/orgs/organizations/{org_id}/projects/";
const WEBHOOKS: &str = "/api/v1/webhooks/projects/{project_id}/";

/// Error for a required field that is missing from a response.
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

fn desired_members(members: BTreeMap<Email, Role>) -> Option<DesiredMembers> {
    Some(DesiredMembers::new(members)).filter(DesiredMembers::has_owner)
}

fn desired_webhooks(webhooks: &[Webhook]) -> Result<Vec<DesiredWebhook>> {
    let message = "a webhook without a name, a URL or event types";
    let missing = || missing(WEBHOOKS, ".", message, &());
    let mut desired: Vec<DesiredWebhook> = Vec::new();
    for webhook in webhooks {
        let name = webhook.name.clone().ok_or_else(missing)?;
        let is_ambiguous = webhooks
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
            id: webhook.webhook_id.clone().filter(|_| is_ambiguous || event_types.is_empty()),
            name,
            url: webhook.url.clone().ok_or_else(missing)?,
            event_types,
            is_active: webhook.is_active,
        });
    }
    desired.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    Ok(desired)
}
