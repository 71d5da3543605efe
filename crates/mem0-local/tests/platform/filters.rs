//! Filters: matches and error messages.

use mem0_local::{Clock, LocalPlatform};
use serde_json::{Value, json};

use crate::fixtures::{at, id, insert_memories, list, numbers};

fn platform() -> LocalPlatform {
    let clock = Clock::manual("2026-03-01T00:00:00Z".parse().unwrap());
    let platform = LocalPlatform::builder().clock(clock).start().unwrap();
    insert_memories(
        &platform,
        &[
            json!({
                "user_id": "alice", "run_id": "r1", "memory": "Invoice 4471 is overdue",
                "metadata": {"source": "email", "n": 1, "tags": ["a", "b"], "done": true},
                "categories": ["finance"], "created_at": at("2026-01-10T12:00:00Z"),
                "updated_at": at("2026-02-01T00:00:00Z"), "expiration_date": "2026-06-30",
            }),
            json!({
                "user_id": "alice", "agent_id": "bot", "run_id": "r2", "memory": "Prefers window seats",
                "metadata": {"source": "chat", "n": 2.5, "Source": "x", "odd \"key\".'": "é"},
                "categories": ["travel", "User_Preferences"], "created_at": at("2026-01-31T00:00:00Z"),
                "updated_at": at("2026-01-31T00:00:00Z"),
            }),
            json!({
                "user_id": "alice", "app_id": "app", "memory": "INVOICE archive: ÜBERSICHT 100% of a_b",
                "metadata": {"source": "email", "n": null, "flag": false}, "categories": [],
                "created_at": at("2026-01-31T23:59:59.999999Z"), "updated_at": at("2026-03-01T00:00:00Z"),
                "expiration_date": "no date",
            }),
            json!({
                "user_id": "alice", "memory": "Passport from Porto", "created_at": at("2023-01-01T00:00:00Z"),
                "updated_at": at("2023-01-01T00:00:00Z"), "expiration_date": "2099-12-31",
            }),
            json!({
                "user_id": "bob", "memory": "Allergic to peanuts", "metadata": {"source": "chat"},
                "categories": ["health"], "created_at": at("2026-02-01T00:00:00Z"),
                "updated_at": at("2026-02-01T00:00:00Z"),
            }),
            json!({
                "agent_id": "bot", "run_id": "*", "memory": "Retries twice", "metadata": {},
                "created_at": at("2026-02-02T00:00:00Z"), "updated_at": at("2026-02-02T00:00:00Z"),
            }),
        ],
    );
    platform
}

/// Returns a filter over the memories of all users.
fn every(condition: &Value) -> Value {
    json!({"AND": [{"OR": [{"user_id": "*"}, {"agent_id": "*"}]}, condition]})
}

