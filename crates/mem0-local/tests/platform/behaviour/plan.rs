//! Projects as code: reading the current state, planning and applying.

use super::*;
use mem0::ProjectUpdate;
use mem0::plan::{DesiredOrganization, Plan, Prune};
use mem0::webhooks::NewWebhook;
use mem0_local::{LoggedRequest, Operation};
use serde_json::{Value, json};

fn desired(value: Value) -> DesiredOrganization {
    serde_json::from_value(value).unwrap()
}

/// Changing requests in the log, as method, path below `/api/v1/`, and body.
fn changes(platform: &LocalPlatform, project_id: &str) -> Vec<(String, Value)> {
    let organization = format!("orgs/organizations/{}/", platform.org_id());
    let format_entry = |entry: &LoggedRequest| {
        let path = entry.path.trim_start_matches("/api/v1/").replace(&organization, "");
        let query: Vec<String> = entry.query.iter().map(|(name, value)| format!("?{name}={value}")).collect();
        let path = path.replace(project_id, "P");
        (format!("{} {path}{}", entry.method, query.concat()), entry.body.clone().unwrap_or_default())
    };
    platform.request_log().iter().filter(|entry| entry.method != "GET").map(format_entry).collect()
}

#[maybe_async]
#[flavour_test]
async fn the_current_state_has_only_what_the_caller_can_see() {
    let platform = LocalPlatform::start().unwrap();
    let client = owner(&platform);
    let webhook = NewWebhook::new("audit", "http://127.0.0.1/", ["memory_add"]);
    client.project().webhooks().create(webhook).await.unwrap();
    let organization = client.organization(platform.org_id());
    organization.create_project("Other").await.unwrap();

    let state = organization.current_state().await.unwrap();
    assert_eq!(state.identity.user_email.as_deref(), Some("owner@example.com"));
    assert_eq!(state.organization.members.as_ref().map(Vec::len), Some(2));
    let webhooks: Vec<Option<usize>> =
        state.projects.iter().map(|project| project.webhooks.as_ref().map(Vec::len)).collect();
    assert_eq!(webhooks, [Some(1), Some(0)]);
    let same = organization.plan(&state.to_desired().unwrap(), Prune::Yes).await.unwrap();
    assert!(same.is_empty(), "{same}");

    platform.clear_request_log();
    let partial = desired(json!({"projects": {"Other": {"webhooks": []}, "default-project": {}, "New": {}}}));
    let state = organization.current_state_for(&partial).await.unwrap();
    let webhooks: Vec<bool> = state.projects.iter().map(|project| project.webhooks.is_some()).collect();
    assert_eq!(webhooks, [false, true]);
    let list_webhooks = Some(Operation::ListWebhooks);
    assert_eq!(platform.request_log().iter().filter(|entry| entry.operation == list_webhooks).count(), 1);

    let reader = super::client(&platform, platform.reader_key()).organization(platform.org_id());
    let state = reader.current_state().await.unwrap();
    assert!(!state.projects.is_empty());
    assert!(state.projects.iter().all(|project| project.webhooks.is_none()));
}

/// The platform may trim texts and normalize line breaks after an apply.
#[maybe_async]
#[flavour_test]
async fn texts_that_differ_only_in_whitespace_and_normalization_are_not_changed() {
    let platform = LocalPlatform::start().unwrap();
    let organization = owner(&platform).organization(platform.org_id());
    let project_id = organization.create_project("Caf\u{e9} Bot").await.unwrap().project_id.unwrap();
    let stored = ProjectUpdate::new().description("Two\nlines").custom_instructions("Keep tea");
    organization.project(project_id.as_str()).update(stored).await.unwrap();
    platform.clear_request_log();

    let file = desired(json!({"projects": {" Cafe\u{301} Bot ": {
        "description": " Two\r\nlines\r\n", "custom_instructions": "Keep tea\n\n",
    }}}));
    for _ in 0..2 {
        let plan = organization.plan(&file, Prune::No).await.unwrap();
        assert!(plan.is_empty(), "{plan}");
        organization.apply(&plan, |_, _| {}).await.unwrap();
    }
    assert_eq!(changes(&platform, project_id.as_str()), []);

    let other = desired(json!({"projects": {"Caf\u{e9} Bot": {"description": "Two lines"}}}));
    let plan = organization.plan(&other, Prune::No).await.unwrap();
    assert!(!plan.is_empty());
}

