//! Long lists as iterators.

use super::{created, server};
use mem0::{Filter, Memory, MemoryClient};

#[test]
fn pages_are_an_iterator_that_ends_with_its_first_error() {
    let mut server = server();
    let mut mocks = Vec::new();
    for (path, body, status) in [
        ("/v3/memories/", r#"{"count":4,"next":"?page=2","results":[{"id":"a"},{"id":"b"}]}"#, 200),
        ("/v3/memories/?page=2", r#"{"count":4,"next":"?page=3","results":[{"id":"c"}]}"#, 200),
        ("/v3/memories/?page=3", r#"{"detail":"Invalid page."}"#, 404),
    ] {
        mocks.push(created(server.mock("POST", path).with_status(status).with_body(body).expect(1)));
    }
    let client = MemoryClient::builder().api_key("m0-key").base_url(server.url()).build().unwrap();
    let mut memories = client.get_all(Filter::user("alice")).unwrap();
    let ids: Vec<_> =
        memories.by_ref().take(3).map(|memory: mem0::Result<Memory>| memory.unwrap().id.unwrap()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    let error = memories.next().unwrap().unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(memories.next().is_none() && memories.next().is_none());
    for mock in mocks {
        mock.assert();
    }
}

#[test]
fn an_iterator_ends_at_its_limit() {
    let mut server = server();
    let page = r#"{"count":9,"next":"?page=2","results":[{"id":"a"},{"id":"b"}]}"#;
    let mock = created(server.mock("POST", "/v3/memories/?page_size=2").with_body(page).expect(1));
    let client = MemoryClient::builder().api_key("m0-key").base_url(server.url()).build().unwrap();
    let memories = client.get_all(Filter::user("alice")).unwrap().limit(2);
    assert_eq!(memories.collect::<mem0::Result<Vec<Memory>>>().unwrap().len(), 2);
    mock.assert();
}
