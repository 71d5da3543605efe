//! Enum values of the caller: case is ignored, unknown values are rejected unless they are explicit.

use super::*;
use mem0::entities::EntityKind;
use mem0::memories::{ChatRole, Feedback};
use mem0::{AddMemories, ChatMessage, Error, Role};

const ID: &str = "11111111-1111-4111-8111-111111111111";
const MESSAGE: &str = r#"{"message":"ok"}"#;

/// Checks that the error names the value, a suggestion and the expected values, and that nothing was sent.
fn assert_rejected(error: &Error, field: &str, text: &[&str]) {
    let shown = error.to_string();
    assert!(matches!(error, Error::Invalid { field: found, .. } if *found == field), "{error:?}");
    assert!(text.iter().all(|text| shown.contains(text)), "{shown}");
    assert!(!error.was_sent() && error.attempts() == 0, "{shown}");
}

#[maybe_async]
#[flavour_test]
async fn feedback_ignores_case() {
    let mut server = server().await;
    let client = client(&server);
    for (given, sent) in [
        ("very_negative", "VERY_NEGATIVE"),
        ("Very-Negative", "VERY_NEGATIVE"),
        ("very negative", "VERY_NEGATIVE"),
        ("positive", "POSITIVE"),
        ("NEGATIVE", "NEGATIVE"),
    ] {
        let body = format!(r#"{{"memory_id":"{ID}","feedback":"{sent}","feedback_reason":null}}"#);
        let mock = created(expect_body(&mut server, "POST", "/v1/feedback/", &body).with_body("{}")).await;
        client.feedback(ID, given, None).await.unwrap();
        checked(&mock).await;
        mock.remove();
    }
    let body = format!(r#"{{"memory_id":"{ID}","feedback":"negative","feedback_reason":null}}"#);
    let mock = created(expect_body(&mut server, "POST", "/v1/feedback/", &body).with_body("{}")).await;
    client.feedback(ID, Feedback::Other("negative".into()), None).await.unwrap();
    checked(&mock).await;
    let error = client.feedback(ID, "MEH", None).await.unwrap_err();
    assert_rejected(
        &error,
        "feedback",
        &["`MEH`", "POSITIVE, NEGATIVE or VERY_NEGATIVE", "`Feedback::Other`"],
    );
    let error = client.feedback(ID, String::from("positiv"), None).await.unwrap_err();
    assert_rejected(&error, "feedback", &["did you mean POSITIVE?"]);
    for empty in [
        client.feedback(ID, " ", None).await,
        client.feedback(ID, Feedback::Other(String::new()), None).await,
    ] {
        assert_rejected(&empty.unwrap_err(), "feedback", &["is empty"]);
    }
}

#[maybe_async]
#[flavour_test]
async fn roles_ignore_case() {
    let mut server = server().await;
    let (project, organization) =
        (project_client(&server).project(), project_client(&server).organization("org_abc"));
    for path in [format!("{PROJECT}members/"), format!("{ORGANIZATION}members/")] {
        for (method, role) in [("POST", "READER"), ("PUT", "OWNER")] {
            let body = format!(r#"{{"email":"a@x.io","role":"{role}"}}"#);
            let mock = created(expect_body(&mut server, method, &path, &body).with_body(MESSAGE)).await;
            match (method, path == format!("{PROJECT}members/")) {
                ("POST", true) => project.add_member("a@x.io", "reader").await.unwrap(),
                ("POST", false) => organization.add_member("a@x.io", " Reader ").await.unwrap(),
                (_, true) => project.update_member("a@x.io", "Owner").await.unwrap(),
                (_, false) => organization.update_member("a@x.io", "oWNER").await.unwrap(),
            };
            checked(&mock).await;
        }
    }
    for error in [
        project.add_member("a@x.io", "AUDITOR").await.unwrap_err(),
        project.update_member("a@x.io", "AUDITOR").await.unwrap_err(),
        organization.add_member("a@x.io", "AUDITOR").await.unwrap_err(),
        organization.update_member("a@x.io", "AUDITOR").await.unwrap_err(),
    ] {
        assert_rejected(&error, "role", &["`AUDITOR`", "expected READER or OWNER", "`Role::Other`"]);
    }
    let error = project.add_member("a@x.io", "readr").await.unwrap_err();
    assert_rejected(&error, "role", &["did you mean READER?"]);
    let error = project.add_member("a@x.io", Role::Other(" ".into())).await.unwrap_err();
    assert_rejected(&error, "role", &["is empty"]);
    let body = r#"{"email":"a@x.io","role":"owner"}"#;
    let mock = expect_body(&mut server, "POST", &format!("{PROJECT}members/"), body).with_body(MESSAGE);
    let mock = created(mock).await;
    project.add_member("a@x.io", Role::Other("owner".into())).await.unwrap();
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn entity_kinds_ignore_case() {
    let mut server = server().await;
    let client = client(&server);
    let get = created(expect(&mut server, "GET", "/v2/entities/agent/butler/").with_body("[]")).await;
    let delete =
        created(expect(&mut server, "DELETE", "/v2/entities/user/ann/").with_body("{}").expect(2)).await;
    let robot = created(expect(&mut server, "DELETE", "/v2/entities/robot/r2/").with_body("{}")).await;
    let list = r#"{"count":0,"next":null,"previous":null,"results":[]}"#;
    let list = created(expect(&mut server, "GET", "/v1/memories/run/r1/").with_body(list)).await;
    client.entities().get("Agent", "butler").await.unwrap();
    client.entities().delete("USER", "ann").await.unwrap();
    client.delete_users("user", "ann").await.unwrap();
    client.entities().delete(EntityKind::Other("robot".into()), "r2").await.unwrap();
    let end = client.memories_of("RUN", "r1").unwrap().next_item().await;
    assert!(end.is_none());
    for mock in [get, delete, robot, list] {
        checked(&mock).await;
    }
    for error in [
        client.entities().get("users", "ann").await.unwrap_err(),
        client.entities().delete("users", "ann").await.unwrap_err(),
        client.delete_users("users", "ann").await.unwrap_err(),
        client.memories_of("users", "ann").unwrap_err(),
    ] {
        assert_rejected(&error, "entity type", &["`users`", "did you mean user?", "user, agent, app or run"]);
    }
}

#[maybe_async]
#[flavour_test]
async fn message_roles_ignore_case() {
    let mut server = server().await;
    let client = client(&server);
    for (role, sent) in [
        (ChatMessage::new("User", "tea"), "user"),
        (ChatMessage::new("ASSISTANT", "tea"), "assistant"),
        (ChatMessage::new(ChatRole::Other("tool".into()), "tea"), "tool"),
    ] {
        let body = format!(r#"{{"messages":[{{"role":"{sent}","content":"tea"}}],"user_id":"a"}}"#);
        let mock =
            expect_body(&mut server, "POST", "/v3/memories/add/", &body).with_body(r#"{"results":[]}"#);
        let mock = created(mock).await;
        client.add(AddMemories::new(role).user_id("a")).await.unwrap();
        checked(&mock).await;
    }
    let talk = [ChatMessage::user("tea"), ChatMessage::new("asistant", "noted")];
    let error = client.add(AddMemories::new(talk).user_id("a")).await.unwrap_err();
    assert_rejected(&error, "messages", &["number 2", "`asistant`", "did you mean assistant?"]);
    assert!(serde_json::to_string(&ChatMessage::new("tool", "x")).is_err(), "an unknown role is rejected");
}

#[test]
fn responses_keep_unknown_values_unchanged() {
    for (word, role) in [
        ("OWNER", Role::Owner),
        ("owner", Role::Other("owner".into())),
        ("AUDITOR", Role::Other("AUDITOR".into())),
    ] {
        assert_eq!(serde_json::from_value::<Role>(word.into()).unwrap(), role);
        assert_eq!(serde_json::to_value(&role).unwrap(), word);
    }
}
