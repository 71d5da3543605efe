use std::time::Duration;

use mem0_local::{Completion, LocalPlatform};
use serde_json::{Value, json};

use super::{insert_project_memories, memory_ids, ok, rows, send, with_manual_clock};
use crate::raw_http::{RawConnection, RawResponse, call};

const SETTINGS: &str = "/v2/profiles/settings/";
const JOBS: &str = "/v2/profiles/jobs/";

fn schema() -> Value {
    json!({"type": "object", "properties": {
        "home": {"type": "string", "description": "The town the person lives in"},
        "pets": {"type": "array", "items": {"type": "string"}, "description": "Animals, a cat for one"},
    }})
}

/// Returns a platform with profiles enabled. Ann has memories that fit the schema, Bob has one that does not.
fn enabled() -> LocalPlatform {
    let platform = with_manual_clock();
    let own = [
        json!({"number": 1, "user_id": "ann", "memory": "Lives in Delft"}),
        json!({"number": 2, "user_id": "ann", "memory": "Has a cat"}),
        json!({"number": 3, "user_id": "bob", "memory": "Sings"}),
    ];
    insert_project_memories(&platform, platform.api_key(), &own);
    let foreign = json!({"number": 4, "user_id": "cid", "memory": "Lives elsewhere"});
    insert_project_memories(&platform, platform.other_key(), &[foreign]);
    let settings = json!({"enabled": true, "entities": {"user": {"schema": schema()}}});
    ok(&platform, "POST", SETTINGS, 200, &settings);
    platform
}

fn profile(platform: &LocalPlatform, user: &str) -> Value {
    ok(platform, "GET", &format!("/v2/entities/user/{user}/profile/"), 200, &Value::Null)
}

fn trigger(user: &str) -> Value {
    json!({"operation": "trigger", "entity_type": "user", "entity_id": user})
}

