use std::time::Duration;

use mem0_local::{Clock, Completion, LocalPlatform};
use serde_json::{Value, json};

use super::{START, insert, insert_project_memories, ok, project_of, rows, send, uuid, with_manual_clock};
use crate::raw_http::call;

const DAY: u64 = 24 * 60 * 60;

fn schema() -> Value {
    json!({"type": "object", "properties": {
        "full_name": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null},
        "job": {"type": "string", "description": "What the person works as"},
        "facts": {"type": "array", "items": {"type": "string"}},
    }})
}

fn ann() -> Value {
    json!({"AND": [{"user_id": "ann"}]})
}

/// Returns a platform where Ann has two visible, an expired and a merged memory, and a stranger has one.
fn populated() -> LocalPlatform {
    let platform = with_manual_clock();
    let own = [
        json!({"number": 1, "user_id": "ann", "memory": "Works as a cook"}),
        json!({"number": 2, "user_id": "ann", "memory": "Works as a cartographer", "expiration_date": "2023-11-14"}),
        json!({"number": 3, "user_id": "ann", "memory": "Works as a ghost", "expiration_date": "2023-11-13"}),
        json!({"number": 4, "user_id": "ann", "memory": "Works as a twin", "lifecycle_state": "merged"}),
    ];
    insert_project_memories(&platform, platform.api_key(), &own);
    let foreign = json!({"number": 5, "user_id": "ann", "memory": "Works as a stranger"});
    insert_project_memories(&platform, platform.other_key(), &[foreign]);
    platform
}

fn create(platform: &LocalPlatform, filters: &Value) -> Value {
    let body = json!({"schema": schema(), "filters": filters, "export_instructions": "Be brief"});
    ok(platform, "POST", "/v1/exports/", 201, &body)["id"].clone()
}

fn get(platform: &LocalPlatform, body: &Value) -> (u16, Value) {
    let response = send(platform, "POST", "/v1/exports/get/", body);
    (response.status, response.json())
}

fn none() -> (u16, Value) {
    (404, json!({"error": "No memory export request found"}))
}

#[test]
fn export_is_one_object_filled_from_memories() {
    let platform = populated();
    let response = ok(&platform, "POST", "/v1/exports/", 201, &json!({"schema": schema(), "filters": ann()}));
    let message = "Memory export request received. The export will be ready in a few seconds.";
    assert_eq!(response, json!({"message": message, "id": response["id"]}));
    let expected = json!({
        "full_name": null,
        "job": "Works as a cartographer",
        "facts": ["Works as a cartographer", "Works as a cook"],
    });
    assert_eq!(get(&platform, &json!({"memory_export_id": response["id"]})), (200, expected.clone()));
    let filters = json!({"filters": {"user_id": "ann"}, "org_id": "x", "project_id": "y"});
    assert_eq!(get(&platform, &filters), (200, expected), "flat filters, too");
}

#[test]
fn schema_may_be_a_string() {
    let platform = populated();
    let body = json!({"schema": schema().to_string(), "filters": {"user_id": "ann"}});
    let id = ok(&platform, "POST", "/v1/exports/", 201, &body)["id"].clone();
    assert_eq!(get(&platform, &json!({"memory_export_id": id})).1["facts"].as_array().unwrap().len(), 2);
}

#[test]
fn export_creation_validates_its_body() {
    let platform = populated();
    let before = platform.dump().unwrap();
    for invalid in
        [Value::Null, json!({}), json!([]), json!("{"), json!("text"), json!(7), json!({"type": "array"})]
    {
        let response = send(&platform, "POST", "/v1/exports/", &json!({"schema": invalid, "filters": ann()}));
        let message = json!({"message": "Schema is required and must be a valid object"});
        assert_eq!((response.status, response.json()), (400, message), "{invalid}");
    }
    for invalid in [Value::Null, json!({}), json!([]), json!("ann")] {
        let response =
            send(&platform, "POST", "/v1/exports/", &json!({"schema": schema(), "filters": invalid}));
        let error = "One of the filters: app_id, user_id, agent_id, run_id, memory_export_id is required!";
        assert_eq!((response.status, response.json()), (400, json!({"error": error})), "{invalid}");
    }
    let body = json!({"schema": schema(), "filters": ann(), "export_instructions": 7});
    let response = send(&platform, "POST", "/v1/exports/", &body);
    assert_eq!(
        (response.status, response.json()),
        (400, json!({"error": "export_instructions: Not a valid string."}))
    );
    for body in [json!({}), json!({"filters": {}}), json!({"memory_export_id": "", "filters": null})] {
        let message = "One of the filters: app_id, user_id, agent_id, run_id is required!";
        assert_eq!(get(&platform, &body), (400, json!({"message": message})), "{body}");
    }
    assert_eq!(
        get(&platform, &json!({"filters": {"AND": [{"user_id": "ann"}, {"categories": {"in": ["x"]}}]}})).0,
        400
    );
    assert!(platform.dump().unwrap() == before);
}

