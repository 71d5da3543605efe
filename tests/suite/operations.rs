//! Operations on organizations and projects, except those on members: requests and responses. See
//! `docs/platform-api.md#organizations` and `docs/platform-api.md#projects`.

use super::*;
use mem0::projects::NewProject;
use mem0::{CustomCategory, ProjectFields, ProjectUpdate, Role};

#[maybe_async]
#[flavour_test]
async fn ping() {
    let mut server = server().await;
    let response = r#"{"status":"ok","org_id":"org_abc","project_id":7,"user_email":"a@x.io","plan":"pro"}"#;
    let mock = created(expect(&mut server, "GET", "/v1/ping/").with_body(response)).await;
    let identity = client(&server).ping().await.unwrap();
    checked(&mock).await;
    assert_eq!(identity.status.as_deref(), Some("ok"));
    assert_eq!(identity.org_id.unwrap(), "org_abc");
    assert_eq!(identity.project_id.unwrap(), "7");
    assert_eq!(identity.user_email.as_deref(), Some("a@x.io"));
    assert_eq!(identity.extra["plan"], "pro");
}

#[maybe_async]
#[flavour_test]
async fn list_organizations() {
    let mut server = server().await;
    let response =
        r#"[{"org_id":"org_abc","name":"Acme","is_owner":true,"user_role":"OWNER","invitations":[{"a":1}]}]"#;
    let mock = created(expect(&mut server, "GET", ORGANIZATIONS).with_body(response)).await;
    let organizations = client(&server).organizations().list().await.unwrap();
    checked(&mock).await;
    assert_eq!(organizations.len(), 1);
    assert_eq!(organizations[0].org_id.as_ref().unwrap(), "org_abc");
    assert_eq!(organizations[0].user_role, Some(Role::Owner));
    assert_eq!(organizations[0].invitations.as_ref().unwrap().len(), 1);
}

