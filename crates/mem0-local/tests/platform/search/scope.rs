//! Filters of searches, and memories that are hidden.

use std::time::Duration;

use mem0_local::{Dump, LocalPlatform, NewMemory};
use serde_json::{Value, json};

use super::{SEARCH, body, load, results, start, texts};
use crate::raw_http::call;

/// Memories of several owners with a common word.
fn several() -> LocalPlatform {
    let platform = start();
    let metadata = |source: &str| json!({"source": source, "n": 1}).as_object().unwrap().clone();
    load(
        &platform,
        [
            NewMemory::new("voucher of alice").user("alice").categories(["food"]).metadata(metadata("mail")),
            NewMemory::new("voucher of alice in run").user("alice").run("r1").categories(["travel", "food"]),
            NewMemory::new("voucher of bob").user("bob").metadata(metadata("chat")),
            NewMemory::new("voucher of bot").agent("bot"),
            NewMemory::new("voucher of both").user("carol").agent("bot").app("app"),
            NewMemory::new("voucher of alicE")
                .user("alicE")
                .created_at("2020-01-01T00:00:00Z".parse().unwrap()),
        ],
    );
    platform
}

fn found(platform: &LocalPlatform, more: Value) -> Vec<String> {
    let mut found: Vec<String> =
        texts(platform, "voucher", more).iter().map(|text| text["voucher of ".len()..].to_owned()).collect();
    found.sort();
    found
}

#[test]
fn filters_select_memories() {
    let platform = several();
    for (filters, expected) in [
        (json!({"user_id": "alice"}), &["alice", "alice in run"][..]),
        (json!({"user_id": "nobody"}), &[]),
        (json!({"AND": [{"user_id": "alice"}, {"user_id": {"in": []}}]}), &[]),
        (json!({"user_id": {"in": ["alice", "bob"]}}), &["alice", "alice in run", "bob"]),
        (json!({"AND": [{"user_id": "alice"}, {"run_id": "r1"}]}), &["alice in run"]),
        (json!({"AND": [{"user_id": "alice"}, {"run_id": "other"}]}), &[]),
        (json!({"OR": [{"user_id": "bob"}, {"agent_id": "bot"}]}), &["bob", "bot", "both"]),
        (json!({"user_id": "*"}), &["alicE", "alice", "alice in run", "bob", "both"]),
        (json!({"AND": [{"user_id": "*"}, {"NOT": {"user_id": "alice"}}]}), &["alicE", "bob", "both"]),
        (json!({"AND": [{"user_id": "*"}, {"created_at": {"lt": "2021-01-01"}}]}), &["alicE"]),
        (json!({"AND": [{"user_id": "*"}, {"metadata": {"source": "chat"}}]}), &["bob"]),
    ] {
        for threshold in [0.0, 0.1] {
            let more = json!({"filters": filters, "threshold": threshold});
            assert_eq!(found(&platform, more), expected, "{filters} {threshold}");
        }
    }
}

#[test]
fn categories_and_metadata_narrow_the_filter() {
    let platform = several();
    for (more, expected) in [
        (json!({"categories": ["food"]}), &["alice", "alice in run"][..]),
        (json!({"categories": ["travel", "sports"]}), &["alice in run"]),
        (json!({"categories": ["Food"]}), &[]),
        (json!({"metadata": {"source": "mail"}}), &["alice"]),
        (json!({"metadata": {"source": "mail", "n": 1}}), &["alice"]),
        (json!({"metadata": {"source": "mail", "n": 2}}), &[]),
        (json!({"metadata": {"source": "chat"}}), &[]),
    ] {
        assert_eq!(found(&platform, more.clone()), expected, "{more}");
    }
}

#[test]
fn expired_memories_do_not_count() {
    let platform = start();
    let day = |text: &str| text.parse::<jiff::civil::Date>().unwrap();
    let memory = |text: &str| NewMemory::new(text).user("alice");
    load(
        &platform,
        [
            memory("voucher of yesterday").expiration_date(day("2026-01-30")),
            memory("voucher of today").expiration_date(day("2026-01-31")),
            memory("voucher of ever and ever and ever"),
        ],
    );
    assert_eq!(found(&platform, json!({})), ["ever and ever and ever", "today"]);
    assert_eq!(found(&platform, json!({"show_expired": true})).len(), 3);
    platform.clock().advance(Duration::from_secs(12 * 60 * 60 - 1));
    assert_eq!(found(&platform, json!({"threshold": 0})).len(), 2, "the whole day, in UTC");
    platform.clock().advance(Duration::from_secs(1));
    assert_eq!(found(&platform, json!({"threshold": 0})), ["ever and ever and ever"]);
    // The two best are dropped before the results are counted.
    assert_eq!(found(&platform, json!({"top_k": 1})), ["ever and ever and ever"]);
}

#[test]
fn superseded_and_merged_memories_are_shown_on_request() {
    let platform = several();
    let mut dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    let table = &mut dump["tables"]["memories"];
    let column =
        table["columns"].as_array().unwrap().iter().position(|name| name == "lifecycle_state").unwrap();
    table["rows"][0][column] = json!("superseded");
    table["rows"][2][column] = json!("merged");
    platform.load(&serde_json::from_value::<Dump>(dump).unwrap()).unwrap();
    let all = |more: Value| {
        let mut more = more;
        more["filters"] = json!({"user_id": {"in": ["alice", "bob"]}});
        found(&platform, more)
    };
    assert_eq!(all(json!({})), ["alice", "alice in run"]);
    assert_eq!(all(json!({"latest_only": true})), ["alice in run"]);
    assert_eq!(all(json!({"include_merged": true})), ["alice", "alice in run", "bob"]);
    assert_eq!(all(json!({"include_merged": true, "latest_only": true})), ["alice in run"]);
}

#[test]
fn readers_find_memories_and_others_do_not() {
    let platform = several();
    let search_request =
        |key: &str| call(platform.url(), "POST", SEARCH, key, &body("voucher", json!({}))).json();
    assert_eq!(search_request(platform.reader_key()), search_request(platform.api_key()));
    assert_eq!(search_request(platform.other_key()), json!({"results": []}));
    assert_eq!(results(&platform, "voucher", json!({})).len(), 2);
}
