//! HTTP behaviour: methods, paths, bodies, keys and status codes.

use mem0_local::{LocalPlatform, Operation};
use serde_json::{Value, json};

use crate::wire::{Wire, call, request};
use crate::{ORGANIZATIONS, organization, project};

fn own(platform: &LocalPlatform) -> String {
    project(platform.org_id(), platform.project_id())
}

#[test]
fn unknown_path_is_not_found_with_or_without_a_key() {
    let platform = LocalPlatform::start().unwrap();
    for path in ["/", "/v1/", "/v1/ping//", "/v2/ping/", "//v1/ping/", "/api/v1/orgs/organizations//", "*"] {
        for key in ["", platform.api_key()] {
            let answer = call(platform.url(), "GET", path, key, &Value::Null);
            assert_eq!((answer.status, answer.json()), (404, json!({"detail": "Not found."})), "{path}");
        }
    }
}

#[test]
fn missing_trailing_slash_is_a_permanent_redirect() {
    let platform = LocalPlatform::start().unwrap();
    for (method, path, location) in [
        ("GET", "/v1/ping", "/v1/ping/"),
        ("GET", "/v1/ping?a=b&c=%20", "/v1/ping/?a=b&c=%20"),
        ("PATCH", "/api/v1/orgs/organizations/a%2Fb", "/api/v1/orgs/organizations/a%2Fb/"),
    ] {
        let answer = call(platform.url(), method, path, "", &Value::Null);
        assert_eq!((answer.status, answer.header("location")), (301, Some(location)), "{method} {path}");
        assert_eq!(answer.body, "");
    }
}

#[test]
fn other_method_is_refused_with_the_allowed_methods() {
    let platform = LocalPlatform::start().unwrap();
    let org = organization(platform.org_id());
    for (path, wrong, allow) in [
        ("/v1/ping/".to_owned(), "POST", "GET, HEAD, OPTIONS"),
        (ORGANIZATIONS.to_owned(), "DELETE", "GET, HEAD, POST, OPTIONS"),
        (org.clone(), "PUT", "GET, HEAD, DELETE, OPTIONS"),
        (own(&platform), "PUT", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        (format!("{org}members/"), "PATCH", "GET, HEAD, POST, PUT, DELETE, OPTIONS"),
        (organization("org_nowhere"), "BREW", "GET, HEAD, DELETE, OPTIONS"),
    ] {
        let answer = call(platform.url(), wrong, &path, platform.api_key(), &Value::Null);
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{wrong} {path}");
        assert_eq!(answer.json(), json!({"detail": format!("Method \"{wrong}\" not allowed.")}));
        let answer = call(platform.url(), wrong, &path, "", &Value::Null);
        assert_eq!(answer.status, 401, "the key comes first");
        let answer = call(platform.url(), "OPTIONS", &path, platform.api_key(), &Value::Null);
        assert_eq!((answer.status, answer.header("allow")), (200, Some(allow)), "OPTIONS {path}");
        assert_eq!(call(platform.url(), "OPTIONS", &path, "", &Value::Null).status, 401);
    }
}

#[test]
fn head_is_get_without_its_body() {
    let platform = LocalPlatform::start().unwrap();
    let mut wire = Wire::open(platform.url());
    for path in
        ["/v1/ping/".to_owned(), ORGANIZATIONS.to_owned(), own(&platform), organization("org_nowhere")]
    {
        let get = wire.call("GET", &path, Some(platform.api_key()), "").unwrap();
        let head = wire.call("HEAD", &path, Some(platform.api_key()), "").unwrap();
        assert_eq!(head.body, "");
        assert_eq!(head.header("content-length"), Some(get.body.len().to_string().as_str()), "{path}");
        assert_eq!(head.status, get.status);
    }
    assert_eq!(platform.request_log()[1].operation, Some(Operation::Ping));
}

#[test]
fn encoded_slash_belongs_to_its_segment() {
    let platform = LocalPlatform::start().unwrap();
    let url = platform.url();
    let seed = r#"{"organizations": [{"org_id": "a/b c?d#e%ü", "name": "Odd",
        "members": [{"email": "owner@example.com", "role": "OWNER"}]}]}"#;
    let odd = LocalPlatform::builder().seed_data(mem0_local::SeedData::from_json(seed).unwrap());
    let odd = odd.start().unwrap();
    let path = organization("a%2Fb%20c%3Fd%23e%25%C3%BC");
    let answer = call(odd.url(), "GET", &path, odd.api_key(), &Value::Null);
    assert_eq!((answer.status, &answer.json()["name"]), (200, &json!("Odd")));
    let one_segment = format!("{}%2Fprojects%2F{}", platform.org_id(), platform.project_id());
    let answer = call(url, "GET", &organization(&one_segment), platform.api_key(), &Value::Null);
    assert_eq!(answer.json(), json!({"message": "Organization not found"}), "an organization of that name");
    for dots in ["%2e%2e", "..", "."] {
        let answer = call(url, "GET", &organization(dots), platform.api_key(), &Value::Null);
        assert_eq!(answer.status, 404, "nothing is collapsed");
    }
    let answer = call(url, "GET", &organization("%ff"), platform.api_key(), &Value::Null);
    assert_eq!(answer.json(), json!({"detail": "Not found."}), "no text");
}