#[test]
fn unknown_pending_or_foreign_export_is_not_found() {
    let platform = populated();
    let id = create(&platform, &ann());
    for unknown in [json!(uuid(9)), json!("x"), json!(7)] {
        assert_eq!(get(&platform, &json!({"memory_export_id": unknown})), none(), "{unknown}");
    }
    for body in [json!({"memory_export_id": id}), json!({"filters": ann()})] {
        let response = call(platform.url(), "POST", "/v1/exports/get/", platform.other_key(), &body);
        assert_eq!((response.status, response.json()), none(), "{body}");
    }
    assert_eq!(get(&platform, &json!({"filters": {"user_id": "bob"}})), none());
    let (org_id, project_id) = project_of(&platform, platform.api_key());
    let waiting = json!({
        "export_id": uuid(8), "org_id": org_id, "project_id": project_id, "form": "{}",
        "filters": "{\"user_id\": \"cid\"}", "data": "{\"a\": 1}", "created_at": START, "ready_at": START + 1_000_000,
    });
    insert(&platform, &[("exports", waiting)]);
    assert_eq!(get(&platform, &json!({"memory_export_id": uuid(8)})), none());
    assert_eq!(get(&platform, &json!({"filters": {"user_id": "cid"}})), none());
    platform.clock().advance(Duration::from_secs(1));
    assert_eq!(get(&platform, &json!({"memory_export_id": uuid(8)})), (200, json!({"a": 1})));
}

#[test]
fn filters_select_the_latest_export_of_the_entities() {
    let platform = populated();
    let (org_id, project_id) = project_of(&platform, platform.api_key());
    let export = |number: usize, filters: Value, at: i64| {
        let row = json!({
            "number": number, "export_id": uuid(number), "org_id": org_id, "project_id": project_id, "form": "{}",
            "filters": filters.to_string(), "data": json!({"is": number}).to_string(), "created_at": at, "ready_at": at,
        });
        ("exports", row)
    };
    platform.clock().advance(Duration::from_secs(2 * DAY));
    let day = i64::try_from(DAY).unwrap() * 1_000_000;
    insert(
        &platform,
        &[
            export(1, json!({"user_id": "ann"}), START),
            export(2, json!({"AND": [{"user_id": "ann"}, {"run_id": {"in": ["r1", "r2"]}}]}), START + day),
            export(3, json!({"OR": [{"agent_id": "bot"}, {"user_id": {"eq": "bob"}}]}), START + day),
        ],
    );
    for (filters, expected) in [
        (json!({"user_id": "ann"}), Some(2)),
        (json!({"AND": [{"user_id": "ann"}, {"run_id": "r1"}]}), Some(2)),
        (json!({"AND": [{"user_id": "ann"}, {"NOT": {"run_id": "*"}}]}), Some(1)),
        (json!({"AND": [{"user_id": "ann"}, {"created_at": {"lt": "2023-11-15"}}]}), Some(1)),
        (json!({"AND": [{"user_id": "ann"}, {"created_at": {"gte": "2023-11-15T22:13:20Z"}}]}), Some(2)),
        (json!({"AND": [{"user_id": "ann"}, {"created_at": "2023-11-15"}]}), Some(2)),
        (json!({"AND": [{"user_id": "ann"}, {"created_at": {"lte": "2023-11-14"}}]}), Some(1)),
        (json!({"AND": [{"user_id": "ann"}, {"created_at": {"ne": "2023-11-15"}}]}), Some(1)),
        (json!({"AND": [{"user_id": "ann"}, {"created_at": {"gt": "2023-11-15"}}]}), None),
        (json!({"AND": [{"user_id": "ann"}, {"updated_at": {"gt": "2023-11-15T22:13:20Z"}}]}), None),
        (json!({"user_id": {"in": ["bob", "cid"]}}), Some(3)),
        (json!({"OR": [{"user_id": "nobody"}, {"agent_id": "bot"}]}), Some(3)),
        (json!({"AND": [{"user_id": "bob"}, {"run_id": "r1"}]}), None),
        (json!({"app_id": "*"}), None),
    ] {
        let expected = expected.map_or_else(none, |number| (200, json!({"is": number})));
        assert_eq!(get(&platform, &json!({"filters": filters})), expected, "{filters}");
    }
}

