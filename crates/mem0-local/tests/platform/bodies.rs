//! Bodies that are invalid JSON, empty, of the wrong type, too large or incomplete.

use std::net::Shutdown;
use std::time::{Duration, Instant};

use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use crate::raw_http::{RawConnection, RawResponse, call};
use crate::{ORGANIZATIONS, organization, project};

fn raw(platform: &LocalPlatform, method: &str, path: &str, body: &str) -> RawResponse {
    RawConnection::open(platform.url()).call(method, path, Some(platform.api_key()), body).unwrap()
}

#[test]
fn invalid_json_object_is_refused_in_the_error_shape_of_the_operation() {
    let platform = LocalPlatform::start().unwrap();
    let (org, own) = (organization(platform.org_id()), project(platform.org_id(), platform.project_id()));
    let organization_members = format!("{org}members/");
    let projects = format!("{org}projects/");
    let project_members = format!("{own}members/");
    let before = platform.dump().unwrap();
    let operations = [
        ("POST", ORGANIZATIONS, true),
        ("POST", &organization_members, true),
        ("PUT", &organization_members, true),
        ("DELETE", &organization_members, true),
        ("POST", &projects, false),
        ("PATCH", &own, false),
        ("POST", &project_members, false),
        ("PUT", &project_members, false),
    ];
    for (method, path, has_errors) in operations {
        for body in ["{\"decay\": tru", "decay=true", "\u{feff}{}", "{} {}", "{\"a\": 1e999}", "\0"] {
            let response = raw(&platform, method, path, body);
            let detail = response.json()["detail"].as_str().unwrap_or_default().to_owned();
            assert_eq!(
                (response.status, detail.starts_with("JSON parse error - ")),
                (400, true),
                "{response:?}"
            );
        }
        for (body, kind) in
            [("[1]", "list"), ("\"x\"", "str"), ("7", "number"), ("null", "null"), ("true", "bool")]
        {
            let response = raw(&platform, method, path, body);
            let words = format!("Invalid data. Expected a dictionary, but got {kind}.");
            let expected = if has_errors {
                json!({"errors": {"non_field_errors": [words]}})
            } else {
                json!({ "message": words })
            };
            assert_eq!((response.status, response.json()), (400, expected), "{method} {path} {body}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(raw(&platform, method, path, &deep).status, 400, "nested deeply");
    }
    assert!(platform.dump().unwrap() == before);
}

#[test]
fn empty_body_is_an_object_without_fields() {
    let platform = LocalPlatform::start().unwrap();
    let (org, own) = (organization(platform.org_id()), project(platform.org_id(), platform.project_id()));
    let required = "This field is required.";
    for body in ["", "{}"] {
        let response = raw(&platform, "POST", ORGANIZATIONS, body);
        assert_eq!((response.status, response.json()), (400, json!({"errors": {"name": [required]}})));
        let response = raw(&platform, "POST", &format!("{org}members/"), body);
        assert_eq!(response.json(), json!({"errors": {"email": [required], "role": [required]}}));
        let response = raw(&platform, "DELETE", &format!("{org}members/"), body);
        assert_eq!(response.json(), json!({"errors": {"email": [required]}}));
        let response = raw(&platform, "POST", &format!("{org}projects/"), body);
        assert_eq!(
            (response.status, response.json()),
            (400, json!({"message": format!("name: {required}")}))
        );
        let response = raw(&platform, "POST", &format!("{own}members/"), body);
        let both = format!("email: {required} role: {required}");
        assert_eq!((response.status, response.json()), (400, json!({ "message": both })));
        assert_eq!(raw(&platform, "PATCH", &own, body).status, 200, "names nothing, changes nothing");
    }
}

#[test]
fn names_emails_and_roles_are_validated() {
    let platform = LocalPlatform::start().unwrap();
    let (org, own) = (organization(platform.org_id()), project(platform.org_id(), platform.project_id()));
    let before = platform.dump().unwrap();
    for (name, words) in [
        (json!(null), "This field may not be null."),
        (json!(7), "Not a valid string."),
        (json!(""), "This field may not be blank."),
        (json!(" \t"), "This field may not be blank."),
        (json!("é".repeat(256)), "Ensure this field has no more than 255 characters."),
    ] {
        let response = raw(&platform, "POST", ORGANIZATIONS, &json!({ "name": name }).to_string());
        assert_eq!((response.status, response.json()), (400, json!({"errors": {"name": [words]}})));
        for (method, path) in [("POST", format!("{org}projects/")), ("PATCH", own.clone())] {
            let response = raw(&platform, method, &path, &json!({ "name": name }).to_string());
            assert_eq!(
                (response.status, response.json()),
                (400, json!({"message": format!("name: {words}")}))
            );
        }
    }
    let invalid = "Enter a valid email address.";
    for (email, words) in [
        (json!(null), "This field may not be null."),
        (json!(["a@x.io"]), "Not a valid string."),
        (json!(""), "This field may not be blank."),
        (json!("ann"), invalid),
        (json!("@x.io"), invalid),
        (json!("ann@"), invalid),
        (json!("a n@x.io"), invalid),
        (json!("ann@x.io\n"), invalid),
        (json!("ann@x.io\0"), invalid),
        (json!(format!("{}@x.io", "a".repeat(250))), invalid),
    ] {
        let body = json!({"email": email, "role": "READER"}).to_string();
        for method in ["POST", "PUT"] {
            let response = raw(&platform, method, &format!("{org}members/"), &body);
            assert_eq!(
                (response.status, response.json()),
                (400, json!({"errors": {"email": [words]}})),
                "{email}"
            );
            let response = raw(&platform, method, &format!("{own}members/"), &body);
            assert_eq!(
                (response.status, response.json()),
                (400, json!({"message": format!("email: {words}")}))
            );
        }
    }
    for (role, words) in [
        (json!(null), "This field may not be null."),
        (json!(7), "Not a valid string."),
        (json!("owner"), "\"owner\" is not a valid choice."),
        (json!("ADMIN"), "\"ADMIN\" is not a valid choice."),
        (json!(""), "\"\" is not a valid choice."),
    ] {
        let body = json!({"email": "ann@x.io", "role": role}).to_string();
        for method in ["POST", "PUT"] {
            let response = raw(&platform, method, &format!("{org}members/"), &body);
            assert_eq!(
                (response.status, response.json()),
                (400, json!({"errors": {"role": [words]}})),
                "{role}"
            );
            let response = raw(&platform, method, &format!("{own}members/"), &body);
            assert_eq!(
                (response.status, response.json()),
                (400, json!({"message": format!("role: {words}")}))
            );
        }
    }
    for (query, words) in [
        ("", "This field is required."),
        ("?email=", "This field may not be blank."),
        ("?email=nobody", invalid),
        ("?email=a+b@x.io", invalid),
    ] {
        let response = raw(&platform, "DELETE", &format!("{own}members/{query}"), "");
        assert_eq!(
            (response.status, response.json()),
            (400, json!({"message": format!("email: {words}")})),
            "{query}"
        );
    }
    assert!(platform.dump().unwrap() == before);
}

#[test]
fn a_large_body_is_taken_and_one_that_is_too_large_is_answered_413() {
    let platform = LocalPlatform::start().unwrap();
    let own = project(platform.org_id(), platform.project_id());
    let text = "ü".repeat(4 * 1024 * 1024);
    let response = call(platform.url(), "PATCH", &own, platform.api_key(), &json!({"description": text}));
    assert_eq!(response.status, 200);
    let read = call(platform.url(), "GET", &own, platform.api_key(), &Value::Null);
    assert_eq!(read.json()["description"], json!(text));
    let before = platform.dump().unwrap();
    let logged = platform.request_log().len();
    let too_large = json!({"description": "x".repeat(10 * 1024 * 1024)});
    let response = call(platform.url(), "PATCH", &own, platform.api_key(), &too_large);
    assert_eq!(response.status, 413);
    assert_eq!(response.json(), json!({"detail": "The body is larger than 10485760 bytes."}));
    assert!(response.header("x-request-id").is_some(), "{:?}", response.headers);
    assert!(platform.dump().unwrap() == before);
    let entry = platform.request_log().pop().unwrap();
    assert_eq!((platform.request_log().len(), entry.status, entry.body), (logged + 1, Some(413), None));
}

/// An incomplete body may parse as something that the client did not send.
#[test]
fn incomplete_body_does_not_execute_the_operation() {
    let platform = LocalPlatform::start().unwrap();
    let own = project(platform.org_id(), platform.project_id());
    let key = platform.api_key();
    let before = platform.dump().unwrap();
    let head = |method, framing| {
        format!(
            "{method} {own} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n{framing}\r\n\r\n"
        )
    };
    for (at, request) in [
        head("DELETE", "Content-Length: 20"),
        head("PATCH", "Content-Length: 40") + r#"{"decay": true}"#,
        head("PATCH", "Transfer-Encoding: chunked") + "f\r\n{\"decay\": true}\r\n",
        head("PATCH", "Transfer-Encoding: chunked") + "f\r\n{\"decay\": true}\r\nzz\r\n",
    ]
    .iter()
    .enumerate()
    {
        let mut connection = RawConnection::open(platform.url());
        connection.send(request);
        connection.stream().shutdown(Shutdown::Write).unwrap();
        if let Some(response) = connection.read_response(false) {
            assert_eq!(response.status, 400, "{response:?}");
        }
        let started = Instant::now();
        while platform.request_log().len() <= at && started.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(platform.dump().unwrap() == before, "{request}");
    }
}

#[test]
fn unexpected_body_and_content_type_are_ignored() {
    let platform = LocalPlatform::start().unwrap();
    let (org, own) = (organization(platform.org_id()), project(platform.org_id(), platform.project_id()));
    for path in ["/v1/ping/", &org, &own] {
        assert_eq!(raw(&platform, "GET", path, "no JSON").status, 200);
    }
    assert_eq!(raw(&platform, "DELETE", &own, "no JSON").status, 200);
    let mut connection = RawConnection::open(platform.url());
    let (key, body) = (platform.other_key(), r#"{"name": "N"}"#);
    for head in ["Content-Type: text/html\r\n", "Expect: 100-continue\r\n"] {
        connection.send(format!(
            "POST {ORGANIZATIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n{head}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let response = connection.read_response(false).unwrap();
        let response =
            if response.status == 100 { connection.read_response(false).unwrap() } else { response };
        assert_eq!(response.status, 201, "{head}");
    }
}