#[test]
fn entities_and_logic() {
    let platform = platform();
    let alice = json!({"user_id": "alice"});
    for (filters, expected) in [
        (alice.clone(), vec![1, 2, 3, 4]),
        (json!({"user_id": "alice", "run_id": "r1"}), vec![1]),
        (json!({"AND": [{"user_id": "alice", "run_id": "r1"}]}), vec![1]),
        (json!({"user_id": "Alice"}), vec![]),
        (json!({"user_id": "nobody"}), vec![]),
        (json!({"user_id": {"eq": "bob"}}), vec![5]),
        (json!({"user_id": {"in": ["bob", "alice", "bob"]}}), vec![1, 2, 3, 4, 5]),
        (json!({"user_id": {"in": ["*"]}}), vec![1, 2, 3, 4, 5]),
        (json!({"user_id": {"eq": "*"}}), vec![1, 2, 3, 4, 5]),
        (json!({"user_id": "*"}), vec![1, 2, 3, 4, 5]),
        (json!({"agent_id": "*"}), vec![2, 6]),
        (json!({"agent_id": "*", "user_id": null}), vec![6]),
        (json!({"agent_id": "*", "user_id": {"eq": null}}), vec![6]),
        (json!({"agent_id": "*", "user_id": {"ne": "*"}}), vec![6]),
        (json!({"agent_id": "*", "user_id": {"ne": null}}), vec![2]),
        (json!({"agent_id": "*", "user_id": {"in": [null, "bob"]}}), vec![6]),
        (json!({"OR": [{"user_id": "bob"}, {"agent_id": "bot"}]}), vec![2, 5, 6]),
        (json!({"OR": [{"user_id": "bob"}, {"metadata": {"source": "email"}}]}), vec![1, 3, 5]),
        (json!({"AND": [{"user_id": "alice"}], "OR": [{"run_id": "r1"}]}), vec![1, 2, 3, 4]),
        (json!({"AND": [{"user_id": "alice"}], "OR": "never looked at"}), vec![1, 2, 3, 4]),
        (json!({"user_id": "alice", "OR": [{"run_id": "r1"}, {"app_id": "app"}]}), vec![1, 3]),
        (json!({"AND": [{"user_id": "alice"}], "NOT": {"run_id": "r1"}}), vec![2, 3, 4]),
        (json!({"user_id": "alice", "run_id": {"ne": "r1"}}), vec![2, 3, 4]),
        (json!({"AND": [alice, {"run_id": "*"}, {"run_id": {"ne": "r1"}}]}), vec![2]),
        (json!({"user_id": "alice", "run_id": {"ne": "r1", "in": ["r1", "r2"]}}), vec![2]),
        (json!({"AND": [alice, {"NOT": {"run_id": {"in": ["r1", "r2"]}}}]}), vec![3, 4]),
        (json!({"AND": [alice, {"NOT": [{"run_id": "r1"}, {"app_id": "app"}]}]}), vec![2, 4]),
        (json!({"AND": [alice, {"NOT": {"run_id": "r1", "app_id": "app"}}]}), vec![1, 2, 3, 4]),
        (json!({"AND": [alice, {"NOT": {"OR": [{"run_id": "r1"}, {"app_id": "app"}]}}]}), vec![2, 4]),
        (json!({"AND": [alice, {"NOT": {"NOT": {"run_id": "r1"}}}]}), vec![1]),
        (json!({"AND": [alice, {"agent_id": "bot"}]}), vec![2]),
        (json!({"AND": [alice, {"memory_ids": [id(1), id(5), "no such"]}]}), vec![1]),
        (
            json!({"AND": [alice, {"memory_ids": {"in": [id(2).to_uppercase(), id(3).replace('-', "")]}}]}),
            vec![2, 3],
        ),
        (json!({"AND": [alice, {"memory_ids": []}]}), vec![]),
        (json!({"user_id": "alice' OR 1 --"}), vec![]),
    ] {
        let response = list(&platform, &json!({"filters": filters, "show_expired": true}));
        assert_eq!(numbers(&response), expected, "{filters}");
    }
}

#[test]
fn metadata_categories_and_keywords() {
    let platform = platform();
    for (condition, expected) in [
        (json!({"metadata": {"source": "email"}}), vec![1, 3]),
        (json!({"metadata": {"source": "email", "n": 1}}), vec![1]),
        (json!({"metadata": {"n": 1.0}}), vec![1]),
        (json!({"metadata": {"n": "1"}}), vec![]),
        (json!({"metadata": {"n": 2.5}}), vec![2]),
        (json!({"metadata": {"Source": "x"}}), vec![2]),
        (json!({"metadata": {"SOURCE": "x"}}), vec![]),
        (json!({"metadata": {"odd \"key\".'": "é"}}), vec![2]),
        (json!({"metadata": {"n": null}}), vec![3, 4, 5, 6]),
        (json!({"metadata": {"n": "*"}}), vec![1, 2]),
        (json!({"metadata": {"done": true}}), vec![1]),
        (json!({"metadata": {"flag": false}}), vec![3]),
        (json!({"metadata": {"tags": ["a", "b"]}}), vec![1]),
        (json!({"metadata": {"tags": ["b", "a"]}}), vec![]),
        (json!({"metadata": {"tags": {"contains": "b"}}}), vec![1]),
        (json!({"metadata": {"tags": {"contains": "ab"}}}), vec![]),
        (json!({"metadata": {"source": {"contains": "mai"}}}), vec![1, 3]),
        (json!({"metadata": {"source": {"contains": "MAI"}}}), vec![]),
        (json!({"metadata": {"source": {"eq": "chat"}}}), vec![2, 5]),
        (json!({"metadata": {"source": {"ne": "email"}}}), vec![2, 4, 5, 6]),
        (json!({"metadata": {"source": {"ne": "*"}}}), vec![4, 6]),
        (json!({"NOT": {"metadata": {"source": "email"}}}), vec![2, 4, 5, 6]),
        (json!({"metadata": "*"}), vec![1, 2, 3, 5, 6]),
        (json!({"metadata": null}), vec![4]),
        (json!({"categories": {"in": ["finance", "health"]}}), vec![1, 5]),
        (json!({"categories": {"in": ["Finance", "user_preferences"]}}), vec![]),
        (json!({"categories": {"in": []}}), vec![]),
        (json!({"categories": {"contains": "PREF"}}), vec![2]),
        (json!({"categories": {"contains": "travel\",\""}}), vec![]),
        (json!({"categories": "*"}), vec![1, 2, 5]),
        (json!({"categories": null}), vec![3, 4, 6]),
        (json!({"NOT": {"categories": {"in": ["finance"]}}}), vec![2, 3, 4, 5, 6]),
        (json!({"keywords": {"contains": "INVOICE"}}), vec![3]),
        (json!({"keywords": {"icontains": "invoice"}}), vec![1, 3]),
        (json!({"keywords": {"icontains": "übersicht"}}), vec![3]),
        (json!({"keywords": {"contains": "0% of a_"}}), vec![3]),
        (json!({"keywords": {"icontains": "%"}}), vec![3]),
        (json!({"keywords": {"contains": ""}}), vec![1, 2, 3, 4, 5, 6]),
    ] {
        let response = list(&platform, &json!({"filters": every(&condition), "show_expired": true}));
        assert_eq!(numbers(&response), expected, "{condition}");
    }
}

