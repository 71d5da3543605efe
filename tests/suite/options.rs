//! Settings of clients and options of calls: headers, timeouts, project.

use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

use super::*;
use mem0::client::RequestOptions;
use mem0::error::TimeoutKind;

#[maybe_async]
#[flavour_test]
async fn client_headers_are_sent() {
    let mut server = server().await;
    let agent = concat!("mem0-sdk-rust/", env!("CARGO_PKG_VERSION"));
    let mock = expect(&mut server, "GET", PROJECT)
        .match_header("user-agent", agent)
        .match_header("x-mem0-client", Matcher::Regex(format!("(^|, ){agent}$")))
        .match_header("accept", "application/json")
        .match_header("content-type", Matcher::Missing)
        .match_header("x-application", "support-bot")
        .match_header("x-mem0-source", "nightly")
        .match_header("x-team", "search")
        .with_body("{}");
    let mock = created(mock).await;
    let client = builder(&server)
        .org_id("org_abc")
        .project_id("proj_abc")
        .application("support-bot")
        .source("nightly")
        .header("X-Team", "search")
        .build()
        .unwrap();
    client.project().get().await.unwrap();
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn options_add_headers_to_a_call() {
    let mut server = server().await;
    let own = expect(&mut server, "GET", PROJECT).match_header("x-team", "mine").match_header("x-trace", "7");
    let own = created(own.with_body("{}")).await;
    let client =
        builder(&server).org_id("org_abc").project_id("proj_abc").header("X-Team", "all").build().unwrap();
    let options = RequestOptions::new().header("X-Team", "mine").header("X-Trace", "7");
    client.project().with_options(options).get().await.unwrap();
    checked(&own).await;
    let usual = expect(&mut server, "GET", PROJECT).match_header("x-team", "all");
    let usual = created(usual.match_header("x-trace", Matcher::Missing).with_body("{}")).await;
    client.project().get().await.unwrap();
    checked(&usual).await;
}

#[maybe_async]
#[flavour_test]
async fn client_stack_of_the_caller_is_kept() {
    let mut server = server().await;
    let own = concat!("mem0-sdk-rust/", env!("CARGO_PKG_VERSION"));
    let client = builder(&server).org_id("org_abc").project_id("proj_abc");
    let client = client.header("X-Mem0-Client", "app/1").build().unwrap();
    for (of_call, sent) in [
        (None, format!("app/1, {own}")),
        (Some("job/2, lib/3"), format!("job/2, lib/3, {own}")),
        (Some("a,b,c,d,e"), format!("a, b, c, {own}")),
    ] {
        // The server would join repeated headers.
        let mock = expect(&mut server, "GET", PROJECT)
            .match_header("x-mem0-client", Matcher::Exact(sent))
            .with_body("{}");
        let mock = created(mock).await;
        let options = of_call
            .map_or_else(RequestOptions::new, |stack| RequestOptions::new().header("x-mem0-client", stack));
        client.project().with_options(options).get().await.unwrap();
        checked(&mock).await;
        mock.remove();
    }
}

/// Expects reads of the project, and responds when the sender is dropped.
#[maybe_async]
async fn slow(server: &mut ServerGuard, times: usize) -> (Mock, Sender<()>) {
    let (release, held) = channel();
    let held = Mutex::new(held);
    let mock = expect(server, "GET", PROJECT).expect(times).with_chunked_body(move |body| {
        let _ = held.lock().unwrap().recv_timeout(Duration::from_secs(60));
        body.write_all(b"{}")
    });
    (created(mock).await, release)
}

#[maybe_async]
#[flavour_test]
async fn an_attempt_timeout_is_retried_if_that_is_safe() {
    let mut server = server().await;
    let (mock, release) = slow(&mut server, 2).await;
    let options = RequestOptions::new()
        .attempt_timeout(Duration::from_millis(500))
        .retry(RetryPolicy::default().max_retries(1).base_delay(Duration::from_millis(1)));
    let error = project_client(&server).project().with_options(options).get().await.unwrap_err();
    // The server handles one request at a time.
    drop(release);
    has_matched(&mock).await;
    let mem0::Error::Timeout(error) = error else { panic!("{error:?}") };
    assert_eq!((error.kind, error.limit), (TimeoutKind::Attempt, Duration::from_millis(500)));
    assert_eq!((error.call.attempts, error.sent), (2, true));
}

#[maybe_async]
#[flavour_test]
async fn a_call_timeout_is_not_retried() {
    let mut server = server().await;
    let (mock, release) = slow(&mut server, 1).await;
    let options = RequestOptions::new().timeout(Duration::from_millis(500));
    let error = project_client(&server).project().with_options(options).get().await.unwrap_err();
    // The server handles one request at a time.
    drop(release);
    has_matched(&mock).await;
    let mem0::Error::Timeout(error) = error else { panic!("{error:?}") };
    assert_eq!((error.kind, error.limit), (TimeoutKind::Call, Duration::from_millis(500)));
    assert!(error.to_string().contains("may have been carried out"), "{error}");
}

#[maybe_async]
#[flavour_test]
async fn the_builder_may_name_another_project() {
    let mut server = server().await;
    let path = "/api/v1/orgs/organizations/o/projects/p/";
    let mock = created(expect(&mut server, "GET", path).with_body("{}")).await;
    let client = builder(&server).org_id("o").project_id("p").build().unwrap();
    client.project().get().await.unwrap();
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn the_maximum_timeout_does_not_panic() {
    let mut server = server().await;
    let mock = created(expect(&mut server, "GET", PROJECT).expect(2).with_body("{}")).await;
    let client = builder(&server)
        .org_id("org_abc")
        .project_id("proj_abc")
        .connect_timeout(Duration::MAX)
        .attempt_timeout(Duration::MAX)
        .timeout(Duration::MAX)
        .build()
        .unwrap();
    client.project().get().await.unwrap();
    let options = RequestOptions::new().timeout(Duration::MAX).attempt_timeout(Duration::MAX);
    project_client(&server).project().with_options(options).get().await.unwrap();
    checked(&mock).await;
}
