//! Webhooks of a project.

use super::*;
use mem0::webhooks::{NewWebhook, WebhookEventType, WebhookUpdate};

const WEBHOOKS: &str = "/api/v1/webhooks/projects/proj_abc/";
const ONE: &str = "/api/v1/webhooks/wh_1/";
const MESSAGE: &str = r#"{"message":"ok"}"#;

const WEBHOOK: &str = r#"{"webhook_id":"wh_1","name":"n","url":"https://u:p@e.io/h?t=s","event_types":["memory_add",
    "memory_moved"],"owner":"ann","is_active":true,"project":"My project","created_at":"2024-07-20T01:30:36Z",
    "updated_at":null,"future":1}"#;

fn new_webhook() -> NewWebhook {
    NewWebhook::new("n", "https://e.io/h", [WebhookEventType::MemoryAdd, WebhookEventType::MemoryCategorize])
}

#[maybe_async]
#[flavour_test]
async fn webhooks_are_listed() {
    let mut server = server().await;
    let mock = expect(&mut server, "GET", WEBHOOKS).match_body(Matcher::Exact(String::new()));
    let mock = created(mock.with_body(format!("[{WEBHOOK}]")).expect(3)).await;
    let client = project_client(&server);
    let webhooks = client.webhooks("proj_abc").list().await.unwrap();
    let outcome = client.project().webhooks().list().await.unwrap();
    assert_eq!(outcome, webhooks);
    let outcome = client.project_in("org_x", "proj_abc").webhooks().list().await.unwrap();
    assert_eq!(outcome, webhooks);
    checked(&mock).await;
    let webhook = &webhooks[0];
    assert_eq!(webhook.webhook_id.as_ref().unwrap(), "wh_1");
    assert_eq!(webhook.url.as_ref().unwrap().as_str(), "https://u:p@e.io/h?t=s");
    let moved = WebhookEventType::Other("memory_moved".into());
    assert_eq!(webhook.event_types, Some(vec![WebhookEventType::MemoryAdd, moved]));
    assert_eq!((webhook.owner.as_deref(), webhook.project.as_deref()), (Some("ann"), Some("My project")));
    assert_eq!((webhook.is_active, webhook.extra["future"].as_i64()), (Some(true), Some(1)));
}

