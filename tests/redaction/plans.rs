//! Projects as code. A plan shows the descriptions that it changes, so these contain no private text here.

use serde_json::{Value, json};

use super::*;
use mem0::plan::*;

const NEW_MEMBER: &str = "new@x.io";

fn from<V: serde::de::DeserializeOwned>(value: Value) -> V {
    serde_json::from_value(value).unwrap()
}

fn current(role: &str) -> CurrentOrganization {
    let members = json!([{ "email": EMAIL, "username": leaky(), "role": "OWNER" }]);
    let organization = from(json!({
        "org_id": "o", "name": leaky(), "members": members, "user_role": role, "invitations": [leaky()],
    }));
    let webhook = |id: &str| {
        json!({
            "webhook_id": id, "name": format!("{id} {}", leaky()), "url": format!("https://hooks.example/{KEY}"),
            "event_types": [leaky()], "is_active": true,
        })
    };
    let project = |id: &str| {
        let project = json!({
            "project_id": id, "name": format!("{id} {}", leaky()), "description": leaky(), "members": members,
            "user_role": role, "custom_categories": [leaky()],
        });
        CurrentProject::new(from(project), Some(from(json!([webhook("w1"), webhook("w2")]))))
    };
    let identity = from(json!({ "user_email": EMAIL, "org_id": "o", "project_id": "p" }));
    CurrentOrganization::new(identity, organization, vec![project("p1"), project("p2"), project("p3")])
}

fn desired() -> DesiredOrganization {
    let members = json!({ NEW_MEMBER: "OWNER" });
    let webhook = |name: &str, url: &str| json!({ "name": name, "url": format!("https://hooks.example/{KEY}/{url}"), "event_types": ["memory_add"] });
    let mut changed = webhook(&leaky(), "2");
    changed["id"] = json!("w1");
    from(json!({
        "organization": { "id": "o", "name": leaky() },
        "members": members,
        "projects": {
            leaky(): {
                "id": "p1", "name": leaky(), "description": format!("{} {}\nanother", leaky(), leaky()),
                "custom_categories": { leaky(): leaky() }, "members": members,
                "webhooks": [changed, webhook(&leaky(), "3")],
            },
            "New": { "members": members, "webhooks": [webhook(&leaky(), "4")] },
            format!("p3 {}", leaky()): { "members": members },
        },
    }))
}

pub(super) fn walk() -> Vec<Printed> {
    let mut walk = vec![
        printed(&NEW_MEMBER.parse::<Email>().unwrap()),
        printed(&"a b@x.io".parse::<Email>().unwrap_err()),
    ];
    walk.last_mut().unwrap().name = "Error".into();
    for (role, prune) in [("OWNER", Prune::Yes), ("READER", Prune::No)] {
        let (state, desired) = (current(role), desired());
        let plan = Plan::new(&state, &desired, prune).unwrap();
        walk.extend([printed(&state), printed(&state.projects[0]), printed(&prune), displayed(&plan)]);
        walk.extend([
            printed(&plan.diff()),
            printed(&desired),
            printed(&desired.organization.clone().unwrap()),
        ]);
        walk.extend(plan.check().err().iter().map(displayed));
        walk.extend(plan.read_only().iter().map(displayed));
        let removal = Plan::removal(&state, &EMAIL.parse().unwrap()).unwrap();
        walk.extend([displayed(&removal), displayed(&removal.steps()[0]), printed(&removal.diff())]);
        for unmanaged in plan.unmanaged() {
            walk.extend([printed(unmanaged), printed(&unmanaged.kind)]);
        }
        for project in desired.projects.iter().flat_map(|projects| projects.values()) {
            walk.push(printed(project));
            walk.extend(project.members.iter().map(printed));
            walk.extend(project.webhooks.iter().flatten().map(printed));
        }
        for step in plan.steps() {
            walk.push(displayed(step));
            walk.extend(step.project().map(displayed));
            match step {
                Step::UpdateProject { settings, .. } => walk.extend(settings.iter().map(printed)),
                Step::UpdateWebhook { url: Some(url), .. } => walk.push(printed(url)),
                _ => {}
            }
        }
        let forbidden = calls::client(|_| Ok(calls::response(403, &json!({ "message": leaky() })))).0;
        walk.push(displayed(&forbidden.organization("o").apply(&plan, |_, _| {}).unwrap_err()));
    }
    walk
}

/// The diff is the only output that shows e-mail addresses of members.
#[test]
fn a_diff_shows_members_but_no_secrets_in_urls() {
    let diff = Plan::new(&current("OWNER"), &desired(), Prune::No).unwrap();
    let diff = diff.diff().to_string();
    assert!(diff.contains(NEW_MEMBER) && diff.contains("hooks.example/[hidden]"), "{diff}");
    assert!(!diff.contains("hooks.example/m0"), "{diff}");
}
