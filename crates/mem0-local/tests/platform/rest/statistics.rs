use serde_json::{Value, json};

use super::{START, insert, insert_project_memories, ok, project_of, send, uuid, with_manual_clock};
use crate::project;
use crate::raw_http::call;

#[test]
fn memories_entities_and_requests_are_counted() {
    let platform = with_manual_clock();
    let memory = |number: usize, user: &str, run: &str| {
        let run = if run.is_empty() { Value::Null } else { json!(run) };
        json!({"number": number, "user_id": user, "run_id": run, "memory": "Text"})
    };
    let own = [memory(1, "ann", "r"), memory(2, "ann", ""), memory(3, "ann", ""), memory(4, "bob", "")];
    insert_project_memories(&platform, platform.api_key(), &own);
    insert_project_memories(
        &platform,
        platform.other_key(),
        &[json!({"number": 5, "agent_id": "bot", "memory": "Text"})],
    );
    let mut events = Vec::new();
    for (number, (kind, key)) in [
        ("ADD", platform.api_key()),
        ("SEARCH", platform.api_key()),
        ("GET_ALL", platform.api_key()),
        ("DELETE", platform.api_key()),
        ("SEARCH", platform.other_key()),
    ]
    .into_iter()
    .enumerate()
    {
        let (org_id, project_id) = project_of(&platform, key);
        let event = json!({
            "event_id": uuid(number), "org_id": org_id, "project_id": project_id, "event_type": kind,
            "status": "SUCCEEDED", "payload": "{}", "results": "[]", "created_at": START, "updated_at": START,
        });
        events.push(("events", event));
    }
    insert(&platform, &events);
    let expected = json!({
        "total_memories": 4,
        "total_retrieval_events": 2,
        "total_api_retrieval_events": 2,
        "total_retrieval_events_limit": 1_000_000,
        "total_add_events": 1,
        "total_users_with_memories": 2,
        "total_agents_with_memories": 0,
        "total_runs_with_memories": 1,
        "memories_per_user": 2,
        "memories_per_agent": 0,
        "memories_per_run": 1,
    });
    assert_eq!(ok(&platform, "GET", "/v1/stats/", 200, &Value::Null), expected);
    let foreign = call(platform.url(), "GET", "/v1/stats/", platform.other_key(), &Value::Null).json();
    assert_eq!([&foreign["total_memories"], &foreign["total_agents_with_memories"]], [1, 1]);
}

#[test]
fn summary_has_the_texts_in_batches() {
    let platform = with_manual_clock();
    let memories: Vec<Value> = (1..=12)
        .map(|number| json!({"number": number, "user_id": "ann", "memory": format!("Fact {number}")}))
        .collect();
    insert_project_memories(&platform, platform.api_key(), &memories);
    let body = json!({"filters": {"user_id": "ann"}});
    let summary = ok(&platform, "POST", "/v1/summary/", 200, &body);
    assert_eq!(summary.as_array().unwrap().len(), 2);
    assert_eq!(summary[1], json!({"summary": "Fact 2\nFact 1", "memory_ids": [uuid(2), uuid(1)]}));
    assert!(summary[0]["summary"].as_str().unwrap().starts_with("Fact 12\nFact 11\n"));
    let foreign = call(platform.url(), "POST", "/v1/summary/", platform.other_key(), &body);
    assert_eq!((foreign.status, foreign.json()), (200, json!([])), "of one's own project only");
    let as_reader = call(platform.url(), "POST", "/v1/summary/", platform.reader_key(), &body);
    assert_eq!(as_reader.json(), summary);
    let own = project(platform.org_id(), platform.project_id());
    assert_eq!(send(&platform, "DELETE", &own, &Value::Null).status, 200);
    assert_eq!(send(&platform, "POST", "/v1/summary/", &body).status, 401);
}
