//! Requests with extreme values: too long, too deep, or with special syntax of SQL and FTS5. None of them causes a
//! failure of the platform.

use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use crate::raw_http::{RawConnection, call};

const ADD: &str = "/v3/memories/add/";
const LIST: &str = "/v3/memories/";
const SEARCH: &str = "/v3/memories/search/";

/// Sends raw bytes as a body and returns the status.
fn status(platform: &LocalPlatform, method: &str, path: &str, body: &[u8]) -> u16 {
    let mut connection = RawConnection::open(platform.url());
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {}\r\nContent-Length: {}\r\n\r\n",
        platform.api_key(),
        body.len()
    );
    connection.send([head.as_bytes(), body].concat());
    connection.read_response(false).expect("an answer").status
}

fn search(query: &str) -> Value {
    json!({"query": query, "filters": {"user_id": "alice"}})
}

fn nested(operator: &str, depth: usize) -> String {
    let (open, close) = (format!("{{\"{operator}\":[").repeat(depth), "]}".repeat(depth));
    format!(
        "{{\"query\":\"tea\",\"filters\":{{\"user_id\":\"alice\",\"AND\":[{open}{{\"run_id\":\"r\"}}{close}]}}}}"
    )
}

fn alice_and(condition: &Value) -> Value {
    json!({"filters": {"AND": [{"user_id": "alice"}, condition]}})
}

/// Method, path, body and expected status; 0 for any error.
type Row = (&'static str, String, Vec<u8>, u16);

/// Texts with syntax of the index or of patterns, and long texts.
fn texts() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut row = |method, path: &str, body: Value, status| {
        rows.push((method, path.to_owned(), body.to_string().into_bytes(), status));
    };
    for query in [
        "\"",
        "\"tea",
        "*",
        "tea*",
        "te* OR",
        "NEAR",
        "NEAR(tea likes, 3)",
        "-tea",
        "^tea",
        "a:b",
        "{a b}: tea",
        "(((",
        "tea AND NOT",
        "'; DROP TABLE memories; --",
        "%",
        "\\",
        "🦀",
        "\u{0}",
        "te\u{0}a",
        "\u{feff}\u{202e}",
        "ﷺ",
    ] {
        row("POST", SEARCH, search(query), 200);
        let mut literal = search(query);
        literal["keyword_search"] = true.into();
        literal["threshold"] = 0.into();
        row("POST", SEARCH, literal, 200);
        row("POST", LIST, json!({"filters": {"user_id": "alice"}, "keywords": query}), 200);
        row("POST", LIST, alice_and(&json!({"keywords": {"icontains": query}})), 200);
        row("POST", LIST, alice_and(&json!({"metadata": {query: query}})), 200);
        row("POST", LIST, json!({"filters": {"user_id": query}}), 200);
    }
    for long in ["x".repeat(300_000), "tea ".repeat(50_000), "*".repeat(100_000), "\"".repeat(100_000)] {
        row("POST", SEARCH, search(&long), 200);
        row("POST", ADD, json!({"messages": long, "user_id": "bob", "infer": false}), 200);
        row("POST", LIST, json!({"filters": {"user_id": long}}), 200);
    }
    rows
}

