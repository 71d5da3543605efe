//! Lists of memories and their history: pages, order, expiration, fields and the deprecated formats.

use std::time::Duration;

use mem0_local::{Clock, LocalPlatform};
use serde_json::{Value, json};

use crate::fixtures::{at, id, in_order, insert_history, insert_memories, list, numbers};
use crate::raw_http::{RawResponse, call};

fn get(platform: &LocalPlatform, path: &str) -> RawResponse {
    call(platform.url(), "GET", path, platform.api_key(), &Value::Null)
}

fn post(platform: &LocalPlatform, path: &str, body: &Value) -> RawResponse {
    call(platform.url(), "POST", path, platform.api_key(), body)
}

/// Five memories of alice. The second and the third were created at the same time.
fn five() -> LocalPlatform {
    let platform = LocalPlatform::start().unwrap();
    let rows: Vec<Value> = [10, 30, 30, 20, 50]
        .iter()
        .map(|at| json!({"user_id": "alice", "memory": format!("at {at}"), "created_at": at, "updated_at": at}))
        .collect();
    insert_memories(&platform, &rows);
    platform
}

#[test]
fn pages_link_to_each_other() {
    let platform = five();
    let body = json!({"filters": {"user_id": "alice"}});
    let page = |query: &str| post(&platform, &format!("/v3/memories/{query}"), &body);
    let whole = page("");
    assert_eq!(in_order(&whole), [5, 2, 3, 4, 1], "newest first, ties by id");
    let json = whole.json();
    assert_eq!((&json["count"], &json["next"], &json["previous"]), (&json!(5), &Value::Null, &Value::Null));

    let first = page("?page_size=2&org_id=a%20b");
    assert_eq!(in_order(&first), [5, 2]);
    let next = first.json()["next"].as_str().unwrap().to_owned();
    assert_eq!(next, "http://localhost/v3/memories/?org_id=a%20b&page=2&page_size=2");
    assert_eq!(first.json()["previous"], Value::Null);
    let second = page(next.strip_prefix("http://localhost/v3/memories/").unwrap());
    assert_eq!(in_order(&second), [3, 4]);
    let links = second.json();
    assert_eq!(links["next"], "http://localhost/v3/memories/?org_id=a%20b&page=3&page_size=2");
    assert_eq!(links["previous"], "http://localhost/v3/memories/?org_id=a%20b&page=1&page_size=2");
    let last = page("?page=3&page_size=2");
    assert_eq!((in_order(&last), &last.json()["next"]), (vec![1], &Value::Null));
    assert_eq!(page("?page=1&page_size=5").json()["next"], Value::Null, "a page that holds everything");

    let after_end = page("?page=4&page_size=2");
    assert_eq!((after_end.status, after_end.json()), (404, json!({"detail": "Invalid page."})));
    let unknown = post(&platform, "/v3/memories/", &json!({"filters": {"user_id": "nobody"}}));
    assert_eq!(unknown.json(), json!({"count": 0, "next": null, "previous": null, "results": []}));
    for query in [
        "?page=0",
        "?page=x",
        "?page=-1",
        "?page=",
        "?page=99999999999999999999",
        "?page=9223372036854775807",
    ] {
        assert_eq!(page(query).status, 404, "{query}");
    }
    for query in
        ["?page_size=0", "?page_size=x", "?page_size=-1", "?page_size=201", "?page_size=9223372036854775807"]
    {
        assert_eq!(in_order(&page(query)).len(), 5, "{query}");
    }
}

#[test]
fn page_in_the_query_takes_precedence_over_the_body() {
    let platform = five();
    let body = json!({"filters": {"user_id": "alice"}, "page": 2, "page_size": 2});
    let in_body = post(&platform, "/v3/memories/", &body);
    assert_eq!(in_order(&in_body), [3, 4]);
    assert_eq!(in_body.json()["next"], "http://localhost/v3/memories/?page=3&page_size=2");
    assert_eq!(in_order(&post(&platform, "/v3/memories/?page=3", &body)), [1]);
    assert_eq!(in_order(&post(&platform, "/v3/memories/?page=1&page_size=3", &body)), [5, 2, 3]);
}