#[test]
fn chunked_bodies_are_read_and_connections_stay_open() {
    let platform = LocalPlatform::start().unwrap();
    let mut wire = Wire::open(platform.url());
    let key = platform.api_key();
    for name in ["one", "two", "three"] {
        let (left, right) = (r#"{"name":"#, format!("\"{name}\"}}"));
        wire.send(format!(
            "POST {ORGANIZATIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n\
             Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{left}\r\n",
            left.len()
        ));
        wire.send(format!("{:x}\r\n{right}\r\n0\r\n\r\n", right.len()));
        assert_eq!(wire.answer(false).unwrap().status, 201);
    }
    // Responses to pipelined requests arrive in order.
    wire.send(request("GET", "/v1/ping/", Some(key), "") + &request("GET", ORGANIZATIONS, Some(key), ""));
    assert_eq!(wire.answer(false).unwrap().json()["status"], "ok");
    let list = wire.answer(false).unwrap().json();
    let names: Vec<&Value> =
        list.as_array().unwrap().iter().map(|organization| &organization["name"]).collect();
    assert_eq!(names, ["default-org", "one", "two", "three"], "oldest first");
    wire.send(format!(
        "GET http://localhost:8080/v1/ping/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n\r\n"
    ));
    assert_eq!(wire.answer(false).unwrap().status, 200, "a request to a proxy, as some clients write it");
}

#[test]
fn authentication_errors_have_the_texts_of_the_framework() {
    let platform = LocalPlatform::start().unwrap();
    let key = platform.api_key();
    let none = "Authentication credentials were not provided.";
    let bad = "Invalid API key. You can find your API key on https://app.mem0.ai/dashboard/api-keys.";
    for (header, words) in [
        (String::new(), none),
        (format!("Authorization: Bearer {key}\r\n"), none),
        (format!("X-Api-Key: {key}\r\n"), none),
        ("Authorization:\r\n".to_owned(), none),
        ("Authorization: Token\r\n".to_owned(), "Invalid token header. No credentials provided."),
        (
            format!("Authorization: Token {key} x\r\n"),
            "Invalid token header. Token string should not contain spaces.",
        ),
        ("Authorization: Token \u{fc}\r\n".to_owned(), bad),
        (format!("Authorization: Token {}\r\n", key.to_uppercase()), bad),
        (
            "Authorization: Token m0-local-' OR 1=1\r\n".replace(' ', "\t"),
            "Token string should not contain spaces.",
        ),
    ] {
        let mut wire = Wire::open(platform.url());
        wire.send(format!("GET /v1/ping/ HTTP/1.1\r\nHost: localhost\r\n{header}\r\n"));
        let answer = wire.answer(false).unwrap();
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Token")), "{header}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.ends_with(words), "{header}: {detail}");
    }
    let mut wire = Wire::open(platform.url());
    wire.send(format!("GET /v1/ping/ HTTP/1.1\r\nHost: localhost\r\nauthorization: tOKEN  {key}\r\n\r\n"));
    let answer = wire.answer(false).unwrap();
    let expected = json!({
        "status": "ok", "org_id": platform.org_id(), "project_id": platform.project_id(),
        "user_email": "owner@example.com",
    });
    assert_eq!((answer.status, answer.json()), (200, expected));
}

/// Documented messages and status codes; see `docs/platform-api.md#projects`.
#[test]
fn each_success_has_its_status_and_message() {
    let platform = LocalPlatform::start().unwrap();
    let (org, own) = (organization(platform.org_id()), own(&platform));
    let member = json!({"email": "ann@x.io", "role": "READER"});
    let promoted = json!({"email": "ann@x.io", "role": "OWNER"});
    let gone = json!({"email": "ann@x.io"});
    let mut wire = Wire::open(platform.url());
    let mut say = |method: &str, path: &str, body: &Value, status, words: &str| -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = wire.call(method, path, Some(platform.api_key()), &body).unwrap();
        assert_eq!((answer.status, &answer.json()["message"]), (status, &json!(words)), "{method} {path}");
        answer.json()
    };
    let above = format!("{org}members/");
    say("POST", &above, &member, 201, "User added to the organization.");
    say("PUT", &above, &promoted, 200, "User role updated successfully");
    say("DELETE", &above, &gone, 200, "User removed from organization.");
    let within = format!("{own}members/");
    say("POST", &within, &member, 200, "User added to the project successfully.");
    say("PUT", &within, &promoted, 200, "User role updated successfully.");
    say(
        "DELETE",
        &format!("{within}?email=ann%40x.io"),
        &Value::Null,
        200,
        "Member removed from the project",
    );
    say("PATCH", &own, &json!({"decay": true}), 200, "Project updated successfully");
    let name = json!({"name": "New"});
    let made = say("POST", &format!("{org}projects/"), &name, 200, "Project created successfully.");
    assert_eq!(made.as_object().unwrap().len(), 2, "{made}");
    let made = project(platform.org_id(), made["project_id"].as_str().unwrap());
    say("DELETE", &made, &Value::Null, 200, "Project and related data deleted successfully.");
    let made = say("POST", ORGANIZATIONS, &name, 201, "Organization created successfully.");
    assert_eq!(made.as_object().unwrap().len(), 2, "{made}");
    let made = organization(made["org_id"].as_str().unwrap());
    say("DELETE", &made, &Value::Null, 200, "Organization deleted successfully!");
}

#[test]
fn every_response_has_its_own_request_id() {
    let platform = LocalPlatform::start().unwrap();
    let mut wire = Wire::open(platform.url());
    let mut ids = Vec::new();
    for (method, path) in
        [("GET", "/v1/ping/"), ("GET", "/v1/ping"), ("BREW", "/v1/ping/"), ("GET", "/nowhere/")]
    {
        let answer = wire.call(method, path, Some(platform.api_key()), "").unwrap();
        ids.push(answer.header("x-request-id").unwrap().to_owned());
    }
    assert_eq!(ids, ["req_000000000001", "req_000000000002", "req_000000000003", "req_000000000004"]);
    let noted: Vec<String> = platform.request_log().into_iter().map(|entry| entry.request_id).collect();
    assert_eq!(noted, ids);
}
