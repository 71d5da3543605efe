//! Matching, order and scores of results.

use mem0_local::{Dump, NewMemory};
use serde_json::json;

use super::{load, platform_with, results, rows, scores, search_request, start, texts};

const TEXTS: [&str; 6] = [
    "Mia keeps a greyhound named Pickles",
    "The quarterly budget review moved to Thursday",
    "Favourite pizza topping is smoked provolone",
    "Learning to play the accordion on weekends",
    "Passport renewal appointment is in Lisbon",
    "Runs ten kilometres along the canal every morning",
];

#[test]
fn the_best_match_comes_first() {
    let platform = platform_with(&TEXTS);
    for (query, best) in [
        ("greyhound Pickles", 0),
        ("When is the budget review?", 1),
        ("pizza toppings", 2),
        ("accordion weekend", 3),
        ("passport appointment Lisbon", 4),
        ("morning canal kilometres", 5),
        ("What kind of dog, a greyhound?", 0),
    ] {
        for more in [json!({}), json!({"threshold": 0.0, "top_k": 50}), json!({"rerank": true})] {
            assert_eq!(texts(&platform, query, more.clone())[0], TEXTS[best], "{query} {more}");
        }
    }
    assert_eq!(texts(&platform, "zeppelin", json!({})), [""; 0]);
    assert_eq!(texts(&platform, "???", json!({})), [""; 0], "a query without words");
}

#[test]
fn words_match_regardless_of_case_accents_and_endings() {
    let platform =
        platform_with(&["Zoë bought café chairs", "Пьёт чай без сахара", "日本語を勉強する", "Running late"]);
    for (query, found) in [
        ("ZOE", 0),
        ("zoë", 0),
        ("CAFÉS", 0),
        ("cafe", 0),
        ("chair", 0),
        ("САХАРА", 1),
        ("пьет", 1),
        ("日本", 2),
        ("勉強", 2),
        ("runs", 3),
    ] {
        assert_eq!(texts(&platform, query, json!({})).len(), 1, "{query}");
        assert_eq!(
            results(&platform, query, json!({"top_k": 1}))[0]["id"],
            rows(&platform, "memories")[found]["memory_id"]
        );
    }
}

#[test]
fn an_unknown_word_matches_as_a_prefix() {
    let platform =
        platform_with(&["The lighthouse keeper", "Lighter fluid", "A light supper", "Nothing of it"]);
    assert_eq!(texts(&platform, "lightho", json!({})), ["The lighthouse keeper"]);
    assert_eq!(texts(&platform, "lightho", json!({"keyword_search": true})), [""; 0]);
    assert_eq!(texts(&platform, "light", json!({})), ["A light supper"], "a complete word");
    assert_eq!(texts(&platform, "light*", json!({})).len(), 3, "an explicit prefix");
    assert_eq!(texts(&platform, "ligh", json!({})).len(), 3);
    assert_eq!(texts(&platform, "li", json!({})), [""; 0], "two letters are not expanded");
}

