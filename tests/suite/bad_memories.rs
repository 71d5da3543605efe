//! Invalid input of memory calls, rejected before anything is sent. The error names the field and the expected value.

use super::*;
use mem0::client::PollPolicy;
use mem0::entities::EntityKind;
use mem0::memories::{BatchUpdateItem, ChatContent, DeleteMemories, ListMemories, MemoryId, MemoryUpdate};
use mem0::{AddMemories, ChatMessage, CustomCategory, Error, Filter, SearchMemories};
use serde_json::json;

/// Server that expects no request, with a client of it.
#[maybe_async]
async fn unused_server() -> (ServerGuard, Vec<Mock>, MemoryClient) {
    let mut server = server().await;
    let mut mocks = Vec::new();
    for method in ["GET", "POST", "PUT", "DELETE"] {
        mocks.push(created(server.mock(method, Matcher::Any).expect(0)).await);
    }
    let client = client(&server);
    (server, mocks, client)
}

/// Field of an error, whose text must contain advice and that nothing was sent.
fn field_of(error: &Error) -> &'static str {
    assert!(!error.was_sent() && error.attempts() == 0, "{error:?}");
    let Error::Invalid { field, message, .. } = error else { panic!("{error:?}") };
    assert!(error.to_string().contains("nothing was sent") && message.len() > 20, "{error}");
    field
}

fn raw(filter: serde_json::Value) -> Filter {
    Filter::raw(filter)
}

fn alice() -> Filter {
    Filter::user("alice")
}

