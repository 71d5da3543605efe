//! Who may do what: every operation, each kind of caller, a target that is there and one that is not.

use mem0::local::{Dump, LocalPlatform, Operation};
use serde_json::{Value, json};

use crate::rest::{remember, uuid};
use crate::wire::{Answer, call};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    OrganizationOwner,
    ProjectOwner,
    OrganizationReader,
    ProjectReader,
    Stranger,
    NoKey,
    BadKey,
}

use Caller::{BadKey, NoKey, OrganizationOwner, OrganizationReader, ProjectOwner, ProjectReader, Stranger};

const CALLERS: [Caller; 7] =
    [OrganizationOwner, ProjectOwner, OrganizationReader, ProjectReader, Stranger, NoKey, BadKey];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    There,
    /// The organization in the path does not exist.
    NoOrganization,
    /// The organization does, the project in it does not.
    NoProject,
    /// The project exists in another organization than the one in the path.
    ElsewhereProject,
}

use Target::{ElsewhereProject, NoOrganization, NoProject, There};

/// What the table says of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum May {
    Yes,
    /// 403.
    Not,
    /// 404.
    Unseen,
    /// They may, but it is their own project that counts, where the target is not: this status.
    Elsewhere(u16),
}

use May::{Elsewhere, Not, Unseen, Yes};

/// A row of the table: the status of a success, the words of a 403 and of a 404, and what becomes of an OWNER
/// of the organization, an OWNER of the project only, a READER of the organization only, a READER of the
/// project, and a stranger.
type Row = (u16, &'static str, &'static str, [May; 5]);

