//! Texts of errors: cause, call, redaction and length.

use super::*;
use mem0::Error;
use mem0::client::StatusCode;
use mem0::error::ApiErrorKind;
use std::error::Error as _;
use std::fmt::Write;

/// Maximum length of the text of an error.
const MAX_ERROR_LEN: usize = 16 * 1024;

/// Maximum length of the kept body of an API error.
const MAX_KEPT_BODY: usize = 256 * 1024;

/// Error of reading the project.
#[maybe_async]
async fn failed(server: &mut ServerGuard, mock: Mock) -> Error {
    let mock = created(mock).await;
    let error = project_client(server).project().get().await.unwrap_err();
    checked(&mock).await;
    error
}

fn assert_bounded(error: &Error) {
    for shown in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
        assert!(
            shown.len() < MAX_ERROR_LEN,
            "{} bytes: {}",
            shown.len(),
            shown.chars().take(200).collect::<String>()
        );
    }
}

#[maybe_async]
#[flavour_test]
async fn accessors_return_the_fields_of_every_variant() {
    let mut server = server().await;
    let mock = expect(&mut server, "GET", PROJECT)
        .with_status(403)
        .with_header("retry-after", "7")
        .with_body(r#"{"message":"Not for a READER."}"#);
    let refused = failed(&mut server, mock).await;
    assert_eq!(refused.kind(), Some(ApiErrorKind::PermissionDenied));
    assert_eq!(refused.message(), "Not for a READER.");
    assert_eq!(refused.retry_after(), Some(Duration::from_secs(7)));
    assert!(!refused.is_refused_before_sending());

    let mock = expect(&mut server, "GET", PROJECT).with_body("[]");
    let unread = failed(&mut server, mock).await;
    assert!(unread.message().contains("expected an object"), "{unread}");
    assert_eq!(
        (unread.kind(), unread.retry_after(), unread.is_refused_before_sending()),
        (None, None, false)
    );

    let invalid = project_client(&server).project().create("").await.unwrap_err();
    assert_eq!(invalid.message(), "is empty; pass a name for the project");
    assert_eq!((invalid.kind(), invalid.is_refused_before_sending()), (None, true));
    let config = MemoryClient::builder().build().unwrap_err();
    assert!(config.is_refused_before_sending() && config.message().contains("MEM0_API_KEY"), "{config}");

    let unreachable =
        MemoryClient::builder().api_key(KEY).base_url("http://127.0.0.1:1").retry(RetryPolicy::none());
    let lost = unreachable.build().unwrap().organizations().list().await.unwrap_err();
    assert!(!lost.message().is_empty() && !lost.message().contains("GET"), "{}", lost.message());
    assert!(!lost.is_refused_before_sending());
    let late = Error::timeout(mem0::error::TimeoutKind::Call, Duration::from_secs(1), true);
    let large = Error::too_large(StatusCode::OK, 7);
    assert_eq!(late.message(), "timed out: the call was not complete after 1s");
    assert_eq!(large.message(), "the response body (status 200) is larger than 7 bytes");
}

#[maybe_async]
#[flavour_test]
async fn a_missing_id_is_a_decode_error_of_the_call() {
    let mut server = server().await;
    let (client, own) = (project_client(&server), self::client(&server));
    let projects = format!("{ORGANIZATION}projects/");
    for path in [projects.as_str(), ORGANIZATIONS, "/v1/exports/", "/v2/profiles/jobs/"] {
        let mock = expect(&mut server, "POST", path).with_body(r#"{"message":"Created for ann@x.io."}"#);
        let mock = created(mock).await;
        let error = match path {
            ORGANIZATIONS => client.organizations().create("Acme").await.unwrap().id().unwrap_err(),
            "/v1/exports/" => {
                let export = mem0::exports::NewExport::new(serde_json::json!({}), mem0::Filter::user("a"));
                own.exports().create(export).await.unwrap().id().unwrap_err()
            }
            "/v2/profiles/jobs/" => own.profiles().trigger("a").await.unwrap().id().unwrap_err(),
            _ => client.project().create("P").await.unwrap().id().unwrap_err(),
        };
        checked(&mock).await;
        let Error::Decode(decode) = &error else { panic!("{path}: {error:?}") };
        assert!(error.was_sent() && !error.is_refused_before_sending() && error.attempts() == 1, "{error:?}");
        let shown = error.to_string();
        assert!(shown.starts_with(&format!("POST {}: ", path.replace("org_abc", "{org_id}"))), "{shown}");
        assert!(decode.field.ends_with("id") && shown.contains(&decode.field), "{shown}");
        assert!(!format!("{error} {error:?}").contains("x.io"), "{error:?}");
    }
}

#[maybe_async]
#[flavour_test]
async fn the_length_of_errors_is_bounded() {
    let mut server = server().await;
    let long = "\u{e000}".repeat(80_000);
    let many: String = (0..3_000).fold(String::new(), |mut all, number| {
        write!(all, r#""field{number}":["{number}"],"#).unwrap();
        all
    });
    let header = "r".repeat(30_000);
    for body in [
        format!(r#"{{"message":"{long}"}}"#),
        format!(r#"{{"errors":{{"{long}":["{}"]}}}}"#, "x".repeat(5_000)),
        format!(r#"{{{many}"last":"x"}}"#),
        format!(r#"{{"errors":{{{many}"last":["x"]}}}}"#),
        long.repeat(5),
        format!("[{}0]", "[],".repeat(100_000)),
    ] {
        let mock = expect(&mut server, "GET", PROJECT)
            .with_status(400)
            .with_header("x-request-id", &header)
            .with_header("x-ratelimit-reset", &header)
            .with_body(&body);
        let error = failed(&mut server, mock).await;
        assert_bounded(&error);
        let Error::Api(error) = error else { panic!("{error:?}") };
        assert!(!error.body.is_empty() && error.body.len() <= MAX_KEPT_BODY + 2, "{}", error.body.len());
    }
    for body in [
        format!(r#""{long}""#),
        format!(r#"{{"members":[{{"role":{{"{long}":1}}}}]}}"#),
        format!(r#"{{"decay":"{long}"}}"#),
    ] {
        let mock = expect(&mut server, "GET", PROJECT).with_header("x-request-id", &header).with_body(body);
        let error = failed(&mut server, mock).await;
        assert!(matches!(error, Error::Decode(_)), "{error:?}");
        assert_bounded(&error);
    }
    let segment = "p".repeat(30_000);
    let mock = created(expect(&mut server, "GET", &format!("/v1/{segment}/")).with_status(404)).await;
    let raw = client(&server).request(mem0::client::Method::GET, ["v1", segment.as_str(), ""]);
    let error = raw.send::<()>().await.unwrap_err();
    checked(&mock).await;
    assert_bounded(&error);
    assert_bounded(&Error::invalid("name", long.clone()));
    assert_bounded(&Error::config("name", long.clone()));
    let own = mem0::error::ApiError::new(StatusCode::BAD_REQUEST, &long)
        .with_field(&long, &long)
        .with_request_id(&long);
    assert_bounded(&own.with_call(mem0::client::Method::GET, long).into());
}

#[maybe_async]
#[flavour_test]
async fn an_api_error_keeps_the_start_of_a_long_body() {
    let mut server = server().await;
    let body = format!("{{\"message\":\"why\",\"trace\":\"{}\"}}", "x".repeat(1_000_000));
    let fitting = format!("{{\"message\":\"why\",\"trace\":\"{}\"}}", "x".repeat(MAX_KEPT_BODY - 28));
    let mock = expect(&mut server, "GET", PROJECT).with_status(400).with_body(&body);
    let Error::Api(error) = failed(&mut server, mock).await else { panic!("expected an API error") };
    assert_eq!(error.body.len(), MAX_KEPT_BODY);
    assert!(body.starts_with(&error.body) && error.message.starts_with(r#"{"message":"why""#), "{error}");
    let mock = expect(&mut server, "GET", PROJECT).with_status(400).with_body(&fitting);
    let Error::Api(error) = failed(&mut server, mock).await else { panic!("expected an API error") };
    assert_eq!(
        (error.body.len(), error.message.as_str()),
        (MAX_KEPT_BODY, "why"),
        "a body within the limit is kept"
    );
}

#[maybe_async]
#[flavour_test]
async fn keys_are_redacted_with_any_json_escapes() {
    const UNUSUAL_KEY: &str = r#"sk+a/b-c=="d"#;
    let mut server = server().await;
    let client =
        MemoryClient::builder().api_key(UNUSUAL_KEY).base_url(server.url()).retry(RetryPolicy::none());
    let client = client.org_id("org_abc").project_id("proj_abc").build().unwrap();
    for echo in [
        r#"sk+a/b-c==\"d"#.to_owned(),
        r#"sk+a\/b-c==\"d"#.to_owned(),
        r"sk\u002Ba\u002fb\u002Dc\u003d\u003D\u0022d".to_owned(),
        r#"\u0073k\u002ba/b-c==\"d"#.to_owned(),
        escaped(UNUSUAL_KEY),
        escaped(UNUSUAL_KEY).replace('\\', r"\\"),
        r#"sk\\u002ba\\/b-c==\\\"d"#.to_owned(),
    ] {
        for (status, body) in [
            (400, format!(r#"{{"message":"bad key {echo}!"}}"#)),
            (400, format!(r#"{{"errors":{{"{echo}":["{echo}"]}},"details":{{"key":"{echo}"}}}}"#)),
            (400, format!("key {echo}")),
            (200, format!(r#"{{"name":["{echo}"]}}"#)),
            (200, format!(r#"{{"decay":"{echo}"}}"#)),
            (200, format!(r#"{{"members":[{{"role":{{"{echo}":1}}}}]}}"#)),
        ] {
            let mock = server
                .mock("GET", PROJECT)
                .with_status(status)
                .with_header("x-request-id", UNUSUAL_KEY)
                .with_header("x-ratelimit-reset", UNUSUAL_KEY)
                .with_body(&body);
            let mock = created(mock).await;
            let error = client.project().get().await.unwrap_err();
            checked(&mock).await;
            let shown = match &error {
                Error::Api(error) => format!(
                    "{} {:?} {} {:?} {:?}",
                    error.message, error.fields, error.body, error.request_id, error.rate_limit
                ),
                Error::Decode(error) => format!("{} {} {}", error.field, error.message, error.excerpt),
                other => panic!("{other:?}"),
            };
            let shown = format!("{error} {error:?} {shown}");
            assert!(shown.contains("[redacted]"), "{body}: {shown}");
            // As it is, and with its escapes decoded once and twice.
            for text in [shown.clone(), unescaped(&shown), unescaped(&unescaped(&shown))] {
                assert!(!text.replace('\\', "").contains("b-c=="), "{body}: {text}");
            }
        }
    }
}

/// Escapes every character of the text.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        write!(all, "\\u{byte:04X}").unwrap();
        all
    })
}

/// Decodes the `\u` escapes of the text.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u");
    let mut read = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if let Some(character) = digits.and_then(char::from_u32) {
            read.push(character);
            read.push_str(&part[4..]);
        } else {
            read.push_str("\\u");
            read.push_str(part);
        }
    }
    read
}

#[test]
fn display_does_not_repeat_the_source() {
    use mem0::bulk::BulkError;
    let full = || std::io::Error::other("the disk is full");
    for error in [BulkError::Input(full()), BulkError::Output(full())] {
        let (shown, source) = (error.to_string(), error.source().map(ToString::to_string));
        assert_eq!(source.as_deref(), Some("the disk is full"));
        assert!(!shown.contains("full"), "{shown}");
    }
    let refused = Error::from(mem0::error::ApiError::new(StatusCode::BAD_REQUEST, "no"));
    assert!(refused.source().is_none());
}

#[test]
fn an_error_without_a_call_names_none() {
    for error in [
        Error::timeout(mem0::error::TimeoutKind::Attempt, Duration::from_secs(1), true),
        Error::too_large(StatusCode::OK, 7),
        mem0::error::ApiError::new(StatusCode::NOT_FOUND, "Not here.").into(),
    ] {
        assert!(error.to_string().starts_with("request: "), "{error}");
    }
    let error = mem0::error::ApiError::new(StatusCode::NOT_FOUND, "Not here.");
    let error = error.with_call(mem0::client::Method::GET, "/v1/ping/");
    assert!(error.to_string().starts_with("GET /v1/ping/: status 404: Not here; check"), "{error}");
}
