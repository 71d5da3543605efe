//! Updates of memories.

use std::time::Duration;

use mem0_local::{Clock, LocalPlatform};
use serde_json::{Value, json};

use super::{UNKNOWN_ID, add_text, get, history, history_entry, path, request, request_ok, rows};

fn start() -> (LocalPlatform, Clock) {
    let clock = Clock::manual("2026-01-31T12:00:00Z".parse().unwrap());
    (LocalPlatform::builder().clock(clock.clone()).start().unwrap(), clock)
}

#[test]
fn updates_change_the_given_fields() {
    let (platform, clock) = start();
    let more = json!({"user_id": "u", "metadata": {"k": 1, "old": true}, "expiration_date": "2030-01-01"});
    let id = add_text(&platform, "Drinks tea", more);
    let mut expected = get(&platform, &id);
    for (body, changes) in [
        (json!({"text": "Drinks milk — без сахара"}), json!({"memory": "Drinks milk — без сахара"})),
        (json!({"metadata": {"k": 2}}), json!({"metadata": {"k": 2}})),
        (json!({"metadata": {}}), json!({"metadata": {}})),
        (json!({"text": null, "expiration_date": "2031-02-03"}), json!({"expiration_date": "2031-02-03"})),
        (json!({"expiration_date": null}), json!({"expiration_date": null})),
        (
            json!({"text": "Water", "metadata": {"a": null}}),
            json!({"memory": "Water", "metadata": {"a": null}}),
        ),
    ] {
        clock.advance(Duration::from_secs(1));
        let response = request_ok(&platform, "PUT", &path(&id), &body);
        expected.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        expected["updated_at"] = json!(format!("{:.6}", clock.now()));
        // Assigned by the words of the text; tested in `search/categories.rs`.
        expected["categories"] = response["categories"].clone();
        assert_eq!(response, expected, "{body}");
        assert_eq!(get(&platform, &id), expected, "{body}");
    }
    let lines = history(&platform);
    assert_eq!(lines.len(), 7, "one history entry per change");
    assert_eq!(lines[1], history_entry("UPDATE", "Drinks tea", "Drinks milk — без сахара"));
    assert_eq!(lines[2], history_entry("UPDATE", "Drinks milk — без сахара", "Drinks milk — без сахара"));
    let rows = rows(&platform, "memory_history");
    assert_eq!(rows[1]["input"], "[{\"content\":\"Drinks milk — без сахара\",\"role\":\"user\"}]");
    assert_eq!(rows[2]["metadata"], "{\"k\":2}", "the memory at that time");
}

#[test]
fn timestamp_sets_the_time_of_the_memory() {
    let (platform, _) = start();
    let id = add_text(&platform, "Drinks tea", json!({"user_id": "u"}));
    for (timestamp, written) in [
        (json!(86_400), "1970-01-02T00:00:00.000000Z"),
        (json!(0.5), "1970-01-01T00:00:00.500000Z"),
        (json!("2025-01-15T12:00:00Z"), "2025-01-15T12:00:00.000000Z"),
        (json!("2025-01-15T12:00:00+02:00"), "2025-01-15T10:00:00.000000Z"),
    ] {
        let shown = request_ok(&platform, "PUT", &path(&id), &json!({"timestamp": timestamp}));
        assert_eq!((&shown["created_at"], &shown["updated_at"]), (&json!(written), &json!(written)));
        assert_eq!(shown["memory"], "Drinks tea");
    }
}

