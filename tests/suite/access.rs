//! Roles in an organization and its projects, and the removal of a member from all of them.

use super::*;
use mem0::plan::Step;
use mem0::{Error, Role};
use mem0_local::LocalPlatform;
use serde_json::json;

const PROJECTS: &str = "/api/v1/orgs/organizations/org_abc/projects/";

fn local(platform: &LocalPlatform, key: &str) -> MemoryClient {
    MemoryClient::builder().api_key(key).base_url(platform.url()).build().unwrap()
}

/// Expects one read of the organization, and one of its projects.
#[maybe_async]
async fn reads(
    server: &mut ServerGuard,
    members: &serde_json::Value,
    projects: &serde_json::Value,
) -> [Mock; 2] {
    let organization = json!({ "org_id": "org_abc", "name": "Acme", "members": members }).to_string();
    let organization = created(expect(server, "GET", ORGANIZATION).with_body(organization)).await;
    let projects = created(expect(server, "GET", PROJECTS).with_body(projects.to_string())).await;
    [organization, projects]
}

#[maybe_async]
#[flavour_test]
async fn the_access_of_all_members_is_one_table() {
    let platform = LocalPlatform::start().unwrap();
    let client = local(&platform, platform.api_key());
    let bot = client.project().create("Bot").await.unwrap().open(&client).unwrap();
    bot.add_member("Zoe@example.com", Role::Owner).await.unwrap();
    bot.add_member("reader@example.com", Role::Owner).await.unwrap();
    let organization = client.organization(platform.org_id());
    let access = organization.access().await.unwrap();
    let table = "\
MEMBER              ORGANIZATION  default-project  Bot
owner@example.com   OWNER         OWNER            OWNER
reader@example.com  READER        READER           OWNER
Zoe@example.com     READER        –                OWNER";
    assert_eq!(access.to_string(), table);
    assert_eq!(
        (access.org_id.as_ref(), access.organization.as_deref()),
        (Some(&platform.org_id().into()), Some("default-org"))
    );
    let zoe = access.member("zoe@EXAMPLE.com").unwrap();
    assert_eq!(zoe.projects[bot.project_id().unwrap()], Role::Owner);
    let requests = platform.request_log();
    let read = requests.iter().filter(|request| request.method == "GET").count();
    assert_eq!(read, 3, "the identity, the organization, the projects");
}

#[maybe_async]
#[flavour_test]
async fn an_unreadable_project_is_listed() {
    let mut server = server().await;
    let members = json!([{ "email": "ann@x.io", "role": "OWNER" }]);
    let projects = json!([
        { "project_id": "proj_abc", "name": "Read" },
        { "project_id": "proj_403", "name": "Forbidden" },
        { "project_id": "proj_404" },
        { "project_id": "proj_new", "name": "Listed", "members": [] },
    ]);
    let [organization, list] = reads(&mut server, &members, &projects).await;
    let body = json!({ "members": members }).to_string();
    let read = created(expect(&mut server, "GET", PROJECT).with_body(body)).await;
    let forbidden = expect(&mut server, "GET", &format!("{PROJECTS}proj_403/")).with_status(403);
    let forbidden = created(forbidden).await;
    let missing = expect(&mut server, "GET", &format!("{PROJECTS}proj_404/")).with_status(404);
    let missing = created(missing).await;
    let access = client(&server).organization("org_abc").access().await.unwrap();
    for mock in [organization, list, read, forbidden, missing] {
        checked(&mock).await;
    }
    let table = "\
MEMBER    ORGANIZATION  Read   Forbidden  proj_404  Listed
ann@x.io  OWNER         OWNER  ?          ?         –
? unknown: the caller can't read the project";
    assert_eq!(access.to_string(), table);
    let readable: Vec<bool> = access.projects.iter().map(|project| project.is_readable).collect();
    assert_eq!(readable, [true, false, false, true]);
    assert!(!format!("{access:?}").contains("x.io"), "{access:?}");
}

