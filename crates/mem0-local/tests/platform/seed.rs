//! Seeds: predictable identifiers and keys, and initial content.

use std::collections::HashSet;

use mem0_local::{Clock, LocalError, LocalPlatform, SeedData};
use serde_json::{Value, json};

use crate::raw_http::call;
use crate::{ORGANIZATIONS, organization, project};

fn built(seed: u64) -> LocalPlatform {
    let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let platform = LocalPlatform::builder().seed(seed).clock(clock).start().unwrap();
    let created =
        call(platform.url(), "POST", ORGANIZATIONS, platform.api_key(), &json!({"name": "N"})).json();
    let org_id = created["org_id"].as_str().unwrap();
    let path = format!("{}projects/", organization(org_id));
    let created = call(platform.url(), "POST", &path, platform.api_key(), &json!({"name": "P"})).json();
    platform.create_key("ann@x.io", org_id, created["project_id"].as_str().unwrap()).unwrap();
    platform
}

#[test]
fn same_seed_and_requests_give_the_same_identifiers_and_keys() {
    let (one, two, other) = (built(7), built(7), built(8));
    assert!(one.dump().unwrap() == two.dump().unwrap());
    let words = |platform: &LocalPlatform| -> HashSet<String> {
        let dump = serde_json::to_value(platform.dump().unwrap()).unwrap();
        let ids = ["org_id", "project_id", "user_id", "key"];
        let mut found = HashSet::new();
        for table in ["users", "organizations", "projects", "keys"] {
            let table = &dump["tables"][table];
            let columns = table["columns"].as_array().unwrap();
            for row in table["rows"].as_array().unwrap() {
                let cells = columns.iter().zip(row.as_array().unwrap());
                let cells = cells.filter(|(column, _)| ids.contains(&column.as_str().unwrap()));
                found.extend(cells.map(|(_, cell)| cell.as_str().unwrap().to_owned()));
            }
        }
        found
    };
    let (ours, foreign) = (words(&one), words(&other));
    assert_eq!((ours.len(), foreign.len()), (4 + 3 + 3 + 4, 14));
    assert!(ours.is_disjoint(&foreign));
    for id in ours {
        let (prefix, rest) = id.rsplit_once(['_', '-']).unwrap();
        let length = match prefix {
            "org" | "proj" => 24,
            "user" => 16,
            "m0-local" => 32,
            other => panic!("{other}"),
        };
        assert_eq!(rest.len(), length);
        assert!(rest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()));
    }
    let zero = LocalPlatform::builder().seed(0).start().unwrap();
    assert_ne!(zero.api_key(), LocalPlatform::start().unwrap().api_key());
    assert!(LocalPlatform::builder().seed(u64::MAX).start().is_ok());
}

/// Keys that other machines can use, or that are stored, must not be predictable by default.
#[test]
fn keys_of_a_data_file_and_of_an_open_address_are_random() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name| LocalPlatform::builder().data_file(folder.path().join(name)).start().unwrap();
    let open = || LocalPlatform::builder().listen(([0, 0, 0, 0], 0)).allow_any_address(true).start().unwrap();
    let platforms = [file("a"), file("b"), open(), open(), LocalPlatform::start().unwrap()];
    let keys: HashSet<&str> = platforms.iter().map(LocalPlatform::api_key).collect();
    assert_eq!(keys.len(), platforms.len());
}

const TEAM: &str = r#"{
    "users": [{"email": "ann@x.io", "username": "ann"}, {"email": "idle@x.io"}],
    "organizations": [
        {"org_id": "org_acme", "name": "Acme",
         "members": [{"email": "ANN@x.io", "role": "OWNER"}, {"email": "owner@example.com", "role": "READER"}],
         "projects": [
            {"project_id": "proj_bot", "name": "Bot",
             "settings": {"decay": true, "custom_categories": ["billing"], "custom_instructions": ["a", "b"]},
             "members": [{"email": "ann@x.io", "role": "OWNER"}, {"email": "bob@x.io", "role": "READER"}],
             "keys": [{"email": "ann@x.io", "key": "m0-local-ann"}, {"email": "ann@x.io"},
                      {"email": "eve@x.io", "key": "m0-local-eve"}]},
            {"name": "UnmanagedKind", "members": [{"email": "bob@x.io", "role": "OWNER"}]}]},
        {"name": "Empty", "members": [{"email": "ann@x.io", "role": "OWNER"}]}]
}"#;

