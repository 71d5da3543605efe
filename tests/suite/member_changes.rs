//! Members by intent, in projects and in organizations.

use super::*;
use mem0::members::MemberChange;
use mem0::{Error, Role};
use mem0_local::LocalPlatform;

const MESSAGE: &str = r#"{"message":"ok"}"#;
const ALREADY: &str = r#"{"errors":{"email":["This user is a member already."]}}"#;
const LEVELS: [&str; 2] = [PROJECT, ORGANIZATION];

/// Body of a project or an organization with these members: e-mail address and role.
fn with_members(members: &[(&str, &str)]) -> String {
    let members = members.iter().map(|(email, role)| serde_json::json!({ "email": email, "role": role }));
    serde_json::json!({ "members": members.collect::<Vec<_>>() }).to_string()
}

/// Calls `ensure_member` at the level of a path.
#[maybe_async]
async fn ensure(server: &ServerGuard, path: &str, email: &str, role: &str) -> mem0::Result<MemberChange> {
    let client = project_client(server);
    if path == PROJECT {
        client.project().ensure_member(email, role).await
    } else {
        client.organization("org_abc").ensure_member(email, role).await
    }
}

/// Calls `remove_member_if_present` at the level of a path.
#[maybe_async]
async fn remove(server: &ServerGuard, path: &str, email: &str) -> mem0::Result<bool> {
    let client = project_client(server);
    if path == PROJECT {
        client.project().remove_member_if_present(email).await
    } else {
        client.organization("org_abc").remove_member_if_present(email).await
    }
}

/// Expects reads of a project or an organization with these members.
#[maybe_async]
async fn read(server: &mut ServerGuard, path: &str, members: &[(&str, &str)], times: usize) -> Mock {
    let mock = expect(server, "GET", path).with_body(with_members(members)).expect(times);
    created(mock).await
}

