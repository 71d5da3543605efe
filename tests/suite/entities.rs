//! Entities: users, agents, apps and runs.

use super::*;
use mem0::entities::{EntityKind, NewEntity};

const ALICE: &str = "/v2/entities/user/alice/";

#[maybe_async]
#[flavour_test]
async fn an_entity_is_read_as_a_list() {
    let mut server = server().await;
    let response = r#"[{"id":"e-1","name":"alice","type":"user","created_at":"2024-07-20T01:30:36-07:00","owner":"ann",
        "totalMemories":3,"metadata":{"plan":"pro"},"future":1},{"name":"x","type":"robot"}]"#;
    let mock = created(expect(&mut server, "GET", ALICE).with_body(response)).await;
    let entities = client(&server).entities().get(EntityKind::User, "alice").await.unwrap();
    checked(&mock).await;
    assert_eq!(entities.len(), 2);
    let alice = &entities[0];
    assert_eq!((alice.id.as_ref().unwrap().as_str(), alice.name.as_deref()), ("e-1", Some("alice")));
    assert_eq!((alice.kind.as_ref(), alice.total_memories), (Some(&EntityKind::User), Some(3)));
    assert_eq!(alice.metadata.as_ref().unwrap()["plan"], "pro");
    assert_eq!(alice.extra["future"], 1);
    assert_eq!(entities[1].kind, Some(EntityKind::Other("robot".into())));
    let written = serde_json::to_value(alice).unwrap();
    assert_eq!((&written["type"], &written["totalMemories"]), (&"user".into(), &3.into()));
    assert!(written.get("kind").is_none(), "{written}");
}

#[maybe_async]
#[flavour_test]
async fn filter_options_are_read() {
    let mut server = server().await;
    let response = r#"{"event_type":["ADD","SEARCH"],"categories":["food"],"users":["alice"],"parameters":[
        {"name":"user_id","label":"User","type":"select","placeholder":"Any",
         "options":[{"value":"alice","label":"Alice"},{"value":7,"label":"Seven"}]}]}"#;
    let mock = created(expect(&mut server, "GET", "/v1/entities/filters/").with_body(response)).await;
    let filters = client(&server).entities().filters().await.unwrap();
    checked(&mock).await;
    assert_eq!(filters.event_type.unwrap(), ["ADD", "SEARCH"]);
    assert_eq!(filters.categories.unwrap(), ["food"]);
    let parameters = filters.parameters.unwrap();
    assert_eq!(parameters[0].name.as_deref(), Some("user_id"));
    assert_eq!(parameters[0].kind.as_deref(), Some("select"));
    let options = parameters[0].options.as_ref().unwrap();
    assert_eq!(
        (options[0].value.as_ref().unwrap(), options[1].value.as_ref().unwrap()),
        (&"alice".into(), &7.into())
    );
}

#[maybe_async]
#[flavour_test]
async fn an_entity_is_deleted() {
    let mut server = server().await;
    let response = r#"{"message":"Delete in progress. This may take some time.","event_id":"ev-1"}"#;
    let mock = expect(&mut server, "DELETE", ALICE).match_body(Matcher::Exact(String::new()));
    let mock = created(mock.with_body(response)).await;
    let deleted = client(&server).entities().delete("user", "alice").await.unwrap();
    checked(&mock).await;
    assert_eq!(deleted.event_id.unwrap(), "ev-1");
    assert!(deleted.message.unwrap().starts_with("Delete in progress"));
    let mock = expect(&mut server, "DELETE", "/v2/entities/run/r%2F1/").with_status(204);
    let mock = created(mock).await;
    let deleted = client(&server).with_response().entities().delete(EntityKind::Run, "r/1").await.unwrap();
    checked(&mock).await;
    assert_eq!((deleted.value.message, deleted.status.as_u16()), (None, 204));
}