#[test]
fn data_of_an_export_is_deleted_after_seven_days() {
    let platform = populated();
    let id = json!({"memory_export_id": create(&platform, &ann())});
    platform.clock().advance(Duration::from_secs(7 * DAY - 1));
    assert_eq!(get(&platform, &id).0, 200);
    platform.clock().advance(Duration::from_secs(1));
    assert_eq!(get(&platform, &id), none());
    let second = create(&platform, &ann());
    let kept: Vec<Value> = rows(&platform, "exports").iter().map(|row| row["export_id"].clone()).collect();
    assert_eq!(kept, [second]);
}

fn add(platform: &LocalPlatform, text: &str) {
    let body = json!({"messages": text, "user_id": "ann"});
    ok(platform, "POST", "/v3/memories/add/", 200, &body);
}

#[test]
fn export_is_pending_as_adds_are_and_runs_after_earlier_ones() {
    let platform = LocalPlatform::builder().seed(0).completion(Completion::Manual).start().unwrap();
    add(&platform, "Works as a cook");
    let id = json!({"memory_export_id": create(&platform, &ann())});
    add(&platform, "Works as a pilot");
    assert_eq!(get(&platform, &id), none());
    assert_eq!(get(&platform, &json!({"filters": ann()})), none());
    let waiting = platform.dump().unwrap();
    platform.run_jobs().unwrap();
    let (status, created) = get(&platform, &id);
    assert_eq!((status, &created["facts"]), (200, &json!(["Works as a cook"])));
    // A pending export in a dump stays pending until it is due; a due one is completed.
    platform.load(&waiting).unwrap();
    assert_eq!(get(&platform, &id), none());
    platform.run_jobs().unwrap();
    assert_eq!(get(&platform, &id), (200, created.clone()));
    let other = LocalPlatform::builder().seed(0).start().unwrap();
    other.load(&waiting).unwrap();
    assert_eq!(get(&other, &id), (200, created));
}

#[test]
fn export_waits_for_the_clock() {
    let clock = Clock::manual(jiff::Timestamp::from_microsecond(START).unwrap());
    let delay = Completion::After(Duration::from_secs(60));
    let platform = LocalPlatform::builder().clock(clock.clone()).completion(delay).start().unwrap();
    let id = json!({"memory_export_id": create(&platform, &ann())});
    clock.advance(Duration::from_secs(59));
    assert_eq!(get(&platform, &id), none());
    clock.advance(Duration::from_secs(1));
    assert_eq!(get(&platform, &id).0, 200);
    let row = &rows(&platform, "exports")[0];
    assert_eq!((&row["created_at"], &row["ready_at"]), (&json!(START), &json!(START + 60_000_000)));
    // The seven days start when the export is ready.
    clock.advance(Duration::from_secs(7 * DAY - 1));
    assert_eq!(get(&platform, &id).0, 200);
}

/// The client sees the same as on the hosted platform: nothing, and then the complete export.
#[test]
fn client_can_wait_for_an_export() {
    let platform = LocalPlatform::builder().seed(0).completion(Completion::Manual).start().unwrap();
    add(&platform, "Works as a cook");
    let client = platform.client().unwrap();
    let export = mem0::exports::NewExport::new(schema(), mem0::Filter::user("ann"));
    let created = client.exports().create(export).unwrap();
    std::thread::scope(|scope| {
        let policy = mem0::client::PollPolicy::default().first_delay(Duration::from_millis(1));
        let wait = scope.spawn(|| client.exports().wait(created.id.clone().unwrap(), policy));
        let request_count =
            || platform.request_log().iter().filter(|entry| entry.status == Some(404)).count();
        while request_count() == 0 && !wait.is_finished() {
            std::thread::sleep(Duration::from_millis(1));
        }
        platform.run_jobs().unwrap();
        assert_eq!(wait.join().unwrap().unwrap()["facts"], json!(["Works as a cook"]));
    });
}
