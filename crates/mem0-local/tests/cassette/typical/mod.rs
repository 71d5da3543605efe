//! Typical calls, recorded from a local platform and replayed, in both flavours.

use super::{flavour, flavour_test, maybe_async};
use flavour::MemoryClient;
use mem0::client::{PollPolicy, RetryPolicy};
use mem0::entities::EntityKind;
use mem0::exports::NewExport;
use mem0::memories::{DeleteMemories, ListMemories, MemoryUpdate};
use mem0::projects::NewProject;
use mem0::webhooks::{NewWebhook, WebhookEventType};
use mem0::{
    AddMemories, ChatMessage, CustomCategory, Error, Filter, ProjectFields, ProjectUpdate, Role,
    SearchMemories,
};
use mem0_local::{LocalPlatform, Recorder, Replay};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{lines, walk};

/// Client without retries.
fn client(url: &str, key: &str) -> MemoryClient {
    MemoryClient::builder().base_url(url).api_key(key).retry(RetryPolicy::none()).build().unwrap()
}

/// Result as a value.
fn value_of<V: Serialize>(result: Result<V, Error>) -> Value {
    match result {
        Ok(value) => serde_json::to_value(value).unwrap(),
        Err(Error::Api(error)) => json!([error.status.as_u16(), error.message, error.fields]),
        Err(error) => panic!("no response: {error}"),
    }
}

/// Makes calls of all kinds as an OWNER and a READER, and returns their results.
#[maybe_async]
async fn calls(owner: &MemoryClient, reader: &MemoryClient, ann: &str, bob: &str) -> Vec<Value> {
    let mut results = organization(owner, reader, ann, bob).await;
    results.extend(memories(owner, ann).await);
    results.extend(other_calls(owner, ann).await);
    results
}

#[maybe_async]
async fn organization(owner: &MemoryClient, reader: &MemoryClient, ann: &str, bob: &str) -> Vec<Value> {
    let project = owner.project();
    let mut results = Vec::new();
    results.push(value_of(owner.ping().await));
    results.push(value_of(reader.ping().await));
    for decay in [true, false] {
        let update = ProjectUpdate::new()
            .decay(decay)
            .custom_categories([CustomCategory::new("billing", "Invoices, to be sent to pay@acme.example")]);
        results.push(value_of(project.update(update).await));
        results.push(value_of(project.get().await));
    }
    let some = ProjectFields::new().name().decay();
    results.push(value_of(project.get_fields(some).await));
    results.push(value_of(reader.project().get().await));
    results.push(value_of(reader.project().update(ProjectUpdate::new().decay(true)).await));
    for (email, role) in [(ann, Role::Reader), (bob, Role::Owner), (ann, Role::Reader)] {
        results.push(value_of(project.add_member(email, role).await));
    }
    results.push(value_of(project.update_member(ann, Role::Owner).await));
    results.push(value_of(project.get_members().await));
    results.push(value_of(project.remove_member(bob).await));
    results.push(value_of(project.remove_member(bob).await));
    results.push(value_of(project.get_members().await));
    results.push(value_of(owner.organizations().list().await));
    let created = project.create(NewProject::new("Zwei").description("the second")).await;
    let second = owner.project_in(
        owner.ping().await.unwrap().org_id.unwrap(),
        created.as_ref().unwrap().id().unwrap().clone(),
    );
    results.push(value_of(created));
    results.push(value_of(second.delete().await));
    results.push(value_of(second.get().await));
    results
}

#[maybe_async]
async fn memories(client: &MemoryClient, ann: &str) -> Vec<Value> {
    let mut observed = Vec::new();
    for text in ["Likes tea", "Lives in Bern", "Writes to bob@x.io"] {
        let added = client.add(AddMemories::new([ChatMessage::user(text)]).user_id(ann).infer(false)).await;
        observed.push(value_of(added.map(|added| format!("{added:?}"))));
    }
    let inferred = client.add(AddMemories::new([ChatMessage::user("Has a dog")]).user_id(ann)).await.unwrap();
    let event_id = inferred.event_id().unwrap().clone();
    observed.push(json!(format!("{inferred:?}")));
    observed.push(value_of(client.events().wait(event_id.clone(), PollPolicy::default()).await));
    observed.push(value_of(client.events().get(event_id).await));
    observed.push(value_of(client.search(SearchMemories::new("tea", Filter::user(ann))).await));
    // Each page links to the next with the platform's URL.
    let mut pages = client.get_all(ListMemories::new(Filter::user(ann)).page_size(1)).unwrap();
    let mut found = Vec::new();
    while let Some(page) = pages.next_page().await.unwrap() {
        assert!(page.results.len() == 1);
        found.extend(page.results);
    }
    assert_eq!(found.len(), 4);
    let id = found[0].id.clone().unwrap();
    observed.push(value_of(Ok(found)));
    observed.push(value_of(client.update(id.clone(), MemoryUpdate::new().text("Has two dogs")).await));
    observed.push(value_of(client.get(id.clone()).await));
    observed.push(value_of(client.history(id.clone()).await));
    observed.push(value_of(client.batch_delete([id.clone()]).await.map(|_| json!("deleted"))));
    observed.push(value_of(client.get(id).await));
    observed
}

