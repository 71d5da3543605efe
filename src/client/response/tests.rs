#![allow(clippy::unwrap_used)]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderValue, Method};

use super::*;
use crate::client::settings::Settings;
use crate::types::{Confirmation, Project};

fn key() -> ApiKey {
    ApiKey::new("m0-secret").unwrap()
}

fn request(body_limit: usize) -> Request {
    let settings = Settings { api_key: Some("m0-secret".into()), body_limit, ..Settings::default() };
    Request::new(Method::GET, &settings.check(|_| None).unwrap(), []).unwrap()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn response(status: u16, headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> Response {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, HeaderValue::from_str(value).unwrap());
    }
    Response::new(StatusCode::from_u16(status).unwrap(), map, body)
}

fn incomplete(response: Response) -> Response {
    response.with_body_error(Error::unreadable("cut"))
}

#[test]
fn an_incomplete_body_fails_a_success_and_keeps_an_error_status() {
    let request = request(100);
    let error = incomplete(response(200, &[], "{")).check_status(&request, &key()).unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    let error =
        incomplete(response(404, &[], r#"{"message":"gone"}"#)).check_status(&request, &key()).unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("gone"), "{error}");
    let error = incomplete(response(503, &[], "{\"mess")).check_status(&request, &key()).unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
}

#[test]
fn body_limit_applies_after_decompression() {
    let bomb = gzip(&" ".repeat(1_000_000));
    assert!(bomb.len() < 2000);
    let headers = [("content-encoding", "GZIP")];
    let error = response(200, &headers, bomb.clone()).check_status(&request(2000), &key()).unwrap_err();
    assert!(matches!(error, Error::TooLarge(_)), "{error:?}");
    let error = response(500, &headers, bomb).check_status(&request(2000), &key()).unwrap_err();
    assert!(matches!(&error, Error::Api(error) if error.body.len() == 2000), "{error:?}");
}

#[test]
fn number_of_objects_is_limited() {
    let list = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
    for (limit, fitting) in [(64 * 5000, 5000), (20_000, MIN_OBJECT_LIMIT)] {
        let request = request(limit);
        for (body, is_fitting) in [(list(fitting), true), (list(fitting + 1), false)] {
            let headers = [("content-encoding", "gzip")];
            for response in [response(200, &[], body.clone()), response(200, &headers, gzip(&body))] {
                match response.check_status(&request, &key()) {
                    Ok(_) => assert!(is_fitting, "{limit}: {} bytes", body.len()),
                    Err(error) => {
                        assert!(!is_fitting && error.to_string().contains("objects"), "{limit}: {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn gzip_members_are_concatenated() {
    let mut body = gzip("{\"name\":");
    body.extend(gzip("\"P\"}"));
    let request = request(100);
    let accepted =
        response(200, &[("content-encoding", "gzip")], body).check_status(&request, &key()).unwrap();
    let project = accepted.decode::<Project>(&request, &key()).unwrap();
    assert_eq!(project.name.as_deref(), Some("P"));
}

#[test]
fn invalid_compression_is_a_transport_error() {
    let cut = &gzip(r#"{"name":"P"}"#)[..15];
    for (body, encoding) in [(cut, "gzip"), (&b"plain"[..], "gzip"), (b"x", "br"), (b"x", "gzip, gzip")] {
        let response = response(200, &[("content-encoding", encoding)], body.to_vec());
        let error = response.check_status(&request(100), &key()).unwrap_err();
        assert!(matches!(error, Error::Transport(_)), "{encoding}: {error:?}");
    }
    let accepted = response(200, &[("content-encoding", "gzip")], "").check_status(&request(100), &key());
    assert!(accepted.is_ok(), "an empty body needs no decompression");
}

#[test]
fn an_empty_body_is_decoded_as_the_request_says() {
    let mut request = request(100);
    request.empty_body = EmptyBody::EmptyObject;
    let message = response(204, &[], "").decode::<Confirmation>(&request, &key()).unwrap();
    assert_eq!(message, Confirmation::default());
    assert!(response(200, &[], "").decode::<Confirmation>(&request, &key()).is_err());
    request.empty_body = EmptyBody::Null;
    assert!(response(200, &[], "").decode::<Option<u8>>(&request, &key()).unwrap().is_none());
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let now = "1994-11-06T08:49:37Z".parse().unwrap();
    let read = |text: &str| retry_after(response(429, &[("retry-after", text)], "").headers(), now);
    for (text, seconds) in [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0.25", 0.25),
        ("1e2", 100.0),
        ("-0", 0.0),
        ("Sun, 06 Nov 1994 08:50:37 GMT", 60.0),
        ("Sunday, 06-Nov-94 08:50:37 GMT", 60.0),
        ("Sun Nov  6 08:50:37 1994", 60.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
    ] {
        assert_eq!(read(text), Some(Duration::from_secs_f64(seconds)), "{text}");
    }
    for text in ["", "-1", "NaN", "inf", "-inf", "soon", "1,5", "7 s", "e", "1e", "--1"] {
        assert_eq!(read(text), None, "{text}");
    }
    for text in ["1e400", "99999999999999999999999", "18446744073709551616"] {
        assert_eq!(read(text), Some(Duration::MAX), "{text}");
    }
}

#[test]
fn invalid_rate_limits_are_ignored() {
    let headers =
        [("x-ratelimit-limit", "sixty"), ("x-ratelimit-remaining", " 7 "), ("x-ratelimit-reset", "soon")];
    let limit = RateLimit::from_headers(response(200, &headers, "").headers(), str::to_owned);
    assert_eq!((limit.limit, limit.remaining, limit.reset.as_deref()), (None, Some(7), Some("soon")));
}

#[test]
fn nesting_depth_is_limited() {
    let deep = "[".repeat(100_000);
    let error =
        response(200, &[], deep).decode::<serde_json::Value>(&request(1_000_000), &key()).unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
}