#[test]
fn dates_are_days_and_timestamps_are_microseconds() {
    let platform = platform();
    for (condition, expected) in [
        (json!({"created_at": {"gte": "2026-01-31"}}), vec![2, 3, 5, 6]),
        (json!({"created_at": {"gt": "2026-01-31"}}), vec![5, 6]),
        (json!({"created_at": {"lte": "2026-01-31"}}), vec![1, 2, 3, 4]),
        (json!({"created_at": {"lt": "2026-01-31"}}), vec![1, 4]),
        (json!({"created_at": "2026-01-31"}), vec![2, 3]),
        (json!({"created_at": {"ne": "2026-01-31"}}), vec![1, 4, 5, 6]),
        (json!({"created_at": {"in": ["2026-01-31", "2023-01-01T00:00:00Z"]}}), vec![2, 3, 4]),
        (json!({"created_at": {"gte": "2026-01-31", "lte": "2026-02-01"}}), vec![2, 3, 5]),
        (json!({"created_at": {"gt": "2026-01-31T00:00:00Z"}}), vec![3, 5, 6]),
        (json!({"created_at": {"gt": "2026-01-31T00:00:00"}}), vec![3, 5, 6]),
        (json!({"created_at": {"gte": "2026-01-31T01:00:00+01:00", "lte": "2026-01-31T00:00:00Z"}}), vec![2]),
        (json!({"created_at": {"gte": "2026-01-31T23:59:59.9999991Z"}}), vec![5, 6]),
        (json!({"created_at": {"lte": "2026-01-31T23:59:59.9999991Z"}}), vec![1, 2, 3, 4]),
        (json!({"created_at": "*"}), vec![1, 2, 3, 4, 5, 6]),
        (json!({"created_at": null}), vec![]),
        (json!({"timestamp": {"lt": "2024-01-01"}}), vec![4]),
        (json!({"updated_at": {"gte": "2026-02-01"}}), vec![1, 3, 5, 6]),
        (json!({"expiration_date": "2026-06-30"}), vec![1]),
        (json!({"expiration_date": {"lte": "2026-06-30"}}), vec![1]),
        (json!({"expiration_date": {"lt": "2026-06-30"}}), vec![]),
        (json!({"expiration_date": {"gt": "2026-06-30"}}), vec![4]),
        (json!({"expiration_date": {"gte": "2026-06-30T00:00:00Z"}}), vec![1, 4]),
        (json!({"expiration_date": {"gte": "2026-06-30T00:00:01Z"}}), vec![4]),
        (json!({"expiration_date": {"gte": "2099-12-31"}}), vec![4]),
        (json!({"expiration_date": {"lte": "9999-12-31"}}), vec![1, 4]),
        (json!({"expiration_date": {"ne": "2026-06-30"}}), vec![2, 3, 4, 5, 6]),
        (json!({"expiration_date": "*"}), vec![1, 3, 4]),
        (json!({"expiration_date": null}), vec![2, 5, 6]),
    ] {
        let response = list(&platform, &json!({"filters": every(&condition), "show_expired": true}));
        assert_eq!(numbers(&response), expected, "{condition}");
    }
}

