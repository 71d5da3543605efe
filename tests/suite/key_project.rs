//! Memory calls of a client whose builder names a project: they fail unless it is the key's own.

use super::*;
use mem0::bulk::{BulkError, Import, MemoryCopy};
use mem0::client::{Method, RequestOptions};
use mem0::entities::EntityKind;
use mem0::exports::NewExport;
use mem0::memories::{BatchUpdateItem, DeleteMemories, Feedback, MemoryUpdate};
use mem0::profiles::ProfileSettingsUpdate;
use mem0::{AddMemories, Error, Filter};
use serde_json::json;

const IDENTITY: &str = r#"{"status":"ok","org_id":"org_abc","project_id":"proj_own"}"#;
const ADD: &str = "/v3/memories/add/";
const DONE: &str = r#"{"results":[]}"#;

/// Client whose builder names this project, and the mock of the key's identity.
#[maybe_async]
async fn client_of(
    server: &mut ServerGuard,
    org_id: &str,
    project_id: &str,
    identity: &str,
) -> (MemoryClient, Mock) {
    let ping = created(expect(server, "GET", "/v1/ping/").with_body(identity)).await;
    (builder(server).org_id(org_id).project_id(project_id).build().unwrap(), ping)
}

fn alice() -> AddMemories {
    AddMemories::new("tea").user_id("alice").infer(false)
}

fn export() -> NewExport {
    NewExport::new(json!({"type": "object"}), Filter::user("alice"))
}

/// Checks that the error names the setting, both projects and a solution, and that the call was not sent.
fn assert_rejected(error: &Error) {
    let shown = error.to_string();
    assert!(matches!(error, Error::Config { field: "project_id", .. }), "{error:?}");
    assert!(shown.contains("`proj_abc`") && shown.contains("`proj_own`"), "{shown}");
    assert!(shown.contains("the key's own project") && !error.was_sent() && error.attempts() == 0, "{shown}");
}

#[maybe_async]
#[flavour_test]
async fn memory_calls_for_another_project_fail_after_one_lookup() {
    let mut server = server().await;
    let (client, ping) = client_of(&mut server, "org_abc", "proj_abc", IDENTITY).await;
    let clone = client.clone();
    let id = "11111111-1111-4111-8111-111111111111";
    let update = ProfileSettingsUpdate::new().enabled(true);
    let raw = client.request(Method::POST, ["v2", "memories", ""]).json(&json!({}));
    let errors = [
        client.add(alice()).await.unwrap_err(),
        client.with_response().add(alice()).await.unwrap_err(),
        client.with_options(RequestOptions::new().header("x-a", "b")).add(alice()).await.unwrap_err(),
        clone.search(("tea", Filter::user("alice"))).await.unwrap_err(),
        clone.get(id).await.unwrap_err(),
        client.update(id, MemoryUpdate::new().text("tea")).await.unwrap_err(),
        client.delete(id).await.unwrap_err(),
        client.delete_linked(id).await.unwrap_err(),
        client.delete_all(DeleteMemories::of_user("alice")).await.unwrap_err(),
        client.history(id).await.unwrap_err(),
        client.batch_update([BatchUpdateItem::new(id).text("tea")]).await.unwrap_err(),
        client.batch_delete([id]).await.unwrap_err(),
        client.feedback(id, Feedback::Positive, None).await.unwrap_err(),
        client.remove_feedback(id).await.unwrap_err(),
        client.stats().await.unwrap_err(),
        client.summary(Filter::user("alice")).await.unwrap_err(),
        client.reset().await.unwrap_err().error,
        client.delete_users(EntityKind::User, "alice").await.unwrap_err(),
        client.entities().filters().await.unwrap_err(),
        client.entities().get(EntityKind::User, "alice").await.unwrap_err(),
        client.entities().create_user("alice").await.unwrap_err(),
        client.events().get(id).await.unwrap_err(),
        client.events().wait(id, once()).await.unwrap_err(),
        client.exports().create(export()).await.unwrap_err(),
        client.exports().get("e").await.unwrap_err(),
        client.exports().wait("e", once()).await.unwrap_err(),
        client.exports().latest(Filter::user("alice")).await.unwrap_err(),
        client.profiles().get("alice").await.unwrap_err(),
        client.profiles().trigger("alice").await.unwrap_err(),
        client.profiles().job("j").await.unwrap_err(),
        client.profiles().job_at("/v2/profiles/jobs/j/").await.unwrap_err(),
        client.profiles().wait("j", once()).await.unwrap_err(),
        client.profiles().settings().await.unwrap_err(),
        client.profiles().update_settings(update).await.unwrap_err(),
        raw.send::<()>().await.unwrap_err(),
    ];
    errors.iter().for_each(assert_rejected);
    checked(&ping).await;
}

