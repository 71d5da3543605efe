//! Concurrent clients.

use std::collections::HashSet;

use mem0::{ProjectUpdate, Role};
use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use crate::project;
use crate::raw_http::{RawConnection, request};

const CLIENTS: usize = 64;

/// Each client changes a different setting of one project, creates projects and adds a member.
#[test]
fn no_change_of_64_clients_is_lost() {
    let platform = LocalPlatform::start().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = platform.async_client().unwrap();
    let org_id = platform.org_id().to_owned();
    let result: Vec<String> = runtime.block_on(async {
        let tasks: Vec<_> = (0..CLIENTS)
            .map(|at| {
                let (client, org_id) = (client.clone(), org_id.clone());
                tokio::spawn(async move {
                    let mut result = Vec::new();
                    for round in 0..4 {
                        let project = client.organization(org_id.as_str());
                        let created = project.create_project(format!("{at}-{round}")).await.unwrap();
                        let id = created.id().unwrap().clone();
                        let own = client.project_in(org_id.as_str(), id.clone());
                        own.update(ProjectUpdate::new().description(format!("{at}-{round}"))).await.unwrap();
                        let shared = client.project();
                        shared.add_member(&format!("{at}-{round}@x.io"), Role::Reader).await.unwrap();
                        assert_eq!(shared.get().await.unwrap().decay, Some(false));
                        result.push(id.into_string());
                    }
                    result
                })
            })
            .collect();
        let mut result = Vec::new();
        for task in tasks {
            result.extend(task.await.unwrap());
        }
        result
    });
    assert_eq!(result.iter().collect::<HashSet<_>>().len(), CLIENTS * 4);
    let client = platform.client().unwrap();
    let projects = client.organization(platform.org_id()).projects().unwrap();
    assert_eq!(projects.len(), CLIENTS * 4 + 1);
    assert!(projects[1..].iter().all(|project| project.description == project.name));
    assert_eq!(client.project().get_members().unwrap().len(), CLIENTS * 4 + 2);
    let requests = platform.request_log();
    assert!(requests.iter().all(|entry| entry.status.is_some_and(|status| status < 300)), "no 500, no 409");
    let ids: HashSet<&str> = requests.iter().map(|entry| entry.request_id.as_str()).collect();
    assert_eq!(ids.len(), requests.len());
}

/// A partial update reads, changes and writes one row. Concurrent updates must not overwrite each other.
#[test]
fn concurrent_partial_updates_are_all_kept() {
    let platform = LocalPlatform::start().unwrap();
    let path = project(platform.org_id(), platform.project_id());
    let texts = [
        "description",
        "custom_instructions",
        "agent_custom_instructions",
        "memory_depth",
        "inclusion_prompt",
        "exclusion_prompt",
        "usecase_setting",
        "version",
    ];
    std::thread::scope(|scope| {
        for name in texts {
            let (platform, path) = (&platform, &path);
            scope.spawn(move || {
                let mut connection = RawConnection::open(platform.url());
                for round in 0..25 {
                    let body = json!({ name: format!("{name} {round}") }).to_string();
                    connection.send(request("PATCH", path, Some(platform.api_key()), &body));
                    assert_eq!(connection.read_response(false).unwrap().status, 200);
                }
            });
        }
    });
    let current =
        crate::raw_http::call(platform.url(), "GET", &path, platform.api_key(), &Value::Null).json();
    for name in texts {
        let read_as = if name == "usecase_setting" { "usecase" } else { name };
        assert_eq!(current[read_as], format!("{name} 24"));
    }
}

/// Of concurrent requests that remove all OWNERs, at least one must fail.
#[test]
fn concurrent_removals_leave_an_owner() {
    let platform = LocalPlatform::start().unwrap();
    let client = platform.client().unwrap();
    let organization = client.organization(platform.org_id());
    let emails: Vec<String> = (0..16).map(|at| format!("owner-{at}@x.io")).collect();
    for email in &emails {
        organization.add_member(email, Role::Owner).unwrap();
        client.project().add_member(email, Role::Owner).unwrap();
    }
    client.project().remove_member("owner@example.com").unwrap();
    let key = |email: &String| platform.create_key(email, platform.org_id(), platform.project_id()).unwrap();
    let keys: Vec<String> = emails.iter().map(key).collect();
    organization.remove_member("owner@example.com").unwrap();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let path = crate::organization(platform.org_id()) + "members/";
        let platform = &platform;
        let threads: Vec<_> = emails
            .iter()
            .zip(&keys)
            .map(|(email, key)| {
                let path = path.clone();
                let body = json!({ "email": email });
                scope.spawn(move || crate::raw_http::call(platform.url(), "DELETE", &path, key, &body).status)
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 15);
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 1);
}
