//! Plans with an unreliable server, and their redaction.

use super::*;
use mem0::Error;
use mem0::organizations::{Identity, Organization};
use mem0::plan::{CurrentOrganization, CurrentProject, DesiredOrganization, Plan, Prune, Step};
use mem0::projects::Project;
use mem0::webhooks::Webhook;
use serde_json::{Value, json};

const PROJECTS: &str = "/api/v1/orgs/organizations/org_abc/projects/";

fn from<V: serde::de::DeserializeOwned>(value: Value) -> V {
    serde_json::from_value(value).unwrap()
}

/// Organization `ORGANIZATION` with one member and these projects.
fn current(projects: Vec<CurrentProject>) -> CurrentOrganization {
    let identity: Identity = from(json!({"user_email": "ann@example.com"}));
    let members = json!([{"email": "ann@example.com", "role": "OWNER"}]);
    let organization: Organization = from(json!({"org_id": "org_abc", "name": "Acme", "members": members}));
    CurrentOrganization::new(identity, organization, projects)
}

fn project(value: Value, webhooks: Value) -> CurrentProject {
    let webhooks: Option<Vec<Webhook>> = from(webhooks);
    CurrentProject::new(from::<Project>(value), webhooks)
}

fn planned(current: &CurrentOrganization, wanted: Value, prune: Prune) -> mem0::Result<Plan> {
    Plan::new(current, &from::<DesiredOrganization>(wanted), prune)
}

