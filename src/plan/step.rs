//! What a plan consists of.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::Email;
use crate::ids::{ProjectId, WebhookId};
use crate::redact::redact_all;
use crate::types::{Role, WebhookEventType, WebhookUrl};

/// One change, which is one request.
///
/// `Display` says what it does in a few words, without e-mail addresses; `Debug` shows none either.
#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// Someone becomes a member.
    #[non_exhaustive]
    AddMember {
        /// Of which project; `None` for the organization.
        project: Option<ProjectRef>,
        /// Who.
        email: Email,
        /// As what.
        role: Role,
    },
    /// A member takes another role.
    #[non_exhaustive]
    ChangeRole {
        /// In which project; `None` for the organization.
        project: Option<ProjectRef>,
        /// Who.
        email: Email,
        /// From which role.
        from: Role,
        /// To which role.
        to: Role,
    },
    /// A member leaves.
    #[non_exhaustive]
    RemoveMember {
        /// Which project; `None` for the organization.
        project: Option<ProjectRef>,
        /// Who.
        email: Email,
        /// The role they had.
        role: Role,
        /// The projects they leave with the organization.
        also_from: Vec<ProjectRef>,
    },
    /// A project is made.
    #[non_exhaustive]
    CreateProject {
        /// The project, which has no id yet.
        project: ProjectRef,
    },
    /// Settings of a project change, all by one request.
    #[non_exhaustive]
    UpdateProject {
        /// The project.
        project: ProjectRef,
        /// What changes: nothing else is sent.
        settings: Vec<SettingChange>,
    },
    /// A project is deleted **with all its memories**.
    #[non_exhaustive]
    DeleteProject {
        /// The project.
        project: ProjectRef,
    },
    /// A webhook is made.
    #[non_exhaustive]
    CreateWebhook {
        /// Of which project.
        project: ProjectRef,
        /// Its name.
        name: String,
        /// Where it delivers to.
        url: WebhookUrl,
        /// What it is told of.
        event_types: Vec<WebhookEventType>,
        /// Whether it delivers from the start.
        is_active: bool,
    },
    /// A webhook changes.
    #[non_exhaustive]
    UpdateWebhook {
        /// Of which project.
        project: ProjectRef,
        /// Its identifier.
        webhook_id: WebhookId,
        /// The name it has.
        name: String,
        /// Its new name, if that changes.
        new_name: Option<String>,
        /// Where it delivers to, if that changes.
        url: Option<Changed<WebhookUrl>>,
        /// What it is told of, if that changes.
        event_types: Option<Changed<Vec<WebhookEventType>>>,
        /// Whether it delivers, if that changes.
        is_active: Option<Changed<bool>>,
    },
    /// A webhook is deleted.
    #[non_exhaustive]
    DeleteWebhook {
        /// Of which project.
        project: ProjectRef,
        /// Its identifier.
        webhook_id: WebhookId,
        /// Its name.
        name: String,
    },
}

/// A project of a plan: one that is there, or one that the plan makes.
///
/// `Display` shows name and identifier, with what looks like an e-mail address or a key redacted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct ProjectRef {
    /// The name it has, or will have once it is made.
    pub name: String,
    /// Its identifier; `None` until it is made.
    pub id: Option<ProjectId>,
}

/// A setting that changes. `Debug` shows its name only: it may hold anybody's words.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SettingChange {
    /// Its name, as it is written.
    pub name: &'static str,
    /// What it was; `null` where it was never set.
    pub from: Value,
    /// What it will be, as it is sent.
    pub to: Value,
}

/// What was, and what will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Changed<V> {
    /// What it was; `None` where the platform does not say.
    pub from: Option<V>,
    /// What it will be.
    pub to: V,
}

impl Step {
    /// The project it is about; `None` for the organization's members.
    pub fn project(&self) -> Option<&ProjectRef> {
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

    /// Whether it takes something away: a member, a webhook, or a project with all its memories.
    pub fn is_destructive(&self) -> bool {
        matches!(self, Step::DeleteProject { .. } | Step::DeleteWebhook { .. } | Step::RemoveMember { .. })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |project: &Option<ProjectRef>| match project {
            Some(project) => format!("the project {project}"),
            None => "the organization".to_owned(),
        };
        let text = match self {
            Step::AddMember { project, role, .. } => format!("add a member, {role}, to {}", place(project)),
            Step::ChangeRole { project, from, to, .. } => {
                format!("make a member of {} {to}, who is {from}", place(project))
            }
            Step::RemoveMember { project, role, .. } => {
                format!("remove a member, {role}, from {}", place(project))
            }
            Step::CreateProject { project } => format!("create the project {project}"),
            Step::UpdateProject { project, settings } => {
                let names: Vec<&str> = settings.iter().map(|setting| setting.name).collect();
                format!("change {} of the project {project}", names.join(", "))
            }
            Step::DeleteProject { project } => format!("delete the project {project} with all its memories"),
            Step::CreateWebhook { project, name, .. } => {
                format!("create the webhook {name:?} of the project {project}")
            }
            Step::UpdateWebhook { project, name, .. } => {
                format!("change the webhook {name:?} of the project {project}")
            }
            Step::DeleteWebhook { project, name, .. } => {
                format!("delete the webhook {name:?} of the project {project}")
            }
        };
        f.write_str(&redact_all(&text))
    }
}

impl ProjectRef {
    /// Name and identifier as they are.
    pub(super) fn shown(&self) -> String {
        match &self.id {
            Some(id) => format!("{:?} ({})", self.name, id.as_str()),
            None => format!("{:?}", self.name),
        }
    }
}

impl fmt::Display for ProjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact_all(&self.shown()))
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Step({self})")
    }
}

impl fmt::Debug for ProjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SettingChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingChange").field("name", &self.name).finish_non_exhaustive()
    }
}
