//! Long lists as streams.

use super::{created, server};
use futures_util::{StreamExt, TryStreamExt};
use mem0::{AsyncMemoryClient, Filter, Memory};
use mockito::ServerGuard;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

fn client(server: &ServerGuard) -> AsyncMemoryClient {
    AsyncMemoryClient::builder().api_key("m0-key").base_url(server.url()).build().unwrap()
}

#[tokio::test]
async fn pages_are_a_stream_that_ends_with_its_first_error() {
    let mut server = server().await;
    let mut mocks = Vec::new();
    for (path, body, status) in [
        ("/v3/memories/", r#"{"count":4,"next":"?page=2","results":[{"id":"a"},{"id":"b"}]}"#, 200),
        ("/v3/memories/?page=2", r#"{"count":4,"next":"?page=3","results":[{"id":"c"}]}"#, 200),
        ("/v3/memories/?page=3", r#"{"detail":"Invalid page."}"#, 404),
    ] {
        mocks.push(created(server.mock("POST", path).with_status(status).with_body(body).expect(1)).await);
    }
    // Spawning shows that the stream is `Send`.
    let mut memories = client(&server).get_all(Filter::user("alice")).unwrap();
    let read = tokio::spawn(async move {
        let first: Vec<Memory> = memories.by_ref().take(3).try_collect().await.unwrap();
        let ids: Vec<_> = first.into_iter().map(|memory| memory.id.unwrap()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        let error = memories.next().await.unwrap().unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert!(memories.next().await.is_none() && memories.next().await.is_none());
    });
    read.await.unwrap();
    for mock in mocks {
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn a_page_that_is_not_waited_for_is_not_lost() {
    let mut server = server().await;
    let mock = server.mock("POST", "/v3/memories/").expect(1);
    let mock = mock.with_chunked_body(|writer| {
        std::thread::sleep(Duration::from_millis(100));
        writer.write_all(br#"{"results":[{"id":"a"}]}"#)
    });
    let mock = created(mock).await;
    let mut memories = client(&server).get_all(Filter::user("alice")).unwrap();
    // Polled once and let go of, as by a `select!` that another branch wins.
    let is_pending = poll_fn(|context| Poll::Ready(memories.poll_next_unpin(context).is_pending())).await;
    assert!(is_pending);
    let memory = memories.next().await.unwrap().unwrap();
    assert_eq!(memory.id.unwrap(), "a");
    assert!(memories.next().await.is_none());
    mock.assert_async().await;
}

#[tokio::test]
async fn a_stream_ends_at_its_limit() {
    let mut server = server().await;
    let page = r#"{"count":9,"next":"?page=2","results":[{"id":"a"},{"id":"b"}]}"#;
    let mock = server.mock("POST", "/v3/memories/?page_size=2").with_body(page).expect(1);
    let mock = created(mock).await;
    let memories = client(&server).get_all(Filter::user("alice")).unwrap().limit(2);
    let memories: Vec<Memory> = memories.try_collect().await.unwrap();
    assert_eq!(memories.len(), 2);
    mock.assert_async().await;
}