#[maybe_async]
#[flavour_test]
async fn create_organization() {
    let mut server = server().await;
    let mock = expect_body(&mut server, "POST", ORGANIZATIONS, r#"{"name":"Acmé 🚀"}"#);
    let mock = created(mock.with_status(201).with_body(r#"{"message":"created","org_id":"org_new"}"#)).await;
    let made = client(&server).organizations().create("Acmé 🚀").await.unwrap();
    checked(&mock).await;
    assert_eq!(made.id().unwrap(), &"org_new");
    assert_eq!(made.message.as_deref(), Some("created"));
}

#[maybe_async]
#[flavour_test]
async fn get_organization() {
    let mut server = server().await;
    let response = r#"{"org_id":"org_abc","members":[{"username":"ann","role":"READER","email":"a@x.io"}]}"#;
    let mock = created(expect(&mut server, "GET", ORGANIZATION).with_body(response)).await;
    let organization = client(&server).organization("org_abc").get().await.unwrap();
    checked(&mock).await;
    let members = organization.members.unwrap();
    assert_eq!(members[0].email.as_deref(), Some("a@x.io"));
    assert_eq!(members[0].role, Some(Role::Reader));
}

#[maybe_async]
#[flavour_test]
async fn delete_organization() {
    let mut server = server().await;
    let mock = expect(&mut server, "DELETE", ORGANIZATION).match_body(Matcher::Exact(String::new()));
    let mock = created(mock.with_body(r#"{"message":"gone"}"#)).await;
    let message = client(&server).organization("org_abc").delete().await.unwrap();
    checked(&mock).await;
    assert_eq!(message.message.as_deref(), Some("gone"));
}

#[maybe_async]
#[flavour_test]
async fn list_projects() {
    let mut server = server().await;
    let path = format!("{ORGANIZATION}projects/");
    let response = r#"[{"project_id":"proj_abc","decay":true},{"project_id":"proj_def","future":[1]}]"#;
    let mock = created(expect(&mut server, "GET", &path).with_body(response)).await;
    let projects = client(&server).organization("org_abc").projects().await.unwrap();
    checked(&mock).await;
    assert_eq!(projects[0].decay, Some(true));
    assert_eq!(projects[1].extra["future"][0], 1);
}

#[maybe_async]
#[flavour_test]
async fn create_project() {
    let mut server = server().await;
    let path = format!("{ORGANIZATION}projects/");
    let response = r#"{"message":"ok","project_id":"proj_new"}"#;
    let bare = created(expect_body(&mut server, "POST", &path, r#"{"name":"P"}"#).with_body(response)).await;
    let full = expect_body(&mut server, "POST", &path, r#"{"name":"P","description":"","x":1}"#);
    let full = created(full.with_body(response)).await;
    let client = project_client(&server);
    let made = client.organization("org_abc").create_project("P").await.unwrap();
    assert_eq!(made.id().unwrap(), &"proj_new");
    let project = NewProject::new("P").description("").set("x", 1);
    let made = client.project().create(project).await.unwrap();
    assert_eq!(made.message.as_deref(), Some("ok"));
    checked(&bare).await;
    checked(&full).await;
}

#[maybe_async]
#[flavour_test]
async fn get_project() {
    let mut server = server().await;
    let response = r#"{
        "project_id":"proj_abc","name":"P","description":null,"created_at":"2024-07-20T01:30:36.275141-07:00",
        "updated_at":"not a moment","custom_categories":[{"food":"Eating"},"travel"],
        "custom_instructions":["a","b"],"agent_custom_instructions":"","decay":false,"user_role":"AUDITOR",
        "summary_batch_size":5,"name_of_tomorrow":{"deep":true}
    }"#;
    let mock = created(expect(&mut server, "GET", PROJECT).expect(3).with_body(response)).await;
    let client = project_client(&server);
    let project = client.project().get().await.unwrap();
    let by_ids = client.project_in("org_abc", "proj_abc").get().await.unwrap();
    let of_organization = client.organization("org_abc").project("proj_abc").get().await.unwrap();
    assert_eq!((&by_ids, &of_organization), (&project, &project));
    checked(&mock).await;
    assert_eq!(project.name.as_deref(), Some("P"));
    assert_eq!(project.description, None);
    let created_at = project.created_at.unwrap().to_jiff().unwrap();
    assert_eq!(created_at.to_string(), "2024-07-20T08:30:36.275141Z");
    let updated_at = project.updated_at.unwrap();
    assert_eq!((updated_at.as_str(), updated_at.to_jiff()), ("not a moment", None));
    let categories = [CustomCategory::new("food", "Eating"), CustomCategory::named("travel")];
    assert_eq!(project.custom_categories.unwrap(), categories);
    assert_eq!(project.custom_instructions.unwrap(), "a\nb");
    assert_eq!(project.agent_custom_instructions.unwrap(), "");
    assert_eq!(project.decay, Some(false));
    assert_eq!(project.user_role, Some(Role::Other("AUDITOR".into())));
    assert_eq!(project.summary_batch_size, Some(5));
    assert_eq!(project.extra["name_of_tomorrow"]["deep"], true);
}

#[maybe_async]
#[flavour_test]
async fn get_fields_accepts_a_partial_and_a_whole_project() {
    let mut server = server().await;
    let path = format!("{PROJECT}?fields=decay&fields=name&fields=x%2Cy");
    let filtered = created(expect(&mut server, "GET", &path).with_body(r#"{"decay":true}"#)).await;
    let project = project_client(&server).project();
    let fields = || ProjectFields::new().decay().name().decay().other("x,y");
    let some = project.get_fields(fields()).await.unwrap();
    assert_eq!((some.decay, some.name), (Some(true), None));
    checked(&filtered).await;
    let whole = r#"{"decay":true,"name":"P","multilingual":false}"#;
    let whole = created(expect(&mut server, "GET", &path).with_body(whole)).await;
    let some = project.get_fields(fields()).await.unwrap();
    assert_eq!((some.decay, some.multilingual), (Some(true), Some(false)));
    checked(&whole).await;
}

#[maybe_async]
#[flavour_test]
async fn update_project_sends_every_setting_in_the_callers_order() {
    let mut server = server().await;
    let body = concat!(
        r#"{"name":"N","description":"","custom_instructions":"Sé breve 🚀\n- uno","#,
        r#""agent_custom_instructions":"","custom_categories":[{"food":"Eating"},"travel"],"multilingual":false,"#,
        r#""decay":true,"memory_depth":"deep","usecase_setting":3,"inclusion_prompt":"in","exclusion_prompt":"out","#,
        r#""enable_graph":true,"version":"v2","unknown":[1.5,null],"expiration_date":null}"#
    );
    let mock = expect_body(&mut server, "PATCH", PROJECT, body);
    let mock = created(mock.with_body(r#"{"message":"Updated custom categories"}"#)).await;
    #[allow(deprecated)]
    let update = ProjectUpdate::new()
        .name("first")
        .description("")
        .custom_instructions("Sé breve 🚀\n- uno")
        .agent_custom_instructions("")
        .custom_categories([CustomCategory::new("food", "Eating"), "travel".into()])
        .multilingual(false)
        .decay(true)
        .memory_depth("deep")
        .usecase_setting(3)
        .inclusion_prompt("in")
        .exclusion_prompt("out")
        .enable_graph(true)
        .version("v2")
        .set("unknown", vec![serde_json::json!(1.5), serde_json::Value::Null])
        .clear("expiration_date")
        .name("N");
    let message = project_client(&server).project().update(update).await.unwrap();
    checked(&mock).await;
    assert_eq!(message.message.as_deref(), Some("Updated custom categories"));
}

#[maybe_async]
#[flavour_test]
async fn empty_values_are_sent() {
    let mut server = server().await;
    let body = r#"{"custom_categories":[],"custom_instructions":"","usecase_setting":"","decay":false}"#;
    let mock = created(expect_body(&mut server, "PATCH", PROJECT, body).with_body("{}")).await;
    let update = ProjectUpdate::new()
        .custom_categories(Vec::<CustomCategory>::new())
        .custom_instructions("")
        .usecase_setting("")
        .decay(false);
    project_client(&server).project().update(update).await.unwrap();
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn delete_project() {
    let mut server = server().await;
    let mock = expect(&mut server, "DELETE", PROJECT).match_body(Matcher::Exact(String::new()));
    let mock = created(mock.with_status(204)).await;
    let message = project_client(&server).project().delete().await.unwrap();
    checked(&mock).await;
    assert_eq!(message.message, None, "204 carries no message, and is a success");
}

#[maybe_async]
#[flavour_test]
async fn ids_are_encoded_and_base_urls_may_have_a_path() {
    let mut server = server().await;
    let path = "/gate/way/api/v1/orgs/organizations/a%2Fb%20c%3Fd%23e/projects/%25%C3%BC%2A/";
    let mock = created(expect(&mut server, "GET", path).with_body("{}")).await;
    let base_url = format!("{}/gate/way/", server.url());
    let client = builder(&server).base_url(base_url).build().unwrap();
    client.project_in("a/b c?d#e", "%ü*").get().await.unwrap();
    checked(&mock).await;
}

#[derive(serde::Serialize)]
struct Ordered {
    z: u8,
    a: u8,
}

#[maybe_async]
#[flavour_test]
async fn a_raw_request_reaches_any_route() {
    let mut server = server().await;
    let path = "/v1/new-thing/a%2Fb?x=1&x=a+b%26";
    let body = r#"{"z":1,"a":2}"#;
    let mock = created(expect_body(&mut server, "POST", path, body).with_status(202).with_body("[7]")).await;
    let numbers = client(&server)
        .request(mem0::client::Method::POST, ["v1", "new-thing", "a/b"])
        .query("x", "1")
        .query("x", "a b&")
        .json(&Ordered { z: 1, a: 2 })
        .send::<Vec<u8>>()
        .await
        .unwrap();
    checked(&mock).await;
    assert_eq!(numbers, [7]);
    let mock = created(expect(&mut server, "GET", "/v1/new-thing/")).await;
    let raw = client(&server).request(mem0::client::Method::GET, ["v1", "new-thing", ""]);
    raw.send::<()>().await.unwrap();
    checked(&mock).await;
}
