//! Invalid input that is rejected before anything is sent. The error names the field and the expected value.

use super::*;
use mem0::client::{Method, RequestOptions};
use mem0::projects::NewProject;
use mem0::{CustomCategory, Error, ProjectFields, ProjectUpdate, Role};

/// Server that expects no request, with a client of it.
#[maybe_async]
pub(super) async fn unused_server() -> (ServerGuard, Mock, MemoryClient) {
    let mut server = server().await;
    let mock = server.mock("GET", Matcher::Any).expect(0);
    let mock = created(mock).await;
    let client = project_client(&server);
    (server, mock, client)
}

/// Field of an error, whose text must contain that nothing was sent.
pub(super) fn field_of(error: &Error) -> &'static str {
    assert!(!error.was_sent() && !error.is_retryable() && error.attempts() == 0, "{error:?}");
    match error {
        Error::Invalid { field, message, .. } => {
            assert!(error.to_string().contains("nothing was sent") && !message.is_empty(), "{error}");
            field
        }
        Error::Config { field, .. } => field,
        other => panic!("{other:?}"),
    }
}

#[maybe_async]
#[flavour_test]
async fn ids_that_are_empty_or_dots() {
    let (_server, mock, client) = unused_server().await;
    for id in ["", ".", "..", "%2e", "%2E%2e"] {
        let errors = [
            (client.project_in(id, "proj_abc").get().await.unwrap_err(), "organization id"),
            (client.project_in("org_abc", id).get().await.unwrap_err(), "project id"),
            (client.project_in("org_abc", id).delete().await.unwrap_err(), "project id"),
            (client.organization(id).delete().await.unwrap_err(), "organization id"),
            (client.organization(id).get_members().await.unwrap_err(), "organization id"),
            (client.organization("org_abc").project(id).get_members().await.unwrap_err(), "project id"),
            (client.request(Method::GET, ["v1", id, "x"]).send::<()>().await.unwrap_err(), "path segment"),
        ];
        for (error, field) in &errors {
            assert_eq!(field_of(error), *field, "{id}: {error}");
        }
    }
    let error = client.request(Method::GET, Vec::<String>::new()).send::<()>().await.unwrap_err();
    assert_eq!(field_of(&error), "path");
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn a_url_over_the_length_limit() {
    let (_server, mock, client) = unused_server().await;
    let fields = ProjectFields::new().other("x".repeat(70_000));
    let error = client.project().get_fields(fields).await.unwrap_err();
    assert_eq!(field_of(&error), "url");
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn empty_names() {
    let (_server, mock, client) = unused_server().await;
    for name in ["", "  ", "\t\n"] {
        let errors = [
            client.organizations().create(name).await.unwrap_err(),
            client.project().create(name).await.unwrap_err(),
            client.organization("org_abc").create_project(NewProject::new(name)).await.unwrap_err(),
            client.project().update(ProjectUpdate::new().name(name)).await.unwrap_err(),
        ];
        for error in &errors {
            assert_eq!(field_of(error), "name", "{error}");
        }
    }
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn members_without_an_address_or_a_role() {
    let (_server, mock, client) = unused_server().await;
    let (project, organization) = (client.project(), client.organization("org_abc"));
    for email in ["", "ann", "@", "ann@", "@x.io", "ann@x.io\r\nbcc: b@x.io"] {
        let errors = [
            project.add_member(email, Role::Reader).await.unwrap_err(),
            project.update_member(email, Role::Reader).await.unwrap_err(),
            project.remove_member(email).await.unwrap_err(),
            organization.add_member(email, Role::Reader).await.unwrap_err(),
            organization.update_member(email, Role::Reader).await.unwrap_err(),
            organization.remove_member(email).await.unwrap_err(),
        ];
        for error in &errors {
            assert_eq!(field_of(error), "email", "{error}");
            assert!(!error.to_string().contains("ann"), "{error}");
        }
    }
    let error = project.add_member("ann@x.io", "").await.unwrap_err();
    assert_eq!(field_of(&error), "role");
    let error = "MEMBER".parse::<Role>().unwrap_err();
    assert_eq!(field_of(&error), "role");
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn updates_and_filters_without_fields() {
    let (_server, mock, client) = unused_server().await;
    let project = client.project();
    let error = project.update(ProjectUpdate::new()).await.unwrap_err();
    assert_eq!(field_of(&error), "update");
    let error = project.update(ProjectUpdate::new().set("", 1)).await.unwrap_err();
    assert_eq!(field_of(&error), "update");
    for category in [CustomCategory::named(" "), CustomCategory::new("", "about nothing")] {
        let error = project.update(ProjectUpdate::new().custom_categories([category])).await.unwrap_err();
        assert_eq!(field_of(&error), "custom_categories");
    }
    for category in [serde_json::json!(" "), serde_json::json!({"": "about nothing"})] {
        let update = ProjectUpdate::new().set("custom_categories", vec![category]);
        let error = project.update(update).await.unwrap_err();
        assert_eq!(field_of(&error), "custom_categories");
    }
    for fields in
        [ProjectFields::new(), ProjectFields::new().other(""), ProjectFields::new().name().other(" ")]
    {
        let error = project.get_fields(fields).await.unwrap_err();
        assert_eq!(field_of(&error), "fields");
    }
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn invalid_options() {
    let (_server, mock, client) = unused_server().await;
    for (options, field) in [
        (RequestOptions::new().timeout(Duration::ZERO), "timeout"),
        (RequestOptions::new().attempt_timeout(Duration::ZERO), "attempt_timeout"),
        (RequestOptions::new().header("Authorization", "Token other"), "header"),
        (RequestOptions::new().header("X-A", "a\r\nX-B: b"), "header"),
        (RequestOptions::new().header("not a name", "a"), "header"),
    ] {
        let error = client.project().with_options(options).get().await.unwrap_err();
        assert_eq!(field_of(&error), field, "{error}");
    }
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn invalid_client_settings() {
    let build = |change: fn(ClientBuilder) -> ClientBuilder| {
        let builder = MemoryClient::builder().api_key(KEY).base_url("http://127.0.0.1:9");
        change(builder).build().unwrap_err()
    };
    for (error, field) in [
        (build(|builder| builder.api_key("")), "api_key"),
        (build(|builder| builder.api_key("m0-sécret")), "api_key"),
        (build(|builder| builder.api_key("m0-sec\nret")), "api_key"),
        (build(|builder| builder.base_url("api.mem0.ai")), "base_url"),
        (build(|builder| builder.base_url("https://user:m0-pass@api.mem0.ai")), "base_url"),
        (build(|builder| builder.base_url("http://api.example")), "base_url"),
        (build(|builder| builder.base_url("https://api.mem0.ai").api_key("m0-local-1")), "api_key"),
        (build(|builder| builder.org_id("org_abc")), "project_id"),
        (build(|builder| builder.project_id("proj_abc")), "org_id"),
        (build(|builder| builder.org_id("").project_id("proj_abc")), "organization id"),
        (build(|builder| builder.header("Authorization", "Token other")), "header"),
        (build(|builder| builder.application("é")), "application"),
        (build(|builder| builder.timeout(Duration::ZERO)), "timeout"),
        (build(|builder| builder.body_limit(0)), "body_limit"),
    ] {
        assert!(matches!(error, Error::Config { .. }), "{error:?}");
        assert_eq!(field_of(&error), field, "{error}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("m0-") && !shown.contains("cret"), "{shown}");
    }
    let error = MemoryClient::new("").unwrap_err();
    assert!(error.to_string().contains("MEM0_API_KEY"), "{error}");
}
