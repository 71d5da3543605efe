//! Exports of memories.

use super::*;
use mem0::error::TimeoutKind;
use mem0::exports::NewExport;
use mem0::{Error, Filter};
use serde_json::{Value, json};

const EXPORTS: &str = "/v1/exports/";
const GET: &str = "/v1/exports/get/";
const ID: &str = "11111111-1111-4111-8111-111111111111";

#[maybe_async]
#[flavour_test]
async fn an_export_is_created() {
    let schema = json!({"properties": {"full_name": {"type": "string"}}});
    for (export, body) in [
        (
            NewExport::new(schema.clone(), Filter::user("alice")),
            r#"{"schema":{"properties":{"full_name":{"type":"string"}}},"filters":{"AND":[{"user_id":"alice"}]}}"#,
        ),
        (
            NewExport::new(schema, Filter::user("a").or(Filter::run("b"))),
            concat!(
                r#"{"schema":{"properties":{"full_name":{"type":"string"}}},"#,
                r#""filters":{"AND":[{"OR":[{"user_id":"a"},{"run_id":"b"}]}]}}"#
            ),
        ),
        (
            NewExport::new(json!({}), Filter::raw(json!({"AND": [{"user_id": "a"}]}))).instructions("short"),
            r#"{"schema":{},"filters":{"AND":[{"user_id":"a"}]},"export_instructions":"short"}"#,
        ),
    ] {
        let mut server = server().await;
        let response = format!(r#"{{"message":"Memory export request received.","id":"{ID}"}}"#);
        let mock = expect_body(&mut server, "POST", EXPORTS, body).with_status(201).with_body(response);
        let mock = created(mock).await;
        let made = client(&server).exports().create(export).await.unwrap();
        checked(&mock).await;
        assert_eq!(made.id().unwrap(), &ID);
    }
}

#[maybe_async]
#[flavour_test]
async fn an_export_may_lack_an_id() {
    let mut server = server().await;
    let mock = created(expect(&mut server, "POST", EXPORTS).with_body(r#"{"message":"ok"}"#)).await;
    let made = client(&server).exports().create(NewExport::new(json!({}), Filter::user("a"))).await;
    checked(&mock).await;
    let error = made.unwrap().id().unwrap_err().to_string();
    assert!(error.contains("latest"), "{error}");
}

#[maybe_async]
#[flavour_test]
async fn the_result_is_returned_unchanged() {
    for (response, value) in [
        (
            r#"{"full_name":"Ann","fullName":{"HTTP_id":1}}"#,
            json!({"full_name": "Ann", "fullName": {"HTTP_id": 1}}),
        ),
        ("[1]", json!([1])),
        ("null", Value::Null),
    ] {
        let mut server = server().await;
        let body = format!(r#"{{"memory_export_id":"{ID}"}}"#);
        let by_id = created(expect_body(&mut server, "POST", GET, &body).with_body(response)).await;
        let body = r#"{"filters":{"AND":[{"user_id":"alice"}]}}"#;
        let latest = created(expect_body(&mut server, "POST", GET, body).with_body(response)).await;
        let exports = client(&server).exports();
        let outcome = exports.get(ID).await.unwrap();
        assert_eq!(outcome, value);
        let outcome = exports.latest(Filter::user("alice")).await.unwrap();
        assert_eq!(outcome, value);
        checked(&by_id).await;
        checked(&latest).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn documented_errors() {
    let mut server = server().await;
    let exports = client(&server).exports();
    let export = || NewExport::new(json!({}), Filter::user("a"));
    for (status, body, said) in [
        (400, r#"{"message":"Schema is required and must be a valid object"}"#, "Schema is required"),
        (400, r#"{"error":"One of the filters: app_id is required!"}"#, "One of the filters"),
        (403, r#"{"detail":"You do not have permission to perform this action."}"#, "permission"),
    ] {
        let mock = created(expect(&mut server, "POST", EXPORTS).with_status(status).with_body(body)).await;
        let error = exports.create(export()).await.unwrap_err();
        checked(&mock).await;
        mock.remove();
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(usize::from(error.status().unwrap().as_u16()), status);
    }
    let mock = expect(&mut server, "POST", GET).with_status(404);
    let mock = created(mock.with_body(r#"{"error":"No memory export request found"}"#)).await;
    let error = exports.get(ID).await.unwrap_err();
    checked(&mock).await;
    assert!(error.is_not_found() && error.to_string().contains("No memory export"), "{error}");
}

#[maybe_async]
#[flavour_test]
async fn reads_are_retried_and_creations_are_not() {
    let mut server = server().await;
    let read = created(expect(&mut server, "POST", GET).with_status(502).expect(6)).await;
    let create = created(expect(&mut server, "POST", EXPORTS).with_status(502)).await;
    let exports = client(&server).exports();
    let outcome = exports.get(ID).await.unwrap_err().attempts();
    assert_eq!(outcome, 3);
    let outcome = exports.latest(Filter::user("a")).await.unwrap_err().attempts();
    assert_eq!(outcome, 3);
    let export = NewExport::new(json!({}), Filter::user("a"));
    let outcome = exports.create(export).await.unwrap_err().attempts();
    assert_eq!(outcome, 1);
    checked(&read).await;
    checked(&create).await;
}

/// Policy with short delays and a deadline that suffices on any machine.
fn fast_polls() -> PollPolicy {
    PollPolicy::default().first_delay(Duration::from_millis(10)).deadline(Duration::from_secs(60))
}

#[maybe_async]
#[flavour_test]
async fn a_wait_polls_until_the_export_is_ready() {
    let mut server = server().await;
    let exports = client(&server).exports();
    let missing = expect(&mut server, "POST", GET).with_status(404).expect(3);
    let missing = created(missing.with_body(r#"{"error":"No memory export request found"}"#)).await;
    let ready = created(expect(&mut server, "POST", GET).with_body(r#"{"a":1}"#)).await;
    let value = exports.with_response().wait(ID, fast_polls()).await.unwrap();
    assert_eq!((value.value, value.status.as_u16()), (json!({"a": 1}), 200));
    checked(&missing).await;
    checked(&ready).await;
}

#[maybe_async]
#[flavour_test]
async fn a_wait_ends_at_its_deadline_or_at_another_error() {
    let mut server = server().await;
    let exports = client(&server).exports();
    let missing = created(expect(&mut server, "POST", GET).with_status(404)).await;
    let hasty = once();
    let error = exports.wait(ID, hasty).await.unwrap_err();
    checked(&missing).await;
    missing.remove();
    assert!(error.to_string().contains("wait for it again"), "{error}");
    let Error::Timeout(error) = error else { panic!("{error:?}") };
    assert_eq!((error.kind, error.limit), (TimeoutKind::Wait, Duration::ZERO));
    assert_eq!(error.call.path, GET);
    let refused = created(expect(&mut server, "POST", GET).with_status(403)).await;
    let error = exports.wait(ID, fast_polls()).await.unwrap_err();
    checked(&refused).await;
    assert_eq!(error.status().unwrap().as_u16(), 403);
    let error = exports.wait("", fast_polls()).await.unwrap_err();
    assert!(matches!(error, Error::Invalid { field: "export_id", .. }), "{error}");
}
