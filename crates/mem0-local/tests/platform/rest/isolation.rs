//! Isolation of two projects whose keys request each other's objects.

use std::collections::BTreeMap;

use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use super::{insert, insert_project_memories, project_of, uuid, with_manual_clock};
use crate::raw_http::{RawConnection, RawResponse};

const STEPS: usize = 600;

/// A project and its objects.
struct Side {
    key: String,
    project_id: String,
    /// Mark in every text of this project, and in none of the other.
    mark: &'static str,
    export: String,
    webhook: String,
    job: String,
    memories: Vec<usize>,
}

impl Side {
    fn new(platform: &LocalPlatform, key: &str, mark: &'static str, first: usize) -> Self {
        let memories: Vec<usize> = (first..first + 40).collect();
        let rows: Vec<Value> = memories
            .iter()
            .map(|number| {
                let user = format!("user-{}", number % 8);
                let text = format!("{mark} likes number {number}");
                json!({"number": number, "user_id": user, "run_id": "run", "memory": text})
            })
            .collect();
        insert_project_memories(platform, key, &rows);
        let mut connection = RawConnection::open(platform.url());
        let (_, project_id) = project_of(platform, key);
        let mut make = |path: &str, body: Value, field: &str| {
            let response = connection.call("POST", path, Some(key), &body.to_string()).unwrap();
            response.json()[field].as_str().unwrap_or_else(|| panic!("{response:?}")).to_owned()
        };
        let webhooks = format!("/api/v1/webhooks/projects/{}/", project_id.as_str().unwrap());
        let hook = json!({"name": mark, "url": "http://127.0.0.1:9/", "event_types": ["memory_add"]});
        let webhook = make(&webhooks, hook, "webhook_id");
        let form = json!({"properties": {"likes": {"description": mark, "type": "string"}}});
        let export = make("/v1/exports/", json!({"schema": form, "filters": {"user_id": "user-1"}}), "id");
        let settings = json!({"enabled": true, "entities": {"user": {"schema": form}}});
        connection.call("POST", "/v2/profiles/settings/", Some(key), &settings.to_string()).unwrap();
        let mut make = |path: &str, body: Value, field: &str| {
            let response = connection.call("POST", path, Some(key), &body.to_string()).unwrap();
            response.json()[field].as_str().unwrap_or_else(|| panic!("{response:?}")).to_owned()
        };
        let trigger = json!({"operation": "trigger", "entity_type": "user", "entity_id": "user-1"});
        let job = make("/v2/profiles/jobs/", trigger, "job_id");
        let project_id = project_id.as_str().unwrap().to_owned();
        Self { key: key.to_owned(), project_id, mark, export, webhook, job, memories }
    }
}

type Rows = BTreeMap<String, Vec<Value>>;

/// Returns the rows of each project by table.
fn rows_of(platform: &LocalPlatform, sides: &[Side; 2]) -> [Rows; 2] {
    let dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    sides.each_ref().map(|side| {
        let mut rows = Rows::new();
        for (name, table) in dump["tables"].as_object().unwrap() {
            let columns = table["columns"].as_array().unwrap();
            let Some(at) = columns.iter().position(|column| column == "project_id") else { continue };
            let own =
                table["rows"].as_array().unwrap().iter().filter(|row| row[at] == side.project_id.as_str());
            rows.insert(name.clone(), own.cloned().collect());
        }
        rows
    })
}