#[test]
fn seed_data_is_added_to_the_default_content() {
    let seed = SeedData::from_json(TEAM).unwrap();
    let platform = LocalPlatform::builder().seed_data(seed).start().unwrap();
    let url = platform.url();
    let get = |path: &str, key: &str| call(url, "GET", path, key, &Value::Null);
    let bot = get(&project("org_acme", "proj_bot"), "m0-local-ann").json();
    assert_eq!(bot["decay"], true);
    assert_eq!(bot["custom_categories"], json!(["billing"]));
    assert_eq!((&bot["custom_instructions"], &bot["is_default"]), (&json!("a\nb"), &json!(false)));
    assert_eq!(bot["members"][0]["username"], "ann");
    let acme = get(&organization("org_acme"), "m0-local-ann").json();
    let roles: Vec<(&Value, &Value)> = acme["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| (&member["email"], &member["role"]))
        .collect();
    let expected = [
        (json!("ann@x.io"), json!("OWNER")),
        (json!("owner@example.com"), json!("READER")),
        (json!("bob@x.io"), json!("READER")),
    ];
    assert_eq!(roles, expected.each_ref().map(|(email, role)| (email, role)));
    assert_eq!(acme["invitations"], json!([]));
    let names: Vec<Value> = get(ORGANIZATIONS, "m0-local-ann")
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["name"].clone())
        .collect();
    assert_eq!(names, ["Acme", "Empty"]);
    assert_eq!(get(&organization("org_acme"), platform.api_key()).json()["user_role"], "READER");
    assert_eq!(get("/v1/ping/", "m0-local-eve").status, 200, "key of a user who is not a member");
    assert_eq!(get(&project("org_acme", "proj_bot"), "m0-local-eve").status, 404);
    assert_eq!(get(&organization(platform.org_id()), "m0-local-ann").status, 404);
}

fn refused(seed: &Value) -> String {
    let data = match SeedData::from_json(&seed.to_string()) {
        Ok(data) => data,
        Err(error) => return error.to_string(),
    };
    let error = LocalPlatform::builder().seed_data(data).start().expect_err(&seed.to_string());
    assert!(matches!(error, LocalError::Content { .. }), "{error:?}");
    error.to_string()
}

/// Returns seed data with one organization and project, with one changed value.
fn changed(pointer: &str, value: Value) -> Value {
    let owner = json!([{"email": "ann@x.io", "role": "OWNER"}]);
    let mut seed = json!({
        "users": [{"email": "zoe@x.io", "username": "zoe"}],
        "organizations": [{"org_id": "org_a", "name": "A", "members": owner, "projects": [
            {"project_id": "proj_a", "name": "P", "settings": {}, "members": owner, "keys": []}]}],
    });
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = seed.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(list) => list.push(value),
        Value::Object(fields) => drop(fields.insert(name.to_owned(), value)),
        _ => panic!("{pointer}"),
    }
    seed
}

