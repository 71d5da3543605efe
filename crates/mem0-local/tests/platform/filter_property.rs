//! Random filters over random memories of many projects: the list equals a reference evaluation of the
//! filter, in the caller's project only.

use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use crate::ORGANIZATIONS;
use crate::fixtures::insert_memories;
use crate::raw_http::{RawConnection, call};

const PROJECTS: usize = 12;
const MEMORIES: usize = 600;
const FILTERS: usize = 600;
const DAY: i64 = 24 * 60 * 60 * 1_000_000;
const FIELDS: [&str; 4] = ["user_id", "agent_id", "app_id", "run_id"];

fn random_memory(random: &mut fastrand::Rng) -> Value {
    let mut memory = json!({
        "memory": format!("{} {}", random.choice(["Tea", "tea", "TEA time"]).unwrap(), random.u8(..3)),
        "created_at": random.i64(0..4) * DAY + random.i64(0..2),
        "updated_at": random.i64(0..4) * DAY,
    });
    for field in FIELDS {
        if random.bool() {
            memory[field] = json!(random.choice(["a", "b", "A"]).unwrap());
        }
    }
    if random.bool() {
        memory["metadata"] = json!({"k": random_scalar(random), "l": random_scalar(random)});
    }
    if random.bool() {
        let all = ["food", "Food", "travel"];
        memory["categories"] = all.iter().filter(|_| random.bool()).map(|name| json!(name)).collect();
    }
    memory
}

fn random_scalar(random: &mut fastrand::Rng) -> Value {
    match random.u8(..5) {
        0 => Value::Null,
        1 => json!(random.bool()),
        2 => json!(random.u8(..2)),
        _ => json!(random.choice(["x", "xy", "1"]).unwrap()),
    }
}

fn random_date(random: &mut fastrand::Rng) -> Value {
    let day = random.u8(1..5);
    if random.bool() { json!(format!("1970-01-0{day}")) } else { json!(format!("1970-01-0{day}T00:00:00Z")) }
}

fn random_filter(random: &mut fastrand::Rng, depth: usize) -> Value {
    let nested = |random: &mut fastrand::Rng| -> Vec<Value> {
        (0..random.usize(1..4)).map(|_| random_filter(random, depth - 1)).collect()
    };
    match random.u8(if depth == 0 { 3..9 } else { 0..9 }) {
        0 => json!({ "AND": nested(random) }),
        1 => json!({ "OR": nested(random) }),
        2 if random.bool() => json!({ "NOT": nested(random) }),
        2 => json!({ "NOT": random_filter(random, depth - 1) }),
        3 | 4 => {
            let field = random.choice(FIELDS).unwrap();
            let value = random.choice([json!("a"), json!("b"), json!("*"), Value::Null]).unwrap();
            match random.u8(..4) {
                0 => json!({ field: { "ne": value } }),
                1 => json!({ field: { "in": ["b", value] } }),
                2 => json!({ field: { "eq": value } }),
                _ => json!({ field: value }),
            }
        }
        5 => {
            let field = random.choice(["created_at", "updated_at"]).unwrap();
            match random.choice(["gt", "gte", "lt", "lte", "ne", ""]).unwrap() {
                "" => json!({ field: random_date(random) }),
                operator => json!({ field: { operator: random_date(random) } }),
            }
        }
        6 => match random.u8(..3) {
            0 => json!({"categories": {"in": [random.choice(["food", "travel"]).unwrap()]}}),
            1 => json!({"categories": {"contains": random.choice(["FOO", "e", ""]).unwrap()}}),
            _ => json!({ "categories": random.choice([json!("*"), Value::Null]).unwrap() }),
        },
        7 => {
            let (key, value) = (random.choice(["k", "l", "m"]).unwrap(), random_scalar(random));
            match random.u8(..3) {
                0 => json!({"metadata": {key: {"ne": value}}}),
                1 => json!({"metadata": {key: {"contains": "x"}}}),
                _ => json!({"metadata": {key: value}}),
            }
        }
        _ => json!({"keywords": {random.choice(["contains", "icontains"]).unwrap(): "tea"}}),
    }
}

fn holds(filter: &Value, memory: &Value) -> bool {
    filter.as_object().unwrap().iter().all(|(key, value)| match key.as_str() {
        "AND" => value.as_array().unwrap().iter().all(|filter| holds(filter, memory)),
        "OR" => value.as_array().unwrap().iter().any(|filter| holds(filter, memory)),
        "NOT" if value.is_object() => !holds(value, memory),
        "NOT" => !value.as_array().unwrap().iter().any(|filter| holds(filter, memory)),
        "metadata" => value.as_object().unwrap().iter().all(|(key, value)| {
            let entry = &memory["metadata"][key];
            match value.as_object() {
                None => entry == value,
                Some(one) if one.contains_key("ne") => *entry != one["ne"],
                Some(_) => entry.as_str().is_some_and(|text| text.contains('x')),
            }
        }),
        "categories" => {
            let none = Vec::new();
            let names = memory["categories"].as_array().unwrap_or(&none);
            match value {
                Value::Null => names.is_empty(),
                Value::String(_) => !names.is_empty(),
                operators => names.iter().any(|name| match operators.get("contains") {
                    Some(part) => {
                        let part = part.as_str().unwrap().to_lowercase();
                        name.as_str().unwrap().to_lowercase().contains(&part)
                    }
                    None => operators["in"].as_array().unwrap().contains(name),
                }),
            }
        }
        "keywords" => {
            let text = memory["memory"].as_str().unwrap();
            if value.get("contains").is_some() {
                text.contains("tea")
            } else {
                text.to_lowercase().contains("tea")
            }
        }
        "created_at" | "updated_at" => on_time(value, memory[key].as_i64().unwrap()),
        _ => on_entity(value, &memory[key]),
    })
}

