//! Who may do what: one table, asked once, before any handler runs.

use http::StatusCode;
use rusqlite::Connection;

use crate::http::reply::Reply;
use crate::operations::{Operation, PathIds};
use crate::store::keys::Caller;
use crate::store::{organization_members, project_members, webhooks};
use mem0::Role;

/// What an operation acts on, and thus whose role counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The caller alone: any valid key will do.
    Account,
    /// The organization in the path.
    Organization,
    /// The project in the path.
    Project,
    /// The project in the path, which names no organization.
    ProjectAlone,
    /// The project of the caller's key.
    OwnProject,
    /// The project of the webhook in the path.
    Webhook,
}

/// The least role an operation takes. Without any role its target does not exist for the caller: 404.
#[derive(Debug, Clone, Copy)]
struct Rule {
    scope: Scope,
    /// The words of the 403 for a READER; `None` where a READER may do it too.
    owner_only: Option<&'static str>,
}

const fn anyone() -> Rule {
    Rule { scope: Scope::Account, owner_only: None }
}

const fn reader(scope: Scope) -> Rule {
    Rule { scope, owner_only: None }
}

const fn owner(scope: Scope, refusal: &'static str) -> Rule {
    Rule { scope, owner_only: Some(refusal) }
}

/// The table: a row an operation.
#[allow(clippy::match_same_arms)]
const fn rule(operation: Operation) -> Rule {
    const ORGANIZATION_MEMBERS: &str = "Unauthorized to modify organization members.";
    const PROJECT: &str = "Unauthorized to modify this project.";
    const PROJECT_MEMBERS: &str = "Unauthorized to modify project members.";
    const PROJECTS: &str = "Unauthorized to create projects in this organization.";
    const READ_ONLY: &str = "You do not have permission to perform this action.";
    const WEBHOOKS: &str = "You don't have access to this project";
    const WEBHOOK: &str = "You don't have access to this webhook";
    match operation {
        Operation::Ping | Operation::ListOrganizations | Operation::CreateOrganization => anyone(),

        Operation::GetOrganization => reader(Scope::Organization),
        Operation::DeleteOrganization => owner(Scope::Organization, "Unauthorized"),
        Operation::ListOrganizationMembers => reader(Scope::Organization),
        Operation::AddOrganizationMember => owner(Scope::Organization, ORGANIZATION_MEMBERS),
        Operation::UpdateOrganizationMember => owner(Scope::Organization, ORGANIZATION_MEMBERS),
        Operation::RemoveOrganizationMember => owner(Scope::Organization, ORGANIZATION_MEMBERS),
        Operation::ListProjects => reader(Scope::Organization),
        Operation::CreateProject => owner(Scope::Organization, PROJECTS),

        Operation::GetProject => reader(Scope::Project),
        Operation::UpdateProject => owner(Scope::Project, PROJECT),
        Operation::DeleteProject => owner(Scope::Project, PROJECT),
        Operation::ListProjectMembers => reader(Scope::Project),
        Operation::AddProjectMember => owner(Scope::Project, PROJECT_MEMBERS),
        Operation::UpdateProjectMember => owner(Scope::Project, PROJECT_MEMBERS),
        Operation::RemoveProjectMember => owner(Scope::Project, PROJECT_MEMBERS),

        Operation::AddMemories | Operation::AddMemoriesV1 => owner(Scope::OwnProject, READ_ONLY),
        Operation::ListMemories | Operation::ListMemoriesV1 | Operation::ListMemoriesV2 => {
            reader(Scope::OwnProject)
        }
        Operation::SearchMemories | Operation::SearchMemoriesV1 | Operation::SearchMemoriesV2 => {
            reader(Scope::OwnProject)
        }
        Operation::ListMemoryEvents | Operation::ListEntityMemories => reader(Scope::OwnProject),
        Operation::GetMemory | Operation::GetMemoryHistory => reader(Scope::OwnProject),
        Operation::UpdateMemory | Operation::DeleteMemory => owner(Scope::OwnProject, READ_ONLY),
        Operation::DeleteMemories => owner(Scope::OwnProject, READ_ONLY),
        Operation::BatchUpdateMemories | Operation::BatchDeleteMemories => {
            owner(Scope::OwnProject, READ_ONLY)
        }

        Operation::ListEntities | Operation::GetEntityFilters | Operation::GetEntity => {
            reader(Scope::OwnProject)
        }
        Operation::DeleteEntity | Operation::DeleteEntityV1 => owner(Scope::OwnProject, READ_ONLY),
        Operation::CreateUser | Operation::CreateAgent | Operation::CreateApp | Operation::CreateRun => {
            owner(Scope::OwnProject, READ_ONLY)
        }
        Operation::ListEvents | Operation::GetEvent => reader(Scope::OwnProject),
        Operation::CreateExport => owner(Scope::OwnProject, READ_ONLY),
        Operation::GetExport => owner(Scope::OwnProject, READ_ONLY),
        Operation::SendFeedback => owner(Scope::OwnProject, READ_ONLY),
        Operation::GetStats | Operation::Summarize => reader(Scope::OwnProject),

        Operation::ListWebhooks | Operation::CreateWebhook => owner(Scope::ProjectAlone, WEBHOOKS),
        Operation::UpdateWebhook | Operation::DeleteWebhook => owner(Scope::Webhook, WEBHOOK),

        Operation::GetProfile | Operation::GetProfileJob | Operation::GetProfileSettings => {
            reader(Scope::OwnProject)
        }
        Operation::CreateProfileJob | Operation::UpdateProfileSettings => owner(Scope::OwnProject, READ_ONLY),
    }
}

/// The role the operation's target gives the caller; `None` where they have none or it has no target.
pub(crate) fn role(
    connection: &Connection,
    operation: Operation,
    caller: &Caller,
    ids: &PathIds,
) -> rusqlite::Result<Option<Role>> {
    let (org_id, project_id, user_id) = (ids.get("org_id"), ids.get("project_id"), &caller.user_id);
    match rule(operation).scope {
        Scope::Account => Ok(None),
        Scope::Organization => organization_members::role(connection, org_id, user_id),
        Scope::Project => project_members::effective_role(connection, org_id, project_id, user_id),
        Scope::OwnProject => {
            project_members::effective_role(connection, &caller.org_id, &caller.project_id, user_id)
        }
        Scope::ProjectAlone => project_members::role_in(connection, project_id, user_id),
        Scope::Webhook => webhooks::role(connection, ids.get("webhook_id"), user_id),
    }
}

/// Lets a caller with that role through, or refuses. What is hidden and what does not exist get the very
/// same answer.
pub(crate) fn decide(operation: Operation, role: Option<&Role>) -> Result<(), Reply> {
    let Rule { scope, owner_only } = rule(operation);
    let (shape, hidden): (fn(StatusCode, &str) -> Reply, _) = match scope {
        Scope::Account => return Ok(()),
        Scope::Organization => (Reply::message, "Organization not found"),
        Scope::Project => (Reply::message, "Organization or project not found"),
        Scope::OwnProject => (Reply::detail, "Not found."),
        Scope::ProjectAlone => (Reply::error, "Project not found"),
        Scope::Webhook => (Reply::error, "Webhook not found"),
    };
    match (role, owner_only) {
        (None, _) => Err(shape(StatusCode::NOT_FOUND, hidden)),
        (Some(Role::Owner), _) | (Some(_), None) => Ok(()),
        (Some(_), Some(refusal)) => Err(shape(StatusCode::FORBIDDEN, refusal)),
    }
}
