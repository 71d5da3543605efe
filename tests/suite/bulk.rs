//! Dry runs of imports and copies.

use super::*;
use mem0::Filter;
use mem0::bulk::{Import, MemoryCopy};
use mem0::client::Request;
use std::sync::{Arc, Mutex};

const LINE: &str = r#"{"memory": "Likes tea", "user_id": "alice"}"#;

#[maybe_async]
#[flavour_test]
async fn a_dry_run_of_an_import_sends_no_add_with_the_default_transport() {
    let mut server = server().await;
    let add = created(expect(&mut server, "POST", "/v3/memories/add/").with_body("[]").expect(0)).await;
    let client = client(&server);
    let report = client.import_memories(Import::from_reader(LINE.as_bytes()).dry_run(true)).await.unwrap();
    assert_eq!((report.added, report.rejected), (1, 0));

    let unsent = Arc::new(Mutex::new(Vec::new()));
    let recorded = unsent.clone();
    let observe = move |request: &Request| {
        let body = serde_json::from_slice::<serde_json::Value>(request.body().unwrap()).unwrap();
        recorded.lock().unwrap().push((request.path().to_owned(), body["user_id"].clone()));
    };
    let import = Import::from_reader(LINE.as_bytes()).dry_run_with(observe);
    assert!(!format!("{import:?}").contains("tea"));
    let report = client.import_memories(import).await.unwrap();
    assert_eq!(report.added, 1);
    assert_eq!(*unsent.lock().unwrap(), [("/v3/memories/add/".to_owned(), "alice".into())]);
    checked(&add).await;
}

#[maybe_async]
#[flavour_test]
async fn a_dry_run_of_a_copy_only_reads() {
    let (mut source, mut target) = (server().await, server().await);
    let mut mocks = Vec::new();
    for (server, project) in [(&mut source, "proj_a"), (&mut target, "proj_b")] {
        let identity = format!(r#"{{"org_id":"org","project_id":"{project}"}}"#);
        mocks.push(created(expect(server, "GET", "/v1/ping/").with_body(identity).expect_at_least(1)).await);
    }
    let list = r#"{"count":1,"next":null,"results":[{"id":"m","memory":"Likes tea","user_id":"alice"}]}"#;
    mocks.push(created(expect(&mut source, "POST", "/v3/memories/").with_body(list)).await);
    mocks.push(created(expect(&mut target, "POST", "/v3/memories/add/").with_body("[]").expect(0)).await);
    let copy = MemoryCopy::new(Filter::user("alice")).dry_run(true);
    let report = client(&source).copy_memories(&client(&target), copy).await.unwrap();
    assert_eq!(report.added, 1);
    for mock in mocks {
        checked(&mock).await;
    }
}
