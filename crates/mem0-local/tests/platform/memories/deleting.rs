//! Deletion of memories.

use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use super::{
    UNKNOWN_ID, add_text, event, get, history, history_entry, path, request, request_ok, rows, texts,
};

#[test]
fn deleted_memories_remain_in_the_history() {
    let platform = LocalPlatform::start().unwrap();
    let id = add_text(&platform, "To be forgotten", json!({"user_id": "u"}));
    let kept = add_text(&platform, "To be kept", json!({"user_id": "u", "immutable": true}));
    let response = request_ok(&platform, "DELETE", &path(&id), &Value::Null);
    assert_eq!(response, json!({"message": "Memory deleted successfully!"}));
    for (method, body) in [("GET", Value::Null), ("PUT", json!({"text": "Back"})), ("DELETE", Value::Null)] {
        let response = request(&platform, method, &path(&id), &body);
        assert_eq!(
            (response.status, response.json()),
            (404, json!({"error": "Memory not found!"})),
            "{method}"
        );
    }
    assert_eq!(history(&platform)[2], history_entry("DELETE", "To be forgotten", Value::Null));
    assert_eq!(texts(&platform), ["To be kept"]);
    let linked =
        request_ok(&platform, "DELETE", &format!("{}?delete_linked=false", path(&kept)), &Value::Null);
    assert_eq!(
        linked,
        json!({"message": "Memory deleted successfully!"}),
        "immutable memories may be deleted"
    );
    for (path, status, error) in [
        (path("not-a-uuid"), 400, "memory_id should be a valid UUID"),
        (path(UNKNOWN_ID), 404, "Memory not found!"),
    ] {
        let response = request(&platform, "DELETE", &path, &Value::Null);
        assert_eq!((response.status, response.json()), (status, json!({"error": error})));
    }
}

/// Starts a platform with a chain of memories, each superseded by the next, an unrelated one, and one in another
/// chain.
fn chain() -> (LocalPlatform, Vec<String>) {
    let platform = LocalPlatform::start().unwrap();
    let ids: Vec<String> = (0..5)
        .map(|number| add_text(&platform, &format!("Version {number}"), json!({"user_id": "u"})))
        .collect();
    let mut dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    let columns = dump["tables"]["memories"]["columns"].as_array().unwrap().clone();
    let column = |name: &str| columns.iter().position(|known| known == name).unwrap();
    for (older, newer) in [(0, 1), (1, 2), (3, 2)] {
        let row = &mut dump["tables"]["memories"]["rows"][older];
        row[column("replaced_by")] = json!(ids[newer]);
        row[column("lifecycle_state")] = json!("superseded");
    }
    platform.load(&serde_json::from_value(dump).unwrap()).unwrap();
    assert_eq!(get(&platform, &ids[0])["replaced_by"], ids[1].as_str());
    (platform, ids)
}

#[test]
fn delete_linked_deletes_superseded_memories() {
    let (platform, ids) = chain();
    let delete =
        |id: &str| request_ok(&platform, "DELETE", &format!("{}?delete_linked=true", path(id)), &Value::Null);
    assert_eq!(delete(&ids[4]), json!({"message": "Memory deleted successfully!", "cascade_count": 0}));
    assert_eq!(delete(&ids[2])["cascade_count"], 3);
    assert_eq!(texts(&platform), [""; 0]);
    assert_eq!(history(&platform).iter().filter(|(event, ..)| event == "DELETE").count(), 5);
    let (platform, ids) = chain();
    let invalid =
        request(&platform, "DELETE", &format!("{}?delete_linked=maybe", path(&ids[2])), &Value::Null);
    assert_eq!(invalid.json(), json!({"error": "delete_linked: Must be a valid boolean."}));
    request_ok(&platform, "DELETE", &path(&ids[2]), &Value::Null);
    assert_eq!(
        texts(&platform),
        ["Version 0", "Version 1", "Version 3", "Version 4"],
        "without it they stay"
    );
    let resurfaced = get(&platform, &ids[1]);
    assert_eq!(
        (&resurfaced["replaced_by"], &resurfaced["lifecycle_state"]),
        (&Value::Null, &json!("active"))
    );
    assert_eq!(get(&platform, &ids[0])["lifecycle_state"], "superseded");
}

#[test]
fn superseded_memories_are_not_duplicates() {
    let (platform, ids) = chain();
    let again = |text: &str| add_text(&platform, text, json!({"user_id": "u"}));
    assert_eq!(again("Version 2"), ids[2]);
    assert!(!ids.contains(&again("Version 0")), "the text may be stored again");
}

