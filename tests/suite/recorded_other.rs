//! Requests of the official Python client 2.2.1 for entities, exports, feedback, profiles and webhooks, compared with
//! this crate's. Intended differences: filters of exports have `AND` at their root (see
//! `docs/platform-api.md#exports`), ids are encoded everywhere, and requests that would reach another route or change
//! nothing are not sent. Feedback without a rating is `remove_feedback`, which sends no reason; the official client
//! sends an empty one.

use super::*;
use mem0::Filter;
use mem0::entities::EntityKind;
use mem0::exports::NewExport;
use mem0::memories::Feedback;
use mem0::profiles::{ProfileSettingsUpdate, ProfileTrigger};
use mem0::webhooks::{NewWebhook, WebhookUpdate};
use serde_json::json;

const ID: &str = "11111111-1111-4111-8111-111111111111";
const WEBHOOKS: &str = "/api/v1/webhooks/projects/proj_abc/";

/// Expects a recorded request.
#[maybe_async]
async fn recorded(
    server: &mut ServerGuard,
    method: &str,
    path: &str,
    body: Option<&str>,
    response: &str,
) -> Mock {
    let mock = match body {
        Some(body) => expect_body(server, method, path, body),
        None => expect(server, method, path).match_body(Matcher::Exact(String::new())),
    };
    created(mock.with_body(response)).await
}

#[maybe_async]
#[flavour_test]
async fn entities() {
    let mut server = server().await;
    let list = recorded(&mut server, "GET", "/v1/entities/", None, r#"{"results":[]}"#).await;
    let odd = "/v2/entities/agent/a%2Fb%20c%3Fd%23e/";
    let delete = recorded(&mut server, "DELETE", odd, None, "{}").await;
    let client = client(&server);
    let page = client.users().unwrap().next_page().await.unwrap();
    assert!(page.unwrap().results.is_empty());
    client.delete_users(EntityKind::Agent, "a/b c?d#e").await.unwrap();
    checked(&list).await;
    checked(&delete).await;
}

#[maybe_async]
#[flavour_test]
async fn a_reset_of_one_page() {
    let mut server = server().await;
    let page = r#"{"results":[{"type":"agent","name":"bot"}]}"#;
    let list = recorded(&mut server, "GET", "/v1/entities/", None, page).await;
    let delete = recorded(&mut server, "DELETE", "/v2/entities/agent/bot/", None, "{}").await;
    let reset = client(&server).reset().await.unwrap();
    assert_eq!(reset.deleted, 1);
    checked(&list).await;
    checked(&delete).await;
}

#[maybe_async]
#[flavour_test]
async fn exports_and_summaries() {
    let mut server = server().await;
    let create = r#"{"schema":{},"filters":{"AND":[{"user_id":"a"}]},"export_instructions":"short"}"#;
    let create = recorded(&mut server, "POST", "/v1/exports/", Some(create), "{}").await;
    let get = format!(r#"{{"memory_export_id":"{ID}"}}"#);
    let get = recorded(&mut server, "POST", "/v1/exports/get/", Some(&get), "{}").await;
    let summary = r#"{"filters":{"AND":[{"user_id":"a"}]}}"#;
    let summary = recorded(&mut server, "POST", "/v1/summary/", Some(summary), "[]").await;
    let client = client(&server);
    let filter = || Filter::raw(json!({"AND": [{"user_id": "a"}]}));
    client.exports().create(NewExport::new(json!({}), filter()).instructions("short")).await.unwrap();
    client.exports().get(ID).await.unwrap();
    client.summary(filter()).await.unwrap();
    for mock in [create, get, summary] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn feedback() {
    let mut server = server().await;
    let client = client(&server);
    let given = format!(r#"{{"memory_id":"{ID}","feedback":"POSITIVE","feedback_reason":"good"}}"#);
    let given = recorded(&mut server, "POST", "/v1/feedback/", Some(&given), "{}").await;
    client.feedback(ID, Feedback::Positive, Some("good")).await.unwrap();
    checked(&given).await;
    let removed = format!(r#"{{"memory_id":"{ID}","feedback":null,"feedback_reason":null}}"#);
    let removed = recorded(&mut server, "POST", "/v1/feedback/", Some(&removed), "{}").await;
    client.remove_feedback(ID).await.unwrap();
    checked(&removed).await;
}

#[maybe_async]
#[flavour_test]
async fn profiles() {
    let mut server = server().await;
    let profiles = client(&server).profiles();
    let path = "/v2/entities/user/a%2Fb%20c%3Fd%23e/profile/";
    let get = recorded(&mut server, "GET", path, None, "{}").await;
    profiles.get("a/b c?d#e").await.unwrap();
    let body = r#"{"operation":"trigger","entity_type":"user","entity_id":"alice"}"#;
    let trigger = recorded(&mut server, "POST", "/v2/profiles/jobs/", Some(body), "{}").await;
    profiles.trigger(ProfileTrigger::new("alice").idempotency_key("idem-1")).await.unwrap();
    let body = r#"{"operation":"sample","entity_type":"user"}"#;
    let sample = recorded(&mut server, "POST", "/v2/profiles/jobs/", Some(body), "{}").await;
    profiles.sample(mem0::profiles::ProfileSample::new()).await.unwrap();
    let job = recorded(&mut server, "GET", "/v2/profiles/jobs/job_1/", None, r#"{"job":{}}"#).await;
    profiles.job("job_1").await.unwrap();
    let settings = recorded(&mut server, "GET", "/v2/profiles/settings/", None, "{}").await;
    profiles.settings().await.unwrap();
    for mock in [get, trigger, sample, job, settings] {
        checked(&mock).await;
    }
    let new = ProfileSettingsUpdate::new;
    for (update, body) in [
        (new().enabled(false).clear_schema(), r#"{"enabled":false,"entities":{"user":{"schema":null}}}"#),
        (new().clear_custom_instructions(), r#"{"entities":{"user":{"custom_instructions":null}}}"#),
    ] {
        let mock = recorded(&mut server, "POST", "/v2/profiles/settings/", Some(body), "{}").await;
        profiles.update_settings(update).await.unwrap();
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn webhooks() {
    let mut server = server().await;
    let webhooks = client(&server).webhooks("proj_abc");
    let list = recorded(&mut server, "GET", WEBHOOKS, None, "[]").await;
    webhooks.list().await.unwrap();
    let body = r#"{"url":"https://e.io/h","name":"n","event_types":["memory_add","memory_categorize"]}"#;
    let create = recorded(&mut server, "POST", WEBHOOKS, Some(body), "{}").await;
    let webhook = NewWebhook::new("n", "https://e.io/h", ["memory_add", "memory_categorize"]);
    webhooks.create(webhook).await.unwrap();
    let update = recorded(&mut server, "PUT", "/api/v1/webhooks/wh_1/", Some(r#"{"name":"n2"}"#), "{}").await;
    webhooks.update("wh_1", WebhookUpdate::new().name("n2")).await.unwrap();
    let delete = recorded(&mut server, "DELETE", "/api/v1/webhooks/wh_1/", None, "{}").await;
    webhooks.delete("wh_1").await.unwrap();
    for mock in [list, create, update, delete] {
        checked(&mock).await;
    }
}
