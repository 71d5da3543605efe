//! Invalid input of calls for entities, exports, webhooks and profiles, rejected before anything is sent.

use super::bad_input::{field_of, unused_server};
use super::*;
use mem0::Filter;
use mem0::entities::{EntityKind, NewEntity};
use mem0::exports::NewExport;
use mem0::memories::Feedback;
use mem0::profiles::{ProfileSample, ProfileSettingsUpdate, ProfileTrigger};
use mem0::webhooks::{NewWebhook, WebhookEventType, WebhookUpdate};
use serde_json::{Value, json};

#[maybe_async]
#[flavour_test]
async fn ids_that_are_empty_or_dots() {
    let (_server, mock, client) = unused_server().await;
    let entities = client.entities();
    let webhooks = client.project().webhooks();
    let profiles = client.profiles();
    for id in ["", ".", "..", "%2e", "%2E%2e"] {
        let update = WebhookUpdate::new().name("n");
        let errors = [
            (entities.get(EntityKind::User, id).await.unwrap_err(), "entity id"),
            (entities.delete(EntityKind::User, id).await.unwrap_err(), "entity id"),
            (entities.get(id, "alice").await.unwrap_err(), "entity type"),
            (entities.delete(id, "alice").await.unwrap_err(), "entity type"),
            (client.webhooks(id).list().await.unwrap_err(), "project id"),
            (client.project_in("org_abc", id).webhooks().list().await.unwrap_err(), "project id"),
            (webhooks.delete(id).await.unwrap_err(), "webhook id"),
            (webhooks.update(id, update).await.unwrap_err(), "webhook id"),
            (profiles.get(id).await.unwrap_err(), "user id"),
            (profiles.job(id).await.unwrap_err(), "profile job id"),
            (profiles.wait(id, PollPolicy::default()).await.unwrap_err(), "profile job id"),
        ];
        for (error, field) in &errors {
            assert_eq!(field_of(error), *field, "{id}: {error}");
        }
    }
    for id in ["", "  "] {
        let errors = [
            (client.feedback(id, Feedback::Positive, None).await.unwrap_err(), "memory_id"),
            (client.remove_feedback(id).await.unwrap_err(), "memory_id"),
            (client.exports().get(id).await.unwrap_err(), "export_id"),
            (profiles.trigger(id).await.unwrap_err(), "user_id"),
            (entities.create_user(id).await.unwrap_err(), "user_id"),
            (entities.create_agent(id).await.unwrap_err(), "agent_id"),
            (entities.create_app(id).await.unwrap_err(), "app_id"),
            (entities.create_run(id).await.unwrap_err(), "run_id"),
        ];
        for (error, field) in &errors {
            assert_eq!(field_of(error), *field, "{id}: {error}");
        }
    }
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn entities_with_invalid_names() {
    let (_server, mock, client) = unused_server().await;
    let entities = client.entities();
    let error = entities.create_user(NewEntity::new("alice").name("Alice")).await.unwrap_err();
    assert!(error.to_string().contains("metadata"), "{error}");
    let errors = [error, entities.create_agent(NewEntity::new("bot").name(" ")).await.unwrap_err()];
    for error in &errors {
        assert_eq!(field_of(error), "name", "{error}");
    }
    let error = client.feedback("m", "", None).await.unwrap_err();
    assert_eq!(field_of(&error), "feedback");
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn empty_filters_and_invalid_schemas() {
    let (_server, mock, client) = unused_server().await;
    for filter in [
        Filter::raw(json!({})),
        Filter::raw(Value::Null),
        Filter::raw(json!("user_id")),
        Filter::raw(json!([{"run_id": 1}])),
        Filter::user("a").not(),
        Filter::created_at().gte("2024-01-01"),
        Filter::all_of([]),
    ] {
        let errors = [
            client.exports().create(NewExport::new(json!({}), filter.clone())).await.unwrap_err(),
            client.exports().latest(filter.clone()).await.unwrap_err(),
            client.summary(filter).await.unwrap_err(),
        ];
        for error in &errors {
            assert_eq!(field_of(error), "filters", "{error}");
        }
    }
    for schema in [Value::Null, json!("{}"), json!([]), json!(1)] {
        let export = NewExport::new(schema, Filter::user("a"));
        let error = client.exports().create(export).await.unwrap_err();
        assert_eq!(field_of(&error), "schema");
    }
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn invalid_webhooks() {
    let (_server, mock, client) = unused_server().await;
    let webhooks = client.project().webhooks();
    let new = |name: &str, url: &str| NewWebhook::new(name, url, ["memory_add"]);
    for url in [
        "",
        " ",
        "example.com/hook",
        "/hook",
        "ftp://example.com/hook",
        "https://",
        "https://:443/",
        "https://user:hunter2@/",
        "https://example.com:99999/hunter2",
        "https://example.com:port/hunter2",
        "https://exa mple.com/hunter2",
        "https://example.com/hunter2 x",
        "https://example.com/\r\nhunter2: x",
        "https://müller.example/hunter2",
        "javascript:hunter2",
    ] {
        let errors = [
            webhooks.create(new("n", url)).await.unwrap_err(),
            webhooks.update("wh_1", WebhookUpdate::new().url(url)).await.unwrap_err(),
        ];
        for error in &errors {
            assert_eq!(field_of(error), "url", "{url}: {error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
    let url = "https://example.com/hook";
    let empty = WebhookEventType::Other(" ".into());
    let update = WebhookUpdate::new;
    let errors = [
        (webhooks.create(new(" ", url)).await.unwrap_err(), "name"),
        (webhooks.update("wh_1", update().name("")).await.unwrap_err(), "name"),
        (webhooks.create(NewWebhook::new("n", url, [empty.clone()])).await.unwrap_err(), "event_types"),
        (webhooks.create(NewWebhook::new("n", url, ["memory_moved"])).await.unwrap_err(), "event_types"),
        (webhooks.create(NewWebhook::new("n", url, [""])).await.unwrap_err(), "event_types"),
        (webhooks.update("wh_1", update().event_types([empty])).await.unwrap_err(), "event_types"),
        (webhooks.update("wh_1", update().event_types(["memory_ad"])).await.unwrap_err(), "event_types"),
        (webhooks.update("wh_1", update()).await.unwrap_err(), "update"),
        (webhooks.update("wh_1", update().set("url", "x")).await.unwrap_err(), "set"),
        (webhooks.create(new("n", url).set("event_types", 1)).await.unwrap_err(), "set"),
        (webhooks.create(new("n", url).set("is_active", true)).await.unwrap_err(), "set"),
    ];
    for (error, field) in &errors {
        assert_eq!(field_of(error), *field, "{error}");
    }
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn invalid_profile_jobs_and_settings() {
    let (server, mock, client) = unused_server().await;
    let profiles = client.profiles();
    for limit in [0, 11, 255] {
        let error = profiles.sample(limit).await.unwrap_err();
        assert_eq!(field_of(&error), "limit");
    }
    for key in ["", " ", "a b", "a\r\nX-Other: b", "ü"] {
        let trigger = ProfileTrigger::new("alice").idempotency_key(key);
        let error = profiles.trigger(trigger).await.unwrap_err();
        assert_eq!(field_of(&error), "idempotency_key", "{key:?}");
        let sample = ProfileSample::new().idempotency_key(key);
        let error = profiles.sample(sample).await.unwrap_err();
        assert_eq!(field_of(&error), "idempotency_key", "{key:?}");
    }
    for url in [
        "",
        "job_1",
        "//evil.example/x/",
        "https://evil.example/v2/profiles/jobs/job_1/",
        "/v2/../v1/ping/",
        "/v2/profiles/jobs/job_1/?x=1",
        &format!("{}@evil.example/", server.url()),
    ] {
        let error = profiles.job_at(url).await.unwrap_err();
        assert_eq!(field_of(&error), "status_url", "{url}");
        assert!(!error.to_string().contains("evil"), "{error}");
    }
    let new = ProfileSettingsUpdate::new;
    for (update, field, said) in [
        (new(), "update", "at least one"),
        (new().schema("{}"), "schema", "not an object"),
        (new().schema(json!([])), "schema", "clear_schema"),
        (new().schema(json!({"properties": {"a": {"type": "string"}}})), "schema", "schema.properties.a"),
        (new().schema(json!({"properties": {"a": {"description": " "}}})), "schema", "schema.properties.a"),
        (new().schema(json!({"properties": {"a": true}})), "schema", "schema.properties.a"),
        (
            new().schema(json!({"properties": {"a": {
                "description": "A", "items": {"properties": {"b": {"type": "string"}}},
            }}})),
            "schema",
            "schema.properties.a.items.properties.b",
        ),
        (new().set("schema", json!({})), "set", "`schema`"),
        (new().set("enabled", true), "set", "`enabled`"),
    ] {
        let error = profiles.update_settings(update).await.unwrap_err();
        assert_eq!(field_of(&error), field, "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
    checked(&mock).await;
}
