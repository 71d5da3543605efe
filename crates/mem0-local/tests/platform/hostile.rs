//! Hostile and faulty clients.

use std::net::Shutdown;

use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use crate::raw_http::{RawConnection, call};
use crate::{ORGANIZATIONS, project};

fn still_serves(platform: &LocalPlatform) {
    let response = call(platform.url(), "GET", "/v1/ping/", platform.api_key(), &Value::Null);
    assert_eq!(response.status, 200);
}

#[test]
fn what_is_no_http_is_answered_400_or_not_at_all() {
    let platform = LocalPlatform::start().unwrap();
    let long = "x".repeat(1024 * 1024);
    let many = (0..1000).map(|at| format!("X-{at}: y\r\n")).collect::<Vec<_>>().concat();
    for bytes in [
        "\0\0\0\0\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}hello, TLS\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"),
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".to_owned(),
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"
            .to_owned(),
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n".to_owned(),
        "CONNECT example.com:443 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        "GET /v1/ping/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
            .to_owned(),
    ] {
        let mut connection = RawConnection::open(platform.url());
        connection.send(&bytes);
        let _ = connection.stream().shutdown(Shutdown::Write);
        let prefix = bytes.chars().take(60).collect::<String>();
        if let Some(response) = connection.read_response(false) {
            assert!((400..500).contains(&response.status), "{prefix:?}: {response:?}");
        }
        still_serves(&platform);
    }
}

#[test]
fn texts_are_never_interpreted() {
    let platform = LocalPlatform::start().unwrap();
    let own = project(platform.org_id(), platform.project_id());
    let key = platform.api_key();
    for text in [
        "'; DROP TABLE projects; --",
        "\" OR 1=1",
        "\0\u{1}\u{7f}",
        "\u{202e}\u{feff}🦀\u{10ffff}",
        "%s%n{}{{org_id}}",
        "<script>alert(1)</script>\r\nX-Injected: 1",
        "$.settings",
    ] {
        let body = json!({"name": text, "description": text, "custom_categories": [{text: text}, text]});
        assert_eq!(call(platform.url(), "PATCH", &own, key, &body).status, 200, "{text:?}");
        let current = call(platform.url(), "GET", &own, key, &Value::Null).json();
        for (name, value) in body.as_object().unwrap() {
            assert_eq!(&current[name], value);
        }
        let role = json!({"email": "ann@x.io", "role": text});
        assert_eq!(call(platform.url(), "POST", &format!("{own}members/"), key, &role).status, 400);
        assert_eq!(call(platform.url(), "POST", ORGANIZATIONS, key, &json!({ "name": text })).status, 201);
    }
    let encoded = "%27%3B%20DROP%20TABLE%20projects%3B--%00%0D%0AX-Injected:%201";
    for path in [
        crate::organization(encoded),
        format!("{own}members/?email={encoded}"),
        format!("/{encoded}?{encoded}"),
    ] {
        for method in ["GET", "DELETE", "BREW"] {
            let response = call(platform.url(), method, &path, key, &Value::Null);
            assert!((400..500).contains(&response.status) || response.status == 200, "{response:?}");
            assert_eq!(response.header("x-injected"), None);
        }
    }
    let response = call(platform.url(), "GET", &format!("/v1/ping?{encoded}"), key, &Value::Null);
    assert_eq!((response.status, response.header("x-injected")), (301, None));
    still_serves(&platform);
}

/// A slow client blocks no resource of others.
#[test]
fn slow_clients_do_not_delay_others() {
    let platform = LocalPlatform::start().unwrap();
    let slow: Vec<RawConnection> = (0..60).map(|_| RawConnection::open(platform.url())).collect();
    for (at, connection) in slow.iter().enumerate() {
        match at % 3 {
            0 => connection.send("GET /v1/pi"),
            1 => connection.send(
                "POST /v1/ping/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n{\"a\":",
            ),
            _ => {
                connection.send("POST /v1/ping/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc");
            }
        }
    }
    for _ in 0..50 {
        still_serves(&platform);
    }
    assert_eq!(platform.request_log().len(), 50, "an incomplete request is not logged");
}

/// Many fields and query parameters take linear time.
#[test]
fn many_names_are_read_in_linear_time() {
    let platform = LocalPlatform::start().unwrap();
    let own = project(platform.org_id(), platform.project_id());
    let names: serde_json::Map<String, Value> = (0..200_000).map(|at| (format!("n{at}"), json!(1))).collect();
    assert_eq!(call(platform.url(), "PATCH", &own, platform.api_key(), &Value::Object(names)).status, 200);
    assert_eq!(platform.request_log().pop().unwrap().ignored.len(), 200_000);
    let query = (0..5_000).map(|at| format!("fields=f{at}")).collect::<Vec<_>>().join("&");
    let response = call(platform.url(), "GET", &format!("{own}?{query}"), platform.api_key(), &Value::Null);
    assert_eq!((response.status, response.json()), (200, json!({})));
    let categories: Vec<String> = (0..100_000).map(|at| format!("c{at}")).collect();
    let body = json!({ "custom_categories": categories });
    assert_eq!(call(platform.url(), "PATCH", &own, platform.api_key(), &body).status, 200);
    let current = call(platform.url(), "GET", &own, platform.api_key(), &Value::Null).json();
    assert_eq!(current["custom_categories"].as_array().unwrap().len(), 100_000);
}
