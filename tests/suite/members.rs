//! Operations on members of organizations and projects: see `docs/platform-api.md#organization-members` and
//! `docs/platform-api.md#project-members`.

use super::*;
use mem0::Role;

#[maybe_async]
#[flavour_test]
async fn project_members_are_listed() {
    let mut server = server().await;
    let path = format!("{PROJECT}members/");
    let response =
        r#"{"members":[{"username":"ann","role":"OWNER"},{"username":"bob","role":"READER","since":1}]}"#;
    let mock = created(expect(&mut server, "GET", &path).with_body(response)).await;
    let members = project_client(&server).project().get_members().await.unwrap();
    checked(&mock).await;
    assert_eq!(members.len(), 2);
    let roles: Vec<_> = members.iter().map(|member| member.role.clone()).collect();
    assert_eq!(roles, [Some(Role::Owner), Some(Role::Reader)]);
    assert_eq!(members.members[1].extra["since"], 1);
}

#[maybe_async]
#[flavour_test]
async fn organization_members_are_listed() {
    let mut server = server().await;
    let path = format!("{ORGANIZATION}members/");
    let response = r#"{"members":[{"user_id":17,"role":"OWNER"}]}"#;
    let mock = created(expect(&mut server, "GET", &path).with_body(response)).await;
    let members = client(&server).organization("org_abc").get_members().await.unwrap();
    checked(&mock).await;
    assert_eq!(members.members[0].user_id.as_ref().unwrap(), "17");
}

#[maybe_async]
#[flavour_test]
async fn project_members_are_added_changed_and_removed() {
    let mut server = server().await;
    let path = format!("{PROJECT}members/");
    let response = r#"{"message":"ok"}"#;
    let add = expect_body(&mut server, "POST", &path, r#"{"email":"a+b@x.io","role":"READER"}"#);
    let add = created(add.with_body(response)).await;
    let change = expect_body(&mut server, "PUT", &path, r#"{"email":"a+b@x.io","role":"OWNER"}"#);
    let change = created(change.with_body(response)).await;
    let remove = expect(&mut server, "DELETE", &format!("{path}?email=a%2Bb%40x.io"));
    let remove = created(remove.match_body(Matcher::Exact(String::new())).with_body(response)).await;
    let project = project_client(&server).project();
    let message = project.add_member("a+b@x.io", Role::Reader).await.unwrap();
    assert_eq!(message.message.as_deref(), Some("ok"));
    project.update_member("a+b@x.io", "OWNER").await.unwrap();
    project.remove_member("a+b@x.io").await.unwrap();
    for mock in [add, change, remove] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn organization_members_are_added_changed_and_removed() {
    let mut server = server().await;
    let path = format!("{ORGANIZATION}members/");
    let response = r#"{"message":"ok"}"#;
    let add = expect_body(&mut server, "POST", &path, r#"{"email":"a+b@x.io","role":"AUDITOR"}"#);
    let add = created(add.with_status(201).with_body(response)).await;
    let change = expect_body(&mut server, "PUT", &path, r#"{"email":"a+b@x.io","role":"OWNER"}"#);
    let change = created(change.with_body(response)).await;
    let remove = expect_body(&mut server, "DELETE", &path, r#"{"email":"a+b@x.io"}"#);
    let remove = created(remove.with_body(response)).await;
    let organization = client(&server).organization("org_abc");
    organization.add_member("a+b@x.io", Role::Other("AUDITOR".into())).await.unwrap();
    organization.update_member("a+b@x.io", Role::Owner).await.unwrap();
    organization.remove_member("a+b@x.io").await.unwrap();
    for mock in [add, change, remove] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn null_members_are_skipped() {
    let mut server = server().await;
    let members = r#""members":[null,{"role":"OWNER"},null]"#;
    for path in [PROJECT, ORGANIZATION] {
        let body = format!("{{{members}}}");
        let object = created(expect(&mut server, "GET", path).with_body(&body)).await;
        let list = created(expect(&mut server, "GET", &format!("{path}members/")).with_body(&body)).await;
        let client = project_client(&server);
        let (of_object, listed) = if path == PROJECT {
            let project = client.project();
            (project.get().await.unwrap().members, project.get_members().await.unwrap())
        } else {
            let organization = client.organization("org_abc");
            (organization.get().await.unwrap().members, organization.get_members().await.unwrap())
        };
        assert_eq!(of_object.unwrap().len(), 1, "{path}");
        assert_eq!(listed.len(), 1, "{path}");
        checked(&object).await;
        checked(&list).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn adding_an_existing_member_is_a_distinct_error() {
    for (status, body, expected) in [
        (400, r#"{"errors":{"email":["This user is a member of the organization already."]}}"#, true),
        (400, r#"{"message":"email: This user is a member of the project already."}"#, true),
        (409, r#"{"detail":"User is already a member."}"#, true),
        (400, r#"{"errors":{"role":["The member has this role already."]}}"#, false),
        (400, r#"{"message":"email: Enter a valid e-mail address."}"#, false),
        (403, r#"{"message":"You are already a member, and a READER."}"#, false),
    ] {
        let mut server = server().await;
        for path in [PROJECT, ORGANIZATION] {
            let mock =
                expect(&mut server, "POST", &format!("{path}members/")).with_status(status).with_body(body);
            let mock = created(mock).await;
            let client = project_client(&server);
            let error = if path == PROJECT {
                client.project().add_member("ann@x.io", "READER").await.unwrap_err()
            } else {
                client.organization("org_abc").add_member("ann@x.io", "READER").await.unwrap_err()
            };
            checked(&mock).await;
            let mem0::Error::Api(error) = error else { panic!("{error:?}") };
            assert_eq!(error.is_already_member(), expected, "{body}: {error}");
        }
    }
}
