//! One successful request per operation, with its status.

use mem0_local::Operation;
use serde_json::{Value, json};

use crate::rest::uuid;

/// Status and body. A GET or DELETE without a row has no body and the status 200; every other operation has a row.
pub(super) fn request(operation: Operation) -> (u16, Value) {
    match operation {
        Operation::CreateOrganization => (201, json!({"name": "New"})),
        Operation::CreateProject | Operation::UpdateWebhook => (200, json!({"name": "New"})),
        Operation::AddOrganizationMember => (201, json!({"email": "new@x.io", "role": "READER"})),
        Operation::AddProjectMember => (200, json!({"email": "new@x.io", "role": "READER"})),
        Operation::UpdateOrganizationMember | Operation::UpdateProjectMember => {
            (200, json!({"email": "subject@x.io", "role": "OWNER"}))
        }
        Operation::RemoveOrganizationMember => (200, json!({"email": "subject@x.io"})),
        Operation::UpdateProject => (200, json!({"decay": true})),
        Operation::CreateUser => (201, json!({"user_id": "new"})),
        Operation::CreateAgent => (201, json!({"agent_id": "new", "name": "New"})),
        Operation::CreateApp => (201, json!({"app_id": "new", "name": "New"})),
        Operation::CreateRun => (201, json!({"run_id": "new", "name": "New"})),
        Operation::CreateExport => {
            (201, json!({"schema": {"type": "object"}, "filters": {"user_id": "target"}}))
        }
        // `World` adds the identifier.
        Operation::GetExport => (200, Value::Null),
        Operation::SendFeedback => (200, json!({"memory_id": uuid(1), "feedback": "POSITIVE"})),
        Operation::Summarize | Operation::ListMemories | Operation::ListMemoriesV2 => {
            (200, json!({"filters": {"user_id": "target"}}))
        }
        Operation::CreateWebhook => {
            (201, json!({"name": "New", "url": "http://127.0.0.1:9/", "event_types": ["memory_add"]}))
        }
        Operation::CreateProfileJob => {
            (202, json!({"operation": "trigger", "entity_type": "user", "entity_id": "target"}))
        }
        Operation::UpdateProfileSettings => (200, json!({"enabled": false})),
        Operation::AddMemories | Operation::AddMemoriesV1 => {
            (200, json!({"messages": [{"role": "user", "content": "Likes coffee"}], "user_id": "target"}))
        }
        Operation::UpdateMemory => (200, json!({"text": "Likes cocoa"})),
        Operation::BatchUpdateMemories => {
            (200, json!({"memories": [{"memory_id": uuid(1), "text": "Likes cocoa"}]}))
        }
        Operation::BatchDeleteMemories => (200, json!({"memories": [{"memory_id": uuid(1)}]})),
        Operation::SearchMemories | Operation::SearchMemoriesV2 => {
            (200, json!({"query": "sings", "filters": {"user_id": "target"}}))
        }
        Operation::SearchMemoriesV1 => (200, json!({"query": "sings", "user_id": "target"})),
        other if other.method() == "GET" || other.method() == "DELETE" => (200, Value::Null),
        other => panic!("{other} has no request in tests/platform/access/requests.rs"),
    }
}