#[maybe_async]
#[flavour_test]
async fn webhooks_of_the_keys_project_look_it_up_once() {
    let mut server = server().await;
    let identity = r#"{"status":"ok","org_id":"org_abc","project_id":"proj_abc"}"#;
    let ping = created(expect(&mut server, "GET", "/v1/ping/").with_body(identity)).await;
    let list = created(expect(&mut server, "GET", WEBHOOKS).with_body("[]").expect(2)).await;
    let update = created(expect(&mut server, "PUT", ONE).with_body(MESSAGE)).await;
    let client = client(&server);
    let webhooks = client.project().webhooks();
    // The path of a webhook does not contain its project.
    webhooks.update("wh_1", WebhookUpdate::new().name("n2")).await.unwrap();
    let outcome = webhooks.list().await.unwrap().is_empty();
    assert!(outcome);
    let outcome = client.project().webhooks().with_response().list().await.unwrap().value.is_empty();
    assert!(outcome);
    for mock in [ping, list, update] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_webhook_is_created() {
    let mut server = server().await;
    let webhooks = project_client(&server).project().webhooks();
    let failed = WebhookEventType::IngestJobFailed;
    for (webhook, body) in [
        (
            NewWebhook::new("n", "https://e.io/h", ["Memory_Add", "MEMORY-DELETE"]),
            r#"{"url":"https://e.io/h","name":"n","event_types":["memory_add","memory_delete"]}"#,
        ),
        (
            NewWebhook::new("n", "https://e.io/h", [] as [&str; 0]),
            r#"{"url":"https://e.io/h","name":"n","event_types":[]}"#,
        ),
        (
            new_webhook(),
            r#"{"url":"https://e.io/h","name":"n","event_types":["memory_add","memory_categorize"]}"#,
        ),
        (
            NewWebhook::new("ünï", "http://[::1]:8080?x", [failed, WebhookEventType::Other("later".into())])
                .is_active(false)
                .set("secret", "s"),
            concat!(
                r#"{"url":"http://[::1]:8080?x","name":"ünï","event_types":["ingest_job_failed","later"],"#,
                r#""is_active":false,"secret":"s"}"#
            ),
        ),
    ] {
        let mock = expect_body(&mut server, "POST", WEBHOOKS, body).with_status(201).with_body(WEBHOOK);
        let mock = created(mock).await;
        let made = webhooks.create(webhook).await.unwrap();
        checked(&mock).await;
        assert_eq!(made.webhook_id.unwrap(), "wh_1");
    }
}

#[maybe_async]
#[flavour_test]
async fn a_webhook_is_updated() {
    let mut server = server().await;
    let webhooks = project_client(&server).project().webhooks();
    let new = WebhookUpdate::new;
    for (update, body) in [
        (new().name("n2"), r#"{"name":"n2"}"#),
        (new().event_types([] as [&str; 0]), r#"{"event_types":[]}"#),
        (new().url("https://e.io/h2"), r#"{"url":"https://e.io/h2"}"#),
        (
            new().event_types([WebhookEventType::MemoryDelete]).name("n").set("is_active", false),
            r#"{"name":"n","event_types":["memory_delete"],"is_active":false}"#,
        ),
    ] {
        let mock = created(expect_body(&mut server, "PUT", ONE, body).with_body(MESSAGE)).await;
        let message = webhooks.update("wh_1", update).await.unwrap();
        checked(&mock).await;
        assert_eq!(message.message.as_deref(), Some("ok"));
    }
}

#[maybe_async]
#[flavour_test]
async fn a_webhook_is_deleted() {
    let mut server = server().await;
    let mock = expect(&mut server, "DELETE", ONE).match_body(Matcher::Exact(String::new()));
    let mock = created(mock.with_body(MESSAGE)).await;
    let webhooks = client(&server).webhooks("proj_abc");
    webhooks.delete("wh_1").await.unwrap();
    checked(&mock).await;
    let odd = expect(&mut server, "DELETE", "/api/v1/webhooks/a%2Fb%20c%3Fd%23e/").with_status(204);
    let odd = created(odd).await;
    let outcome = webhooks.delete("a/b c?d#e").await.unwrap().message;
    assert_eq!(outcome, None);
    checked(&odd).await;
}

#[maybe_async]
#[flavour_test]
async fn documented_errors() {
    let mut server = server().await;
    let webhooks = project_client(&server).project().webhooks();
    let no_project = r#"{"error":"You don't have access to this project"}"#;
    let no_webhook = r#"{"error":"You don't have access to this webhook"}"#;
    let unknown = r#"{"error":"Webhook not found"}"#;
    for (method, status, body, said) in [
        ("GET", 403, no_project, "access to this project"),
        ("POST", 403, no_project, "access to this project"),
        ("POST", 400, r#"{"name":["This field is required."]}"#, "name: This field is required."),
        ("POST", 400, r#"{"event_types":{"0":["\"x\" is no choice."]}}"#, "is no choice"),
        ("PUT", 400, r#"{"url":["Enter a valid URL."]}"#, "url: Enter a valid URL."),
        ("PUT", 403, no_webhook, "access to this webhook"),
        ("PUT", 404, unknown, "Webhook not found"),
        ("DELETE", 403, no_webhook, "access to this webhook"),
        ("DELETE", 404, unknown, "Webhook not found"),
    ] {
        let path = if matches!(method, "GET" | "POST") { WEBHOOKS } else { ONE };
        let mock = created(expect(&mut server, method, path).with_status(status).with_body(body)).await;
        let error = match method {
            "GET" => webhooks.list().await.map(drop),
            "POST" => webhooks.create(new_webhook()).await.map(drop),
            "PUT" => webhooks.update("wh_1", WebhookUpdate::new().name("x")).await.map(drop),
            _ => webhooks.delete("wh_1").await.map(drop),
        }
        .unwrap_err();
        checked(&mock).await;
        mock.remove();
        assert_eq!(usize::from(error.status().unwrap().as_u16()), status);
        assert!(error.to_string().contains(said), "{error}");
        let mem0::Error::Api(error) = error else { panic!("{error:?}") };
        assert_eq!(error.fields.len(), usize::from(status == 400), "{error:?}");
    }
}

#[maybe_async]
#[flavour_test]
async fn only_creations_are_not_retried() {
    let mut server = server().await;
    let list = created(expect(&mut server, "GET", WEBHOOKS).with_status(503).expect(3)).await;
    let update = created(expect(&mut server, "PUT", ONE).with_status(503).expect(3)).await;
    let delete = created(expect(&mut server, "DELETE", ONE).with_status(503).expect(3)).await;
    let create = created(expect(&mut server, "POST", WEBHOOKS).with_status(503)).await;
    let webhooks = project_client(&server).project().webhooks();
    webhooks.list().await.unwrap_err();
    webhooks.update("wh_1", WebhookUpdate::new().name("x")).await.unwrap_err();
    webhooks.delete("wh_1").await.unwrap_err();
    webhooks.create(new_webhook()).await.unwrap_err();
    for mock in [list, update, delete, create] {
        checked(&mock).await;
    }
}