#[test]
fn invalid_updates_are_rejected_and_change_nothing() {
    let (platform, _) = start();
    let id = add_text(&platform, "Drinks tea", json!({"user_id": "u"}));
    let fixed = add_text(&platform, "Carved in stone", json!({"user_id": "u", "immutable": true}));
    let unchanged = platform.dump().unwrap();
    let nothing = "Nothing to update: give text, metadata, expiration_date or timestamp.";
    for (path, body, status, error) in [
        (path("not-a-uuid"), json!({"text": "x"}), 400, "memory_id should be a valid UUID"),
        (path("a%2Fb"), json!({"text": "x"}), 400, "memory_id should be a valid UUID"),
        (path(UNKNOWN_ID), json!({"text": "x"}), 404, "Memory not found!"),
        (path(UNKNOWN_ID), json!({}), 404, "Memory not found!"),
        (path(&id), json!({}), 400, nothing),
        (path(&id), json!({"text": null, "metadata": null, "timestamp": null}), 400, nothing),
        (path(&id), json!({"user_id": "v"}), 400, nothing),
        (path(&id), json!({"text": ""}), 400, "text: This field may not be blank."),
        (path(&id), json!({"text": 1}), 400, "text: Not a valid string."),
        (
            path(&id),
            json!({"metadata": []}),
            400,
            "metadata: Expected a dictionary of items but got type \"list\"",
        ),
        (
            path(&id),
            json!({"expiration_date": "soon"}),
            400,
            "expiration_date: Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
        ),
        (
            path(&id),
            json!({"text": "x", "timestamp": "soon"}),
            400,
            "timestamp: Must be seconds since 1970 or a date and time in ISO 8601.",
        ),
        (
            path(&fixed),
            json!({"text": "x"}),
            400,
            "This memory is immutable and can't be updated; delete it and add it again.",
        ),
    ] {
        let response = request(&platform, "PUT", &path, &body);
        assert_eq!((response.status, response.json()), (status, json!({"error": error})), "{path} {body}");
    }
    assert!(platform.dump().unwrap() == unchanged);
}

#[test]
fn every_write_creates_an_event() {
    let (platform, _) = start();
    let id = add_text(&platform, "Drinks tea", json!({"user_id": "u"}));
    request_ok(&platform, "PUT", &path(&id.to_uppercase()), &json!({"text": "Drinks milk"}));
    request_ok(&platform, "DELETE", &path(&id.replace('-', "")), &Value::Null);
    request_ok(&platform, "DELETE", "/v1/memories/?user_id=u", &Value::Null);
    let page = request_ok(&platform, "GET", "/v1/events/", &Value::Null);
    let types: Vec<_> =
        page["results"].as_array().unwrap().iter().map(|event| &event["event_type"]).collect();
    assert_eq!(types, ["DELETE_ALL", "DELETE", "UPDATE", "ADD"], "newest first");
    for event in page["results"].as_array().unwrap() {
        assert_eq!(event["status"], "SUCCEEDED");
        let id = &event["id"];
        let single = super::event(&platform, id);
        assert_eq!((&single["id"], &single["error"]), (id, &Value::Null));
        for name in
            ["payload", "results", "created_at", "updated_at", "started_at", "completed_at", "latency"]
        {
            assert_eq!(single[name], event[name]);
            assert!(!single[name].is_null(), "{name}: {single}");
        }
    }
    assert_eq!(page["results"][2]["payload"], json!({"memory_id": id, "text": "Drinks milk"}));
    assert_eq!(page["results"][2]["results"][0]["memory"], "Drinks milk");
    for event_id in [UNKNOWN_ID, "x"] {
        let unknown = request(&platform, "GET", &format!("/v1/event/{event_id}/"), &Value::Null);
        let error = "Event not found or you don't have permission to access it.";
        assert_eq!((unknown.status, unknown.json()), (404, json!({"error": error})));
    }
}

#[test]
fn events_are_paginated() {
    let (platform, _) = start();
    for number in 0..5 {
        add_text(&platform, &format!("Fact {number}"), json!({"user_id": "u"}));
    }
    let first = request_ok(&platform, "GET", "/v1/events/?page_size=2", &Value::Null);
    assert_eq!((&first["count"], &first["previous"]), (&json!(5), &Value::Null));
    let mut current = Vec::new();
    let mut next = Some("/v1/events/?page_size=2".to_owned());
    while let Some(path) = next {
        let page = request_ok(&platform, "GET", &path, &Value::Null);
        current.extend(page["results"].as_array().unwrap().iter().map(|event| event["id"].clone()));
        let rest = |url: &str| url.split_once("/v1/").map(|(_, rest)| format!("/v1/{rest}"));
        next = page["next"].as_str().and_then(rest);
    }
    let all: Vec<_> =
        rows(&platform, "events").into_iter().rev().map(|row| row["event_id"].clone()).collect();
    assert_eq!(current, all);
    let after_end = request(&platform, "GET", "/v1/events/?page=9", &Value::Null);
    assert_eq!((after_end.status, after_end.json()), (404, json!({"detail": "Invalid page."})));
}
