//! Settings of a project: written, read and refused.

use super::*;
use mem0::projects::{NewProject, Project};
use mem0::{CustomCategory, ProjectFields, ProjectUpdate};
use mem0_local::{Clock, Operation};
use serde_json::{Value, json};
use std::time::Duration;

fn read(project: &Project) -> Value {
    serde_json::to_value(project).unwrap()
}

#[maybe_async]
#[flavour_test]
async fn new_project_has_default_settings() {
    let clock = Clock::manual("2026-01-31T12:00:00.123456789Z".parse().unwrap());
    let platform = LocalPlatform::builder().clock(clock).start().unwrap();
    let organization = owner(&platform).organization(platform.org_id());
    let created = organization.create_project(NewProject::new("P").description("")).await.unwrap();
    let project = organization.project(created.id().unwrap());
    let mut current = read(&project.get().await.unwrap());
    let members = current.as_object_mut().unwrap().remove("members").unwrap();
    assert_eq!(members, json!([{"username": "owner", "role": "OWNER", "email": "owner@example.com"}]));
    let expected = json!({
        "project_id": created.id().unwrap(), "org_id": platform.org_id(), "name": "P", "description": "",
        "created_at": "2026-01-31T12:00:00.123456Z", "updated_at": "2026-01-31T12:00:00.123456Z",
        "is_default": false, "user_role": "OWNER",
        "decay": false, "multilingual": false, "enable_graph": false, "version": "v3",
        "summary_batch_size": 10,
        "custom_categories": null, "custom_instructions": null, "agent_custom_instructions": null,
        "update_custom_instructions": null, "summary_custom_instructions": null, "summary_max_tokens": null,
        "expiration_date": null, "active_prompt_profile": null, "usecase": null, "memory_depth": null,
        "inclusion_prompt": null, "exclusion_prompt": null,
    });
    let expected = expected.as_object().unwrap();
    for (name, value) in expected {
        let absent = current.get(name).is_none_or(Value::is_null);
        assert!(current.get(name) == Some(value) || (value.is_null() && absent), "{name}: {current}");
    }
    assert!(current.as_object().unwrap().keys().all(|name| expected.contains_key(name)), "{current}");
    let plain = organization.create_project("Q").await.unwrap();
    let plain = organization.project(plain.id().unwrap()).get().await.unwrap();
    assert_eq!(plain.description, None);
}

#[maybe_async]
#[flavour_test]
async fn every_setting_is_written_and_read_without_changing_others() {
    let clock = Clock::manual("2026-01-31T12:00:00Z".parse().unwrap());
    let platform = LocalPlatform::builder().clock(clock.clone()).start().unwrap();
    let project = owner(&platform).project();
    let update = ProjectUpdate::new;
    for (update, name, value) in [
        (update().name("Renamed 東京"), "name", json!("Renamed 東京")),
        (update().description("d\n\"q\""), "description", json!("d\n\"q\"")),
        (update().description(""), "description", json!("")),
        (update().clear("description"), "description", json!(null)),
        (update().custom_instructions("facts"), "custom_instructions", json!("facts")),
        (update().set("custom_instructions", json!(["a", "b"])), "custom_instructions", json!("a\nb")),
        (update().custom_instructions(""), "custom_instructions", json!("")),
        (update().agent_custom_instructions("tools"), "agent_custom_instructions", json!("tools")),
        (update().agent_custom_instructions(""), "agent_custom_instructions", json!("")),
        (
            update().custom_categories([CustomCategory::new("a", "b"), "c".into()]),
            "custom_categories",
            json!([{"a": "b"}, "c"]),
        ),
        (update().custom_categories(Vec::<CustomCategory>::new()), "custom_categories", json!([])),
        (update().clear("custom_categories"), "custom_categories", json!(null)),
        (update().multilingual(true), "multilingual", json!(true)),
        (update().decay(true), "decay", json!(true)),
        (update().decay(false), "decay", json!(false)),
        (update().memory_depth("deep"), "memory_depth", json!("deep")),
        (update().usecase_setting("support"), "usecase", json!("support")),
        (update().usecase_setting(3), "usecase", json!("3")),
        (update().inclusion_prompt("in"), "inclusion_prompt", json!("in")),
        (update().exclusion_prompt("out"), "exclusion_prompt", json!("out")),
        (update().set("enable_graph", true), "enable_graph", json!(true)),
        (update().version("v9"), "version", json!("v9")),
    ] {
        let mut before = read(&project.get().await.unwrap());
        clock.advance(Duration::from_secs(1));
        project.update(update).await.unwrap();
        let mut after = read(&project.get().await.unwrap());
        assert_eq!(after.get(name).unwrap_or(&Value::Null), &value, "{name}");
        assert_ne!(after["updated_at"], before["updated_at"], "{name}");
        let chosen = project.get_fields(ProjectFields::new().other(name)).await.unwrap();
        assert_eq!(read(&chosen).get(name).unwrap_or(&Value::Null), &value, "{name}");
        for current in [&mut before, &mut after] {
            let current = current.as_object_mut().unwrap();
            current.remove(name);
            current.remove("updated_at");
        }
        assert_eq!(before, after, "{name} changed another setting");
    }
}

