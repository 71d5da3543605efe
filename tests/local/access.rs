//! Who may do what: every operation, each kind of caller, a target that is there and one that is not.

use mem0::local::{Dump, LocalPlatform, Operation};
use serde_json::{Value, json};

use crate::planted::{self, plant};
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
    /// The memory in the path does not exist.
    NoMemory,
}

use Target::{ElsewhereProject, NoMemory, NoOrganization, NoProject, There};

const TARGETS: [Target; 5] = [There, NoOrganization, NoProject, ElsewhereProject, NoMemory];

/// What the table says of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum May {
    Yes,
    /// 403.
    Not,
    /// 404.
    Unseen,
    /// In a project of their own, in which the memory of the path does not exist: 404.
    Elsewhere,
}

use May::{Elsewhere, Not, Unseen, Yes};

/// A row of the table: the status of a success, the words of a 403 and of a 404, and what becomes of an OWNER
/// of the organization, an OWNER of the project only, a READER of the organization only, a READER of the
/// project, and a stranger.
type Row = (u16, &'static str, &'static str, [May; 5]);

/// The operations of the table.
fn operations() -> impl Iterator<Item = Operation> {
    Operation::ALL.iter().copied().filter(|operation| row(*operation).is_some())
}

/// The table, a row an operation; `None` for what is not served.
#[allow(clippy::match_same_arms)]
fn row(operation: Operation) -> Option<Row> {
    const NOT_FOUND: &str = "Not found.";
    const ORGANIZATION: &str = "Organization not found";
    const PROJECT: &str = "Organization or project not found";
    Some(match operation {
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
        Operation::ListMemories | Operation::ListMemoriesV1 | Operation::ListMemoriesV2 => {
            (200, "", NOT_FOUND, [Yes, Yes, Unseen, Yes, Yes])
        }
        Operation::ListMemoryEvents => (200, "", NOT_FOUND, [Yes, Yes, Unseen, Yes, Yes]),
        Operation::ListEntityMemories => (200, "", NOT_FOUND, [Yes, Yes, Unseen, Yes, Yes]),
        Operation::GetMemory => (200, "", NOT_FOUND, [Yes, Yes, Unseen, Yes, Elsewhere]),
        Operation::GetMemoryHistory => (200, "", NOT_FOUND, [Yes, Yes, Unseen, Yes, Yes]),
        _ => return None,
    })
}

/// A platform with a caller of every kind, and someone to be changed by them.
struct World {
    platform: LocalPlatform,
    keys: Vec<(Caller, String)>,
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
        plant(&platform, &[json!({"user_id": "alice", "memory": "Likes tea"})]);
        let untouched = platform.dump().unwrap();
        Self { platform, keys, untouched }
    }

    fn key(&self, caller: Caller) -> &str {
        self.keys.iter().find(|(known, _)| *known == caller).map(|(_, key)| key.as_str()).unwrap()
    }

    fn path(&self, operation: Operation, target: Target) -> String {
        let (org_id, project_id) = match target {
            There | NoMemory => (self.platform.org_id().to_owned(), self.platform.project_id().to_owned()),
            NoOrganization => ("org_nowhere".to_owned(), self.platform.project_id().to_owned()),
            NoProject => (self.platform.org_id().to_owned(), "proj_nowhere".to_owned()),
            ElsewhereProject => {
                let ping = call(self.platform.url(), "GET", "/v1/ping/", self.key(Stranger), &Value::Null);
                let elsewhere = ping.json()["project_id"].as_str().unwrap().to_owned();
                (self.platform.org_id().to_owned(), elsewhere)
            }
        };
        let path = operation.path().replace("{org_id}", &org_id).replace("{project_id}", &project_id);
        let path = path.replace("{memory_id}", &planted::id(if target == NoMemory { 99 } else { 1 }));
        let path = path.replace("{entity_type}", "user").replace("{entity_id}", "alice");
        match operation {
            Operation::RemoveProjectMember => format!("{path}?email=subject%40x.io"),
            Operation::ListMemoriesV1 => format!("{path}?user_id=alice"),
            _ => path,
        }
    }

    fn ask(&self, operation: Operation, target: Target, caller: Caller) -> Answer {
        let path = self.path(operation, target);
        let (url, method) = (self.platform.url(), operation.method());
        call(url, method.as_str(), &path, self.key(caller), &body(operation))
    }

    /// What was changed since the beginning?
    fn is_untouched(&self) -> bool {
        self.platform.dump().unwrap() == self.untouched
    }
}