#[maybe_async]
#[flavour_test]
async fn adds() {
    let (_server, mocks, client) = unused_server().await;
    let add = |text: &str| AddMemories::new(text).user_id("alice");
    for (memories, field) in [
        (AddMemories::new(Vec::<ChatMessage>::new()).user_id("alice"), "messages"),
        (add(""), "messages"),
        (add(" \n"), "messages"),
        (AddMemories::new([ChatMessage::user("tea"), ChatMessage::assistant("")]).user_id("a"), "messages"),
        (AddMemories::new(ChatMessage::new("", "tea")).user_id("a"), "messages"),
        (AddMemories::new(ChatMessage::user(ChatContent::PdfUrl(String::new()))).user_id("a"), "messages"),
        (AddMemories::new("tea"), "user_id"),
        (AddMemories::new("tea").metadata(json!({"user_id": "a"})), "user_id"),
        (AddMemories::new("tea").user_id(""), "user_id"),
        (AddMemories::new("tea").user_id(".."), "user_id"),
        (AddMemories::new("tea").user_id("alice").run_id("%2E"), "run_id"),
        (add("tea").agent_id(" "), "agent_id"),
        (add("tea").app_id(""), "app_id"),
        (add("tea").run_id(""), "run_id"),
        (add("tea").custom_categories(["food"]), "custom_categories"),
        (add("tea").custom_categories([CustomCategory::new("", "x")]), "custom_categories"),
        (add("tea").metadata(json!([1])), "metadata"),
        (add("tea").structured_data_schema("x"), "structured_data_schema"),
        (add("tea").expiration_date("soon"), "expiration_date"),
        (add("tea").expiration_date("2026-02-30"), "expiration_date"),
        (add("tea").expiration_date("2026-01-31T00:00:00Z"), "expiration_date"),
        (add("tea").expiration_date(1_700_000_000), "expiration_date"),
        (add("tea").observation_datetime("yesterday"), "observation_datetime"),
        (add("tea").observation_date(f64::NAN), "observation_date"),
        (add("tea").timezone(""), "timezone"),
    ] {
        let error = client.add(memories.clone()).await.unwrap_err();
        assert_eq!(field_of(&error), field, "{memories:?}: {error}");
    }
    for mock in mocks {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn searches() {
    let (_server, mocks, client) = unused_server().await;
    let search = || SearchMemories::new("tea", alice());
    for (search, field) in [
        (SearchMemories::new("", alice()), "query"),
        (SearchMemories::new(" \t\n", alice()), "query"),
        (search().set("query", 7), "query"),
        (SearchMemories::new("tea", Filter::user_id().ne("alice")), "filters"),
        (SearchMemories::new("tea", alice().not()), "filters"),
        (SearchMemories::new("tea", Filter::metadata("k").eq(1)), "filters"),
        (SearchMemories::new("tea", Filter::raw(json!({}))), "filters"),
        (SearchMemories::new("tea", raw(json!({"user_id": {"nin": ["alice"]}}))), "user_id"),
        (
            SearchMemories::new("tea", raw(json!({"user_id": "a", "created_at": {">=": "2026-01-01"}}))),
            "created_at",
        ),
        (
            SearchMemories::new("tea", raw(json!({"AND": [{"user_id": "a"}], "OR": [{"run_id": "r"}]}))),
            "filters",
        ),
        (SearchMemories::new("tea", Filter::user("")), "user_id"),
        (SearchMemories::new("tea", alice().and(Filter::created_at().gt("soon"))), "created_at"),
        (SearchMemories::new("tea", alice().and(Filter::keywords().contains("x"))), "keywords"),
        (search().set("user_id", "alice"), "user_id"),
        (search().top_k(0), "top_k"),
        (search().top_k(1001), "top_k"),
        (search().threshold(-0.1), "threshold"),
        (search().threshold(1.1), "threshold"),
        (search().threshold(f64::NAN), "threshold"),
        (search().metadata(7), "metadata"),
        (search().reference_date("last week"), "reference_date"),
    ] {
        let error = client.search(search.clone()).await.unwrap_err();
        assert_eq!(field_of(&error), field, "{search:?}: {error}");
    }
    for mock in mocks {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn lists() {
    let (_server, mocks, client) = unused_server().await;
    let list = || ListMemories::new(alice());
    for (list, field) in [
        (ListMemories::new(Filter::categories().contains("x")), "filters"),
        (ListMemories::new(Filter::any_of([])), "filters"),
        (ListMemories::new(raw(json!({"user_id": "a", "categories": {"ne": "food"}}))), "categories"),
        (ListMemories::new(raw(json!({"user_id": {"in": []}}))), "filters"),
        (list().page(0), "page"),
        (list().page_size(0), "page_size"),
        (list().page_size(201), "page_size"),
        (list().start_date("2026-13-01"), "start_date"),
        (list().end_date(7), "end_date"),
        (list().set("run_id", "r"), "run_id"),
    ] {
        let error = client.get_all(list.clone()).unwrap_err();
        assert_eq!(field_of(&error), field, "{list:?}: {error}");
    }
    for (kind, id, field) in [
        (EntityKind::User, "", "entity id"),
        (EntityKind::Run, "..", "entity id"),
        (EntityKind::Other("m-1".into()), "history", "entity kind"),
    ] {
        let error = client.memories_of(kind, id).unwrap_err();
        assert_eq!(field_of(&error), field, "{error}");
    }
    for mock in mocks {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn ids_updates_and_deletions() {
    let (_server, mocks, client) = unused_server().await;
    for id in ["", ".", "..", "%2e", "%2E%2e"] {
        for error in [
            client.get(id).await.unwrap_err(),
            client.update(id, MemoryUpdate::new().text("x")).await.unwrap_err(),
            client.delete(id).await.unwrap_err(),
            client.delete_linked(id).await.unwrap_err(),
            client.history(id).await.unwrap_err(),
        ] {
            assert_eq!(field_of(&error), "memory id", "{id}: {error}");
        }
        let errors = [
            client.events().get(id).await.unwrap_err(),
            client.events().wait(id, PollPolicy::default()).await.unwrap_err(),
        ];
        assert!(errors.iter().all(|error| field_of(error) == "event id"), "{id}");
    }
    let update = MemoryUpdate::new;
    for (update, field) in [
        (update(), "update"),
        (update().metadata("x"), "metadata"),
        (update().expiration_date("31.01.2026"), "expiration_date"),
        (update().timestamp("noon"), "timestamp"),
        (update().timestamp(f64::INFINITY), "timestamp"),
    ] {
        let error = client.update("m", update).await.unwrap_err();
        assert_eq!(field_of(&error), field, "{error}");
    }
    for (deletion, field) in [
        (DeleteMemories::new(), "user_id"),
        (DeleteMemories::new().metadata(json!({"k": 1})), "user_id"),
        (DeleteMemories::of_user(""), "user_id"),
        (DeleteMemories::of_user("a").run_id(" "), "run_id"),
        (DeleteMemories::of_user("a").metadata(1), "metadata"),
    ] {
        let error = client.delete_all(deletion).await.unwrap_err();
        assert_eq!(field_of(&error), field, "{error}");
    }
    for mock in mocks {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn batches() {
    let (_server, mocks, client) = unused_server().await;
    for (edits, field) in [
        (vec![], "memories"),
        (vec![BatchUpdateItem::new("m")], "memories"),
        (vec![BatchUpdateItem::new("m").text("x"), BatchUpdateItem::new("").text("x")], "memory id"),
        (vec![BatchUpdateItem::new("m").metadata(1)], "metadata"),
    ] {
        let error = client.batch_update(edits).await.unwrap_err();
        assert_eq!(field_of(&error), field, "{error}");
    }
    for (ids, field) in [(vec![], "memories"), (vec![MemoryId::from("m"), MemoryId::from("")], "memory id")] {
        let error = client.batch_delete(ids).await.unwrap_err();
        assert_eq!(field_of(&error), field, "{error}");
    }
    for mock in mocks {
        checked(&mock).await;
    }
}