/// The table, a row an operation. One that is missing here fails the test.
#[allow(clippy::match_same_arms)]
fn row(operation: Operation) -> Row {
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
fn only_reads(operation: Operation) -> bool {
    operation.method() == "GET"
        || matches!(
            operation,
            Operation::GetExport | Operation::Summarize | Operation::ListMemories | Operation::ListMemoriesV2
        )
}

/// A platform with a caller of every kind, and someone to be changed by them.
struct World {
    platform: LocalPlatform,
    keys: Vec<(Caller, String)>,
    targets: Targets,
    untouched: Dump,
}

impl World {
    fn new() -> Self {
        let platform = LocalPlatform::start().unwrap();
        let (url, org_id, project_id) = (platform.url(), platform.org_id(), platform.project_id());
        let owner = platform.api_key();
        let organization = format!("/api/v1/orgs/organizations/{org_id}/");
        let project = format!("{organization}projects/{project_id}/");
        for (path, email, role) in [
            (&organization, "only-in-organization@x.io", "READER"),
            (&project, "owner-of-project@x.io", "OWNER"),
            (&project, "subject@x.io", "READER"),
        ] {
            let body = json!({"email": email, "role": role});
            let answer = call(url, "POST", &format!("{path}members/"), owner, &body);
            assert!([200, 201].contains(&answer.status), "{answer:?}");
        }
        let key = |email| platform.create_key(email, org_id, project_id).unwrap();
        let keys = vec![
            (OrganizationOwner, owner.to_owned()),
            (ProjectOwner, key("owner-of-project@x.io")),
            (OrganizationReader, key("only-in-organization@x.io")),
            (ProjectReader, platform.reader_key().to_owned()),
            (Stranger, platform.other_key().to_owned()),
            (NoKey, String::new()),
            (BadKey, "m0-local-nobody".to_owned()),
        ];
        let targets = Targets::new(&platform);
        let untouched = platform.dump().unwrap();
        Self { platform, keys, targets, untouched }
    }

    fn key(&self, caller: Caller) -> &str {
        self.keys.iter().find(|(known, _)| *known == caller).map(|(_, key)| key.as_str()).unwrap()
    }

    fn path(&self, operation: Operation, target: Target) -> String {
        let (org_id, project_id) = match target {
            There => (self.platform.org_id().to_owned(), self.platform.project_id().to_owned()),
            NoOrganization => ("org_nowhere".to_owned(), self.platform.project_id().to_owned()),
            NoProject => (self.platform.org_id().to_owned(), "proj_nowhere".to_owned()),
            ElsewhereProject => {
                let ping = call(self.platform.url(), "GET", "/v1/ping/", self.key(Stranger), &Value::Null);
                let elsewhere = ping.json()["project_id"].as_str().unwrap().to_owned();
                (self.platform.org_id().to_owned(), elsewhere)
            }
        };
        let targets = &self.targets;
        let webhook_id = match target {
            There => targets.webhook.as_str(),
            ElsewhereProject => &targets.elsewhere_webhook,
            NoOrganization | NoProject => "wh_nowhere",
        };
        let entity_id = if operation == Operation::DeleteEntityV1 { "1000" } else { "target" };
        let path = operation.path().replace("{org_id}", &org_id).replace("{project_id}", &project_id);
        let path = path.replace("{entity_type}", "user").replace("{entity_id}", entity_id);
        let path = path.replace("{webhook_id}", webhook_id).replace("{job_id}", &targets.job);
        let path = path.replace("{memory_id}", &uuid(1)).replace("{event_id}", &targets.event);
        match operation {
            Operation::RemoveProjectMember => format!("{path}?email=subject%40x.io"),
            Operation::ListMemoriesV1 | Operation::DeleteMemories => format!("{path}?user_id=target"),
            _ => path,
        }
    }

    fn ask(&self, operation: Operation, target: Target, caller: Caller) -> Answer {
        let path = self.path(operation, target);
        let (url, method) = (self.platform.url(), operation.method());
        call(url, method.as_str(), &path, self.key(caller), &self.body(operation))
    }

    fn body(&self, operation: Operation) -> Value {
        match operation {
            Operation::GetExport => json!({"memory_export_id": self.targets.export}),
            _ => body(operation),
        }
    }

    /// What was changed since the beginning?
    fn is_untouched(&self) -> bool {
        self.platform.dump().unwrap() == self.untouched
    }
}

/// A body that the operation takes from whoever may carry it out.
fn body(operation: Operation) -> Value {
    match operation {
        Operation::CreateOrganization | Operation::CreateProject | Operation::UpdateWebhook => {
            json!({"name": "New"})
        }
        Operation::AddOrganizationMember | Operation::AddProjectMember => {
            json!({"email": "new@x.io", "role": "READER"})
        }
        Operation::UpdateOrganizationMember | Operation::UpdateProjectMember => {
            json!({"email": "subject@x.io", "role": "OWNER"})
        }
        Operation::RemoveOrganizationMember => json!({"email": "subject@x.io"}),
        Operation::UpdateProject => json!({"decay": true}),
        Operation::CreateUser => json!({"user_id": "new"}),
        Operation::CreateAgent => json!({"agent_id": "new", "name": "New"}),
        Operation::CreateApp => json!({"app_id": "new", "name": "New"}),
        Operation::CreateRun => json!({"run_id": "new", "name": "New"}),
        Operation::CreateExport => json!({"schema": {"type": "object"}, "filters": {"user_id": "target"}}),
        Operation::SendFeedback => json!({"memory_id": uuid(1), "feedback": "POSITIVE"}),
        Operation::Summarize | Operation::ListMemories | Operation::ListMemoriesV2 => {
            json!({"filters": {"user_id": "target"}})
        }
        Operation::CreateWebhook => {
            json!({"name": "New", "url": "http://127.0.0.1:9/", "event_types": ["memory_add"]})
        }
        Operation::CreateProfileJob => {
            json!({"operation": "trigger", "entity_type": "user", "entity_id": "target"})
        }
        Operation::UpdateProfileSettings => json!({"enabled": false}),
        Operation::AddMemories | Operation::AddMemoriesV1 => {
            json!({"messages": [{"role": "user", "content": "Likes coffee"}], "user_id": "target"})
        }
        Operation::UpdateMemory => json!({"text": "Likes cocoa"}),
        Operation::BatchUpdateMemories => {
            json!({"memories": [{"memory_id": uuid(1), "text": "Likes cocoa"}]})
        }
        Operation::BatchDeleteMemories => json!({"memories": [{"memory_id": uuid(1)}]}),
        Operation::SearchMemories | Operation::SearchMemoriesV2 => {
            json!({"query": "sings", "filters": {"user_id": "target"}})
        }
        Operation::SearchMemoriesV1 => json!({"query": "sings", "user_id": "target"}),
        _ => Value::Null,
    }
}

/// What there is to be asked for, in the default project and elsewhere.
struct Targets {
    webhook: String,
    elsewhere_webhook: String,
    export: String,
    job: String,
    event: String,
}

impl Targets {
    fn new(platform: &LocalPlatform) -> Self {
        let (owner, other) = (platform.api_key(), platform.other_key());
        remember(platform, owner, &[json!({"number": 1, "user_id": "target", "memory": "Sings"})]);
        let make = |key: &str, path: &str, body: Value| {
            let answer = call(platform.url(), "POST", path, key, &body);
            assert!([200, 201, 202].contains(&answer.status), "{path}: {answer:?}");
            answer.json()
        };
        let id = |made: &Value, field: &str| made[field].as_str().unwrap().to_owned();
        let webhook = |key: &str| {
            let ping = call(platform.url(), "GET", "/v1/ping/", key, &Value::Null).json();
            let path = format!("/api/v1/webhooks/projects/{}/", ping["project_id"].as_str().unwrap());
            id(&make(key, &path, body(Operation::CreateWebhook)), "webhook_id")
        };
        let schema = json!({"properties": {"songs": {"description": "What is sung", "type": "string"}}});
        let settings = json!({"enabled": true, "entities": {"user": {"schema": schema}}});
        make(owner, "/v2/profiles/settings/", settings);
        Self {
            webhook: webhook(owner),
            elsewhere_webhook: webhook(other),
            export: id(&make(owner, "/v1/exports/", body(Operation::CreateExport)), "id"),
            event: {
                let added = json!({"messages": "Dances", "user_id": "dancer", "infer": false});
                id(&make(owner, "/v3/memories/add/", added), "event_id")
            },
            job: id(&make(owner, "/v2/profiles/jobs/", body(Operation::CreateProfileJob)), "job_id"),
        }
    }
}

fn detail(text: &str) -> Value {
    json!({ "detail": text })
}

fn message(text: &str) -> Value {
    json!({ "message": text })
}

/// What the table wants: the status, and the body of a refusal.
fn expected(operation: Operation, target: Target, caller: Caller) -> (u16, Option<Value>) {
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

#[test]
fn every_operation_answers_every_caller_by_the_table() {
    let mut world = World::new();
    let mut asked = 0;
    for operation in Operation::ALL.iter().copied() {
        for target in [There, NoOrganization, NoProject, ElsewhereProject] {
            for caller in CALLERS {
                let at = format!("{operation}, {target:?}, {caller:?}");
                let answer = world.ask(operation, target, caller);
                let (status, refusal) = expected(operation, target, caller);
                assert_eq!(answer.status, status, "{at}: {answer:?}");
                let is_read = only_reads(operation);
                match refusal {
                    Some(body) => {
                        assert_eq!(answer.json(), body, "{at}");
                        assert_eq!(answer.header("content-type"), Some("application/json"), "{at}");
                        assert!(world.is_untouched(), "{at}: a refused operation changed something");
                    }
                    None if status >= 400 => {
                        assert!(world.is_untouched(), "{at}: what failed changed something");
                    }
                    None if is_read => assert!(world.is_untouched(), "{at}: a read changed something"),
                    None => {
                        assert!(!world.is_untouched(), "{at}: nothing was changed");
                        world = World::new();
                    }
                }
                asked += 1;
            }
        }
    }
    assert_eq!(asked, 60 * 4 * 7);
}

#[test]
fn what_is_hidden_answers_byte_for_byte_like_what_does_not_exist() {
    let world = World::new();
    let mut compared = 0;
    for operation in Operation::ALL.iter().copied() {
        for caller in [OrganizationReader, Stranger] {
            let (status, refusal) = expected(operation, There, caller);
            if status != 404 || refusal.is_none() {
                continue;
            }
            let there = world.ask(operation, There, caller).without_its_own();
            for target in [NoOrganization, NoProject, ElsewhereProject] {
                let (status, _) = expected(operation, target, caller);
                if world.path(operation, target) == world.path(operation, There) || status < 400 {
                    continue;
                }
                assert_eq!((there.status, status), (404, 404), "{operation} {target:?} {caller:?}");
                let missing = world.ask(operation, target, caller).without_its_own();
                assert_eq!(there, missing, "{operation} {target:?} {caller:?}");
                compared += 1;
            }
        }
    }
    // 8 hidden from a stranger above projects, 7 in them; those from a READER elsewhere, too.
    let (organizations, projects) = (8, (7 + 7) * 3);
    // A webhook names no organization, and the one elsewhere is the stranger's own.
    let webhooks = 2 * (2 + 3) + 2 * (1 + 2);
    assert_eq!(compared, organizations + projects + webhooks);
    assert!(world.is_untouched());
}

/// A body or a query that is wrong must not tell that the target is there, either.
#[test]
fn access_is_decided_before_the_body_is_looked_at() {
    let world = World::new();
    let url = world.platform.url();
    for operation in Operation::ALL.iter().copied().filter(|operation| operation.method() != "GET") {
        if operation == Operation::CreateOrganization {
            continue;
        }
        let path = format!("{}?no_such_name=1", world.path(operation, There).replace("?email=", "?e="));
        for (caller, body) in [(Stranger, "{"), (ProjectReader, "{"), (NoKey, "{"), (BadKey, "[]")] {
            let (status, refusal) = expected(operation, There, caller);
            if refusal.is_none() {
                continue;
            }
            let key = Some(world.key(caller)).filter(|key| !key.is_empty());
            let answer =
                crate::wire::Wire::open(url).call(operation.method().as_str(), &path, key, body).unwrap();
            assert_eq!((answer.status, Some(answer.json())), (status, refusal), "{operation} {caller:?}");
        }
    }
    assert!(world.is_untouched());
}

/// The role in the organization and the role in the project are two things.
#[test]
fn a_list_of_projects_shows_what_the_caller_may_see() {
    let world = World::new();
    let (url, owner) = (world.platform.url(), world.key(OrganizationOwner));
    let path = world.path(Operation::CreateProject, There);
    let made = call(url, "POST", &path, owner, &json!({"name": "Second"})).json();
    let first = world.platform.project_id();
    let second = made["project_id"].as_str().unwrap();
    let shown = |caller| -> Vec<(String, String)> {
        let list = call(url, "GET", &path, world.key(caller), &Value::Null).json();
        let of = |value: &Value| value.as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(|p| (of(&p["project_id"]), of(&p["user_role"]))).collect()
    };
    let as_owner = |id: &str| (id.to_owned(), "OWNER".to_owned());
    assert_eq!(shown(OrganizationOwner), [as_owner(first), as_owner(second)], "oldest first");
    assert_eq!(shown(ProjectOwner), [as_owner(first)]);
    assert_eq!(shown(OrganizationReader), []);
    assert_eq!(shown(ProjectReader), [(first.to_owned(), "READER".to_owned())]);
    let added = json!({"email": "second-owner@x.io", "role": "OWNER"});
    let members = format!("{}members/", world.path(Operation::GetOrganization, There));
    assert_eq!(call(url, "POST", &members, owner, &added).status, 201);
    let key = world.platform.create_key("second-owner@x.io", world.platform.org_id(), first).unwrap();
    let list = call(url, "GET", &path, &key, &Value::Null).json();
    assert_eq!(list.as_array().unwrap().len(), 2, "an OWNER of the organization, a member of no project");
    assert!(list.as_array().unwrap().iter().all(|project| project["user_role"] == "OWNER"));
    assert_eq!(list[0]["members"].as_array().unwrap().len(), 4, "and they are not listed as its member");
}
