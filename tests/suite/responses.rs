//! Status, headers and request id of responses, and compressed bodies.

use super::*;
use mem0::client::StatusCode;
use std::io::Write;

#[maybe_async]
#[flavour_test]
async fn calls_return_the_response_in_full_response_mode() {
    let mut server = server().await;
    let mock = expect(&mut server, "GET", PROJECT)
        .with_status(203)
        .with_header("x-request-id", "req-7")
        .with_header("x-ratelimit-remaining", "41")
        .with_header("x-future", "yes")
        .with_body(r#"{"name":"P"}"#)
        .expect(2);
    let mock = created(mock).await;
    let client = project_client(&server);
    let by_project = client.project().with_response().get().await.unwrap();
    let by_client = client.with_response().project().get().await.unwrap();
    checked(&mock).await;
    for response in [by_project, by_client] {
        assert_eq!(response.value.name.as_deref(), Some("P"));
        assert_eq!(response.status, StatusCode::NON_AUTHORITATIVE_INFORMATION);
        assert_eq!(response.headers["x-future"], "yes");
        assert_eq!(response.request_id.as_deref(), Some("req-7"));
        assert_eq!(response.rate_limit().remaining, Some(41));
    }
    let mock = created(expect(&mut server, "GET", ORGANIZATIONS).with_body("[]").expect(1)).await;
    let response = client.organizations().with_response().list().await.unwrap();
    checked(&mock).await;
    assert!(response.value.is_empty() && response.request_id.is_none());
    let mock = expect(&mut server, "DELETE", ORGANIZATION).with_status(204);
    let mock = created(mock).await;
    let response = client.organization("org_abc").with_response().delete().await.unwrap();
    checked(&mock).await;
    assert_eq!(response.status, StatusCode::NO_CONTENT);
    let mock = created(expect(&mut server, "GET", "/v1/x/").with_status(202).with_body("7")).await;
    let client = self::client(&server);
    let raw = client.with_response().request(mem0::client::Method::GET, ["v1", "x", ""]);
    let response = raw.send::<u8>().await.unwrap();
    checked(&mock).await;
    assert_eq!((response.value, response.status), (7, StatusCode::ACCEPTED));
}

#[maybe_async]
#[flavour_test]
async fn compressed_responses_are_decoded() {
    let mut server = server().await;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(r#"{"name":"Ünï"}"#.as_bytes()).unwrap();
    let body = encoder.finish().unwrap();
    let mock = expect(&mut server, "GET", PROJECT).with_header("content-encoding", "gzip").with_body(&body);
    let mock = created(mock).await;
    let project = project_client(&server).project().get().await.unwrap();
    checked(&mock).await;
    assert_eq!(project.name.as_deref(), Some("Ünï"));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(br#"{"message":"Project not found"}"#).unwrap();
    let body = encoder.finish().unwrap();
    let mock = expect(&mut server, "GET", PROJECT).with_status(404).with_header("content-encoding", "gzip");
    let mock = created(mock.with_body(&body)).await;
    let error = project_client(&server).project().get().await.unwrap_err();
    checked(&mock).await;
    assert!(error.is_not_found() && error.to_string().contains("Project not found"), "{error}");
}

#[maybe_async]
#[flavour_test]
async fn an_unsupported_encoding_fails_a_success_and_keeps_an_error_status() {
    let mut server = server().await;
    let mock =
        expect(&mut server, "POST", ORGANIZATIONS).with_header("content-encoding", "br").with_body("x");
    let mock = created(mock).await;
    let error = client(&server).organizations().create("Acme").await.unwrap_err();
    checked(&mock).await;
    assert!(matches!(error, mem0::Error::Transport(_)), "{error:?}");
    let mock =
        expect(&mut server, "POST", ORGANIZATIONS).with_status(403).with_header("content-encoding", "br");
    let mock = created(mock.with_body("x")).await;
    let error = client(&server).organizations().create("Acme").await.unwrap_err();
    checked(&mock).await;
    assert_eq!(error.status(), Some(StatusCode::FORBIDDEN));
}

#[maybe_async]
#[flavour_test]
async fn a_missing_body_is_a_decode_error() {
    let mut server = server().await;
    let mock = created(expect(&mut server, "GET", PROJECT).with_status(204)).await;
    let error = project_client(&server).project().get().await.unwrap_err();
    checked(&mock).await;
    assert!(matches!(error, mem0::Error::Decode(_)), "{error:?}");
    let mock = created(expect(&mut server, "PATCH", PROJECT)).await;
    let update = mem0::ProjectUpdate::new().decay(true);
    let error = project_client(&server).project().update(update).await.unwrap_err();
    checked(&mock).await;
    assert!(matches!(error, mem0::Error::Decode(_)), "an empty 200 is not a 204: {error:?}");
}
