//! Invalid searches.

use serde_json::{Value, json};

use super::{SEARCH, body, platform_with, results, rows, search_request};
use crate::raw_http::call;

#[test]
fn invalid_searches_are_rejected_with_a_message() {
    let platform = platform_with(&["Likes tea"]);
    for (field, value) in [
        ("query", json!("")),
        ("query", json!(" \n ")),
        ("query", json!(null)),
        ("query", json!(7)),
        ("top_k", json!(0)),
        ("top_k", json!(1001)),
        ("top_k", json!(-1)),
        ("top_k", json!(1.5)),
        ("top_k", json!("5")),
        ("threshold", json!(-0.1)),
        ("threshold", json!(1.000_1)),
        ("threshold", json!("0.5")),
        ("rerank", json!("yes")),
        ("show_expired", json!(1)),
        ("latest_only", json!("true")),
        ("include_merged", json!([])),
        ("keyword_search", json!({})),
        ("fields", json!("memory")),
        ("fields", json!([1])),
        ("categories", json!("food")),
        ("metadata", json!(["a"])),
        ("reference_date", json!("yesterday")),
        ("reference_date", json!("2026-02-30")),
        ("reference_date", json!(true)),
        ("reference_date", json!(1e300)),
        ("user_id", json!("alice")),
        ("agent_id", json!("bot")),
        ("app_id", json!("app")),
        ("run_id", json!(null)),
    ] {
        let response = search_request(&platform, "tea", json!({ field: value }));
        assert_eq!(response.status, 400, "{field} {value}: {response:?}");
        let message = response.json()["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.starts_with(&format!("{field}: ")), "{field} {value}: {response:?}");
    }
    for filters in
        [json!(null), json!({}), json!([]), json!("alice"), json!({"user_id": "alice", "bogus": 1})]
    {
        let response = search_request(&platform, "tea", json!({ "filters": filters }));
        assert_eq!(response.status, 400, "{filters}: {response:?}");
    }
    for body in [json!({"filters": {"user_id": "alice"}}), json!({"query": "tea"}), json!([])] {
        assert_eq!(call(platform.url(), "POST", SEARCH, platform.api_key(), &body).status, 400, "{body}");
    }
    assert_eq!(rows(&platform, "events"), [Value::Null; 0], "no event is created");
}

#[test]
fn valid_parameters_are_accepted() {
    let platform = platform_with(&["Likes tea"]);
    for (field, value) in [
        ("top_k", json!(1000)),
        ("threshold", json!(0)),
        ("threshold", json!(0.3)),
        ("threshold", json!(null)),
        ("rerank", json!(true)),
        ("reference_date", json!(1_700_000_000)),
        ("reference_date", json!(1_700_000_000.5)),
        ("reference_date", json!("2026-01-31")),
        ("reference_date", json!("2026-01-31T12:00:00")),
        ("reference_date", json!("2026-01-31T12:00:00+02:00")),
        ("fields", json!(["id", "memory"])),
        ("categories", json!([])),
        ("metadata", json!({})),
        ("output_format", json!("v1.1")),
    ] {
        assert_eq!(results(&platform, "  tea\n", json!({ field: value })).len(), 1, "{field} {value}");
        assert_eq!(platform.request_log().last().unwrap().ignored, [""; 0], "{field}");
    }
    assert_eq!(results(&platform, "tea", json!({"source": "sdk"})).len(), 1);
    assert_eq!(platform.request_log().last().unwrap().ignored, ["source"]);
}

#[test]
fn index_operators_in_queries_have_no_effect() {
    let platform = platform_with(&["Likes tea", "words NEAR NOT AND OR"]);
    for query in [
        "\"",
        "'",
        "tea\"",
        "tea OR",
        "NOT tea",
        "AND",
        "NEAR(tea likes)",
        "^tea",
        "{words}: tea",
        "-tea",
        "tea;--",
        "1_wtea",
        "tea\u{0}likes",
        "*",
        "(((",
        "\u{202e}",
        "🍵 tea",
    ] {
        let response = call(platform.url(), "POST", SEARCH, platform.api_key(), &body(query, json!({})));
        assert_eq!(response.status, 200, "{query:?}: {response:?}");
        let finds_tea = query.contains("tea") && !query.contains('_');
        assert_eq!(response.body.contains("Likes tea"), finds_tea, "{query:?}: {response:?}");
    }
    let many = (0..3000).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
    assert_eq!(
        results(&platform, &format!("{many} tea"), json!({"threshold": 0})).len(),
        2,
        "a very long question"
    );
}