#[maybe_async]
async fn other_calls(client: &MemoryClient, ann: &str) -> Vec<Value> {
    let mut results = Vec::new();
    results.push(value_of(client.entities().get(EntityKind::User, ann).await));
    let result = client
        .project()
        .webhooks()
        .create(NewWebhook::new(
            "Hook",
            "https://hooks.example/services/T0/s3cr3t?x=y",
            [WebhookEventType::MemoryAdd],
        ))
        .await;
    let webhook_id = result.as_ref().unwrap().webhook_id.clone().unwrap();
    let mut result = value_of(result);
    result["url"] = Value::Null;
    results.push(result);
    let mut listed = value_of(client.project().webhooks().list().await);
    listed[0]["url"] = Value::Null;
    results.push(listed);
    results.push(value_of(client.project().webhooks().delete(webhook_id).await));
    let export = NewExport::new(
        json!({"type": "object", "properties": {"likes": {"type": "string"}}}),
        Filter::user(ann),
    );
    let created = client.exports().create(export).await.unwrap();
    results.push(value_of(client.exports().wait(created.id.clone().unwrap(), PollPolicy::default()).await));
    results.push(value_of(client.stats().await));
    results.push(value_of(client.entities().delete(EntityKind::User, ann).await));
    results.push(value_of(client.delete_all(DeleteMemories::new().user_id(ann)).await));
    results
}

const ANN: &str = "Ann+tea@x.io";
const BOB: &str = "bob@bücher.example";

#[maybe_async]
#[flavour_test]
async fn a_replay_returns_the_recorded_results() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cassette.jsonl");
    let platform = LocalPlatform::start().unwrap();
    let (owner_key, reader_key) = (platform.api_key().to_owned(), platform.reader_key().to_owned());
    let recorder = Recorder::start(platform.url(), &file).unwrap();
    let (owner, reader) = (client(recorder.url(), &owner_key), client(recorder.url(), &reader_key));
    let recorded = calls(&owner, &reader, ANN, BOB).await;
    assert_eq!(recorder.recorded(), platform.request_log().len());
    assert_eq!((recorder.recorded(), recorder.failure()), (lines(&file).len(), None));
    drop((recorder, platform));

    // The replay uses other keys, and the pseudonyms of the platform's default users.
    let replay = Replay::start(&file).unwrap();
    let (owner, reader) = (client(replay.url(), "m0-other-key"), client(replay.url(), "m0-third-key"));
    let replayed = calls(&owner, &reader, ANN, BOB).await;
    assert_eq!(replay.unmatched(), [""; 0]);
    assert_eq!(replay.unused(), 0);
    let pseudonyms = pseudonyms(&lines(&file));
    for (recorded, replayed) in recorded.iter().zip(&replayed) {
        assert_eq!(with_placeholders(replayed, &pseudonyms), with_placeholders(recorded, &pseudonyms));
    }
    assert_eq!(recorded.len(), replayed.len());

    // Other addresses may be mapped to the recorded ones.
    let replay = Replay::start(&file).unwrap();
    let (owner, reader) = (client(replay.url(), "m0-other-key"), client(replay.url(), "m0-third-key"));
    let replayed = calls(&owner, &reader, "cleo@y.org", "Dan@z.example").await;
    assert_eq!(replay.unmatched(), [""; 0]);
    let text = serde_json::to_string(&replayed).unwrap();
    assert!(
        text.contains("cleo@y.org") && text.contains("Dan@z.example"),
        "responses contain the addresses that were sent"
    );
}

/// Pseudonyms that occur in responses only. A replay cannot know their addresses.
fn pseudonyms(lines: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines {
        walk(line, &mut |text| {
            let people = text.split_whitespace().filter(|word| word.starts_with("person-"));
            found.extend(people.map(str::to_owned));
        });
    }
    found.sort();
    found.dedup();
    found
}

/// Value with one placeholder for the default users and their pseudonyms.
fn with_placeholders(value: &Value, pseudonyms: &[String]) -> Value {
    let mut text = value.to_string();
    for name in pseudonyms.iter().map(String::as_str).chain(["owner@example.com", "reader@example.com"]) {
        text = text.replace(&format!("\"{name}\""), "\"somebody\"");
    }
    serde_json::from_str(&text).unwrap()
}
