//! Decay of search scores, with a fixed clock.

use std::time::Duration;

use mem0::ProjectUpdate;
use mem0_local::{Clock, LocalPlatform, NewMemory, decay_factor};
use serde_json::{Value, json};

use super::{load, noon, results, rows, scores, start, texts};
use crate::raw_http::call;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

fn decay(platform: &LocalPlatform, on: bool) {
    platform.client().unwrap().project().update(ProjectUpdate::new().decay(on)).unwrap();
}

fn ago(seconds: u64) -> jiff::Timestamp {
    noon() - Duration::from_secs(seconds)
}

/// Adds a memory of a new user with half of the words of the query, so that no factor raises its score to 1.
fn memory(user: &str) -> NewMemory {
    NewMemory::new("kettle in the attic").user(user)
}

fn score(platform: &LocalPlatform, user: &str) -> f64 {
    let more = json!({"filters": {"user_id": user}, "threshold": 0});
    scores(platform, "kettle gramophone", more)[0]
}

/// Current decay factor of the only memory of a user.
fn factor(platform: &LocalPlatform, user: &str) -> f64 {
    let decayed = score(platform, user);
    decay(platform, false);
    let plain = score(platform, user);
    decay(platform, true);
    assert!(plain > 0.0 && plain < 0.6, "{plain}");
    decayed / plain
}

/// Rows of the documented table.
#[test]
fn factors_match_the_documented_table() {
    let returned_then = |idle: u64| {
        let platform = start();
        decay(&platform, true);
        load(&platform, [memory("ann").created_at(ago(400 * DAY))]);
        score(&platform, "ann");
        platform.clock().advance(Duration::from_secs(idle));
        factor(&platform, "ann")
    };
    let not_accessed = |memory: NewMemory| {
        let platform = start();
        decay(&platform, true);
        load(&platform, [memory]);
        factor(&platform, "ann")
    };
    let added_then = |idle: u64| {
        let platform = start();
        decay(&platform, true);
        let body = json!({"messages": "kettle in the attic", "user_id": "ann", "infer": false});
        assert_eq!(call(platform.url(), "POST", "/v3/memories/add/", platform.api_key(), &body).status, 200);
        platform.clock().advance(Duration::from_secs(idle));
        factor(&platform, "ann")
    };
    let event = |at: jiff::Timestamp| not_accessed(memory("ann").created_at(ago(400 * DAY)).event_date(at));
    let new_event = |at: jiff::Timestamp| not_accessed(memory("ann").created_at(noon()).event_date(at));
    let updated = |at: jiff::Timestamp| not_accessed(memory("ann").created_at(at));
    let week = 7 * DAY;
    let future = noon() + Duration::from_secs(30 * DAY);
    for (row, factor, least, most) in [
        ("just added", added_then(0), 1.499, 1.5),
        ("just returned", returned_then(0), 1.499, 1.5),
        ("added today", added_then(12 * HOUR), 1.2, 1.4),
        ("accessed today, in the morning", returned_then(7 * HOUR), 1.2, 1.4),
        ("accessed today, a day ago", returned_then(DAY), 1.199, 1.4),
        ("idle three days", returned_then(3 * DAY), 0.6, 1.0),
        ("idle six days", returned_then(6 * DAY), 0.6, 1.0),
        ("idle two weeks", returned_then(2 * week), 0.4, 0.6),
        ("idle four weeks", returned_then(4 * week), 0.4, 0.6),
        ("idle four months", returned_then(120 * DAY), 0.3, 0.35),
        ("idle three years", returned_then(3 * 365 * DAY), 0.3, 0.31),
        ("no history, an event to come", event(future), 0.999, 1.001),
        ("no history, an event of this moment", event(noon()), 0.999, 1.001),
        ("no history, an event three days ago", event(ago(3 * DAY)), 0.5, 0.8),
        ("no history, an event a month ago", event(ago(30 * DAY)), 0.3, 0.5),
        ("no history, an event a year ago", event(ago(365 * DAY)), 0.3, 0.31),
        ("no history, an event a year ago, updated now", new_event(ago(365 * DAY)), 0.3, 0.31),
        ("no history, no event, updated now", updated(noon()), 0.999, 1.001),
        ("no history, no event, updated three days ago", updated(ago(3 * DAY)), 0.5, 0.8),
        ("no history, no event, updated a year ago", updated(ago(365 * DAY)), 0.3, 0.31),
    ] {
        assert!((least..=most + 1e-9).contains(&factor), "{row}: {factor}");
    }
    let recently_reinforced = {
        let platform = start();
        decay(&platform, true);
        load(&platform, [memory("ann").created_at(ago(400 * DAY))]);
        for _ in 0..5 {
            score(&platform, "ann");
            platform.clock().advance(Duration::from_secs(HOUR));
        }
        factor(&platform, "ann")
    };
    assert!((1.2..=1.5).contains(&recently_reinforced), "{recently_reinforced}");
}

