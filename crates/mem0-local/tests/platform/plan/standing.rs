//! Callers of every standing: what they may change is changed, what they may not is refused before anything is.

use mem0::error::ApiErrorKind;
use mem0::plan::{Plan, Step};
use mem0::{Error, Role};
use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use super::world::{Memberships, PEOPLE, World, is_callers_loss, owners, parsed, planned, prune};

const PAIRS: usize = 200;
/// Each with a platform of its own: most of the time is spent waiting for them.
const PLATFORMS: usize = 4;
const STRANGER: &str = "zoe@example.com";

/// Who called, and what came of it.
#[derive(Debug, Default)]
struct Tally {
    strangers: usize,
    readers: usize,
    /// OWNERs of the organization who are not OWNERs among the members of one of its projects.
    owners_from_above: usize,
    /// READERs of the organization whose plan was theirs to apply, and was not empty.
    readers_applied: usize,
    /// Plans that are an OWNER's to apply.
    refused: usize,
    /// The same, of which nothing told so before the platform did, when something was done.
    stopped_midway: usize,
    /// Plans by which the caller lost something.
    lost: usize,
    /// Plans by which the only OWNER of the organization, or of a project, lost it to another.
    succeeded: usize,
    /// States that can't be had, or that the caller can't see enough of to tell.
    unplanned: usize,
}

#[test]
fn callers_of_every_standing_change_what_they_may_and_break_nothing() {
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..PLATFORMS).map(|seed| scope.spawn(move || run(seed as u64))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (what, count) in [
        ("strangers", (|tally: &Tally| tally.strangers) as fn(&Tally) -> usize),
        ("readers", |tally| tally.readers),
        ("owners from above", |tally| tally.owners_from_above),
        ("readers who applied", |tally| tally.readers_applied),
        ("refused", |tally| tally.refused),
        ("stopped midway", |tally| tally.stopped_midway),
        ("lost", |tally| tally.lost),
        ("succeeded", |tally| tally.succeeded),
    ] {
        let count: usize = tallies.iter().map(count).sum();
        assert!(count >= 5, "too few {what} to show anything: {tallies:?}");
    }
    let unplanned: usize = tallies.iter().map(|tally| tally.unplanned).sum();
    assert!(unplanned < PAIRS / 2, "most pairs are no plans: {tallies:?}");
}

fn run(seed: u64) -> Tally {
    let platform = LocalPlatform::start().unwrap();
    let mut random = fastrand::Rng::with_seed(1000 + seed);
    let mut tally = Tally::default();
    for _ in 0..PAIRS / PLATFORMS {
        let world = World::random(&platform, &mut random);
        let caller = if random.u8(..20) == 0 { STRANGER } else { *random.choice(&PEOPLE).unwrap() };
        own_some_projects(&world, caller, &mut random);
        if random.bool() {
            be_the_last_owner(&world, caller);
        }
        one(&world, caller, &mut random, &mut tally);
        // So that the next one does not have to look through all that came before.
        platform.reset().unwrap();
    }
    tally
}

/// Makes the caller, if they are a member of the organization, an OWNER of more of its projects.
fn own_some_projects(world: &World<'_>, caller: &str, random: &mut fastrand::Rng) {
    let Memberships { of_organization, of_projects } = world.memberships();
    let organization = world.organization();
    for (id, members) in of_projects.iter().filter(|_| of_organization.contains_key(caller)) {
        if random.bool() {
            continue;
        }
        let project = organization.project(id.as_str());
        match members.get(caller) {
            Some(_) => drop(project.update_member(caller, Role::Owner).unwrap()),
            None => drop(project.add_member(caller, Role::Owner).unwrap()),
        }
    }
}

/// Leaves the organization with no OWNER but the caller, if they are one.
fn be_the_last_owner(world: &World<'_>, caller: &str) {
    let owners = owners(&world.memberships().of_organization);
    if owners.contains(caller) {
        let organization = world.as_somebody(caller);
        for other in owners.iter().filter(|owner| *owner != caller) {
            organization.update_member(other, Role::Reader).unwrap();
        }
    }
}

