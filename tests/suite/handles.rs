//! Handles: from the response to a creation, of sibling projects, and their ids.

use super::*;
use mem0::Error;
use mem0::organizations::OrganizationCreated;
use mem0::projects::ProjectCreated;
use mem0_local::LocalPlatform;

const IDENTITY: &str = r#"{"status":"ok","org_id":"org_abc","project_id":"proj_abc"}"#;
const NEW_PROJECT: &str = "/api/v1/orgs/organizations/org_abc/projects/proj_new/";

/// Expects that the identity of the key is not requested.
#[maybe_async]
async fn no_ping(server: &mut ServerGuard) -> Mock {
    created(server.mock("GET", "/v1/ping/").expect(0)).await
}

#[maybe_async]
#[flavour_test]
async fn a_created_project_is_opened_without_a_lookup() {
    let mut server = server().await;
    let ping = no_ping(&mut server).await;
    let path = format!("{ORGANIZATION}projects/");
    let response = r#"{"message":"ok","project_id":"proj_new"}"#;
    let create = created(expect(&mut server, "POST", &path).with_body(response).expect(3)).await;
    let get = created(expect(&mut server, "GET", NEW_PROJECT).with_body("{}").expect(4)).await;
    let client = client(&server);
    let organization = client.organization("org_abc");
    let of_organization = organization.create_project("P").await.unwrap();
    assert_eq!(of_organization.org_id.as_ref().unwrap(), "org_abc");
    of_organization.open(&client).unwrap().get().await.unwrap();
    let of_project = client.project_in("org_abc", "proj_abc").create("P").await.unwrap();
    of_project.open(&client).unwrap().get().await.unwrap();
    let with_response = client.with_response();
    let in_full = with_response.organization("org_abc").create_project("P").await.unwrap();
    let opened = in_full.value.open(&with_response).unwrap();
    let response = opened.get().await.unwrap();
    assert_eq!(response.status, 200);
    in_full.value.open(&client).unwrap().get().await.unwrap();
    for mock in [ping, create, get] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_project_created_beside_that_of_the_key_is_opened_after_one_lookup() {
    let mut server = server().await;
    let ping = created(expect(&mut server, "GET", "/v1/ping/").with_body(IDENTITY)).await;
    let path = format!("{ORGANIZATION}projects/");
    let response = r#"{"project_id":"proj_new"}"#;
    let create = created(expect(&mut server, "POST", &path).with_body(response)).await;
    let get = created(expect(&mut server, "GET", NEW_PROJECT).with_body("{}")).await;
    let client = client(&server);
    let project = client.project().create("P").await.unwrap().open(&client).unwrap();
    project.get().await.unwrap();
    for mock in [ping, create, get] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn the_organization_of_a_response_is_kept() {
    let mut server = server().await;
    let path = format!("{ORGANIZATION}projects/");
    let response = r#"{"project_id":"proj_new","org_id":"org_of_response"}"#;
    let create = created(expect(&mut server, "POST", &path).with_body(response)).await;
    let client = project_client(&server);
    let made = client.project().create("P").await.unwrap();
    checked(&create).await;
    assert_eq!(made.open(&client).unwrap().org_id().unwrap(), "org_of_response");
}

#[maybe_async]
#[flavour_test]
async fn a_created_organization_is_opened() {
    let mut server = server().await;
    let ping = no_ping(&mut server).await;
    let create = expect(&mut server, "POST", ORGANIZATIONS).with_status(201);
    let create = created(create.with_body(r#"{"message":"created","org_id":"org_abc"}"#)).await;
    let get = created(expect(&mut server, "GET", ORGANIZATION).with_body("{}")).await;
    let client = client(&server);
    let organization = client.organizations().create("Acme").await.unwrap().open(&client).unwrap();
    assert_eq!(organization.org_id(), &"org_abc");
    organization.get().await.unwrap();
    for mock in [ping, create, get] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn opening_without_an_id_is_a_decode_error() {
    let server = server().await;
    let client = client(&server);
    let read = |json: &str| serde_json::from_str::<ProjectCreated>(json).unwrap().open(&client).map(|_| ());
    let without_project = read(r#"{"org_id":"org_abc","message":"for ann@x.io"}"#).unwrap_err();
    let without_organization = read(r#"{"project_id":"proj_new"}"#).unwrap_err();
    let made: OrganizationCreated = serde_json::from_str("{}").unwrap();
    let organization = made.open(&client).map(|_| ()).unwrap_err();
    for (error, field, path) in [
        (without_project, "project_id", "/api/v1/orgs/organizations/{org_id}/projects/"),
        (without_organization, "org_id", "/api/v1/orgs/organizations/{org_id}/projects/"),
        (organization, "org_id", "/api/v1/orgs/organizations/"),
    ] {
        let Error::Decode(decode) = &error else { panic!("{error:?}") };
        assert_eq!((decode.field.as_str(), decode.call.path.as_str()), (field, path));
        assert!(!format!("{error} {error:?}").contains("x.io"), "{error:?}");
    }
}

#[maybe_async]
#[flavour_test]
async fn a_sibling_is_in_the_organization_of_the_key() {
    let mut server = server().await;
    let ping = created(expect(&mut server, "GET", "/v1/ping/").with_body(IDENTITY)).await;
    let get = created(expect(&mut server, "GET", NEW_PROJECT).with_body("{}").expect(2)).await;
    let webhooks = expect(&mut server, "GET", "/api/v1/webhooks/projects/proj_new/").with_body("[]");
    let webhooks = created(webhooks).await;
    let client = client(&server);
    let sibling = client.project().sibling("proj_new");
    assert!(!ping.matched(), "a handle sends nothing");
    assert_eq!((sibling.project_id().unwrap(), sibling.org_id()), (&"proj_new".into(), None));
    sibling.webhooks().list().await.unwrap();
    assert!(!ping.matched(), "webhooks need no organization");
    sibling.get().await.unwrap();
    client.project().sibling("proj_other").sibling("proj_new").get().await.unwrap();
    for mock in [ping, get, webhooks] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_sibling_is_in_the_organization_of_the_handle_or_the_builder() {
    let mut server = server().await;
    let ping = no_ping(&mut server).await;
    let get = created(expect(&mut server, "GET", NEW_PROJECT).with_body("{}").expect(3)).await;
    let of_builder = project_client(&server).project().sibling("proj_new");
    assert_eq!(of_builder.org_id().unwrap(), "org_abc");
    of_builder.get().await.unwrap();
    client(&server).project_in("org_abc", "proj_abc").sibling("proj_new").get().await.unwrap();
    let organization = client(&server).organization("org_abc");
    let sibling = organization.project("proj_abc").with_response().sibling("proj_new");
    let response = sibling.get().await.unwrap();
    assert_eq!(response.status, 200);
    checked(&ping).await;
    checked(&get).await;
}

#[maybe_async]
#[flavour_test]
async fn a_sibling_without_an_id_is_refused_before_sending() {
    let mut server = server().await;
    let ping = no_ping(&mut server).await;
    let client = client(&server);
    for id in ["", ".", ".."] {
        let sibling = client.project().sibling(id);
        for error in [
            sibling.get().await.unwrap_err(),
            sibling.delete().await.unwrap_err(),
            sibling.get_members().await.unwrap_err(),
            client.project_in("org_abc", "proj_abc").sibling(id).get().await.unwrap_err(),
        ] {
            assert!(matches!(error, Error::Invalid { field: "project id", .. }), "{id}: {error:?}");
        }
    }
    checked(&ping).await;
}

#[maybe_async]
#[flavour_test]
async fn the_ids_of_projects_need_no_unwrapping() {
    let mut server = server().await;
    let path = format!("{ORGANIZATION}projects/");
    let response = r#"[{"project_id":"proj_abc","name":"P"},{"project_id":17}]"#;
    let list = created(expect(&mut server, "GET", &path).with_body(response).expect(2)).await;
    let organization = client(&server).organization("org_abc");
    let ids = organization.project_ids().await.unwrap();
    assert_eq!(ids, ["proj_abc", "17"]);
    let response = organization.with_response().project_ids().await.unwrap();
    assert_eq!((response.value, response.status.as_u16()), (ids, 200));
    checked(&list).await;
}

#[maybe_async]
#[flavour_test]
async fn a_project_without_an_id_is_named_by_its_position() {
    let mut server = server().await;
    let path = format!("{ORGANIZATION}projects/");
    let response = r#"[{"project_id":"proj_abc"},{"name":"ann@x.io"}]"#;
    let list = created(expect(&mut server, "GET", &path).with_body(response)).await;
    let error = client(&server).organization("org_abc").project_ids().await.unwrap_err();
    checked(&list).await;
    let Error::Decode(decode) = &error else { panic!("{error:?}") };
    assert_eq!((decode.field.as_str(), decode.call.path.as_str()), ("[1].project_id", path.as_str()));
    assert!(error.attempts() == 1 && !error.to_string().contains("x.io"), "{error}");
}

#[test]
fn handles_report_the_ids_they_have() {
    let builder = || MemoryClient::builder().api_key(KEY).base_url("http://127.0.0.1:1");
    let client = builder().build().unwrap();
    let of_key = client.project();
    assert_eq!((of_key.project_id(), of_key.org_id()), (None, None));
    let by_ids = client.project_in("o", "p");
    assert_eq!((by_ids.project_id().unwrap().as_str(), by_ids.org_id().unwrap().as_str()), ("p", "o"));
    let of_builder = builder().org_id("o").project_id("p").build().unwrap().project();
    assert_eq!((of_builder.project_id(), of_builder.org_id()), (by_ids.project_id(), by_ids.org_id()));
    assert_eq!(client.organization("o").org_id(), &"o");
}

#[maybe_async]
#[flavour_test]
async fn handles_lead_from_an_organization_to_its_projects() {
    let platform = LocalPlatform::start().unwrap();
    let client =
        MemoryClient::builder().api_key(platform.api_key()).base_url(platform.url()).build().unwrap();
    let acme = client.organizations().create("Acme").await.unwrap().open(&client).unwrap();
    let bot = acme.create_project("Bot").await.unwrap().open(&client).unwrap();
    let team = bot.create("Team").await.unwrap().open(&client).unwrap();
    let mut names = Vec::new();
    for id in acme.project_ids().await.unwrap() {
        names.extend(acme.project(id).get().await.unwrap().name);
    }
    assert_eq!(names, ["Bot", "Team"]);
    let sibling = team.sibling(bot.project_id().unwrap());
    let project = sibling.get().await.unwrap();
    assert_eq!(project.name.as_deref(), Some("Bot"));
}
