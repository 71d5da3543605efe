//! Faults on demand: kinds, matching requests, repetitions and order.

use std::time::{Duration, Instant};

use mem0::ProjectUpdate;
use mem0::client::RetryPolicy;
use mem0_local::{Fault, LocalPlatform, Operation, Route};
use serde_json::{Value, json};

use crate::raw_http::{RawConnection, RawResponse, call, request};
use crate::{ORGANIZATIONS, project};

fn ping(platform: &LocalPlatform) -> Option<RawResponse> {
    RawConnection::open(platform.url()).call("GET", "/v1/ping/", Some(platform.api_key()), "")
}

fn patch(platform: &LocalPlatform, decay: bool) -> String {
    let path = project(platform.org_id(), platform.project_id());
    request("PATCH", &path, Some(platform.api_key()), &json!({ "decay": decay }).to_string())
}

fn decay(platform: &LocalPlatform) -> Value {
    let path = project(platform.org_id(), platform.project_id());
    call(platform.url(), "GET", &path, platform.api_key(), &Value::Null).json()["decay"].clone()
}

#[test]
fn status_fault_replaces_the_response() {
    let platform = LocalPlatform::start().unwrap();
    let fault = Fault::status(503).header("retry-after", "1").header("X-Odd", "a").header("x-odd", "b");
    platform.fail_next(Operation::UpdateProject, fault);
    let mut connection = RawConnection::open(platform.url());
    connection.send(patch(&platform, true));
    let response = connection.read_response(false).unwrap();
    assert_eq!((response.status, response.json()), (503, json!({"detail": "Service Unavailable"})));
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_eq!(response.headers.iter().filter(|(name, _)| name == "x-odd").count(), 2);
    assert_eq!(decay(&platform), false, "nothing is carried out");
    connection.send(patch(&platform, true));
    assert_eq!(
        connection.read_response(false).unwrap().status,
        200,
        "once, and the connection is still good"
    );

    let html = Fault::status(502).header("content-type", "text/html").body("<h1>no</h1>");
    platform.fail_next(Route::any(), html);
    let response = ping(&platform).unwrap();
    assert_eq!((response.status, response.body.as_str()), (502, "<h1>no</h1>"));
    assert_eq!(response.header("content-type"), Some("text/html"));
}

#[test]
fn a_number_that_is_no_status_of_an_answer_stands_for_500() {
    let platform = LocalPlatform::start().unwrap();
    for number in [0, 42, 100, 101, 103, 1000, u16::MAX] {
        platform.fail_next(Route::any(), Fault::status(number));
        assert_eq!(ping(&platform).map(|response| response.status), Some(500), "{number}");
        assert_eq!(platform.request_log().pop().unwrap().status, Some(500), "{number}");
    }
    for number in [200, 204, 302, 304, 418, 429, 599, 999] {
        platform.fail_next(Route::any(), Fault::status(number));
        assert_eq!(ping(&platform).map(|response| response.status), Some(number), "{number}");
    }
}

/// Framing headers belong to the connection: a wrong one would break the server, not the client.
#[test]
fn framing_headers_are_ignored_in_a_fault() {
    let platform = LocalPlatform::start().unwrap();
    for (name, value) in
        [("content-length", "1000"), ("Transfer-Encoding", "chunked"), ("bad name", "x"), ("x", "\n")]
    {
        platform.fail_next(Route::any(), Fault::status(500).header(name, value));
        let response = ping(&platform).expect(name);
        assert_eq!(
            (response.status, response.json()),
            (500, json!({"detail": "Internal Server Error"})),
            "{name}"
        );
    }
}

#[test]
fn status_fault_after_handling_hides_a_success() {
    let platform = LocalPlatform::start().unwrap();
    platform.fail_next(Operation::UpdateProject, Fault::status(503).after_handling());
    let mut connection = RawConnection::open(platform.url());
    connection.send(patch(&platform, true));
    assert_eq!(connection.read_response(false).unwrap().status, 503);
    assert_eq!(decay(&platform), true);
    let entry = &platform.request_log()[0];
    assert_eq!((entry.status, entry.fault), (Some(503), true));
}

#[test]
fn connection_is_reset_before_or_after_handling() {
    let platform = LocalPlatform::start().unwrap();
    for (fault, carried_out) in [(Fault::drop_before_handling(), false), (Fault::drop_after_handling(), true)]
    {
        platform.fail_next(Operation::UpdateProject, fault);
        let mut connection = RawConnection::open(platform.url());
        connection.send(patch(&platform, true));
        let (rest, clean) = connection.read_to_close();
        assert_eq!((rest.as_slice(), clean), (&b""[..], false), "a reset, and no byte before it");
        let entry = platform.request_log().pop().unwrap();
        assert_eq!((entry.status, entry.fault), (None, true));
        assert_eq!(decay(&platform), carried_out);
    }
}

