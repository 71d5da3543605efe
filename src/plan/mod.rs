//! Projects as code: compares the desired state of an organization with its current state, and applies the differences.
//!
//! A [`DesiredOrganization`] is usually read from a file in a repository, a [`CurrentOrganization`] from the platform.
//! [`Plan::new`] compares the two and sends nothing. `OrganizationApi::current_state` reads the current state,
//! `OrganizationApi::plan` reads and compares, and `OrganizationApi::apply` applies a plan. The commands
//! `mem0ctl pull`, `mem0ctl plan` and `mem0ctl apply` do the same.
//!
//! [`Plan::removal`] and `OrganizationApi::remove_everywhere` plan the removal of one member from an organization and all
//! its projects.
//!
//! # File format
//!
//! ```toml
//! [organization]
//! id = "org_k3v9"                       # or name = "Acme"; default: the organization of the key
//!
//! [members]
//! "ann@example.com" = "OWNER"
//! "bob@example.com" = "READER"
//!
//! [projects."Support bot"]
//! description = "Answers customers"
//! decay = true
//! custom_instructions = """
//! Keep what customers say about their contracts.
//! """
//!
//! [projects."Support bot".custom_categories]
//! billing = "Invoices and refunds"
//! shipping = "Parcels and addresses"
//!
//! [projects."Support bot".members]
//! "ann@example.com" = "OWNER"
//!
//! [[projects."Support bot".webhooks]]
//! name = "audit"
//! url = "https://example.com/hooks/7f3a"
//! event_types = ["memory_add", "memory_delete"]
//! ```
//!
//! `mem0ctl` reads TOML. The types implement serde's traits, so JSON and YAML work as well.
//!
//! * **Omitted settings and tables** are not changed. Objects that are missing from an existing table, such as a member
//!   from `members`, are listed as unmanaged, or deleted with [`Prune::Yes`].
//! * **Settings** are `description`, `custom_instructions`, `agent_custom_instructions`, `inclusion_prompt`,
//!   `exclusion_prompt`, `memory_depth`, `usecase_setting`, `multilingual`, `decay`, `version` and
//!   `custom_categories`. An empty text resets a setting, and `[]` or an empty table
//!   resets the categories, because TOML has no null. `enable_graph` is not supported, because the platform ignores it.
//! * **Projects** are found by name, and created if there is none. With an `id`, a project is found by id; a changed
//!   key, or a `name`, renames it. Projects that share a name need an id.
//! * **Texts and names** are compared after normalization: CRLF equals LF, surrounding whitespace is ignored, and
//!   Unicode is in NFC.
//! * **Webhooks** are found by name or by `id` in the same way; `is_active = false` deactivates a webhook. Its URL can
//!   contain a secret: restrict access to the file.
//! * **Members** are e-mail addresses with the role `READER` or `OWNER`. A table of members needs at least one OWNER. A
//!   member of a project that is missing from `[members]` stays in the organization, or is added to it as a READER.
//!
//! # Order of the steps
//!
//! A plan has one step, which is one request, per change; all changed settings of a project are one change. Steps that
//! add or promote members precede steps that remove or demote them, so the organization and its projects always have an
//! OWNER. A desired state without one is refused. The caller loses roles and memberships last, first in projects, then
//! in the organization. To continue after a failure, plan and apply again.
//!
//! # Permissions
//!
//! Every member of an organization can create a plan. A plan has only what the caller can see: a desired project that
//! the caller can't see is planned as a new one. If a plan changes something of which the caller is only a READER, it
//! lists this in [`Plan::read_only`] and can't be applied, not even partly. If the platform does not report the role of
//! the caller, the plan stops at the first step that the platform rejects. Only an OWNER can see webhooks.
//!
//! ```
//! use mem0::plan::{CurrentOrganization, Plan, Prune, DesiredOrganization};
//! use serde_json::json;
//!
//! let desired: DesiredOrganization = serde_json::from_value(json!({
//!     "projects": {"Support bot": {"decay": true, "memory_depth": ""}},
//! }))?;
//! let mut current = CurrentOrganization::default();
//! current.identity.user_email = Some("ann@example.com".into());
//! let plan = Plan::new(&current, &desired, Prune::No)?;
//! let steps: Vec<String> = plan.steps().iter().map(ToString::to_string).collect();
//! assert_eq!(steps, [r#"create project "Support bot""#, r#"change decay of project "Support bot""#]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply_error;
mod current;
mod desired;
mod diff;
mod matching;
mod planning;
mod read_only;
mod removal;
mod setting;
mod step;
mod text;

use serde::Serialize;

pub use apply_error::ApplyError;
pub use current::{CurrentOrganization, CurrentProject};
pub use desired::{DesiredIdentity, DesiredMembers, DesiredOrganization, DesiredProject, DesiredWebhook};
pub use diff::Diff;
pub use planning::Prune;
pub use read_only::ReadOnly;
pub use step::{Change, ProjectReference, SettingChange, Step};
pub(crate) use text::is_same_text;

