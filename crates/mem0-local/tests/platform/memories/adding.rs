//! Adding memories.

use std::collections::HashMap;

use mem0_local::{Clock, LocalPlatform};
use serde_json::{Value, json};

use super::{ADD, add_text, event, get, history, history_entry, request, request_ok, rows, texts};

const INVALID: &str = "Invalid input data. Please refer to the memory creation documentation at \
     https://docs.mem0.ai/platform/quickstart#4-1-create-memories for correct formatting and required fields.";

#[test]
fn without_inference_user_and_assistant_messages_are_stored_unchanged() {
    let platform = LocalPlatform::start().unwrap();
    let ids = json!({"user_id": "zoë ü/?#", "agent_id": "guide", "app_id": "map", "run_id": "r1"});
    let mut body = json!({
        "messages": [
            {"role": "system", "content": "You are a guide."},
            {"role": "user", "content": "  Zoë's café — “très tôt” ☕ ", "name": "Zoë"},
            {"role": "assistant", "content": "Noted."},
        ],
        "infer": false,
        "metadata": {"nested": {"n": [1, 2.5, null, "ñ"]}},
    });
    body.as_object_mut().unwrap().extend(ids.as_object().unwrap().clone());
    let response = request_ok(&platform, "POST", ADD, &body);
    assert_eq!(response["message"], "Memories stored successfully");
    assert_eq!(response["status"], "SUCCEEDED");
    let results = response["results"].as_array().unwrap();
    let shown: Vec<_> = results.iter().map(|result| (&result["data"]["memory"], &result["event"])).collect();
    assert_eq!(
        shown,
        [(&json!("  Zoë's café — “très tôt” ☕ "), &json!("ADD")), (&json!("Noted."), &json!("ADD"))]
    );
    for result in results {
        assert_eq!(result.as_object().unwrap().len(), 3, "{result}");
        let memory = get(&platform, result["id"].as_str().unwrap());
        assert_eq!(memory["memory"], result["data"]["memory"]);
        for (name, id) in ids.as_object().unwrap() {
            let name = if name == "run_id" { "session_id" } else { name };
            assert_eq!(&memory[name], id, "{memory}");
        }
        assert_eq!(memory["metadata"], body["metadata"]);
        assert_eq!(memory["lifecycle_state"], "active");
    }
    let event = event(&platform, &response["event_id"]);
    assert_eq!((&event["status"], &event["event_type"]), (&json!("SUCCEEDED"), &json!("ADD")));
    assert_eq!(event["metadata"], body["metadata"]);
    assert_eq!(event["results"][1]["memory"], "Noted.");
    let lines = [
        history_entry("ADD", Value::Null, "  Zoë's café — “très tôt” ☕ "),
        history_entry("ADD", Value::Null, "Noted."),
    ];
    assert_eq!(history(&platform), lines);
    let input: Value =
        serde_json::from_str(rows(&platform, "memory_history")[0]["input"].as_str().unwrap()).unwrap();
    assert_eq!(input, json!([body["messages"][1]]), "the complete message");
    let entities: Vec<_> =
        rows(&platform, "entities").into_iter().map(|row| row["entity_id"].clone()).collect();
    assert_eq!(entities, ["user_id", "agent_id", "app_id", "run_id"].map(|name| ids[name].clone()));
}