#[test]
fn decay_factor_equals_the_factor_of_a_search() {
    let platform = start();
    decay(&platform, true);
    load(&platform, [memory("ann").created_at(ago(50 * DAY))]);
    let mut accesses = Vec::new();
    for idle in [0, 3 * HOUR, DAY, 5 * DAY, 40 * DAY] {
        platform.clock().advance(Duration::from_secs(idle));
        let now = platform.clock().now();
        let expected = decay_factor(&accesses, None, ago(50 * DAY), now);
        let factor = factor(&platform, "ann");
        assert!((factor - expected).abs() < 1e-12, "{factor} {expected}");
        accesses.push(now);
    }
}

/// Two memories with the same words, a year old: the retrieved one comes first.
#[test]
fn accesses_remain_while_decay_is_off() {
    let platform = start();
    let pair =
        ["Amber folder: lighthouse keeper rota schedule", "Cobalt folder: lighthouse keeper rota schedule"];
    let year_ago = ago(400 * DAY);
    load(
        &platform,
        pair.iter().map(|text| NewMemory::new(*text).user("alice").run(&text[..5]).created_at(year_ago)),
    );
    let query = "lighthouse keeper rota schedule";
    let search = || results(&platform, query, json!({"threshold": 0, "top_k": 20}));
    let plain = search();
    assert_eq!(plain[0]["score"], plain[1]["score"]);
    let late = plain[1].clone();
    let late_filter = json!({"filters": {"AND": [{"user_id": "alice"}, {"run_id": late["run_id"]}]}});
    for _ in 0..3 {
        assert_eq!(results(&platform, query, late_filter.clone()).len(), 1);
    }
    assert_eq!(search(), plain, "searches without decay change nothing");
    assert_eq!(rows(&platform, "touches"), [Value::Null; 0], "decay is off: nothing is recorded");
    decay(&platform, true);
    assert_eq!(search()[0]["id"], plain[0]["id"], "equal age, neither accessed");
    platform.clock().advance(Duration::from_secs(10 * DAY));
    for _ in 0..3 {
        results(&platform, query, late_filter.clone());
    }
    let decayed = search();
    assert_eq!(decayed[0]["id"], late["id"]);
    assert_eq!(decayed.len(), 2, "nothing is removed");
    decay(&platform, false);
    assert_eq!(search(), plain, "without decay, the order is the original one");
    platform.clock().advance(Duration::from_secs(DAY));
    decay(&platform, true);
    assert_eq!(search()[0]["id"], late["id"], "earlier accesses count again");
}

#[test]
fn the_threshold_is_applied_before_decay() {
    let platform = start();
    load(&platform, [memory("ann").created_at(ago(400 * DAY))]);
    let full = score(&platform, "ann");
    decay(&platform, true);
    let more = json!({"filters": {"user_id": "ann"}, "threshold": full * 0.9});
    let found = scores(&platform, "kettle gramophone", more.clone());
    assert!(found.len() == 1 && found[0] < full * 0.4, "{found:?} of {full}");
    // A memory is not found if only decay raises its score above the threshold.
    let more = json!({"filters": {"user_id": "ann"}, "threshold": full * 1.1});
    assert_eq!(scores(&platform, "kettle gramophone", more), [0.0; 0]);
}

#[test]
fn results_are_sorted_by_product_and_scores_are_clamped() {
    let platform = start();
    decay(&platform, true);
    let texts_of =
        ["kettle kettle kettle", "kettle kettle kettle kettle kettle kettle", "kettle kettle kettle kettle"];
    load(&platform, texts_of.iter().map(|text| NewMemory::new(*text).user("alice")));
    let more = || json!({"top_k": 3});
    texts(&platform, "kettle", more());
    let found = results(&platform, "kettle", more());
    let order: Vec<&str> = found.iter().map(|found| found["memory"].as_str().unwrap()).collect();
    assert!(found.iter().all(|found| found["score"] == 1.0), "{found:?}");
    decay(&platform, false);
    assert_eq!(
        order,
        texts(&platform, "kettle", more()),
        "all have one factor, so that the plain order stays"
    );
    let plain = scores(&platform, "kettle", more());
    assert!(plain[0] > plain[1] && plain[1] > plain[2], "{plain:?}");
}

