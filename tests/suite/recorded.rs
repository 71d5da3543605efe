//! Requests of the official Python client 2.2.1 for `project.*`, compared with this crate's. Intended difference: no
//! `org_id` and `project_id` in the query of a read and in the body of an update. See
//! `docs/platform-api.md#ids-in-body-and-query`.

use super::*;
use mem0::projects::NewProject;
use mem0::{CustomCategory, ProjectFields, ProjectUpdate};

/// Expects a recorded request, and responds with an object that every call can decode.
fn recorded(server: &mut ServerGuard, method: &str, path: &str, body: Option<&str>) -> Mock {
    let mock = match body {
        Some(body) => expect_body(server, method, path, body),
        None => expect(server, method, path).match_body(Matcher::Exact(String::new())),
    };
    mock.with_body(r#"{"members":[]}"#)
}

#[maybe_async]
#[flavour_test]
async fn reads() {
    for (fields, query) in [
        (None, ""),
        (
            Some("name,description,custom_categories"),
            "?fields=name&fields=description&fields=custom_categories",
        ),
        (Some("decay,version"), "?fields=decay&fields=version"),
    ] {
        let mut server = server().await;
        let mock = created(recorded(&mut server, "GET", &format!("{PROJECT}{query}"), None)).await;
        let project = project_client(&server).project();
        match fields {
            None => project.get().await.unwrap(),
            Some(fields) => project.get_fields(fields.parse::<ProjectFields>().unwrap()).await.unwrap(),
        };
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn creations() {
    let long = "x".repeat(300);
    for (project, body) in [
        (NewProject::new("My New Project"), r#"{"name":"My New Project"}"#.to_owned()),
        (NewProject::new("P").description(""), r#"{"name":"P","description":""}"#.to_owned()),
        (NewProject::new(long.clone()), format!(r#"{{"name":"{long}"}}"#)),
    ] {
        let mut server = server().await;
        let path = format!("{ORGANIZATION}projects/");
        let mock = created(recorded(&mut server, "POST", &path, Some(&body))).await;
        project_client(&server).project().create(project).await.unwrap();
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn updates() {
    let new = ProjectUpdate::new;
    let several = new()
        .custom_instructions("be brief")
        .custom_categories([CustomCategory::new("food", "Eating")])
        .multilingual(true)
        .decay(true)
        .agent_custom_instructions("x");
    let options = new().custom_categories([("a", "b")]).usecase_setting(3).multilingual(true);
    for (update, body) in [
        (new().custom_instructions(""), r#"{"custom_instructions":""}"#),
        (new().custom_categories(["billing", "support"]), r#"{"custom_categories":["billing","support"]}"#),
        (new().multilingual(true), r#"{"multilingual":true}"#),
        (new().decay(true), r#"{"decay":true}"#),
        (
            new().agent_custom_instructions("only tool failures"),
            r#"{"agent_custom_instructions":"only tool failures"}"#,
        ),
        (
            several,
            concat!(
                r#"{"custom_instructions":"be brief","custom_categories":[{"food":"Eating"}],"multilingual":true,"#,
                r#""decay":true,"agent_custom_instructions":"x"}"#
            ),
        ),
        (new().custom_instructions("Sé breve 🚀\n- uno"), r#"{"custom_instructions":"Sé breve 🚀\n- uno"}"#),
        (new().set("decay", "yes"), r#"{"decay":"yes"}"#),
        (new().memory_depth("deep"), r#"{"memory_depth":"deep"}"#),
        (new().multilingual(false), r#"{"multilingual":false}"#),
        (options, r#"{"custom_categories":[{"a":"b"}],"usecase_setting":3,"multilingual":true}"#),
    ] {
        let mut server = server().await;
        let mock = created(recorded(&mut server, "PATCH", PROJECT, Some(body))).await;
        project_client(&server).project().update(update).await.unwrap();
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn members() {
    let path = format!("{PROJECT}members/");
    for (method, email, query, body) in [
        ("GET", "", "", None),
        ("POST", "a+b@x.io", "", Some(r#"{"email":"a+b@x.io","role":"READER"}"#)),
        ("POST", "ü ser@x.io", "", Some(r#"{"email":"ü ser@x.io","role":"READER"}"#)),
        ("PUT", "a+b@x.io", "", Some(r#"{"email":"a+b@x.io","role":"OWNER"}"#)),
        ("DELETE", "a+b@x.io", "?email=a%2Bb%40x.io", None),
        ("DELETE", "we ird&x=y#z@ü.io", "?email=we+ird%26x%3Dy%23z%40%C3%BC.io", None),
    ] {
        let mut server = server().await;
        let mock = created(recorded(&mut server, method, &format!("{path}{query}"), body)).await;
        let project = project_client(&server).project();
        match method {
            "GET" => project.get_members().await.map(drop),
            "POST" => project.add_member(email, "READER").await.map(drop),
            "PUT" => project.update_member(email, "OWNER").await.map(drop),
            _ => project.remove_member(email).await.map(drop),
        }
        .unwrap();
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn deletion() {
    let mut server = server().await;
    let mock = created(recorded(&mut server, "DELETE", PROJECT, None)).await;
    project_client(&server).project().delete().await.unwrap();
    checked(&mock).await;
}
