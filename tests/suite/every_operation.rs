//! All operations, called against the offline platform.

use super::*;
use mem0::client::Method;
use mem0::entities::NewEntity;
use mem0::exports::NewExport;
use mem0::memories::{BatchUpdateItem, DeleteMemories, MemoryUpdate};
use mem0::profiles::{ProfileSettingsUpdate, ProfileTrigger};
use mem0::projects::NewProject;
use mem0::webhooks::{NewWebhook, WebhookUpdate};
use mem0::{AddMemories, ChatMessage, Filter, ProjectUpdate, SearchMemories};
use mem0_local::{LocalPlatform, Operation};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fmt::Debug;

const EMAIL: &str = "ann.o+secret@x.io";

/// Text with a key and an e-mail address.
fn leaky(text: &str) -> String {
    format!("{text} of <{EMAIL}> by {KEY}")
}

/// `Debug` texts of values.
#[derive(Default)]
struct Shown(Vec<String>);

impl Shown {
    fn add(&mut self, value: &impl Debug) {
        self.0.push(format!("{value:?} {value:#?}"));
    }

    fn assert_clean(&self, platform: &LocalPlatform) {
        for shown in &self.0 {
            for secret in [KEY, EMAIL, "x.io", "example.com", platform.api_key(), platform.reader_key()] {
                assert!(!shown.contains(secret), "{secret} is in: {shown}");
            }
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn no_operation_returns_a_value_that_shows_keys_or_addresses() {
    let platform = LocalPlatform::start().unwrap();
    let client = MemoryClient::builder().api_key(platform.api_key()).base_url(platform.url());
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let mut shown = Shown::default();
    tenants(&client, &mut shown).await;
    let ids = memories(&client, &mut shown).await;
    entities(&client, &mut shown).await;
    analytics(&client, &ids, &mut shown).await;
    profiles(&client, &mut shown).await;
    deprecated(&client).await;
    deletions(&client, &ids, &mut shown).await;
    shown.assert_clean(&platform);

    let requests = platform.request_log();
    let failed: Vec<_> =
        requests.iter().filter(|entry| entry.status.is_none_or(|status| status >= 400)).collect();
    assert!(failed.is_empty(), "{failed:?}");
    let called: HashSet<Operation> = requests.iter().filter_map(|entry| entry.operation).collect();
    let missing: Vec<_> = Operation::ALL.iter().filter(|operation| !called.contains(operation)).collect();
    assert!(missing.is_empty(), "not called: {missing:?}");
}

#[maybe_async]
async fn tenants(client: &MemoryClient, shown: &mut Shown) {
    shown.add(&client.ping().await.unwrap());
    let organizations = client.organizations();
    let made = organizations.create(&leaky("Acme")).await.unwrap();
    shown.add(&made);
    shown.add(&organizations.list().await.unwrap());
    let organization = client.organization(made.id().unwrap().clone());
    shown.add(&organization.get().await.unwrap());
    shown.add(&organization.add_member(EMAIL, "READER").await.unwrap());
    shown.add(&organization.get_members().await.unwrap());
    shown.add(&organization.update_member(EMAIL, "OWNER").await.unwrap());
    shown.add(&organization.remove_member(EMAIL).await.unwrap());
    let new = NewProject::new(leaky("Bot")).description(leaky("Support"));
    let made = organization.create_project(new).await.unwrap();
    shown.add(&made);
    shown.add(&organization.projects().await.unwrap());

    let project = organization.project(made.id().unwrap().clone());
    shown.add(&project.update(ProjectUpdate::new().custom_instructions(leaky("Facts"))).await.unwrap());
    shown.add(&project.get().await.unwrap());
    shown.add(&project.add_member(EMAIL, "READER").await.unwrap());
    shown.add(&project.get_members().await.unwrap());
    shown.add(&project.update_member(EMAIL, "OWNER").await.unwrap());
    shown.add(&project.remove_member(EMAIL).await.unwrap());

    let webhooks = project.webhooks();
    let url = format!("http://127.0.0.1:9/{KEY}?to={EMAIL}");
    let made = webhooks.create(NewWebhook::new(leaky("audit"), url, ["memory_add"])).await.unwrap();
    shown.add(&made);
    shown.add(&webhooks.list().await.unwrap());
    let webhook_id = made.webhook_id.unwrap();
    shown.add(&webhooks.update(webhook_id.clone(), WebhookUpdate::new().name(leaky("log"))).await.unwrap());
    shown.add(&webhooks.delete(webhook_id).await.unwrap());
    shown.add(&project.delete().await.unwrap());
    shown.add(&organization.delete().await.unwrap());
}

/// Adds four memories of a user and returns their ids.
#[maybe_async]
async fn memories(client: &MemoryClient, shown: &mut Shown) -> Vec<mem0::memories::MemoryId> {
    for text in ["Lives in Delft", "Likes tea", "Plays chess", "Reads maps"] {
        let memory = AddMemories::new([ChatMessage::user(leaky(text))])
            .user_id(EMAIL)
            .metadata(json!({ "mail": EMAIL, KEY: KEY }))
            .infer(false);
        shown.add(&client.add(memory).await.unwrap());
    }
    let mut listed = client.get_all(Filter::user(EMAIL)).unwrap();
    let page = listed.next_page().await.unwrap().unwrap();
    shown.add(&listed);
    shown.add(&page);
    let ids: Vec<mem0::memories::MemoryId> =
        page.results.iter().map(|memory| memory.id.clone().unwrap()).collect();
    assert_eq!(ids.len(), 4);
    shown.add(&client.search(SearchMemories::new(leaky("tea"), Filter::user(EMAIL))).await.unwrap());
    shown.add(&client.get(ids[0].clone()).await.unwrap());
    shown.add(&client.update(ids[0].clone(), MemoryUpdate::new().text(leaky("Coffee"))).await.unwrap());
    shown.add(&client.history(ids[0].clone()).await.unwrap());
    shown.add(&client.memory_events().unwrap().next_page().await.unwrap());
    shown.add(&client.memories_of("user", EMAIL).unwrap().next_page().await.unwrap());
    let edits = vec![BatchUpdateItem::new(ids[1].clone()).text(leaky("Green tea"))];
    shown.add(&client.batch_update(edits).await.unwrap());
    ids
}

#[maybe_async]
async fn entities(client: &MemoryClient, shown: &mut Shown) {
    let entities = client.entities();
    let new = || NewEntity::new(leaky("e")).name(leaky("Name")).metadata("mail", EMAIL);
    shown.add(&entities.create_user(NewEntity::new(leaky("e"))).await.unwrap());
    shown.add(&entities.create_agent(new()).await.unwrap());
    shown.add(&entities.create_app(new()).await.unwrap());
    shown.add(&entities.create_run(new()).await.unwrap());
    shown.add(&entities.list().unwrap().next_page().await.unwrap());
    shown.add(&entities.filters().await.unwrap());
    shown.add(&entities.get("user", EMAIL).await.unwrap());
}

/// Exports and summaries are returned as JSON, which this crate does not redact.
#[maybe_async]
async fn analytics(client: &MemoryClient, ids: &[mem0::memories::MemoryId], shown: &mut Shown) {
    let events = client.events().list().unwrap().next_page().await.unwrap().unwrap();
    shown.add(&events);
    let event_id = events.results[0].id.clone().unwrap();
    shown.add(&client.events().get(event_id).await.unwrap());
    let schema = json!({ "properties": { "mail": { "type": "string", "description": leaky("Mail") } } });
    let export = client.exports().create(NewExport::new(schema, Filter::user(EMAIL))).await.unwrap();
    shown.add(&export);
    client.exports().get(export.id().unwrap().clone()).await.unwrap();
    shown.add(&client.feedback(ids[0].clone(), "POSITIVE", Some(&leaky("Checked"))).await.unwrap());
    shown.add(&client.stats().await.unwrap());
    client.summary(Filter::user(EMAIL)).await.unwrap();
}

#[maybe_async]
async fn profiles(client: &MemoryClient, shown: &mut Shown) {
    let profiles = client.profiles();
    let schema = json!({ "properties": { "mail": { "type": "string", "description": leaky("Mail") } } });
    let update =
        ProfileSettingsUpdate::new().enabled(true).schema(schema).custom_instructions(leaky("Facts"));
    shown.add(&profiles.update_settings(update).await.unwrap());
    shown.add(&profiles.settings().await.unwrap());
    let started = profiles.trigger(ProfileTrigger::new(EMAIL)).await.unwrap();
    shown.add(&started);
    shown.add(&profiles.job(started.id().unwrap().clone()).await.unwrap());
    shown.add(&profiles.get(EMAIL).await.unwrap());
}

/// Deprecated operations, by raw requests.
#[maybe_async]
async fn deprecated(client: &MemoryClient) {
    let user = json!({ "user_id": "bob" });
    let filters = json!({ "filters": user });
    let add = json!({ "messages": [{ "role": "user", "content": "Likes tea" }], "user_id": "bob" });
    let search = json!({ "query": "tea", "user_id": "bob" });
    let search_v2 = json!({ "query": "tea", "filters": user });
    for (path, body) in [
        ("v1/memories/", add),
        ("v1/memories/search/", search),
        ("v2/memories/", filters),
        ("v2/memories/search/", search_v2),
    ] {
        let request = client.request(Method::POST, path.split('/')).json(&body);
        request.send::<Value>().await.unwrap();
    }
    let listed = client.request(Method::GET, ["v1", "memories", ""]).query("user_id", "bob");
    listed.send::<Value>().await.unwrap();
    let entity = client.entities().get("user", "bob").await.unwrap().remove(0);
    let number = entity.id.unwrap();
    let delete = client.request(Method::DELETE, ["v1", "entities", "user", number.as_str(), ""]);
    delete.send::<Value>().await.unwrap();
}

#[maybe_async]
async fn deletions(client: &MemoryClient, ids: &[mem0::memories::MemoryId], shown: &mut Shown) {
    shown.add(&client.delete(ids[0].clone()).await.unwrap());
    shown.add(&client.batch_delete(vec![ids[1].clone()]).await.unwrap());
    shown.add(&client.delete_all(DeleteMemories::of_user(EMAIL)).await.unwrap());
    shown.add(&client.entities().delete("agent", &leaky("e")).await.unwrap());
}