#[test]
fn a_page_has_at_most_200_memories_and_100_unless_more_are_asked_for() {
    let platform = LocalPlatform::start().unwrap();
    insert_memories(
        &platform,
        &(0..250).map(|n| json!({"user_id": "alice", "created_at": n})).collect::<Vec<_>>(),
    );
    let body = json!({"filters": {"user_id": "alice"}});
    assert_eq!(in_order(&post(&platform, "/v3/memories/", &body)).len(), 100);
    let large = post(&platform, "/v3/memories/?page_size=1000", &body);
    assert_eq!(in_order(&large).len(), 200);
    assert_eq!(large.json()["next"], "http://localhost/v3/memories/?page=2&page_size=200");
    let entity = get(&platform, "/v1/memories/user/alice/?page=3&page_size=7");
    assert_eq!(in_order(&entity).len(), 50, "the page size is fixed at 100");
    assert_eq!(entity.json()["previous"], "http://localhost/v1/memories/user/alice/?page_size=7&page=2");
}

#[test]
fn memories_are_hidden_after_their_expiration_date() {
    let clock = Clock::manual("2026-01-30T12:00:00Z".parse().unwrap());
    let platform = LocalPlatform::builder().clock(clock.clone()).start().unwrap();
    let row = |day: Value| json!({"user_id": "alice", "expiration_date": day});
    insert_memories(
        &platform,
        &[json!("2026-01-30"), json!("2026-01-31"), Value::Null, json!("soon")].map(row),
    );
    let shown = |extra: Value| {
        let mut body = json!({"filters": {"user_id": "alice"}});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        numbers(&list(&platform, &body))
    };
    assert_eq!(shown(json!({})), [1, 2, 3, 4], "on its last day");
    clock.set("2026-01-30T23:59:59.999999Z".parse().unwrap());
    assert_eq!(shown(json!({"show_expired": false})), [1, 2, 3, 4], "to its last moment");
    clock.advance(Duration::from_micros(1));
    assert_eq!(shown(json!({})), [2, 3, 4]);
    assert_eq!(numbers(&get(&platform, "/v1/memories/?user_id=alice")), [2, 3, 4]);
    assert_eq!(numbers(&get(&platform, "/v1/memories/user/alice/")), [2, 3, 4]);
    clock.advance(Duration::from_secs(24 * 60 * 60));
    assert_eq!(shown(json!({})), [3, 4], "a value that is not a date never expires");
    assert_eq!(shown(json!({"show_expired": true})), [1, 2, 3, 4]);
    assert_eq!(get(&platform, &format!("/v1/memories/{}/", id(1))).json()["expiration_date"], "2026-01-30");
}

#[test]
fn superseded_and_merged_memories_are_selected_by_parameters() {
    let platform = LocalPlatform::start().unwrap();
    let row = |state| json!({"user_id": "alice", "lifecycle_state": state, "replaced_by": id(1)});
    insert_memories(&platform, &["active", "superseded", "merged"].map(row));
    for (latest, merged, expected) in [
        (false, false, vec![1, 2]),
        (true, false, vec![1]),
        (false, true, vec![1, 2, 3]),
        (true, true, vec![1]),
    ] {
        let body = json!({"filters": {"user_id": "alice"}, "latest_only": latest, "include_merged": merged});
        assert_eq!(numbers(&list(&platform, &body)), expected, "{body}");
    }
    let merged = get(&platform, &format!("/v1/memories/{}/", id(3))).json();
    assert_eq!((&merged["lifecycle_state"], &merged["replaced_by"]), (&json!("merged"), &json!(id(1))));
}

