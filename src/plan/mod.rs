//! Projects as code: what differs between how an organization should be and how it is, as a plan that can be read,
//! and applied.
//!
//! A [`DesiredOrganization`] is what a file in a repository says; a [`CurrentOrganization`] is what the platform says.
//! [`Plan::new`] compares the two and sends nothing. In both flavours `OrganizationApi::current_state` reads the
//! current state, `OrganizationApi::plan` reads and compares, and `OrganizationApi::apply` carries a plan out. On the
//! command line these are `mem0ctl pull`, `mem0ctl plan` and `mem0ctl apply`.
//!
//! # The file
//!
//! ```toml
//! [organization]
//! id = "org_k3v9"                       # or name = "Acme"; without both, the organization of the key
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
//! TOML is what `mem0ctl` reads; the types here are serde's, so that JSON or YAML do as well.
//!
//! * **What is not mentioned is left alone**: a setting, and a whole table such as `members`. In a table that is there,
//!   what it does not name is left alone too, and listed, unless the plan is to [prune](Prune::Yes).
//! * **Settings** are `description`, `custom_instructions`, `agent_custom_instructions`, `inclusion_prompt`,
//!   `exclusion_prompt`, `memory_depth`, `usecase_setting`, `multilingual`, `decay`, `version` and
//!   `custom_categories`. TOML has no null: `""` puts a text back to what it was before anybody set it, `[]` or an
//!   empty table the categories. There is no `enable_graph`, since the platform ignores it.
//! * **A project** is the one of that name, and is made if there is none. With an `id` it is the one of that id:
//!   changing its key, or giving it a `name`, renames it. Where the platform has two of one name, the id says which is
//!   meant.
//! * **Texts** are compared as people see them: line ends (CRLF or LF), blanks and line ends around a text, and the ways
//!   Unicode writes one character (NFC) make no difference, to names neither.
//! * **A webhook** is found by name, or by `id`, in the same way; `is_active = false` silences it. Its URL is a
//!   secret where whoever knows it may post to it: think twice who reads the file.
//! * **A member** is an e-mail address and `READER` or `OWNER`. A table of members names at least one OWNER. Who is
//!   named in a project and not in `[members]` is kept in the organization, or becomes a READER of it.
//!
//! # The order
//!
//! Only what differs is sent: one request a step, the settings of a project in one. Whatever adds or promotes comes
//! before what removes or demotes, so that at no moment the organization or a project is without an OWNER; a plan that
//! would end so is refused. The caller loses roles and memberships last, those of projects before that of the
//! organization; what the caller gains comes with the other gains. A plan that stops in the middle is finished by
//! planning and applying again.
//!
//! # Who may
//!
//! Whoever sees an organization may plan: what they do not see is not in the plan, and a project that they do not see
//! looks as if it were to be made. A plan that changes what the caller is only a READER of says so
//! ([`Plan::read_only`]) and is not applied in part: nothing of it is sent. Where the platform does not tell the
//! caller's role, the plan stops at the first step that it refuses. Webhooks are shown to OWNERs only.
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
//! assert_eq!(steps, [r#"create the project "Support bot""#, r#"change decay of the project "Support bot""#]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply_error;
mod current;
mod desired;
mod diff;
mod email;
mod matching;
mod planning;
mod read_only;
mod setting;
mod step;
mod text;

use serde::Serialize;

pub use apply_error::ApplyError;
pub use current::{CurrentOrganization, CurrentProject};
pub use desired::{DesiredIdentity, DesiredMembers, DesiredOrganization, DesiredProject, DesiredWebhook};
pub use diff::Diff;
pub use email::Email;
pub use planning::Prune;
pub use read_only::ReadOnly;
pub use step::{Changed, ProjectRef, SettingChange, Step};
pub(crate) use text::is_same_text;

use crate::error::{Error, Result};
use crate::ids::{OrgId, WebhookId};
use crate::redact::{Redacted, redact_all};
use crate::types::Role;

/// What has to be done for the current state to be the desired one, in the order in which it may be done.
///
/// `Display` is a diff as in a review, with e-mail addresses redacted; [`diff`](Self::diff) is the same with them. As
/// JSON, it is the organization's id and name, the steps, what is left alone, and what the caller may only read.
///
/// A plan is for whoever's key the current state was read with: what they lose, they lose last.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    org_id: Option<OrgId>,
    organization: Option<String>,
    steps: Vec<Step>,
    unmanaged: Vec<Unmanaged>,
    read_only: Vec<ReadOnly>,
}

/// Something that is there, that the desired state does not name, and that stays.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Unmanaged {
    /// The project it belongs to, or is; `None` for a member of the organization.
    pub project: Option<ProjectRef>,
    /// What it is.
    #[serde(flatten)]
    pub what: UnmanagedKind,
}

/// What a desired state does not name.
#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "unmanaged", rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnmanagedKind {
    /// A member.
    #[non_exhaustive]
    Member {
        /// Who.
        email: Email,
        /// As what.
        role: Role,
    },
    /// A webhook.
    #[non_exhaustive]
    Webhook {
        /// Its identifier.
        webhook_id: WebhookId,
        /// Its name.
        name: String,
    },
    /// A project.
    Project,
    /// The default project, which is never deleted.
    DefaultProject,
    /// The project of the caller's key, which is never deleted.
    OwnProject,
}

impl Plan {
    /// Compares two states.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a desired state that contradicts itself
    /// ([`DesiredOrganization::check`]), that is another organization's, that names a project or a webhook that is not
    /// there by id or is there several times by name, or that would leave a project without an OWNER;
    /// [`Error::Decode`] where the platform has left out what is needed to tell.
    pub fn new(current: &CurrentOrganization, desired: &DesiredOrganization, prune: Prune) -> Result<Self> {
        planning::plan(current, desired, prune)
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What is to be done, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What the desired state does not name, and stays.
    pub fn unmanaged(&self) -> &[Unmanaged] {
        &self.unmanaged
    }

    /// What it changes and the caller may only read, as far as the platform tells. Unless that is nothing, the plan can
    /// be looked at but not applied: an OWNER has to make it anew, with a key of theirs.
    pub fn read_only(&self) -> &[ReadOnly] {
        &self.read_only
    }

    /// Refuses a plan that is not the caller's to apply.
    ///
    /// # Errors
    /// [`Error::Invalid`], with all of [`read_only`](Self::read_only).
    pub fn check(&self) -> Result<()> {
        if self.read_only.is_empty() {
            return Ok(());
        }
        let places: Vec<String> = self.read_only.iter().map(ToString::to_string).collect();
        let message = format!(
            "takes an OWNER of {}, where you are a READER; have one apply it, or leave that out",
            places.join(" and of ")
        );
        Err(refusal("plan", message))
    }

    /// The organization it is for, where the platform has told it.
    pub fn org_id(&self) -> Option<&OrgId> {
        self.org_id.as_ref()
    }

    /// The plan for a person to read, **with members' e-mail addresses**: show it to whom they may be shown. Of a
    /// webhook's URL it shows scheme and host only.
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

/// What can't be planned, and why. Names of projects and webhooks may hold e-mail addresses.
fn refusal(field: &'static str, message: impl AsRef<str>) -> Error {
    Error::invalid(field, redact_all(message.as_ref()))
}
