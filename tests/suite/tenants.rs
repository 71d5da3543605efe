//! Clients of several keys that share their connections.

use super::*;
use mem0::client::{RequestOptions, RetryBudget};
use mem0::{AddMemories, Error};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const OTHER: &str = "m0-other-key";
const ADD: &str = "/v3/memories/add/";
const DONE: &str = r#"{"results":[]}"#;

fn alice() -> AddMemories {
    AddMemories::new("tea").user_id("alice").infer(false)
}

#[maybe_async]
#[flavour_test]
async fn another_key_keeps_all_other_settings() {
    let mut server = server().await;
    let of = |key: &str| format!("Token {key}");
    let first = client_mock(&mut server, &of(KEY)).await;
    let other = client_mock(&mut server, &of(OTHER)).await;
    let client = builder(&server).header("X-Team", "search").application("bot").build().unwrap();
    let client = client.with_options(RequestOptions::new().header("X-Trace", "7"));
    let tenant = client.with_api_key(OTHER).unwrap();
    tenant.with_response().add(alice()).await.unwrap();
    client.add(alice()).await.unwrap();
    checked(&first).await;
    checked(&other).await;
}

#[maybe_async]
async fn client_mock(server: &mut ServerGuard, authorization: &str) -> Mock {
    let mock = server
        .mock("POST", ADD)
        .match_header("authorization", authorization)
        .match_header("content-type", "application/json")
        .match_header("x-team", "search")
        .match_header("x-trace", "7")
        .match_header("x-application", "bot")
        .match_header("x-mem0-client", Matcher::Regex("mem0-sdk-rust/".into()));
    created(mock.with_body(DONE).expect(1)).await
}

