//! The whole state: dumped, loaded and reset.

use mem0_local::{Dump, LocalError, LocalPlatform, Route};
use serde_json::{Value, json};

use crate::raw_http::call;
use crate::{ORGANIZATIONS, organization, project};

/// Returns a platform with rows in every table.
fn full() -> LocalPlatform {
    let platform = LocalPlatform::builder().seed(0).start().unwrap();
    let client = platform.client().unwrap();
    let created = client.organizations().create("Ünï\u{0}\"").unwrap();
    let project = client.organization(created.id().unwrap()).create_project("P").unwrap();
    let project = client.project_in(created.id().unwrap(), project.id().unwrap());
    project.update(mem0::ProjectUpdate::new().decay(true).custom_categories(["a", "b"])).unwrap();
    project.add_member("ann@x.io", mem0::Role::Owner).unwrap();
    client.project().delete().unwrap();
    platform
}

fn status(platform: &LocalPlatform, key: &str) -> u16 {
    call(platform.url(), "GET", "/v1/ping/", key, &Value::Null).status
}

#[test]
fn dump_is_restored_also_in_another_platform() {
    let platform = full();
    let dump = platform.dump().unwrap();
    let json = serde_json::to_string(&dump).unwrap();
    let other = LocalPlatform::builder().seed(99).start().unwrap();
    let old_key = other.api_key().to_owned();
    let dump: Dump = serde_json::from_str(&json).unwrap();
    other.load(&dump).unwrap();
    assert!(other.dump().unwrap() == dump);
    assert_eq!((status(&other, platform.other_key()), status(&other, &old_key)), (200, 401));
    // New identifiers continue the sequence of the dumped platform.
    let key = platform.other_key();
    let make = |platform: &LocalPlatform| {
        call(platform.url(), "POST", ORGANIZATIONS, key, &json!({"name": "N"})).json()["org_id"].clone()
    };
    assert_eq!(make(&platform), make(&other));
}

#[test]
fn invalid_dump_changes_nothing() {
    let platform = full();
    let whole = serde_json::to_value(platform.dump().unwrap()).unwrap();
    let before = platform.dump().unwrap();
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut json = whole.clone();
        change(&mut json);
        assert_ne!(json, whole);
        json
    };
    let set = |pointer: &'static str, value: Value| {
        broken(&move |json| *json.pointer_mut(pointer).expect(pointer) = value.clone())
    };
    let without = |table: &'static str, at: usize| {
        broken(&move |json| drop(json["tables"][table]["rows"].as_array_mut().unwrap().remove(at)))
    };
    let again = |table: &'static str| {
        broken(&move |json| {
            let rows = json["tables"][table]["rows"].as_array_mut().unwrap();
            rows.push(rows[0].clone());
        })
    };
    let named = |name: &'static str, value: Value| {
        broken(&move |json| {
            let rows = json["tables"]["meta"]["rows"].as_array_mut().unwrap();
            rows.iter_mut().find(|row| row[0] == name).unwrap()[1] = value.clone();
        })
    };
    for (what, json) in [
        ("version", set("/version", json!(99))),
        ("version", set("/version", json!(0))),
        ("tables", broken(&|json| drop(json["tables"].as_object_mut().unwrap().remove("keys")))),
        ("tables", broken(&|json| json["tables"]["sqlite_schema"] = json["tables"]["keys"].clone())),
        ("users: unexpected columns", set("/tables/users/columns/0", json!("id"))),
        ("users[0]", set("/tables/users/rows/0", json!(["only"]))),
        ("users[0]", set("/tables/users/rows/0/0", json!(null))),
        ("users[0]", set("/tables/users/rows/0/0", json!(true))),
        ("users[0]", set("/tables/users/rows/0/3", json!("yesterday"))),
        ("users[0]", set("/tables/users/rows/0/3", json!(1.5))),
        ("users", again("users")),
        ("organizations", again("organizations")),
        ("keys", again("keys")),
        ("organization_members[0]", set("/tables/organization_members/rows/0/2", json!("BOSS"))),
        ("organization_members", without("users", 0)),
        ("organization_members", without("organizations", 0)),
        ("project_members", without("projects", 0)),
        ("projects[0].settings", set("/tables/projects/rows/0/4", json!("{"))),
        ("projects[0].settings", set("/tables/projects/rows/0/4", json!("[]"))),
        ("meta", broken(&|json| json["tables"]["meta"]["rows"] = json!([]))),
        ("ids_made", named("ids_made", json!("many"))),
        ("ids_made", named("ids_made", json!(-1))),
        ("ids_made", named("ids_made", json!(i64::MAX))),
        ("seed", named("seed", json!("x"))),
        ("OWNER", set("/tables/organization_members/rows/0/2", json!("READER"))),
    ] {
        let dump: Dump = serde_json::from_value(json).unwrap();
        let error = platform.load(&dump).expect_err(what);
        assert!(matches!(error, LocalError::Content { .. }), "{what}: {error:?}");
        let message = error.to_string();
        assert!(message.starts_with("invalid dump: ") && message.contains(what), "{what}: {message}");
        assert!(!message.contains("x.io") && !message.contains("example.com"), "{message}");
        assert!(platform.dump().unwrap() == before, "{what}");
    }
    assert_eq!(status(&platform, platform.other_key()), 200);
}