#[test]
fn every_error_in_seed_data_has_its_location() {
    const ORG: &str = "/organizations/0";
    const PROJ: &str = "/organizations/0/projects/0";
    let at = |base: &str, rest: &str| format!("{base}{rest}");
    let blank = "This field may not be blank.";
    let invalid = "Enter a valid email address.";
    for (pointer, value, words) in [
        ("/users/-".to_owned(), json!({"email": "ann"}), format!("users[1].email: {invalid}")),
        ("/users/-".to_owned(), json!({"email": "ZOE@x.io"}), "users[1]: e-mail address already in use".to_owned()),
        ("/users/-".to_owned(), json!({"email": "reader@example.com"}), "users[1]: e-mail address already in use".to_owned()),
        ("/users/-".to_owned(), json!({"email": "y@x.io", "username": "zoe"}), "users[1]: username already in use".to_owned()),
        (at(ORG, "/name"), json!(" "), format!("organizations[0].name: {blank}")),
        (at(ORG, "/members"), json!([]), "organizations[0].members: no OWNER".to_owned()),
        (at(ORG, "/members/-"), json!({"email": "@", "role": "OWNER"}), format!("organizations[0].members[1].email: {invalid}")),
        (at(ORG, "/members/-"), json!({"email": "b@x.io", "role": "owner"}), "organizations[0].members[1].role: \"owner\" is not a valid choice.".to_owned()),
        (at(ORG, "/members/-"), json!({"email": "Ann@x.io", "role": "READER"}), "organizations[0].members[1]: already a member".to_owned()),
        ("/organizations/-".to_owned(), json!({"org_id": "org_a", "name": "B", "members": [{"email": "b@x.io", "role": "OWNER"}]}), "organizations[1]: org_id already in use".to_owned()),
        (at(ORG, "/org_id"), json!(""), "organizations[0].org_id: must not be empty, `.` or `..`".to_owned()),
        (at(ORG, "/org_id"), json!(".."), "organizations[0].org_id: must not be empty, `.` or `..`".to_owned()),
        (at(PROJ, "/name"), json!(""), format!("organizations[0].projects[0].name: {blank}")),
        (at(PROJ, "/project_id"), json!("."), "organizations[0].projects[0].project_id: must not be empty, `.` or `..`".to_owned()),
        (at(PROJ, "/members"), json!([]), "organizations[0].projects[0].members: no OWNER".to_owned()),
        (at(PROJ, "/members/-"), json!({"email": "ann@x.io", "role": "READER"}), "organizations[0].projects[0].members[1]: already a member".to_owned()),
        (at(PROJ, "/members/-"), json!({"email": "b@x.io", "role": ""}), "organizations[0].projects[0].members[1].role: \"\" is not a valid choice.".to_owned()),
        (at(PROJ, "/settings/decay"), json!("yes"), "organizations[0].projects[0].settings.decay: Must be a valid boolean.".to_owned()),
        (at(PROJ, "/settings/usecase"), json!("x"), "organizations[0].projects[0].settings: `usecase` is not a writable setting".to_owned()),
        (at(PROJ, "/settings/name"), json!("x"), "organizations[0].projects[0].settings: `name` is not a writable setting".to_owned()),
        (at(PROJ, "/keys/-"), json!({"email": "x"}), format!("organizations[0].projects[0].keys[0].email: {invalid}")),
        (at(PROJ, "/keys/-"), json!({"email": "a@x.io", "key": "secret"}), "organizations[0].projects[0].keys[0].key: must start with m0-local- and contain only visible ASCII characters".to_owned()),
        (at(PROJ, "/keys/-"), json!({"email": "a@x.io", "key": "m0-local-a b"}), "organizations[0].projects[0].keys[0].key: must start with m0-local- and contain only visible ASCII characters".to_owned()),
        (at(ORG, "/projects/-"), json!({"project_id": "proj_a", "name": "Q", "members": [{"email": "b@x.io", "role": "OWNER"}]}), "organizations[0].projects[1]: project_id already in use".to_owned()),
        (at(ORG, "/plan"), json!("x"), "organizations[0]".to_owned()),
        ("/users".to_owned(), json!({}), "users".to_owned()),
        (at(PROJ, "/keys/-"), json!("m0-local-secret"), "organizations[0].projects[0].keys[0]".to_owned()),
        (at(PROJ, "/settings/ann@x.io"), json!(1), "not a writable setting".to_owned()),
        (at(ORG, "/members/-"), json!({"email": "OWNER", "role": "ann@x.io"}), format!("organizations[0].members[1].email: {invalid}")),
        (at(ORG, "/members/-"), json!({"email": "c@x.io", "role": "ann@x.io"}), "organizations[0].members[1].role".to_owned()),
    ] {
        let message = refused(&changed(&pointer, value));
        assert!(message.starts_with("invalid seed data: ") && message.contains(&words), "{pointer}: {message}");
        assert!(!message.contains("x.io") && !message.contains("secret"), "shows what it should not: {message}");
    }
    let repeated =
        json!([{"email": "a@x.io", "key": "m0-local-a"}, {"email": "b@x.io", "key": "m0-local-a"}]);
    let message = refused(&changed(&at(PROJ, "/keys"), repeated));
    assert!(message.contains("organizations[0].projects[0].keys[1]: key already in use"), "{message}");
    assert!(LocalPlatform::builder().seed_data(SeedData::from_json("{}").unwrap()).start().is_ok());
    assert!(SeedData::from_json("[").is_err());
    assert!(matches!(SeedData::from_file("/no/such/file.json"), Err(LocalError::File { .. })));
}

