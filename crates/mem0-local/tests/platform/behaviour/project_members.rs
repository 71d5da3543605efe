//! Members of projects.

use super::*;

const LAST_OWNER: &str = "The last OWNER can't be removed or demoted.";

#[maybe_async]
#[flavour_test]
async fn new_project_member_joins_the_organization_as_reader() {
    let platform = LocalPlatform::start().unwrap();
    let client = owner(&platform);
    let (project, organization) = (client.project(), client.organization(platform.org_id()));
    project.add_member("New@X.io", Role::Owner).await.unwrap();
    let current = project.get().await.unwrap();
    let expected = [
        pair("owner@example.com", Role::Owner),
        pair("reader@example.com", Role::Reader),
        pair("New@X.io", Role::Owner),
    ];
    assert_eq!(roles(current.members.as_ref()), expected);
    let current = organization.get().await.unwrap();
    assert_eq!(roles(current.members.as_ref()).pop(), Some(pair("New@X.io", Role::Reader)));
    let invitations = current.invitations.unwrap();
    assert_eq!(invitations.len(), 1);
    assert_eq!(invitations[0]["email"], "New@X.io");
    assert_eq!(invitations[0]["role"], "READER", "the role in the organization");
    let listed = project.get_members().await.unwrap();
    assert!(listed.iter().all(|member| member.username.is_some() && member.email.is_none()));
    // A user who leaves the project stays in the organization.
    project.remove_member("new@x.io").await.unwrap();
    let parent = organization.get().await.unwrap();
    assert_eq!(parent.members.unwrap().len(), 3);
}

#[maybe_async]
#[flavour_test]
async fn adding_a_project_member_twice_is_refused_in_any_case() {
    let platform = LocalPlatform::start().unwrap();
    let project = owner(&platform).project();
    project.add_member("a+b@x.io", Role::Reader).await.unwrap();
    let before = platform.dump().unwrap();
    for email in ["a+b@x.io", "A+B@x.io"] {
        let outcome = project.add_member(email, Role::Owner).await;
        assert!(matches!(&outcome, Err(Error::Api(error)) if error.is_already_member()), "{outcome:?}");
        let (status, text) = refused(outcome);
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(text, "email: This user is a member of the project already.");
    }
    assert!(platform.dump().unwrap() == before);
    project.update_member("A+b@X.io", Role::Owner).await.unwrap();
    project.remove_member("A+B@X.IO").await.unwrap();
    let current = project.get().await.unwrap();
    assert_eq!(current.members.unwrap().len(), 2);
}

#[maybe_async]
#[flavour_test]
async fn last_owner_of_a_project_cannot_be_removed_or_demoted() {
    let platform = LocalPlatform::start().unwrap();
    let client = owner(&platform);
    let project = client.project();
    // An OWNER of the organization acts as OWNER of the project without being its member.
    client.organization(platform.org_id()).add_member("second@x.io", Role::Owner).await.unwrap();
    let before = platform.dump().unwrap();
    for refusal in [
        refused(project.update_member("owner@example.com", Role::Reader).await),
        refused(project.remove_member("Owner@Example.com").await),
    ] {
        assert_eq!(refusal.0, StatusCode::BAD_REQUEST);
        assert!(refusal.1.contains(LAST_OWNER), "{refusal:?}");
    }
    assert!(platform.dump().unwrap() == before);
    project.update_member("owner@example.com", Role::Owner).await.unwrap();
    project.add_member("third@x.io", Role::Owner).await.unwrap();
    project.update_member("owner@example.com", Role::Reader).await.unwrap();
    let (status, text) = refused(project.remove_member("third@x.io").await);
    assert_eq!((status, text.contains(LAST_OWNER)), (StatusCode::BAD_REQUEST, true), "{text}");
    project.remove_member("owner@example.com").await.unwrap();
    let current = project.get().await.unwrap();
    assert_eq!(current.user_role, Some(Role::Owner), "by the organization");
    let remaining = [pair("reader@example.com", Role::Reader), pair("third@x.io", Role::Owner)];
    assert_eq!(roles(current.members.as_ref()), remaining);
}

#[maybe_async]
#[flavour_test]
async fn changing_an_unknown_project_member_is_not_found() {
    let platform = LocalPlatform::start().unwrap();
    let client = owner(&platform);
    client.organization(platform.org_id()).add_member("only-above@x.io", Role::Reader).await.unwrap();
    let before = platform.dump().unwrap();
    for email in ["nobody@x.io", "other@example.com", "only-above@x.io"] {
        for refusal in [
            refused(client.project().update_member(email, Role::Owner).await),
            refused(client.project().remove_member(email).await),
        ] {
            assert_eq!(refusal, (StatusCode::NOT_FOUND, "Member not found".to_owned()), "{email}");
        }
    }
    assert!(platform.dump().unwrap() == before);
}

/// A key has the roles of its user in every project, not only in its own one.
#[maybe_async]
#[flavour_test]
async fn key_can_access_every_project_of_its_user() {
    let platform = LocalPlatform::start().unwrap();
    let other = client(&platform, platform.other_key());
    let own = other.ping().await.unwrap();
    let (org_id, project_id) = (own.org_id.unwrap(), own.project_id.unwrap());
    let caller = owner(&platform);
    let visited = caller.project_in(org_id.clone(), project_id.clone());
    let (status, _) = refused(visited.get().await);
    assert_eq!(status, StatusCode::NOT_FOUND);
    other.project().add_member("owner@example.com", Role::Reader).await.unwrap();
    let current = visited.get().await.unwrap();
    assert_eq!(current.user_role, Some(Role::Reader));
    let (status, _) = refused(visited.delete().await);
    assert_eq!(status, StatusCode::FORBIDDEN);
    let listed = caller.organizations().list().await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1].org_id, Some(org_id));
    other.project().remove_member("owner@example.com").await.unwrap();
    let (status, _) = refused(visited.get().await);
    assert_eq!(status, StatusCode::NOT_FOUND);
}

/// The creator of an organization or a project is its OWNER.
#[maybe_async]
#[flavour_test]
async fn creator_of_an_organization_or_project_is_its_owner() {
    let platform = LocalPlatform::start().unwrap();
    let reader = client(&platform, platform.reader_key());
    let created = reader.organizations().create("Acme").await.unwrap();
    let acme = reader.organization(created.id().unwrap());
    let current = acme.get().await.unwrap();
    assert_eq!(
        (current.user_role, current.is_owner, current.is_default),
        (Some(Role::Owner), Some(true), Some(false))
    );
    assert_eq!(roles(current.members.as_ref()), [pair("reader@example.com", Role::Owner)]);
    let none = acme.projects().await.unwrap();
    assert!(none.is_empty());
    let created = acme.create_project("Bot").await.unwrap();
    let current = acme.project(created.id().unwrap()).get().await.unwrap();
    assert_eq!(roles(current.members.as_ref()), [pair("reader@example.com", Role::Owner)]);
    let (status, _) = refused(acme.create_project("x".repeat(256)).await);
    assert_eq!(status, StatusCode::BAD_REQUEST);
    acme.create_project("ü".repeat(255)).await.unwrap();
    acme.create_project("Bot").await.unwrap();
    let all = acme.projects().await.unwrap();
    assert_eq!(all.len(), 3, "a name may be used twice");
}
