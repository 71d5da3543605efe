//! Adding memories and waiting for them.

use super::*;
use mem0::client::StatusCode;
use mem0::entities::{EntityKind, EntityRef};
use mem0::error::TimeoutKind;
use mem0::events::EventId;
use mem0::memories::DeleteMemories;
use mem0::{AddMemories, ChatMessage, Error};

const ADD: &str = "/v3/memories/add/";
const EVENT: &str = "/v1/event/e-1/";
const PENDING: &str = r#"{"event_id":"e-1","status":"PENDING"}"#;
const TEA: &str = r#"{"messages":[{"role":"user","content":"I like tea"}],"user_id":"alice"}"#;

fn tea() -> (&'static str, EntityRef) {
    ("I like tea", EntityRef::user("alice"))
}

fn fast_polls() -> PollPolicy {
    PollPolicy::default().first_delay(Duration::from_millis(1)).max_delay(Duration::from_millis(2))
}

/// Server that accepts the add and responds to each poll with the next of these bodies.
#[maybe_async]
async fn accepting(server: &mut ServerGuard, events: &[&str]) -> Vec<Mock> {
    let accepted = created(expect_body(server, "POST", ADD, TEA).with_body(PENDING)).await;
    let mut mocks = vec![accepted];
    for body in events {
        mocks.push(created(expect(server, "GET", EVENT).with_body(body)).await);
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
async fn an_add_returns_the_memories_of_its_event() {
    let mut server = server().await;
    let done =
        r#"{"id":"e-1","status":"SUCCEEDED","results":[{"id":"m","event":"ADD","data":{"memory":"Tea"}},7]}"#;
    let mocks = accepting(&mut server, &[r#"{"status":"PENDING"}"#, r#"{"status":"RUNNING"}"#, done]).await;
    let memories = client(&server).add_and_wait(tea(), fast_polls()).await.unwrap();
    assert_eq!((memories.len(), memories[0].text().unwrap()), (1, "Tea"));
    all_checked(&mocks).await;

    let mut server = self::server().await;
    let mocks = accepting(&mut server, &[]).await;
    let last = expect(&mut server, "GET", EVENT).with_header("x-request-id", "r-9");
    let last = created(last.with_body(r#"{"status":"SUCCEEDED"}"#)).await;
    let response = client(&server).with_response().add_and_wait(tea(), once()).await.unwrap();
    assert_eq!((response.value.len(), response.request_id.as_deref()), (0, Some("r-9")));
    all_checked(&mocks).await;
    checked(&last).await;
}

#[maybe_async]
#[flavour_test]
async fn a_complete_add_is_not_waited_for() {
    let mut server = server().await;
    let body =
        r#"{"event_id":"e-1","status":"SUCCEEDED","results":[{"id":"m","data":{"memory":"I like tea"}}]}"#;
    let mock = created(expect(&mut server, "POST", ADD).with_body(body)).await;
    let adding = AddMemories::new("I like tea").user_id("alice").infer(false);
    let memories = client(&server).add_and_wait(adding, once()).await.unwrap();
    assert_eq!(memories[0].text().unwrap(), "I like tea");
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn a_failed_event_is_an_error_with_its_reason() {
    for (error, reason) in [
        (r#""No model for ann@x.io.""#, "No model for [e-mail]"),
        (r#"{"message":"No model","input":"SECRET"}"#, "No model"),
        (r#"{"input":"SECRET"}"#, "the platform gave no reason"),
        (r#"" ""#, "the platform gave no reason"),
        ("null", "the platform gave no reason"),
    ] {
        let mut server = server().await;
        let event =
            format!(r#"{{"status":"FAILED","payload":"SECRET","results":["SECRET"],"error":{error}}}"#);
        let mocks = accepting(&mut server, &[&event]).await;
        let error = client(&server).add_and_wait(tea(), fast_polls()).await.unwrap_err();
        all_checked(&mocks).await;
        let Error::Event(failed) = &error else { panic!("{error:?}") };
        assert_eq!(failed.event.payload, Some("SECRET".into()));
        assert_eq!(error.event_id().unwrap().as_str(), "e-1");
        assert_eq!(error.message(), format!("event e-1 failed: {reason}"));
        assert!(error.to_string().starts_with(&*error.message()), "{error}");
        assert!(error.to_string().contains("send the request again"), "{error}");
        assert!(error.was_sent() && !error.is_retryable() && !error.is_refused_before_sending(), "{error:?}");
        assert_eq!((error.status(), error.kind(), error.attempts()), (None, None, 1));
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(!shown.contains("SECRET") && !shown.contains("x.io"), "{shown}");
    }
}

#[maybe_async]
#[flavour_test]
async fn every_error_after_the_acceptance_has_the_event() {
    for (response, is_retryable) in
        [("late", true), ("503", true), ("404", false), ("not JSON", false), ("closed", true)]
    {
        let mut server = server().await;
        let mocks = accepting(&mut server, &[]).await;
        let poll = expect(&mut server, "GET", EVENT);
        let poll = match response {
            "late" => poll.with_body(r#"{"status":"PENDING"}"#),
            "not JSON" => poll.with_body("{"),
            "closed" => poll.with_chunked_body(|_| Err(std::io::ErrorKind::ConnectionReset.into())),
            status => poll.with_status(status.parse().unwrap()),
        };
        let poll = created(poll).await;
        let client = builder(&server).retry(RetryPolicy::none()).build().unwrap();
        let error = client.add_and_wait(tea(), once()).await.unwrap_err();
        assert_eq!(error.event_id().map(EventId::as_str), Some("e-1"), "{response}: {error:?}");
        assert!(error.was_sent() && error.is_retryable() == is_retryable, "{response}: {error:?}");
        assert!(error.to_string().contains("e-1"), "{response}: {error}");
        if response == "late" {
            let Error::Timeout(timeout) = &error else { panic!("{error:?}") };
            assert_eq!((timeout.kind, timeout.limit), (TimeoutKind::Wait, Duration::ZERO));
            assert_eq!(error.message(), "timed out: event e-1 was not complete after 0ns");
            assert!(error.to_string().contains("wait for it again"), "{error}");
        }
        all_checked(&mocks).await;
        checked(&poll).await;

        // Nothing is lost: the event of the error can be waited for again.
        let done = created(expect(&mut server, "GET", EVENT).with_body(r#"{"status":"SUCCEEDED"}"#)).await;
        let event = client.events().wait(error.event_id().unwrap(), once()).await.unwrap();
        assert!(event.is_success());
        checked(&done).await;
    }
}

/// Refuses reads of events.
#[derive(Clone)]
struct Refusing<T>(T);

#[maybe_async(AFIT)]
impl<T: flavour::Transport> flavour::Transport for Refusing<T> {
    async fn execute(&self, request: &mem0::client::Request) -> mem0::Result<mem0::client::Response> {
        if request.path().starts_with("/v1/event/") {
            return Err(Error::invalid("request", "is refused by the test"));
        }
        self.0.execute(request).await
    }

    async fn sleep(&self, delay: Duration) {
        self.0.sleep(delay).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_wait_that_a_transport_refuses_counts_as_sent() {
    let mut server = server().await;
    let mocks = accepting(&mut server, &[]).await;
    let client = builder(&server).wrap_transport(Refusing).unwrap();
    let error = client.add_and_wait(tea(), once()).await.unwrap_err();
    assert_eq!(error.event_id().map(EventId::as_str), Some("e-1"), "{error:?}");
    assert!(error.was_sent() && !error.is_refused_before_sending(), "{error:?}");
    assert!(!error.to_string().contains("nothing was sent"), "{error}");
    all_checked(&mocks).await;
}

#[maybe_async]
#[flavour_test]
async fn a_connection_that_fails_during_the_wait_counts_as_sent() {
    let error = Error::timeout(TimeoutKind::Connect, Duration::from_secs(1), false);
    assert!(!error.was_sent() && error.event_id().is_none());
    let mut server = server().await;
    let mocks = accepting(&mut server, &[r#"{"status":"PENDING"}"#]).await;
    let client = builder(&server)
        .wrap_transport(|inner| transport::RefusesAfter {
            inner,
            requests: 2,
            sent: std::sync::Arc::default(),
        })
        .unwrap();
    let error = client.add_and_wait(tea(), fast_polls()).await.unwrap_err();
    assert_eq!(error.event_id().map(EventId::as_str), Some("e-1"), "{error:?}");
    assert!(error.was_sent() && !error.to_string().contains("nothing was sent"), "{error}");
    all_checked(&mocks).await;
}

/// Transport that fails to connect after some requests.
mod transport {
    use super::*;
    use mem0::client::{Request, Response};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Clone)]
    pub(super) struct RefusesAfter<T> {
        pub(super) inner: T,
        pub(super) requests: usize,
        pub(super) sent: Arc<AtomicUsize>,
    }

    #[maybe_async(AFIT)]
    impl<T: flavour::Transport> flavour::Transport for RefusesAfter<T> {
        async fn execute(&self, request: &Request) -> mem0::Result<Response> {
            if self.sent.fetch_add(1, Ordering::Relaxed) >= self.requests {
                return Err(Error::timeout(TimeoutKind::Connect, Duration::from_secs(1), false));
            }
            self.inner.execute(request).await
        }

        async fn sleep(&self, delay: Duration) {
            self.inner.sleep(delay).await;
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn an_add_that_is_not_accepted_has_no_event() {
    let mut server = server().await;
    let mock =
        created(expect(&mut server, "POST", ADD).with_status(400).with_body(r#"{"error":"No."}"#)).await;
    let refused = client(&server).add_and_wait(tea(), once()).await.unwrap_err();
    assert_eq!((refused.status(), refused.event_id()), (Some(StatusCode::BAD_REQUEST), None));
    checked(&mock).await;

    let invalid =
        client(&server).add_and_wait(("I like tea", EntityRef::user(" ")), once()).await.unwrap_err();
    assert!(matches!(invalid, Error::Invalid { field: "user_id", .. }), "{invalid:?}");
    assert!(!invalid.was_sent() && invalid.event_id().is_none());
}

#[maybe_async]
#[flavour_test]
async fn an_accepted_add_with_an_invalid_event_id_counts_as_sent() {
    for id in ["", ".."] {
        let mut server = server().await;
        let body = format!(r#"{{"event_id":"{id}","status":"PENDING"}}"#);
        let mock = created(expect(&mut server, "POST", ADD).with_body(body)).await;
        let error = client(&server).add_and_wait(tea(), once()).await.unwrap_err();
        checked(&mock).await;
        let Error::Decode(decode) = &error else { panic!("{error:?}") };
        assert_eq!((decode.field.as_str(), decode.call.path.as_str()), ("event_id", ADD));
        assert!(error.was_sent() && !error.is_retryable(), "{error:?}");
    }
}

#[maybe_async]
#[flavour_test]
async fn a_wait_for_an_event_names_it_in_its_errors() {
    for (status, body) in [(200, r#"{"status":"PENDING"}"#), (404, r#"{"error":"Event not found"}"#)] {
        let mut server = server().await;
        let mock = created(expect(&mut server, "GET", EVENT).with_status(status).with_body(body)).await;
        let error = client(&server).events().wait("e-1", once()).await.unwrap_err();
        assert_eq!(error.event_id().map(EventId::as_str), Some("e-1"), "{error:?}");
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn the_outcome_of_an_add_may_be_ignored() {
    let mut server = server().await;
    let body = r#"{"results":[{"id":"m","data":{"memory":"I like tea"}}]}"#;
    let mock = created(expect_body(&mut server, "POST", ADD, TEA).with_body(body)).await;
    // The workspace denies `unused_must_use`, so this compiles only without a `must_use` outcome.
    client(&server).add(tea()).await.unwrap();
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn a_pair_of_messages_and_an_entity_is_an_add() {
    let talk = [ChatMessage::user("I like tea"), ChatMessage::assistant("Noted")];
    for (kind, expected) in [
        (EntityKind::User, AddMemories::new(talk.clone()).user_id("a")),
        (EntityKind::Agent, AddMemories::new(talk.clone()).agent_id("a")),
        (EntityKind::App, AddMemories::new(talk.clone()).app_id("a")),
        (EntityKind::Run, AddMemories::new(talk.clone()).run_id("a")),
    ] {
        let entity = EntityRef::new(kind, "a").unwrap();
        assert!(AddMemories::from((talk.clone(), entity)) == expected);
    }
    assert!(DeleteMemories::from(EntityRef::run("r")) == DeleteMemories::of_run("r"));
    let error = EntityRef::new(EntityKind::Other("robot".into()), "a").unwrap_err();
    assert!(matches!(error, Error::Invalid { field: "entity kind", .. }), "{error:?}");
    assert!(EntityRef::new("robot", "a").is_err());
    assert!(!format!("{:?}", EntityRef::user("ann@x.io")).contains("x.io"));

    let mut server = server().await;
    let mock = expect(&mut server, "DELETE", "/v1/memories/?agent_id=a").with_body(r#"{"message":"ok"}"#);
    let mock = created(mock).await;
    client(&server).delete_all(EntityRef::agent("a")).await.unwrap();
    checked(&mock).await;
}
