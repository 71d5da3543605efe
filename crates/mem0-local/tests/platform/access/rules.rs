//! Access rules by operation and path, independent of the platform's own table.

use mem0_local::Operation;
use serde_json::{Value, json};

use super::requests::request;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    OrganizationOwner,
    ProjectOwner,
    OrganizationReader,
    ProjectReader,
    Stranger,
    NoKey,
    BadKey,
}

pub(super) use Caller::{
    BadKey, NoKey, OrganizationOwner, OrganizationReader, ProjectOwner, ProjectReader, Stranger,
};

pub(super) const CALLERS: [Caller; 7] =
    [OrganizationOwner, ProjectOwner, OrganizationReader, ProjectReader, Stranger, NoKey, BadKey];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    There,
    /// The organization in the path does not exist.
    NoOrganization,
    /// The organization exists, the project in it does not.
    NoProject,
    /// The project exists in another organization than the one in the path.
    ElsewhereProject,
}

pub(super) use Target::{ElsewhereProject, NoOrganization, NoProject, There};

/// Response to a caller with a valid key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum May {
    Yes,
    /// 403.
    Not,
    /// 404.
    Unseen,
    /// Allowed in the caller's own project, which lacks the target. The response has this status.
    Elsewhere(u16),
}

use May::{Elsewhere, Not, Unseen, Yes};

/// Scope in which the caller's role counts, by the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Account,
    Organization,
    Project,
    Webhooks,
    OwnProject,
}

fn scope(operation: Operation) -> Scope {
    match operation.path() {
        path if path.contains("/webhooks/") => Scope::Webhooks,
        path if path.contains("{project_id}") => Scope::Project,
        path if path.contains("{org_id}") => Scope::Organization,
        path if path.contains("/orgs/") || path.ends_with("/ping/") => Scope::Account,
        _ => Scope::OwnProject,
    }
}

/// A READER may read, an OWNER may do everything. Webhooks and exports are not readable for a READER.
fn needs_owner(operation: Operation) -> bool {
    let only_searches = matches!(
        operation,
        Operation::SearchMemories | Operation::SearchMemoriesV1 | Operation::SearchMemoriesV2
    );
    scope(operation) == Scope::Webhooks
        || operation == Operation::GetExport
        || !only_reads(operation) && !only_searches
}

/// An OWNER of the organization is an OWNER of its projects. A project is hidden from a READER of the organization
/// who is not its member. Everything is hidden from a stranger, who has a project of their own.
fn may(operation: Operation, caller: Caller) -> May {
    let as_reader = if needs_owner(operation) { Not } else { Yes };
    let scope = scope(operation);
    if matches!((scope, caller), (Scope::Account, _) | (_, OrganizationOwner)) {
        return Yes;
    }
    match (scope, caller) {
        (Scope::Organization, ProjectOwner | OrganizationReader) | (_, ProjectReader) => as_reader,
        (_, ProjectOwner) => Yes,
        (_, OrganizationReader) => Unseen,
        (Scope::OwnProject, _) => in_own_project(operation),
        _ => Unseen,
    }
}

/// Response to a stranger, whose own project has no such memory, entity, event, export or job.
fn in_own_project(operation: Operation) -> May {
    match operation {
        Operation::GetMemory
        | Operation::UpdateMemory
        | Operation::DeleteMemory
        | Operation::DeleteEntityV1
        | Operation::GetEvent
        | Operation::GetExport
        | Operation::GetProfile
        | Operation::GetProfileJob => Elsewhere(404),
        Operation::BatchUpdateMemories | Operation::BatchDeleteMemories | Operation::CreateProfileJob => {
            Elsewhere(400)
        }
        Operation::SendFeedback => Elsewhere(500),
        _ => Yes,
    }
}

/// Whether an operation changes nothing, regardless of its method. A search changes the last-access times.
pub(super) fn only_reads(operation: Operation) -> bool {
    operation.method() == "GET"
        || matches!(
            operation,
            Operation::GetExport | Operation::Summarize | Operation::ListMemories | Operation::ListMemoriesV2
        )
}

/// Text of a 403.
fn forbidden(operation: Operation) -> &'static str {
    match (scope(operation), operation.path()) {
        (Scope::Webhooks, path) if path.contains("{webhook_id}") => "You don't have access to this webhook",
        (Scope::Webhooks, _) => "You don't have access to this project",
        (Scope::Project, path) if path.ends_with("/members/") => "Unauthorized to modify project members.",
        (Scope::Project, _) => "Unauthorized to modify this project.",
        (Scope::Organization, path) if path.ends_with("/members/") => {
            "Unauthorized to modify organization members."
        }
        (Scope::Organization, path) if path.ends_with("/projects/") => {
            "Unauthorized to create projects in this organization."
        }
        (Scope::Organization, _) => "Unauthorized",
        (Scope::OwnProject | Scope::Account, _) => "You do not have permission to perform this action.",
    }
}

/// Text of a 404 for a hidden or missing object.
fn hidden(operation: Operation) -> &'static str {
    match scope(operation) {
        Scope::Webhooks if operation.path().contains("{webhook_id}") => "Webhook not found",
        Scope::Webhooks => "Project not found",
        Scope::Project => "Organization or project not found",
        Scope::Organization => "Organization not found",
        Scope::OwnProject | Scope::Account => "Not found.",
    }
}

fn detail(text: &str) -> Value {
    json!({ "detail": text })
}

/// Status of the response to a caller, and the body of an error.
pub(super) fn expected(operation: Operation, target: Target, caller: Caller) -> (u16, Option<Value>) {
    let scope = scope(operation);
    let shape = |text: &str| match scope {
        Scope::Webhooks => json!({ "error": text }),
        Scope::Organization | Scope::Project => json!({ "message": text }),
        Scope::Account | Scope::OwnProject => detail(text),
    };
    let (success, _) = request(operation);
    match caller {
        NoKey => return (401, Some(detail("Authentication credentials were not provided."))),
        BadKey => {
            let text =
                "Invalid API key. You can find your API key on https://app.mem0.ai/dashboard/api-keys.";
            return (401, Some(detail(text)));
        }
        _ => {}
    }
    let path = operation.path();
    let missing = match target {
        There => false,
        NoOrganization => path.contains("{org_id}"),
        // An object elsewhere is the stranger's own, unless the path names another organization.
        ElsewhereProject if caller == Stranger && scope == Scope::Webhooks => return (success, None),
        NoProject | ElsewhereProject => path.contains("{project_id}"),
    };
    let missing = missing || target != There && path.contains("{webhook_id}");
    match may(operation, caller) {
        _ if missing => (404, Some(shape(hidden(operation)))),
        Yes => (success, None),
        Not => (403, Some(shape(forbidden(operation)))),
        Unseen => (404, Some(shape(hidden(operation)))),
        Elsewhere(status) => (status, None),
    }
}
