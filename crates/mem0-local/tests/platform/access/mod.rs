//! Access: every operation for each kind of caller, with an existing and a missing target.

mod requests;
mod rules;
mod world;

use std::collections::HashSet;

use mem0_local::Operation;
use serde_json::{Value, json};

use self::rules::*;
use self::world::World;
use crate::raw_http::call;

#[test]
fn every_operation_applies_the_access_rules_to_every_caller() {
    let mut world = World::new();
    for operation in Operation::ALL.iter().copied() {
        for target in [There, NoOrganization, NoProject, ElsewhereProject] {
            for caller in CALLERS {
                let at = format!("{operation}, {target:?}, {caller:?}");
                let response = world.send(operation, target, caller);
                let (status, refusal) = expected(operation, target, caller);
                assert_eq!(response.status, status, "{at}: {response:?}");
                let is_read = only_reads(operation);
                match refusal {
                    Some(body) => {
                        assert_eq!(response.json(), body, "{at}");
                        assert_eq!(response.header("content-type"), Some("application/json"), "{at}");
                        assert!(world.is_untouched(), "{at}: a refused operation changed something");
                    }
                    None if status >= 400 => {
                        assert!(world.is_untouched(), "{at}: what failed changed something");
                    }
                    None if is_read => assert!(world.is_untouched(), "{at}: a read changed something"),
                    None => {
                        assert!(!world.is_untouched(), "{at}: nothing was changed");
                        world = World::new();
                    }
                }
            }
        }
    }
}

#[test]
fn reply_for_a_hidden_object_equals_that_for_a_missing_one() {
    let world = World::new();
    let mut compared = HashSet::new();
    for operation in Operation::ALL.iter().copied() {
        for caller in [OrganizationReader, Stranger] {
            let (status, refusal) = expected(operation, There, caller);
            if status != 404 || refusal.is_none() {
                continue;
            }
            let existing = world.send(operation, There, caller).without_variable_headers();
            for target in [NoOrganization, NoProject, ElsewhereProject] {
                let (status, _) = expected(operation, target, caller);
                if world.path(operation, target) == world.path(operation, There) || status < 400 {
                    continue;
                }
                assert_eq!((existing.status, status), (404, 404), "{operation} {target:?} {caller:?}");
                let missing = world.send(operation, target, caller).without_variable_headers();
                assert_eq!(existing, missing, "{operation} {target:?} {caller:?}");
                compared.insert(operation);
            }
        }
    }
    let names_a_target = |operation: &Operation| {
        ["{org_id}", "{project_id}", "{webhook_id}"].iter().any(|id| operation.path().contains(id))
    };
    let all: HashSet<_> = Operation::ALL.iter().copied().filter(names_a_target).collect();
    assert_eq!(compared, all);
    assert!(world.is_untouched());
}

/// An invalid body or query must not reveal that the target exists.
#[test]
fn access_is_checked_before_the_body() {
    let world = World::new();
    let url = world.platform.url();
    for operation in Operation::ALL.iter().copied().filter(|operation| operation.method() != "GET") {
        if operation == Operation::CreateOrganization {
            continue;
        }
        let path = format!("{}?no_such_name=1", world.path(operation, There).replace("?email=", "?e="));
        for (caller, body) in [(Stranger, "{"), (ProjectReader, "{"), (NoKey, "{"), (BadKey, "[]")] {
            let (status, refusal) = expected(operation, There, caller);
            if refusal.is_none() {
                continue;
            }
            let key = Some(world.key(caller)).filter(|key| !key.is_empty());
            let response = crate::raw_http::RawConnection::open(url)
                .call(operation.method().as_str(), &path, key, body)
                .unwrap();
            assert_eq!((response.status, Some(response.json())), (status, refusal), "{operation} {caller:?}");
        }
    }
    assert!(world.is_untouched());
}

/// The role in the organization and the role in the project are independent.
#[test]
fn project_list_contains_only_visible_projects() {
    let world = World::new();
    let (url, owner) = (world.platform.url(), world.key(OrganizationOwner));
    let path = world.path(Operation::CreateProject, There);
    let created = call(url, "POST", &path, owner, &json!({"name": "Second"})).json();
    let first = world.platform.project_id();
    let second = created["project_id"].as_str().unwrap();
    let shown = |caller| -> Vec<(String, String)> {
        let list = call(url, "GET", &path, world.key(caller), &Value::Null).json();
        let of = |value: &Value| value.as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(|p| (of(&p["project_id"]), of(&p["user_role"]))).collect()
    };
    let as_owner = |id: &str| (id.to_owned(), "OWNER".to_owned());
    assert_eq!(shown(OrganizationOwner), [as_owner(first), as_owner(second)], "oldest first");
    assert_eq!(shown(ProjectOwner), [as_owner(first)]);
    assert_eq!(shown(OrganizationReader), []);
    assert_eq!(shown(ProjectReader), [(first.to_owned(), "READER".to_owned())]);
    let added = json!({"email": "second-owner@x.io", "role": "OWNER"});
    let members = format!("{}members/", world.path(Operation::GetOrganization, There));
    assert_eq!(call(url, "POST", &members, owner, &added).status, 201);
    let key = world.platform.create_key("second-owner@x.io", world.platform.org_id(), first).unwrap();
    let list = call(url, "GET", &path, &key, &Value::Null).json();
    assert_eq!(list.as_array().unwrap().len(), 2, "an OWNER of the organization, a member of no project");
    assert!(list.as_array().unwrap().iter().all(|project| project["user_role"] == "OWNER"));
    assert_eq!(list[0]["members"].as_array().unwrap().len(), 4, "and they are not listed as its member");
}
