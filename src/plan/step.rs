//! Steps of a plan.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::Email;
use crate::ids::{ProjectId, WebhookId};
use crate::redact::redact_all;
use crate::types::{Role, WebhookEventType, WebhookUrl};

/// Single change of a plan.
///
/// `Display` describes the change. Neither it nor `Debug` shows e-mail addresses.
#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// Adds a member.
    #[non_exhaustive]
    AddMember {
        /// Project; `None` for the organization.
        project: Option<ProjectReference>,
        /// E-mail address of the member.
        email: Email,
        /// Role of the member.
        role: Role,
    },
    /// Changes the role of a member.
    #[non_exhaustive]
    ChangeRole {
        /// Project; `None` for the organization.
        project: Option<ProjectReference>,
        /// E-mail address of the member.
        email: Email,
        /// Current role.
        from: Role,
        /// New role.
        to: Role,
    },
    /// Removes a member.
    #[non_exhaustive]
    RemoveMember {
        /// Project; `None` for the organization.
        project: Option<ProjectReference>,
        /// E-mail address of the member.
        email: Email,
        /// Current role.
        role: Role,
        /// Projects that the member is removed from together with the organization.
        also_from: Vec<ProjectReference>,
    },
    /// Creates a project.
    #[non_exhaustive]
    CreateProject {
        /// New project, which has no id yet.
        project: ProjectReference,
    },
    /// Changes settings of a project.
    #[non_exhaustive]
    UpdateProject {
        /// Project.
        project: ProjectReference,
        /// Changed settings; only these are sent.
        settings: Vec<SettingChange>,
    },
    /// Deletes a project **with all its memories**.
    #[non_exhaustive]
    DeleteProject {
        /// Project.
        project: ProjectReference,
    },
    /// Creates a webhook.
    #[non_exhaustive]
    CreateWebhook {
        /// Project of the webhook.
        project: ProjectReference,
        /// Name of the webhook.
        name: String,
        /// Target URL.
        url: WebhookUrl,
        /// Subscribed event types.
        event_types: Vec<WebhookEventType>,
        /// Whether the webhook is active from the start.
        is_active: bool,
    },
    /// Changes a webhook.
    #[non_exhaustive]
    UpdateWebhook {
        /// Project of the webhook.
        project: ProjectReference,
        /// Id of the webhook.
        webhook_id: WebhookId,
        /// Current name.
        name: String,
        /// New name, if it changes.
        new_name: Option<String>,
        /// Target URL, if it changes.
        url: Option<Change<WebhookUrl>>,
        /// Subscribed event types, if they change.
        event_types: Option<Change<Vec<WebhookEventType>>>,
        /// Whether the webhook is active, if that changes.
        is_active: Option<Change<bool>>,
    },
    /// Deletes a webhook.
    #[non_exhaustive]
    DeleteWebhook {
        /// Project of the webhook.
        project: ProjectReference,
        /// Id of the webhook.
        webhook_id: WebhookId,
        /// Name of the webhook.
        name: String,
    },
}

/// Reference to an existing project, or to one that the plan creates.
///
/// `Display` shows name and id, and redacts e-mail addresses and keys in them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct ProjectReference {
    /// Current name, or the name of the new project.
    pub name: String,
    /// Id; `None` for a new project.
    pub id: Option<ProjectId>,
}

/// Change of a project setting.
///
/// `Debug` shows only the name, because the values can be private.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SettingChange {
    /// Name of the field in the request.
    pub name: &'static str,
    /// Current value; `null` if unset.
    pub from: Value,
    /// New value, as it is sent.
    pub to: Value,
}

/// Old and new value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change<V> {
    /// Current value; `None` if the platform did not report it.
    pub from: Option<V>,
    /// New value.
    pub to: V,
}

impl Step {
    /// Returns the project that the step changes; `None` for members of the organization.
    pub fn project(&self) -> Option<&ProjectReference> {
        match self {
            Step::AddMember { project, .. }
            | Step::ChangeRole { project, .. }
            | Step::RemoveMember { project, .. } => project.as_ref(),
            Step::CreateProject { project }
            | Step::UpdateProject { project, .. }
            | Step::DeleteProject { project }
            | Step::CreateWebhook { project, .. }
            | Step::UpdateWebhook { project, .. }
            | Step::DeleteWebhook { project, .. } => Some(project),
        }
    }

    /// Whether the step removes a member, a webhook, or a project with all its memories.
    pub fn is_destructive(&self) -> bool {
        matches!(self, Step::DeleteProject { .. } | Step::DeleteWebhook { .. } | Step::RemoveMember { .. })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parent = |project: &Option<ProjectReference>| match project {
            Some(project) => format!("project {project}"),
            None => "the organization".to_owned(),
        };
        let text = match self {
            Step::AddMember { project, role, .. } => {
                format!("add a member with role {role} to {}", parent(project))
            }
            Step::ChangeRole { project, from, to, .. } => {
                format!("change a member of {} from {from} to {to}", parent(project))
            }
            Step::RemoveMember { project, role, .. } => {
                format!("remove a member with role {role} from {}", parent(project))
            }
            Step::CreateProject { project } => format!("create project {project}"),
            Step::UpdateProject { project, settings } => {
                let names: Vec<&str> = settings.iter().map(|setting| setting.name).collect();
                format!("change {} of project {project}", names.join(", "))
            }
            Step::DeleteProject { project } => format!("delete project {project} with all its memories"),
            Step::CreateWebhook { project, name, .. } => {
                format!("create webhook {name:?} in project {project}")
            }
            Step::UpdateWebhook { project, name, .. } => {
                format!("change webhook {name:?} in project {project}")
            }
            Step::DeleteWebhook { project, name, .. } => {
                format!("delete webhook {name:?} in project {project}")
            }
        };
        f.write_str(&redact_all(&text))
    }
}

impl ProjectReference {
    /// Name and id without redaction.
    pub(super) fn unredacted(&self) -> String {
        match &self.id {
            Some(id) => format!("{:?} ({})", self.name, id.as_str()),
            None => format!("{:?}", self.name),
        }
    }
}

impl fmt::Display for ProjectReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact_all(&self.unredacted()))
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Step({self})")
    }
}

impl fmt::Debug for ProjectReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SettingChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingChange").field("name", &self.name).finish_non_exhaustive()
    }
}