fn one(world: &World<'_>, caller: &str, random: &mut fastrand::Rng, tally: &mut Tally) {
    let before = world.memberships();
    let organization = world.as_somebody(caller);
    let Some(role) = before.of_organization.get(caller) else {
        tally.strangers += 1;
        let wanted = world.random_wanted(random);
        world.platform.clear_request_log();
        let error = organization.plan(&parsed(&wanted), prune(random)).unwrap_err();
        assert!(error.is_not_found(), "{error}");
        nothing_was_changed(world, &"a stranger's plan");
        return;
    };
    if role == "READER" {
        tally.readers += 1;
    } else if before
        .of_projects
        .values()
        .any(|members| members.get(caller).is_none_or(|role| role != "OWNER"))
    {
        tally.owners_from_above += 1;
    }
    let kind = random.u8(..4);
    let is_own = kind > 1;
    let mut wanted =
        if kind > 0 { world.random_changes(caller, random) } else { world.random_wanted(random) };
    if kind == 1 {
        // What the caller may do comes first, and then what they may not.
        wanted["members"].take();
        wanted["projects"]["New"] = json!({ "decay": true });
    }
    let prune = prune(random);
    world.platform.clear_request_log();
    let state = organization.current_state_for(&parsed(&wanted));
    let plan = state.and_then(|state| Ok((Plan::new(&state, &parsed(&wanted), prune)?, state)));
    let (plan, mut state) = match plan {
        Ok(plan) => plan,
        Err(error) => {
            tally.unplanned += 1;
            let is_told = match &error {
                Error::Api(refusal) => refusal.kind == ApiErrorKind::PermissionDenied,
                Error::Invalid { .. } => {
                    let sentence = error.to_string();
                    sentence.contains("would have no OWNER") || sentence.contains("not yours to see")
                }
                _ => false,
            };
            assert!(is_told, "{caller}, {role}: {error}");
            nothing_was_changed(world, &error);
            return;
        }
    };
    let context = format!("{caller}, {role}, {prune:?} {wanted}\n{}", plan.diff());
    let forbidden = plan.steps().iter().position(|step| !may(&before, caller, step));
    assert_eq!(plan.read_only().is_empty(), forbidden.is_none(), "{context}");
    if forbidden.is_some() {
        assert!(!is_own, "the caller may do all of this: {context}");
        tally.refused += 1;
        let stopped = organization.apply(&plan, |_, _| {}).unwrap_err();
        assert_eq!(stopped.done, 0, "{context}");
        assert!(stopped.error.to_string().contains("takes an OWNER of "), "{}: {context}", stopped.error);
        nothing_was_changed(world, &context);

        // A platform that does not tell roles says so when it is asked.
        state.organization.user_role = None;
        state.projects.iter_mut().for_each(|current| current.project.user_role = None);
        let untold = Plan::new(&state, &parsed(&wanted), prune).unwrap();
        assert!(untold.read_only().is_empty(), "{context}");
        let stopped = world.applied(&untold, caller, &context).unwrap_err();
        assert_eq!(stopped.error.status().map(|status| status.as_u16()), Some(403), "{context}");
        let forbidden = untold.steps().iter().position(|step| !may(&before, caller, step));
        assert_eq!(Some(stopped.done), forbidden, "{context}");
        tally.stopped_midway += usize::from(stopped.done > 0);
        finished(world, &wanted, prune, &context);
        return;
    }
    let is_loss = |step: &Step| is_callers_loss(step, caller);
    let has_lost = plan.steps().iter().any(is_loss);
    let was_alone = |step: &Step| {
        let members = match step.project() {
            None => Some(&before.of_organization),
            Some(project) => project.id.as_ref().and_then(|id| before.of_projects.get(id.as_str())),
        };
        members.is_some_and(|members| owners(members).iter().eq([caller]))
    };
    tally.lost += usize::from(has_lost);
    tally.succeeded += usize::from(plan.steps().iter().any(|step| is_loss(step) && was_alone(step)));
    tally.readers_applied += usize::from(role == "READER" && !plan.is_empty());
    world.applied(&plan, caller, &context).unwrap_or_else(|stopped| panic!("{stopped}: {context}"));
    if !has_lost {
        let again = planned(&organization, &wanted, prune).unwrap();
        assert!(again.is_empty(), "{context}\nagain: {}", again.diff());
    }
    // Whoever sees everything sees projects that the caller has not named for not knowing of them.
    if let Some(again) = planned(&world.as_some_owner(), &wanted, prune) {
        let seen = |step: &Step| {
            let id = step.project().and_then(|project| project.id.clone());
            id.is_none_or(|id| {
                state.projects.iter().any(|seen| seen.project.project_id.as_ref() == Some(&id))
            })
        };
        assert!(!again.steps().iter().any(seen), "{context}\nagain: {}", again.diff());
    }
}

impl World<'_> {
    /// Applies a plan, and looks after each step whether everything has an OWNER, and the caller what is still to be
    /// done.
    fn applied(&self, plan: &Plan, caller: &str, context: &str) -> Result<(), mem0::plan::ApplyError> {
        let before = self.memberships();
        self.as_somebody(caller).apply(plan, |done, _| {
            let now = self.memberships();
            assert!(!owners(&now.of_organization).is_empty(), "no OWNER after {done}: {context}");
            for (project, members) in &now.of_projects {
                assert!(!owners(members).is_empty(), "{project} has no OWNER after {done}: {context}");
            }
            for step in plan.steps()[done..].iter().filter(|step| may(&before, caller, step)) {
                let is_kept = is_callers_loss(step, caller) || may(&now, caller, step);
                assert!(is_kept, "{step} is no longer the caller's to do after {done}: {context}");
            }
        })
    }
}

/// Somebody who may finishes what somebody who may not has begun.
fn finished(world: &World<'_>, wanted: &Value, prune: mem0::plan::Prune, context: &str) {
    let owner = world.as_some_owner();
    let Some(rest) = planned(&owner, wanted, prune) else { return };
    owner.apply(&rest, |_, _| {}).unwrap_or_else(|stopped| panic!("{stopped}: {context}"));
    let nothing = planned(&world.as_some_owner(), wanted, prune).unwrap();
    assert!(nothing.is_empty(), "{context}\n{}", nothing.diff());
}

fn nothing_was_changed(world: &World<'_>, context: &dyn std::fmt::Display) {
    assert!(world.platform.request_log().iter().all(|entry| entry.method == "GET"), "{context}");
}

/// Whether someone with these memberships may do that, as the platform has it: an OWNER of the organization everything,
/// an OWNER of a project what is in it.
fn may(memberships: &Memberships, email: &str, step: &Step) -> bool {
    match memberships.of_organization.get(email).map(String::as_str) {
        Some("OWNER") => true,
        None => false,
        Some(_) => step.project().and_then(|project| project.id.as_ref()).is_some_and(|id| {
            let members = memberships.of_projects.get(id.as_str());
            members.and_then(|members| members.get(email)).is_some_and(|role| role == "OWNER")
        }),
    }
}