/// Decay reorders fifty candidates, or three times the requested number. Memories beyond are not raised.
#[test]
fn decay_reorders_the_candidates_only() {
    let platform = start();
    let at = |n: u64| ago((500 + n) * DAY);
    load(
        &platform,
        (0..60).map(|n| {
            NewMemory::new(format!("kettle {n:02}")).user("alice").run(format!("{n}")).created_at(at(n))
        }),
    );
    decay(&platform, true);
    let one = json!({"filters": {"AND": [{"user_id": "alice"}, {"run_id": "54"}]}});
    assert_eq!(texts(&platform, "kettle", one.clone()), ["kettle 54"]);
    let first = |top_k: usize| texts(&platform, "kettle", json!({"top_k": top_k}))[0].clone();
    assert_ne!(first(1), "kettle 54", "the 55th result");
    platform.clock().advance(Duration::from_secs(HOUR));
    assert_eq!(texts(&platform, "kettle", one), ["kettle 54"]);
    assert_eq!(first(19), "kettle 54", "of 57 results");
    assert_eq!(texts(&platform, "kettle", json!({"top_k": 19})).len(), 19);
}

#[test]
fn records_the_last_twenty_accesses_of_returned_memories() {
    let platform = start();
    load(&platform, [memory("ann"), memory("ann"), NewMemory::new("other").user("ann"), memory("bob")]);
    decay(&platform, true);
    for _ in 0..25 {
        platform.clock().advance(Duration::from_secs(1));
        results(&platform, "kettle", json!({"filters": {"user_id": "ann"}, "top_k": 1}));
    }
    let accesses = rows(&platform, "touches");
    let last = platform.clock().now().as_microsecond();
    let mut times: Vec<i64> = accesses.iter().map(|access| access["touched_at"].as_i64().unwrap()).collect();
    times.sort_unstable();
    assert_eq!(times, (0..20).map(|n| last - (19 - n) * 1_000_000).collect::<Vec<i64>>());
    assert!(accesses.iter().all(|access| access["number"] == accesses[0]["number"]));
    // A dump contains the accesses.
    let other = LocalPlatform::builder().clock(Clock::manual(platform.clock().now())).start().unwrap();
    other.load(&platform.dump().unwrap()).unwrap();
    assert_eq!(rows(&other, "touches"), accesses);
}

#[test]
fn deprecated_searches_ignore_decay() {
    let platform = start();
    load(&platform, [memory("ann").created_at(ago(400 * DAY))]);
    let v1 = || {
        let body = json!({"query": "kettle gramophone", "user_id": "ann"});
        call(platform.url(), "POST", "/v1/memories/search/", platform.api_key(), &body).json()
    };
    let plain = v1();
    decay(&platform, true);
    assert_eq!(v1(), plain);
    assert_eq!(rows(&platform, "touches"), [Value::Null; 0]);
}

#[test]
fn decay_is_a_setting_of_each_project() {
    let platform = start();
    load(&platform, [memory("alice").created_at(ago(400 * DAY))]);
    let ping = call(platform.url(), "GET", "/v1/ping/", platform.other_key(), &Value::Null).json();
    let (org_id, project_id) = (ping["org_id"].as_str().unwrap(), ping["project_id"].as_str().unwrap());
    platform.load_memories(org_id, project_id, [memory("alice").created_at(ago(400 * DAY))]).unwrap();
    let other = || {
        let body = super::body("kettle gramophone", json!({}));
        let found = call(platform.url(), "POST", super::SEARCH, platform.other_key(), &body).json();
        found["results"][0]["score"].as_f64().unwrap()
    };
    let (own, others) = (score(&platform, "alice"), other());
    assert_eq!(own.to_bits(), others.to_bits(), "the same memory in each");
    decay(&platform, true);
    assert!(score(&platform, "alice") < own);
    assert_eq!(other().to_bits(), others.to_bits());
    let accesses = rows(&platform, "touches");
    assert_eq!(accesses.len(), 1);
}