use crate::error::{Error, Result};
use crate::ids::{OrgId, WebhookId};
use crate::redact::{Redacted, redact_all};
use crate::types::Role;
pub use crate::types::members::Email;

/// Ordered steps that turn the current state into the desired state.
///
/// `Display` is a diff with redacted e-mail addresses; [`diff`](Self::diff) is not redacted. The JSON form has the id
/// and the name of the organization, the steps, the unmanaged objects, and what the caller may only read.
///
/// Apply a plan with the key that read the current state: the order of the steps depends on the caller.
#[derive(Clone, PartialEq, Serialize)]
#[must_use = "a plan changes nothing until it is applied"]
#[non_exhaustive]
pub struct Plan {
    org_id: Option<OrgId>,
    organization: Option<String>,
    steps: Vec<Step>,
    unmanaged: Vec<Unmanaged>,
    read_only: Vec<ReadOnly>,
}

/// Existing object that is not in the desired state and stays unchanged.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Unmanaged {
    /// Project of the object, or the project itself; `None` for a member of the organization.
    pub project: Option<ProjectReference>,
    /// Kind of the object.
    #[serde(flatten)]
    pub kind: UnmanagedKind,
}

/// Kind of an unmanaged object.
#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "unmanaged", rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnmanagedKind {
    /// Member of the organization or of a project.
    #[non_exhaustive]
    Member {
        /// E-mail address.
        email: Email,
        /// Role.
        role: Role,
    },
    /// Webhook.
    #[non_exhaustive]
    Webhook {
        /// Id.
        webhook_id: WebhookId,
        /// Name.
        name: String,
    },
    /// Project.
    Project,
    /// Default project, which is never deleted.
    DefaultProject,
    /// Project of the caller's key, which is never deleted.
    OwnProject,
}

impl Plan {
    /// Compares two states and creates a plan.
    ///
    /// # Errors
    /// - [`Error::Invalid`] for a desired state that is contradictory ([`DesiredOrganization::check`]), belongs to
    ///   another organization, has an unknown id or an ambiguous name, or leaves a project without an OWNER;
    /// - [`Error::Decode`] if a required field is missing from the current state.
    pub fn new(current: &CurrentOrganization, desired: &DesiredOrganization, prune: Prune) -> Result<Self> {
        planning::plan(current, desired, prune)
    }

    /// Whether the plan has no steps.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Returns the steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the existing objects that are not in the desired state and stay unchanged.
    pub fn unmanaged(&self) -> &[Unmanaged] {
        &self.unmanaged
    }

    /// Returns the projects, or the organization, that the plan changes although the caller is only a READER of them.
    ///
    /// If there are any, the plan can't be applied: an OWNER has to create a plan with their own key.
    pub fn read_only(&self) -> &[ReadOnly] {
        &self.read_only
    }

    /// Checks that the caller may apply the plan.
    ///
    /// # Errors
    /// [`Error::Invalid`], which names all of [`read_only`](Self::read_only).
    pub fn check(&self) -> Result<()> {
        if self.read_only.is_empty() {
            return Ok(());
        }
        let targets: Vec<String> = self.read_only.iter().map(ToString::to_string).collect();
        let message = format!(
            "requires an OWNER of {}, but the caller is a READER; let an OWNER apply it, or remove these changes",
            targets.join(" and of ")
        );
        Err(refusal("plan", message))
    }

    /// Returns the id of the organization; `None` if the platform did not report it.
    pub fn org_id(&self) -> Option<&OrgId> {
        self.org_id.as_ref()
    }

    /// Returns a human-readable diff **with e-mail addresses**; keep it out of logs. It shows only scheme and host of
    /// webhook URLs.
    pub fn diff(&self) -> Diff<'_> {
        Diff::new(self)
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&redact_all(&self.diff().to_string()))
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan")
            .field("org_id", &self.org_id)
            .field("organization", &self.organization.as_ref().map(Redacted))
            .field("steps", &self.steps)
            .field("unmanaged", &self.unmanaged)
            .field("read_only", &self.read_only)
            .finish()
    }
}

impl std::fmt::Debug for UnmanagedKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            UnmanagedKind::Member { .. } => "Member",
            UnmanagedKind::Webhook { .. } => "Webhook",
            UnmanagedKind::Project => "Project",
            UnmanagedKind::DefaultProject => "DefaultProject",
            UnmanagedKind::OwnProject => "OwnProject",
        })
    }
}

/// Creates an [`Error::Invalid`] with a redacted message: names of projects and webhooks can contain e-mail addresses.
fn refusal(field: &'static str, message: impl AsRef<str>) -> Error {
    Error::invalid(field, redact_all(message.as_ref()))
}