/// A body that the operation takes from whoever may carry it out.
fn body(operation: Operation) -> Value {
    match operation {
        Operation::CreateOrganization | Operation::CreateProject => json!({"name": "New"}),
        Operation::AddOrganizationMember | Operation::AddProjectMember => {
            json!({"email": "new@x.io", "role": "READER"})
        }
        Operation::UpdateOrganizationMember | Operation::UpdateProjectMember => {
            json!({"email": "subject@x.io", "role": "OWNER"})
        }
        Operation::RemoveOrganizationMember => json!({"email": "subject@x.io"}),
        Operation::UpdateProject => json!({"decay": true}),
        Operation::ListMemories | Operation::ListMemoriesV2 => json!({"filters": {"user_id": "alice"}}),
        _ => Value::Null,
    }
}

fn detail(text: &str) -> Value {
    json!({ "detail": text })
}

fn message(text: &str) -> Value {
    json!({ "message": text })
}

/// Whether it changes nothing.
fn is_read(operation: Operation) -> bool {
    operation.method() == "GET" || matches!(operation, Operation::ListMemories | Operation::ListMemoriesV2)
}

/// What the table wants: the status, and the body of a refusal.
fn expected(operation: Operation, target: Target, caller: Caller) -> (u16, Option<Value>) {
    let (success, forbidden, hidden, roles) = row(operation).expect("a row");
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
        There | NoMemory => false,
        NoOrganization => path.contains("{org_id}"),
        NoProject | ElsewhereProject => path.contains("{project_id}"),
    };
    let hidden = if hidden == "Not found." { detail(hidden) } else { message(hidden) };
    let no_memory = target == NoMemory && operation == Operation::GetMemory;
    match role {
        _ if missing => (404, Some(hidden)),
        Elsewhere => (404, Some(json!({"error": "Memory not found!"}))),
        Yes if no_memory => (404, Some(json!({"error": "Memory not found!"}))),
        Yes => (success, None),
        Not => (403, Some(message(forbidden))),
        Unseen => (404, Some(hidden)),
    }
}

#[test]
fn every_operation_answers_every_caller_by_the_table() {
    let mut world = World::new();
    let mut asked = 0;
    for operation in operations() {
        for target in TARGETS {
            for caller in CALLERS {
                let at = format!("{operation}, {target:?}, {caller:?}");
                let answer = world.ask(operation, target, caller);
                let (status, refusal) = expected(operation, target, caller);
                assert_eq!(answer.status, status, "{at}: {answer:?}");
                match refusal {
                    Some(body) => {
                        assert_eq!(answer.json(), body, "{at}");
                        assert_eq!(answer.header("content-type"), Some("application/json"), "{at}");
                        assert!(world.is_untouched(), "{at}: a refused operation changed something");
                    }
                    None if is_read(operation) => {
                        assert!(world.is_untouched(), "{at}: a read changed something");
                    }
                    None => {
                        assert!(!world.is_untouched(), "{at}: nothing was changed");
                        world = World::new();
                    }
                }
                asked += 1;
            }
        }
    }
    assert_eq!(asked, (18 + 7) * 5 * 7);
}

#[test]
fn what_is_hidden_answers_byte_for_byte_like_what_does_not_exist() {
    let world = World::new();
    let mut compared = 0;
    for operation in operations() {
        for caller in [OrganizationReader, Stranger] {
            let (status, _) = expected(operation, There, caller);
            if status != 404 {
                continue;
            }
            let there = world.ask(operation, There, caller).without_its_own();
            for target in TARGETS {
                let (status, _) = expected(operation, target, caller);
                assert_eq!(status, 404, "{operation} {target:?} {caller:?}");
                let missing = world.ask(operation, target, caller).without_its_own();
                assert_eq!(there, missing, "{operation} {target:?} {caller:?}");
                compared += 1;
            }
        }
    }
    assert_eq!(
        compared,
        (15 + 1 + 7 + 7) * 5,
        "16 operations hidden from a stranger, 14 from a READER elsewhere"
    );
    assert!(world.is_untouched());
}

/// A body or a query that is wrong must not tell that the target is there, either.
#[test]
fn access_is_decided_before_the_body_is_looked_at() {
    let world = World::new();
    let url = world.platform.url();
    for operation in operations().filter(|operation| !is_read(*operation)) {
        if operation == Operation::CreateOrganization {
            continue;
        }
        let path = format!("{}?no_such_name=1", world.path(operation, There).replace("?email=", "?e="));
        for (caller, body) in [(Stranger, "{"), (ProjectReader, "{"), (NoKey, "{"), (BadKey, "[]")] {
            let key = Some(world.key(caller)).filter(|key| !key.is_empty());
            let answer =
                crate::wire::Wire::open(url).call(operation.method().as_str(), &path, key, body).unwrap();
            let (status, refusal) = expected(operation, There, caller);
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
