//! Access: the role that an operation needs, checked before its handler runs.

use http::StatusCode;
use rusqlite::Connection;

use crate::protocol::path_ids::PathIds;
use crate::protocol::reply::HttpReply;
use crate::store::keys::Caller;
use crate::store::{organization_members, project_members, webhooks};
use mem0::Role;

/// Target of an operation, in which the caller's role counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The caller's account: any valid key.
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

/// Scope of an operation and the role it needs there. Without any role in it, the target does not exist for the caller:
/// 404.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access {
    scope: Scope,
    /// Text of the 403 for a READER; `None` if READER is enough.
    owner_only: Option<&'static str>,
}

/// Any valid key.
pub(crate) fn anyone() -> Access {
    Access { scope: Scope::Account, owner_only: None }
}

/// Any role in the scope.
pub(crate) fn reader(scope: Scope) -> Access {
    Access { scope, owner_only: None }
}

/// OWNER of the scope. A READER is refused with this text.
pub(crate) fn owner(scope: Scope, refusal: &'static str) -> Access {
    Access { scope, owner_only: Some(refusal) }
}

/// Returns the caller's role in the scope; `None` without one, and for an account.
pub(crate) fn role(
    connection: &Connection,
    access: Access,
    caller: &Caller,
    ids: &PathIds,
) -> rusqlite::Result<Option<Role>> {
    let (org_id, project_id, user_id) = (ids.get("org_id"), ids.get("project_id"), &caller.user_id);
    match access.scope {
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

/// Refuses a caller whose role is not enough. A hidden target and a missing one are answered alike.
pub(crate) fn decide(access: Access, role: Option<&Role>) -> Result<(), HttpReply> {
    let Access { scope, owner_only } = access;
    let (shape, hidden): (fn(StatusCode, &str) -> HttpReply, _) = match scope {
        Scope::Account => return Ok(()),
        Scope::Organization => (HttpReply::message, "Organization not found"),
        Scope::Project => (HttpReply::message, "Organization or project not found"),
        Scope::OwnProject => (HttpReply::detail, "Not found."),
        Scope::ProjectAlone => (HttpReply::error, "Project not found"),
        Scope::Webhook => (HttpReply::error, "Webhook not found"),
    };
    match (role, owner_only) {
        (None, _) => Err(shape(StatusCode::NOT_FOUND, hidden)),
        (Some(Role::Owner), _) | (Some(_), None) => Ok(()),
        (Some(_), Some(refusal)) => Err(shape(StatusCode::FORBIDDEN, refusal)),
    }
}
