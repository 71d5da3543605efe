//! What every operation answers to every caller.

use mem0_local::Operation;
use serde_json::{Value, json};

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
    /// The organization does, the project in it does not.
    NoProject,
    /// The project exists in another organization than the one in the path.
    ElsewhereProject,
}

pub(super) use Target::{ElsewhereProject, NoOrganization, NoProject, There};

/// What the table says of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum May {
    Yes,
    /// 403.
    Not,
    /// 404.
    Unseen,
    /// They may, but it is their own project that counts, where the target is not: this status.
    Elsewhere(u16),
}

pub(super) use May::{Elsewhere, Not, Unseen, Yes};

/// A row of the table: the status of a success, the words of a 403 and of a 404, and what becomes of an OWNER
/// of the organization, an OWNER of the project only, a READER of the organization only, a READER of the
/// project, and a stranger.
pub(super) type Row = (u16, &'static str, &'static str, [May; 5]);

/// The table, a row an operation. One that is missing here fails the test.
#[allow(clippy::match_same_arms)]
pub(super) fn row(operation: Operation) -> Row {
    const ORGANIZATION: &str = "Organization not found";
    const PROJECT: &str = "Organization or project not found";
    const OWN: &str = "Not found.";
    const READ_ONLY: &str = "You do not have permission to perform this action.";
    const WEBHOOKS: &str = "You don't have access to this project";
    const WEBHOOK: &str = "You don't have access to this webhook";
    match operation {
        Operation::Ping => (200, "", "", [Yes, Yes, Yes, Yes, Yes]),
        Operation::ListOrganizations => (200, "", "", [Yes, Yes, Yes, Yes, Yes]),
        Operation::CreateOrganization => (201, "", "", [Yes, Yes, Yes, Yes, Yes]),
        Operation::GetOrganization => (200, "", ORGANIZATION, [Yes, Yes, Yes, Yes, Unseen]),
        Operation::DeleteOrganization => (200, "Unauthorized", ORGANIZATION, [Yes, Not, Not, Not, Unseen]),
        Operation::ListOrganizationMembers => (200, "", ORGANIZATION, [Yes, Yes, Yes, Yes, Unseen]),
        Operation::AddOrganizationMember => {
            (201, "Unauthorized to modify organization members.", ORGANIZATION, [Yes, Not, Not, Not, Unseen])
        }
        Operation::UpdateOrganizationMember => {
            (200, "Unauthorized to modify organization members.", ORGANIZATION, [Yes, Not, Not, Not, Unseen])
        }
        Operation::RemoveOrganizationMember => {
            (200, "Unauthorized to modify organization members.", ORGANIZATION, [Yes, Not, Not, Not, Unseen])
        }
        Operation::ListProjects => (200, "", ORGANIZATION, [Yes, Yes, Yes, Yes, Unseen]),
        Operation::CreateProject => (
            200,
            "Unauthorized to create projects in this organization.",
            ORGANIZATION,
            [Yes, Not, Not, Not, Unseen],
        ),
        Operation::GetProject => (200, "", PROJECT, [Yes, Yes, Unseen, Yes, Unseen]),
        Operation::UpdateProject => {
            (200, "Unauthorized to modify this project.", PROJECT, [Yes, Yes, Unseen, Not, Unseen])
        }
        Operation::DeleteProject => {
            (200, "Unauthorized to modify this project.", PROJECT, [Yes, Yes, Unseen, Not, Unseen])
        }
        Operation::ListProjectMembers => (200, "", PROJECT, [Yes, Yes, Unseen, Yes, Unseen]),
        Operation::AddProjectMember => {
            (200, "Unauthorized to modify project members.", PROJECT, [Yes, Yes, Unseen, Not, Unseen])
        }
        Operation::UpdateProjectMember => {
            (200, "Unauthorized to modify project members.", PROJECT, [Yes, Yes, Unseen, Not, Unseen])
        }
        Operation::RemoveProjectMember => {
            (200, "Unauthorized to modify project members.", PROJECT, [Yes, Yes, Unseen, Not, Unseen])
        }
        Operation::ListEntities => (200, "", OWN, [Yes, Yes, Unseen, Yes, Yes]),
        Operation::GetEntityFilters => (200, "", OWN, [Yes, Yes, Unseen, Yes, Yes]),
        Operation::GetEntity => (200, "", OWN, [Yes, Yes, Unseen, Yes, Yes]),
        Operation::DeleteEntity => (200, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Yes]),
        Operation::DeleteEntityV1 => (200, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Elsewhere(404)]),
        Operation::CreateUser => (201, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Yes]),
        Operation::CreateAgent => (201, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Yes]),
        Operation::CreateApp => (201, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Yes]),
        Operation::CreateRun => (201, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Yes]),
        Operation::CreateExport => (201, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Yes]),
        Operation::GetExport => (200, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Elsewhere(404)]),
        Operation::SendFeedback => (200, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Elsewhere(500)]),
        Operation::GetStats => (200, "", OWN, [Yes, Yes, Unseen, Yes, Yes]),
        Operation::Summarize => (200, "", OWN, [Yes, Yes, Unseen, Yes, Yes]),
        Operation::ListWebhooks => (200, WEBHOOKS, "Project not found", [Yes, Yes, Unseen, Not, Unseen]),
        Operation::CreateWebhook => (201, WEBHOOKS, "Project not found", [Yes, Yes, Unseen, Not, Unseen]),
        Operation::UpdateWebhook => (200, WEBHOOK, "Webhook not found", [Yes, Yes, Unseen, Not, Unseen]),
        Operation::DeleteWebhook => (200, WEBHOOK, "Webhook not found", [Yes, Yes, Unseen, Not, Unseen]),
        Operation::GetProfile => (200, "", OWN, [Yes, Yes, Unseen, Yes, Elsewhere(404)]),
        Operation::CreateProfileJob => (202, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Elsewhere(400)]),
        Operation::GetProfileJob => (200, "", OWN, [Yes, Yes, Unseen, Yes, Elsewhere(404)]),
        Operation::GetProfileSettings => (200, "", OWN, [Yes, Yes, Unseen, Yes, Yes]),
        Operation::UpdateProfileSettings => (200, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Yes]),
        Operation::AddMemories | Operation::AddMemoriesV1 | Operation::DeleteMemories => {
            (200, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Yes])
        }
        Operation::UpdateMemory | Operation::DeleteMemory => {
            (200, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Elsewhere(404)])
        }
        Operation::BatchUpdateMemories | Operation::BatchDeleteMemories => {
            (200, READ_ONLY, OWN, [Yes, Yes, Unseen, Not, Elsewhere(400)])
        }
        Operation::GetMemory => (200, "", OWN, [Yes, Yes, Unseen, Yes, Elsewhere(404)]),
        Operation::GetMemoryHistory => (200, "", OWN, [Yes, Yes, Unseen, Yes, Yes]),
        Operation::ListMemories | Operation::ListMemoriesV1 | Operation::ListMemoriesV2 => {
            (200, "", OWN, [Yes, Yes, Unseen, Yes, Yes])
        }
        Operation::ListMemoryEvents | Operation::ListEntityMemories => {
            (200, "", OWN, [Yes, Yes, Unseen, Yes, Yes])
        }
        Operation::SearchMemories | Operation::SearchMemoriesV1 | Operation::SearchMemoriesV2 => {
            (200, "", OWN, [Yes, Yes, Unseen, Yes, Yes])
        }
        Operation::ListEvents => (200, "", OWN, [Yes, Yes, Unseen, Yes, Yes]),
        Operation::GetEvent => (200, "", OWN, [Yes, Yes, Unseen, Yes, Elsewhere(404)]),
        other => panic!("{other} has no row in this table"),
    }
}