/// An update of a project cannot set the default expiration date of its memories.
#[test]
fn seed_data_sets_the_default_expiration_date() {
    let seed = |day: Value| {
        let project = json!({
            "project_id": "proj_a", "name": "A", "settings": {"expiration_date": day},
            "members": [{"email": "owner@example.com", "role": "OWNER"}],
            "keys": [{"email": "owner@example.com", "key": "m0-local-a"}],
        });
        let owner = json!([{"email": "owner@example.com", "role": "OWNER"}]);
        let seed = json!({"organizations": [{"org_id": "org_a", "name": "A", "members": owner, "projects": [project]}]});
        SeedData::from_json(&seed.to_string()).unwrap()
    };
    let platform = LocalPlatform::builder().seed_data(seed(json!("2099-12-31"))).start().unwrap();
    let request = |method: &str, path: &str, body: &Value| {
        let response = call(platform.url(), method, path, "m0-local-a", body);
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    };
    assert_eq!(
        request("GET", &crate::project("org_a", "proj_a"), &Value::Null)["expiration_date"],
        "2099-12-31"
    );
    let expiration = |text: &str, more: Value| {
        let mut body = json!({"messages": text, "user_id": "u"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let event_id = request("POST", "/v3/memories/add/", &body)["event_id"].clone();
        let event = request("GET", &format!("/v1/event/{}/", event_id.as_str().unwrap()), &Value::Null);
        let path = format!("/v1/memories/{}/", event["results"][0]["id"].as_str().unwrap());
        request("GET", &path, &Value::Null)["expiration_date"].clone()
    };
    assert_eq!(expiration("Default", json!({})), "2099-12-31");
    assert_eq!(expiration("As it is", json!({"infer": false})), "2099-12-31");
    assert_eq!(expiration("Its own", json!({"expiration_date": "2098-01-01"})), "2098-01-01");
    assert_eq!(expiration("Never", json!({"expiration_date": null})), Value::Null);
    let other = LocalPlatform::start().unwrap();
    other.load(&platform.dump().unwrap()).unwrap();
    let body = json!({"messages": "From a dump", "user_id": "u", "infer": false});
    let response = call(other.url(), "POST", "/v3/memories/add/", "m0-local-a", &body).json();
    let path = format!("/v1/memories/{}/", response["results"][0]["id"].as_str().unwrap());
    let memory = call(other.url(), "GET", &path, "m0-local-a", &Value::Null).json();
    assert_eq!(memory["expiration_date"], "2099-12-31");
    let refused = LocalPlatform::builder().seed_data(seed(json!("soon"))).start().unwrap_err().to_string();
    let words = "organizations[0].projects[0].settings.expiration_date: Date has wrong format.";
    assert!(refused.contains(words), "{refused}");
}

/// A seeded identifier may already be taken by seed data.
#[test]
fn taken_identifier_is_not_generated_again() {
    let first = LocalPlatform::builder().seed(0).start().unwrap();
    let name = json!({"name": "N"});
    let make = |platform: &LocalPlatform| {
        let response = call(platform.url(), "POST", ORGANIZATIONS, platform.api_key(), &name);
        assert_eq!(response.status, 201, "{response:?}");
        response.json()["org_id"].as_str().unwrap().to_owned()
    };
    let given = [make(&first), make(&first), make(&first)];
    let owner = json!([{"email": "owner@example.com", "role": "OWNER"}]);
    let seed = json!({"organizations": [{"org_id": given[1], "name": "Taken", "members": owner}]});
    let seed = SeedData::from_json(&seed.to_string()).unwrap();
    let second = LocalPlatform::builder().seed(0).seed_data(seed).start().unwrap();
    assert_eq!([make(&second), make(&second)], [given[0].clone(), given[2].clone()]);
}
