//! HTTP behaviour: methods, paths, bodies, keys and status codes.

use mem0_local::{LocalPlatform, Operation};
use serde_json::{Value, json};

use crate::raw_http::{RawConnection, call, request};
use crate::{ORGANIZATIONS, organization, project};

fn own(platform: &LocalPlatform) -> String {
    project(platform.org_id(), platform.project_id())
}

#[test]
fn unknown_path_is_not_found_with_or_without_a_key() {
    let platform = LocalPlatform::start().unwrap();
    for path in ["/", "/v1/", "/v1/ping//", "/v2/ping/", "//v1/ping/", "/api/v1/orgs/organizations//", "*"] {
        for key in ["", platform.api_key()] {
            let response = call(platform.url(), "GET", path, key, &Value::Null);
            assert_eq!((response.status, response.json()), (404, json!({"detail": "Not found."})), "{path}");
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
        let response = call(platform.url(), method, path, "", &Value::Null);
        assert_eq!((response.status, response.header("location")), (301, Some(location)), "{method} {path}");
        assert_eq!(response.body, "");
    }
}

#[test]
fn other_method_is_refused_with_the_allowed_methods() {
    let platform = LocalPlatform::start().unwrap();
    let org = organization(platform.org_id());
    for (path, invalid, allow) in [
        ("/v1/ping/".to_owned(), "POST", "GET, HEAD, OPTIONS"),
        (ORGANIZATIONS.to_owned(), "DELETE", "GET, HEAD, POST, OPTIONS"),
        (org.clone(), "PUT", "GET, HEAD, DELETE, OPTIONS"),
        (own(&platform), "PUT", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        (format!("{org}members/"), "PATCH", "GET, HEAD, POST, PUT, DELETE, OPTIONS"),
        (organization("org_nowhere"), "BREW", "GET, HEAD, DELETE, OPTIONS"),
    ] {
        let response = call(platform.url(), invalid, &path, platform.api_key(), &Value::Null);
        assert_eq!((response.status, response.header("allow")), (405, Some(allow)), "{invalid} {path}");
        assert_eq!(response.json(), json!({"detail": format!("Method \"{invalid}\" not allowed.")}));
        let response = call(platform.url(), invalid, &path, "", &Value::Null);
        assert_eq!(response.status, 401, "the key comes first");
        let response = call(platform.url(), "OPTIONS", &path, platform.api_key(), &Value::Null);
        assert_eq!((response.status, response.header("allow")), (200, Some(allow)), "OPTIONS {path}");
        assert_eq!(call(platform.url(), "OPTIONS", &path, "", &Value::Null).status, 401);
    }
}

#[test]
fn head_is_get_without_its_body() {
    let platform = LocalPlatform::start().unwrap();
    let mut connection = RawConnection::open(platform.url());
    for path in
        ["/v1/ping/".to_owned(), ORGANIZATIONS.to_owned(), own(&platform), organization("org_nowhere")]
    {
        let get = connection.call("GET", &path, Some(platform.api_key()), "").unwrap();
        let head = connection.call("HEAD", &path, Some(platform.api_key()), "").unwrap();
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
    let custom = LocalPlatform::builder().seed_data(mem0_local::SeedData::from_json(seed).unwrap());
    let custom = custom.start().unwrap();
    let path = organization("a%2Fb%20c%3Fd%23e%25%C3%BC");
    let response = call(custom.url(), "GET", &path, custom.api_key(), &Value::Null);
    assert_eq!((response.status, &response.json()["name"]), (200, &json!("Odd")));
    let one_segment = format!("{}%2Fprojects%2F{}", platform.org_id(), platform.project_id());
    let response = call(url, "GET", &organization(&one_segment), platform.api_key(), &Value::Null);
    assert_eq!(response.json(), json!({"message": "Organization not found"}), "an organization of that name");
    for dots in ["%2e%2e", "..", "."] {
        let response = call(url, "GET", &organization(dots), platform.api_key(), &Value::Null);
        assert_eq!(response.status, 404, "nothing is collapsed");
    }
    let response = call(url, "GET", &organization("%ff"), platform.api_key(), &Value::Null);
    assert_eq!(response.json(), json!({"detail": "Not found."}), "no text");
}

#[test]
fn chunked_bodies_are_read_and_connections_stay_open() {
    let platform = LocalPlatform::start().unwrap();
    let mut connection = RawConnection::open(platform.url());
    let key = platform.api_key();
    for name in ["one", "two", "three"] {
        let (prefix, suffix) = (r#"{"name":"#, format!("\"{name}\"}}"));
        connection.send(format!(
            "POST {ORGANIZATIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n\
             Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{prefix}\r\n",
            prefix.len()
        ));
        connection.send(format!("{:x}\r\n{suffix}\r\n0\r\n\r\n", suffix.len()));
        assert_eq!(connection.read_response(false).unwrap().status, 201);
    }
    // Responses to pipelined requests arrive in order.
    connection
        .send(request("GET", "/v1/ping/", Some(key), "") + &request("GET", ORGANIZATIONS, Some(key), ""));
    assert_eq!(connection.read_response(false).unwrap().json()["status"], "ok");
    let list = connection.read_response(false).unwrap().json();
    let names: Vec<&Value> =
        list.as_array().unwrap().iter().map(|organization| &organization["name"]).collect();
    assert_eq!(names, ["default-org", "one", "two", "three"], "oldest first");
    connection.send(format!(
        "GET http://localhost:8080/v1/ping/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n\r\n"
    ));
    assert_eq!(
        connection.read_response(false).unwrap().status,
        200,
        "a request to a proxy, as some clients write it"
    );
}

#[test]
fn authentication_errors_have_the_texts_of_the_framework() {
    let platform = LocalPlatform::start().unwrap();
    let key = platform.api_key();
    let none = "Authentication credentials were not provided.";
    let invalid = "Invalid API key. You can find your API key on https://app.mem0.ai/dashboard/api-keys.";
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
        ("Authorization: Token \u{fc}\r\n".to_owned(), invalid),
        (format!("Authorization: Token {}\r\n", key.to_uppercase()), invalid),
        (
            "Authorization: Token m0-local-' OR 1=1\r\n".replace(' ', "\t"),
            "Token string should not contain spaces.",
        ),
    ] {
        let mut connection = RawConnection::open(platform.url());
        connection.send(format!("GET /v1/ping/ HTTP/1.1\r\nHost: localhost\r\n{header}\r\n"));
        let response = connection.read_response(false).unwrap();
        assert_eq!((response.status, response.header("www-authenticate")), (401, Some("Token")), "{header}");
        let detail = response.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.ends_with(words), "{header}: {detail}");
    }
    let mut connection = RawConnection::open(platform.url());
    connection
        .send(format!("GET /v1/ping/ HTTP/1.1\r\nHost: localhost\r\nauthorization: tOKEN  {key}\r\n\r\n"));
    let response = connection.read_response(false).unwrap();
    let expected = json!({
        "status": "ok", "org_id": platform.org_id(), "project_id": platform.project_id(),
        "user_email": "owner@example.com",
    });
    assert_eq!((response.status, response.json()), (200, expected));
}

/// Documented messages and status codes; see `docs/platform-api.md#projects`.
#[test]
fn each_success_has_its_status_and_message() {
    let platform = LocalPlatform::start().unwrap();
    let (org, own) = (organization(platform.org_id()), own(&platform));
    let member = json!({"email": "ann@x.io", "role": "READER"});
    let promoted = json!({"email": "ann@x.io", "role": "OWNER"});
    let deleted = json!({"email": "ann@x.io"});
    let mut connection = RawConnection::open(platform.url());
    let mut check = |method: &str, path: &str, body: &Value, status, words: &str| -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = connection.call(method, path, Some(platform.api_key()), &body).unwrap();
        assert_eq!(
            (response.status, &response.json()["message"]),
            (status, &json!(words)),
            "{method} {path}"
        );
        response.json()
    };
    let organization_members = format!("{org}members/");
    check("POST", &organization_members, &member, 201, "User added to the organization.");
    check("PUT", &organization_members, &promoted, 200, "User role updated successfully");
    check("DELETE", &organization_members, &deleted, 200, "User removed from organization.");
    let project_members = format!("{own}members/");
    check("POST", &project_members, &member, 200, "User added to the project successfully.");
    check("PUT", &project_members, &promoted, 200, "User role updated successfully.");
    check(
        "DELETE",
        &format!("{project_members}?email=ann%40x.io"),
        &Value::Null,
        200,
        "Member removed from the project",
    );
    check("PATCH", &own, &json!({"decay": true}), 200, "Project updated successfully");
    let name = json!({"name": "New"});
    let created = check("POST", &format!("{org}projects/"), &name, 200, "Project created successfully.");
    assert_eq!(created.as_object().unwrap().len(), 2, "{created}");
    let created = project(platform.org_id(), created["project_id"].as_str().unwrap());
    check("DELETE", &created, &Value::Null, 200, "Project and related data deleted successfully.");
    let created = check("POST", ORGANIZATIONS, &name, 201, "Organization created successfully.");
    assert_eq!(created.as_object().unwrap().len(), 2, "{created}");
    let created = organization(created["org_id"].as_str().unwrap());
    check("DELETE", &created, &Value::Null, 200, "Organization deleted successfully!");
}

#[test]
fn every_response_has_its_own_request_id() {
    let platform = LocalPlatform::start().unwrap();
    let mut connection = RawConnection::open(platform.url());
    let mut ids = Vec::new();
    for (method, path) in
        [("GET", "/v1/ping/"), ("GET", "/v1/ping"), ("BREW", "/v1/ping/"), ("GET", "/nowhere/")]
    {
        let response = connection.call(method, path, Some(platform.api_key()), "").unwrap();
        ids.push(response.header("x-request-id").unwrap().to_owned());
    }
    assert_eq!(ids, ["req_000000000001", "req_000000000002", "req_000000000003", "req_000000000004"]);
    let logged: Vec<String> = platform.request_log().into_iter().map(|entry| entry.request_id).collect();
    assert_eq!(logged, ids);
}
