//! Callers of every kind, and the targets of their requests.

use mem0_local::{Dump, LocalPlatform, Operation};
use serde_json::{Value, json};

use super::requests::request;
use super::rules::*;
use crate::raw_http::{RawResponse, call};
use crate::rest::{insert_project_memories, uuid};

/// A platform with callers of every kind, and a user they can change.
pub(super) struct World {
    pub(super) platform: LocalPlatform,
    keys: Vec<(Caller, String)>,
    targets: Targets,
    untouched: Dump,
}

impl World {
    pub(super) fn new() -> Self {
        let platform = LocalPlatform::builder().seed(0).known_faults(true).start().unwrap();
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
            let response = call(url, "POST", &format!("{path}members/"), owner, &body);
            assert!([200, 201].contains(&response.status), "{response:?}");
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

    pub(super) fn key(&self, caller: Caller) -> &str {
        self.keys.iter().find(|(known, _)| *known == caller).map(|(_, key)| key.as_str()).unwrap()
    }

    pub(super) fn path(&self, operation: Operation, target: Target) -> String {
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

    pub(super) fn send(&self, operation: Operation, target: Target, caller: Caller) -> RawResponse {
        let path = self.path(operation, target);
        let (url, method) = (self.platform.url(), operation.method());
        call(url, method.as_str(), &path, self.key(caller), &self.body(operation))
    }

    fn body(&self, operation: Operation) -> Value {
        match operation {
            Operation::GetExport => json!({"memory_export_id": self.targets.export}),
            _ => request(operation).1,
        }
    }

    /// Returns the changes since the start.
    pub(super) fn is_untouched(&self) -> bool {
        self.platform.dump().unwrap() == self.untouched
    }
}

/// Targets of requests, in the default project and elsewhere.
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
        insert_project_memories(
            platform,
            owner,
            &[json!({"number": 1, "user_id": "target", "memory": "Sings"})],
        );
        let make = |key: &str, path: &str, body: Value| {
            let response = call(platform.url(), "POST", path, key, &body);
            assert!([200, 201, 202].contains(&response.status), "{path}: {response:?}");
            response.json()
        };
        let id = |created: &Value, field: &str| created[field].as_str().unwrap().to_owned();
        let webhook = |key: &str| {
            let ping = call(platform.url(), "GET", "/v1/ping/", key, &Value::Null).json();
            let path = format!("/api/v1/webhooks/projects/{}/", ping["project_id"].as_str().unwrap());
            id(&make(key, &path, request(Operation::CreateWebhook).1), "webhook_id")
        };
        let schema = json!({"properties": {"songs": {"description": "What is sung", "type": "string"}}});
        let settings = json!({"enabled": true, "entities": {"user": {"schema": schema}}});
        make(owner, "/v2/profiles/settings/", settings);
        Self {
            webhook: webhook(owner),
            elsewhere_webhook: webhook(other),
            export: id(&make(owner, "/v1/exports/", request(Operation::CreateExport).1), "id"),
            event: {
                let added = json!({"messages": "Dances", "user_id": "dancer", "infer": false});
                id(&make(owner, "/v3/memories/add/", added), "event_id")
            },
            job: id(&make(owner, "/v2/profiles/jobs/", request(Operation::CreateProfileJob).1), "job_id"),
        }
    }
}