#[test]
fn parameters_narrow_a_list_besides_its_filter() {
    let platform = LocalPlatform::start().unwrap();
    let row = |memory: &str, day: &str, categories: Value| json!({"user_id": "alice", "memory": memory, "created_at": at(day), "categories": categories});
    insert_memories(
        &platform,
        &[
            row("Window seats on trains", "2026-01-01T00:00:00Z", json!(["travel"])),
            row("Trains at night", "2026-01-31T23:59:59.999999Z", json!(["travel", "hobbies"])),
            row("Peanuts", "2026-02-01T00:00:00Z", Value::Null),
        ],
    );
    for (narrowing, expected) in [
        (json!({"start_date": "2026-01-31"}), vec![2, 3]),
        (json!({"end_date": "2026-01-31"}), vec![1, 2]),
        (json!({"start_date": "2026-01-02", "end_date": "2026-01-31"}), vec![2]),
        (json!({"categories": ["hobbies", "food"]}), vec![2]),
        (json!({"categories": []}), vec![1, 2, 3]),
        (json!({"keywords": "trains WINDOW"}), vec![1]),
        (json!({"keywords": " "}), vec![1, 2, 3]),
        (json!({"keywords": null, "start_date": null, "categories": null, "fields": null}), vec![1, 2, 3]),
    ] {
        let mut body = json!({"filters": {"user_id": "alice"}});
        body.as_object_mut().unwrap().extend(narrowing.as_object().unwrap().clone());
        assert_eq!(numbers(&list(&platform, &body)), expected, "{narrowing}");
    }
    for (invalid, words) in [
        (json!({"start_date": "31.1.2026"}), "start_date: Date has wrong format."),
        (json!({"end_date": "2026-01-31T00:00:00Z"}), "end_date: Date has wrong format."),
        (json!({"end_date": 7}), "end_date: Not a valid string."),
        (json!({"categories": "travel"}), "categories: Expected a list of strings."),
        (json!({"fields": [1]}), "fields: Not a valid string."),
        (json!({"show_expired": "yes"}), "show_expired: Must be a valid boolean."),
        (json!({"keywords": "a ".repeat(201)}), "keywords: FilterValidationError: A filter may have 200"),
        (json!({"user_id": "alice"}), "user_id: Not supported at the top level."),
        (json!({"run_id": "r"}), "run_id: Not supported at the top level."),
    ] {
        let mut body = json!({"filters": {"user_id": "alice"}});
        body.as_object_mut().unwrap().extend(invalid.as_object().unwrap().clone());
        let response = list(&platform, &body);
        assert_eq!(response.status, 400, "{invalid}");
        assert!(
            response.json()["message"].as_str().unwrap().starts_with(words),
            "{invalid}: {}",
            response.body
        );
    }
}

#[test]
fn memory_has_all_or_selected_fields() {
    let platform = LocalPlatform::start().unwrap();
    insert_memories(
        &platform,
        &[json!({
            "user_id": "alice", "run_id": "r1", "memory": "Likes tea", "metadata": {"k": [1]},
            "categories": ["food"], "created_at": at("2026-08-01T10:30:00Z"),
            "updated_at": at("2026-08-02T00:00:00.5Z"), "input": [{"role": "user", "content": "I like tea"}],
        })],
    );
    let expected = json!({
        "id": id(1), "memory": "Likes tea", "user_id": "alice", "agent_id": null, "app_id": null,
        "session_id": "r1", "metadata": {"k": [1]}, "categories": ["food"], "expiration_date": null,
        "replaced_by": null, "synthesized": false, "created_at": "2026-08-01T10:30:00.000000Z",
        "updated_at": "2026-08-02T00:00:00.500000Z",
        "structured_attributes": {
            "year": 2026, "month": 8, "day": 1, "hour": 10, "minute": 30, "day_of_week": "saturday",
            "week_of_year": 31, "day_of_year": 213, "quarter": 3, "is_weekend": true,
        },
    });
    let filters = json!({"user_id": "alice"});
    assert_eq!(list(&platform, &json!({"filters": filters})).json()["results"], json!([expected]));
    let mut single = expected.clone();
    single["lifecycle_state"] = json!("active");
    assert_eq!(get(&platform, &format!("/v1/memories/{}/", id(1))).json(), single);
    let body = json!({"filters": filters, "fields": ["memory", "created_at", "nope"]});
    let chosen = json!([{"id": id(1), "memory": "Likes tea", "created_at": "2026-08-01T10:30:00.000000Z"}]);
    assert_eq!(list(&platform, &body).json()["results"], chosen);
    assert_eq!(post(&platform, "/v2/memories/", &body).json(), chosen);
    let v1 = get(&platform, "/v1/memories/?user_id=alice&fields=memory&fields=created_at");
    assert_eq!(v1.json(), chosen);
    let entity = get(&platform, "/v1/memories/run/r1/").json();
    let own = json!({
        "id": id(1), "memory": "Likes tea", "metadata": {"k": [1]}, "categories": ["food"],
        "input": [{"role": "user", "content": "I like tea"}], "is_updated": false,
        "created_at": "2026-08-01T10:30:00.000000Z", "updated_at": "2026-08-02T00:00:00.500000Z",
    });
    assert_eq!(entity["results"], json!([own]));
}