/// Whether an operation only reads, whatever its method.
pub(super) fn only_reads(operation: Operation) -> bool {
    operation.method() == "GET"
        || matches!(
            operation,
            Operation::GetExport | Operation::Summarize | Operation::ListMemories | Operation::ListMemoriesV2
        )
}

fn detail(text: &str) -> Value {
    json!({ "detail": text })
}

fn message(text: &str) -> Value {
    json!({ "message": text })
}

/// What the table wants: the status, and the body of a refusal.
pub(super) fn expected(operation: Operation, target: Target, caller: Caller) -> (u16, Option<Value>) {
    let (success, forbidden, hidden, roles) = row(operation);
    let shape: fn(&str) -> Value = match operation.path() {
        path if path.contains("/orgs/") => message,
        path if path.contains("/webhooks/") => |text| json!({ "error": text }),
        _ => detail,
    };
    let role = match caller {
        NoKey => return (401, Some(detail("Authentication credentials were not provided."))),
        BadKey => {
            let words =
                "Invalid API key. You can find your API key on https://app.mem0.ai/dashboard/api-keys.";
            return (401, Some(detail(words)));
        }
        OrganizationOwner => roles[0],
        ProjectOwner => roles[1],
        OrganizationReader => roles[2],
        ProjectReader => roles[3],
        Stranger => roles[4],
    };
    let path = operation.path();
    let missing = match target {
        There => false,
        NoOrganization => path.contains("{org_id}"),
        // What is elsewhere is the stranger's own, where no organization in the path is at odds with it.
        ElsewhereProject if caller == Stranger && path.contains("/webhooks/") => return (success, None),
        NoProject | ElsewhereProject => path.contains("{project_id}"),
    };
    let missing = missing || target != There && path.contains("{webhook_id}");
    match role {
        _ if missing => (404, Some(shape(hidden))),
        Yes => (success, None),
        Not => (403, Some(shape(forbidden))),
        Unseen => (404, Some(shape(hidden))),
        Elsewhere(status) => (status, None),
    }
}