fn job_with_key(platform: &LocalPlatform, key: &str, body: &Value) -> RawResponse {
    let (token, body) = (platform.api_key(), body.to_string());
    let length = body.len();
    let mut connection = RawConnection::open(platform.url());
    connection.send(format!(
        "POST {JOBS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {token}\r\nIdempotency-Key: {key}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    ));
    connection.read_response(false).expect("an answer")
}

#[test]
fn only_named_profile_settings_change() {
    let platform = with_manual_clock();
    let none = json!({
        "enabled": false, "capabilities": {}, "entities": {"user": {"schema": null, "custom_instructions": null}},
    });
    let read = || ok(&platform, "GET", SETTINGS, 200, &Value::Null);
    let write = |body: Value| ok(&platform, "POST", SETTINGS, 200, &body);
    assert_eq!(read(), none);
    assert_eq!(write(json!({})), none);
    let mut expected = none.clone();
    expected["enabled"] = json!(true);
    expected["entities"]["user"]["schema"] = schema();
    assert_eq!(write(json!({"enabled": true, "entities": {"user": {"schema": schema()}}})), expected);
    expected["entities"]["user"]["custom_instructions"] = json!("");
    assert_eq!(write(json!({"entities": {"user": {"custom_instructions": ""}}})), expected);
    assert_eq!(write(json!({})), expected, "what is left out stays");
    assert_eq!(read(), expected);
    assert_eq!(
        write(json!({"entities": {"user": {"schema": null, "custom_instructions": null}}}))["enabled"],
        true
    );
    assert_eq!(write(json!({"enabled": null})), none, "null clears");
    let foreign = call(platform.url(), "GET", SETTINGS, platform.other_key(), &Value::Null).json();
    write(json!({"enabled": true}));
    assert_eq!(call(platform.url(), "GET", SETTINGS, platform.other_key(), &Value::Null).json(), foreign);
}

#[test]
fn invalid_profile_settings_are_refused() {
    let platform = with_manual_clock();
    let before = platform.dump().unwrap();
    let user = |field: &str, value: Value| json!({"entities": {"user": {field: value}}});
    for (body, name) in [
        (json!({"schema": schema()}), "schema"),
        (json!({"custom_instructions": "x"}), "custom_instructions"),
        (json!({"enabled": true, "capabilities": {}}), "capabilities"),
        (json!({"entities": {"agent": {}}}), "entities.agent"),
        (json!({"entities": []}), "entities"),
        (json!({"entities": {"user": null}}), "entities.user"),
        (user("limit", json!(1)), "entities.user.limit"),
    ] {
        let response = send(&platform, "POST", SETTINGS, &body);
        let text = format!(
            "Unsupported settings: {name}. Send enabled at the top level, and schema and custom_instructions in entities.user."
        );
        assert_eq!((response.status, response.json()), (400, json!({"error": text})), "{body}");
    }
    let nested =
        json!({"properties": {"a": {"description": "A", "type": "object", "properties": {"b": {}}}}});
    let listed = json!({"properties": {"a": {"description": "A", "items": {"properties": {"b": {"description": " "}}}}}});
    for (body, text) in [
        (json!({"enabled": "yes"}), "enabled: Must be a valid boolean."),
        (user("custom_instructions", json!(7)), "entities.user.custom_instructions: Not a valid string."),
        (
            user("schema", json!("x")),
            "entities.user.schema: Must be a JSON schema of an object with properties.",
        ),
        (
            user("schema", json!({})),
            "entities.user.schema: Must be a JSON schema of an object with properties.",
        ),
        (user("schema", nested), "entities.user.schema: Property \"b\" needs a description."),
        (user("schema", listed), "entities.user.schema: Property \"b\" needs a description."),
    ] {
        let response = send(&platform, "POST", SETTINGS, &body);
        assert_eq!((response.status, response.json()), (400, json!({"error": text})), "{body}");
    }
    assert!(platform.dump().unwrap() == before);
}

#[test]
fn job_creates_a_profile_from_memories() {
    let platform = enabled();
    let before = json!({
        "profile": {}, "status": "insufficient_data", "entity_type": "user", "entity_id": "ann", "updated_at": null,
        "generation_count": 0,
    });
    assert_eq!(profile(&platform, "ann"), before);
    let created = ok(&platform, "POST", JOBS, 202, &trigger("ann"));
    let job_id = created["job_id"].as_str().unwrap();
    let expected = json!({
        "job_id": job_id, "status": "pending", "status_url": format!("{JOBS}{job_id}/"), "operation": "trigger",
        "entity_type": "user", "entity_count_reserved": 1, "replayed": false,
    });
    assert_eq!(created, expected);
    let job = ok(&platform, "GET", created["status_url"].as_str().unwrap(), 200, &Value::Null);
    let expected = json!({"job": {
        "id": job_id, "operation": "trigger", "entity_type": "user", "status": "succeeded", "total": 1,
        "enumeration_complete": true, "completed": 1, "succeeded": 1, "failed": 0, "skipped": 0,
    }});
    assert_eq!(job, expected);
    let expected = json!({
        "profile": {"home": "Lives in Delft", "pets": ["Has a cat"]}, "status": "succeeded", "entity_type": "user",
        "entity_id": "ann", "updated_at": "2023-11-14T22:13:20.000000Z", "generation_count": 1,
    });
    assert_eq!(profile(&platform, "ann"), expected);

    ok(&platform, "POST", JOBS, 202, &trigger("ann"));
    assert_eq!(profile(&platform, "ann")["generation_count"], 2);
    let skipped = ok(&platform, "POST", JOBS, 202, &trigger("bob"))["status_url"].clone();
    let job = ok(&platform, "GET", skipped.as_str().unwrap(), 200, &Value::Null);
    assert_eq!((&job["job"]["succeeded"], &job["job"]["skipped"]), (&json!(0), &json!(1)));
    assert_eq!(profile(&platform, "bob")["status"], "insufficient_data");
    ok(&platform, "POST", SETTINGS, 200, &json!({"enabled": false}));
    let hidden = profile(&platform, "ann");
    assert_eq!((&hidden["status"], &hidden["profile"]), (&json!("not_enabled"), &json!({})));
    ok(&platform, "DELETE", "/v2/entities/user/ann/", 200, &Value::Null);
    assert_eq!(rows(&platform, "profiles").len(), 1, "Ann's went with her");
    assert_eq!(memory_ids(&platform).len(), 2);
}

#[test]
fn unknown_user_or_job_is_not_found() {
    let platform = enabled();
    let job = ok(&platform, "POST", JOBS, 202, &trigger("ann"))["status_url"].clone();
    let job = job.as_str().unwrap();
    let other = platform.other_key();
    for (response, error) in [
        (send(&platform, "GET", "/v2/entities/user/cid/profile/", &Value::Null), "User not found"),
        (send(&platform, "GET", "/v2/profiles/jobs/x/", &Value::Null), "Job not found"),
        (send(&platform, "POST", JOBS, &trigger("cid")), "User not found"),
        (
            call(platform.url(), "GET", "/v2/entities/user/ann/profile/", other, &Value::Null),
            "User not found",
        ),
        (call(platform.url(), "GET", job, other, &Value::Null), "Job not found"),
    ] {
        assert_eq!((response.status, response.json()), (404, json!({"error": error})));
    }
    assert_eq!(call(platform.url(), "GET", job, platform.reader_key(), &Value::Null).status, 200);
}

#[test]
fn same_idempotency_key_returns_the_same_job() {
    let platform = enabled();
    let first = job_with_key(&platform, "k-1", &trigger("ann"));
    let mut again = job_with_key(&platform, "k-1", &json!({"operation": "other"})).json();
    assert_eq!((first.status, again["replayed"].take()), (202, json!(true)));
    let mut expected = first.json();
    assert_eq!(expected["replayed"].take(), false);
    assert_eq!(again, expected);
    assert_eq!(profile(&platform, "ann")["generation_count"], 1, "made once");
    assert_ne!(job_with_key(&platform, "k-2", &trigger("ann")).json()["job_id"], expected["job_id"]);
    assert_eq!(profile(&platform, "ann")["generation_count"], 2);
    assert_eq!(job_with_key(&platform, &"k".repeat(256), &trigger("ann")).status, 400);
    let settings = json!({"enabled": true, "entities": {"user": {"schema": schema()}}});
    assert_eq!(call(platform.url(), "POST", SETTINGS, platform.other_key(), &settings).status, 200);
    let key = rows(&platform, "profile_jobs").iter().filter(|row| row["idempotency_key"] == "k-1").count();
    assert_eq!(key, 1);
}

#[test]
fn invalid_jobs_are_refused() {
    let platform = with_manual_clock();
    insert_project_memories(
        &platform,
        platform.api_key(),
        &[json!({"number": 1, "user_id": "ann", "memory": "Sings"})],
    );
    let not_enabled = "Profiles are not enabled for this project: set enabled and entities.user.schema at \
                       /v2/profiles/settings/ first.";
    for settings in [json!({}), json!({"enabled": true})] {
        ok(&platform, "POST", SETTINGS, 200, &settings);
        let response = send(&platform, "POST", JOBS, &trigger("ann"));
        assert_eq!((response.status, response.json()), (400, json!({"error": not_enabled})));
    }
    let platform = enabled();
    let before = platform.dump().unwrap();
    let sample = |limit: Value| json!({"operation": "sample", "entity_type": "user", "limit": limit});
    for (body, error) in [
        (json!({"entity_type": "user"}), "operation: This field is required."),
        (json!({"operation": "stop", "entity_type": "user"}), "operation: \"stop\" is not a valid choice."),
        (json!({"operation": "trigger", "entity_id": "ann"}), "entity_type: This field is required."),
        (
            json!({"operation": "trigger", "entity_type": "agent", "entity_id": "bot"}),
            "entity_type: Only users have profiles.",
        ),
        (trigger(""), "entity_id: Not a valid string."),
        (sample(json!(0)), "limit: Must be an integer from 1 to 10."),
        (sample(json!(11)), "limit: Must be an integer from 1 to 10."),
        (sample(json!("2")), "limit: Must be an integer from 1 to 10."),
    ] {
        let response = send(&platform, "POST", JOBS, &body);
        assert_eq!((response.status, response.json()), (400, json!({"error": error})), "{body}");
    }
    assert!(platform.dump().unwrap() == before);
}

#[test]
fn sample_selects_users_and_is_limited_to_one_per_minute() {
    let platform = enabled();
    let sample = json!({"operation": "sample", "entity_type": "user", "limit": 1});
    let response = ok(&platform, "POST", JOBS, 202, &sample);
    assert_eq!(
        (&response["sampled"], &response["entity_ids"]),
        (&json!(1), &json!(["bob"])),
        "the last that changed"
    );
    platform.clock().advance(Duration::from_millis(30_500));
    let refused = send(&platform, "POST", JOBS, &sample);
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("30")));
    assert_eq!(refused.json(), json!({"error": "A sample run just started. Try again in 30 seconds."}));
    assert_eq!(
        send(&platform, "POST", JOBS, &trigger("ann")).status,
        202,
        "the limit does not apply to a single user"
    );
    platform.clock().advance(Duration::from_millis(29_500));
    let all = ok(&platform, "POST", JOBS, 202, &json!({"operation": "sample", "entity_type": "user"}));
    assert_eq!(all["entity_ids"], json!(["bob", "ann"]));
}

