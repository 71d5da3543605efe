//! Initial content of a platform, and its JSON.

use mem0_local::{Clock, LocalPlatform};
use serde_json::{Value, json};

use crate::raw_http::call;
use crate::{ORGANIZATIONS, organization, project};

const NOW: &str = "2026-01-31T12:00:00.000000Z";

fn platform() -> LocalPlatform {
    LocalPlatform::builder().clock(Clock::manual(NOW.parse().unwrap())).start().unwrap()
}

fn read(platform: &LocalPlatform, path: &str, key: &str) -> Value {
    let response = call(platform.url(), "GET", path, key, &Value::Null);
    assert_eq!(response.status, 200, "{response:?}");
    response.json()
}

#[test]
fn default_organization_has_an_owner_and_a_reader() {
    let platform = platform();
    let current = read(&platform, &organization(platform.org_id()), platform.reader_key());
    let expected = json!({
        "org_id": platform.org_id(), "name": "default-org", "created_at": NOW, "updated_at": NOW,
        "members": [
            {"username": "owner", "role": "OWNER", "email": "owner@example.com"},
            {"username": "reader", "role": "READER", "email": "reader@example.com"},
        ],
        "is_default": true, "byok_enabled": false, "invitations": [], "owner_pricing_plan": "FREE",
        "is_owner": false, "user_role": "READER",
    });
    assert_eq!(current, expected);
    assert_eq!(read(&platform, ORGANIZATIONS, platform.reader_key()), json!([expected]));
    let current = read(&platform, &organization(platform.org_id()), platform.api_key());
    assert_eq!((&current["is_owner"], &current["user_role"]), (&json!(true), &json!("OWNER")));
    let members = read(&platform, &(organization(platform.org_id()) + "members/"), platform.reader_key());
    let members = members["members"].as_array().unwrap();
    assert_eq!(members.len(), 2);
    for (member, role) in members.iter().zip(["OWNER", "READER"]) {
        let id = member["user_id"].as_str().unwrap();
        assert!(id.starts_with("user_"));
        assert_eq!(member, &json!({"user_id": id, "role": role}));
    }
}

#[test]
fn default_project_has_the_members_of_its_organization_and_default_settings() {
    let platform = platform();
    let (org_id, project_id) = (platform.org_id(), platform.project_id());
    let own = project(org_id, project_id);
    let current = read(&platform, &own, platform.reader_key());
    let expected = json!({
        "org_id": org_id, "project_id": project_id, "name": "default-project", "description": null,
        "created_at": NOW, "updated_at": NOW, "is_default": true, "user_role": "READER",
        "members": [
            {"username": "owner", "role": "OWNER", "email": "owner@example.com"},
            {"username": "reader", "role": "READER", "email": "reader@example.com"},
        ],
        "decay": false, "multilingual": false, "enable_graph": false, "version": "v3",
        "usecase": null, "memory_depth": null, "inclusion_prompt": null, "exclusion_prompt": null,
        "custom_categories": null, "custom_instructions": null, "agent_custom_instructions": null,
        "update_custom_instructions": null, "summary_custom_instructions": null, "summary_batch_size": 10,
        "summary_max_tokens": null, "expiration_date": null, "active_prompt_profile": null,
    });
    assert_eq!(current, expected);
    let list = read(&platform, &(organization(org_id) + "projects/"), platform.reader_key());
    assert_eq!(list, json!([expected]), "the whole object, in a bare list");
    let members = read(&platform, &(own.clone() + "members/"), platform.reader_key());
    let expected =
        [json!({"username": "owner", "role": "OWNER"}), json!({"username": "reader", "role": "READER"})];
    assert_eq!(members, json!({ "members": expected }));
    let path = own.clone() + "?fields=decay&fields=&fields=name&fields=decay";
    assert_eq!(
        read(&platform, &path, platform.api_key()),
        json!({"decay": false, "name": "default-project"})
    );
    let whole = read(&platform, &own, platform.api_key());
    assert_eq!(read(&platform, &(own.clone() + "?fields="), platform.api_key()), whole, "names nothing");
    assert_eq!(read(&platform, &(own + "?fields=name,decay"), platform.api_key()), json!({}), "one name");
}

#[test]
fn other_key_belongs_to_another_organization() {
    let platform = platform();
    let ping = read(&platform, "/v1/ping/", platform.other_key());
    assert_eq!(ping["user_email"], "other@example.com");
    let (org_id, project_id) = (ping["org_id"].as_str().unwrap(), ping["project_id"].as_str().unwrap());
    let current = read(&platform, &organization(org_id), platform.other_key());
    assert_eq!((&current["name"], &current["is_owner"]), (&json!("other-org"), &json!(true)));
    let current = read(&platform, &project(org_id, project_id), platform.other_key());
    assert_eq!((&current["name"], &current["user_role"]), (&json!("default-project"), &json!("OWNER")));
}

#[test]
fn name_is_kept_as_it_was_sent() {
    let platform = platform();
    let key = platform.api_key();
    let name = "  two\twords ";
    let created = call(platform.url(), "POST", ORGANIZATIONS, key, &json!({ "name": name })).json();
    let org = organization(created["org_id"].as_str().unwrap());
    assert_eq!(read(&platform, &org, key)["name"], name);
    let created = call(platform.url(), "POST", &(org.clone() + "projects/"), key, &json!({ "name": name }));
    assert_eq!(created.status, 200);
    assert_eq!(read(&platform, &(org + "projects/"), key)[0]["name"], name);
}

#[test]
fn user_created_as_a_member_is_named_by_their_id() {
    let platform = platform();
    let (org, key) = (organization(platform.org_id()), platform.api_key());
    let body = json!({"email": "ann@x.io", "role": "READER"});
    assert_eq!(call(platform.url(), "POST", &(org.clone() + "members/"), key, &body).status, 201);
    let listed = read(&platform, &(org.clone() + "members/"), key);
    let id = &listed["members"][2]["user_id"];
    let member = json!({"username": id, "role": "READER", "email": "ann@x.io"});
    assert_eq!(read(&platform, &org, key)["members"][2], member);
}
