//! Round trip: a plan for the current state as the desired state has no steps, for every caller and content.

use mem0::ProjectUpdate;
use mem0::plan::{DesiredOrganization, Plan, Prune};
use mem0::webhooks::{NewWebhook, WebhookEventType};
use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use super::world::{PEOPLE, World};

const WORLDS: usize = 12;

/// Texts that are hard to write to a file.
const TEXTS: [&str; 12] = [
    "",
    "plain",
    " padded ",
    "\"quoted\" and 'quoted'",
    "'''\n\"\"\"",
    "\nbetween\n\nlines\n",
    "\r\nfrom\rWindows\r\n",
    "back\\slash\\",
    "tab\tbell\u{7}escape\u{1b}[1m null\u{0} delete\u{7f} next\u{85}",
    "Grüße, 世界, 🦀, \u{202e}right to left, \u{feff}mark, \u{2028}line",
    "# no comment = [no, table]",
    "[projects.\"A\"]\ndecay = true",
];

const NAMES: [&str; 6] =
    ["Twin", "Twin (2)", " Twin ", "a.\"b\".'c'\\", "\u{1b}[31mred\n\u{0}", "\u{ae}世界 = [🦀] # \u{202e}"];

#[test]
fn a_plan_for_the_current_state_is_empty_for_every_caller() {
    let platform = LocalPlatform::start().unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    let (mut states, mut duplicates) = (0, 0);
    for _ in 0..WORLDS {
        let world = World::random(&platform, &mut random);
        randomize_projects(&world, &mut random);
        for caller in PEOPLE {
            let organization = world.as_user(caller);
            if !world.memberships().of_organization.contains_key(caller) {
                let error = organization.current_state().unwrap_err();
                assert!(error.is_not_found(), "{error}");
                continue;
            }
            let state = organization.current_state().unwrap();
            let written = json!(state.to_desired().unwrap());
            let desired: DesiredOrganization = serde_json::from_value(written.clone()).unwrap();
            let projects = desired.projects.as_ref().unwrap();
            assert_eq!(projects.len(), state.projects.len(), "{written}");
            for prune in [Prune::No, Prune::Yes] {
                let plan: Plan = organization.plan(&desired, prune).unwrap();
                assert!(
                    plan.is_empty() && plan.unmanaged().is_empty(),
                    "{caller}: {written}\n{}",
                    plan.diff()
                );
            }
            states += 1;
            duplicates += projects.iter().filter(|(key, project)| project.name(key) != *key).count();
        }
        platform.reset().unwrap();
    }
    assert!(states > WORLDS && duplicates > WORLDS, "too few: {states}, {duplicates}");
}

/// Gives the projects names, settings and webhooks that are hard to write to a file.
fn randomize_projects(world: &World<'_>, random: &mut fastrand::Rng) {
    let organization = world.organization();
    for project in organization.projects().unwrap() {
        let project = organization.project(project.project_id.unwrap());
        let mut update = ProjectUpdate::new().name(*random.choice(&NAMES).unwrap());
        for name in [
            "description",
            "custom_instructions",
            "agent_custom_instructions",
            "inclusion_prompt",
            "exclusion_prompt",
            "memory_depth",
            "usecase_setting",
        ] {
            let text = random.choice(&TEXTS).map_or(Value::Null, |text| json!(text));
            update = match random.u8(..4) {
                0 => update,
                1 => update.set(name, Value::Null),
                _ => update.set(name, text),
            };
        }
        let category = |random: &mut fastrand::Rng| {
            let (name, text) = (*random.choice(&NAMES).unwrap(), *random.choice(&TEXTS).unwrap());
            if random.bool() { json!(name) } else { json!({ name: text }) }
        };
        let categories: Value = (0..random.usize(..4)).map(|_| category(random)).collect();
        update = update.set("custom_categories", if random.bool() { categories } else { Value::Null });
        project.update(update).unwrap();
        for _ in 0..random.usize(..3) {
            let name = *random.choice(&NAMES).unwrap();
            let kinds: Vec<WebhookEventType> = event_types(random);
            let webhook = NewWebhook::new(name, "https://example.com:8443/a%20b?c=%22d%22&e=", kinds);
            project.webhooks().create(webhook.is_active(random.bool())).unwrap();
        }
    }
}

/// Random event types, in any order and with duplicates.
fn event_types(random: &mut fastrand::Rng) -> Vec<WebhookEventType> {
    let all = [
        "memory_add",
        "memory_update",
        "memory_delete",
        "memory_categorize",
        "ingest_job_completed",
        "ingest_job_partially_completed",
        "ingest_job_failed",
        "ingest_job_cancelled",
    ];
    (0..random.usize(1..10)).map(|_| random.choice(&all).unwrap().parse().unwrap()).collect()
}