#[test]
fn inferred_memories_belong_to_the_role_of_their_message() {
    let messages = json!([
        {"role": "user", "content": "I play the cello."},
        {"role": "assistant", "content": "Room 12 is booked."},
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": {"type": "image_url", "image_url": {"url": "https://x.io/a.jpg"}}},
    ]);
    for (ids, expected) in [
        (json!({"user_id": "u", "agent_id": "a"}), [(json!("u"), json!(null)), (json!(null), json!("a"))]),
        (json!({"user_id": "u"}), [(json!("u"), json!(null)), (json!("u"), json!(null))]),
        (json!({"agent_id": "a"}), [(json!(null), json!("a")), (json!(null), json!("a"))]),
        (json!({}), [(json!(null), json!(null)), (json!(null), json!(null))]),
    ] {
        let platform = LocalPlatform::start().unwrap();
        let mut body = json!({"messages": messages, "run_id": "r", "app_id": "p"});
        body.as_object_mut().unwrap().extend(ids.as_object().unwrap().clone());
        let response = request_ok(&platform, "POST", ADD, &body);
        assert_eq!(response.as_object().unwrap().len(), 2, "{response}");
        assert_eq!(response["status"], "PENDING");
        let event = event(&platform, &response["event_id"]);
        assert_eq!(event["status"], "SUCCEEDED", "before the next request is handled");
        let found = rows(&platform, "memories");
        let of = |row: &Value| (row["user_id"].clone(), row["agent_id"].clone());
        assert_eq!(found.iter().map(of).collect::<Vec<_>>(), expected, "{ids}");
        assert!(found.iter().all(|row| row["run_id"] == "r" && row["app_id"] == "p"));
        assert_eq!(texts(&platform), ["I play the cello.", "Room 12 is booked."]);
        let ids: Vec<_> = event["results"].as_array().unwrap().iter().map(|result| &result["id"]).collect();
        assert_eq!(ids, found.iter().map(|row| &row["memory_id"]).collect::<Vec<_>>());
    }
}

#[test]
fn messages_may_be_a_list_an_object_or_a_string() {
    let platform = LocalPlatform::start().unwrap();
    for messages in [
        json!("As a text"),
        json!({"role": "user", "content": "As one"}),
        json!([{"role": "user", "content": "As a list"}]),
    ] {
        request_ok(&platform, "POST", ADD, &json!({"messages": messages, "user_id": "u", "infer": false}));
    }
    assert_eq!(texts(&platform), ["As a text", "As one", "As a list"]);
}

#[test]
fn fields_of_the_request_apply_to_each_memory() {
    let clock = Clock::manual("2026-01-31T12:00:00Z".parse().unwrap());
    let platform = LocalPlatform::builder().clock(clock).start().unwrap();
    let plain = get(&platform, &add_text(&platform, "Plain", json!({"user_id": "u", "metadata": null})));
    assert_eq!(plain["created_at"], "2026-01-31T12:00:00.000000Z");
    assert_eq!((&plain["metadata"], &plain["expiration_date"]), (&Value::Null, &Value::Null));
    let more = json!({"user_id": "u", "timestamp": 1_672_531_200, "expiration_date": "2020-02-29", "immutable": true});
    let dated = add_text(&platform, "Dated", more);
    let shown = get(&platform, &dated);
    for name in ["created_at", "updated_at"] {
        assert_eq!(shown[name], "2023-01-01T00:00:00.000000Z");
    }
    assert_eq!(shown["expiration_date"], "2020-02-29", "a day in the past may be set");
    let events = request_ok(&platform, "GET", "/v1/events/?page_size=1", &Value::Null);
    assert_eq!(events["count"], 2);
    let payload = &events["results"][0]["payload"];
    assert_eq!(payload["immutable"], true);
    assert!(payload.get("timestamp").is_none(), "it is not echoed: {payload}");
    let refused = request(&platform, "PUT", &super::path(&dated), &json!({"metadata": {"a": 1}}));
    assert_eq!(refused.status, 400);
    assert!(refused.json()["error"].as_str().unwrap().contains("immutable"));
}

#[test]
fn the_projects_expiration_date_is_the_default() {
    let platform = LocalPlatform::start().unwrap();
    let mut dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    let project = dump["tables"]["projects"]["rows"][0].as_array_mut().unwrap();
    let settings = project.iter_mut().find(|cell| **cell == "{}").unwrap();
    *settings = json!("{\"expiration_date\": \"2030-01-01\"}");
    platform.load(&serde_json::from_value(dump).unwrap()).unwrap();
    for (more, expected) in [
        (json!({"user_id": "a"}), json!("2030-01-01")),
        (json!({"user_id": "b", "expiration_date": "2031-01-01"}), json!("2031-01-01")),
        (json!({"user_id": "c", "expiration_date": null}), json!(null)),
    ] {
        assert_eq!(get(&platform, &add_text(&platform, "Some fact", more))["expiration_date"], expected);
    }
}

