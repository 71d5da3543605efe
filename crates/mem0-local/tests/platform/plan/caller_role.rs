//! Callers with every role: permitted plans are applied, others are refused before the first change.

use mem0::error::ApiErrorKind;
use mem0::plan::{Plan, Step};
use mem0::{Error, Role};
use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use super::world::{Memberships, PEOPLE, World, is_caller_loss, owners, parse, plan_if_valid, prune};

const PAIRS: usize = 200;
/// Number of platforms that run in parallel.
const PLATFORMS: usize = 4;
const STRANGER: &str = "zoe@example.com";

/// Counts of callers and outcomes.
#[derive(Debug, Default)]
struct Tally {
    strangers: usize,
    readers: usize,
    /// OWNERs of the organization who are not OWNERs of one of its projects.
    organization_owners_only: usize,
    /// READERs of the organization who applied a plan with steps.
    readers_applied: usize,
    /// Plans that require an OWNER.
    refused: usize,
    /// Plans that require an OWNER and that the platform refused after the first step, because roles were unknown.
    stopped_midway: usize,
    /// Plans that removed or demoted the caller.
    caller_losses: usize,
    /// Plans that replaced the only OWNER of the organization or of a project.
    replaced_owners: usize,
    /// Pairs without a plan: an invalid desired state, or one that the caller can't see.
    invalid: usize,
}

#[test]
fn callers_with_every_role_change_only_what_they_may() {
    let all_counts: Vec<Tally> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..PLATFORMS).map(|seed| scope.spawn(move || run(seed as u64))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (name, count) in [
        ("strangers", (|counts: &Tally| counts.strangers) as fn(&Tally) -> usize),
        ("readers", |counts| counts.readers),
        ("owners of the organization only", |counts| counts.organization_owners_only),
        ("readers who applied", |counts| counts.readers_applied),
        ("refused", |counts| counts.refused),
        ("stopped midway", |counts| counts.stopped_midway),
        ("caller losses", |counts| counts.caller_losses),
        ("replaced owners", |counts| counts.replaced_owners),
    ] {
        let count: usize = all_counts.iter().map(count).sum();
        assert!(count >= 5, "too few {name}: {all_counts:?}");
    }
    let invalid: usize = all_counts.iter().map(|counts| counts.invalid).sum();
    assert!(invalid < PAIRS / 2, "too many invalid pairs: {all_counts:?}");
}

fn run(seed: u64) -> Tally {
    let platform = LocalPlatform::start().unwrap();
    let mut random = fastrand::Rng::with_seed(1000 + seed);
    let mut counts = Tally::default();
    for _ in 0..PAIRS / PLATFORMS {
        let world = World::random(&platform, &mut random);
        let caller = if random.u8(..20) == 0 { STRANGER } else { *random.choice(&PEOPLE).unwrap() };
        make_owner_of_projects(&world, caller, &mut random);
        if random.bool() {
            make_only_owner(&world, caller);
        }
        check_pair(&world, caller, &mut random, &mut counts);
        // Keeps the data small for the next pair.
        platform.reset().unwrap();
    }
    counts
}

