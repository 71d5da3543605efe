//! Organizations as they are and as they are to be, separated by a byte of zero.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mem0::plan::{CurrentOrganization, CurrentProject, Plan, Prune, DesiredOrganization};
use mem0::organizations::{Identity, Organization};
use mem0::projects::Project;
use mem0_fuzz::check_error;

fn plan(current: &CurrentOrganization, wanted: &DesiredOrganization) {
    for prune in [Prune::No, Prune::Yes] {
        match Plan::new(current, wanted, prune) {
            Ok(plan) => {
                let _ = format!("{plan} {plan:?} {} {:?}", plan.diff(), plan.check());
            }
            Err(error) => check_error(&error),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut parts = data.split(|byte| *byte == 0);
    let wanted = parts.next().and_then(|json| serde_json::from_slice::<DesiredOrganization>(json).ok());
    let organization = parts.next().and_then(|json| serde_json::from_slice::<Organization>(json).ok());
    let projects = parts.filter_map(|json| serde_json::from_slice::<Project>(json).ok());
    let projects = projects.map(|project| CurrentProject::new(project, Some(Vec::new()))).collect();
    let current = CurrentOrganization::new(Identity::default(), organization.unwrap_or_default(), projects);
    if let Some(wanted) = wanted {
        let _ = format!("{wanted:?} {:?}", wanted.check());
        plan(&current, &wanted);
    }
    if let Ok(same) = current.to_desired() {
        // Two projects may bear one name, which a plan refuses.
        if let Ok(plan) = Plan::new(&current, &same, Prune::No) {
            assert!(plan.is_empty(), "a state differs from itself: {plan}");
        }
    }
});