#[test]
fn categories_of_the_request_take_precedence() {
    let platform = LocalPlatform::start().unwrap();
    let categories = |id: &str| get(&platform, id)["categories"].clone();
    let tea = json!({"user_id": "a"});
    assert_eq!(
        categories(&add_text(&platform, "Drinks tea", tea)),
        json!(["food"]),
        "the built-in categories"
    );
    let project = crate::project(platform.org_id(), platform.project_id());
    let own = json!({"custom_categories": [{"beverages": "Tea and coffee"}, "billing"]});
    request_ok(&platform, "PATCH", &project, &own);
    let second = add_text(&platform, "Drinks tea", json!({"user_id": "b"}));
    assert_eq!(categories(&second), json!(["beverages"]), "the categories of the project");
    let call = json!({"user_id": "c", "custom_categories": [{"hot_things": "tea"}]});
    assert_eq!(
        categories(&add_text(&platform, "Drinks tea", call)),
        json!(["hot_things"]),
        "the call's in their place"
    );
    assert_eq!(categories(&add_text(&platform, "Zzz", json!({"user_id": "d"}))), json!([]));
    request_ok(&platform, "PATCH", &project, &json!({"custom_categories": []}));
    assert_eq!(categories(&second), json!(["beverages"]), "stored memories keep their categories");
    request_ok(&platform, "PUT", &super::path(&second), &json!({"text": "Drinks more tea"}));
    assert_eq!(categories(&second), json!(["food"]), "a new text gets new categories");
}

#[test]
fn invalid_adds_are_rejected_and_store_nothing() {
    let platform = LocalPlatform::start().unwrap();
    let unchanged = platform.dump().unwrap();
    let one = json!([{"role": "user", "content": "Likes tea"}]);
    let of = |content: Value| json!([{"role": "user", "content": content}]);
    // Without a field: exactly the documented body.
    for body in [
        json!({"messages": one}),
        json!({"messages": one, "user_id": null}),
        json!({"user_id": "u"}),
        json!({"user_id": "u", "messages": []}),
        json!({"user_id": "u", "messages": null}),
        json!({"user_id": "u", "messages": ""}),
        json!({}),
    ] {
        for path in [ADD, "/v1/memories/"] {
            let response = request(&platform, "POST", path, &body);
            assert_eq!(response.status, 400, "{body}");
            assert_eq!(
                response.json(),
                json!({"error": "400 Bad Request", "details": {"message": INVALID}}),
                "{body}"
            );
        }
    }
    let strings = "Expected a dictionary of items but got type \"str\"";
    for (field, value, words) in [
        ("user_id", json!(7), "Not a valid string."),
        ("user_id", json!(" "), "blank"),
        ("agent_id", json!("*"), "wildcard"),
        ("run_id", json!({}), "Not a valid string."),
        ("messages", json!(7), "list"),
        ("messages", json!(["text"]), strings),
        ("messages", json!([{"content": "x"}]), "role"),
        ("messages", json!([{"role": "tool", "content": "x"}]), "role"),
        ("messages", json!([{"role": "user"}]), "content"),
        ("messages", json!([{"role": "user", "content": "x", "name": 1}]), "name"),
        ("messages", of(json!(" \n")), "blank"),
        ("messages", of(json!(["x"])), "content"),
        ("messages", of(json!({"type": "video_url", "video_url": {"url": "https://x.io"}})), "image_url"),
        ("messages", of(json!({"type": "image_url", "image_url": "https://x.io"})), "image_url"),
        ("metadata", json!("x"), strings),
        ("metadata", json!([]), "\"list\""),
        ("expiration_date", json!("31.01.2027"), "YYYY-MM-DD"),
        ("expiration_date", json!("2027-02-29"), "YYYY-MM-DD"),
        ("expiration_date", json!("2027-01-31T00:00:00Z"), "YYYY-MM-DD"),
        ("expiration_date", json!(""), "YYYY-MM-DD"),
        ("expiration_date", json!(20_270_131), "string"),
        ("timestamp", json!("2027"), "integer"),
        ("timestamp", json!(1.5), "integer"),
        ("timestamp", json!(i64::MAX), "seconds"),
        ("infer", json!("false"), "boolean"),
        ("immutable", json!(1), "boolean"),
        ("custom_categories", json!(["billing"]), strings),
        ("custom_categories", json!([{"a": "b"}, null]), "\"NoneType\""),
        ("custom_categories", json!({"a": "b"}), "list"),
        ("custom_categories", json!([{}]), "blank"),
        ("custom_categories", json!([{" ": "b"}]), "blank"),
        ("custom_categories", json!([{"a": 1}]), "blank"),
        ("custom_instructions", json!([]), "string"),
        ("agent_custom_instructions", json!(1), "string"),
        ("includes", json!(1), "string"),
        ("excludes", json!({}), "string"),
        ("structured_data_schema", json!("x"), strings),
        ("enable_graph", json!("yes"), "boolean"),
        ("observation_date", json!(1), "string"),
    ] {
        let mut body = json!({"messages": one, "user_id": "u"});
        body[field] = value;
        let response = request(&platform, "POST", ADD, &body);
        assert_eq!(response.status, 400, "{body}");
        let details = response.json();
        assert_eq!(details["error"], "400 Bad Request", "{body}");
        assert_eq!(details["details"]["message"], INVALID, "{body}");
        let text = details["details"][field][0].as_str().unwrap_or_default();
        assert!(text.contains(words), "{body}: {details}");
    }
    let image = of(json!({"type": "image_url", "image_url": {"url": "https://x.io/a.jpg"}}));
    let response =
        request(&platform, "POST", ADD, &json!({"messages": image, "user_id": "u", "infer": false}));
    assert_eq!(response.status, 400, "images have no text to store");
    assert!(response.json()["details"]["messages"][0].as_str().unwrap().contains("infer"));
    assert!(platform.dump().unwrap() == unchanged);
}

