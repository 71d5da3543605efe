//! The rows of contract 1.3 on members, at both levels.

use super::*;
use mem0::Role;

#[maybe_async]
#[flavour_test]
async fn project_members_are_listed() {
    let mut server = server().await;
    let path = format!("{PROJECT}members/");
    let answer =
        r#"{"members":[{"username":"ann","role":"OWNER"},{"username":"bob","role":"READER","since":1}]}"#;
    let mock = created(expect(&mut server, "GET", &path).with_body(answer)).await;
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
    let answer = r#"{"members":[{"user_id":17,"role":"OWNER"}]}"#;
    let mock = created(expect(&mut server, "GET", &path).with_body(answer)).await;
    let members = client(&server).organization("org_abc").get_members().await.unwrap();
    checked(&mock).await;
    assert_eq!(members.members[0].user_id.as_ref().unwrap(), "17");
}

#[maybe_async]
#[flavour_test]
async fn project_members_are_added_changed_and_removed() {
    let mut server = server().await;
    let path = format!("{PROJECT}members/");
    let answer = r#"{"message":"ok"}"#;
    let add = expect_body(&mut server, "POST", &path, r#"{"email":"a+b@x.io","role":"READER"}"#);
    let add = created(add.with_body(answer)).await;
    let change = expect_body(&mut server, "PUT", &path, r#"{"email":"a+b@x.io","role":"OWNER"}"#);
    let change = created(change.with_body(answer)).await;
    let remove = expect(&mut server, "DELETE", &format!("{path}?email=a%2Bb%40x.io"));
    let remove = created(remove.match_body(Matcher::Exact(String::new())).with_body(answer)).await;
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
    let answer = r#"{"message":"ok"}"#;
    let add = expect_body(&mut server, "POST", &path, r#"{"email":"a+b@x.io","role":"AUDITOR"}"#);
    let add = created(add.with_status(201).with_body(answer)).await;
    let change = expect_body(&mut server, "PUT", &path, r#"{"email":"a+b@x.io","role":"OWNER"}"#);
    let change = created(change.with_body(answer)).await;
    let remove = expect_body(&mut server, "DELETE", &path, r#"{"email":"a+b@x.io"}"#);
    let remove = created(remove.with_body(answer)).await;
    let organization = client(&server).organization("org_abc");
    organization.add_member("a+b@x.io", Role::Other("AUDITOR".into())).await.unwrap();
    organization.update_member("a+b@x.io", Role::Owner).await.unwrap();
    organization.remove_member("a+b@x.io").await.unwrap();
    for mock in [add, change, remove] {
        checked(&mock).await;
    }
}