#[test]
fn profile_job_is_pending_as_adds_are() {
    let created = enabled().dump().unwrap();
    let platform = LocalPlatform::builder().seed(0).completion(Completion::Manual).start().unwrap();
    platform.load(&created).unwrap();
    let response = ok(&platform, "POST", JOBS, 202, &json!({"operation": "sample", "entity_type": "user"}));
    let job =
        || ok(&platform, "GET", response["status_url"].as_str().unwrap(), 200, &Value::Null)["job"].clone();
    let pending = job();
    let counts = ["total", "completed", "succeeded", "failed", "skipped"];
    assert_eq!(pending["status"], "pending");
    assert_eq!(counts.map(|name| pending[name].as_i64().unwrap()), [2, 0, 0, 0, 0]);
    for user in ["ann", "bob"] {
        let waiting = profile(&platform, user);
        assert_eq!((&waiting["status"], &waiting["profile"]), (&json!("pending"), &json!({})), "{user}");
    }
    // The job uses the schema at its creation, and skips users who were deleted since.
    ok(&platform, "POST", SETTINGS, 200, &json!({"entities": {"user": {"schema": null}}}));
    ok(&platform, "DELETE", "/v2/entities/user/bob/", 200, &Value::Null);
    let waiting = platform.dump().unwrap();
    platform.run_jobs().unwrap();
    let done = job();
    assert_eq!(done["status"], "succeeded");
    assert_eq!(counts.map(|name| done[name].as_i64().unwrap()), [2, 2, 1, 0, 1]);
    assert_eq!(profile(&platform, "ann")["profile"]["home"], "Lives in Delft");
    assert_eq!(rows(&platform, "profiles").len(), 1, "none of Bob's");
    platform.run_jobs().unwrap();
    assert_eq!(profile(&platform, "ann")["generation_count"], 1, "nothing is made twice");
    // A platform that loads a dump runs its pending jobs.
    let other = LocalPlatform::builder().seed(0).start().unwrap();
    other.load(&waiting).unwrap();
    assert_eq!(profile(&other, "ann")["status"], "succeeded");
}