#[test]
fn response_body_is_truncated() {
    let platform = LocalPlatform::start().unwrap();
    platform.fail_next(Operation::UpdateProject, Fault::cut_body());
    let mut connection = RawConnection::open(platform.url());
    connection.send(patch(&platform, true));
    let (rest, _) = connection.read_to_close();
    let text = String::from_utf8(rest).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let whole = r#"{"message":"Project updated successfully"}"#;
    assert!(
        head.starts_with("HTTP/1.1 200 OK") && head.contains(&format!("content-length: {}", whole.len()))
    );
    assert_eq!(body, &whole[..whole.len() / 2]);
    assert_eq!(decay(&platform), true);
    assert_eq!(platform.request_log()[0].status, Some(200));
}

#[test]
fn garbage_replaces_the_response() {
    let platform = LocalPlatform::start().unwrap();
    for (fault, bytes) in [
        (Fault::garbage(), b"\x00\xffthis is not HTTP\r\n\r\n".to_vec()),
        (Fault::garbage().body(b"HTTP/9.9 ???\r\n".to_vec()), b"HTTP/9.9 ???\r\n".to_vec()),
    ] {
        platform.fail_next(Operation::UpdateProject, fault);
        let mut connection = RawConnection::open(platform.url());
        connection.send(patch(&platform, true));
        assert_eq!(connection.read_to_close().0, bytes);
        assert_eq!(decay(&platform), false);
    }
}

#[test]
fn delay_affects_one_request_only() {
    let platform = LocalPlatform::start().unwrap();
    platform.fail_next(Operation::UpdateProject, Fault::delay(Duration::from_millis(300)));
    let mut slow = RawConnection::open(platform.url());
    let started = Instant::now();
    slow.send(patch(&platform, true));
    assert_eq!(slow.read_response(false).unwrap().status, 200);
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!(decay(&platform), true);
    platform.fail_next(Operation::UpdateProject, Fault::delay(Duration::from_secs(3600)));
    slow.send(patch(&platform, false));
    for _ in 0..20 {
        assert_eq!(ping(&platform).unwrap().status, 200);
    }
    assert_eq!(decay(&platform), true);
}

/// The server executes a request even if the client has disconnected.
#[test]
fn delayed_request_is_executed_after_the_client_disconnects() {
    let platform = LocalPlatform::start().unwrap();
    platform.fail_next(Operation::UpdateProject, Fault::delay(Duration::from_secs(3)));
    let client = platform.client().unwrap();
    let options = mem0::client::RequestOptions::new()
        .attempt_timeout(Duration::from_secs(1))
        .retry(RetryPolicy::none());
    client.ping().unwrap();
    let project = client.project_in(platform.org_id(), platform.project_id()).with_options(options);
    let error = project.update(ProjectUpdate::new().decay(true)).unwrap_err();
    assert!(error.is_timeout() && error.was_sent(), "{error}");
    let started = Instant::now();
    while platform.request_log().len() < 2 {
        assert!(started.elapsed() < Duration::from_secs(60), "{:?}", platform.request_log());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(decay(&platform), true);
    assert!(platform.request_log()[1].fault);
}

#[test]
fn faults_are_applied_in_order_to_matching_requests() {
    let platform = LocalPlatform::start().unwrap();
    let url = platform.url();
    let key = platform.api_key();
    platform.fail_next(Route::method(http::Method::POST), Fault::status(501).times(2));
    platform.fail_next(Operation::Ping, Fault::status(502));
    platform.fail_next(Route::any(), Fault::status(503).times(0));
    platform.fail_next(Route::any(), Fault::status(504));
    platform.fail_next(Operation::Ping, Fault::status(505));
    let get = |path: &str| call(url, "GET", path, key, &Value::Null).status;
    let post = || call(url, "POST", ORGANIZATIONS, key, &json!({"name": "N"})).status;
    assert_eq!(post(), 501);
    assert_eq!(get("/nowhere/"), 504, "what leads nowhere too");
    assert_eq!((get("/v1/ping/"), get("/v1/ping/"), get("/v1/ping/")), (502, 505, 200), "oldest first");
    assert_eq!((post(), post()), (501, 201));
    assert_eq!(get(ORGANIZATIONS), 200);
    platform.fail_next(Route::any(), Fault::status(500).times(usize::MAX));
    assert_eq!((get(ORGANIZATIONS), get("/v1/ping/")), (500, 500));
    platform.clear_faults();
    assert_eq!(get("/v1/ping/"), 200);
    let faults: Vec<bool> = platform.request_log().iter().map(|entry| entry.fault).collect();
    assert_eq!(faults, [true, true, true, true, false, true, false, false, true, true, false]);
}

/// Both flavours of the client retry these faults.
#[test]
fn clients_retry_faults() {
    let platform = LocalPlatform::start().unwrap();
    let client = platform.client().unwrap();
    let faults = || {
        platform.fail_next(Operation::GetProject, Fault::drop_before_handling());
        platform.fail_next(Operation::GetProject, Fault::status(503).header("retry-after", "0"));
    };
    faults();
    assert_eq!(client.project().get().unwrap().name.as_deref(), Some("default-project"));
    faults();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = platform.async_client().unwrap();
    let project = runtime.block_on(async { client.project().get().await }).unwrap();
    assert_eq!(project.name.as_deref(), Some("default-project"));
    let requests = platform.request_log();
    let request_count =
        requests.iter().filter(|entry| entry.operation == Some(Operation::GetProject)).count();
    assert_eq!(request_count, 6);
}