#[maybe_async]
#[flavour_test]
async fn lists_for_another_project_fail_at_the_first_page() {
    let mut server = server().await;
    let (client, ping) = client_of(&mut server, "org_abc", "proj_abc", IDENTITY).await;
    let mut memories = client.get_all(Filter::user("alice")).unwrap();
    let mut of_entity = client.memories_of(EntityKind::User, "alice").unwrap();
    let mut changes = client.memory_events().unwrap();
    let mut entities = client.users().unwrap();
    let mut events = client.events().list().unwrap();
    assert!(!ping.matched(), "creating a list sends nothing");
    assert_rejected(&memories.next_item().await.unwrap().unwrap_err());
    assert_rejected(&of_entity.next_page().await.unwrap_err());
    assert_rejected(&changes.next_item().await.unwrap().unwrap_err());
    assert_rejected(&entities.next_item().await.unwrap().unwrap_err());
    assert_rejected(&events.next_item().await.unwrap().unwrap_err());
    let end = memories.next_item().await;
    assert!(end.is_none());
    checked(&ping).await;
}

#[maybe_async]
#[flavour_test]
async fn bulk_calls_for_another_project_fail() {
    let mut server = server().await;
    let (client, ping) = client_of(&mut server, "org_abc", "proj_abc", IDENTITY).await;
    let folder = tempfile::tempdir().unwrap();
    let (lines, checkpoint) = (folder.path().join("lines.jsonl"), folder.path().join("checkpoint"));
    std::fs::write(&lines, "{\"memory\":\"tea\",\"user_id\":\"alice\"}\n").unwrap();
    let import = Import::from_file(&lines).unwrap().checkpoint(&checkpoint);
    let error = client.import_memories(import).await.unwrap_err();
    let BulkError::Call(error) = error else { panic!("{error:?}") };
    assert_rejected(&error);
    assert!(!checkpoint.exists(), "an import that failed left a checkpoint");
    let mut output = Vec::new();
    let error = client.export_memories(Filter::user("alice"), &mut output, &mem0::bulk::Handle::new()).await;
    let Err(BulkError::Call(error)) = error else { panic!("{error:?}") };
    assert_rejected(&error);
    assert!(output.is_empty());
    checked(&ping).await;
    // A copy looks up both keys.
    let ping = created(expect(&mut server, "GET", "/v1/ping/").with_body(IDENTITY)).await;
    let other = MemoryClient::builder().api_key("m0-other").base_url(server.url()).build().unwrap();
    let of_other = server.mock("GET", "/v1/ping/").match_header("authorization", "Token m0-other");
    let of_other = created(of_other.with_body(r#"{"org_id":"o","project_id":"p"}"#)).await;
    let error = client.copy_memories(&other, MemoryCopy::new(Filter::user("alice"))).await.unwrap_err();
    let BulkError::Call(error) = error else { panic!("{error:?}") };
    assert_rejected(&error);
    checked(&ping).await;
    checked(&of_other).await;
}

#[maybe_async]
#[flavour_test]
async fn memory_calls_for_the_keys_project_succeed_after_one_lookup() {
    let mut server = server().await;
    let (client, ping) = client_of(&mut server, "org_abc", "proj_own", IDENTITY).await;
    let add = created(expect(&mut server, "POST", ADD).with_body(DONE).expect(3)).await;
    let clone = client.clone();
    client.add(alice()).await.unwrap();
    clone.add(alice()).await.unwrap();
    clone.with_response().add(alice()).await.unwrap();
    checked(&ping).await;
    checked(&add).await;
}

#[maybe_async]
#[flavour_test]
async fn a_ping_saves_the_lookup() {
    let mut server = server().await;
    let (client, ping) = client_of(&mut server, "org_abc", "proj_abc", IDENTITY).await;
    client.ping().await.unwrap();
    assert_rejected(&client.add(alice()).await.unwrap_err());
    checked(&ping).await;
}

#[maybe_async]
async fn add_to(client: MemoryClient) -> mem0::Result<mem0::memories::AddOutcome> {
    client.add(alice()).await
}

#[maybe_async]
#[flavour_test]
async fn concurrent_calls_share_one_lookup() {
    let mut server = server().await;
    let ping = expect(&mut server, "GET", "/v1/ping/").with_chunked_body(|body| {
        std::thread::sleep(Duration::from_millis(100));
        body.write_all(IDENTITY.as_bytes())
    });
    let ping = created(ping).await;
    let client = builder(&server).org_id("org_abc").project_id("proj_abc").build().unwrap();
    let mut calls = Vec::new();
    for _ in 0..16 {
        let client = client.clone();
        calls.push(beside!(add_to(client)));
    }
    for call in calls {
        assert_rejected(&joined(call).await.unwrap_err());
    }
    checked(&ping).await;
}

#[maybe_async]
#[flavour_test]
async fn a_client_without_ids_needs_no_lookup() {
    let mut server = server().await;
    let ping = created(expect(&mut server, "GET", "/v1/ping/").expect(0)).await;
    let add = created(expect(&mut server, "POST", ADD).with_body(DONE)).await;
    client(&server).add(alice()).await.unwrap();
    checked(&ping).await;
    checked(&add).await;
}

#[maybe_async]
#[flavour_test]
async fn calls_with_ids_in_their_path_are_not_checked() {
    let mut server = server().await;
    let ping = created(expect(&mut server, "GET", "/v1/ping/").expect(0)).await;
    let get = created(expect(&mut server, "GET", PROJECT).with_body("{}")).await;
    let other = "/api/v1/orgs/organizations/o/projects/p/";
    let other = created(expect(&mut server, "GET", other).with_body("{}")).await;
    let list = created(expect(&mut server, "GET", ORGANIZATIONS).with_body("[]")).await;
    let hooks = expect(&mut server, "GET", "/api/v1/webhooks/projects/proj_abc/").with_body("[]").expect(2);
    let hooks = created(hooks).await;
    let client = project_client(&server);
    client.project().get().await.unwrap();
    client.project_in("o", "p").get().await.unwrap();
    client.organizations().list().await.unwrap();
    client.project().webhooks().list().await.unwrap();
    client.webhooks("proj_abc").list().await.unwrap();
    for mock in [ping, get, other, list, hooks] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_failed_lookup_is_returned_and_not_cached() {
    let mut server = server().await;
    let refused = created(expect(&mut server, "GET", "/v1/ping/").with_status(401).with_body("{}")).await;
    let client = builder(&server).org_id("org_abc").project_id("proj_own").build().unwrap();
    let error = client.add(alice()).await.unwrap_err();
    assert!(error.to_string().starts_with("GET /v1/ping/: status 401"), "{error}");
    checked(&refused).await;
    let ping = created(expect(&mut server, "GET", "/v1/ping/").with_body(IDENTITY)).await;
    let add = created(expect(&mut server, "POST", ADD).with_body(DONE)).await;
    client.add(alice()).await.unwrap();
    checked(&ping).await;
    checked(&add).await;
}

#[maybe_async]
#[flavour_test]
async fn the_organization_is_compared_if_the_platform_reports_it() {
    for (identity, field) in [
        (r#"{"org_id":"org_else","project_id":"proj_abc"}"#, Some("org_id")),
        (r#"{"project_id":"proj_abc"}"#, None),
        (r#"{"org_id":"org_abc"}"#, Some("project_id")),
        (r#"{"org_id":"org_abc","project_id":""}"#, Some("project_id")),
    ] {
        let mut server = server().await;
        let (client, ping) = client_of(&mut server, "org_abc", "proj_abc", identity).await;
        let times = usize::from(field.is_none());
        let add = created(expect(&mut server, "POST", ADD).with_body(DONE).expect(times)).await;
        let refused = match client.add(alice()).await {
            Err(Error::Config { field, .. }) => Some(field),
            Err(error) => panic!("{identity}: {error}"),
            Ok(_) => None,
        };
        assert_eq!(refused, field, "{identity}");
        checked(&ping).await;
        checked(&add).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn the_error_shows_no_secrets() {
    let mut server = server().await;
    let identity = format!(r#"{{"org_id":"o","project_id":"of {KEY} and ann@x.io\n"}}"#);
    let (client, _ping) = client_of(&mut server, "o", "bob@x.io", &identity).await;
    let error = client.add(alice()).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(matches!(error, Error::Config { field: "project_id", .. }), "{shown}");
    assert!(!shown.contains(KEY) && !shown.contains("@x.io") && !error.to_string().contains('\n'), "{shown}");
}
