//! Response objects, with private data in every field.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::names::*;

/// Fields of an object, with private data.
#[allow(clippy::too_many_lines, clippy::match_same_arms)]
fn fields(name: &str) -> Value {
    let (text, private) = (leaky(), format!("{PRIVATE} {}", leaky()));
    let (value, hidden) = (json!({ "in": [text], leaky(): 1 }), json!({ "in": [private], leaky(): 1 }));
    match name {
        "AddedMemory" => json!({
            "id": text, "event": text, "data": plant("AddedMemoryData"), "memory": private,
        }),
        "AddedMemoryData" => json!({ "memory": private }),
        "DeletionStarted" => json!({ "message": text, "event_id": text }),
        "Entity" => json!({
            "id": text, "name": text, "type": text, "created_at": text, "updated_at": text,
            "owner": text, "totalMemories": 1, "metadata": hidden,
        }),
        "EntityCreated" => json!({
            "id": text, "user_id": text, "agent_id": text, "app_id": text, "run_id": text, "name": text,
            "created_at": text, "updated_at": text, "is_deleted": true, "project": value,
            "metadata": hidden, "graph_entities": hidden,
        }),
        "EntityFilterOption" => json!({ "value": value, "label": text }),
        "EntityFilterParameter" => json!({
            "name": text, "label": text, "type": text, "placeholder": text,
            "options": [plant("EntityFilterOption")],
        }),
        "EntityFilters" => json!({
            "event_type": [text], "categories": [text], "parameters": [plant("EntityFilterParameter")],
            "users": [hidden],
        }),
        "Event" => json!({
            "id": text, "event_type": text, "status": text, "created_at": text, "updated_at": text,
            "started_at": text, "completed_at": text, "latency": 0.5, "graph_status": text,
            "payload": hidden, "metadata": hidden, "results": [hidden], "error": hidden,
        }),
        "ExportCreated" => json!({ "message": text, "id": text }),
        "MemoryFeedback" => json!({ "id": value, "feedback": text, "feedback_reason": private }),
        "HistoryEntry" => json!({
            "id": text, "memory_id": text, "event": text, "user_id": text, "agent_id": text,
            "app_id": text, "run_id": text, "categories": [text], "created_at": text, "updated_at": text,
            "input": hidden, "old_memory": private, "new_memory": private, "metadata": hidden,
        }),
        "Identity" => json!({ "status": text, "org_id": text, "project_id": text, "user_email": private }),
        "Member" => json!({ "role": text, "username": private, "user_id": private, "email": private }),
        "Memory" => json!({
            "id": text, "user_id": text, "agent_id": text, "app_id": text, "run_id": text,
            "categories": [text], "score": 0.5, "score_breakdown": plant("ScoreBreakdown"),
            "expiration_date": text, "created_at": text, "updated_at": text,
            "structured_attributes": value, "replaced_by": text, "synthesized": true,
            "lifecycle_state": text, "is_updated": true, "memory": private, "metadata": hidden,
            "input": hidden,
        }),
        "MemoryCategorized" => json!({ "memory_id": text, "event": text, "categories": [text] }),
        "MemoryDeleted" => json!({ "message": text, "cascade_count": 1 }),
        "MemoryEvent" => json!({ "id": text, "event": text, "data": plant("MemoryEventData") }),
        "MemoryEventData" => json!({ "memory": private }),
        "Confirmation" => json!({ "message": text }),
        "Organization" => json!({
            "org_id": text, "name": text, "created_at": text, "updated_at": text,
            "members": [plant("Member")], "is_default": true, "byok_enabled": true,
            "owner_pricing_plan": text, "is_owner": true, "user_role": text, "invitations": [hidden],
        }),
        "OrganizationCreated" => json!({ "message": text, "org_id": text }),
        "Profile" => json!({
            "status": text, "entity_type": text, "entity_id": text, "updated_at": text,
            "generation_count": 1, "profile": hidden, "error": hidden,
        }),
        "ProfileSettingsByKind" => json!({ "user": plant("EntityProfileSettings") }),
        "EntityProfileSettings" => json!({ "schema": value, "custom_instructions": text }),
        "ProfileJob" => json!({
            "id": text, "operation": text, "entity_type": text, "status": text, "total": 1,
            "enumeration_complete": true, "completed": 1, "succeeded": 1, "failed": 1, "skipped": 1,
        }),
        "ProfileJobStarted" => json!({
            "job_id": text, "status": text, "status_url": text, "operation": text, "entity_type": text,
            "entity_count_reserved": 1, "event_id": text, "replayed": true, "sampled": hidden,
            "entity_ids": [private],
        }),
        "ProfileSettings" => json!({
            "enabled": true, "capabilities": value, "entities": plant("ProfileSettingsByKind"),
        }),
        "Project" => json!({
            "project_id": text, "org_id": text, "name": text, "description": text, "created_at": text,
            "updated_at": text, "members": [plant("Member")], "usecase": text, "memory_depth": text,
            "inclusion_prompt": text, "exclusion_prompt": text, "custom_categories": [text],
            "custom_instructions": text, "agent_custom_instructions": text,
            "update_custom_instructions": text, "summary_custom_instructions": text,
            "summary_batch_size": 1, "summary_max_tokens": 1, "expiration_date": text,
            "enable_graph": true, "multilingual": true, "version": text, "is_default": true,
            "active_prompt_profile": text, "decay": true, "user_role": text,
        }),
        "ProjectCreated" => json!({ "message": text, "project_id": text, "org_id": text }),
        "ScoreBreakdown" => json!({ "semantic": 0.5, "bm25": 0.5, "entity": 0.5 }),
        "Stats" => json!({
            "total_memories": 1, "total_retrieval_events": 1, "total_add_events": 1,
            "total_api_retrieval_events": 1, "total_retrieval_events_limit": 1,
            "total_users_with_memories": 1, "total_agents_with_memories": 1,
            "total_runs_with_memories": 1, "memories_per_user": 0.5, "memories_per_agent": 0.5,
            "memories_per_run": 0.5,
        }),
        "Webhook" => json!({
            "webhook_id": text, "name": text, "url": text, "event_types": [text], "owner": text,
            "is_active": true, "project": text, "created_at": text, "updated_at": text,
        }),
        "WebhookDelivery" => json!({ "event_details": event("MemoryEvent", "ADD") }),
        _ => panic!("{name} has no fields here"),
    }
}