#[test]
fn invalid_and_unknown_memory_ids_are_refused() {
    let platform = five();
    for (path, status, body) in [
        (format!("/v1/memories/{}/", id(99)), 404, json!({"error": "Memory not found!"})),
        ("/v1/memories/not-a-uuid/".to_owned(), 400, json!({"error": "memory_id should be a valid UUID"})),
        (
            format!("/v1/memories/{}g/", &id(1)[..35]),
            400,
            json!({"error": "memory_id should be a valid UUID"}),
        ),
        ("/v1/memories/a%2Fb/".to_owned(), 400, json!({"error": "memory_id should be a valid UUID"})),
        (
            "/v1/memories/%C3%A9/history/".to_owned(),
            400,
            json!({"error": "memory_id should be a valid UUID"}),
        ),
        (format!("/v1/memories/{}/history/", id(99)), 200, json!([])),
        ("/v1/memories/robot/x/".to_owned(), 400, json!({"error": "Invalid entity type"})),
        ("/v1/memories/users/x/".to_owned(), 400, json!({"error": "Invalid entity type"})),
        ("/v1/memories/user/alice/?page=2".to_owned(), 404, json!({"detail": "Invalid page."})),
        ("/v1/memories/events/?page=2".to_owned(), 404, json!({"detail": "Invalid page."})),
    ] {
        let response = get(&platform, &path);
        assert_eq!((response.status, response.json()), (status, body), "{path}");
    }
    let upper = format!("/v1/memories/{}/", id(0xab).to_uppercase());
    assert_eq!(get(&platform, &upper).status, 404, "a UUID in capital letters");
    let bare = format!("/v1/memories/{}/", id(1).replace('-', ""));
    assert_eq!(get(&platform, &bare).json()["id"], json!(id(1)));
}