#[maybe_async]
#[flavour_test]
async fn applying_sends_one_request_per_step_with_the_changes() {
    let platform = LocalPlatform::start().unwrap();
    let client = owner(&platform);
    let organization = client.organization(platform.org_id());
    let created = organization.create_project("Bot").await.unwrap();
    let project_id = created.id().unwrap().as_str().to_owned();
    let project = organization.project(&*project_id);
    for (email, role) in [("ann@example.com", Role::Owner), ("bob@example.com", Role::Reader)] {
        project.add_member(email, role).await.unwrap();
    }
    for name in ["audit", "obsolete"] {
        let webhook = NewWebhook::new(name, "http://127.0.0.1/", ["memory_add"]);
        project.webhooks().create(webhook).await.unwrap();
    }
    project.update(ProjectUpdate::new().custom_categories(["a", "b"]).decay(true)).await.unwrap();
    let obsolete = organization.create_project("Obsolete").await.unwrap().project_id.unwrap().into_string();
    let webhooks = project.webhooks().list().await.unwrap();
    let id = |at: usize| webhooks[at].webhook_id.clone().unwrap().into_string();

    let desired = desired(json!({
        "members": {"owner@example.com": "OWNER", "reader@example.com": "OWNER"},
        "projects": {
            "default-project": {},
            "Bot": {
                "decay": true, "multilingual": true, "custom_categories": {}, "description": "",
                "members": {"Bob@example.com": "OWNER", "new@example.com": "READER"},
                "webhooks": [{
                    "name": "audit", "url": "http://127.0.0.1/2", "event_types": ["memory_add"],
                    "is_active": false,
                }],
            },
        },
    }));
    let plan = organization.plan(&desired, Prune::Yes).await.unwrap();
    platform.clear_request_log();
    organization.apply(&plan, |_, _| {}).await.unwrap();
    let member = |email: &str, role: &str| json!({"email": email, "role": role});
    let expected = [
        ("POST members/".to_owned(), member("new@example.com", "READER")),
        ("PUT members/".to_owned(), member("reader@example.com", "OWNER")),
        ("PATCH projects/P/".to_owned(), json!({"multilingual": true, "custom_categories": []})),
        ("PUT projects/P/members/".to_owned(), member("bob@example.com", "OWNER")),
        ("POST projects/P/members/".to_owned(), member("new@example.com", "READER")),
        (format!("PUT webhooks/{}/", id(0)), json!({"url": "http://127.0.0.1/2", "is_active": false})),
        ("DELETE projects/P/members/?email=ann@example.com".to_owned(), Value::Null),
        (format!("DELETE webhooks/{}/", id(1)), Value::Null),
        (format!("DELETE projects/{obsolete}/"), Value::Null),
        ("DELETE members/".to_owned(), json!({"email": "ann@example.com"})),
        ("DELETE projects/P/members/?email=owner@example.com".to_owned(), Value::Null),
    ];
    let mut sent = changes(&platform, &project_id);
    // Members come in the order of their addresses; the expectation is sorted by request.
    sent[..2].sort_by_key(|(request, _)| request.clone());
    assert_eq!(sent, expected);
    let again = organization.plan(&desired, Prune::Yes).await.unwrap();
    assert!(again.is_empty(), "{again}");
}

#[maybe_async]
#[flavour_test]
async fn the_default_project_and_the_project_of_the_key_are_never_deleted() {
    let platform = LocalPlatform::start().unwrap();
    let organization = owner(&platform).organization(platform.org_id());
    let own = organization.create_project("Own").await.unwrap().project_id.unwrap();
    organization.create_project("Other").await.unwrap();
    let key = platform.create_key("owner@example.com", platform.org_id(), own.as_str()).unwrap();
    let organization = super::client(&platform, &key).organization(platform.org_id());
    let nothing = desired(json!({"projects": {}}));
    let plan = organization.plan(&nothing, Prune::Yes).await.unwrap();
    assert_eq!((plan.steps().len(), plan.unmanaged().len()), (1, 2), "{plan}");
    organization.apply(&plan, |_, _| {}).await.unwrap();
    let remaining = organization.projects().await.unwrap();
    let names: Vec<_> = remaining.iter().filter_map(|project| project.name.as_deref()).collect();
    assert_eq!(names, ["default-project", "Own"]);
    // An omitted list of projects is unmanaged.
    let without = organization.plan(&desired(json!({})), Prune::Yes).await.unwrap();
    assert!(without.unmanaged().is_empty(), "{without}");
}

#[maybe_async]
#[flavour_test]
async fn a_plan_is_applied_to_its_own_organization_only() {
    let platform = LocalPlatform::start().unwrap();
    let client = owner(&platform);
    let organization = client.organization(platform.org_id());
    let desired = desired(json!({"projects": {"New": {}}}));
    let plan: Plan = organization.plan(&desired, Prune::No).await.unwrap();
    let other = client.organizations().create("Other").await.unwrap().org_id.unwrap();
    platform.clear_request_log();
    let stopped = client.organization(other).apply(&plan, |_, _| {}).await.unwrap_err();
    assert_eq!((stopped.done, stopped.total), (0, 1));
    assert!(platform.request_log().is_empty());
    let error = mem0::Error::from(stopped);
    assert!(matches!(error, Error::Invalid { field: "plan", .. }), "{error}");
}