#[maybe_async]
#[flavour_test]
async fn entities_of_every_kind_are_created() {
    let mut server = server().await;
    let response = r#"{"id":7,"user_id":"alice","agent_id":"bot","name":"Bot","metadata":{"a":1},"project":9,
        "created_at":"2024-07-20T01:30:36Z","is_deleted":false,"graph_entities":null}"#;
    let entities = client(&server).entities();
    for (path, body) in [
        ("/v1/users/", r#"{"user_id":"alice"}"#),
        ("/v1/users/", r#"{"user_id":"ünï/1","metadata":{"a":[1,null],"b":"x"}}"#),
        ("/v1/agents/", r#"{"agent_id":"bot","name":"Bot","metadata":{"a":1}}"#),
        ("/v1/agents/", r#"{"agent_id":"bot","name":"bot"}"#),
        ("/v1/apps/", r#"{"app_id":"web","name":"web"}"#),
        ("/v1/runs/", r#"{"run_id":"r","name":"Run"}"#),
    ] {
        let mock = expect_body(&mut server, "POST", path, body).with_status(201).with_body(response);
        let mock = created(mock).await;
        let made = match (path, body.contains("metadata"), body.contains(r#""bot","name":"bot""#)) {
            ("/v1/users/", false, _) => entities.create_user("alice").await,
            ("/v1/users/", true, _) => {
                let user = NewEntity::new("ünï/1").metadata("b", "x").metadata("a", vec![Some(1), None]);
                entities.create_user(user).await
            }
            ("/v1/agents/", _, false) => {
                entities.create_agent(NewEntity::new("bot").name("Bot").metadata("a", 1)).await
            }
            ("/v1/agents/", _, true) => entities.create_agent("bot").await,
            ("/v1/apps/", _, _) => entities.create_app("web").await,
            _ => entities.create_run(NewEntity::new("r").name("Run")).await,
        }
        .unwrap();
        checked(&mock).await;
        mock.remove();
        assert_eq!((made.id, made.is_deleted), (Some("7".into()), Some(false)));
        assert_eq!(made.project.unwrap(), 9);
        assert_eq!(made.agent_id.as_deref(), Some("bot"));
    }
}

#[maybe_async]
#[flavour_test]
async fn documented_errors() {
    let mut server = server().await;
    let mock = expect(&mut server, "DELETE", "/v2/entities/robot/x/").with_status(400);
    let mock = created(mock.with_body(r#"{"message":"Invalid entity type"}"#)).await;
    let error = client(&server).entities().delete(EntityKind::Other("robot".into()), "x").await.unwrap_err();
    checked(&mock).await;
    assert!(error.to_string().contains("Invalid entity type"), "{error}");
    let mock = created(expect(&mut server, "GET", ALICE).with_status(404).with_body("")).await;
    let error = client(&server).entities().get("user", "alice").await.unwrap_err();
    checked(&mock).await;
    assert!(error.is_not_found());
    // The deprecated deletion has no method.
    let mock = expect(&mut server, "DELETE", "/v1/entities/user/alice/").with_status(400);
    let mock = created(mock.with_body(r#"{"error":"Invalid entity ID. Must be an integer."}"#)).await;
    let raw = client(&server).request(mem0::client::Method::DELETE, ["v1", "entities", "user", "alice", ""]);
    let error = raw.send::<serde_json::Value>().await.unwrap_err();
    checked(&mock).await;
    assert!(error.to_string().contains("Must be an integer"), "{error}");
}

#[maybe_async]
#[flavour_test]
async fn an_object_in_place_of_a_list_is_a_decode_error() {
    let mut server = server().await;
    let mock = created(expect(&mut server, "GET", ALICE).with_body("{}")).await;
    let error = client(&server).entities().get("user", "alice").await.unwrap_err();
    checked(&mock).await;
    assert!(matches!(error, mem0::Error::Decode(_)), "{error}");
}

#[maybe_async]
#[flavour_test]
async fn reads_and_deletions_are_retried_and_creations_are_not() {
    let mut server = server().await;
    let get = created(expect(&mut server, "GET", ALICE).with_status(503).expect(3)).await;
    let delete = created(expect(&mut server, "DELETE", ALICE).with_status(503).expect(3)).await;
    let create = created(expect(&mut server, "POST", "/v1/users/").with_status(503)).await;
    let entities = client(&server).entities();
    entities.get("user", "alice").await.unwrap_err();
    entities.delete("user", "alice").await.unwrap_err();
    let outcome = entities.create_user("alice").await.unwrap_err().attempts();
    assert_eq!(outcome, 1);
    for mock in [get, delete, create] {
        checked(&mock).await;
    }
}