/// Sends one request of `caller`, possibly for an object of `target`.
fn step(
    random: &mut fastrand::Rng,
    connection: &mut RawConnection,
    caller: &Side,
    target: &Side,
) -> (String, RawResponse) {
    let user = format!("user-{}", random.usize(..10));
    let memory = uuid(target.memories[random.usize(..target.memories.len())]);
    let filters = json!({"user_id": user});
    let form = json!({"properties": {"likes": {"description": "x", "type": "string"}}});
    let entity = format!("/v2/entities/user/{user}/");
    let webhook = format!("/api/v1/webhooks/{}/", target.webhook);
    let webhooks = format!("/api/v1/webhooks/projects/{}/", target.project_id);
    let hook = json!({"name": caller.mark, "url": "http://127.0.0.1:9/", "event_types": ["memory_add"]});
    let number = target.memories[0] * 1000 + random.usize(..20);
    let (method, path, body) = match random.usize(..18) {
        0 => ("GET", "/v1/entities/".to_owned(), Value::Null),
        1 => ("GET", "/v1/entities/filters/".to_owned(), Value::Null),
        2 => ("GET", entity, Value::Null),
        3 if random.u8(..) < 64 => ("DELETE", entity, Value::Null),
        4 => ("DELETE", format!("/v1/entities/user/{number}/"), Value::Null),
        5 => ("POST", "/v1/users/".to_owned(), json!({"user_id": user, "metadata": {"of": caller.mark}})),
        6 => ("POST", "/v1/exports/".to_owned(), json!({"schema": form, "filters": filters})),
        7 => ("POST", "/v1/exports/get/".to_owned(), json!({"memory_export_id": target.export})),
        8 => ("POST", "/v1/exports/get/".to_owned(), json!({"filters": filters})),
        9 => ("POST", "/v1/feedback/".to_owned(), json!({"memory_id": memory, "feedback": "NEGATIVE"})),
        10 => ("GET", "/v1/stats/".to_owned(), Value::Null),
        11 => ("POST", "/v1/summary/".to_owned(), json!({"filters": filters})),
        12 => (["GET", "POST"][random.usize(..2)], webhooks, hook),
        13 => (["PUT", "DELETE"][random.usize(..2)], webhook, json!({"name": caller.mark})),
        14 => ("GET", format!("/v2/entities/user/{user}/profile/"), Value::Null),
        15 => ("GET", format!("/v2/profiles/jobs/{}/", target.job), Value::Null),
        16 => {
            let body = json!({"operation": "trigger", "entity_type": "user", "entity_id": user});
            ("POST", "/v2/profiles/jobs/".to_owned(), body)
        }
        _ => {
            let instructions = json!({"user": {"custom_instructions": caller.mark}});
            ("POST", "/v2/profiles/settings/".to_owned(), json!({"entities": instructions}))
        }
    };
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let response = connection.call(method, &path, Some(&caller.key), &body).expect("an answer");
    (format!("{method} {path} {body}"), response)
}

#[test]
fn foreign_project_cannot_be_read_or_changed() {
    let platform = with_manual_clock();
    let sides = [
        Side::new(&platform, platform.api_key(), "Amber", 1),
        Side::new(&platform, platform.other_key(), "Cobalt", 101),
    ];
    let mut connection = RawConnection::open(platform.url());
    let mut random = fastrand::Rng::with_seed(7);
    let (mut changes, mut refusals) = (0, 0);
    let mut before = rows_of(&platform, &sides);
    for _ in 0..STEPS {
        let caller = random.usize(..2);
        let other = 1 - caller;
        let target = if random.bool() { caller } else { other };
        let (request_line, response) = step(&mut random, &mut connection, &sides[caller], &sides[target]);
        assert!(!response.body.contains(sides[other].mark), "{request_line}: {response:?}");
        let after = rows_of(&platform, &sides);
        assert!(after[other] == before[other], "{request_line} changed the other project: {response:?}");
        changes += usize::from(after[caller] != before[caller]);
        refusals += usize::from(response.status >= 400);
        before = after;
    }
    assert!(changes > 50 && refusals > 50, "{changes} changes, {refusals} refusals");
    assert!(
        !before[0]["memories"].is_empty() && !before[1]["memories"].is_empty(),
        "there was something left to see"
    );
}

