//! Calls `users`, `delete_users` and `reset`.

use super::*;
use mem0::Error;
use mem0::entities::EntityKind;
use serde_json::json;

const ENTITIES: &str = "/v1/entities/";

/// Expects a request for a page of entities, given as type and name; `next` is the number of the next page.
#[maybe_async]
async fn page(server: &mut ServerGuard, query: &str, entities: &[(&str, &str)], next: Option<u32>) -> Mock {
    let next = next.map(|number| format!("{}{ENTITIES}?page={number}", server.url()));
    let results: Vec<_> =
        entities.iter().map(|(kind, name)| json!({"type": kind, "name": name, "id": "x"})).collect();
    let body = json!({
        "count": 5, "next": next, "previous": null, "results": results,
        "total_users": 3, "total_agents": 1, "total_apps": 0, "total_runs": 1,
    });
    created(expect(server, "GET", &format!("{ENTITIES}{query}")).with_body(body.to_string())).await
}

/// Expects the deletion of an entity.
#[maybe_async]
async fn deletion(server: &mut ServerGuard, path: &str, status: usize) -> Mock {
    let mock = expect(server, "DELETE", &format!("/v2/entities/{path}/")).with_status(status);
    let body =
        format!(r#"{{"message":"Delete in progress. This may take some time.","event_id":"of {path}"}}"#);
    created(mock.with_body(body)).await
}

#[maybe_async]
#[flavour_test]
async fn all_pages_of_entities_are_listed_with_totals() {
    let mut server = server().await;
    let first = page(&mut server, "", &[("user", "a"), ("agent", "b")], Some(2)).await;
    let second = page(&mut server, "?page=2", &[("run", "c")], None).await;
    let mut entities = client(&server).entities().list().unwrap();
    let mut names = Vec::new();
    while let Some(entity) = entities.next_item().await {
        names.push(entity.unwrap().name.unwrap());
    }
    assert_eq!((names, entities.total()), (vec!["a".into(), "b".into(), "c".into()], Some(5)));
    checked(&first).await;
    checked(&second).await;
    first.remove();
    let again = page(&mut server, "", &[], None).await;
    let page = client(&server).users().unwrap().next_page().await.unwrap().unwrap();
    checked(&again).await;
    let totals = page.totals();
    assert_eq!((totals.users, totals.agents, totals.apps, totals.runs), (Some(3), Some(1), Some(0), Some(1)));
}

#[maybe_async]
#[flavour_test]
async fn delete_users_deletes_the_named_entity() {
    let mut server = server().await;
    let mock = deletion(&mut server, "agent/a%2Fb%20c%3Fd%23e", 200).await;
    let deleted = client(&server).delete_users(EntityKind::Agent, "a/b c?d#e").await.unwrap();
    checked(&mock).await;
    assert!(deleted.event_id.is_some());
}

#[maybe_async]
#[flavour_test]
async fn delete_users_rejects_an_empty_id() {
    let mut server = server().await;
    let list = created(server.mock("GET", Matcher::Any).expect(0)).await;
    let delete = created(server.mock("DELETE", Matcher::Any).expect(0)).await;
    for id in ["", ".", ".."] {
        let error = client(&server).delete_users(EntityKind::User, id).await.unwrap_err();
        assert!(matches!(error, Error::Invalid { field: "entity id", .. }), "{error}");
    }
    checked(&list).await;
    checked(&delete).await;
}

#[maybe_async]
#[flavour_test]
async fn a_reset_deletes_each_listed_entity_once() {
    let mut server = server().await;
    let mut mocks = Vec::new();
    for (query, entities, next) in [
        ("", &[("user", "a"), ("agent", "b@x.io")][..], Some(2)),
        ("?page=2", &[("user", "a"), ("run", "a")][..], Some(3)),
        ("?page=3", &[("app", "ü/1")][..], None),
    ] {
        let mock = page(&mut server, query, entities, next).await;
        mocks.push(mock);
    }
    for path in ["user/a", "agent/b%40x.io", "run/a"] {
        let mock = deletion(&mut server, path, 200).await;
        mocks.push(mock);
    }
    // Deleted together with the memories of another entity.
    let gone = deletion(&mut server, "app/%C3%BC%2F1", 404).await;
    mocks.push(gone);
    let reset = client(&server).reset().await.unwrap();
    for mock in &mocks {
        checked(mock).await;
    }
    assert_eq!((reset.deleted, reset.already_gone), (3, 1));
    assert_eq!(
        reset.event_ids,
        ["of user/a", "of agent/b%40x.io", "of run/a"].map(mem0::events::EventId::from)
    );
}

#[maybe_async]
#[flavour_test]
async fn a_reset_of_an_empty_project_deletes_nothing() {
    let mut server = server().await;
    let mock = page(&mut server, "", &[], None).await;
    let reset = client(&server).reset().await.unwrap();
    assert_eq!(reset, mem0::entities::ResetSummary::default());
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn a_reset_stops_at_the_first_failure_and_reports_its_progress() {
    for (status, attempts) in [(403, 1), (503, 3)] {
        let mut server = server().await;
        let list =
            page(&mut server, "", &[("user", "a"), ("user", "b"), ("user", "c@x.io"), ("user", "d")], None)
                .await;
        let first = deletion(&mut server, "user/a", 200).await;
        let gone = deletion(&mut server, "user/b", 404).await;
        let failing = expect(&mut server, "DELETE", "/v2/entities/user/c%40x.io/").with_status(status);
        let failing = created(failing.expect(attempts)).await;
        let untouched = created(expect(&mut server, "DELETE", "/v2/entities/user/d/").expect(0)).await;
        let stopped = client(&server).reset().await.unwrap_err();
        for mock in [list, first, gone, failing, untouched] {
            checked(&mock).await;
        }
        assert_eq!((stopped.done.deleted, stopped.done.already_gone), (1, 1));
        assert_eq!(stopped.done.event_ids.len(), 1);
        let text = stopped.to_string();
        assert!(text.contains("after 1 deletions") && !text.contains("x.io"), "{text}");
        let error = Error::from(stopped);
        assert_eq!(usize::from(error.status().unwrap().as_u16()), status);
        assert_eq!(error.attempts() as usize, attempts);
    }
}

#[maybe_async]
#[flavour_test]
async fn a_reset_deletes_nothing_if_listing_fails() {
    for (body, text) in [
        (r#"{"detail":"Invalid page."}"#, "results"),
        (r#"{"results":[{"type":"user"}],"next":null}"#, "without a type or a name"),
        (
            r#"{"results":[{"type":"user","name":"b"}],"next":"https://evil.example/v1/entities/?page=2"}"#,
            "next",
        ),
    ] {
        let mut server = server().await;
        let first = page(&mut server, "", &[("user", "a")], Some(2)).await;
        let second = created(expect(&mut server, "GET", &format!("{ENTITIES}?page=2")).with_body(body)).await;
        let delete = created(server.mock("DELETE", Matcher::Any).expect(0)).await;
        let stopped = client(&server).reset().await.unwrap_err();
        for mock in [first, second, delete] {
            checked(&mock).await;
        }
        assert_eq!(stopped.done, mem0::entities::ResetSummary::default());
        assert!(stopped.to_string().contains(text), "{stopped}");
    }
}

#[maybe_async]
#[flavour_test]
async fn a_reset_stops_if_the_server_repeats_its_pages() {
    let mut server = server().await;
    let list = server.mock("GET", ENTITIES).match_query(Matcher::Any).expect_at_least(6);
    let list = list.with_body_from_request(|request| {
        let number =
            request.path_and_query().split_once("page=").map_or(1, |(_, number)| number.parse().unwrap());
        let results: Vec<_> = (0..200).map(|at| json!({"type": "user", "name": format!("u{at}")})).collect();
        let next = format!("?page={}", number + 1_u64);
        json!({"count": 1, "next": next, "results": results}).to_string().into_bytes()
    });
    let list = created(list).await;
    let delete = created(server.mock("DELETE", Matcher::Any).expect(0)).await;
    let stopped = client(&server).reset().await.unwrap_err();
    assert!(stopped.to_string().contains("again on every page"), "{stopped}");
    assert_eq!(stopped.done, mem0::entities::ResetSummary::default());
    checked(&list).await;
    checked(&delete).await;
}