#[maybe_async]
#[flavour_test]
async fn a_project_created_without_an_id_is_looked_up() {
    let mut server = server().await;
    let make = expect_body(&mut server, "POST", PROJECTS, r#"{"name":"Bot"}"#).with_body("{}");
    let make = created(make).await;
    let list = expect(&mut server, "GET", PROJECTS);
    let list = created(list.with_body(r#"[{"project_id":"proj_abc","name":"Bot"}]"#)).await;
    let update = expect_body(&mut server, "PATCH", PROJECT, r#"{"decay":true}"#).with_body("{}");
    let update = created(update).await;
    let plan =
        planned(&current(Vec::new()), json!({"projects": {"Bot": {"decay": true}}}), Prune::No).unwrap();
    client(&server).organization("org_abc").apply(&plan, |_, _| {}).await.unwrap();
    for mock in [make, list, update] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_404_after_a_lost_delete_counts_as_deleted() {
    let webhook = json!([{"webhook_id": "wh-1", "name": "audit"}]);
    let there = project(json!({"project_id": "proj_abc", "name": "Bot", "members": []}), webhook);
    let wanted = json!({"projects": {"Bot": {"webhooks": []}}});
    let plan = planned(&current(vec![there]), wanted, Prune::Yes).unwrap();
    assert!(matches!(plan.steps(), [Step::DeleteWebhook { .. }]), "{plan}");
    let mut server = server().await;
    let path = "/api/v1/webhooks/wh-1/";
    let lost = created(expect(&mut server, "DELETE", path).with_status(503)).await;
    let gone = created(expect(&mut server, "DELETE", path).with_status(404)).await;
    client(&server).organization("org_abc").apply(&plan, |_, _| {}).await.unwrap();
    checked(&lost).await;
    checked(&gone).await;
    lost.remove();
    gone.remove();
    // Without a lost attempt, the reason for a 404 is unknown.
    let gone = created(expect(&mut server, "DELETE", path).with_status(404)).await;
    let stopped = client(&server).organization("org_abc").apply(&plan, |_, _| {}).await.unwrap_err();
    assert!(stopped.done == 0 && stopped.error.is_not_found(), "{stopped}");
    checked(&gone).await;
}

#[test]
fn missing_fields_of_the_platform_fail_the_plan() {
    let all = json!({"members": {"ann@example.com": "OWNER"}});
    let mut nobody = current(Vec::new());
    nobody.identity = Identity::default();
    let mut without = current(Vec::new());
    without.organization.members = None;
    let mut redacted = current(Vec::new());
    redacted.organization.members = Some(from(json!([{"username": "ann", "role": "OWNER"}])));
    let nameless = current(vec![project(json!({"project_id": "p"}), json!(null))]);
    for (state, wanted) in [
        (&nobody, all.clone()),
        (&without, all.clone()),
        (&redacted, all.clone()),
        (&nameless, json!({"projects": {"Bot": {}}})),
    ] {
        let error = planned(state, wanted, Prune::Yes).unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{error}");
    }
    let unread = current(vec![project(json!({"project_id": "p", "name": "Bot"}), json!(null))]);
    let error = planned(&unread, json!({"projects": {"Bot": {"webhooks": []}}}), Prune::No).unwrap_err();
    assert!(error.to_string().contains("were not read"), "{error}");
}

#[test]
fn addresses_and_secrets_are_redacted() {
    let there = project(
        json!({"project_id": "p", "name": "eve@x.io", "members": [
            {"email": "ann@example.com", "role": "OWNER"}, {"email": "bob@x.io", "role": "READER"},
        ]}),
        json!([{"webhook_id": "w", "name": "audit", "url": "https://x.io/secret-1", "event_types": ["memory_add"]}]),
    );
    let webhook = json!({"name": "audit", "url": "https://x.io/secret-2", "event_types": ["memory_add"]});
    let wanted = json!({
        "members": {"ann@example.com": "OWNER", "cid@x.io": "READER"},
        "projects": {
            "eve@x.io": {"description": "of dee@x.io", "members": {"ann@example.com": "OWNER"}, "webhooks": [webhook]},
            "Bot": {"webhooks": [webhook]},
        },
    });
    let state = current(vec![there]);
    let plan = planned(&state, wanted.clone(), Prune::Yes).unwrap();
    let wanted: DesiredOrganization = from(wanted);
    let steps: Vec<String> = plan.steps().iter().map(|step| format!("{step} {step:?}")).collect();
    let shown = format!("{plan}{plan:?}{:?}{steps:?}{wanted:?}{state:?}{:#?}", plan.diff(), plan);
    for hidden in ["@x.io", "@example", "secret-", "dee"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    let asked = plan.diff().to_string();
    assert!(asked.contains("- member bob@x.io: READER") && !asked.contains("secret-"), "{asked}");
    assert!(asked.contains(r#"url: "https://x.io/[hidden]" (changed)"#), "{asked}");
    let twice = json!({"projects": {"eve@x.io": {"members": {"ann@example.com": "READER"}}}});
    let error = planned(&state, twice, Prune::No).unwrap_err().to_string();
    assert!(error.contains("no OWNER") && !error.contains("@x.io"), "{error}");
}

#[test]
fn a_pulled_file_plans_no_changes() {
    let named =
        |id: &str, name: &str| project(json!({"project_id": id, "name": name, "members": []}), json!(null));
    // The generated key of the second namesake equals another project's name.
    let mut state = current(vec![named("p1", "Twin"), named("p3", "Twin (p2)"), named("p2", "Twin")]);
    let webhook = |id: &str, kinds: Value| json!({"webhook_id": id, "name": "a", "url": "https://x.io", "event_types": kinds});
    state.projects[0].webhooks =
        Some(from(json!([webhook("w1", json!(["memory_add", "memory_add", "not_known_yet"])),])));
    state.projects[1].webhooks = Some(from(json!([webhook("w2", json!([]))])));
    state.organization.members = Some(from(json!([
        {"email": "ann@example.com", "role": "OWNER"},
        {"email": "\u{c9}va@example.com", "role": "OWNER"}, {"email": "\u{e9}va@example.com", "role": "READER"},
    ])));
    let pulled = state.to_desired().unwrap();
    assert_eq!(pulled.projects.as_ref().map(std::collections::BTreeMap::len), Some(3));
    assert_eq!(pulled.members.as_ref().map(|members| members.iter().count()), Some(3));
    let written: DesiredOrganization = from(json!(pulled));
    for prune in [Prune::No, Prune::Yes] {
        let plan = Plan::new(&state, &written, prune).unwrap();
        assert!(plan.is_empty() && plan.unmanaged().is_empty(), "{plan}");
    }
    // An existing webhook may have no event types; a changed one may not.
    let mut emptied = json!(pulled);
    emptied["projects"]["Twin"]["webhooks"][0]["event_types"] = json!([]);
    for id in [json!(null), json!("w1")] {
        emptied["projects"]["Twin"]["webhooks"][0]["id"] = id;
        let error = planned(&state, emptied.clone(), Prune::No).unwrap_err().to_string();
        assert!(error.contains("has no event types"), "{error}");
    }
}

#[test]
fn event_types_ignore_case_and_unknown_ones_must_exist() {
    let webhook = |kinds: Value| json!({"name": "audit", "url": "https://x.io/a", "event_types": kinds});
    let wanted = |kinds: Value| json!({"projects": {"Own": {"webhooks": [webhook(kinds)]}}});
    let own = json!({"project_id": "p", "name": "Own", "user_role": "OWNER"});
    let mut there = webhook(json!(["memory_add", "memory_moved"]));
    there["webhook_id"] = "w".into();
    let with = current(vec![project(own.clone(), json!([there]))]);
    let without = current(vec![project(own, json!([]))]);
    let plan = planned(&with, wanted(json!(["Memory-Add", "memory_moved"])), Prune::No).unwrap();
    assert!(plan.is_empty(), "{plan}");
    let plan = planned(&without, wanted(json!(["MEMORY_DELETE"])), Prune::No).unwrap();
    assert!(plan.to_string().contains("memory_delete"), "{plan}");
    for (state, kinds) in [(&without, json!(["memory_moved"])), (&with, json!(["memory_moved", "memory_ad"]))]
    {
        let error = planned(state, wanted(kinds), Prune::No).unwrap_err();
        assert!(error.to_string().contains("unknown event type"), "{error}");
    }
}

#[test]
fn a_plan_reports_what_the_caller_may_only_read() {
    let reader = |id: &str, name: &str, role: &str| {
        project(json!({"project_id": id, "name": name, "user_role": role}), json!(null))
    };
    let mut state = current(vec![reader("p1", "eve@x.io", "READER"), reader("p2", "Own", "OWNER")]);
    let wanted = json!({"projects": {
        "eve@x.io": {"decay": true}, "Own": {"decay": true}, "New": {"decay": true},
    }});
    for (role, expected) in [
        (Some("READER"), json!([{"project": null}, {"project": {"name": "eve@x.io", "id": "p1"}}])),
        (Some("OWNER"), json!([])),
        // Without a reported role, only the platform can decide.
        (None, json!([{"project": {"name": "eve@x.io", "id": "p1"}}])),
    ] {
        state.organization.user_role = role.map(|role| role.parse().unwrap());
        let plan = planned(&state, wanted.clone(), Prune::No).unwrap();
        assert_eq!(json!(plan)["read_only"], expected);
        assert_eq!(json!(plan.read_only()), expected);
        let shown = plan.read_only().iter().map(ToString::to_string).collect::<String>();
        assert!(!format!("{shown}{plan}{:?}", plan.check()).contains("x.io"), "{plan}");
        assert_eq!(plan.check().is_ok(), plan.read_only().is_empty());
    }
}
