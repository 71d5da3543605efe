//! Webhook deliveries are read without a client feature too.
#![allow(clippy::unwrap_used, clippy::panic)]

use mem0::Error;
use mem0::webhooks::{WebhookDelivery, WebhookEvent, WebhookEventName};
use serde_json::{Value, json};

fn read(body: &Value) -> WebhookDelivery {
    WebhookDelivery::from_slice(body.to_string().as_bytes()).unwrap()
}

#[test]
fn additions_changes_and_deletions_are_read() {
    for (word, name) in [
        ("ADD", WebhookEventName::Add),
        ("UPDATE", WebhookEventName::Update),
        ("DELETE", WebhookEventName::Delete),
    ] {
        let body =
            json!({"event_details": {"id": "m-1", "data": {"memory": "Likes tea", "x": 1}, "event": word}});
        let delivery = read(&body);
        assert_eq!(serde_json::to_value(&delivery).unwrap(), body);
        let Some(WebhookEvent::Memory(told)) = delivery.event_details else { panic!("{delivery:?}") };
        assert_eq!((told.id.unwrap(), told.event), ("m-1".into(), Some(name)));
        let data = told.data.unwrap();
        assert_eq!((data.memory.as_deref(), &data.extra["x"]), (Some("Likes tea"), &json!(1)));
    }
}

#[test]
fn a_deletion_without_a_text_is_read() {
    for body in [
        json!({"event_details": {"id": 7, "event": "DELETE"}}),
        json!({"event_details": {"id": "7", "data": null, "event": "DELETE"}}),
    ] {
        let delivery = read(&body);
        let Some(WebhookEvent::Memory(told)) = delivery.event_details else { panic!("{delivery:?}") };
        assert_eq!((told.id.unwrap(), told.data), ("7".into(), None));
    }
}

#[test]
fn categories_are_read_under_the_other_name_of_the_identifier() {
    let body =
        json!({"event_details": {"event": "CATEGORIZE", "memory_id": "m-1", "categories": ["food", "ünï"]}});
    let delivery = read(&body);
    assert_eq!(serde_json::to_value(&delivery).unwrap(), body);
    let Some(WebhookEvent::Categorized(told)) = delivery.event_details else { panic!("{delivery:?}") };
    assert_eq!((told.memory_id.unwrap(), told.event), ("m-1".into(), Some(WebhookEventName::Categorize)));
    assert_eq!(told.categories.unwrap(), ["food", "ünï"]);
}

#[test]
fn what_is_unknown_is_kept_as_it_is() {
    for details in [
        json!({"event": "INGEST_JOB_FAILED", "job": {"id": 1}}),
        json!({"id": "m-1"}),
        json!({"event": 7}),
        json!({"event": "ADD", "id": ["not", "an", "id"]}),
        json!("text"),
        json!([1]),
        json!(false),
    ] {
        let body = json!({"event_details": details, "sent_at": "later"});
        let delivery = read(&body);
        assert_eq!(serde_json::to_value(&delivery).unwrap(), body);
        assert_eq!(delivery.event_details, Some(WebhookEvent::Other(details)));
        assert_eq!(delivery.extra["sent_at"], "later");
    }
    // The flat form of an older page.
    let flat = json!({"event": "memory_add", "memory_id": "m-1", "user_id": "alice", "memory": "Likes tea"});
    let delivery = read(&flat);
    assert_eq!((delivery.event_details.as_ref(), delivery.extra.len()), (None, 4));
    assert_eq!(serde_json::to_value(&delivery).unwrap(), flat);
}

#[test]
fn what_is_no_object_is_an_error_that_does_not_repeat_it() {
    for body in ["", "Likes tea", "[]", "null", "\"Likes tea\"", "7", "{\"Likes tea\"", "{} {}", "\u{feff}{}"]
    {
        let error = WebhookDelivery::from_slice(body.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Invalid { field: "webhook delivery", .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("tea"), "{error}");
    }
    WebhookDelivery::from_slice(b"{\"event_details\":\"\xff\"}").unwrap_err();
    // Deep enough to end a parser that recurses without a limit.
    let deep = format!("{{\"event_details\":{}", "[".repeat(1_000_000));
    WebhookDelivery::from_slice(deep.as_bytes()).unwrap_err();
}

#[test]
fn nothing_that_is_printed_shows_the_memory() {
    for details in [
        json!({"event": "ADD", "id": "m-1", "data": {"memory": "secret", "z": "secret"}, "x": "secret"}),
        json!({"event": "CATEGORIZE", "memory_id": "m-1", "categories": ["food"], "text": "secret"}),
        json!({"event": "LATER", "memory": "secret"}),
    ] {
        let delivery = read(&json!({"event_details": details, "y": "secret"}));
        let shown = format!("{delivery:?} {delivery:#?}");
        assert!(!shown.contains("secret"), "{shown}");
    }
}
