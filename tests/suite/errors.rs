//! Documented shapes of error bodies, error statuses, and contents of errors: see `docs/platform-api.md#error-bodies`
//! and
//! `docs/platform-api.md#error-statuses`.

use super::*;
use mem0::Error;
use mem0::client::StatusCode;
use mem0::error::{ApiError, ApiErrorKind};

/// Error of reading the project.
#[maybe_async]
async fn api_error(server: &mut ServerGuard, mock: Mock) -> Box<ApiError> {
    let mock = created(mock).await;
    let client =
        builder(server).org_id("org_abc").project_id("proj_abc").retry(RetryPolicy::none()).build().unwrap();
    let error = client.project().get().await.unwrap_err();
    checked(&mock).await;
    assert_eq!((error.attempts(), error.was_sent()), (1, true));
    match error {
        Error::Api(error) => error,
        other => panic!("{other:?}"),
    }
}

#[maybe_async]
#[flavour_test]
async fn every_shape_of_error_body_is_parsed() {
    for (body, message, field) in [
        (r#"{"detail":"Invalid page."}"#, "Invalid page.", None),
        (r#"{"message":"Project not found"}"#, "Project not found", None),
        (r#"{"error":"Webhook not found"}"#, "Webhook not found", None),
        (r#"{"errors":{"role":["Not a role."]}}"#, "role: Not a role.", Some(("role", "Not a role."))),
        (r#"{"url":["Not a URL."]}"#, "url: Not a URL.", Some(("url", "Not a URL."))),
        (r#"["One of the filters is required"]"#, "One of the filters is required", None),
        (r#"{"error":"Bad","details":{"message":"why"}}"#, "Bad; why", None),
        (
            r#"{"error":"400 Bad Request","details":{"message":"Invalid input data.","user_id":["This field is required."]}}"#,
            "400 Bad Request; user_id: This field is required; Invalid input data.",
            Some(("user_id", "This field is required.")),
        ),
        (
            r#"{"message":"user_id: This field is required."}"#,
            "user_id: This field is required.",
            Some(("user_id", "This field is required.")),
        ),
        (r#"{"error":"email: Not one."}"#, "email: Not one.", Some(("email", "Not one."))),
        ("", "Bad Request", None),
        ("<html><h1>nginx</h1></html>", "Bad Request", None),
        ("upstream is down", "upstream is down", None),
    ] {
        let mut server = server().await;
        let mock = expect(&mut server, "GET", PROJECT).with_status(400).with_body(body);
        let error = api_error(&mut server, mock).await;
        assert_eq!(error.status, StatusCode::BAD_REQUEST);
        assert_eq!(error.kind, ApiErrorKind::BadRequest);
        assert_eq!(error.message, message, "{body}");
        assert_eq!(error.body, body);
        let fields: Vec<_> = error.fields.iter().map(|(name, said)| (name.as_str(), said.join(""))).collect();
        assert_eq!(fields, field.map(|(name, said)| (name, said.to_owned())).into_iter().collect::<Vec<_>>());
        assert!(error.to_string().starts_with(&format!("GET {PROJECT}: status 400: {message}")), "{error}");
    }
}

#[maybe_async]
#[flavour_test]
async fn every_status_has_its_kind() {
    for (status, kind) in [
        (400, ApiErrorKind::BadRequest),
        (401, ApiErrorKind::Unauthorized),
        (402, ApiErrorKind::Other),
        (403, ApiErrorKind::PermissionDenied),
        (404, ApiErrorKind::NotFound),
        (405, ApiErrorKind::Other),
        (408, ApiErrorKind::Other),
        (409, ApiErrorKind::Conflict),
        (413, ApiErrorKind::PayloadTooLarge),
        (422, ApiErrorKind::Unprocessable),
        (429, ApiErrorKind::RateLimited),
        (500, ApiErrorKind::Server),
        (503, ApiErrorKind::Server),
        (520, ApiErrorKind::Server),
        (301, ApiErrorKind::Other),
        (307, ApiErrorKind::Other),
    ] {
        let mut server = server().await;
        let mock =
            expect(&mut server, "GET", PROJECT).with_status(status).with_header("location", "/elsewhere/");
        let error = api_error(&mut server, mock).await;
        assert_eq!((usize::from(error.status.as_u16()), error.kind), (status, kind));
        let error = Error::Api(error);
        assert_eq!(error.is_not_found(), status == 404);
        assert_eq!(error.is_retryable(), matches!(status, 408 | 429 | 500..));
    }
}

#[maybe_async]
#[flavour_test]
async fn errors_contain_request_id_and_rate_limit() {
    let mut server = server().await;
    let mock = expect(&mut server, "GET", PROJECT)
        .with_status(429)
        .with_header("x-request-id", "req-7")
        .with_header("retry-after", "1.5")
        .with_header("x-ratelimit-limit", "60")
        .with_header("x-ratelimit-remaining", "0")
        .with_header("x-ratelimit-reset", "1714")
        .with_body(r#"{"detail":"Slow down."}"#);
    let error = api_error(&mut server, mock).await;
    assert_eq!(error.request_id.as_deref(), Some("req-7"));
    assert_eq!(error.retry_after, Some(Duration::from_millis(1500)));
    assert_eq!((error.rate_limit.limit, error.rate_limit.remaining), (Some(60), Some(0)));
    assert_eq!(error.rate_limit.reset.as_deref(), Some("1714"));
    let shown = error.to_string();
    assert!(shown.contains("1.5 s") && shown.contains("req-7"), "{shown}");
    assert_eq!(Error::Api(error).request_id(), Some("req-7"));
}

#[maybe_async]
#[flavour_test]
async fn an_invalid_success_body_is_a_decode_error() {
    for (body, field, said) in [
        ("", ".", "EOF"),
        ("<html>", ".", "expected value"),
        ("[]", ".", "an object (Project)"),
        ("null", ".", "an object (Project)"),
        ("{} {}", ".", "trailing characters"),
        (r#"{"name":"P""#, ".", "EOF"),
        (r#"{"decay":"yes"}"#, "decay", "expected a boolean"),
        (r#"{"members":[{"role":"OWNER"},{"role":7}]}"#, "members[1].role", "expected a string"),
        (r#"{"custom_categories":[{}]}"#, "custom_categories[0]", "a category"),
    ] {
        let mut server = server().await;
        let mock = expect(&mut server, "GET", PROJECT).with_header("x-request-id", "req-7").with_body(body);
        let mock = created(mock).await;
        let error = project_client(&server).project().get().await.unwrap_err();
        checked(&mock).await;
        let Error::Decode(error) = error else { panic!("{body}: {error:?}") };
        assert_eq!((error.field.as_str(), error.status), (field, StatusCode::OK), "{body}: {error}");
        assert!(error.message.contains(said), "{body}: {error}");
        assert_eq!(error.excerpt, body);
        assert_eq!(error.request_id.as_deref(), Some("req-7"));
        assert_eq!(error.call.path, PROJECT);
    }
}

#[maybe_async]
#[flavour_test]
async fn a_missing_list_is_not_an_empty_list() {
    let mut server = server().await;
    let mock = created(expect(&mut server, "GET", &format!("{PROJECT}members/")).with_body("{}")).await;
    let error = project_client(&server).project().get_members().await.unwrap_err();
    checked(&mock).await;
    assert!(matches!(&error, Error::Decode(error) if error.message.contains("members")), "{error}");
    let mock = created(expect(&mut server, "GET", ORGANIZATIONS).with_body("{}")).await;
    let error = client(&server).organizations().list().await.unwrap_err();
    checked(&mock).await;
    assert!(matches!(error, Error::Decode(_)), "{error}");
}

#[maybe_async]
#[flavour_test]
async fn a_refused_connection_is_a_transport_error() {
    let client = MemoryClient::builder()
        .api_key(KEY)
        .base_url("http://127.0.0.1:1")
        .retry(RetryPolicy::default().base_delay(Duration::from_millis(1)))
        .build()
        .unwrap();
    let error = client.organizations().create("Acme").await.unwrap_err();
    assert!(
        matches!(&error, Error::Transport(error) if error.phase == mem0::error::Phase::Connect),
        "{error:?}"
    );
    assert_eq!((error.was_sent(), error.is_retryable(), error.attempts()), (false, true, 3));
    assert!(error.to_string().contains("check the base URL"), "{error}");
}

#[maybe_async]
#[flavour_test]
async fn a_body_over_the_limit_is_too_large() {
    let mut server = server().await;
    let client = builder(&server).org_id("org_abc").project_id("proj_abc").body_limit(100).build().unwrap();
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(200));
    let fits = format!(r#"{{"name":"{}"}}"#, "x".repeat(89));
    let gzip = |text: &str| {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    for (body, encoding, fits) in [
        (long.clone().into_bytes(), "identity", false),
        (gzip(&long), "gzip", false),
        (fits.clone().into_bytes(), "identity", true),
        (gzip(&fits), "gzip", true),
    ] {
        let mock =
            expect(&mut server, "GET", PROJECT).with_header("content-encoding", encoding).with_body(body);
        let mock = created(mock).await;
        let outcome = client.project().get().await;
        checked(&mock).await;
        match outcome {
            Ok(project) => assert!(fits && project.name.unwrap().len() == 89),
            Err(Error::TooLarge(error)) => assert!(!fits && error.limit == 100 && error.call.attempts == 1),
            Err(other) => panic!("{other:?}"),
        }
    }
}