#[test]
fn history_is_oldest_first_and_feed_newest_first() {
    let platform = LocalPlatform::start().unwrap();
    insert_memories(&platform, &[json!({"user_id": "alice", "memory": "Lives in Genoa"})]);
    let entry = |memory: usize, event: &str, old: Value, new: &str| json!({"memory_id": id(memory), "event": event, "old_memory": old, "new_memory": new, "user_id": "alice"});
    insert_history(
        &platform,
        &[
            entry(1, "ADD", Value::Null, "Lives in Turin"),
            entry(2, "ADD", Value::Null, "Owns a kayak"),
            entry(1, "UPDATE", json!("Lives in Turin"), "Lives in Genoa"),
        ],
    );
    let history = get(&platform, &format!("/v1/memories/{}/history/", id(1))).json();
    let steps: Vec<_> =
        history.as_array().unwrap().iter().map(|entry| (&entry["event"], &entry["new_memory"])).collect();
    assert_eq!(
        steps,
        [(&json!("ADD"), &json!("Lives in Turin")), (&json!("UPDATE"), &json!("Lives in Genoa"))]
    );
    let time = "1970-01-01T00:00:00.000000Z";
    let whole = json!({
        "id": id(3), "memory_id": id(1), "event": "UPDATE", "input": null, "old_memory": "Lives in Turin",
        "new_memory": "Lives in Genoa", "user_id": "alice", "agent_id": null, "app_id": null, "session_id": null,
        "categories": null, "metadata": null, "created_at": time, "updated_at": time,
    });
    assert_eq!(history[1], whole);
    let feed = get(&platform, "/v1/memories/events/?limit=2");
    assert_eq!(in_order(&feed), [3, 2]);
    assert_eq!(feed.json()["next"], "http://localhost/v1/memories/events/?page=2&limit=2");
    assert_eq!(in_order(&get(&platform, "/v1/memories/events/?page=2&limit=2")), [1]);
    assert_eq!(get(&platform, "/v1/memories/user/alice/").json()["results"][0]["is_updated"], true);
}

#[test]
fn deprecated_lists_keep_their_formats_and_errors() {
    let platform = five();
    let scope = "One of the filters: app_id, user_id, agent_id, run_id is required!";
    for query in ["", "?user_id=", "?metadata=%7B%22k%22%3A1%7D"] {
        let response = get(&platform, &format!("/v1/memories/{query}"));
        assert_eq!((response.status, response.json()), (400, json!([scope])), "{query}");
    }
    assert_eq!(in_order(&get(&platform, "/v1/memories/?user_id=alice")), [5, 2, 3, 4, 1]);
    assert_eq!(in_order(&get(&platform, "/v1/memories/?user_id=*&limit=2")), [5, 2]);
    assert_eq!(
        in_order(&get(&platform, "/v1/memories/?user_id=alice&page=2")).len(),
        5,
        "no page without a size"
    );
    assert_eq!(in_order(&get(&platform, "/v1/memories/?user_id=alice&keywords=AT+30")), [2, 3]);
    assert_eq!(
        in_order(&get(&platform, "/v1/memories/?user_id=alice&start_date=1970-01-02")),
        Vec::<usize>::new()
    );
    assert_eq!(
        in_order(&get(&platform, "/v1/memories/?user_id=alice&categories=travel")),
        Vec::<usize>::new()
    );
    assert_eq!(in_order(&get(&platform, "/v1/memories/?user_id=alice&agent_id=bot")), Vec::<usize>::new());
    let paged = get(&platform, "/v1/memories/?user_id=alice&page=2&page_size=2&limit=500");
    assert_eq!(in_order(&paged), [3, 4]);
    assert_eq!(paged.json()["count"], 5);
    for (query, error) in [
        ("limit=201", "limit must be <= 200"),
        ("limit=x", "limit must be a positive integer"),
        ("metadata=%7B", "metadata must be a JSON object"),
        ("metadata=%7B%27k%27%3A+1%7D", "metadata must be a JSON object"),
    ] {
        let response = get(&platform, &format!("/v1/memories/?user_id=alice&{query}"));
        assert_eq!((response.status, response.json()), (400, json!({ "error": error })), "{query}");
    }
    let after_end = get(&platform, "/v1/memories/?user_id=alice&page=9&page_size=1");
    assert_eq!((after_end.status, after_end.json()), (404, json!({"detail": "Invalid page."})));
    let v2 = |body: &Value| post(&platform, "/v2/memories/", body);
    assert_eq!(
        v2(&json!({"filters": {"user_id": "alice"}, "page": 2, "page_size": 2}))
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(v2(&json!({"filters": {"user_id": "alice"}, "page": 9})).json(), json!([]));
    let refused = v2(&json!({"user_id": "alice"}));
    assert_eq!((refused.status, refused.json()), (400, json!({ "message": scope })));
}
