//! Page sizes of lists, limits, and the shape of what lists return.

use super::*;
use mem0::client::Method;
use mem0::entities::EntityKind;
use mem0::memories::ListMemories;
use mem0::{Error, Filter, Page};

const LIST: &str = "/v9/things/";

/// List of numbers with the page size 2.
fn numbers(server: &ServerGuard) -> flavour::Pages<u32> {
    client(server).request(Method::GET, ["v9", "things", ""]).query("page_size", "2").pages().unwrap()
}

/// Expects pages of numbers, each exactly once.
#[maybe_async]
async fn number_pages(server: &mut ServerGuard, pages: &[&str]) -> Vec<Mock> {
    let mut mocks = Vec::new();
    for (index, results) in pages.iter().enumerate() {
        let number = index + 1;
        let path = match number {
            1 => format!("{LIST}?page_size=2"),
            _ => format!("{LIST}?page={number}&page_size=2"),
        };
        let body = format!(r#"{{"count":5,"next":"?page={}","results":{results}}}"#, number + 1);
        mocks.push(created(expect(server, "GET", &path).with_body(body)).await);
    }
    mocks
}

#[maybe_async]
async fn all_checked(mocks: &[Mock]) {
    for mock in mocks {
        checked(mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_limit_ends_the_items_of_all_pages() {
    let mut server = server().await;
    let mocks = number_pages(&mut server, &["[1,2]", "[3,4]"]).await;
    let mut pages = numbers(&server).limit(3);
    let mut items = Vec::new();
    while let Some(item) = pages.next_item().await {
        items.push(item.unwrap());
    }
    assert_eq!((items, pages.total()), (vec![1, 2, 3], Some(5)), "the total is that of the platform");
    let (item, page) = (pages.next_item().await, pages.next_page().await.unwrap());
    assert!(item.is_none() && page.is_none());
    all_checked(&mocks).await;
}

#[maybe_async]
#[flavour_test]
async fn a_limit_cuts_the_last_page() {
    let mut server = server().await;
    let mocks = number_pages(&mut server, &["[1,2]", "[3,4]"]).await;
    let mut pages = numbers(&server).limit(3);
    let first = pages.next_page().await.unwrap().unwrap();
    let second = pages.next_page().await.unwrap().unwrap();
    assert_eq!((first.results, second.results, second.count), (vec![1, 2], vec![3], Some(5)));
    let end = pages.next_page().await.unwrap();
    assert!(end.is_none());
    all_checked(&mocks).await;
}

#[maybe_async]
#[flavour_test]
async fn a_limit_counts_from_where_it_is_set_and_loses_no_item() {
    let mut server = server().await;
    let mocks = number_pages(&mut server, &["[1,2]", "[3,4]", "[5,6]"]).await;
    let mut pages = numbers(&server);
    let first = next(&mut pages).await;
    let mut pages = pages.limit(2);
    let (second, third, end) = (next(&mut pages).await, next(&mut pages).await, next(&mut pages).await);
    assert_eq!((first, second, third, end), (Some(1), Some(2), Some(3), None));
    let mut pages = pages.limit(2);
    let (fourth, fifth, end) = (next(&mut pages).await, next(&mut pages).await, next(&mut pages).await);
    assert_eq!((fourth, fifth, end), (Some(4), Some(5), None));
    all_checked(&mocks).await;

    let mut server = self::server().await;
    let mocks = number_pages(&mut server, &["[1,2]"]).await;
    let mut pages = numbers(&server).limit(1);
    let page = pages.next_page().await.unwrap().unwrap();
    let rest = next(&mut pages.limit(1)).await;
    assert_eq!((page.results, rest), (vec![1], Some(2)));
    all_checked(&mocks).await;
}

#[maybe_async]
#[flavour_test]
async fn no_page_is_skipped_after_a_limit_has_cut_one() {
    let mut server = server().await;
    let mocks = number_pages(&mut server, &["[1,2]", "[3,4]"]).await;
    let mut pages = numbers(&server).limit(1);
    let first = pages.next_page().await.unwrap().unwrap();
    let mut pages = pages.limit(3);
    let error = pages.next_page().await.unwrap_err();
    assert!(matches!(error, Error::Invalid { field: "limit", .. }), "{error}");
    let rest = next(&mut pages).await;
    let second = pages.next_page().await.unwrap().unwrap();
    assert_eq!((first.results, rest, second.results), (vec![1], Some(2), vec![3, 4]));
    all_checked(&mocks).await;
}

/// Next item; `None` at the end.
#[maybe_async]
async fn next(pages: &mut flavour::Pages<u32>) -> Option<u32> {
    pages.next_item().await.map(|item| item.unwrap())
}

#[maybe_async]
#[flavour_test]
async fn skipped_items_do_not_count_towards_a_limit() {
    let mut server = server().await;
    let mocks = number_pages(&mut server, &["[1,2]", "[3,4]"]).await;
    let mut pages = numbers(&server).limit(3);
    let item = next(&mut pages).await;
    let page = pages.next_page().await.unwrap().unwrap();
    assert_eq!((item, page.results), (Some(1), vec![3, 4]));
    let end = pages.next_page().await.unwrap();
    assert!(end.is_none());
    all_checked(&mocks).await;
}

#[maybe_async]
#[flavour_test]
async fn a_small_limit_requests_a_small_page() {
    let body = r#"{"count":9,"next":"?page=2","results":[{},{},{}]}"#;
    let by_alice = || ListMemories::new(Filter::user("alice"));
    for (path, query) in [
        ("/v3/memories/", "?page_size=3"),
        ("/v3/memories/", "?page_size=50"),
        ("/v3/memories/", "?page=2"),
        ("/v3/memories/", "?page=1&page_size=3"),
        ("/v1/entities/", "?page_size=3"),
        ("/v1/events/", "?page_size=3"),
        ("/v1/memories/events/", "?limit=3"),
        ("/v1/memories/agent/a/", ""),
        (LIST, ""),
    ] {
        let mut server = server().await;
        let method = if path == "/v3/memories/" { "POST" } else { "GET" };
        let mock = created(expect(&mut server, method, &format!("{path}{query}")).with_body(body)).await;
        let client = client(&server);
        // The platform may ignore the page size: the page is cut.
        let results = match (path, query) {
            ("/v3/memories/", "?page_size=50") => {
                count(client.get_all(by_alice().page_size(50)).unwrap().limit(2)).await
            }
            // Page 2 counts in pages of the default size.
            ("/v3/memories/", "?page=2") => count(client.get_all(by_alice().page(2)).unwrap().limit(2)).await,
            ("/v3/memories/", "?page_size=3") => count(client.get_all(by_alice()).unwrap().limit(3)).await,
            ("/v3/memories/", _) => count(client.get_all(by_alice()).unwrap().limit(3).starting_at(1)).await,
            ("/v1/entities/", _) => count(client.entities().list().unwrap().limit(3)).await,
            ("/v1/events/", _) => count(client.events().list().unwrap().limit(3)).await,
            ("/v1/memories/events/", _) => count(client.memory_events().unwrap().limit(3)).await,
            (LIST, _) => {
                let raw = client.request(Method::GET, ["v9", "things", ""]);
                count(raw.pages::<serde_json::Value>().unwrap().limit(3)).await
            }
            _ => count(client.memories_of(EntityKind::Agent, "a").unwrap().limit(3)).await,
        };
        assert_eq!(
            results,
            if ["?page_size=50", "?page=2"].contains(&query) { 2 } else { 3 },
            "{path}{query}"
        );
        checked(&mock).await;
    }
}

/// Number of items of a list that is read to its end.
#[maybe_async]
async fn count<I: serde::de::DeserializeOwned>(mut pages: flavour::Pages<I>) -> usize {
    let mut count = 0;
    while let Some(item) = pages.next_item().await {
        item.unwrap();
        count += 1;
    }
    count
}

#[maybe_async]
#[flavour_test]
async fn a_large_limit_leaves_the_page_size_alone() {
    let mut server = server().await;
    let mock = created(expect(&mut server, "GET", "/v1/events/").with_body(r#"{"results":[{}]}"#)).await;
    let count = count(client(&server).events().list().unwrap().limit(100)).await;
    assert_eq!(count, 1);
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn a_restarted_list_counts_its_pages_in_the_default_size() {
    let mut server = server().await;
    let body = r#"{"next":"?page=2","results":[{},{}]}"#;
    let first = created(expect(&mut server, "GET", "/v1/events/?page_size=2").with_body(body)).await;
    let third = created(expect(&mut server, "GET", "/v1/events/?page=3").with_body(body)).await;
    let mut pages = client(&server).events().list().unwrap().limit(2);
    pages.next_page().await.unwrap().unwrap();
    let count = count(pages.starting_at(3).limit(2)).await;
    assert_eq!(count, 2);
    checked(&first).await;
    checked(&third).await;
}

#[maybe_async]
#[flavour_test]
async fn a_page_over_the_limit_is_cut() {
    let mut server = server().await;
    let body = r#"{"results":[{},{},{}]}"#;
    let mock = created(expect(&mut server, "GET", "/v1/events/?page_size=2").with_body(body)).await;
    let count = count(client(&server).events().list().unwrap().limit(2)).await;
    assert_eq!(count, 2);
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn every_list_with_a_page_size_has_the_same_setter() {
    let body = r#"{"results":[{}]}"#;
    for (method, path) in [
        ("POST", "/v3/memories/?page_size=7"),
        ("GET", "/v1/entities/?page_size=7"),
        ("GET", "/v1/events/?page_size=7"),
        ("GET", "/v1/memories/events/?limit=7"),
        ("GET", "/v1/memories/events/?page=2&limit=7"),
        ("GET", "/v9/things/?page_size=7"),
    ] {
        let mut server = server().await;
        let mock = created(expect(&mut server, method, path).with_body(body)).await;
        let client = client(&server);
        let list = ListMemories::new(Filter::user("alice")).page_size(50);
        match path {
            "/v3/memories/?page_size=7" => count(client.get_all(list).unwrap().page_size(7)).await,
            "/v1/entities/?page_size=7" => count(client.entities().list().unwrap().page_size(7)).await,
            "/v1/events/?page_size=7" => count(client.events().list().unwrap().page_size(7).limit(3)).await,
            "/v1/memories/events/?limit=7" => {
                count(client.memory_events().unwrap().limit(3).page_size(7)).await
            }
            "/v9/things/?page_size=7" => count(numbers_as_json(&client).page_size(7)).await,
            _ => count(client.memory_events().unwrap().page_size(7).starting_at(2)).await,
        };
        checked(&mock).await;
    }
}

fn numbers_as_json(client: &MemoryClient) -> flavour::Pages<serde_json::Value> {
    client.request(Method::GET, ["v9", "things", ""]).query("page_size", "2").pages().unwrap()
}

/// Field and message of the error of each way to read a list.
#[maybe_async]
async fn refused<I: serde::de::DeserializeOwned>(mut pages: flavour::Pages<I>) -> (&'static str, String) {
    let page = pages.next_page().await.err().unwrap();
    let item = pages.next_item().await.unwrap().err().unwrap();
    assert_eq!(page.to_string(), item.to_string());
    let end = pages.next_item().await;
    assert!(end.is_none(), "an error is the last item");
    match page {
        Error::Invalid { field, message, .. } => (field, message),
        error => panic!("{error:?}"),
    }
}

#[maybe_async]
#[flavour_test]
async fn an_invalid_limit_or_page_size_is_an_error_at_the_first_read() {
    let mut server = server().await;
    let any = server.mock("GET", Matcher::Any).match_query(Matcher::Any).expect(0);
    let any = created(any).await;
    let client = client(&server);
    let events = || client.events().list().unwrap();
    let (field, message) = refused(events().limit(0)).await;
    assert!(field == "limit" && message.contains("at least 1"), "{message}");
    for size in [0, 201, u32::MAX] {
        let (field, message) = refused(events().page_size(size)).await;
        assert!(field == "page_size" && message.contains("1 to 200"), "{message}");
        let (field, _) = refused(client.memory_events().unwrap().page_size(size).limit(3)).await;
        assert_eq!(field, "page_size");
    }
    let (field, message) = refused(client.memories_of(EntityKind::User, "a").unwrap().page_size(7)).await;
    assert!(field == "page_size" && message.contains("not supported"), "{message}");
    checked(&any).await;
}

#[maybe_async]
#[flavour_test]
async fn a_page_size_after_the_first_page_is_an_error() {
    let mut server = server().await;
    let mocks = number_pages(&mut server, &["[1,2]"]).await;
    let mut pages = numbers(&server);
    pages.next_page().await.unwrap().unwrap();
    let (field, message) = refused(pages.page_size(7)).await;
    assert!(field == "page_size" && message.contains("before"), "{message}");
    all_checked(&mocks).await;
}

#[maybe_async]
#[flavour_test]
async fn items_and_pages_have_one_shape_in_both_flavours() {
    let mut server = server().await;
    let mocks = number_pages(&mut server, &["[1,2]", "[3]"]).await;
    let mut pages = numbers(&server).limit(3);
    let item: Option<mem0::Result<u32>> = pages.next_item().await;
    let page: mem0::Result<Option<Page<u32>>> = pages.next_page().await;
    assert_eq!((item.unwrap().unwrap(), page.unwrap().unwrap().results), (1, vec![3]));
    all_checked(&mocks).await;
}