/// Makes the caller, if a member of the organization, an OWNER of more of its projects.
fn make_owner_of_projects(world: &World<'_>, caller: &str, random: &mut fastrand::Rng) {
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

/// Makes the caller, if an OWNER, the only OWNER of the organization.
fn make_only_owner(world: &World<'_>, caller: &str) {
    let owners = owners(&world.memberships().of_organization);
    if owners.contains(caller) {
        let organization = world.as_user(caller);
        for other in owners.iter().filter(|owner| *owner != caller) {
            organization.update_member(other, Role::Reader).unwrap();
        }
    }
}

fn check_pair(world: &World<'_>, caller: &str, random: &mut fastrand::Rng, counts: &mut Tally) {
    let before = world.memberships();
    let organization = world.as_user(caller);
    let Some(role) = before.of_organization.get(caller) else {
        counts.strangers += 1;
        let desired = world.random_desired(random);
        world.platform.clear_request_log();
        let error = organization.plan(&parse(&desired), prune(random)).unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert_nothing_sent(world, &"plan of a stranger");
        return;
    };
    if role == "READER" {
        counts.readers += 1;
    } else if before
        .of_projects
        .values()
        .any(|members| members.get(caller).is_none_or(|role| role != "OWNER"))
    {
        counts.organization_owners_only += 1;
    }
    let kind = random.u8(..4);
    let is_permitted = kind > 1;
    let mut desired =
        if kind > 0 { world.random_changes(caller, random) } else { world.random_desired(random) };
    if kind == 1 {
        // Permitted changes, and then one that is not permitted.
        desired["members"].take();
        desired["projects"]["New"] = json!({ "decay": true });
    }
    let prune = prune(random);
    world.platform.clear_request_log();
    let state = organization.current_state_for(&parse(&desired));
    let plan = state.and_then(|state| Ok((Plan::new(&state, &parse(&desired), prune)?, state)));
    let (plan, mut state) = match plan {
        Ok(plan) => plan,
        Err(error) => {
            counts.invalid += 1;
            let is_expected = match &error {
                Error::Api(refusal) => refusal.kind == ApiErrorKind::PermissionDenied,
                Error::Invalid { .. } => {
                    let message = error.to_string();
                    message.contains("would have no OWNER") || message.contains("or no access to it")
                }
                _ => false,
            };
            assert!(is_expected, "{caller}, {role}: {error}");
            assert_nothing_sent(world, &error);
            return;
        }
    };
    let context = format!("{caller}, {role}, {prune:?} {desired}\n{}", plan.diff());
    let forbidden = plan.steps().iter().position(|step| !may(&before, caller, step));
    assert_eq!(plan.read_only().is_empty(), forbidden.is_none(), "{context}");
    if forbidden.is_some() {
        assert!(!is_permitted, "the caller may do all of this: {context}");
        counts.refused += 1;
        let stopped = organization.apply(&plan, |_, _| {}).unwrap_err();
        assert_eq!(stopped.done, 0, "{context}");
        assert!(stopped.error.to_string().contains("requires an OWNER of "), "{}: {context}", stopped.error);
        assert_nothing_sent(world, &context);

        // Without roles in the state, the platform refuses the step.
        state.organization.user_role = None;
        state.projects.iter_mut().for_each(|current| current.project.user_role = None);
        let without_roles = Plan::new(&state, &parse(&desired), prune).unwrap();
        assert!(without_roles.read_only().is_empty(), "{context}");
        let stopped = world.apply_and_check(&without_roles, caller, &context).unwrap_err();
        assert_eq!(stopped.error.status().map(|status| status.as_u16()), Some(403), "{context}");
        let forbidden = without_roles.steps().iter().position(|step| !may(&before, caller, step));
        assert_eq!(Some(stopped.done), forbidden, "{context}");
        counts.stopped_midway += usize::from(stopped.done > 0);
        assert_completed(world, &desired, prune, &context);
        return;
    }
    let is_loss = |step: &Step| is_caller_loss(step, caller);
    let has_lost = plan.steps().iter().any(is_loss);
    let was_only_owner = |step: &Step| {
        let members = match step.project() {
            None => Some(&before.of_organization),
            Some(project) => project.id.as_ref().and_then(|id| before.of_projects.get(id.as_str())),
        };
        members.is_some_and(|members| owners(members).iter().eq([caller]))
    };
    counts.caller_losses += usize::from(has_lost);
    counts.replaced_owners +=
        usize::from(plan.steps().iter().any(|step| is_loss(step) && was_only_owner(step)));
    counts.readers_applied += usize::from(role == "READER" && !plan.is_empty());
    world.apply_and_check(&plan, caller, &context).unwrap_or_else(|stopped| panic!("{stopped}: {context}"));
    if !has_lost {
        let again = plan_if_valid(&organization, &desired, prune).unwrap();
        assert!(again.is_empty(), "{context}\nagain: {}", again.diff());
    }
    // An OWNER also sees projects that the caller can't see; steps for these are expected.
    if let Some(again) = plan_if_valid(&world.as_any_owner(), &desired, prune) {
        let is_visible = |step: &Step| {
            let id = step.project().and_then(|project| project.id.clone());
            id.is_none_or(|id| {
                state.projects.iter().any(|visible| visible.project.project_id.as_ref() == Some(&id))
            })
        };
        assert!(!again.steps().iter().any(is_visible), "{context}\nagain: {}", again.diff());
    }
}

impl World<'_> {
    /// Applies a plan and checks after each step that everything has an OWNER and that the caller may apply the rest.
    fn apply_and_check(
        &self,
        plan: &Plan,
        caller: &str,
        context: &str,
    ) -> Result<(), mem0::plan::ApplyError> {
        let before = self.memberships();
        self.as_user(caller).apply(plan, |done, _| {
            let now = self.memberships();
            assert!(!owners(&now.of_organization).is_empty(), "no OWNER after {done}: {context}");
            for (project, members) in &now.of_projects {
                assert!(!owners(members).is_empty(), "{project} has no OWNER after {done}: {context}");
            }
            for step in plan.steps()[done..].iter().filter(|step| may(&before, caller, step)) {
                let is_kept = is_caller_loss(step, caller) || may(&now, caller, step);
                assert!(is_kept, "the caller may not apply {step} after {done}: {context}");
            }
        })
    }
}

/// Completes a refused plan as an OWNER.
fn assert_completed(world: &World<'_>, desired: &Value, prune: mem0::plan::Prune, context: &str) {
    let owner = world.as_any_owner();
    let Some(rest) = plan_if_valid(&owner, desired, prune) else { return };
    owner.apply(&rest, |_, _| {}).unwrap_or_else(|stopped| panic!("{stopped}: {context}"));
    let none = plan_if_valid(&world.as_any_owner(), desired, prune).unwrap();
    assert!(none.is_empty(), "{context}\n{}", none.diff());
}

fn assert_nothing_sent(world: &World<'_>, context: &dyn std::fmt::Display) {
    assert!(world.platform.request_log().iter().all(|entry| entry.method == "GET"), "{context}");
}

/// Whether a member may apply a step: an OWNER of the organization every step, an OWNER of a project those of the
/// project.
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