/// Fields whose names differ from their keys.
const RENAMED: &[(&str, &str)] = &[("totalMemories", "total_memories"), ("type", "kind")];

/// Object of that type with every field set, and with unknown fields.
fn plant(name: &str) -> Value {
    let mut object = fields(name);
    object["unknown"] = json!({ "text": PRIVATE, "by": leaky() });
    object[leaky()] = json!(1);
    object
}

fn event(name: &str, event: &str) -> Value {
    let mut object = plant(name);
    object["event"] = json!(event);
    object
}

/// Reads an object with every field set, and prints it.
fn print_all<T: DeserializeOwned + Serialize + Debug>() -> Printed {
    let name = name_of::<T>();
    let planted = plant(&name);
    let value: T = serde_json::from_value(planted.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(serde_json::to_value(&value).unwrap(), planted, "{name} keeps all fields");
    let printed = printed(&value);
    for key in fields(&name).as_object().unwrap().keys() {
        let renamed = RENAMED.iter().find(|(renamed, _)| renamed == key);
        let shown = format!("{}: ", renamed.map_or(key.as_str(), |(_, field)| field));
        assert!(printed.text.contains(&shown), "{name} does not show that {key} is set");
    }
    printed
}

/// Reads a value that is not an object with optional fields, and prints it.
fn print<T: DeserializeOwned + Debug>(json: Value) -> Printed {
    printed(&serde_json::from_value::<T>(json).unwrap())
}

/// Prints each of these types.
macro_rules! each {
    ($($name:ident)*) => { vec![$(print_all::<$name>()),*] };
}

pub(super) fn walk() -> Vec<Printed> {
    let mut walk = each![
        AddedMemory AddedMemoryData DeletionStarted Entity EntityCreated EntityFilterOption EntityFilterParameter
        EntityFilters Event ExportCreated MemoryFeedback HistoryEntry Identity Member Memory MemoryCategorized
        MemoryDeleted MemoryEvent MemoryEventData Confirmation Organization OrganizationCreated Profile
        ProfileSettingsByKind EntityProfileSettings ProfileJob ProfileJobStarted ProfileSettings Project ProjectCreated
        ScoreBreakdown Stats Webhook WebhookDelivery
    ];
    let (memory, member, entity) = (plant("Memory"), plant("Member"), plant("Entity"));
    let page = json!({
        "count": 1, "next": format!("http://api.example/?user={EMAIL}&key={KEY}"), "previous": leaky(),
        "results": [entity], "total_users": 1, leaky(): leaky(),
    });
    let entities: Page<Entity> = serde_json::from_value(page).unwrap();
    walk.extend([
        printed(&entities),
        printed(&entities.totals()),
        print::<SearchResults>(json!({ "results": [memory] })),
        print::<Members>(json!({ "members": [member] })),
        print::<AddOutcome>(json!([plant("AddedMemory")])),
        print::<AddOutcome>(json!({ "event_id": leaky(), "status": "PENDING" })),
        print::<WebhookEvent>(event("MemoryEvent", "UPDATE")),
        print::<WebhookEvent>(event("MemoryCategorized", "CATEGORIZE")),
        print::<WebhookEvent>(json!({ "event": leaky(), "text": PRIVATE })),
    ]);
    walk
}
