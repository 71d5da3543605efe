//! Events and waiting for them.

use super::*;
use mem0::Error;
use mem0::client::PollPolicy;
use mem0::error::TimeoutKind;
use mem0::events::{EventStatus, EventType};

const PATH: &str = "/v1/event/e-1/";

/// Responds `times` times with an event of this status.
#[maybe_async]
async fn status_mock(server: &mut ServerGuard, status: &str, times: usize) -> Mock {
    let body = format!(r#"{{"id":"e-1","event_type":"ADD","status":"{status}","latency":12.5}}"#);
    created(expect(server, "GET", PATH).with_body(body).expect(times)).await
}

fn fast_polls() -> PollPolicy {
    PollPolicy::default().first_delay(Duration::from_millis(1)).max_delay(Duration::from_millis(2))
}

#[maybe_async]
#[flavour_test]
async fn events_are_listed_and_read() {
    let mut server = server().await;
    let list = r#"{"count":1,"results":[{"id":"e-1","event_type":"MERGE","status":"QUEUED"}]}"#;
    let list = created(expect(&mut server, "GET", "/v1/events/").with_body(list)).await;
    let response = r#"{"id":"e-1","event_type":"ADD","status":"SUCCEEDED","latency":12.5,"graph_status":null,
        "results":[{"id":"m","event":"ADD","memory":"tea"},{"id":[]},7]}"#;
    let get = created(expect(&mut server, "GET", PATH).with_body(response)).await;
    let events = client(&server).events();
    let event = events.list().unwrap().next_item().await.unwrap().unwrap();
    assert_eq!(event.event_type, Some(EventType::Other("MERGE".into())));
    assert_eq!(event.status, Some(EventStatus::Other("QUEUED".into())));
    let event = events.get("e-1").await.unwrap();
    assert_eq!((event.event_type.clone(), event.latency), (Some(EventType::Add), Some(12.5)));
    let memories = event.memories();
    assert_eq!((memories.len(), memories[0].text().unwrap()), (1, "tea"));
    checked(&list).await;
    checked(&get).await;
}

#[maybe_async]
#[flavour_test]
async fn a_wait_polls_until_the_event_has_finished() {
    for (last, is_success) in [("SUCCEEDED", true), ("FAILED", false)] {
        let mut server = server().await;
        let pending = status_mock(&mut server, "PENDING", 2).await;
        let running = status_mock(&mut server, "RUNNING", 1).await;
        let unknown = status_mock(&mut server, "QUEUED", 1).await;
        let over = status_mock(&mut server, last, 1).await;
        let event = client(&server).events().wait("e-1", fast_polls()).await.unwrap();
        assert_eq!((event.is_finished(), event.is_success()), (true, is_success));
        for mock in [pending, running, unknown, over] {
            checked(&mock).await;
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn a_wait_times_out_at_its_deadline() {
    let mut server = server().await;
    let mock = status_mock(&mut server, "PENDING", 1).await;
    let policy = fast_polls().deadline(Duration::ZERO);
    let error = client(&server).events().wait("e-1", policy).await.unwrap_err();
    checked(&mock).await;
    let Error::Timeout(timeout) = &error else { panic!("{error:?}") };
    assert_eq!((timeout.kind, timeout.limit), (TimeoutKind::Wait, Duration::ZERO));
    assert_eq!((timeout.call.path.as_str(), error.attempts()), (PATH, 1));
    assert!(error.to_string().contains("wait for it again"), "{error}");
}

#[maybe_async]
#[flavour_test]
async fn a_failed_poll_is_retried_and_then_ends_the_wait() {
    let mut server = server().await;
    let pending = status_mock(&mut server, "PENDING", 1).await;
    let busy = created(expect(&mut server, "GET", PATH).with_status(503).expect(3)).await;
    let error = client(&server).events().wait("e-1", fast_polls()).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.attempts()), (503, 3));
    checked(&pending).await;
    checked(&busy).await;
}

#[maybe_async]
#[flavour_test]
async fn a_wait_with_response_returns_the_last_response() {
    let mut server = server().await;
    let pending = status_mock(&mut server, "PENDING", 1).await;
    let body = r#"{"status":"SUCCEEDED"}"#;
    let over = expect(&mut server, "GET", PATH).with_header("x-request-id", "r-9").with_body(body);
    let over = created(over).await;
    let response = client(&server).events().with_response().wait("e-1", fast_polls()).await.unwrap();
    assert_eq!(response.request_id.as_deref(), Some("r-9"));
    assert!(response.value.is_success());
    checked(&pending).await;
    checked(&over).await;
}
