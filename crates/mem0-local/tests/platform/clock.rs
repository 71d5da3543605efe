//! Clock of the platform.

use std::time::Duration;

use mem0::ProjectUpdate;
use mem0_local::{Clock, LocalPlatform};

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

#[test]
fn times_follow_the_clock_and_updates_never_precede_creation() {
    let clock = Clock::manual(at("2026-01-31T23:59:59.999999Z"));
    let platform = LocalPlatform::builder().clock(clock.clone()).start().unwrap();
    let client = platform.client().unwrap();
    let times = || {
        let project = client.project().get().unwrap();
        (project.created_at.unwrap().as_str().to_owned(), project.updated_at.unwrap().as_str().to_owned())
    };
    let created = "2026-01-31T23:59:59.999999Z".to_owned();
    assert_eq!(times(), (created.clone(), created.clone()));
    platform.clock().advance(Duration::from_micros(1));
    client.project().update(ProjectUpdate::new().decay(true)).unwrap();
    assert_eq!(times(), (created.clone(), "2026-02-01T00:00:00.000000Z".to_owned()));
    clock.set(at("1999-12-31T00:00:00Z"));
    client.project().update(ProjectUpdate::new().decay(false)).unwrap();
    assert_eq!(times(), (created.clone(), created.clone()), "put back");
    let result = client.project().create("Old").unwrap();
    let old = client.project_in(platform.org_id(), result.id().unwrap()).get().unwrap();
    assert_eq!(old.created_at.unwrap().as_str(), "1999-12-31T00:00:00.000000Z");
    for end in [jiff::Timestamp::MIN, jiff::Timestamp::MAX] {
        clock.set(end);
        assert!(client.project().create("At the end of time").is_ok());
        assert!(client.organization(platform.org_id()).projects().is_ok());
    }
    platform.reset().unwrap();
    assert_eq!(platform.clock().now(), jiff::Timestamp::MAX, "a reset leaves the clock alone");
}

#[test]
fn change_of_members_sets_updated_at() {
    let platform = LocalPlatform::builder().clock(Clock::manual(at("2026-01-01T00:00:00Z"))).start().unwrap();
    let client = platform.client().unwrap();
    let organization = client.organization(platform.org_id());
    let access_count = || {
        let times = (client.project().get().unwrap().updated_at, organization.get().unwrap().updated_at);
        platform.clock().advance(Duration::from_secs(60));
        (times.0.unwrap().as_str().to_owned(), times.1.unwrap().as_str().to_owned())
    };
    let (project, organization_path) = access_count();
    client.project().add_member("ann@x.io", mem0::Role::Reader).unwrap();
    let (project, organization_path) = (access_count(), (project, organization_path));
    assert!(project.0 > organization_path.0 && project.1 > organization_path.1, "a new member of both");
    client.project().update_member("ann@x.io", mem0::Role::Owner).unwrap();
    let after = access_count();
    assert!(after.0 > project.0 && after.1 == project.1);
    organization.update_member("ann@x.io", mem0::Role::Owner).unwrap();
    let last = access_count();
    assert!(last.0 == after.0 && last.1 > after.1);
}
