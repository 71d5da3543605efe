//! Members of organizations.

use super::*;
use serde_json::json;

const LAST_OWNER: &str = "The last OWNER can't be removed or demoted.";

#[maybe_async]
#[flavour_test]
async fn unknown_email_creates_a_member_who_is_listed_in_invitations() {
    let platform = LocalPlatform::builder()
        .clock(mem0_local::Clock::manual("2026-01-31T12:00:00Z".parse().unwrap()))
        .start()
        .unwrap();
    let organization = owner(&platform).organization(platform.org_id());
    organization.add_member("New@X.io", Role::Reader).await.unwrap();
    platform.create_user("known@x.io").unwrap();
    organization.add_member("known@x.io", Role::Owner).await.unwrap();
    let current = organization.get().await.unwrap();
    let expected = [
        pair("owner@example.com", Role::Owner),
        pair("reader@example.com", Role::Reader),
        pair("New@X.io", Role::Reader),
        pair("known@x.io", Role::Owner),
    ];
    assert_eq!(roles(current.members.as_ref()), expected);
    let invited =
        json!([{"email": "New@X.io", "role": "READER", "created_at": "2026-01-31T12:00:00.000000Z"}]);
    assert_eq!(json!(current.invitations), invited);
    let listed = organization.get_members().await.unwrap();
    assert_eq!(listed.len(), 4);
    assert!(listed.iter().all(|member| member.user_id.is_some() && member.email.is_none()));

    // The user is a member already: their key can read the organization.
    let key = platform.create_key("new@x.io", platform.org_id(), platform.project_id()).unwrap();
    let foreign = client(&platform, &key).organization(platform.org_id()).get().await.unwrap();
    assert_eq!((foreign.user_role, foreign.is_owner), (Some(Role::Reader), Some(false)));

    // The invitation has the role of the member, and is removed with the member.
    organization.update_member("new@x.io", Role::Owner).await.unwrap();
    let current = organization.get().await.unwrap();
    assert_eq!(json!(current.invitations)[0]["role"], "OWNER");
    organization.remove_member("NEW@x.io").await.unwrap();
    let current = organization.get().await.unwrap();
    assert_eq!(current.invitations, Some(vec![]));
    organization.add_member("new@x.io", Role::Reader).await.unwrap();
    let current = organization.get().await.unwrap();
    assert_eq!(current.invitations, Some(vec![]), "a user by now");
    assert_eq!(
        roles(current.members.as_ref()).pop(),
        Some(pair("New@X.io", Role::Reader)),
        "as first written"
    );
}

#[maybe_async]
#[flavour_test]
async fn adding_an_organization_member_twice_is_refused_in_any_case() {
    let platform = LocalPlatform::start().unwrap();
    let organization = owner(&platform).organization(platform.org_id());
    organization.add_member("ann@x.io", Role::Reader).await.unwrap();
    let before = platform.dump().unwrap();
    for email in ["ann@x.io", "ANN@x.io", "Ann@X.IO"] {
        let outcome = organization.add_member(email, Role::Owner).await;
        assert!(matches!(&outcome, Err(Error::Api(error)) if error.is_already_member()), "{outcome:?}");
        let (status, text) = refused(outcome);
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(text.contains("This user is a member of the organization already."), "{text}");
    }
    assert!(platform.dump().unwrap() == before);
}

#[maybe_async]
#[flavour_test]
async fn last_owner_of_an_organization_cannot_be_removed_or_demoted() {
    let platform = LocalPlatform::start().unwrap();
    let organization = owner(&platform).organization(platform.org_id());
    let before = platform.dump().unwrap();
    let (status, text) = refused(organization.update_member("OWNER@example.com", Role::Reader).await);
    assert_eq!((status, text.contains(LAST_OWNER)), (StatusCode::BAD_REQUEST, true), "{text}");
    let (status, text) = refused(organization.remove_member("owner@example.com").await);
    assert_eq!((status, text.contains(LAST_OWNER)), (StatusCode::BAD_REQUEST, true), "{text}");
    assert!(platform.dump().unwrap() == before);
    organization.update_member("owner@example.com", Role::Owner).await.unwrap();

    // With a second OWNER, either can be removed; the other one is the last again.
    organization.add_member("second@x.io", Role::Owner).await.unwrap();
    organization.update_member("owner@example.com", Role::Reader).await.unwrap();
    let second = platform.create_key("second@x.io", platform.org_id(), platform.project_id()).unwrap();
    let second = client(&platform, &second).organization(platform.org_id());
    let (status, _) = refused(second.remove_member("second@x.io").await);
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = refused(organization.update_member("second@x.io", Role::Reader).await);
    assert_eq!(status, StatusCode::FORBIDDEN, "the first is a READER now");
}

/// A member who leaves the organization leaves its projects, which keep their last OWNER.
#[maybe_async]
#[flavour_test]
async fn last_owner_of_a_project_cannot_be_removed_from_the_organization() {
    let platform = LocalPlatform::start().unwrap();
    let client = owner(&platform);
    let organization = client.organization(platform.org_id());
    organization.add_member("second@x.io", Role::Owner).await.unwrap();
    let before = platform.dump().unwrap();
    let (status, text) = refused(organization.remove_member("owner@example.com").await);
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(text.contains("The last OWNER of a project can't be removed."), "{text}");
    assert!(platform.dump().unwrap() == before);

    let project = client.project();
    project.add_member("second@x.io", Role::Owner).await.unwrap();
    project.add_member("third@x.io", Role::Reader).await.unwrap();
    organization.remove_member("third@x.io").await.unwrap();
    organization.remove_member("owner@example.com").await.unwrap();
    let (status, _) = refused(project.get().await);
    assert_eq!(status, StatusCode::NOT_FOUND, "removed from the project too");
    client.ping().await.unwrap();
    let second = platform.create_key("second@x.io", platform.org_id(), platform.project_id()).unwrap();
    let current = super::client(&platform, &second).project().get().await.unwrap();
    let remaining = [pair("reader@example.com", Role::Reader), pair("second@x.io", Role::Owner)];
    assert_eq!(roles(current.members.as_ref()), remaining);
}

#[maybe_async]
#[flavour_test]
async fn changing_an_unknown_organization_member_is_not_found() {
    let platform = LocalPlatform::start().unwrap();
    let organization = owner(&platform).organization(platform.org_id());
    let before = platform.dump().unwrap();
    for email in ["nobody@x.io", "other@example.com"] {
        for refusal in [
            refused(organization.update_member(email, Role::Owner).await),
            refused(organization.remove_member(email).await),
        ] {
            assert_eq!(refusal, (StatusCode::NOT_FOUND, "Member not found".to_owned()), "{email}");
        }
    }
    assert!(platform.dump().unwrap() == before);
}