#[test]
fn invalid_filter_is_refused_with_a_message() {
    const SCOPE: &str = "One of the filters: app_id, user_id, agent_id, run_id is required!";
    const KEY: &str = "Top-level key must be a logical operator or an allowed field: ['AND', 'OR', 'NOT', 'user_id', 'agent_id', 'app_id', 'run_id', 'created_at', 'updated_at', 'timestamp', 'expiration_date', 'text', 'categories', 'metadata', 'keywords_search', 'memory_ids', 'keywords']";
    let platform = platform();
    let with = |condition: Value| json!({"AND": [{"user_id": "alice"}, condition]});
    for (filters, words) in [
        (json!(null), SCOPE),
        (json!({}), SCOPE),
        (json!({"metadata": {"source": "email"}}), SCOPE),
        (json!({"categories": {"in": ["a"]}}), SCOPE),
        (json!({"user_id": {"ne": "alice"}}), SCOPE),
        (json!({"NOT": {"user_id": "alice"}}), SCOPE),
        (json!({"NOT": [{"NOT": {"user_id": "alice"}}]}), SCOPE),
        (json!({"user_id": null}), SCOPE),
        (json!({"user_id": {"in": []}}), SCOPE),
        (json!({"user_id": {"in": [null]}}), SCOPE),
        (json!({"OR": [{"user_id": "alice"}], "AND": [{"created_at": {"gte": "2026-01-01"}}]}), SCOPE),
        (json!({"user_id": "alice", "bogus": 1}), KEY),
        (json!({"userId": "alice"}), KEY),
        (json!({"user_id": "alice", "metadata.trip": "x"}), KEY),
        (json!({"and": [{"user_id": "alice"}]}), KEY),
        (with(json!({"bogus": 1})), KEY),
        (json!([]), "A filter must be an object"),
        (json!("user_id"), "A filter must be an object"),
        (json!({"AND": {"user_id": "alice"}}), "'AND' takes a list of filters."),
        (json!({"OR": "x"}), "'OR' takes a list of filters."),
        (json!({"AND": []}), "'AND' takes at least one filter."),
        (with(json!({"NOT": []})), "'NOT' takes at least one filter."),
        (with(json!({"NOT": "x"})), "'NOT' takes a list of filters."),
        (with(json!({})), "'AND' contains an empty filter."),
        (with(json!(7)), "'AND' takes filters, which are objects."),
        (json!({"user_id": {}}), "'user_id' has neither a value nor an operator."),
        (json!({"user_id": 7}), "'user_id' must be compared with strings."),
        (json!({"user_id": ["alice"]}), "'user_id' must be compared with strings."),
        (json!({"user_id": {"in": "alice"}}), "'in' of 'user_id' takes a list."),
        (json!({"user_id": {"in": ["alice", 7]}}), "'user_id' must be compared with strings."),
        (json!({"user_id": {"gt": "a"}}), "'user_id' has no operator 'gt'. Use one of: eq, ne, in."),
        (with(json!({"run_id": {"nin": ["r1"]}})), "'run_id' has no operator 'nin'. Use one of: eq, ne, in."),
        (
            with(json!({"created_at": {">=": "2024-01-01"}})),
            "'created_at' has no operator '>='. Use one of: gt, gte, lt, lte, ne, in.",
        ),
        (with(json!({"created_at": {"eq": "2024-01-01"}})), "'created_at' has no operator 'eq'."),
        (
            with(json!({"created_at": "yesterday"})),
            "'created_at' must be compared with dates: YYYY-MM-DD or ISO 8601.",
        ),
        (with(json!({"created_at": {"gte": 1_700_000_000}})), "'created_at' must be compared with dates"),
        (
            with(json!({"expiration_date": {"lt": "2026-02-30"}})),
            "'expiration_date' must be compared with dates",
        ),
        (
            with(json!({"categories": {"eq": "travel"}})),
            "'categories' has no operator 'eq'. Use one of: in, contains.",
        ),
        (with(json!({"categories": {"ne": "travel"}})), "'categories' has no operator 'ne'."),
        (with(json!({"categories": "travel"})), "'categories' has no operator 'eq'."),
        (with(json!({"categories": {"in": [1]}})), "'categories' must be compared with strings."),
        (
            with(json!({"metadata": {"source": {"in": ["email"]}}})),
            "FilterValidationError: 'metadata' has no operator 'in'. Use one of: eq, ne, contains.",
        ),
        (with(json!({"metadata": {"source": {"gt": 1}}})), "'metadata' has no operator 'gt'."),
        (with(json!({"metadata": {"source": {}}})), "'metadata' has neither a value nor an operator."),
        (
            with(json!({"metadata": {"source": {"eq": {"a": 1}}}})),
            "'metadata' supports conditions on its top-level keys only.",
        ),
        (with(json!({"metadata": {}})), "'metadata' has neither a value nor an operator."),
        (with(json!({"metadata": "email"})), "'metadata' takes an object"),
        (
            with(json!({"keywords": "invoice"})),
            "'keywords' has no operator 'eq'. Use one of: contains, icontains.",
        ),
        (with(json!({"keywords": {"contains": 1}})), "'keywords' must be compared with strings."),
        (with(json!({"memory_ids": "x"})), "'memory_ids' has no operator 'eq'. Use one of: in."),
        (with(json!({"memory_ids": [1]})), "'memory_ids' must be compared with strings."),
        (with(json!({"text": {"contains": "x"}})), "'text' is not supported here"),
        (with(json!({"keywords_search": "x"})), "'keywords_search' is not supported here"),
    ] {
        let response = list(&platform, &json!({"filters": filters}));
        let message = response.json()["message"].as_str().unwrap_or_default().to_owned();
        assert_eq!(response.status, 400, "{filters}: {response:?}");
        let whole = [SCOPE, KEY].contains(&words);
        assert!(if whole { message == words } else { message.contains(words) }, "{filters}: {message}");
    }
    assert_eq!(list(&platform, &json!({})).status, 400, "no filters at all");
}

