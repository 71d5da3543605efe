//! Memories: requests and responses. Recorded requests are those of the official Python client 2.2.1. Intended
//! differences: ids that are empty, `.` or `..`, adds, lists, searches and deletions without an entity, batch items
//! without changes and empty texts are rejected (see `bad_memories`); ids of a batch deletion are sent as objects, as
//! documented.

use super::*;
use mem0::entities::EntityKind;
use mem0::memories::{
    AddOutcome, BatchOutcome, BatchUpdateItem, ChatContent, ChatRole, DeleteMemories, ListMemories,
    MemoryChange, MemoryId, MemoryUpdate,
};
use mem0::{AddMemories, ChatMessage, Error, Filter, SearchMemories};
use serde_json::json;

const ID: &str = "11111111-1111-4111-8111-111111111111";

fn messages() -> [ChatMessage; 2] {
    [ChatMessage::user("I like tea"), ChatMessage::assistant("Noted – ok")]
}

#[maybe_async]
#[flavour_test]
async fn adds_as_recorded() {
    let talk_json = r#"[{"role":"user","content":"I like tea"},{"role":"assistant","content":"Noted – ok"}]"#;
    let full = AddMemories::new(messages())
        .user_id("alice")
        .metadata(json!({"k": 1, "n": null}))
        .infer(false)
        .custom_categories([("a", "b")])
        .custom_instructions("ci")
        .agent_custom_instructions("")
        .timestamp(1_700_000_000)
        .expiration_date("2030-01-01")
        .structured_data_schema(json!({"x": 1}))
        .immutable(true)
        .includes("a")
        .excludes("b")
        .set("enable_graph", true)
        .set("output_format", "v1.1")
        .set("version", "v2")
        .set("async_mode", false);
    let full_json = concat!(
        r#""user_id":"alice","metadata":{"k":1,"n":null},"infer":false,"custom_categories":[{"a":"b"}],"#,
        r#""custom_instructions":"ci","agent_custom_instructions":"","timestamp":1700000000,"#,
        r#""expiration_date":"2030-01-01","structured_data_schema":{"x":1},"immutable":true,"includes":"a","#,
        r#""excludes":"b","enable_graph":true,"output_format":"v1.1","version":"v2","async_mode":false}"#
    );
    let of_all = AddMemories::new(messages()).user_id("alice").agent_id("bot").app_id("app").run_id("r1");
    for (memories, body) in [
        (
            AddMemories::new("I like tea").user_id("alice"),
            r#"{"messages":[{"role":"user","content":"I like tea"}],"user_id":"alice"}"#.to_owned(),
        ),
        (
            of_all,
            format!(
                r#"{{"messages":{talk_json},"user_id":"alice","agent_id":"bot","app_id":"app","run_id":"r1"}}"#
            ),
        ),
        (full, format!(r#"{{"messages":{talk_json},{full_json}"#)),
        (
            AddMemories::new(messages()).infer(true).user_id("alice"),
            format!(r#"{{"messages":{talk_json},"infer":true,"user_id":"alice"}}"#),
        ),
    ] {
        let mut server = server().await;
        let mock = expect_body(&mut server, "POST", "/v3/memories/add/", &body);
        let mock = created(mock.with_body(r#"{"event_id":"e-1","status":"PENDING"}"#)).await;
        let added = client(&server).add(memories).await.unwrap();
        checked(&mock).await;
        assert_eq!(added, AddOutcome::Pending("e-1".into()));
    }
}

#[maybe_async]
#[flavour_test]
async fn adds_of_every_kind_of_content_and_field() {
    let mut server = server().await;
    let body = concat!(
        r#"{"messages":[{"role":"system","content":"Be kind"},"#,
        r#"{"role":"agent","content":{"type":"image_url","image_url":{"url":"https://x.io/a.jpg"}},"name":"eve"},"#,
        r#"{"role":"user","content":{"type":"mdx_url","mdx_url":{"url":"IyBh"}}},"#,
        r#"{"role":"user","content":{"type":"txt_url","txt_url":{"url":"YQ=="}}},"#,
        r#"{"role":"user","content":{"type":"pdf_url","pdf_url":{"url":"https://x.io/a.pdf"}}},"#,
        r#"{"role":"user","content":[1]}],"run_id":"r","expiration_date":null,"timezone":"Europe/Lisbon","#,
        r#""observation_datetime":"2026-01-31T09:30:00Z","observation_date":"2026-01-31","#,
        r#""prompt_profile_id":"p","temporal_reasoning":false}"#
    );
    let mock = expect_body(&mut server, "POST", "/v3/memories/add/", body);
    let response = r#"{"message":"Memories stored successfully","status":"SUCCEEDED","event_id":"e","results":
        [{"id":"m-1","data":{"memory":"I like tea"},"event":"ADD"}]}"#;
    let mock = created(mock.with_body(response)).await;
    let messages = vec![
        ChatMessage::system("Be kind"),
        ChatMessage::new(ChatRole::Other("agent".into()), ChatContent::ImageUrl("https://x.io/a.jpg".into()))
            .name("eve"),
        ChatMessage::user(ChatContent::MdxUrl("IyBh".into())),
        ChatMessage::user(ChatContent::TxtUrl("YQ==".into())),
        ChatMessage::user(ChatContent::PdfUrl("https://x.io/a.pdf".into())),
        ChatMessage::user(ChatContent::Other(json!([1]))),
    ];
    let memories = AddMemories::new(messages)
        .run_id("r")
        .never_expires()
        .timezone("Europe/Lisbon")
        .observation_datetime("2026-01-31T09:30:00Z")
        .observation_date("2026-01-31")
        .prompt_profile_id("p")
        .temporal_reasoning(false);
    let AddOutcome::Done(added) = client(&server).add(memories).await.unwrap() else { panic!() };
    checked(&mock).await;
    assert_eq!((added.len(), added[0].text().unwrap()), (1, "I like tea"));
    assert_eq!(added[0].event, Some(MemoryChange::Add));
}

#[maybe_async]
#[flavour_test]
async fn reads_of_one_memory_as_recorded() {
    let odd = "/v1/memories/na%C3%AFve%2F%E6%97%A5%E6%9C%AC%20%2525%26%3D%2B/";
    let recorded = format!("/v1/memories/{ID}/");
    for (id, path) in
        [(ID, recorded.as_str()), ("naïve/日本 %25&=+", odd), ("%252e%252e", "/v1/memories/%25252e%25252e/")]
    {
        let mut server = server().await;
        let response = r#"{"id":"m","memory":"tea","session_id":"r","user_id":null,"metadata":{"k":[1]},
            "categories":["food"],"created_at":"2026-01-31T09:30:00-07:00","lifecycle_state":"active","new":1}"#;
        let mock = created(expect(&mut server, "GET", path).with_body(response)).await;
        let memory = client(&server).get(id).await.unwrap();
        checked(&mock).await;
        assert_eq!((memory.memory.as_deref(), memory.run_id.as_deref()), (Some("tea"), Some("r")));
        assert_eq!((memory.user_id, memory.lifecycle_state.as_deref()), (None, Some("active")));
        assert_eq!((&memory.metadata.unwrap()["k"], &memory.extra["new"]), (&json!([1]), &json!(1)));
    }
}

#[maybe_async]
#[flavour_test]
async fn both_names_of_the_run_id_are_decoded() {
    for (response, run_id) in [
        (r#"{"run_id":"a"}"#, Some("a")),
        (r#"{"session_id":"b"}"#, Some("b")),
        (r#"{"session_id":"b","run_id":null}"#, Some("b")),
        (r#"{"run_id":"a","session_id":null}"#, Some("a")),
        (r#"{"session_id":"b","run_id":"a"}"#, Some("a")),
        (r#"{"session_id":null}"#, None),
    ] {
        let memory: mem0::Memory = serde_json::from_str(response).unwrap();
        let entry: mem0::memories::HistoryEntry = serde_json::from_str(response).unwrap();
        assert_eq!((memory.run_id.as_deref(), entry.run_id.as_deref()), (run_id, run_id), "{response}");
        assert!(memory.extra.is_empty(), "{response}");
    }
}

#[maybe_async]
#[flavour_test]
async fn lists_as_recorded() {
    let since = Filter::user("alice").and(Filter::created_at().gte("2026-01-01"));
    let a = || ListMemories::new(Filter::user("a"));
    for (list, query, body) in [
        (
            ListMemories::new(since).page(2).page_size(50),
            "?page=2&page_size=50",
            r#"{"filters":{"AND":[{"user_id":"alice"},{"created_at":{"gte":"2026-01-01"}}]}}"#,
        ),
        (a().page_size(10), "?page_size=10", r#"{"filters":{"user_id":"a"}}"#),
        (
            a().page(3).page_size(7).show_expired(false),
            "?page=3&page_size=7",
            r#"{"filters":{"user_id":"a"},"show_expired":false}"#,
        ),
        (a(), "", r#"{"filters":{"user_id":"a"}}"#),
        (
            a().start_date("2026-01-01")
                .end_date("2026-01-31")
                .categories(["food"])
                .fields(["memory"])
                .keywords("tea")
                .latest_only(true)
                .set("x", 1),
            "",
            concat!(
                r#"{"filters":{"user_id":"a"},"start_date":"2026-01-01","end_date":"2026-01-31","#,
                r#""categories":["food"],"fields":["memory"],"keywords":"tea","latest_only":true,"x":1}"#
            ),
        ),
    ] {
        let mut server = server().await;
        let mock = expect_body(&mut server, "POST", &format!("/v3/memories/{query}"), body);
        let mock = created(mock.with_body(r#"{"count":1,"next":null,"results":[{"id":"m"}]}"#)).await;
        let mut pages = client(&server).get_all(list).unwrap();
        let page = pages.next_page().await.unwrap().unwrap();
        checked(&mock).await;
        assert_eq!((page.count, page.results[0].id.as_ref().unwrap().as_str()), (Some(1), "m"));
    }
}

#[maybe_async]
#[flavour_test]
async fn a_list_sends_its_body_again_for_the_next_page() {
    let mut server = server().await;
    let body = r#"{"filters":{"run_id":"r"}}"#;
    let next = format!(
        r#"{{"count":2,"next":"{}/v3/memories/?page=2&page_size=1","results":[{{"id":"a"}}]}}"#,
        server.url()
    );
    let first =
        created(expect_body(&mut server, "POST", "/v3/memories/?page_size=1", body).with_body(next)).await;
    let second = expect_body(&mut server, "POST", "/v3/memories/?page=2&page_size=1", body);
    let second = created(second.with_body(r#"{"count":2,"next":null,"results":[{"id":"b"}]}"#)).await;
    let mut memories = client(&server).get_all(ListMemories::new(Filter::run("r")).page_size(1)).unwrap();
    let mut ids = Vec::new();
    while let Some(memory) = memories.next_item().await {
        ids.push(memory.unwrap().id.unwrap().into_string());
    }
    assert_eq!((ids, memories.total()), (vec!["a".to_owned(), "b".to_owned()], Some(2)));
    checked(&first).await;
    checked(&second).await;
}

#[maybe_async]
#[flavour_test]
async fn lists_by_entity_and_of_changes() {
    let mut server = server().await;
    let memory = r#"{"results":[{"id":"m","input":[{"role":"user","content":"x"}],"is_updated":true}]}"#;
    let by_entity = expect(&mut server, "GET", "/v1/memories/agent/a%2Fb/").with_body(memory);
    let by_entity = created(by_entity).await;
    let entry = r#"{"results":[{"memory_id":"m","event":"MERGE","session_id":"r","old_memory":null}]}"#;
    let feed = created(expect(&mut server, "GET", "/v1/memories/events/?limit=50").with_body(entry)).await;
    let unlimited = created(expect(&mut server, "GET", "/v1/memories/events/?page=2").with_body(entry)).await;
    let client = client(&server);
    let memory = client.memories_of(EntityKind::Agent, "a/b").unwrap().next_item().await.unwrap().unwrap();
    assert_eq!(memory.is_updated, Some(true));
    let entry = client.memory_events().unwrap().page_size(50).next_item().await.unwrap().unwrap();
    assert_eq!(
        (entry.event, entry.run_id.as_deref()),
        (Some(MemoryChange::Other("MERGE".into())), Some("r"))
    );
    client.memory_events().unwrap().starting_at(2).next_item().await.unwrap().unwrap();
    for mock in [by_entity, feed, unlimited] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn searches_as_recorded() {
    let a = || Filter::user("a");
    for (search, body) in [
        (
            SearchMemories::new("  tea?  ", Filter::user("alice")),
            r#"{"query":"tea?","filters":{"user_id":"alice"}}"#,
        ),
        (
            SearchMemories::new("tea", a()).top_k(3).reference_date(1_700_000_000),
            r#"{"query":"tea","filters":{"user_id":"a"},"top_k":3,"reference_date":1700000000}"#,
        ),
        (
            SearchMemories::new("日本 \0 tea", a()),
            "{\"query\":\"日本 \\u0000 tea\",\"filters\":{\"user_id\":\"a\"}}",
        ),
        (
            SearchMemories::from(("tea", a()))
                .threshold(0.0)
                .rerank(true)
                .fields(["memory"])
                .categories(["food"])
                .metadata(json!({"k": 1}))
                .show_expired(true)
                .latest_only(true)
                .keyword_search(false)
                .set("source", "rust"),
            concat!(
                r#"{"query":"tea","filters":{"user_id":"a"},"threshold":0.0,"rerank":true,"fields":["memory"],"#,
                r#""categories":["food"],"metadata":{"k":1},"show_expired":true,"latest_only":true,"#,
                r#""keyword_search":false,"source":"rust"}"#
            ),
        ),
    ] {
        let mut server = server().await;
        let mock = expect_body(&mut server, "POST", "/v3/memories/search/", body);
        let response = r#"{"results":[{"id":"m","score":0.25,"run_id":"r","score_breakdown":{"bm25":0.5}}]}"#;
        let mock = created(mock.with_body(response)).await;
        let found = client(&server).search(search).await.unwrap();
        checked(&mock).await;
        let memory = &found.results[0];
        assert_eq!((found.len(), memory.score, memory.run_id.as_deref()), (1, Some(0.25), Some("r")));
        assert_eq!(memory.score_breakdown.as_ref().unwrap().bm25, Some(0.5));
    }
}

#[maybe_async]
#[flavour_test]
async fn updates_as_recorded() {
    for (update, body) in [
        (MemoryUpdate::new().text("new"), r#"{"text":"new"}"#),
        (MemoryUpdate::new().metadata(json!({})), r#"{"metadata":{}}"#),
        (MemoryUpdate::new().timestamp(1_700_000_000), r#"{"timestamp":1700000000}"#),
        (MemoryUpdate::new().expiration_date("2030-01-01"), r#"{"expiration_date":"2030-01-01"}"#),
        (MemoryUpdate::new().text("t").clear_expiration_date(), r#"{"text":"t","expiration_date":null}"#),
        (MemoryUpdate::new().set("unknown", "z"), r#"{"unknown":"z"}"#),
        (MemoryUpdate::new().text(""), r#"{"text":""}"#),
    ] {
        let mut server = server().await;
        let mock = expect_body(&mut server, "PUT", &format!("/v1/memories/{ID}/"), body);
        let mock = created(mock.with_body(r#"{"memory":"new"}"#)).await;
        let memory = client(&server).update(ID, update).await.unwrap();
        checked(&mock).await;
        assert_eq!(memory.memory.as_deref(), Some("new"));
    }
}

#[maybe_async]
#[flavour_test]
async fn deletions_and_histories_as_recorded() {
    let mut server = server().await;
    let path = format!("/v1/memories/{ID}/");
    let none = Matcher::Exact(String::new());
    let plain = expect(&mut server, "DELETE", &path).match_body(none.clone());
    let plain = created(plain.with_body(r#"{"message":"Memory deleted successfully!"}"#)).await;
    let linked = expect(&mut server, "DELETE", &format!("{path}?delete_linked=true")).match_body(none);
    let linked = created(linked.with_body(r#"{"message":"ok","cascade_count":2}"#)).await;
    let history = expect(&mut server, "GET", "/v1/memories/a%2Fb%20c%3Fd%23e/history/");
    let history =
        created(history.with_body(r#"[{"event":"ADD","old_memory":null,"new_memory":"tea"}]"#)).await;
    let client = client(&server);
    let deleted = client.delete(ID).await.unwrap();
    assert_eq!(deleted.cascade_count, None);
    let deleted = client.delete_linked(ID).await.unwrap();
    assert_eq!(deleted.cascade_count, Some(2));
    let entries = client.history("a/b c?d#e").await.unwrap();
    assert_eq!(
        (entries[0].event.clone(), entries[0].new_memory.as_deref()),
        (Some(MemoryChange::Add), Some("tea"))
    );
    for mock in [plain, linked, history] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn deletions_by_owner_as_recorded() {
    for (deletion, query) in [
        (DeleteMemories::everything(), "user_id=%2A&agent_id=%2A&app_id=%2A&run_id=%2A"),
        (DeleteMemories::of_user("a b"), "user_id=a+b"),
        (DeleteMemories::of_agent("a"), "agent_id=a"),
        (
            DeleteMemories::of_app("a").metadata(json!({"k": "v"})),
            "app_id=a&metadata=%7B%22k%22%3A%22v%22%7D",
        ),
        (DeleteMemories::of_run("a"), "run_id=a"),
    ] {
        let mut server = server().await;
        let mock = expect(&mut server, "DELETE", &format!("/v1/memories/?{query}"));
        let mock = created(mock.with_body(r#"{"message":"Delete in progress.","event_id":"e"}"#)).await;
        let started = client(&server).delete_all(deletion).await.unwrap();
        checked(&mock).await;
        assert_eq!(started.event_id.unwrap(), "e");
    }
}

#[maybe_async]
#[flavour_test]
async fn batches_as_recorded() {
    let mut server = server().await;
    let update = format!(
        r#"{{"memories":[{{"memory_id":"{ID}","text":"x","metadata":{{"a":1}}}},{{"memory_id":"a/b c?d#e","text":""}}]}}"#
    );
    let update = expect_body(&mut server, "PUT", "/v1/batch/", &update).with_body(r#"{"message":"2"}"#);
    let update = created(update).await;
    let delete = format!(r#"{{"memories":[{{"memory_id":"{ID}"}}]}}"#);
    let delete = expect_body(&mut server, "DELETE", "/v1/batch/", &delete).with_status(204);
    let delete = created(delete).await;
    let client = client(&server);
    let edits = [
        BatchUpdateItem::new(ID).text("x").metadata(json!({"a": 1})),
        BatchUpdateItem::new("a/b c?d#e").text(""),
    ];
    let updated = client.batch_update(edits).await.unwrap().into_result().unwrap();
    assert_eq!(updated[0].message.as_deref(), Some("2"));
    let deleted = client.batch_delete([MemoryId::from(ID)]).await.unwrap();
    assert_eq!(deleted.not_done().count(), 0);
    checked(&update).await;
    checked(&delete).await;
}

#[maybe_async]
#[flavour_test]
async fn more_than_1000_memories_are_sent_in_batches_with_an_outcome_each() {
    let ids: Vec<MemoryId> = (0..3001).map(|number| MemoryId::from(format!("id-{number:04}"))).collect();
    // Status of the second of four batches, and whether the last two are still sent.
    for (status, goes_on) in [(400, true), (401, false)] {
        let mut server = server().await;
        let mut mocks = Vec::new();
        for (first, status, times) in [
            ("id-0000", 200, 1),
            ("id-1000", status, 1),
            ("id-2000", 200, usize::from(goes_on)),
            ("id-3000", 200, usize::from(goes_on)),
        ] {
            let mock = expect(&mut server, "DELETE", "/v1/batch/").with_status(status).with_body("{}");
            let mock =
                mock.match_body(Matcher::Regex(format!(r#"^\{{"memories":\[\{{"memory_id":"{first}"\}}"#)));
            mocks.push(created(mock.expect(times)).await);
        }
        let batches = client(&server).batch_delete(ids.clone()).await.unwrap();
        for mock in mocks {
            checked(&mock).await;
        }
        let sizes: Vec<_> = batches.batches.iter().map(|batch| batch.ids.len()).collect();
        assert_eq!(sizes, [1000, 1000, 1000, 1]);
        let sent: Vec<_> =
            batches.batches.iter().map(|batch| !matches!(batch.outcome, BatchOutcome::NotSent)).collect();
        assert_eq!(sent, [true, true, goes_on, goes_on]);
        let not_done: Vec<_> = batches.not_done().collect();
        let expected: Vec<_> = if goes_on { &ids[1000..2000] } else { &ids[1000..] }.iter().collect();
        assert_eq!(not_done, expected);
        assert_eq!(
            batches.into_result().unwrap_err().status().unwrap().as_u16(),
            u16::try_from(status).unwrap()
        );
    }
}

#[maybe_async]
#[flavour_test]
async fn searches_and_lists_are_retried_and_adds_are_not() {
    let mut server = server().await;
    let mut mocks = Vec::new();
    for (path, times) in [("/v3/memories/search/", 3), ("/v3/memories/", 3), ("/v3/memories/add/", 1)] {
        mocks.push(created(expect(&mut server, "POST", path).with_status(503).expect(times)).await);
    }
    let client = client(&server);
    let filter = || Filter::user("alice");
    let search = client.search(("tea", filter())).await.unwrap_err();
    let list = client.get_all(filter()).unwrap().next_page().await.unwrap_err();
    assert_eq!((search.attempts(), list.attempts()), (3, 3));
    let add = client.add(AddMemories::new("tea").user_id("alice")).await.unwrap_err();
    assert!(add.attempts() == 1 && add.was_sent(), "{add}");
    for mock in mocks {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn responses_of_the_wrong_shape_are_decode_errors() {
    let mut server = server().await;
    let responses = [("[]", "[]"), ("{}", "{}"), (r#"{"results":null}"#, "7")];
    for (search, add) in responses {
        let search = created(expect(&mut server, "POST", "/v3/memories/search/").with_body(search)).await;
        let get = created(expect(&mut server, "GET", "/v1/memories/m/").with_body("[]")).await;
        let client = client(&server);
        let error = client.search(("tea", Filter::user("a"))).await.unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{error}");
        let error = client.get("m").await.unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{error}");
        if add != "[]" {
            let mock = created(expect(&mut server, "POST", "/v3/memories/add/").with_body(add)).await;
            let error = client.add(AddMemories::new("tea").user_id("a")).await.unwrap_err();
            assert!(matches!(error, Error::Decode(_)), "{error}");
            checked(&mock).await;
            mock.remove();
        }
        for mock in [search, get] {
            checked(&mock).await;
            mock.remove();
        }
    }
}