#[maybe_async]
#[flavour_test]
async fn unknown_names_are_ignored_and_recorded() {
    let platform = LocalPlatform::start().unwrap();
    let client = owner(&platform);
    let update = ProjectUpdate::new().set("retrieval_criteria", json!([])).set("usecase", "x").decay(true);
    client.project().update(update).await.unwrap();
    assert_eq!(platform.request_log().last().unwrap().ignored, ["retrieval_criteria", "usecase"]);
    let current = client.project().get().await.unwrap();
    assert_eq!((current.decay, current.usecase), (Some(true), None));
    assert!(!current.extra.contains_key("retrieval_criteria"));
    client.project().create(NewProject::new("N").set("decay", true)).await.unwrap();
    assert_eq!(platform.request_log().last().unwrap().ignored, ["decay"], "no setting at creation");
    let raw = client.request(mem0::client::Method::GET, ["v1", "ping", ""]);
    raw.query("source", "x").query("org_id", "y").send::<Value>().await.unwrap();
    let entry = platform.request_log().pop().unwrap();
    assert_eq!((entry.operation, entry.ignored), (Some(Operation::Ping), vec!["source".to_owned()]));
}

#[maybe_async]
#[flavour_test]
async fn strict_mode_refuses_unknown_names_and_changes_nothing() {
    let platform = LocalPlatform::builder().strict(true).start().unwrap();
    let client = owner(&platform);
    let before = platform.dump().unwrap();
    let words = "Unknown name, refused in strict mode.";
    let (status, text) =
        refused(client.project().update(ProjectUpdate::new().decay(true).set("usecase", "x")).await);
    assert_eq!((status, text), (StatusCode::BAD_REQUEST, format!("usecase: {words}")));
    let (status, text) = refused(client.project().create(NewProject::new("N").set("decay", true)).await);
    assert_eq!((status, text), (StatusCode::BAD_REQUEST, format!("decay: {words}")));
    let raw = client.request(mem0::client::Method::GET, ["v1", "ping", ""]).query("source", "x");
    let (status, _) = refused(raw.send::<Value>().await);
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let raw = client.request(mem0::client::Method::POST, ["api", "v1", "orgs", "organizations", ""]);
    let raw = raw.json(&json!({"name": "N", "plan": "x"}));
    let Err(Error::Api(error)) = raw.send::<Value>().await else { panic!("a refusal") };
    assert_eq!(error.fields["plan"], [words]);
    assert!(platform.dump().unwrap() == before);
    // The names that the official clients add are known.
    client
        .project()
        .update(ProjectUpdate::new().decay(true).set("org_id", "o").set("project_id", 7))
        .await
        .unwrap();
    client.project().get_fields(ProjectFields::new().other("no_such_field")).await.unwrap();
}

#[maybe_async]
#[flavour_test]
async fn fields_parameter_selects_fields() {
    let platform = LocalPlatform::start().unwrap();
    let project = owner(&platform).project();
    let current = project.get_fields(ProjectFields::new().decay()).await.unwrap();
    assert_eq!(read(&current), json!({"decay": false}));
    let current = project.get_fields(ProjectFields::new().name().decay().other("no_such")).await.unwrap();
    assert_eq!(read(&current), json!({"name": "default-project", "decay": false}));
    let current = project.get_fields(ProjectFields::new().other("no_such")).await.unwrap();
    assert_eq!(read(&current), json!({}));
}

/// The documentation states both; see `docs/platform-api.md#effect-of-the-fields-parameter`.
#[maybe_async]
#[flavour_test]
async fn fields_parameter_can_be_made_to_have_no_effect() {
    let platform = LocalPlatform::builder().fields_filter(false).start().unwrap();
    let project = owner(&platform).project();
    let current = project.get_fields(ProjectFields::new().decay()).await.unwrap();
    assert_eq!(current.decay, Some(false));
    let whole = project.get().await.unwrap();
    assert_eq!(read(&current), read(&whole));
}

#[maybe_async]
#[flavour_test]
async fn invalid_value_is_refused_and_nothing_is_stored() {
    let platform = LocalPlatform::start().unwrap();
    let project = owner(&platform).project();
    let before = platform.dump().unwrap();
    for (name, value, words) in [
        ("name", json!("x".repeat(256)), "name: Ensure this field has no more than 255 characters."),
        ("description", json!([]), "description: Not a valid string."),
        ("custom_instructions", json!([1]), "custom_instructions: Not a valid string."),
        ("agent_custom_instructions", json!({}), "agent_custom_instructions: Not a valid string."),
        ("custom_categories", json!("billing"), "custom_categories: Expected a list of categories."),
        (
            "custom_categories",
            json!(["a", {"b": 1}]),
            "custom_categories: Item 1: expected a name, or an object with one name and its description; \
             neither may be blank.",
        ),
        ("multilingual", json!("true"), "multilingual: Must be a valid boolean."),
        ("decay", json!("yes"), "decay: Must be a valid boolean."),
        ("decay", json!(null), "decay: Must be a valid boolean."),
        ("enable_graph", json!(0), "enable_graph: Must be a valid boolean."),
        ("memory_depth", json!(3), "memory_depth: Not a valid string."),
        ("usecase_setting", json!(true), "usecase_setting: Must be a string or a number."),
        ("inclusion_prompt", json!(1), "inclusion_prompt: Not a valid string."),
        ("exclusion_prompt", json!(1), "exclusion_prompt: Not a valid string."),
        ("version", json!(null), "version: This field may not be null."),
    ] {
        // A valid value in the same request must not be stored either.
        let raw = [("description", json!("beside")), (name, value)];
        let update =
            raw.into_iter().fold(ProjectUpdate::new(), |update, (name, value)| update.set(name, value));
        let (status, text) = refused(project.update(update).await);
        assert_eq!((status, text.as_str()), (StatusCode::BAD_REQUEST, words));
    }
    let several = ProjectUpdate::new().set("decay", 1).set("multilingual", 2);
    let (_, text) = refused(project.update(several).await);
    assert_eq!(text, "decay: Must be a valid boolean. multilingual: Must be a valid boolean.");
    assert!(platform.dump().unwrap() == before);
}
