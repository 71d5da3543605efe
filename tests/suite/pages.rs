//! Paginated lists: requests, links of the server, and memory use.

use super::*;
use mem0::Error;
use mem0::client::Method;
use serde::{Deserialize, Deserializer};
use std::sync::atomic::{AtomicUsize, Ordering};

const LIST: &str = "/v9/things/";

fn number_pages(server: &ServerGuard) -> flavour::Pages<u32> {
    number_pages_of(&client(server))
}

fn number_pages_of(client: &MemoryClient) -> flavour::Pages<u32> {
    client.request(Method::GET, ["v9", "things", ""]).query("page_size", "2").pages().unwrap()
}

fn page(next: &str, results: &str) -> String {
    format!(r#"{{"count":5,"next":{next},"previous":null,"results":{results}}}"#)
}

/// Expects a request for the first page, which has no number.
#[maybe_async]
async fn first_page(server: &mut ServerGuard, body: &str) -> Mock {
    created(expect(server, "GET", &format!("{LIST}?page_size=2")).with_body(body)).await
}

/// Reads all items up to the end or an error.
#[maybe_async]
async fn read_all<V: serde::de::DeserializeOwned>(pages: &mut flavour::Pages<V>) -> (Vec<V>, Option<Error>) {
    let mut items = Vec::new();
    while let Some(item) = pages.next_item().await {
        match item {
            Ok(item) => items.push(item),
            Err(error) => return (items, Some(error)),
        }
    }
    (items, None)
}

#[maybe_async]
#[flavour_test]
async fn pages_are_requested_one_by_one_from_the_base_url() {
    let mut server = server().await;
    let link = |number| format!(r#""{}/some/where?page_size=99&page={number}&x=y""#, server.url());
    let (second_link, third_link) = (link(2), link(3));
    let first = first_page(&mut server, &page(&second_link, "[1,2]")).await;
    let second = expect(&mut server, "GET", &format!("{LIST}?page=2&page_size=2"));
    let second = created(second.with_body(page(&third_link, "[]"))).await;
    let third = expect(&mut server, "GET", &format!("{LIST}?page=3&page_size=2"));
    let third = created(third.with_body(page("null", "[3]"))).await;
    let mut pages = number_pages(&server);
    assert_eq!(pages.total(), None);
    let (items, error) = read_all(&mut pages).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!((items, pages.total()), (vec![1, 2, 3], Some(5)));
    let (item, page) = (pages.next_item().await, pages.next_page().await.unwrap());
    assert!(item.is_none() && page.is_none());
    for mock in [first, second, third] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn whole_pages_are_returned_with_their_responses() {
    let mut server = server().await;
    let first = first_page(&mut server, &page("\"?page=4\"", "[1,2]")).await;
    let fourth = expect(&mut server, "GET", &format!("{LIST}?page=4&page_size=2"));
    let fourth = fourth.with_header("x-request-id", "r-4").with_body(r#"{"results":[3],"total_users":9}"#);
    let fourth = created(fourth).await;
    let client = client(&server).with_response();
    let raw = client.request(Method::GET, ["v9", "things", ""]).query("page_size", "2");
    let mut pages = raw.pages::<u32>().unwrap();
    let response = pages.next_page().await.unwrap().unwrap();
    assert_eq!(
        (response.status.as_u16(), response.value.results, response.value.count),
        (200, vec![1, 2], Some(5))
    );
    let response = pages.next_page().await.unwrap().unwrap();
    assert_eq!((response.request_id.as_deref(), response.value.results), (Some("r-4"), vec![3]));
    assert_eq!(response.value.extra["total_users"], 9);
    let end = pages.next_page().await.unwrap();
    assert!(end.is_none());
    assert_eq!(pages.total(), Some(5), "a page without a count keeps the last one");
    checked(&first).await;
    checked(&fourth).await;
}

#[maybe_async]
#[flavour_test]
async fn a_list_starts_at_any_page_but_zero() {
    let mut server = server().await;
    let mock = expect(&mut server, "GET", &format!("{LIST}?page=7&page_size=2")).expect(2);
    let mock = created(mock.with_body(page("null", "[7]"))).await;
    let (items, error) = read_all(&mut number_pages(&server).starting_at(7)).await;
    assert!(items == [7] && error.is_none(), "{error:?}");
    let raw = client(&server).request(Method::GET, ["v9", "things", ""]).query("page", "7");
    let (items, error) = read_all(&mut raw.query("page_size", "2").pages::<u32>().unwrap()).await;
    assert!(items == [7] && error.is_none(), "{error:?}");
    let (_, error) = read_all(&mut number_pages(&server).starting_at(0)).await;
    assert!(matches!(error, Some(Error::Invalid { field: "page", .. })), "{error:?}");
    let raw = client(&server).request(Method::GET, ["v9", "things", ""]).query("page", "two");
    assert!(matches!(raw.pages::<u32>(), Err(Error::Invalid { field: "page", .. })));
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn only_the_page_number_of_a_link_is_used() {
    for link in [
        "https://evil.example/v9/things/?page=2",
        "http://internal:8080/gate/v9/things/?page_size=2&page=2",
        "http://user:SECRET@HOST/v9/things/?page=2",
        "http://HOST@evil.example/?page=2",
        "https://HOST/v9/things/?page=2",
        "//evil.example/?page=2",
        "things/?page=2",
        "?page=2",
    ] {
        let mut server = server().await;
        let link = link.replace("HOST", &server.host_with_port());
        let first = first_page(&mut server, &page(&format!("\"{link}\""), "[1,2]")).await;
        let second = expect(&mut server, "GET", &format!("{LIST}?page=2&page_size=2"));
        let second = created(second.with_body(page("null", "[3]"))).await;
        let (items, error) = read_all(&mut number_pages(&server)).await;
        assert!(items == [1, 2, 3] && error.is_none(), "{link}: {items:?} {error:?}");
        checked(&first).await;
        checked(&second).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn an_invalid_link_is_an_error_after_the_items_before_it() {
    for link in [
        "http://HOST/v9/things/?page=1",
        "http://HOST/v9/things/?page=0",
        "http://HOST/v9/things/?page=two",
        "http://HOST/v9/things/?page=2&page=3",
        "http://HOST/v9/things/",
        "",
    ] {
        let mut server = server().await;
        let link = link.replace("HOST", &server.host_with_port());
        let mock = first_page(&mut server, &page(&format!("\"{link}\""), "[1,2]")).await;
        let mut pages = number_pages(&server);
        let (items, error) = read_all(&mut pages).await;
        assert_eq!(items, [1, 2], "{link}");
        let Some(Error::Decode(error)) = error else { panic!("{link}: {error:?}") };
        assert_eq!((error.field.as_str(), error.call.path.as_str(), error.call.attempts), ("next", LIST, 1));
        assert!(error.to_string().starts_with(&format!("GET {LIST}: ")), "{error}");
        let end = pages.next_item().await;
        assert!(end.is_none(), "an iteration ends after an error");
        let again = pages.next_page().await.unwrap_err();
        assert!(matches!(again, Error::Decode(_)), "{link}: an error does not turn into an end: {again}");
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_link_back_to_its_own_page_is_an_error() {
    let mut server = server().await;
    let first = first_page(&mut server, &page("\"?page=2\"", "[1]")).await;
    let second = expect(&mut server, "GET", &format!("{LIST}?page=2&page_size=2"));
    let second = created(second.with_body(page("\"?page=2\"", "[2]"))).await;
    let (items, error) = read_all(&mut number_pages(&server)).await;
    assert!(items == [1, 2] && matches!(error, Some(Error::Decode(_))), "{items:?} {error:?}");
    checked(&first).await;
    checked(&second).await;
}

#[maybe_async]
#[flavour_test]
async fn an_error_is_the_last_item_and_the_page_can_be_requested_again() {
    let mut server = server().await;
    let first = first_page(&mut server, &page("\"?page=2\"", "[1]")).await;
    let path = format!("{LIST}?page=2&page_size=2");
    let missing =
        expect(&mut server, "GET", &path).with_status(404).with_body(r#"{"detail":"Invalid page."}"#);
    let missing = created(missing).await;
    let mut pages = number_pages(&server);
    let (items, error) = read_all(&mut pages).await;
    assert_eq!(items, [1]);
    let error = error.unwrap();
    assert!(
        error.is_not_found() && error.to_string().ends_with("Invalid page; the list has fewer pages"),
        "{error}"
    );
    let end = pages.next_item().await;
    assert!(end.is_none());
    checked(&missing).await;
    let there = created(expect(&mut server, "GET", &path).with_body(page("null", "[2]"))).await;
    let page = pages.next_page().await.unwrap().unwrap();
    assert_eq!(page.results, [2]);
    checked(&first).await;
    checked(&there).await;
}

#[maybe_async]
#[flavour_test]
async fn responses_that_are_not_pages_are_errors() {
    for (body, field) in [
        ("[1,2]", "."),
        ("{}", "."),
        (r#"{"results":null}"#, "results"),
        (r#"{"results":{}}"#, "results"),
        (r#"{"results":[1,"two"]}"#, "results[1]"),
        (r#"{"results":[],"next":7}"#, "next"),
    ] {
        let mut server = server().await;
        let mock = first_page(&mut server, body).await;
        let (items, error) = read_all(&mut number_pages(&server)).await;
        let Some(Error::Decode(error)) = error else { panic!("{body}: {error:?}") };
        assert!(items.is_empty() && error.field == field, "{body}: {error}");
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn invalid_counts_and_null_items_are_skipped() {
    for (count, expected) in [
        ("-1", None),
        ("1e300", None),
        ("2.5", None),
        (r#""five""#, None),
        ("[5]", None),
        ("99999999999999999999999999", None),
        ("null", None),
        ("5", Some(5)),
    ] {
        let mut server = server().await;
        let body = format!(r#"{{"count":{count},"next":null,"previous":null,"results":[null,1,null,2]}}"#);
        let mock = first_page(&mut server, &body).await;
        let mut pages = number_pages(&server);
        let (items, error) = read_all(&mut pages).await;
        assert!(items == [1, 2] && error.is_none(), "{count}: {items:?} {error:?}");
        assert_eq!(pages.total(), expected, "{count}");
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn every_error_of_a_page_names_its_call() {
    let mut server = server().await;
    let path = format!("{LIST}?page=2&page_size=2");
    for (status, body) in
        [(503, "{}"), (403, r#"{"detail":"No."}"#), (200, "[]"), (200, r#"{"results":[true]}"#)]
    {
        let attempts = if status == 503 { 3 } else { 1 };
        let second = expect(&mut server, "GET", &path).with_status(status).with_body(body);
        let second = created(second.expect(attempts)).await;
        let mut pages = number_pages(&server).starting_at(2);
        let error = pages.next_page().await.unwrap_err();
        checked(&second).await;
        assert_eq!(error.attempts() as usize, attempts);
        assert!(error.to_string().starts_with(&format!("GET {LIST}")), "{error}");
    }
}

#[maybe_async]
#[flavour_test]
async fn endless_empty_pages_are_an_error() {
    let mut server = server().await;
    let mock = server.mock("GET", LIST).match_query(Matcher::Any).expect_at_least(100);
    let mock = mock.with_body_from_request(|request| {
        let next = page_number_of(request.path_and_query()) + 1;
        page(&format!("\"?page={next}\""), "[]").into_bytes()
    });
    let mock = created(mock).await;
    let (items, error) = read_all(&mut number_pages(&server)).await;
    let Some(Error::Decode(error)) = error else { panic!("{error:?}") };
    assert!(items.is_empty() && error.field == "next", "{error:?}");
    assert_eq!((error.call.path.as_str(), error.call.attempts), (LIST, 1));
    assert!(error.to_string().starts_with(&format!("GET {LIST}: ")), "{error}");
    checked(&mock).await;
}

/// Page number of a request.
fn page_number_of(path_and_query: &str) -> usize {
    let query = path_and_query.split_once('?').map_or("", |(_, query)| query);
    query.split('&').find_map(|pair| pair.strip_prefix("page=")).map_or(1, |number| number.parse().unwrap())
}

#[maybe_async]
#[flavour_test]
async fn a_post_sends_its_body_for_every_page_and_is_retried_if_it_only_reads() {
    let mut server = server().await;
    let body = r#"{"z":1}"#;
    let first =
        created(expect_body(&mut server, "POST", LIST, body).with_body(page("\"?page=2\"", "[1]"))).await;
    let busy = expect_body(&mut server, "POST", &format!("{LIST}?page=2"), body).with_status(503).expect(3);
    let busy = created(busy).await;
    let raw = client(&server).request(Method::POST, ["v9", "things", ""]).json(&serde_json::json!({"z": 1}));
    let (items, error) = read_all(&mut raw.idempotent(true).pages::<u32>().unwrap()).await;
    let error = error.unwrap();
    assert_eq!((items, error.status().unwrap().as_u16(), error.attempts()), (vec![1], 503, 3));
    checked(&first).await;
    checked(&busy).await;
}

/// Current and maximum number of items in memory.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
static MAX_ALIVE: AtomicUsize = AtomicUsize::new(0);

/// Item that counts its instances.
struct Counted(usize);

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = usize::deserialize(deserializer)?;
        MAX_ALIVE.fetch_max(ALIVE.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Ok(Self(number))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

#[maybe_async]
#[flavour_test]
async fn a_long_list_holds_at_most_two_pages_in_memory() {
    const PAGE: usize = 500;
    const ITEMS: usize = 100_000;
    let mut server = server().await;
    let mock = server.mock("GET", LIST).match_query(Matcher::Any).expect(ITEMS / PAGE);
    let mock = mock.with_body_from_request(|request| {
        let number = page_number_of(request.path_and_query());
        let numbers: Vec<usize> = ((number - 1) * PAGE..number * PAGE).collect();
        let next = (number * PAGE < ITEMS).then(|| format!("?page={}", number + 1));
        // A wrong count must not reserve memory.
        let page = serde_json::json!({"count": u64::MAX, "next": next, "results": numbers});
        page.to_string().into_bytes()
    });
    let mock = created(mock).await;
    let mut items = client(&server).request(Method::GET, ["v9", "things", ""]).pages::<Counted>().unwrap();
    let mut expected = 0;
    while let Some(item) = items.next_item().await {
        assert_eq!(item.unwrap().0, expected);
        expected += 1;
    }
    checked(&mock).await;
    assert_eq!((expected, items.total()), (ITEMS, Some(u64::MAX)));
    let most = MAX_ALIVE.load(Ordering::SeqCst);
    assert!((PAGE..=2 * PAGE).contains(&most), "{most} items were held at a time");
    assert_eq!(ALIVE.load(Ordering::SeqCst), 0);
}

/// Page of texts with these lengths.
fn texts(next: &str, lengths: &[usize]) -> String {
    let texts: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
    page(next, &serde_json::to_string(&texts).unwrap())
}

#[maybe_async]
#[flavour_test]
async fn a_page_over_the_body_limit_is_read_in_smaller_pages() {
    let mut server = server().await;
    let mut mocks = Vec::new();
    for (query, body) in [
        ("page_size=4", texts("\"?page=2\"", &[1, 2, 3, 4])),
        ("page=2&page_size=4", texts("\"?page=3\"", &[900, 901, 902, 5])),
        ("page=3&page_size=2", texts("\"?page=4\"", &[900, 901])),
        ("page=5&page_size=1", texts("\"?page=6\"", &[900])),
        ("page=6&page_size=1", texts("\"?page=7\"", &[901])),
        ("page=7&page_size=1", texts("\"?page=8\"", &[902])),
        ("page=8&page_size=1", texts("\"?page=9\"", &[5])),
        // The page size grows again after a small page.
        ("page=5&page_size=2", texts("null", &[6, 7])),
    ] {
        let mock = created(expect(&mut server, "GET", &format!("{LIST}?{query}")).with_body(body)).await;
        mocks.push(mock);
    }
    let client = builder(&server).body_limit(1000).build().unwrap();
    let raw = client.request(Method::GET, ["v9", "things", ""]).query("page_size", "4");
    let (items, error) = read_all(&mut raw.pages::<String>().unwrap()).await;
    assert!(error.is_none(), "{error:?}");
    let lengths: Vec<usize> = items.iter().map(String::len).collect();
    assert_eq!(lengths, [1, 2, 3, 4, 900, 901, 902, 5, 6, 7]);
    for mock in mocks {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_list_without_a_page_size_gets_one_if_its_pages_are_too_large() {
    let mut server = server().await;
    let first = expect(&mut server, "POST", "/v3/memories/")
        .with_body(page("null", &format!("[{{\"memory\":\"{}\"}}]", "x".repeat(2000))));
    let first = created(first).await;
    let second = expect(&mut server, "POST", "/v3/memories/?page_size=50");
    let second = created(second.with_body(page("null", r#"[{"memory":"m"}]"#))).await;
    let client = builder(&server).body_limit(1000).build().unwrap();
    let mut pages = client.get_all(mem0::Filter::user("u")).unwrap();
    let (items, error) = read_all(&mut pages).await;
    assert!(error.is_none() && items.len() == 1, "{error:?}");
    checked(&first).await;
    checked(&second).await;
}

#[maybe_async]
#[flavour_test]
async fn an_item_over_the_body_limit_or_an_ignored_page_size_ends_the_list() {
    let mut server = server().await;
    let large = texts("null", &[2000, 1]);
    let first = expect(&mut server, "GET", &format!("{LIST}?page_size=2"));
    let first = created(first.with_body(&large)).await;
    let mut mocks = vec![first];
    let only = expect(&mut server, "GET", &format!("{LIST}?page_size=1"));
    let only = created(only.with_body(texts("\"?page=2\"", &[2000]))).await;
    mocks.push(only);
    let client = builder(&server).body_limit(1000).build().unwrap();
    let list = |size: &str| {
        let raw = client.request(Method::GET, ["v9", "things", ""]).query("page_size", size);
        raw.pages::<String>().unwrap()
    };
    let (_, error) = read_all(&mut list("2")).await;
    assert!(matches!(error, Some(Error::TooLarge(_))), "{error:?}");
    let ignored = [("page_size=8", &[500; 8][..]), ("page_size=4", &[100; 8][..])];
    for (query, lengths) in ignored {
        let mock = expect(&mut server, "GET", &format!("{LIST}?{query}"));
        let mock = created(mock.with_body(texts("null", lengths))).await;
        mocks.push(mock);
    }
    let (items, error) = read_all(&mut list("8")).await;
    assert!(items.is_empty() && matches!(error, Some(Error::Decode(_))), "{error:?}");
    for mock in mocks {
        checked(&mock).await;
    }
}
