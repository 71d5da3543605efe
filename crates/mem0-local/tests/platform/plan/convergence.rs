//! Random pairs of a current and a desired state.

use std::collections::BTreeSet;

use mem0::Role;
use mem0::plan::{Prune, Step};
use mem0::projects::Project;
use mem0_local::LocalPlatform;
use serde_json::{Map, Value, json};

use super::world::{CALLER, Members, Memberships, World, is_caller_loss, owners, plan_if_valid, prune};

const PAIRS: usize = 200;
/// Number of platforms that run in parallel.
const PLATFORMS: usize = 4;

/// Counts of a run.
#[derive(Debug, Default)]
struct Tally {
    converged: usize,
    /// Pairs that would leave a project without an OWNER.
    refused: usize,
    steps: usize,
    /// Plans that removed or demoted the caller.
    caller_losses: usize,
}

#[test]
fn two_hundred_pairs_converge_in_one_apply_with_an_owner_everywhere() {
    let all_counts: Vec<Tally> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..PLATFORMS).map(|seed| scope.spawn(move || converge(seed as u64))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let sum = |of: fn(&Tally) -> usize| all_counts.iter().map(of).sum::<usize>();
    assert_eq!(sum(|counts| counts.converged), PAIRS);
    let is_enough = sum(|counts| counts.steps) > 5 * PAIRS
        && sum(|counts| counts.caller_losses) > PAIRS / 10
        && sum(|counts| counts.refused) < PAIRS / 2;
    assert!(is_enough, "too few changes: {all_counts:?}");
}

fn converge(seed: u64) -> Tally {
    let platform = LocalPlatform::start().unwrap();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut counts = Tally::default();
    while counts.converged < PAIRS / PLATFORMS {
        let world = World::random(&platform, &mut random);
        let (desired, prune) = (world.random_desired(&mut random), prune(&mut random));
        let Some(plan) = plan_if_valid(&world.organization(), &desired, prune) else {
            counts.refused += 1;
            platform.reset().unwrap();
            assert!(counts.refused < PAIRS, "too many pairs are refused");
            continue;
        };
        let context = || format!("{prune:?} {desired}\n{}", plan.diff());
        assert!(is_in_order(plan.steps()), "{}", context());
        let check_owners = |done: usize, _: &Step| {
            let Memberships { of_organization: members, of_projects } = world.memberships();
            assert!(!owners(&members).is_empty(), "no OWNER after {done}: {}", context());
            for (project, members) in of_projects {
                assert!(!owners(&members).is_empty(), "{project} has no OWNER after {done}: {}", context());
            }
            let is_member = members.get(CALLER).is_some_and(|role| role == "OWNER");
            let rest = &plan.steps()[done..];
            assert!(
                is_member || rest.iter().all(|step| is_caller_loss(step, CALLER)),
                "locked out after {done}: {}",
                context()
            );
        };
        let mut calls = 0;
        let applied = world.organization().apply(&plan, |done, step| {
            calls += 1;
            assert_eq!(calls, done);
            check_owners(done, step);
        });
        applied.unwrap_or_else(|stopped| panic!("{stopped}: {}", context()));
        assert_eq!(calls, plan.steps().len());
        let organization = world.as_any_owner();
        let again = plan_if_valid(&organization, &desired, prune).unwrap();
        assert!(again.is_empty(), "{}\nagain: {}", context(), again.diff());
        assert_state(&world, &organization.projects().unwrap(), &desired, prune, &context());
        // Keeps the data small for the next pair.
        platform.reset().unwrap();
        counts.converged += 1;
        counts.steps += plan.steps().len();
        counts.caller_losses +=
            usize::from(plan.steps().last().is_some_and(|step| is_caller_loss(step, CALLER)));
    }
    counts
}

/// Whether additions come first and losses of the caller last.
fn is_in_order(steps: &[Step]) -> bool {
    let phase = |step: &Step| match step {
        step if is_caller_loss(step, CALLER) => 2,
        Step::ChangeRole { to, .. } if *to != Role::Owner => 1,
        Step::RemoveMember { .. } | Step::DeleteProject { .. } | Step::DeleteWebhook { .. } => 1,
        _ => 0,
    };
    steps.is_sorted_by_key(phase)
}

/// Compares the current state with the desired one, independently of the planner.
fn assert_state(world: &World<'_>, projects: &[Project], desired: &Value, prune: Prune, context: &str) {
    let empty = Map::new();
    let of_projects = desired["projects"].as_object().unwrap_or(&empty);
    let mut named: BTreeSet<String> = BTreeSet::new();
    let Memberships { of_organization, of_projects: mut all } = world.memberships();
    for (key, desired) in of_projects {
        let found: Vec<&Project> =
            projects.iter().filter(|project| project.name.as_deref() == Some(key)).collect();
        let [project] = found[..] else { panic!("{key} exists {} times: {context}", found.len()) };
        let read = serde_json::to_value(project).unwrap();
        for (name, to) in desired.as_object().unwrap() {
            match name.as_str() {
                "members" => {
                    let members = all.remove(project.project_id.as_ref().unwrap().as_str()).unwrap();
                    named.extend(desired["members"].as_object().unwrap().keys().cloned());
                    assert_members(&members, to, prune, &BTreeSet::new(), context);
                }
                "webhooks" => assert_webhooks(world, project, to, prune, context),
                "id" => assert_eq!(read["project_id"], *to, "{context}"),
                name if is_empty(to) => assert!(is_empty(&read[name]), "{name}: {read}: {context}"),
                name => assert_eq!(read[name], *to, "{name}: {context}"),
            }
        }
    }
    if prune == Prune::Yes && desired["projects"].is_object() {
        assert_eq!(projects.len(), of_projects.len(), "{context}");
    }
    if desired["members"].is_object() {
        assert_members(&of_organization, &desired["members"], prune, &named, context);
    }
}

fn is_empty(value: &Value) -> bool {
    [json!(null), json!(""), json!([])].contains(value)
}

fn assert_members(members: &Members, desired: &Value, prune: Prune, also: &BTreeSet<String>, context: &str) {
    let desired: Members = serde_json::from_value(desired.clone()).unwrap();
    for (email, role) in &desired {
        assert_eq!(members.get(email), Some(role), "{email}: {context}");
    }
    let named: BTreeSet<&String> = desired.keys().chain(also).collect();
    if prune == Prune::Yes {
        assert_eq!(members.keys().collect::<BTreeSet<_>>(), named, "{context}");
    } else {
        assert!(named.iter().all(|email| members.contains_key(*email)), "{context}");
    }
}

fn assert_webhooks(world: &World<'_>, project: &Project, desired: &Value, prune: Prune, context: &str) {
    let organization = world.as_any_owner();
    let existing = organization.project(project.project_id.clone().unwrap()).webhooks().list().unwrap();
    let desired = desired.as_array().unwrap();
    for desired in desired {
        let found: Vec<_> =
            existing.iter().filter(|webhook| webhook.name.as_deref() == desired["name"].as_str()).collect();
        let [webhook] = found[..] else { panic!("{desired} exists {} times: {context}", found.len()) };
        let read = serde_json::to_value(webhook).unwrap();
        for (name, to) in desired.as_object().unwrap() {
            assert_eq!(read[name], *to, "{context}");
        }
    }
    assert!(prune == Prune::No || existing.len() == desired.len(), "{context}");
}