/// Long lists and invalid numbers.
fn lists_and_numbers() -> Vec<Row> {
    let numbered = |count: usize| (0..count).map(|at| format!("id-{at}")).collect::<Vec<_>>();
    let mut rows: Vec<Row> = Vec::new();
    let mut row = |method, path: &str, body: Value, status| {
        rows.push((method, path.to_owned(), body.to_string().into_bytes(), status));
    };
    for condition in [
        json!({"memory_ids": numbered(10_000)}),
        json!({"run_id": {"in": numbered(10_000)}}),
        json!({"categories": {"in": numbered(10_000)}}),
    ] {
        row("POST", LIST, alice_and(&condition), 200);
    }
    row("POST", LIST, alice_and(&json!({"run_id": {"in": numbered(10_001)}})), 400);
    row(
        "POST",
        LIST,
        alice_and(
            &json!({"NOT": numbered(10_000).iter().map(|id| json!({"run_id": id})).collect::<Vec<_>>()}),
        ),
        400,
    );
    row("POST", SEARCH, json!({"query": "tea", "filters": {"user_id": {"in": numbered(10_000)}}}), 200);
    row("POST", "/v1/summary/", json!({"filters": {"user_id": {"in": numbered(10_000)}}}), 200);
    let numbers =
        ["1000000000000000000000000000000", "1e30", "-1", "0", "1.5", "", "x", "%F0%9F%A6%80", "%00", "%FF"];
    for number in numbers {
        row("POST", &format!("{LIST}?page={number}"), json!({"filters": {"user_id": "alice"}}), 404);
        row("POST", &format!("{LIST}?page_size={number}"), json!({"filters": {"user_id": "alice"}}), 200);
        for path in ["/v1/entities/", "/v1/events/", "/v1/memories/events/", "/v1/memories/user/alice/"] {
            row("GET", &format!("{path}?page={number}"), Value::Null, 404);
            row("GET", &format!("{path}?page_size={number}&limit={number}"), Value::Null, 200);
        }
    }
    for number in [json!(1e300), json!(-1), json!(1.5), json!("x"), json!([1]), json!(u64::MAX)] {
        row("POST", LIST, json!({"filters": {"user_id": "alice"}, "page": number}), 404);
        row("POST", SEARCH, json!({"query": "tea", "filters": {"user_id": "alice"}, "top_k": number}), 400);
    }
    rows
}

/// Paths and bodies that are not UTF-8, and deeply nested filters.
fn bytes_and_depths() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut row = |method, path: &str, body: Value, status| {
        rows.push((method, path.to_owned(), body.to_string().into_bytes(), status));
    };
    for path in ["/v2/entities/user/%00/", "/v1/memories/%00/", "/v1/memories/%FF/", "/v1/event/%00/"] {
        row(
            "GET",
            path,
            Value::Null,
            if path.contains("entities") {
                200
            } else if path.contains("event") {
                404
            } else {
                0
            },
        );
    }
    for (operator, depth, status) in
        [("AND", 19, 200), ("NOT", 19, 200), ("AND", 21, 400), ("OR", 100, 400), ("NOT", 100_000, 400)]
    {
        rows.push(("POST", SEARCH.to_owned(), nested(operator, depth).into_bytes(), status));
        rows.push(("POST", LIST.to_owned(), nested(operator, depth).into_bytes(), status));
    }
    for body in [
        &b"{\"query\":\"t\xff\xfe\",\"filters\":{\"user_id\":\"alice\"}}"[..],
        b"{\"query\":\"\\ud800\",\"filters\":{\"user_id\":\"alice\"}}",
        b"{\"query\":\"tea\",\"threshold\":NaN,\"filters\":{\"user_id\":\"alice\"}}",
        b"{\"query\":\"tea\",\"threshold\":1e999,\"filters\":{\"user_id\":\"alice\"}}",
        b"{\"query\":\"tea\",\"threshold\":-1e-9,\"filters\":{\"user_id\":\"alice\"}}",
    ] {
        rows.push(("POST", SEARCH.to_owned(), body.to_vec(), 400));
    }
    rows.push(("POST", ADD.to_owned(), vec![b' '; 11 * 1024 * 1024], 413));
    rows
}

#[test]
fn extreme_requests_get_a_response() {
    let platform = LocalPlatform::start().unwrap();
    for text in ["Likes tea", "NEAR tea* ^ \"quoted\" -minus a:b", "🦀 emoji \u{0} NUL \u{202e}"] {
        let body = json!({"messages": text, "user_id": "alice", "infer": false});
        assert_eq!(status(&platform, "POST", ADD, body.to_string().as_bytes()), 200);
    }
    for (method, path, body, expected) in [texts(), lists_and_numbers(), bytes_and_depths()].concat() {
        let actual = status(&platform, method, &path, &body);
        let prefix = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
        let is_expected = if expected == 0 { (400..500).contains(&actual) } else { actual == expected };
        assert!(is_expected, "{method} {path} {prefix}: {actual}, not {expected}");
    }
    let found = call(platform.url(), "POST", SEARCH, platform.api_key(), &search("tea")).json();
    assert_eq!(found["results"].as_array().unwrap().len(), 2, "{found}");
}
