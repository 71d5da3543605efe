//! Types that are data: their traits, and their way through JSON.

use std::fmt::Debug;

use super::*;
use mem0::testing::reveal;
use mem0::{
    AddMemories, ChatMessage, Confirmation, CustomCategory, Error, Filter, Memory, Page, ProjectFields,
    ProjectUpdate, SearchMemories, entities, error, events, exports, members, memories, organizations,
    profiles, projects, webhooks,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

trait Data: Serialize + DeserializeOwned + Clone + PartialEq + Default + Debug + Send + Sync {}

impl<V: Serialize + DeserializeOwned + Clone + PartialEq + Default + Debug + Send + Sync> Data for V {}

fn is_data<V: Data>() {
    let value = V::default();
    let json = serde_json::to_value(&value).unwrap();
    assert_eq!(serde_json::from_value::<V>(json.clone()).unwrap(), value, "{json}");
}

macro_rules! are_data {
    ($($type:ty,)*) => {
        $(is_data::<$type>();)*
    };
}

#[maybe_async]
#[flavour_test]
async fn every_model_is_data() {
    are_data! {
        Memory, memories::ScoreBreakdown, memories::SearchResults, memories::AddOutcome, memories::AddedMemory,
        memories::MemoryDeleted, memories::DeletionStarted, memories::HistoryEntry, memories::MemoryFeedback,
        memories::Stats, Page<Memory>, AddMemories, SearchMemories, memories::ListMemories,
        memories::DeleteMemories, memories::MemoryUpdate, memories::BatchUpdateItem, ChatMessage,
        memories::ChatMessages, Filter,
        projects::Project, projects::NewProject, ProjectUpdate, ProjectFields, projects::ProjectCreated,
        projects::Instructions, Confirmation,
        organizations::Organization, organizations::OrganizationCreated, organizations::Identity,
        members::Member, members::Members, members::Access,
        entities::Entity, entities::EntityTotals, entities::EntityFilters, entities::EntityCreated,
        entities::NewEntity, entities::ResetSummary,
        events::Event, exports::NewExport, exports::ExportCreated,
        profiles::Profile, profiles::ProfileJobStarted, profiles::ProfileJob, profiles::ProfileSettings,
        profiles::ProfileSettingsUpdate, profiles::ProfileTrigger, profiles::ProfileSample,
        webhooks::Webhook, webhooks::NewWebhook, webhooks::WebhookUpdate, webhooks::WebhookDelivery,
        webhooks::MemoryEvent, webhooks::MemoryCategorized,
        error::RateLimit, mem0::bulk::Report, mem0::bulk::RejectedLine, mem0::bulk::UnknownField,
        mem0::plan::DesiredOrganization, mem0::plan::DesiredProject, mem0::plan::CurrentOrganization,
        mem0::plan::CurrentProject,
    }
}

/// Checks that a value survives JSON, and that the JSON is the one expected.
fn round_trip<V: Data>(value: &V, expected: &serde_json::Value) {
    let json = serde_json::to_value(value).unwrap();
    assert_eq!(json, *expected);
    let read: V = serde_json::from_value(json).unwrap();
    assert_eq!(reveal(&read), reveal(value));
    assert_eq!(read, *value);
}

#[maybe_async]
#[flavour_test]
async fn requests_survive_json() {
    let talk = [ChatMessage::user("I like tea").name("ann"), ChatMessage::assistant("Noted")];
    let add = AddMemories::new(talk).user_id("alice").custom_categories([("drinks", "Teas")]).infer(false);
    round_trip(
        &add,
        &json!({
            "messages": [
                {"role": "user", "content": "I like tea", "name": "ann"},
                {"role": "assistant", "content": "Noted"},
            ],
            "user_id": "alice", "custom_categories": [{"drinks": "Teas"}], "infer": false,
        }),
    );
    let later = AddMemories::new("x").user_id("alice");
    let later = later.set("messages", json!([{"role": "user", "content": "x", "later": 1}]));
    round_trip(
        &later,
        &json!({"messages": [{"role": "user", "content": "x", "later": 1}], "user_id": "alice"}),
    );
    for content in [
        memories::ChatContent::ImageUrl("https://example.com/a.jpg".into()),
        memories::ChatContent::PdfUrl("https://example.com/a.pdf".into()),
        memories::ChatContent::Other(json!({"type": "sound", "sound": {"url": "x"}})),
        memories::ChatContent::Other(json!(7)),
    ] {
        let message = ChatMessage::user(content);
        let json = serde_json::to_value(&message).unwrap();
        assert_eq!(serde_json::from_value::<ChatMessage>(json).unwrap(), message);
    }
    let filter = Filter::user("alice").and(Filter::categories().is_in(["food"]));
    let filters = json!({"AND": [{"user_id": "alice"}, {"categories": {"in": ["food"]}}]});
    round_trip(
        &SearchMemories::new("tea", filter.clone()).top_k(3),
        &json!({"query": "tea", "filters": filters, "top_k": 3}),
    );
    let list = memories::ListMemories::new(filter).page(2).page_size(50).show_expired(true);
    round_trip(&list, &json!({"filters": filters, "show_expired": true, "page": 2, "page_size": 50}));
    round_trip(&memories::DeleteMemories::of_user("alice"), &json!({"user_id": "alice"}));
    let update = ProjectUpdate::new().custom_categories([CustomCategory::named("a")]).clear("memory_depth");
    round_trip(&update, &json!({"custom_categories": ["a"], "memory_depth": null}));
    let settings = profiles::ProfileSettingsUpdate::new().enabled(true).clear_schema().set("later", 1);
    round_trip(&settings, &json!({"enabled": true, "entities": {"user": {"schema": null}}, "later": 1}));
    let hook = webhooks::NewWebhook::new("audit", "https://example.com/7f3a", ["memory_add"]).set("later", 1);
    round_trip(
        &hook,
        &json!({"url": "https://example.com/7f3a", "name": "audit", "event_types": ["memory_add"], "later": 1}),
    );
}

#[maybe_async]
#[flavour_test]
async fn responses_survive_json() {
    for value in
        [json!({"results": [{"id": "m", "memory": "tea"}]}), json!({"event_id": "e", "status": "PENDING"})]
    {
        let outcome: memories::AddOutcome = serde_json::from_value(value.clone()).unwrap();
        round_trip(&outcome, &value);
    }
    let page = json!({"count": 1, "next": null, "previous": "p", "results": [{"id": "m"}], "total_users": 7});
    let read: Page<Memory> = serde_json::from_value(page.clone()).unwrap();
    round_trip(&read, &page);
}

/// A request read from a file is checked like one that was built.
#[maybe_async]
#[flavour_test]
async fn requests_from_json_are_checked_before_they_are_sent() {
    let mut server = server().await;
    let mock = created(server.mock("POST", Matcher::Any).expect(0)).await;
    let client = client(&server);
    for search in [
        SearchMemories::default(),
        serde_json::from_value(json!({"query": "tea", "filters": {}})).unwrap(),
        serde_json::from_value(json!({"query": " ", "filters": {"user_id": "alice"}})).unwrap(),
        serde_json::from_value(json!({"query": "tea", "filters": {"user_id": "alice"}, "top_k": 0})).unwrap(),
    ] {
        let error = client.search(search).await.unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
    }
    for add in [
        AddMemories::default(),
        serde_json::from_value(json!({"user_id": "alice"})).unwrap(),
        serde_json::from_value(json!({"user_id": "alice", "messages": []})).unwrap(),
        serde_json::from_value(json!({"messages": [{"role": "user", "content": ""}], "user_id": "alice"}))
            .unwrap(),
        serde_json::from_value(json!({"messages": [{"role": "user", "content": "tea"}]})).unwrap(),
    ] {
        let error = client.add(add).await.unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
    }
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn a_failed_comparison_of_memories_can_show_them() {
    let memory: Memory = serde_json::from_value(json!({"id": "m", "memory": "Likes tea"})).unwrap();
    assert!(!format!("{memory:?}").contains("tea"));
    assert!(format!("{:?}", reveal(&memory)).contains("Likes tea"));
    assert_eq!(reveal(&memory), reveal(&memory.clone()));
    assert_ne!(reveal(&memory), reveal(&Memory::default()));
}

#[maybe_async]
#[flavour_test]
async fn errors_can_be_cloned() {
    let mut server = server().await;
    let mock =
        created(server.mock("GET", "/v1/ping/").with_status(404).with_body(r#"{"detail":"no"}"#)).await;
    let error = client(&server).ping().await.unwrap_err();
    assert_eq!(error.clone().to_string(), error.to_string());
    checked(&mock).await;
    let error = builder(&server).base_url("http://127.0.0.1:9").build().unwrap().ping().await.unwrap_err();
    let copy = error.clone();
    assert!(std::error::Error::source(&copy).is_some(), "{copy:?}");
    assert_eq!(copy.to_string(), error.to_string());
}
