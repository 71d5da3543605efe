use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use super::{insert_project_memories, ok, rows, send, uuid, with_manual_clock};

fn rated(platform: &LocalPlatform) {
    insert_project_memories(
        platform,
        platform.api_key(),
        &[json!({"number": 1, "user_id": "ann", "memory": "Rated"})],
    );
    insert_project_memories(
        platform,
        platform.other_key(),
        &[json!({"number": 2, "user_id": "ann", "memory": "Theirs"})],
    );
}

#[test]
fn feedback_is_created_replaced_and_removed() {
    let platform = with_manual_clock();
    rated(&platform);
    let send = |feedback: Value, reason: Value| {
        let body = json!({"memory_id": uuid(1), "feedback": feedback, "feedback_reason": reason});
        ok(&platform, "POST", "/v1/feedback/", 200, &body)
    };
    let first = send(json!("POSITIVE"), json!("да"));
    assert_eq!(first, json!({"id": first["id"], "feedback": "POSITIVE", "feedback_reason": "да"}));
    assert!(first["id"].is_string());
    let second = send(json!("VERY_NEGATIVE"), Value::Null);
    assert_eq!(second, json!({"id": first["id"], "feedback": "VERY_NEGATIVE", "feedback_reason": null}));
    let kept = rows(&platform, "feedback");
    assert_eq!(
        (kept.len(), &kept[0]["feedback"], &kept[0]["reason"]),
        (1, &json!("VERY_NEGATIVE"), &Value::Null)
    );
    let removed = send(Value::Null, json!(""));
    assert_eq!(removed, json!({"id": first["id"], "feedback": null, "feedback_reason": null}));
    assert_eq!(rows(&platform, "feedback").len(), 0);
    assert_eq!(send(Value::Null, Value::Null)["id"], Value::Null, "there was none");
    let short =
        ok(&platform, "POST", "/v1/feedback/", 200, &json!({"memory_id": uuid(1), "feedback": "NEGATIVE"}));
    assert_eq!((&short["feedback"], &short["feedback_reason"]), (&json!("NEGATIVE"), &Value::Null));
    ok(&platform, "DELETE", "/v2/entities/user/ann/", 200, &Value::Null);
    assert_eq!(rows(&platform, "feedback").len(), 0, "feedback is deleted with its memory");
}

#[test]
fn invalid_feedback_is_refused_with_a_message() {
    let platform = with_manual_clock();
    rated(&platform);
    let before = platform.dump().unwrap();
    let id = uuid(1);
    for (body, error) in [
        (json!({}), "Invalid memory_id"),
        (json!({"memory_id": null}), "Invalid memory_id"),
        (json!({"memory_id": 7}), "Invalid memory_id"),
        (json!({"memory_id": "not-a-uuid", "feedback": "GREAT"}), "Invalid memory_id"),
        (json!({"memory_id": id.replace('-', "").replace('1', "g")}), "Invalid memory_id"),
        (json!({"memory_id": id, "feedback": "GREAT"}), "feedback: \"GREAT\" is not a valid choice."),
        (json!({"memory_id": id, "feedback": "positive"}), "feedback: \"positive\" is not a valid choice."),
        (json!({"memory_id": id, "feedback": true}), "feedback: \"true\" is not a valid choice."),
        (json!({"memory_id": id, "feedback_reason": 7}), "feedback_reason: Not a valid string."),
    ] {
        let response = send(&platform, "POST", "/v1/feedback/", &body);
        assert_eq!((response.status, response.json()), (400, json!({"error": error})), "{body}");
    }
    assert!(platform.dump().unwrap() == before);
}

#[test]
fn known_faults_makes_an_unknown_memory_a_server_error() {
    let faulty = LocalPlatform::builder().known_faults(true).start().unwrap();
    let without_faults = with_manual_clock();
    for platform in [&faulty, &without_faults] {
        rated(platform);
    }
    for foreign_or_unknown in [uuid(2), uuid(3)] {
        let body = json!({"memory_id": foreign_or_unknown, "feedback": "POSITIVE"});
        assert_eq!(send(&faulty, "POST", "/v1/feedback/", &body).status, 500);
        let response = send(&without_faults, "POST", "/v1/feedback/", &body);
        assert_eq!((response.status, response.json()), (404, json!({"error": "Memory not found!"})));
    }
    assert_eq!(rows(&faulty, "feedback").len() + rows(&without_faults, "feedback").len(), 0);
}
