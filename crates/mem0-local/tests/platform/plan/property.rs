//! Random pairs of what is and what is wanted.

use std::collections::BTreeSet;

use mem0::Role;
use mem0::plan::{Prune, Step};
use mem0::projects::Project;
use mem0_local::LocalPlatform;
use serde_json::{Map, Value, json};

use super::world::{CALLER, Members, Memberships, World, is_callers_loss, owners, planned, prune};

const PAIRS: usize = 200;
/// Each with a platform of its own: most of the time is spent waiting for them.
const PLATFORMS: usize = 4;

/// What was done.
#[derive(Debug, Default)]
struct Tally {
    converged: usize,
    /// Pairs that would leave a project without an OWNER.
    refused: usize,
    steps: usize,
    /// Plans by which the caller lost something.
    lost: usize,
}

#[test]
fn two_hundred_pairs_converge_in_one_apply_with_an_owner_everywhere() {
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..PLATFORMS).map(|seed| scope.spawn(move || converge(seed as u64))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    assert_eq!(sum(|tally| tally.converged), PAIRS);
    let is_enough = sum(|tally| tally.steps) > 5 * PAIRS
        && sum(|tally| tally.lost) > PAIRS / 10
        && sum(|tally| tally.refused) < PAIRS / 2;
    assert!(is_enough, "too few changes to show anything: {tallies:?}");
}

fn converge(seed: u64) -> Tally {
    let platform = LocalPlatform::start().unwrap();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut tally = Tally::default();
    while tally.converged < PAIRS / PLATFORMS {
        let world = World::random(&platform, &mut random);
        let (wanted, prune) = (world.random_wanted(&mut random), prune(&mut random));
        let Some(plan) = planned(&world.organization(), &wanted, prune) else {
            tally.refused += 1;
            platform.reset().unwrap();
            assert!(tally.refused < PAIRS, "most pairs are refused");
            continue;
        };
        let context = || format!("{prune:?} {wanted}\n{}", plan.diff());
        assert!(is_in_order(plan.steps()), "{}", context());
        let kept = |done: usize, _: &Step| {
            let Memberships { of_organization: members, of_projects } = world.memberships();
            assert!(!owners(&members).is_empty(), "no OWNER after {done}: {}", context());
            for (project, members) in of_projects {
                assert!(!owners(&members).is_empty(), "{project} has no OWNER after {done}: {}", context());
            }
            let is_inside = members.get(CALLER).is_some_and(|role| role == "OWNER");
            let rest = &plan.steps()[done..];
            assert!(
                is_inside || rest.iter().all(|step| is_callers_loss(step, CALLER)),
                "locked out after {done}: {}",
                context()
            );
        };
        let mut told = 0;
        let applied = world.organization().apply(&plan, |done, step| {
            told += 1;
            assert_eq!(told, done);
            kept(done, step);
        });
        applied.unwrap_or_else(|stopped| panic!("{stopped}: {}", context()));
        assert_eq!(told, plan.steps().len());
        let organization = world.as_some_owner();
        let again = planned(&organization, &wanted, prune).unwrap();
        assert!(again.is_empty(), "{}\nagain: {}", context(), again.diff());
        is_so(&world, &organization.projects().unwrap(), &wanted, prune, &context());
        // So that the next one does not have to look through all that came before.
        platform.reset().unwrap();
        tally.converged += 1;
        tally.steps += plan.steps().len();
        tally.lost += usize::from(plan.steps().last().is_some_and(|step| is_callers_loss(step, CALLER)));
    }
    tally
}

/// Whatever adds or promotes comes first, what the caller loses last.
fn is_in_order(steps: &[Step]) -> bool {
    let phase = |step: &Step| match step {
        step if is_callers_loss(step, CALLER) => 2,
        Step::ChangeRole { to, .. } if *to != Role::Owner => 1,
        Step::RemoveMember { .. } | Step::DeleteProject { .. } | Step::DeleteWebhook { .. } => 1,
        _ => 0,
    };
    steps.is_sorted_by_key(phase)
}

/// Compares what is there with what was wanted, without the code that planned it.
fn is_so(world: &World<'_>, projects: &[Project], wanted: &Value, prune: Prune, context: &str) {
    let empty = Map::new();
    let of_projects = wanted["projects"].as_object().unwrap_or(&empty);
    let mut named: BTreeSet<String> = BTreeSet::new();
    let Memberships { of_organization, of_projects: mut all } = world.memberships();
    for (key, wanted) in of_projects {
        let found: Vec<&Project> =
            projects.iter().filter(|project| project.name.as_deref() == Some(key)).collect();
        let [project] = found[..] else { panic!("{key} is there {} times: {context}", found.len()) };
        let read = serde_json::to_value(project).unwrap();
        for (name, to) in wanted.as_object().unwrap() {
            match name.as_str() {
                "members" => {
                    let members = all.remove(project.project_id.as_ref().unwrap().as_str()).unwrap();
                    named.extend(wanted["members"].as_object().unwrap().keys().cloned());
                    are_so(&members, to, prune, &BTreeSet::new(), context);
                }
                "webhooks" => webhooks_are_so(world, project, to, prune, context),
                "id" => assert_eq!(read["project_id"], *to, "{context}"),
                name if is_nothing(to) => assert!(is_nothing(&read[name]), "{name}: {read}: {context}"),
                name => assert_eq!(read[name], *to, "{name}: {context}"),
            }
        }
    }
    if prune == Prune::Yes && wanted["projects"].is_object() {
        assert_eq!(projects.len(), of_projects.len(), "{context}");
    }
    if wanted["members"].is_object() {
        are_so(&of_organization, &wanted["members"], prune, &named, context);
    }
}

fn is_nothing(value: &Value) -> bool {
    [json!(null), json!(""), json!([])].contains(value)
}

fn are_so(members: &Members, wanted: &Value, prune: Prune, also: &BTreeSet<String>, context: &str) {
    let wanted: Members = serde_json::from_value(wanted.clone()).unwrap();
    for (email, role) in &wanted {
        assert_eq!(members.get(email), Some(role), "{email}: {context}");
    }
    let named: BTreeSet<&String> = wanted.keys().chain(also).collect();
    if prune == Prune::Yes {
        assert_eq!(members.keys().collect::<BTreeSet<_>>(), named, "{context}");
    } else {
        assert!(named.iter().all(|email| members.contains_key(*email)), "{context}");
    }
}

fn webhooks_are_so(world: &World<'_>, project: &Project, wanted: &Value, prune: Prune, context: &str) {
    let organization = world.as_some_owner();
    let there = organization.project(project.project_id.clone().unwrap()).webhooks().list().unwrap();
    let wanted = wanted.as_array().unwrap();
    for wanted in wanted {
        let found: Vec<_> =
            there.iter().filter(|webhook| webhook.name.as_deref() == wanted["name"].as_str()).collect();
        let [webhook] = found[..] else { panic!("{wanted} is there {} times: {context}", found.len()) };
        let read = serde_json::to_value(webhook).unwrap();
        for (name, to) in wanted.as_object().unwrap() {
            assert_eq!(read[name], *to, "{context}");
        }
    }
    assert!(prune == Prune::No || there.len() == wanted.len(), "{context}");
}