#[test]
fn a_threshold_of_zero_returns_all_memories() {
    let platform = platform_with(&TEXTS);
    load(&platform, [NewMemory::new("A greyhound of somebody else").user("bob")]);
    let all = results(&platform, "greyhound", json!({"threshold": 0}));
    let found: Vec<(&str, bool)> =
        all.iter().map(|found| (found["memory"].as_str().unwrap(), found["score"] == 0.0)).collect();
    let mut ids: Vec<String> =
        all[1..].iter().map(|found| found["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found[0], (TEXTS[0], false));
    assert!(found[1..].iter().all(|(_, is_nothing)| *is_nothing), "{found:?}");
    assert_eq!(found.len(), 6);
    // With equal times, they are sorted by ID.
    assert!(ids.is_sorted());
    ids.truncate(2);
    assert_eq!(results(&platform, "greyhound", json!({"threshold": 0, "top_k": 3})).len(), 3);
    assert_eq!(texts(&platform, "???", json!({"threshold": 0})).len(), 6);
}

#[test]
fn a_memory_with_every_word_scores_at_least_0_3() {
    let long = format!("{} heron", "filler words of all sorts ".repeat(4000));
    let platform = platform_with(&[&long, "heron", "A heron by the pond", "heron heron heron"]);
    for query in ["heron", "herons HERON", "heron sorts filler"] {
        let scores = scores(&platform, query, json!({"top_k": 1000, "threshold": 0.3}));
        assert!(
            !scores.is_empty() && scores.iter().all(|score| (0.3..=1.0).contains(score)),
            "{query} {scores:?}"
        );
    }
    assert_eq!(scores(&platform, "heron", json!({})).len(), 4);
    assert_eq!(
        texts(&platform, "heron pond", json!({}))[0],
        "A heron by the pond",
        "more matching words score higher"
    );
    let alone = texts(&platform, "heron", json!({}));
    assert_eq!(
        (alone[0].as_str(), alone.last().unwrap() == &long),
        ("heron heron heron", true),
        "{:?}",
        &alone[..3]
    );
}

#[test]
fn results_are_sorted_by_score_and_cut_at_the_threshold() {
    let platform = platform_with(&TEXTS);
    let query = "greyhound named Pickles budget";
    let all = scores(&platform, query, json!({"threshold": 0}));
    assert!(all.is_sorted_by(|one, other| one >= other) && all[0] > all[1], "{all:?}");
    for (threshold, remaining) in [(f64::midpoint(all[0], all[1]), 1), (all[0], 1), (all[1], 2), (1.0, 0)] {
        let kept = scores(&platform, query, json!({"threshold": threshold}));
        assert_eq!(kept, all[..remaining], "{threshold}");
    }
    assert_eq!(scores(&platform, query, json!({"threshold": 0})), all, "scores are reproducible");
}

#[test]
fn returns_ten_results_by_default() {
    let platform = start();
    load(&platform, (0..1100).map(|n| NewMemory::new(format!("Lantern {n} in the harbour")).user("alice")));
    for (more, expected) in [
        (json!({}), 10),
        (json!({"top_k": null}), 10),
        (json!({"top_k": 1}), 1),
        (json!({"top_k": 12}), 12),
        (json!({"top_k": 1000}), 1000),
    ] {
        assert_eq!(results(&platform, "lantern harbour", more).len(), expected);
    }
    assert_eq!(texts(&platform, "lantern 77", json!({"top_k": 1})), ["Lantern 77 in the harbour"]);
}

#[test]
fn equal_scores_are_sorted_latest_first() {
    let platform = start();
    for hour in 0..5 {
        platform.clock().advance(std::time::Duration::from_secs(3600));
        load(&platform, [NewMemory::new(format!("Ferry at {hour}{hour}")).user("alice")]);
    }
    let expected: Vec<String> = (0..5).rev().map(|hour| format!("Ferry at {hour}{hour}")).collect();
    assert_eq!(texts(&platform, "ferries", json!({})), expected);
    assert_eq!(texts(&platform, "none of them", json!({"threshold": 0})), expected);
}

/// More memories than are expanded or scored: the best are still found.
#[test]
fn very_frequent_words_do_not_hide_the_best_match() {
    let platform = start();
    let texts_of = |n: usize| match n {
        17 => "coffee morning walrus".to_owned(),
        n if n % 500 == 3 => format!("coffee morning number {n}"),
        n if n % 2 == 0 => format!("coffee at the office number {n}"),
        n => format!("morning at the office number {n}"),
    };
    load(&platform, (0..45_000).map(|n| NewMemory::new(texts_of(n)).user(["alice", "bob"][n / 44_000])));
    assert_eq!(texts(&platform, "coffee morning walrus", json!({"top_k": 1})), ["coffee morning walrus"]);
    let both = texts(&platform, "coffee morning", json!({"top_k": 20}));
    assert!(both.len() == 20 && both.iter().all(|text| text.starts_with("coffee morning")), "{both:?}");
    let office = texts(&platform, "office", json!({"top_k": 1000}));
    assert_eq!(office.len(), 1000);
    let one = texts(&platform, "office 31234", json!({"top_k": 3}));
    assert_eq!(one[0], "coffee at the office number 31234");
    // All memories of a user with few are found by the most frequent word.
    let bob = json!({"filters": {"user_id": "bob"}, "top_k": 1000, "threshold": 0.01});
    assert_eq!(texts(&platform, "office", bob).len(), 998);
    // A filter with few matches finds old memories too.
    let old = json!({"filters": {"AND": [{"user_id": "alice"}, {"memory_ids": [rows(&platform, "memories")[0]["memory_id"]]}]}});
    assert_eq!(texts(&platform, "office", old), ["coffee at the office number 0"]);
}

#[test]
fn results_have_the_documented_or_the_requested_fields() {
    let platform = start();
    let metadata = json!({"source": "mail"}).as_object().unwrap().clone();
    load(
        &platform,
        [NewMemory::new("Likes tea").user("alice").run("r").metadata(metadata).categories(["food"])],
    );
    let found = results(&platform, "tea", json!({})).remove(0);
    let score = found["score"].as_f64().unwrap();
    assert_eq!(
        found,
        json!({
            "id": rows(&platform, "memories")[0]["memory_id"], "memory": "Likes tea", "user_id": "alice", "agent_id": null,
            "app_id": null, "run_id": "r", "metadata": {"source": "mail"}, "categories": ["food"],
            "expiration_date": null, "created_at": "2026-01-31T12:00:00.000000Z",
            "updated_at": "2026-01-31T12:00:00.000000Z", "score": score,
        })
    );
    let some = results(&platform, "tea", json!({"fields": ["memory", "score", "no_such"]})).remove(0);
    assert_eq!(some, json!({"id": found["id"], "memory": "Likes tea", "score": score}));
}

#[test]
fn searches_create_events() {
    let platform = platform_with(&TEXTS);
    let request = json!({"query": "greyhound", "filters": {"user_id": "alice"}, "top_k": 3});
    let found = results(&platform, "greyhound", json!({"top_k": 3}));
    assert_eq!(search_request(&platform, "", json!({})).status, 400);
    let events = rows(&platform, "events");
    assert_eq!(events.len(), 1, "what was refused is none: {events:?}");
    assert_eq!((&events[0]["event_type"], &events[0]["status"]), (&json!("SEARCH"), &json!("SUCCEEDED")));
    let json_of = |column: &str| -> serde_json::Value {
        serde_json::from_str(events[0][column].as_str().unwrap()).unwrap()
    };
    assert_eq!(json_of("payload"), request);
    assert_eq!(json_of("results"), json!([{"id": found[0]["id"], "score": found[0]["score"]}]));
}

#[test]
fn dumps_and_resets_update_the_index() {
    let platform = platform_with(&TEXTS);
    let before = results(&platform, "greyhound budget", json!({"threshold": 0}));
    let dump: Dump =
        serde_json::from_str(&serde_json::to_string(&platform.dump().unwrap()).unwrap()).unwrap();
    platform.reset().unwrap();
    assert_eq!(texts(&platform, "greyhound", json!({"threshold": 0})), [""; 0]);
    load(&platform, [NewMemory::new("Another greyhound").user("alice")]);
    assert_eq!(texts(&platform, "greyhound", json!({})), ["Another greyhound"]);
    platform.load(&dump).unwrap();
    assert_eq!(results(&platform, "greyhound budget", json!({"threshold": 0})), before);
    assert_eq!(texts(&platform, "another", json!({})), [""; 0]);
}

#[test]
fn a_failed_load_adds_nothing() {
    let platform = start();
    let before = platform.dump().unwrap();
    for (invalid, words) in [
        (NewMemory::new("  ").user("alice"), "memory 1: text must not be empty"),
        (NewMemory::new("x"), "memory 1: no owner"),
        (NewMemory::new("x").run(""), "memory 1: ID must not be empty"),
    ] {
        let memories = [NewMemory::new("good").user("alice"), invalid];
        let error = platform.load_memories(platform.org_id(), platform.project_id(), memories).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    assert!(platform.load_memories(platform.org_id(), "proj_nowhere", []).is_err());
    assert!(platform.dump().unwrap() == before);
    load(&platform, [NewMemory::new("good").user("alice")]);
    assert_eq!(texts(&platform, "good", json!({})), ["good"]);
    assert_eq!((rows(&platform, "memory_history").len(), rows(&platform, "entities").len()), (1, 1));
}

/// The iterator of the caller may panic.
#[test]
fn a_panic_during_a_load_adds_nothing() {
    let platform = platform_with(&["A greyhound"]);
    let load = || {
        let memories = (0..5)
            .map(|n| if n < 3 { NewMemory::new("A greyhound").user("alice") } else { panic!("no more") });
        platform.load_memories(platform.org_id(), platform.project_id(), memories)
    };
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(load)).is_err());
    assert_eq!(texts(&platform, "greyhound", json!({})), ["A greyhound"]);
    assert_eq!(rows(&platform, "memories").len(), 1);
}