fn filled() -> LocalPlatform {
    let platform = LocalPlatform::start().unwrap();
    for (text, more) in [
        ("a in r1", json!({"user_id": "a", "run_id": "r1"})),
        ("a in r2", json!({"user_id": "a", "run_id": "r2"})),
        ("a red", json!({"user_id": "a", "metadata": {"color": "red", "n": 1}})),
        ("b in r1", json!({"user_id": "b", "run_id": "r1", "expiration_date": "2020-01-01"})),
        ("agent", json!({"agent_id": "g", "metadata": {"color": "red"}})),
        ("app", json!({"app_id": "p", "immutable": true})),
    ] {
        add_text(&platform, text, more);
    }
    let other = json!({"messages": "other's", "user_id": "a", "infer": false});
    let response = crate::raw_http::call(platform.url(), "POST", super::ADD, platform.other_key(), &other);
    assert_eq!(response.status, 200);
    platform
}

#[test]
fn deletion_by_filter_deletes_all_matches() {
    const ALL: [&str; 6] = ["a in r1", "a in r2", "a red", "b in r1", "agent", "app"];
    for (query, deleted) in [
        ("user_id=nobody", &[][..]),
        ("user_id=a", &["a in r1", "a in r2", "a red"]),
        ("user_id=a&run_id=r1", &["a in r1"]),
        ("user_id=a&agent_id=g", &[]),
        ("run_id=r1", &["a in r1", "b in r1"]),
        ("user_id=%2A", &["a in r1", "a in r2", "a red", "b in r1"]),
        ("user_id=*&agent_id=*", &[]),
        ("user_id=*&run_id=r1", &["a in r1", "b in r1"]),
        ("user_id=*&agent_id=*&app_id=*&run_id=*", &ALL),
        ("user_id=a&metadata=%7B%22color%22%3A%22red%22%7D", &["a red"]),
        ("metadata=%7B%22color%22%3A%22red%22%7D", &["a red", "agent"]),
        ("metadata=%7B%22color%22%3A%22red%22%2C%22n%22%3A1%7D", &["a red"]),
        ("metadata=%7B%22n%22%3A%221%22%7D", &[]),
        ("agent_id=g&org_id=x&project_id=y", &["agent"]),
    ] {
        let platform = filled();
        let response = request_ok(&platform, "DELETE", &format!("/v1/memories/?{query}"), &Value::Null);
        assert_eq!(response["message"], "Delete in progress. This may take some time.");
        let event = event(&platform, &response["event_id"]);
        assert_eq!((&event["event_type"], &event["status"]), (&json!("DELETE_ALL"), &json!("SUCCEEDED")));
        let deliveries: Vec<_> =
            event["results"].as_array().unwrap().iter().map(|r| r["memory"].clone()).collect();
        assert_eq!(deliveries, deleted, "{query}");
        let mut remaining: Vec<_> = ALL.iter().filter(|text| !deleted.contains(text)).copied().collect();
        remaining.push("other's");
        assert_eq!(texts(&platform), remaining, "{query}");
        assert_eq!(history(&platform).iter().filter(|(event, ..)| event == "DELETE").count(), deleted.len());
    }
}

#[test]
fn deletion_without_a_filter_is_rejected() {
    let platform = filled();
    let unchanged = platform.dump().unwrap();
    let required = "One of the filters: app_id, user_id, agent_id, run_id is required!";
    for (query, error) in [
        ("", required),
        ("?org_id=x&project_id=y", required),
        ("?filters=%7B%27user_id%27%3A+%27a%27%7D", required),
        ("?metadata=%7B%7D", required),
        ("?user_id=", "user_id: This field may not be blank."),
        ("?user_id=+", "user_id: This field may not be blank."),
        ("?agent_id=g&user_id=", "user_id: This field may not be blank."),
        (
            "?user_id=a&metadata=%7B%27k%27%3A+%27v%27%7D",
            "metadata: Must be a JSON object, such as {\"key\": \"value\"}.",
        ),
        (
            "?user_id=a&metadata=%5Bobject+Object%5D",
            "metadata: Must be a JSON object, such as {\"key\": \"value\"}.",
        ),
        ("?user_id=a&metadata=", "metadata: Must be a JSON object, such as {\"key\": \"value\"}."),
    ] {
        let response = request(&platform, "DELETE", &format!("/v1/memories/{query}"), &Value::Null);
        assert_eq!((response.status, response.json()), (400, json!({"error": error})), "{query}");
    }
    assert!(platform.dump().unwrap() == unchanged);
    assert_eq!(rows(&platform, "memories").len(), 7);
}