#[test]
fn reset_restores_the_initial_state() {
    let seed = r#"{"organizations": [{"org_id": "org_a", "name": "A",
        "members": [{"email": "owner@example.com", "role": "OWNER"}]}]}"#;
    let seed = mem0_local::SeedData::from_json(seed).unwrap();
    let platform = LocalPlatform::builder().seed(0).seed_data(seed).start().unwrap();
    let first = platform.dump().unwrap();
    let key = platform.api_key();
    let delete = |path: &str| call(platform.url(), "DELETE", path, key, &Value::Null).status;
    let make = || call(platform.url(), "POST", ORGANIZATIONS, key, &json!({"name": "N"})).json();
    let first_id = make();
    assert_eq!(delete(&organization("org_a")), 200);
    assert_eq!(delete(&project(platform.org_id(), platform.project_id())), 200);
    platform.fail_next(Route::any(), mem0_local::Fault::status(500));
    assert_eq!(status(&platform, platform.other_key()), 500);
    platform.fail_next(Route::any(), mem0_local::Fault::status(500));
    platform.reset().unwrap();
    assert!(platform.dump().unwrap() == first);
    assert_eq!(platform.request_log(), []);
    assert_eq!(status(&platform, key), 200, "no fault, and the keys are good again");
    assert_eq!(make(), first_id, "identifiers begin anew");
    platform.load(&full().dump().unwrap()).unwrap();
    platform.reset().unwrap();
    assert!(platform.dump().unwrap() == first);
}

#[test]
fn users_and_keys_are_created_by_the_handle() {
    let platform = LocalPlatform::start().unwrap();
    let ann = platform.create_user("ann@x.io").unwrap();
    assert_eq!(platform.create_user("ANN@x.io").unwrap(), ann);
    let before = platform.dump().unwrap();
    for email in ["", "ann", "@x.io", "a b@x.io"] {
        assert!(matches!(platform.create_user(email), Err(LocalError::Invalid { field: "email", .. })));
        let key = platform.create_key(email, platform.org_id(), platform.project_id());
        assert!(matches!(key, Err(LocalError::Invalid { field: "email", .. })));
    }
    for (org_id, project_id) in [("org_x", platform.project_id()), (platform.org_id(), "proj_x"), ("", "")] {
        let key = platform.create_key("bob@x.io", org_id, project_id);
        assert!(matches!(key, Err(LocalError::Invalid { field: "project_id", .. })));
    }
    assert!(platform.dump().unwrap() == before, "no user is left of what failed");
    let key = platform.create_key("bob@x.io", platform.org_id(), platform.project_id()).unwrap();
    assert_eq!(status(&platform, &key), 200);
    let own = project(platform.org_id(), platform.project_id());
    assert_eq!(call(platform.url(), "GET", &own, &key, &Value::Null).status, 404, "no member of anything");
}
