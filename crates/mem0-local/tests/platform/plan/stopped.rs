//! A failure at each step of a plan, and the plan that finishes it.

use mem0_local::{Fault, LocalPlatform, Route};

use super::world::{World, planned, prune};

/// A fault that is met by the next request, and whether the request is carried out all the same.
fn faults() -> [Fault; 3] {
    [Fault::status(500), Fault::drop_before_handling(), Fault::drop_after_handling()]
}

#[test]
fn a_plan_that_fails_at_any_step_is_finished_by_another_run() {
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
    assert!(failed > 20, "only {failed} steps to fail");
}

/// The same world each time, whose plan fails at that step. The number of steps, if it is a plan at all.
fn fail_at(platform: &LocalPlatform, seed: u64, step: usize) -> Option<usize> {
    let mut steps = None;
    for fault in faults() {
        let mut random = fastrand::Rng::with_seed(seed);
        let world = World::random(platform, &mut random);
        let (wanted, prune) = (world.random_wanted(&mut random), prune(&mut random));
        let plan = planned(&world.organization(), &wanted, prune)?;
        let fail = || platform.fail_next(Route::any(), fault.clone());
        if step == 0 {
            fail();
        }
        let stopped = world.organization().apply(&plan, |done, _| {
            if done == step {
                fail();
            }
        });
        let stopped = stopped.expect_err("it fails");
        assert_eq!((stopped.done, stopped.of), (step, plan.steps().len()), "{}", plan.diff());
        assert!(stopped.to_string().contains(&format!("after {step} of its")), "{stopped}");

        let organization = world.as_some_owner();
        let rest = planned(&organization, &wanted, prune).unwrap();
        assert!(rest.steps().len() <= plan.steps().len() - step, "{}\n{}", plan.diff(), rest.diff());
        organization.apply(&rest, |_, _| {}).unwrap();
        let nothing = planned(&world.as_some_owner(), &wanted, prune).unwrap();
        assert!(nothing.is_empty(), "{}", nothing.diff());
        steps = Some(plan.steps().len());
        platform.reset().unwrap();
    }
    steps
}
