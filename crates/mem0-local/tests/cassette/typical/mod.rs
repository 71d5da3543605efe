//! The typical calls, recorded from a local platform and replayed: one body, run in both flavours.

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

/// A client that sends each call once.
fn client(url: &str, key: &str) -> MemoryClient {
    MemoryClient::builder().base_url(url).api_key(key).retry(RetryPolicy::none()).build().unwrap()
}

/// What a caller sees of a result.
fn said<V: Serialize>(result: Result<V, Error>) -> Value {
    match result {
        Ok(value) => serde_json::to_value(value).unwrap(),
        Err(Error::Api(error)) => json!([error.status.as_u16(), error.message, error.fields]),
        Err(error) => panic!("no answer: {error}"),
    }
}

/// Calls of all kinds, by an OWNER and a READER, with what came of each.
#[maybe_async]
async fn calls(owner: &MemoryClient, reader: &MemoryClient, ann: &str, bob: &str) -> Vec<Value> {
    let mut seen = organization(owner, reader, ann, bob).await;
    seen.extend(memories(owner, ann).await);
    seen.extend(around(owner, ann).await);
    seen
}

#[maybe_async]
async fn organization(owner: &MemoryClient, reader: &MemoryClient, ann: &str, bob: &str) -> Vec<Value> {
    let project = owner.project();
    let mut seen = Vec::new();
    seen.push(said(owner.ping().await));
    seen.push(said(reader.ping().await));
    for decay in [true, false] {
        let update = ProjectUpdate::new()
            .decay(decay)
            .custom_categories([CustomCategory::new("billing", "Invoices, to be sent to pay@acme.example")]);
        seen.push(said(project.update(update).await));
        seen.push(said(project.get().await));
    }
    let some = ProjectFields::new().name().decay();
    seen.push(said(project.get_fields(some).await));
    seen.push(said(reader.project().get().await));
    seen.push(said(reader.project().update(ProjectUpdate::new().decay(true)).await));
    for (email, role) in [(ann, Role::Reader), (bob, Role::Owner), (ann, Role::Reader)] {
        seen.push(said(project.add_member(email, role).await));
    }
    seen.push(said(project.update_member(ann, Role::Owner).await));
    seen.push(said(project.get_members().await));
    seen.push(said(project.remove_member(bob).await));
    seen.push(said(project.remove_member(bob).await));
    seen.push(said(project.get_members().await));
    seen.push(said(owner.organizations().list().await));
    let made = project.create(NewProject::new("Zwei").description("the second")).await;
    let second = owner.project_in(
        owner.ping().await.unwrap().org_id.unwrap(),
        made.as_ref().unwrap().id().unwrap().clone(),
    );
    seen.push(said(made));
    seen.push(said(second.delete().await));
    seen.push(said(second.get().await));
    seen
}

#[maybe_async]
async fn memories(client: &MemoryClient, ann: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    for text in ["Likes tea", "Lives in Bern", "Writes to bob@x.io"] {
        let added = client.add(AddMemories::new([ChatMessage::user(text)]).user_id(ann).infer(false)).await;
        seen.push(said(added.map(|added| format!("{added:?}"))));
    }
    let inferred = client.add(AddMemories::new([ChatMessage::user("Has a dog")]).user_id(ann)).await.unwrap();
    let event_id = inferred.event_id().unwrap().clone();
    seen.push(json!(format!("{inferred:?}")));
    seen.push(said(client.events().wait(event_id.clone(), PollPolicy::default()).await));
    seen.push(said(client.events().get(event_id).await));
    seen.push(said(client.search(SearchMemories::new("tea", Filter::user(ann))).await));
    // Each page leads to the next by a link with the platform's address in it.
    let mut pages = client.get_all(ListMemories::new(Filter::user(ann)).page_size(1)).unwrap();
    let mut found = Vec::new();
    while let Some(page) = pages.next_page().await.unwrap() {
        assert!(page.results.len() == 1);
        found.extend(page.results);
    }
    assert_eq!(found.len(), 4);
    let id = found[0].id.clone().unwrap();
    seen.push(said(Ok(found)));
    seen.push(said(client.update(id.clone(), MemoryUpdate::new().text("Has two dogs")).await));
    seen.push(said(client.get(id.clone()).await));
    seen.push(said(client.history(id.clone()).await));
    seen.push(said(client.batch_delete([id.clone()]).await.map(|_| json!("deleted"))));
    seen.push(said(client.get(id).await));
    seen
}