#[test]
fn unknown_fields_are_recorded_or_rejected() {
    let body = json!({"messages": "x", "userId": "u", "user_id": "u"});
    let platform = LocalPlatform::start().unwrap();
    request_ok(&platform, "POST", ADD, &body);
    assert_eq!(platform.request_log().last().unwrap().ignored, ["userId"]);
    let events = rows(&platform, "events");
    assert!(!events[0]["payload"].as_str().unwrap().contains("userId"));
    let strict = LocalPlatform::builder().strict(true).start().unwrap();
    let refused = request(&strict, "POST", ADD, &body);
    assert_eq!((refused.status, refused.json()["details"]["userId"][0].is_string()), (400, true));
}

#[test]
fn version_1_has_its_own_response_shapes() {
    let platform = LocalPlatform::start().unwrap();
    let mut body = json!({"messages": "One", "user_id": "u"});
    let queued = request_ok(&platform, "POST", "/v1/memories/", &body);
    assert_eq!(queued[0]["status"], "PENDING");
    assert_eq!(event(&platform, &queued[0]["event_id"])["status"], "SUCCEEDED");
    body = json!({"messages": "Two", "user_id": "u", "async_mode": false});
    let stored = request_ok(&platform, "POST", "/v1/memories/", &body);
    assert_eq!(
        (&stored[0]["status"], &stored[0]["results"][0]["data"]["memory"]),
        (&json!("SUCCEEDED"), &json!("Two"))
    );
    body = json!({"messages": "Three", "user_id": "u", "infer": false, "output_format": "v1.1", "version": "v2"});
    let object = request_ok(&platform, "POST", "/v1/memories/", &body);
    assert_eq!((&object["results"][0]["event"], &object["relations"]), (&json!("ADD"), &json!([])));
    assert_eq!(texts(&platform), ["One", "Two", "Three"]);
}