#[maybe_async]
#[flavour_test]
async fn another_failure_of_a_project_fails_the_access() {
    let mut server = server().await;
    let projects = json!([{ "project_id": "proj_abc", "name": "P" }]);
    let mocks = reads(&mut server, &json!([]), &projects).await;
    let failing = created(expect(&mut server, "GET", PROJECT).with_status(500).expect(3)).await;
    let error = client(&server).organization("org_abc").access().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 500);
    for mock in mocks.iter().chain([&failing]) {
        checked(mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_member_is_removed_from_all_projects_and_then_from_the_organization() {
    let platform = LocalPlatform::start().unwrap();
    let client = local(&platform, platform.api_key());
    let organization = client.organization(platform.org_id());
    let bot = client.project().create("Bot").await.unwrap().open(&client).unwrap();
    bot.add_member("Ann@example.com", Role::Owner).await.unwrap();
    client.project().add_member("ann@example.com", Role::Reader).await.unwrap();
    let plan = organization.remove_everywhere("ANN@example.com").await.unwrap();
    let steps: Vec<String> = plan.steps().iter().map(ToString::to_string).collect();
    assert_eq!(steps.len(), 3);
    assert!(
        steps[0].starts_with("remove a member with role READER from project \"default-project\""),
        "{steps:?}"
    );
    assert!(steps[1].starts_with("remove a member with role OWNER from project \"Bot\""), "{steps:?}");
    assert_eq!(steps[2], "remove a member with role READER from the organization");
    assert!(!format!("{plan} {plan:?}").contains("example.com"), "{plan}");
    assert!(plan.diff().to_string().contains("- member Ann@example.com: OWNER"), "{}", plan.diff());
    let unchanged = organization.access().await.unwrap();
    assert!(unchanged.member("ann@example.com").is_some(), "a plan changes nothing");
    let mut done = Vec::new();
    organization.apply(&plan, |number, step| done.push((number, step.to_string()))).await.unwrap();
    assert_eq!(done.len(), 3);
    let left = organization.access().await.unwrap();
    assert!(left.member("ann@example.com").is_none(), "{left}");
    let again = organization.remove_everywhere("ann@example.com").await.unwrap();
    assert!(again.is_empty() && again.to_string().contains("No changes"), "{again}");
}

#[maybe_async]
#[flavour_test]
async fn the_last_owner_of_a_project_is_refused_after_the_other_projects() {
    let platform = LocalPlatform::start().unwrap();
    let client = local(&platform, platform.api_key());
    let organization = client.organization(platform.org_id());
    client.project().add_member("ann@example.com", Role::Owner).await.unwrap();
    let bot = client.project().create("Bot").await.unwrap().open(&client).unwrap();
    bot.add_member("ann@example.com", Role::Owner).await.unwrap();
    bot.remove_member("owner@example.com").await.unwrap();
    let team = client.project().create("Team").await.unwrap().open(&client).unwrap();
    team.add_member("ann@example.com", Role::Reader).await.unwrap();
    let plan = organization.remove_everywhere("ann@example.com").await.unwrap();
    let stopped = organization.apply(&plan, |_, _| {}).await.unwrap_err();
    assert_eq!((stopped.done, stopped.total), (2, 4));
    assert!(stopped.error.message().contains("last OWNER"), "{stopped}");
    let left = &plan.steps()[stopped.done..];
    assert!(left[0].to_string().contains("\"Bot\"") && left[1].project().is_none(), "{left:?}");
    let access = organization.access().await.unwrap();
    let ann = access.member("ann@example.com").unwrap();
    assert_eq!((ann.role.as_ref(), ann.projects.len()), (Some(&Role::Reader), 1));
    // With another OWNER, a new plan completes the removal.
    bot.ensure_member("owner@example.com", Role::Owner).await.unwrap();
    let plan = organization.remove_everywhere("ann@example.com").await.unwrap();
    organization.apply(&plan, |_, _| {}).await.unwrap();
    let access = organization.access().await.unwrap();
    assert!(access.member("ann@example.com").is_none(), "{access}");
}

#[maybe_async]
#[flavour_test]
async fn a_reader_cannot_remove_anyone_everywhere() {
    let platform = LocalPlatform::start().unwrap();
    let reader = local(&platform, platform.reader_key());
    let organization = reader.organization(platform.org_id());
    let plan = organization.remove_everywhere("owner@example.com").await.unwrap();
    assert!(!plan.is_empty() && !plan.read_only().is_empty(), "{plan}");
    let error = organization.apply(&plan, |_, _| {}).await.unwrap_err();
    assert!(error.done == 0 && error.to_string().contains("requires an OWNER"), "{error}");
}

#[maybe_async]
#[flavour_test]
async fn a_removal_needs_all_projects_to_be_readable() {
    let mut server = server().await;
    let members = json!([{ "email": "Ann@x.io", "role": "READER" }]);
    let projects = json!([{ "project_id": "proj_abc", "name": "P" }]);
    let mocks = reads(&mut server, &members, &projects).await;
    let forbidden = created(expect(&mut server, "GET", PROJECT).with_status(403)).await;
    let error = client(&server).organization("org_abc").remove_everywhere("ann@x.io").await.unwrap_err();
    assert_eq!(error.status().unwrap(), 403);
    for mock in mocks.iter().chain([&forbidden]) {
        checked(mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_removal_sends_the_spelling_of_each_project() {
    let mut server = server().await;
    let members =
        json!([{ "email": "Ann@x.io", "role": "READER" }, { "email": "bob@x.io", "role": "OWNER" }]);
    let projects = json!([{
        "project_id": "proj_abc", "name": "P", "members": [{ "email": "ANN@x.io", "role": "READER" }],
    }]);
    let mocks = reads(&mut server, &members, &projects).await;
    let organization = client(&server).organization("org_abc");
    let plan = organization.remove_everywhere("ann@X.IO").await.unwrap();
    let emails: Vec<&str> = plan
        .steps()
        .iter()
        .map(|step| match step {
            Step::RemoveMember { email, .. } => email.as_str(),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(emails, ["ANN@x.io", "Ann@x.io"]);
    let of_project = expect(&mut server, "DELETE", &format!("{PROJECT}members/?email=ANN%40x.io"));
    let of_project = created(of_project.with_body("{}")).await;
    let path = format!("{ORGANIZATION}members/");
    let of_organization =
        expect_body(&mut server, "DELETE", &path, r#"{"email":"Ann@x.io"}"#).with_body("{}");
    let of_organization = created(of_organization).await;
    organization.apply(&plan, |_, _| {}).await.unwrap();
    for mock in mocks.iter().chain([&of_project, &of_organization]) {
        checked(mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn invalid_arguments_of_a_removal_are_refused_before_sending() {
    let mut server = server().await;
    let nothing = created(server.mock("GET", Matcher::Any).expect(0)).await;
    let client = client(&server);
    for email in ["", "ann", "ann @x.io"] {
        let error = client.organization("org_abc").remove_everywhere(email).await.unwrap_err();
        assert!(matches!(error, Error::Invalid { field: "email", .. }), "{email:?}: {error:?}");
    }
    for error in [
        client.organization("").access().await.map(|_| ()).unwrap_err(),
        client.organization("..").remove_everywhere("ann@x.io").await.map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Invalid { field: "organization id", .. }), "{error:?}");
    }
    checked(&nothing).await;
}