#[test]
fn large_filters_are_accepted_or_refused() {
    let platform = platform();
    let refused = |filters: Value, words: &str| {
        let response = list(&platform, &json!({"filters": filters}));
        assert_eq!(response.status, 400, "{}", &response.body[..response.body.len().min(200)]);
        assert!(response.body.contains(words), "{}", &response.body[..response.body.len().min(200)]);
    };
    let nested = |depth: usize, wrap: fn(Value) -> Value| {
        (0..depth).fold(json!({"run_id": {"ne": "r1"}}), |filters, _| wrap(filters))
    };
    let scoped = |filters: Value| json!({"user_id": "alice", "AND": [filters]});
    for wrap in [
        (|filters| json!({"NOT": filters})) as fn(Value) -> Value,
        |filters| json!({"AND": [filters, {"created_at": {"gte": "2020-01-01"}}]}),
        |filters| json!({"OR": [{"app_id": "none"}, filters]}),
    ] {
        assert_eq!(list(&platform, &json!({"filters": scoped(nested(19, wrap))})).status, 200);
        refused(scoped(nested(20, wrap)), "20 deep");
        refused(scoped(nested(50, wrap)), "20 deep");
    }
    // The largest accepted filter does not exceed the limits of the database either.
    let run = |n: usize| json!({"run_id": {"ne": format!("r{n}")}});
    let broad = |count| json!({"user_id": "alice", "OR": (1..count).map(run).collect::<Vec<_>>()});
    assert_eq!(numbers(&list(&platform, &json!({"filters": broad(200)}))).len(), 4);
    refused(broad(201), "200 conditions");
    let mixed = (0..9).fold(json!({"app_id": {"ne": "x"}}), |filters, level| {
        let terms = (0..20).map(|n| json!({"NOT": run(level * 20 + n + 10)})).chain([filters]);
        json!({"NOT": [{"OR": terms.collect::<Vec<_>>()}]})
    });
    assert_eq!(list(&platform, &json!({"filters": scoped(mixed)})).status, 200);
    let days: Vec<String> = (1..=28).map(|day| format!("2026-02-{day:02}")).collect();
    let in_days = (0..7).map(|_| json!({"created_at": {"in": days}})).collect::<Vec<_>>();
    refused(json!({"user_id": "alice", "AND": in_days}), "200 conditions");
    let ids: Vec<String> = (0..10_000).map(id).collect();
    assert_eq!(
        numbers(&list(&platform, &json!({"filters": {"user_id": "alice", "memory_ids": ids}}))).len(),
        4
    );
    let more: Vec<String> = (0..10_001).map(id).collect();
    refused(json!({"user_id": "alice", "memory_ids": more}), "10000 values");
    let long = "x".repeat(1_000_000);
    let keywords = json!({"filters": {"user_id": "alice", "keywords": {"icontains": long}}});
    assert_eq!(numbers(&list(&platform, &keywords)).len(), 0);
    refused(json!({"user_id": "alice", "run_id": {long.as_str(): 1}}), "has no operator 'xxx");
}
