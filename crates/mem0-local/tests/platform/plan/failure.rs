//! A failure at each step of a plan, and a second plan that completes it.

use mem0_local::{Fault, LocalPlatform, Route};

use super::world::{World, plan_if_valid, prune};

/// Faults of a request that was not carried out, or was carried out without a response.
fn faults() -> [Fault; 3] {
    [Fault::status(500), Fault::drop_before_handling(), Fault::drop_after_handling()]
}

#[test]
fn a_plan_that_fails_at_any_step_is_completed_by_a_second_one() {
    let platform = LocalPlatform::start().unwrap();
    let mut failed = 0;
    for seed in [3, 4, 5] {
        let mut step = 0;
        while let Some(steps) = fail_at(&platform, seed, step) {
            failed += 1;
            step += 1;
            if step == steps {
                break;
            }
        }
    }
    assert!(failed > 20, "only {failed} failures");
}

/// Applies the same plan to the same state with each fault at the given step, and returns its number of steps; `None`
/// if the plan is invalid.
fn fail_at(platform: &LocalPlatform, seed: u64, step: usize) -> Option<usize> {
    let mut steps = None;
    for fault in faults() {
        let mut random = fastrand::Rng::with_seed(seed);
        let world = World::random(platform, &mut random);
        let (desired, prune) = (world.random_desired(&mut random), prune(&mut random));
        let plan = plan_if_valid(&world.organization(), &desired, prune)?;
        let fail = || platform.fail_next(Route::any(), fault.clone());
        if step == 0 {
            fail();
        }
        let stopped = world.organization().apply(&plan, |done, _| {
            if done == step {
                fail();
            }
        });
        let stopped = stopped.expect_err("the step fails");
        assert_eq!((stopped.done, stopped.total), (step, plan.steps().len()), "{}", plan.diff());
        assert!(stopped.to_string().contains(&format!("after {step} of ")), "{stopped}");

        let organization = world.as_any_owner();
        let rest = plan_if_valid(&organization, &desired, prune).unwrap();
        assert!(rest.steps().len() <= plan.steps().len() - step, "{}\n{}", plan.diff(), rest.diff());
        organization.apply(&rest, |_, _| {}).unwrap();
        let none = plan_if_valid(&world.as_any_owner(), &desired, prune).unwrap();
        assert!(none.is_empty(), "{}", none.diff());
        steps = Some(plan.steps().len());
        platform.reset().unwrap();
    }
    steps
}
