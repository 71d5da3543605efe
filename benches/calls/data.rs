//! Requests and responses, the same for both sides.

pub(crate) const KEY: &str = "m0-bench-key";
pub(crate) const ORGANIZATION: &str = "org_4c8a2f";
pub(crate) const PROJECT: &str = "proj_91d0be";

/// Request line of `get_fields`.
pub(crate) const READ_LINE: &[u8] = b"GET /api/v1/orgs/organizations/org_4c8a2f/projects/proj_91d0be/\
    ?fields=name&fields=description&fields=custom_categories HTTP/1.1\r\n";

/// Response to `get_fields`.
pub(crate) const CHOSEN_FIELDS: &str = r#"{"name":"Support bot","description":"Answers customers","custom_categories":[{"billing":"Invoices and refunds"},{"shipping":"Parcels and their whereabouts"}]}"#;

pub(crate) const NAME: &str = "Support bot";

/// Request line and body of an update.
pub(crate) const UPDATE_LINE: &[u8] =
    b"PATCH /api/v1/orgs/organizations/org_4c8a2f/projects/proj_91d0be/ HTTP/1.1\r\n";
pub(crate) const UPDATE_BODY: &[u8] = br#"{"custom_categories":[{"billing":"Invoices and refunds"},{"shipping":"Parcels and their whereabouts"}],"custom_instructions":"Keep what helps to answer the next question.","multilingual":true,"decay":true}"#;

pub(crate) const CATEGORIES: [(&str, &str); 2] =
    [("billing", "Invoices and refunds"), ("shipping", "Parcels and their whereabouts")];
pub(crate) const INSTRUCTIONS: &str = "Keep what helps to answer the next question.";

/// Response to an update.
pub(crate) const UPDATED: &str = r#"{"message":"Project updated successfully"}"#;
pub(crate) const UPDATED_MESSAGE: &str = "Project updated successfully";

/// Response to any other request.
pub(crate) const NOT_FOUND: &str = r#"{"message":"not a request of this bench"}"#;

/// List of projects with every documented field.
pub(crate) fn list(projects: usize) -> String {
    let projects: Vec<_> = (0..projects).map(project).collect();
    serde_json::Value::from(projects).to_string()
}

fn project(number: usize) -> serde_json::Value {
    serde_json::json!({
        "project_id": format!("proj_{number:06}"),
        "name": format!("Project {number}"),
        "description": "Answers customers, day and night",
        "created_at": "2024-07-20T01:30:36.275141-07:00",
        "updated_at": "2025-01-12T11:02:59Z",
        "members": [
            {"username": "ann", "role": "OWNER", "email": format!("ann{number}@example.com")},
            {"username": "bob", "role": "READER", "email": format!("bob{number}@example.com")},
        ],
        "usecase": "support",
        "memory_depth": null,
        "inclusion_prompt": null,
        "exclusion_prompt": "No payment data",
        "custom_categories": [
            {"billing": "Invoices and refunds"},
            {"shipping": "Parcels and their whereabouts"},
        ],
        "custom_instructions": INSTRUCTIONS,
        "agent_custom_instructions": null,
        "update_custom_instructions": null,
        "summary_custom_instructions": null,
        "summary_batch_size": 20,
        "summary_max_tokens": null,
        "expiration_date": null,
        "enable_graph": true,
        "multilingual": number.is_multiple_of(2),
        "version": "v2",
        "is_default": number == 0,
        "active_prompt_profile": null,
        "decay": false,
        "user_role": "OWNER",
    })
}

/// Page of a list of memories.
pub(crate) fn memories(page: usize, size: usize, pages: usize) -> String {
    let results: Vec<_> = (page * size..(page + 1) * size).map(memory).collect();
    let next = (page + 1 < pages).then(|| format!("https://api.mem0.ai/v3/memories/?page={}", page + 2));
    serde_json::json!({"count": size * pages, "next": next, "previous": null, "results": results}).to_string()
}

fn memory(number: usize) -> serde_json::Value {
    serde_json::json!({
        "id": format!("2f6c1a52-0d0e-4d0a-9a53-{number:012}"),
        "memory": format!("Likes the {number}th sonata, played slowly, in the evening after a long day at work"),
        "user_id": "alice",
        "agent_id": null,
        "app_id": null,
        "session_id": null,
        "metadata": {"source": "chat", "turn": number, "tags": ["music", "evening"]},
        "categories": ["music", "personal_details"],
        "created_at": "2024-07-20T01:30:36.275141-07:00",
        "updated_at": "2024-07-20T01:30:36.275141-07:00",
        "expiration_date": null,
        "structured_attributes": {"day": 20, "hour": 8, "year": 2024, "month": 7, "minute": 30,
            "quarter": 3, "is_weekend": true, "day_of_week": "saturday", "day_of_year": 202, "week_of_year": 29},
    })
}
