//! Plans against a server that is not as it should be, and what they show of what is private.

use super::*;
use mem0::plan::{CurrentOrganization, CurrentProject, Plan, Prune, Step, WantedOrganization};
use mem0::{Error, Identity, Organization, Project, Webhook};
use serde_json::{Value, json};

const PROJECTS: &str = "/api/v1/orgs/organizations/org_abc/projects/";

fn from<V: serde::de::DeserializeOwned>(value: Value) -> V {
    serde_json::from_value(value).unwrap()
}

/// The organization `ORGANIZATION`, with one member and these projects.
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
    Plan::new(current, &from::<WantedOrganization>(wanted), prune)
}

#[maybe_async]
#[flavour_test]
async fn a_project_that_is_made_without_an_id_is_looked_up() {
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
async fn what_a_lost_attempt_has_deleted_is_deleted() {
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
    // Without a lost attempt nobody knows why it is not there.
    let gone = created(expect(&mut server, "DELETE", path).with_status(404)).await;
    let stopped = client(&server).organization("org_abc").apply(&plan, |_, _| {}).await.unwrap_err();
    assert!(stopped.done == 0 && stopped.error.is_not_found(), "{stopped}");
    checked(&gone).await;
}

#[test]
fn what_the_platform_leaves_out_is_no_plan() {
    let all = json!({"members": {"ann@example.com": "OWNER"}});
    let mut nobody = current(Vec::new());
    nobody.identity = Identity::default();
    let mut without = current(Vec::new());
    without.organization.members = None;
    let mut masked = current(Vec::new());
    masked.organization.members = Some(from(json!([{"username": "ann", "role": "OWNER"}])));
    let nameless = current(vec![project(json!({"project_id": "p"}), json!(null))]);
    for (state, wanted) in [
        (&nobody, all.clone()),
        (&without, all.clone()),
        (&masked, all.clone()),
        (&nameless, json!({"projects": {"Bot": {}}})),
    ] {
        let error = planned(state, wanted, Prune::Yes).unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
    }
    let unread = current(vec![project(json!({"project_id": "p", "name": "Bot"}), json!(null))]);
    let error = planned(&unread, json!({"projects": {"Bot": {"webhooks": []}}}), Prune::No).unwrap_err();
    assert!(error.to_string().contains("were not read"), "{error}");
}

#[test]
fn neither_an_address_nor_a_secret_is_shown_unasked() {
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
    let wanted: WantedOrganization = from(wanted);
    let steps: Vec<String> = plan.steps().iter().map(|step| format!("{step} {step:?}")).collect();
    let shown = format!("{plan}{plan:?}{:?}{steps:?}{wanted:?}{state:?}{:#?}", plan.diff(), plan);
    for hidden in ["@x.io", "@example", "secret-", "dee"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    let asked = plan.diff().to_string();
    assert!(asked.contains("- member bob@x.io: READER") && !asked.contains("secret-"), "{asked}");
    assert!(asked.contains(r#"url: "https://x.io/[hidden]", another one"#), "{asked}");
    let twice = json!({"projects": {"eve@x.io": {"members": {"ann@example.com": "READER"}}}});
    let error = planned(&state, twice, Prune::No).unwrap_err().to_string();
    assert!(error.contains("no OWNER") && !error.contains("@x.io"), "{error}");
}
