//! Request log.

use mem0::Role;
use mem0_local::{LocalPlatform, Operation};
use serde_json::{Value, json};

use crate::raw_http::{RawConnection, call, request};
use crate::{ORGANIZATIONS, project};

#[test]
fn entry_has_the_request_and_its_outcome() {
    let platform = LocalPlatform::start().unwrap();
    let key = platform.reader_key();
    let own = project(platform.org_id(), platform.project_id());
    let mut connection = RawConnection::open(platform.url());
    let path = format!("{own}members/?email=a%2Bb%40x.io&x=1");
    connection.send(format!(
        "DELETE {path} HTTP/1.1\r\nHost: localhost\r\nX-Mine: yes\r\nAuthorization: Token {key}\r\n\r\n"
    ));
    assert_eq!(connection.read_response(false).unwrap().status, 403);
    let requests = platform.request_log();
    let [entry] = requests.as_slice() else { panic!("one request") };
    assert_eq!(entry.operation, Some(Operation::RemoveProjectMember));
    assert_eq!(entry.method, "DELETE");
    assert_eq!(entry.path, format!("{own}members/"));
    let pairs = [("email", "a+b@x.io"), ("x", "1")];
    assert_eq!(entry.query, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!((entry.header("x-mine"), entry.header("host")), (Some("yes"), Some("localhost")));
    assert_eq!((entry.body.as_ref(), entry.status), (None, Some(403)));
    assert_eq!(entry.role, Some(Role::Reader));
    assert!(entry.user_id.as_ref().is_some_and(|id| id.starts_with("user_")));
    assert_eq!(entry.ignored, [""; 0], "refused before its names were looked at");
    assert!(!entry.fault);

    let body = json!({"name": "N", "odd": 1});
    call(platform.url(), "POST", ORGANIZATIONS, key, &body);
    let entry = platform.request_log().pop().unwrap();
    assert_eq!((entry.body, entry.status, entry.role), (Some(body), Some(201), None));
    assert_eq!(entry.ignored, ["odd"]);
    call(platform.url(), "GET", "/nowhere/", "bad", &Value::Null);
    let entry = platform.request_log().pop().unwrap();
    assert_eq!((entry.operation, entry.user_id, entry.status), (None, None, Some(404)));
    platform.clear_request_log();
    assert_eq!(platform.request_log(), []);
}

/// Keys are redacted in every part of a request.
#[test]
fn request_log_contains_no_key() {
    let platform = LocalPlatform::start().unwrap();
    let key = platform.api_key();
    let mut connection = RawConnection::open(platform.url());
    let body = format!("{{\"key\": [\"{key}\"], \"{key}\": 1}}");
    connection.send(format!(
        "POST /v1/ping/?api_key={key}&{key}=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n\
         Proxy-Authorization: Token {key}\r\nX-Api-Key: {key}\r\nCookie: key={key}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert_eq!(connection.read_response(false).unwrap().status, 405);
    connection.send(request("GET", &format!("/v1/{key}/"), Some(key), ""));
    assert_eq!(connection.read_response(false).unwrap().status, 404);
    let response = connection.call("GET", &format!("/v1/ping/?{key}=1"), Some(key), "").unwrap();
    assert_eq!(response.status, 200, "ignored");
    let invalid = "m0-of-the-hosted-platform";
    assert_eq!(
        connection.call("GET", &format!("/v1/ping/?k={invalid}"), Some(invalid), "").unwrap().status,
        401
    );
    for entry in platform.request_log() {
        let everything = format!(
            "{} {:?} {:?} {:?} {:?} {entry:?}",
            entry.path, entry.query, entry.headers, entry.body, entry.ignored
        );
        assert!(!everything.contains(key) && !everything.contains(invalid), "{everything}");
        assert!(everything.contains("[redacted]"), "{everything}");
    }
    assert_eq!(platform.request_log().len(), 4);
}

#[test]
fn debug_contains_no_email_and_no_key() {
    let platform = LocalPlatform::start().unwrap();
    let own = project(platform.org_id(), platform.project_id());
    let mut connection = RawConnection::open(platform.url());
    for path in
        [format!("{own}members/?email=ann%40x.io"), "/v1/ann@x.io/".to_owned(), "/v1/bob%40x.io/".to_owned()]
    {
        connection.call("DELETE", &path, Some(platform.api_key()), r#"{"email": "eve@x.io"}"#).unwrap();
    }
    let seed = r#"{"users": [{"email": "ann@x.io"}], "organizations": []}"#;
    let seed = mem0_local::SeedData::from_json(seed).unwrap();
    let builder = LocalPlatform::builder().seed(8_765_432).seed_data(seed.clone());
    let shown = format!(
        "{platform:?} {:?} {:?} {seed:?} {builder:?} {builder:#?}",
        platform.request_log(),
        platform.dump().unwrap(),
    );
    assert!(!shown.contains("x.io") && !shown.contains("example.com"), "{shown}");
    assert!(!shown.contains("m0-local"), "{shown}");
    assert!(!shown.contains("8765432"), "keys can be derived from the seed: {shown}");
}

#[test]
fn oldest_entries_are_removed_first() {
    let platform = LocalPlatform::start().unwrap();
    let mut connection = RawConnection::open(platform.url());
    let all = 10_050;
    for batch in 0..(all / 50) {
        let paths = (0..50).map(|at| request("GET", &format!("/{}/", batch * 50 + at), None, ""));
        connection.send(paths.collect::<String>());
        for _ in 0..50 {
            assert_eq!(connection.read_response(false).unwrap().status, 404);
        }
    }
    let requests = platform.request_log();
    assert_eq!((requests.len(), requests[0].path.as_str()), (10_000, "/50/"));
    assert_eq!(requests[9_999].path, "/10049/");
}

/// The request log is also limited in bytes.
#[test]
fn large_requests_evict_the_oldest() {
    let platform = LocalPlatform::start().unwrap();
    let mut connection = RawConnection::open(platform.url());
    let large = format!("\"{}\"", "x".repeat(9 * 1024 * 1024));
    for at in 0..10 {
        let path = format!("{ORGANIZATIONS}?at={at}");
        assert_eq!(connection.call("POST", &path, Some(platform.api_key()), &large).unwrap().status, 400);
    }
    let requests = platform.request_log();
    assert_eq!(requests.len(), 7, "64 MiB of them");
    assert_eq!(requests[6].query, [("at".to_owned(), "9".to_owned())]);
    assert!(requests[6].body.is_some());
}