/// Expects the removal of a member in this spelling.
fn expect_removal(server: &mut ServerGuard, path: &str, email: &str) -> Mock {
    let members = format!("{path}members/");
    if path == PROJECT {
        expect(server, "DELETE", &format!("{members}?email={}", email.replace('@', "%40")))
    } else {
        expect_body(server, "DELETE", &members, &format!(r#"{{"email":"{email}"}}"#))
    }
}

#[maybe_async]
#[flavour_test]
async fn a_missing_member_is_added() {
    for path in LEVELS {
        let mut server = server().await;
        let get = read(&mut server, path, &[("bob@x.io", "OWNER")], 1).await;
        let body = r#"{"email":"Ann@x.io","role":"READER"}"#;
        let add = expect_body(&mut server, "POST", &format!("{path}members/"), body).with_body(MESSAGE);
        let add = created(add).await;
        let change = ensure(&server, path, "Ann@x.io", "reader").await.unwrap();
        assert_eq!((&change, change.to_string().as_str()), (&MemberChange::Added, "added"));
        checked(&get).await;
        checked(&add).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_member_with_the_role_is_unchanged() {
    for path in LEVELS {
        let mut server = server().await;
        let get = read(&mut server, path, &[("Ann@X.io", "OWNER")], 1).await;
        let change = ensure(&server, path, "aNN@x.io", "OWNER").await.unwrap();
        assert_eq!(change, MemberChange::Unchanged);
        checked(&get).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn another_role_is_changed_in_the_spelling_of_the_platform() {
    for path in LEVELS {
        let mut server = server().await;
        let get = read(&mut server, path, &[("bob@x.io", "OWNER"), ("Ann@x.io", "READER")], 1).await;
        let body = r#"{"email":"Ann@x.io","role":"OWNER"}"#;
        let update = expect_body(&mut server, "PUT", &format!("{path}members/"), body).with_body(MESSAGE);
        let update = created(update).await;
        let change = ensure(&server, path, "ANN@x.io", "Owner").await.unwrap();
        assert_eq!(change, MemberChange::RoleChanged { from: Role::Reader });
        assert_eq!(change.to_string(), "role changed from READER");
        checked(&get).await;
        checked(&update).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_member_added_meanwhile_is_decided_again_once() {
    for path in LEVELS {
        let mut server = server().await;
        let members = format!("{path}members/");
        let before = read(&mut server, path, &[], 1).await;
        let after = read(&mut server, path, &[("ann@x.io", "READER")], 1).await;
        let add = expect(&mut server, "POST", &members).with_status(400).with_body(ALREADY);
        let add = created(add).await;
        let update = created(expect(&mut server, "PUT", &members).with_body(MESSAGE)).await;
        let change = ensure(&server, path, "ann@x.io", "OWNER").await.unwrap();
        assert_eq!(change, MemberChange::RoleChanged { from: Role::Reader });
        for mock in [before, after, add, update] {
            checked(&mock).await;
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn a_member_who_stays_unlisted_is_an_error() {
    for path in LEVELS {
        let mut server = server().await;
        let get = read(&mut server, path, &[], 2).await;
        let add = expect(&mut server, "POST", &format!("{path}members/")).with_status(400).with_body(ALREADY);
        let add = created(add.expect(2)).await;
        let error = ensure(&server, path, "ann@x.io", "OWNER").await.unwrap_err();
        assert!(matches!(&error, Error::Api(error) if error.is_already_member()), "{error}");
        checked(&get).await;
        checked(&add).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_member_removed_meanwhile_is_added() {
    for path in LEVELS {
        let mut server = server().await;
        let members = format!("{path}members/");
        let before = read(&mut server, path, &[("ann@x.io", "READER")], 1).await;
        let after = read(&mut server, path, &[], 1).await;
        let update = expect(&mut server, "PUT", &members).with_status(404).with_body(r#"{"message":"gone"}"#);
        let update = created(update).await;
        let add = created(expect(&mut server, "POST", &members).with_body(MESSAGE)).await;
        let outcome = ensure(&server, path, "ann@x.io", "OWNER").await.unwrap();
        assert_eq!(outcome, MemberChange::Added);
        for mock in [before, after, add, update] {
            checked(&mock).await;
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn an_add_with_a_lost_response_is_an_add() {
    let mut server = server().await;
    let members = format!("{PROJECT}members/");
    let before = read(&mut server, PROJECT, &[], 1).await;
    let after = read(&mut server, PROJECT, &[("ann@x.io", "READER")], 1).await;
    let lost = created(expect(&mut server, "POST", &members).with_status(503)).await;
    let add = created(expect(&mut server, "POST", &members).with_status(400).with_body(ALREADY)).await;
    let retry = RetryPolicy::default().base_delay(Duration::from_millis(1)).retry_writes(true);
    let client = builder(&server).org_id("org_abc").project_id("proj_abc").retry(retry).build().unwrap();
    let change = client.project().ensure_member("ann@x.io", Role::Reader).await.unwrap();
    assert_eq!(change, MemberChange::Added);
    for mock in [before, after, lost, add] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn other_errors_are_returned_and_end_the_call() {
    for path in LEVELS {
        for (method, members) in [("POST", &[][..]), ("PUT", &[("ann@x.io", "READER")][..])] {
            let mut server = server().await;
            let get = read(&mut server, path, members, 1).await;
            let refused = expect(&mut server, method, &format!("{path}members/")).with_status(403);
            let refused = created(refused.with_body(r#"{"message":"You are a READER."}"#)).await;
            let error = ensure(&server, path, "ann@x.io", "OWNER").await.unwrap_err();
            assert_eq!(error.status().unwrap(), 403);
            checked(&get).await;
            checked(&refused).await;
        }
        let mut server = server().await;
        let gone = expect(&mut server, "GET", path).with_status(404).with_body(r#"{"message":"gone"}"#);
        let gone = created(gone.expect(2)).await;
        let outcome = ensure(&server, path, "ann@x.io", "OWNER").await.unwrap_err();
        assert!(outcome.is_not_found());
        let outcome = remove(&server, path, "ann@x.io").await.unwrap_err();
        assert!(outcome.is_not_found());
        checked(&gone).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_response_without_members_changes_nothing() {
    for path in LEVELS {
        let mut server = server().await;
        let get = created(expect(&mut server, "GET", path).with_body(r#"{"name":"P"}"#).expect(2)).await;
        for error in [
            ensure(&server, path, "ann@x.io", "OWNER").await.unwrap_err(),
            remove(&server, path, "ann@x.io").await.unwrap_err(),
        ] {
            assert!(matches!(&error, Error::Decode(error) if error.field == "members"), "{error:?}");
        }
        checked(&get).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn invalid_members_are_refused_before_sending() {
    let mut server = server().await;
    let nothing = created(server.mock("GET", Matcher::Any).expect(0)).await;
    for path in LEVELS {
        for email in ["", "ann", "@x.io", "ann@", "ann @x.io", " ann@x.io", "ann@x.io\n"] {
            for error in [
                ensure(&server, path, email, "OWNER").await.unwrap_err(),
                remove(&server, path, email).await.unwrap_err(),
            ] {
                assert!(matches!(error, Error::Invalid { field: "email", .. }), "{email:?}: {error:?}");
                assert!(!error.to_string().contains("x.io"), "{error}");
            }
        }
        let error = ensure(&server, path, "ann@x.io", "REEDER").await.unwrap_err();
        assert!(error.to_string().contains("did you mean READER?"), "{error}");
        let error = ensure(&server, path, "ann@x.io", " ").await.unwrap_err();
        assert!(matches!(error, Error::Invalid { field: "role", .. }), "{error:?}");
    }
    let client = client(&server);
    let empty = Role::Other(String::new());
    let error = client.organization("org_abc").ensure_member("ann@x.io", empty).await.unwrap_err();
    assert!(matches!(error, Error::Invalid { field: "role", .. }), "{error:?}");
    let error = client.organization("").ensure_member("ann@x.io", "OWNER").await.unwrap_err();
    assert!(matches!(error, Error::Invalid { field: "organization id", .. }), "{error:?}");
    let error = client.project().sibling("").remove_member_if_present("ann@x.io").await.unwrap_err();
    assert!(matches!(error, Error::Invalid { field: "project id", .. }), "{error:?}");
    checked(&nothing).await;
}

#[maybe_async]
#[flavour_test]
async fn a_member_is_removed_in_the_spelling_of_the_platform() {
    for path in LEVELS {
        let mut server = server().await;
        let get = read(&mut server, path, &[("Ann@x.io", "READER")], 1).await;
        let removal = expect_removal(&mut server, path, "Ann@x.io").with_body(MESSAGE);
        let removal = created(removal).await;
        let outcome = remove(&server, path, "ANN@X.IO").await.unwrap();
        assert!(outcome);
        checked(&get).await;
        checked(&removal).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn nobody_is_removed_if_there_is_no_such_member() {
    for path in LEVELS {
        let mut server = server().await;
        let get = read(&mut server, path, &[("bob@x.io", "READER")], 1).await;
        let outcome = remove(&server, path, "ann@x.io").await.unwrap();
        assert!(!outcome);
        checked(&get).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_member_removed_by_someone_else_is_not_an_error() {
    for path in LEVELS {
        let mut server = server().await;
        let before = read(&mut server, path, &[("ann@x.io", "READER")], 1).await;
        let after = read(&mut server, path, &[], 1).await;
        let removal = expect_removal(&mut server, path, "ann@x.io").with_status(404);
        let removal = created(removal.with_body(r#"{"message":"Member not found"}"#)).await;
        let outcome = remove(&server, path, "ann@x.io").await.unwrap();
        assert!(!outcome);
        for mock in [before, after, removal] {
            checked(&mock).await;
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn a_removal_with_a_lost_response_is_a_removal() {
    for path in LEVELS {
        let mut server = server().await;
        let before = read(&mut server, path, &[("ann@x.io", "READER")], 1).await;
        let after = read(&mut server, path, &[], 1).await;
        let lost = created(expect_removal(&mut server, path, "ann@x.io").with_status(503)).await;
        let gone = created(expect_removal(&mut server, path, "ann@x.io").with_status(404)).await;
        let outcome = remove(&server, path, "ann@x.io").await.unwrap();
        assert!(outcome);
        for mock in [before, after, lost, gone] {
            checked(&mock).await;
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn a_project_deleted_during_a_removal_is_an_error() {
    for path in LEVELS {
        let mut server = server().await;
        let before = read(&mut server, path, &[("ann@x.io", "READER")], 1).await;
        let after = created(expect(&mut server, "GET", path).with_status(404)).await;
        let removal = created(expect_removal(&mut server, path, "ann@x.io").with_status(404)).await;
        let outcome = remove(&server, path, "ann@x.io").await.unwrap_err();
        assert!(outcome.is_not_found());
        for mock in [before, after, removal] {
            checked(&mock).await;
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn a_refused_removal_is_an_error() {
    for path in LEVELS {
        let mut server = server().await;
        let get = read(&mut server, path, &[("ann@x.io", "OWNER")], 1).await;
        let refused = expect_removal(&mut server, path, "ann@x.io").with_status(400);
        let refused = created(refused.with_body(r#"{"message":"The last OWNER can't be removed."}"#)).await;
        let error = remove(&server, path, "ann@x.io").await.unwrap_err();
        assert!(error.message().contains("last OWNER"), "{error}");
        checked(&get).await;
        checked(&refused).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_member_without_an_address_may_be_the_one_to_remove() {
    for path in LEVELS {
        let mut server = server().await;
        let hidden = r#"{"members":[{"username":"ann","role":"READER"}]}"#;
        let get = created(expect(&mut server, "GET", path).with_body(hidden)).await;
        let removal = created(expect_removal(&mut server, path, "ann@x.io").with_body(MESSAGE)).await;
        let outcome = remove(&server, path, "ann@x.io").await.unwrap();
        assert!(outcome);
        checked(&get).await;
        checked(&removal).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn members_of_the_offline_platform_are_ensured_and_removed() {
    let platform = LocalPlatform::start().unwrap();
    let client =
        MemoryClient::builder().api_key(platform.api_key()).base_url(platform.url()).build().unwrap();
    let project = client.project();
    let organization = client.organization(platform.org_id());
    let expected = [
        ("Ann@example.com", "READER", MemberChange::Added),
        ("ann@example.com", "reader", MemberChange::Unchanged),
        ("ANN@example.com", "OWNER", MemberChange::RoleChanged { from: Role::Reader }),
    ];
    for (email, role, change) in expected {
        let outcome = project.ensure_member(email, role).await.unwrap();
        assert_eq!(outcome, change, "{email}");
    }
    // A new member of a project is a READER of its organization.
    let outcome = organization.ensure_member("ann@example.com", "READER").await.unwrap();
    assert_eq!(outcome, MemberChange::Unchanged);
    let outcome = project.remove_member_if_present("ANN@example.com").await.unwrap();
    assert!(outcome);
    let outcome = project.remove_member_if_present("ANN@example.com").await.unwrap();
    assert!(!outcome);
    let outcome = organization.remove_member_if_present("ann@EXAMPLE.com").await.unwrap();
    assert!(outcome);
    let outcome = organization.remove_member_if_present("ann@EXAMPLE.com").await.unwrap();
    assert!(!outcome);
    let error = organization.remove_member_if_present("owner@example.com").await.unwrap_err();
    assert!(error.message().contains("last OWNER"), "{error}");
    let error = project.ensure_member("owner@example.com", "READER").await.unwrap_err();
    assert!(error.message().contains("last OWNER"), "{error}");
}