#[maybe_async]
#[flavour_test]
async fn each_key_has_a_project_of_its_own() {
    let mut server = server().await;
    let identity = |project: &str| format!(r#"{{"org_id":"org_abc","project_id":"{project}"}}"#);
    let ping = created(expect(&mut server, "GET", "/v1/ping/").with_body(identity("proj_abc"))).await;
    let of_other = server.mock("GET", "/v1/ping/").match_header("authorization", "Token m0-other-key");
    let of_other = created(of_other.with_body(identity("proj_other")).expect(1)).await;
    let get = created(expect(&mut server, "GET", PROJECT).with_body("{}")).await;
    let path = "/api/v1/orgs/organizations/org_abc/projects/proj_other/";
    let get_other = server.mock("GET", path).match_header("authorization", "Token m0-other-key");
    let get_other = created(get_other.with_body("{}").expect(2)).await;
    let client = client(&server);
    client.project().get().await.unwrap();
    let tenant = client.with_api_key(OTHER).unwrap();
    tenant.project().get().await.unwrap();
    tenant.clone().project().get().await.unwrap();
    for mock in [ping, of_other, get, get_other] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn ids_of_the_builder_stay_with_the_old_key() {
    let mut server = server().await;
    let ping = created(server.mock("GET", "/v1/ping/").expect(0)).await;
    let add = created(server.mock("POST", ADD).with_body(DONE).expect(1)).await;
    project_client(&server).with_api_key(OTHER).unwrap().add(alice()).await.unwrap();
    checked(&ping).await;
    checked(&add).await;
}

#[maybe_async]
#[flavour_test]
async fn invalid_keys_are_rejected_and_not_shown() {
    let server = server().await;
    let client = client(&server);
    // HTTP needs no TLS feature.
    let hosted = MemoryClient::builder().api_key(KEY).base_url("http://api.example").allow_plaintext(true);
    let hosted = hosted.build().unwrap();
    for (error, text) in [
        (client.with_api_key("").unwrap_err(), "is empty"),
        (client.with_api_key(" \t").unwrap_err(), "is empty"),
        (client.with_api_key("m0-sec\nret").unwrap_err(), "line break"),
        (client.with_api_key("m0-sec ret\r\n").unwrap_err(), "line break"),
        (client.with_api_key("m0-sécret").unwrap_err(), "ASCII"),
        (hosted.with_api_key("m0-local-secret").unwrap_err(), "local platform"),
    ] {
        assert!(matches!(error, Error::Config { field: "api_key", .. }), "{error:?}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(text) && !shown.contains("m0-s") && !shown.contains("cret"), "{shown}");
    }
    client.with_api_key("m0-local-key").unwrap();
}

#[maybe_async]
#[flavour_test]
async fn errors_redact_the_key_of_their_client() {
    let mut server = server().await;
    let body = format!(r#"{{"detail":"bad key {OTHER}"}}"#);
    let mock = created(server.mock("POST", ADD).with_status(401).with_body(body)).await;
    let tenant = client(&server).with_api_key(OTHER).unwrap();
    let error = tenant.add(alice()).await.unwrap_err();
    checked(&mock).await;
    let shown = format!("{error} {error:?} {tenant:?}");
    assert!(
        shown.contains("bad key [redacted]") && !shown.contains(OTHER) && !shown.contains(KEY),
        "{shown}"
    );
}

#[maybe_async]
#[flavour_test]
async fn all_keys_share_the_retry_budget() {
    let mut server = server().await;
    let mock = created(server.mock("GET", "/v1/stats/").with_status(503).expect(6)).await;
    let budget = RetryBudget::new(3);
    let client = builder(&server).retry_budget(budget.clone()).build().unwrap();
    let mut attempts = Vec::new();
    for client in [client.with_api_key(OTHER).unwrap(), client.with_api_key("m0-third").unwrap(), client] {
        attempts.push(client.stats().await.unwrap_err().attempts());
    }
    checked(&mock).await;
    assert_eq!((attempts, budget.remaining()), (vec![3, 2, 1], 0));
}

#[maybe_async]
#[flavour_test]
async fn a_budget_of_its_own_is_used_by_one_client() {
    let mut server = server().await;
    let failing = created(server.mock("GET", "/v1/stats/").with_status(503).expect(5)).await;
    let (shared, own) = (RetryBudget::new(9), RetryBudget::new(1));
    let client = builder(&server).retry_budget(shared.clone()).build().unwrap();
    let tenant = client.with_api_key(OTHER).unwrap().with_retry_budget(own.clone());
    let attempts = [
        tenant.stats().await.unwrap_err().attempts(),
        tenant.clone().stats().await.unwrap_err().attempts(),
        tenant.with_retry_budget(RetryBudget::new(0)).stats().await.unwrap_err().attempts(),
        tenant.with_api_key("m0-third").unwrap().stats().await.unwrap_err().attempts(),
    ];
    checked(&failing).await;
    assert_eq!((attempts, own.remaining(), shared.remaining()), ([2, 1, 1, 1], 0, 9));
}

#[maybe_async]
#[flavour_test]
async fn a_budget_of_its_own_changes_nothing_else() {
    let mut server = server().await;
    let identity = r#"{"org_id":"org_abc","project_id":"proj_abc"}"#;
    let mut of_other = |path: &str| {
        let mock = server.mock("GET", path).match_header("authorization", "Token m0-other-key");
        mock.match_header("x-trace", "7")
    };
    let (ping, get) = (of_other("/v1/ping/"), of_other(PROJECT));
    let ping = created(ping.with_body(identity).expect(1)).await;
    let get = created(get.with_body("{}").expect(3)).await;
    let tenant = client(&server).with_api_key(OTHER).unwrap();
    let tenant = tenant.with_options(RequestOptions::new().header("X-Trace", "7"));
    // Either client may be the first to request the project of the key.
    let first = tenant.with_retry_budget(RetryBudget::new(1));
    first.project().get().await.unwrap();
    tenant.project().get().await.unwrap();
    tenant.with_retry_budget(RetryBudget::new(1)).project().get().await.unwrap();
    for mock in [ping, get] {
        checked(&mock).await;
    }
}

/// Server that responds with `{}` and counts its connections.
fn counting() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while let Some(Ok(line)) = lines.next() {
                    // A request without a body ends after its headers.
                    if line.is_empty() {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
                    }
                }
            });
        }
    });
    (url, connections)
}

#[maybe_async]
#[flavour_test]
async fn many_keys_share_one_connection() {
    let (url, connections) = counting();
    let client = MemoryClient::builder().api_key(KEY).base_url(url).build().unwrap();
    for number in 0..100 {
        let tenant = client.with_api_key(format!("m0-tenant-{number}")).unwrap();
        tenant.stats().await.unwrap();
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