/// Compares the store with a model. Few texts and IDs cause many duplicates.
#[test]
fn duplicates_are_stored_once_per_owner() {
    let platform = LocalPlatform::start().unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    let mut known: HashMap<(String, [Option<u8>; 4]), String> = HashMap::new();
    let mut repeats = 0;
    for _ in 0..600 {
        let text = ["Likes tea", "Likes tea ", "likes tea", "Likes te"][random.usize(..4)].to_owned();
        let mut some = || random.bool().then(|| random.u8(..2));
        let scope = [some(), some(), some(), some()];
        let names = ["user_id", "agent_id", "app_id", "run_id"];
        if scope == [None; 4] {
            continue;
        }
        let ids = names
            .iter()
            .zip(scope)
            .filter_map(|(name, id)| Some(((*name).to_owned(), json!(id?.to_string()))));
        let mut body = json!({"messages": [{"role": "user", "content": text}], "infer": false});
        body.as_object_mut().unwrap().extend(ids);
        let response = request_ok(&platform, "POST", ADD, &body);
        let result = &response["results"][0];
        let id = result["id"].as_str().unwrap().to_owned();
        if let Some(existing) = known.get(&(text.clone(), scope)) {
            assert_eq!((&id, &result["event"]), (existing, &json!("NOOP")), "{text} {scope:?}");
            repeats += 1;
        } else {
            assert_eq!(result["event"], "ADD", "{text} {scope:?}");
            assert!(!known.values().any(|existing| *existing == id));
            known.insert((text, scope), id);
        }
    }
    assert!(repeats > 100 && known.len() > 100, "{repeats} repeats of {}", known.len());
    assert_eq!(rows(&platform, "memories").len(), known.len());
    assert_eq!(rows(&platform, "memory_history").len(), known.len(), "a repeat changes nothing");
}

#[test]
fn expired_and_deleted_memories_are_not_duplicates() {
    let clock = Clock::manual("2026-01-31T12:00:00Z".parse().unwrap());
    let platform = LocalPlatform::builder().clock(clock.clone()).start().unwrap();
    let first = add_text(&platform, "Voucher", json!({"user_id": "u", "expiration_date": "2026-01-31"}));
    assert_eq!(
        add_text(&platform, "Voucher", json!({"user_id": "u"})),
        first,
        "found until the end of its last day"
    );
    clock.advance(std::time::Duration::from_secs(12 * 60 * 60));
    let second = add_text(&platform, "Voucher", json!({"user_id": "u"}));
    assert_ne!(second, first);
    request_ok(&platform, "DELETE", &super::path(&second), &Value::Null);
    assert_ne!(add_text(&platform, "Voucher", json!({"user_id": "u"})), second);
    let repeated = json!({"messages": [{"role": "user", "content": "Twice"}, {"role": "assistant", "content": "Twice"}], "user_id": "u", "infer": false});
    let response = request_ok(&platform, "POST", ADD, &repeated);
    assert_eq!(response["results"][0]["id"], response["results"][1]["id"], "also within one add");
    request_ok(&platform, "PUT", &super::path(&first), &json!({"text": "Ticket", "expiration_date": null}));
    assert_eq!(
        add_text(&platform, "Ticket", json!({"user_id": "u"})),
        first,
        "compared with the current text"
    );
}

#[test]
fn duplicates_are_detected_per_project() {
    let platform = LocalPlatform::start().unwrap();
    let own = add_text(&platform, "Likes tea", json!({"user_id": "u"}));
    let body = json!({"messages": "Likes tea", "user_id": "u", "infer": false});
    let other = crate::raw_http::call(platform.url(), "POST", ADD, platform.other_key(), &body).json();
    assert_eq!(other["results"][0]["event"], "ADD");
    assert_ne!(other["results"][0]["id"], own.as_str());
    let hidden =
        crate::raw_http::call(platform.url(), "GET", &super::path(&own), platform.other_key(), &Value::Null);
    assert_eq!((hidden.status, hidden.json()), (404, json!({"error": "Memory not found!"})));
}

#[test]
fn adding_counts_as_an_access_for_decay() {
    let platform = LocalPlatform::start().unwrap();
    add_text(&platform, "Before", json!({"user_id": "u"}));
    request_ok(
        &platform,
        "PATCH",
        &crate::project(platform.org_id(), platform.project_id()),
        &json!({"decay": true}),
    );
    add_text(&platform, "Long ago", json!({"user_id": "u", "timestamp": 86_400}));
    add_text(&platform, "Long ago", json!({"user_id": "u"}));
    let accesses = rows(&platform, "touches");
    assert_eq!(accesses.len(), 1, "{accesses:?}");
    assert_eq!(accesses[0]["touched_at"], 86_400_000_000_i64);
}