#[maybe_async]
async fn around(client: &MemoryClient, ann: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    seen.push(said(client.entities().get(EntityKind::User, ann).await));
    let made = client
        .project()
        .webhooks()
        .create(NewWebhook::new(
            "Hook",
            "https://hooks.example/services/T0/s3cr3t?x=y",
            [WebhookEventType::MemoryAdd],
        ))
        .await;
    let webhook_id = made.as_ref().unwrap().webhook_id.clone().unwrap();
    let mut made = said(made);
    made["url"] = Value::Null;
    seen.push(made);
    let mut listed = said(client.project().webhooks().list().await);
    listed[0]["url"] = Value::Null;
    seen.push(listed);
    seen.push(said(client.project().webhooks().delete(webhook_id).await));
    let export = NewExport::new(
        json!({"type": "object", "properties": {"likes": {"type": "string"}}}),
        Filter::user(ann),
    );
    let created = client.exports().create(export).await.unwrap();
    seen.push(said(client.exports().wait(created.id.clone().unwrap(), PollPolicy::default()).await));
    seen.push(said(client.stats().await));
    seen.push(said(client.entities().delete(EntityKind::User, ann).await));
    seen.push(said(client.delete_all(DeleteMemories::new().user_id(ann)).await));
    seen
}

const ANN: &str = "Ann+tea@x.io";
const BOB: &str = "bob@bücher.example";

#[maybe_async]
#[flavour_test]
async fn what_was_recorded_is_replayed_with_the_same_results() {
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

    // The callers' own keys are others by now, and the platform's own people are who the recording calls them.
    let replay = Replay::start(&file).unwrap();
    let (owner, reader) = (client(replay.url(), "m0-other-key"), client(replay.url(), "m0-third-key"));
    let replayed = calls(&owner, &reader, ANN, BOB).await;
    assert_eq!(replay.missed(), [""; 0]);
    assert_eq!(replay.unasked(), 0);
    let stand_ins = stand_ins(&lines(&file));
    for (recorded, replayed) in recorded.iter().zip(&replayed) {
        assert_eq!(without(replayed, &stand_ins), without(recorded, &stand_ins));
    }
    assert_eq!(recorded.len(), replayed.len());

    // Others may take the parts of those who were recorded.
    let replay = Replay::start(&file).unwrap();
    let (owner, reader) = (client(replay.url(), "m0-other-key"), client(replay.url(), "m0-third-key"));
    let replayed = calls(&owner, &reader, "cleo@y.org", "Dan@z.example").await;
    assert_eq!(replay.missed(), [""; 0]);
    let text = serde_json::to_string(&replayed).unwrap();
    assert!(text.contains("cleo@y.org") && text.contains("Dan@z.example"), "they see themselves");
}

/// The stand-ins of those who are named in answers only: no replay can know who they were.
fn stand_ins(lines: &[Value]) -> Vec<String> {
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

/// The value, with the same in place of those the default platform knows and of their stand-ins.
fn without(value: &Value, stand_ins: &[String]) -> Value {
    let mut text = value.to_string();
    for name in stand_ins.iter().map(String::as_str).chain(["owner@example.com", "reader@example.com"]) {
        text = text.replace(&format!("\"{name}\""), "\"somebody\"");
    }
    serde_json::from_str(&text).unwrap()
}