fn on_time(value: &Value, timestamp: i64) -> bool {
    let (operator, value) = match value.as_object() {
        None => ("", value),
        Some(operators) => operators.iter().next().map(|(name, value)| (name.as_str(), value)).unwrap(),
    };
    let text = value.as_str().unwrap();
    let from = (text[8..10].parse::<i64>().unwrap() - 1) * DAY;
    let until = from + if text.len() == 10 { DAY } else { 1 };
    let within = (from..until).contains(&timestamp);
    match operator {
        "gt" => timestamp >= until,
        "gte" => timestamp >= from,
        "lt" => timestamp < from,
        "lte" => timestamp < until,
        "ne" => !within,
        _ => within,
    }
}

fn on_entity(value: &Value, id: &Value) -> bool {
    let is = |value: &Value| if value == "*" { !id.is_null() } else { id == value };
    match value.as_object() {
        None => is(value),
        Some(one) if one.contains_key("ne") => !is(&one["ne"]),
        Some(one) if one.contains_key("eq") => is(&one["eq"]),
        Some(one) => one["in"].as_array().unwrap().iter().any(is),
    }
}

#[test]
fn random_filters_match_a_reference_evaluation() {
    let platform = LocalPlatform::start().unwrap();
    let mut random = fastrand::Rng::with_seed(20_261_124);
    let projects = format!("{ORGANIZATIONS}{}/projects/", platform.org_id());
    let result: Vec<(String, String)> = (0..PROJECTS)
        .map(|_| {
            let result = call(platform.url(), "POST", &projects, platform.api_key(), &json!({"name": "P"}));
            let project_id = result.json()["project_id"].as_str().unwrap().to_owned();
            let key = platform.create_key("owner@example.com", platform.org_id(), &project_id).unwrap();
            (project_id, key)
        })
        .collect();
    let memories: Vec<(usize, Value)> = (0..MEMORIES)
        .map(|_| {
            let at = random.usize(..PROJECTS);
            let mut memory = random_memory(&mut random);
            memory["project_id"] = json!(result[at].0);
            (at, memory)
        })
        .collect();
    insert_memories(&platform, &memories.iter().map(|(_, memory)| memory.clone()).collect::<Vec<_>>());

    let mut connection = RawConnection::open(platform.url());
    let (mut request_count, mut found) = (0, 0);
    for _ in 0..FILTERS {
        let filter = random_filter(&mut random, 3);
        let scope = json!({"OR": FIELDS.iter().map(|field| json!({*field: "*"})).collect::<Vec<_>>()});
        let filters = json!({"AND": [scope, filter]});
        let at = random.usize(..PROJECTS);
        let body = json!({ "filters": filters }).to_string();
        let path = "/v3/memories/?page_size=200";
        let response = connection.call("POST", path, Some(&result[at].1), &body).unwrap();
        let mut expected: Vec<usize> = memories
            .iter()
            .enumerate()
            .filter(|(_, (project, memory))| *project == at && holds(&filters, memory))
            .map(|(number, _)| number + 1)
            .collect();
        let listed = crate::fixtures::in_order(&response);
        assert_eq!(response.json()["count"], listed.len(), "{filters}");
        let mut sorted = listed.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected, "{filters}");
        let created = |number: usize| memories[number - 1].1["created_at"].as_i64().unwrap();
        expected.sort_by_key(|number| (std::cmp::Reverse(created(*number)), *number));
        assert_eq!(listed, expected, "the order of {filters}");
        request_count += 1;
        found += listed.len();
    }
    assert_eq!(request_count, FILTERS);
    assert!(found > FILTERS * 5 && found < FILTERS * MEMORIES / PROJECTS, "{found}: filters that tell apart");
}

#[test]
fn reads_return_nothing_of_another_project() {
    let platform = LocalPlatform::start().unwrap();
    insert_memories(&platform, &[json!({"user_id": "alice", "memory": "Vault code"})]);
    crate::fixtures::insert_history(
        &platform,
        &[json!({"memory_id": crate::fixtures::id(1), "event": "ADD"})],
    );
    let other = platform.other_key();
    let id = crate::fixtures::id(1);
    let get = |key: &str, path: &str| call(platform.url(), "GET", path, key, &Value::Null);
    let own = platform.api_key();
    let unknown = crate::fixtures::id(2);
    let of_other_project = get(other, &format!("/v1/memories/{id}/")).without_variable_headers();
    let unknown_memory = get(other, &format!("/v1/memories/{unknown}/")).without_variable_headers();
    assert_eq!((of_other_project.status, &of_other_project), (404, &unknown_memory));
    assert_eq!(get(own, &format!("/v1/memories/{id}/")).status, 200);
    for (path, count) in [
        (format!("/v1/memories/{id}/history/"), 1),
        ("/v1/memories/events/".to_owned(), 1),
        ("/v1/memories/user/alice/".to_owned(), 1),
        ("/v1/memories/?user_id=alice".to_owned(), 1),
    ] {
        let length = |key: &str| {
            let json = get(key, &path).json();
            json.get("results").unwrap_or(&json).as_array().unwrap().len()
        };
        assert_eq!((length(own), length(other)), (count, 0), "{path}");
    }
    for path in ["/v3/memories/", "/v2/memories/"] {
        for filters in [json!({"user_id": "*"}), json!({"user_id": "*", "memory_ids": [id]})] {
            let body = json!({ "filters": filters });
            let send = |key: &str| {
                let json = call(platform.url(), "POST", path, key, &body).json();
                json.get("results").unwrap_or(&json).as_array().unwrap().len()
            };
            assert_eq!((send(own), send(other)), (1, 0), "{path} {filters}");
        }
    }
}
