//! Lookup of the key's identity: once, on first use, by one caller.

use super::*;
use mem0::Error;

const IDENTITY: &str = r#"{"status":"ok","org_id":"org_abc","project_id":"proj_abc","user_email":"a@x.io"}"#;

#[maybe_async]
#[flavour_test]
async fn the_first_call_requests_the_identity_once() {
    let mut server = server().await;
    let ping = created(expect(&mut server, "GET", "/v1/ping/").with_body(IDENTITY)).await;
    let get = created(expect(&mut server, "GET", PROJECT).with_body("{}").expect(3)).await;
    let client = client(&server);
    let clone = client.clone();
    client.project().get().await.unwrap();
    clone.project().get().await.unwrap();
    client.with_response().project().get().await.unwrap();
    checked(&ping).await;
    checked(&get).await;
}

#[maybe_async]
#[flavour_test]
async fn a_ping_is_cached() {
    let mut server = server().await;
    let ping = created(expect(&mut server, "GET", "/v1/ping/").with_body(IDENTITY)).await;
    let get = created(expect(&mut server, "GET", PROJECT).with_body("{}")).await;
    let client = client(&server);
    client.ping().await.unwrap();
    client.project().get().await.unwrap();
    checked(&ping).await;
    checked(&get).await;
}

#[maybe_async]
async fn read_project(client: MemoryClient) -> mem0::Result<mem0::projects::Project> {
    client.project().get().await
}

#[maybe_async]
#[flavour_test]
async fn concurrent_callers_share_one_lookup() {
    let mut server = server().await;
    let ping = expect(&mut server, "GET", "/v1/ping/").with_chunked_body(|body| {
        std::thread::sleep(Duration::from_millis(100));
        body.write_all(IDENTITY.as_bytes())
    });
    let ping = created(ping).await;
    let get = created(expect(&mut server, "GET", PROJECT).with_body("{}").expect(16)).await;
    let client = client(&server);
    let mut calls = Vec::new();
    for _ in 0..16 {
        let client = client.clone();
        calls.push(beside!(read_project(client)));
    }
    for call in calls {
        joined(call).await.unwrap();
    }
    checked(&ping).await;
    checked(&get).await;
}

#[maybe_async]
#[flavour_test]
async fn a_failed_lookup_is_not_cached() {
    let mut server = server().await;
    let refused = created(expect(&mut server, "GET", "/v1/ping/").with_status(401).with_body("{}")).await;
    let client = client(&server);
    let error = client.project().get().await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 401);
    assert!(error.to_string().starts_with("GET /v1/ping/: status 401"), "{error}");
    checked(&refused).await;
    let ping = created(expect(&mut server, "GET", "/v1/ping/").with_body(IDENTITY)).await;
    let get = created(expect(&mut server, "GET", PROJECT).with_body("{}")).await;
    client.project().get().await.unwrap();
    checked(&ping).await;
    checked(&get).await;
}

#[maybe_async]
#[flavour_test]
async fn an_incomplete_identity_is_a_config_error() {
    for (response, missing) in [
        (r#"{"org_id":"org_abc"}"#, "project_id"),
        (r#"{"project_id":"proj_abc"}"#, "org_id"),
        (r#"{"project_id":"proj_abc","org_id":""}"#, "org_id"),
        (r#"{"org_id":null,"project_id":null}"#, "org_id"),
    ] {
        let mut server = server().await;
        let ping = created(expect(&mut server, "GET", "/v1/ping/").with_body(response)).await;
        let error = client(&server).project().get().await.unwrap_err();
        checked(&ping).await;
        assert!(matches!(&error, Error::Config { field, .. } if *field == missing), "{error}");
        assert!(error.to_string().contains("project_in"), "{error}");
    }
}

#[maybe_async]
#[flavour_test]
async fn ids_of_the_builder_need_no_lookup() {
    let mut server = server().await;
    let get = created(expect(&mut server, "GET", PROJECT).with_body("{}")).await;
    project_client(&server).project().get().await.unwrap();
    checked(&get).await;
}

#[maybe_async]
#[flavour_test]
async fn waiting_callers_keep_their_own_timeout() {
    let mut server = server().await;
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let ping = expect(&mut server, "GET", "/v1/ping/").with_chunked_body(move |body| {
        let _ = held.lock().unwrap().recv_timeout(Duration::from_secs(20));
        body.write_all(IDENTITY.as_bytes())
    });
    let ping = created(ping).await;
    let get = created(expect(&mut server, "GET", PROJECT).with_body("{}").expect(1)).await;
    let client = client(&server);
    let slow = client.clone();
    let first = beside!(read_project(slow));
    has_matched(&ping).await;
    let options = mem0::client::RequestOptions::new().timeout(Duration::from_millis(50));
    let error = client.with_options(options).project().get().await.unwrap_err();
    assert!(error.is_timeout() && !error.was_sent(), "{error}");
    release.send(()).unwrap();
    joined(first).await.unwrap();
    checked(&get).await;
}