/// Rows of these tables are validated before a dump is loaded.
#[test]
fn unreadable_rows_are_refused() {
    let platform = with_manual_clock();
    let (org_id, project_id) = project_of(&platform, platform.api_key());
    let row = |more: Value| {
        let mut row = json!({"org_id": org_id, "project_id": project_id, "created_at": 0});
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    let memory = json!({
        "memory_id": "m", "memory": "t", "immutable": 0, "lifecycle_state": "active", "updated_at": 0,
        "metadata": "{}", "categories": "[\"a\"]", "input": "[]",
    });
    let history = json!({
        "history_id": "h", "memory_id": "m", "event": "ADD", "updated_at": 0,
        "metadata": "{}", "categories": "[]", "input": "[]",
    });
    let entity = json!({"entity_type": "user", "entity_id": "u", "updated_at": 0, "metadata": "{}"});
    let event = json!({
        "event_id": "e", "event_type": "ADD", "status": "FAILED", "updated_at": 0,
        "payload": "{}", "metadata": "{}", "results": "[]",
    });
    let export = json!({"export_id": "x", "form": "{}", "filters": "{}", "data": "{}", "ready_at": 0});
    let webhook = json!({
        "webhook_id": "w", "name": "n", "url": "http://a.io", "owner": "o", "is_active": 1, "updated_at": 0,
        "event_types": "[\"memory_add\"]",
    });
    let job = json!({"job_id": "j", "job": "{\"response\": {}, \"job\": {}}"});
    let mut profile =
        row(json!({"entity_id": "u", "status": "succeeded", "generation_count": 1, "profile": "{}"}));
    profile.as_object_mut().unwrap().remove("created_at");
    insert(
        &platform,
        &[
            ("memories", row(memory)),
            ("memory_history", row(history)),
            ("entities", row(entity)),
            ("events", row(event)),
            ("exports", row(export)),
            ("webhooks", row(webhook)),
            ("profile_jobs", row(job)),
            ("profiles", profile),
            ("profile_settings", json!({"project_id": project_id, "settings": "{}"})),
        ],
    );
    let dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
    let before = platform.dump().unwrap();
    // Nested too deeply for the parser, and a number out of range. SQLite accepts both as JSON.
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(200), "]".repeat(200));
    let (object, list, texts) =
        ("expected a JSON object", "expected a JSON array", "expected a JSON array of strings");
    for (table, column, words, more) in [
        ("projects", "settings", object, "[]"),
        ("memories", "metadata", object, "\"{}\""),
        ("memories", "categories", texts, "[7]"),
        ("memories", "input", list, "{}"),
        ("memory_history", "metadata", object, "[]"),
        ("memory_history", "categories", texts, "[null]"),
        ("memory_history", "input", list, "{}"),
        ("entities", "metadata", object, "[]"),
        ("events", "payload", object, "[]"),
        ("events", "metadata", object, "[]"),
        ("events", "results", list, "{}"),
        ("exports", "form", object, "[]"),
        ("exports", "filters", object, "[]"),
        ("exports", "data", object, "[]"),
        ("webhooks", "event_types", texts, "{}"),
        (
            "profile_settings",
            "settings",
            "expected a JSON object with objects in entities and entities.user",
            "{\"entities\": 7}",
        ),
        (
            "profile_settings",
            "settings",
            "expected a JSON object with objects in entities and entities.user",
            "{\"entities\": {\"user\": []}}",
        ),
        ("profile_jobs", "job", "expected a JSON object with objects in response and job", "{\"job\": {}}"),
        ("profiles", "profile", object, "[]"),
    ] {
        let columns = dump["tables"][table]["columns"].as_array().unwrap();
        let at = columns.iter().position(|known| known == column).unwrap();
        let row = dump["tables"][table]["rows"].as_array().unwrap().len() - 1;
        for invalid in ["", "{", "7", "{'a': 1}", "{\"a\": 1e999}", &deep, more]
            .map(Value::from)
            .into_iter()
            .chain([json!(7)])
        {
            let mut dump = dump.clone();
            dump["tables"][table]["rows"][row][at] = invalid.clone();
            let dump = serde_json::from_value(dump).unwrap();
            let refused = platform.load(&dump).unwrap_err().to_string();
            assert_eq!(refused, format!("invalid dump: {table}[{row}].{column}: {words}"), "{invalid}");
        }
    }
    assert!(platform.dump().unwrap() == before);
}
