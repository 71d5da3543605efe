//! Batch updates and deletions.

use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use super::{UNKNOWN_ID, add_text, get, history, request, request_ok, texts};

fn filled() -> (LocalPlatform, Vec<String>) {
    let platform = LocalPlatform::start().unwrap();
    let ids = (0..4)
        .map(|number| {
            add_text(&platform, &format!("Item {number}"), json!({"user_id": "u", "metadata": {"n": number}}))
        })
        .collect();
    (platform, ids)
}

#[test]
fn batch_updates_change_each_memory() {
    let (platform, ids) = filled();
    let items = json!([
        {"memory_id": ids[0], "text": "Item zero"},
        {"memory_id": ids[1], "metadata": {"n": 11}},
        {"memory_id": ids[2], "text": "Item two", "metadata": {"n": 22}},
        {"memory_id": ids[0], "text": "Item null"},
    ]);
    let response = request_ok(&platform, "PUT", "/v1/batch/", &json!({"memories": items}));
    assert_eq!(response, json!({"message": "Successfully updated 3 memories"}));
    assert_eq!(texts(&platform), ["Item null", "Item 1", "Item two", "Item 3"]);
    let n: Vec<Value> = ids.iter().map(|id| get(&platform, id)["metadata"]["n"].clone()).collect();
    assert_eq!(n, [0, 11, 22, 3]);
    let updates: Vec<_> = history(&platform).into_iter().skip(4).map(|(_, old, new)| (old, new)).collect();
    let pair = |old: &str, new: &str| (json!(old), json!(new));
    let expected = [
        pair("Item 0", "Item zero"),
        pair("Item 1", "Item 1"),
        pair("Item 2", "Item two"),
        pair("Item zero", "Item null"),
    ];
    assert_eq!(updates, expected);
}

#[test]
fn batch_deletions_delete_each_memory_once() {
    let (platform, ids) = filled();
    let items = json!([{"memory_id": ids[0]}, {"memory_id": ids[2]}, {"memory_id": ids[0].to_uppercase()}, {"memory_id": ids[2].replace('-', "")}]);
    let response = request_ok(&platform, "DELETE", "/v1/batch/", &json!({"memories": items}));
    assert_eq!(response, json!({"message": "Successfully deleted 2 memories"}));
    assert_eq!(texts(&platform), ["Item 1", "Item 3"]);
}

#[test]
fn batches_are_atomic() {
    let (platform, ids) = filled();
    let fixed = add_text(&platform, "Fixed", json!({"user_id": "u", "immutable": true}));
    let unchanged = platform.dump().unwrap();
    let valid = json!({"memory_id": ids[0], "text": "x"});
    let many = |count| Value::Array(vec![valid.clone(); count]);
    for (method, memories, error) in [
        ("PUT", json!(null), "memories: Expected a list of items."),
        ("PUT", json!([]), "memories: This list may not be empty."),
        ("DELETE", json!([]), "memories: This list may not be empty."),
        ("PUT", many(1001), "Maximum of 1000 memories can be updated in a single request"),
        ("DELETE", many(1001), "Maximum of 1000 memories can be deleted in a single request"),
        ("DELETE", json!([ids[0]]), "Item 0: Expected an object with a memory_id."),
        ("PUT", json!([valid, {}]), "Item 1: memory_id should be a valid UUID"),
        ("DELETE", json!([valid, {"memory_id": "x"}]), "Item 1: memory_id should be a valid UUID"),
        (
            "PUT",
            json!([valid, {"memory_id": UNKNOWN_ID, "text": "x"}]),
            "Item 1: Memory not found! Nothing was changed.",
        ),
        (
            "DELETE",
            json!([valid, {"memory_id": UNKNOWN_ID}]),
            "Item 1: Memory not found! Nothing was changed.",
        ),
        ("PUT", json!([valid, {"memory_id": ids[1]}]), "Item 1: Nothing to update: give text or metadata."),
        (
            "PUT",
            json!([valid, {"memory_id": ids[1], "text": ""}]),
            "Item 1: text: This field may not be blank.",
        ),
        (
            "PUT",
            json!([valid, {"memory_id": fixed, "text": "x"}]),
            "Item 1: This memory is immutable and can't be updated; delete it and add it again.",
        ),
    ] {
        let response = request(&platform, method, "/v1/batch/", &json!({"memories": memories}));
        assert_eq!((response.status, response.json()), (400, json!({"error": error})), "{method} {error}");
    }
    for method in ["PUT", "DELETE"] {
        let response = request(&platform, method, "/v1/batch/", &json!({}));
        assert_eq!(
            (response.status, response.json()),
            (400, json!({"error": "memories: This field is required."}))
        );
    }
    assert!(platform.dump().unwrap() == unchanged);
    let response = request_ok(&platform, "PUT", "/v1/batch/", &json!({"memories": many(1000)}));
    assert_eq!(response["message"], "Successfully updated 1 memories", "1000 are not too many");
}
