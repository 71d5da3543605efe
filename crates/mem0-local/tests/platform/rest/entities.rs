use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use super::{insert_project_memories, memory_ids, ok, rows, send, uuid, with_manual_clock};
use crate::raw_http::call;

/// Returns a platform with two users, an agent, an app and a run of the owner, and a user of the same name in another
/// organization.
fn populated() -> LocalPlatform {
    let platform = with_manual_clock();
    let own = [
        json!({"number": 1, "user_id": "ann", "memory": "Keeps bees"}),
        json!({"number": 2, "user_id": "a/b ü", "memory": "Odd name"}),
        json!({"number": 3, "agent_id": "bot", "app_id": "shop", "memory": "Answers politely"}),
        json!({"number": 4, "user_id": "ann", "run_id": "s1", "categories": "[\"pets\"]", "memory": "Has a cat"}),
    ];
    insert_project_memories(&platform, platform.api_key(), &own);
    let foreign = json!({"number": 5, "user_id": "ann", "categories": "[\"secret\"]", "memory": "Not yours"});
    insert_project_memories(&platform, platform.other_key(), &[foreign]);
    platform
}

fn names(platform: &LocalPlatform, key: &str) -> Vec<String> {
    let response = call(platform.url(), "GET", "/v1/entities/", key, &Value::Null).json();
    let name =
        |entity: &Value| format!("{} {}", entity["type"].as_str().unwrap(), entity["name"].as_str().unwrap());
    response["results"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn entities_are_listed_newest_first_and_counted() {
    let platform = populated();
    let response = ok(&platform, "GET", "/v1/entities/", 200, &Value::Null);
    assert_eq!(
        names(&platform, platform.api_key()),
        ["run s1", "app shop", "agent bot", "user a/b ü", "user ann"]
    );
    assert_eq!(names(&platform, platform.other_key()), ["user ann"], "of one's own project only");
    let totals =
        ["count", "total_users", "total_agents", "total_apps", "total_runs"].map(|name| &response[name]);
    assert_eq!(totals, [5, 2, 1, 1, 1]);
    assert_eq!((&response["next"], &response["previous"]), (&Value::Null, &Value::Null));
    let expected = json!({
        "id": "1000", "name": "ann", "type": "user", "owner": response["results"][4]["owner"], "metadata": null,
        "created_at": "2023-11-14T22:13:20.000001Z", "updated_at": "2023-11-14T22:13:20.000001Z",
    });
    assert_eq!(response["results"][4], expected);
    assert!(expected["owner"].is_string());
    let as_reader = call(platform.url(), "GET", "/v1/entities/", platform.reader_key(), &Value::Null).json();
    assert_eq!(as_reader, response, "a READER gets the same list");
}

#[test]
fn entity_pages_are_linked() {
    let platform = populated();
    let mut path = "/v1/entities/?page_size=2&org_id=x%26y".to_owned();
    let mut current = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let response = ok(&platform, "GET", &path, 200, &Value::Null);
        assert_eq!(response["count"], 5);
        let results = response["results"].as_array().unwrap();
        sizes.push(results.len());
        current.extend(results.iter().map(|entity| entity["name"].as_str().unwrap().to_owned()));
        let Some(next) = response["next"].as_str() else {
            let previous = format!("{}/v1/entities/?org_id=x%26y&page=2&page_size=2", "http://localhost");
            assert_eq!(response["previous"], previous);
            break;
        };
        path = next.strip_prefix("http://localhost").expect("the host that was asked").to_owned();
    }
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(current, ["s1", "shop", "bot", "a/b ü", "ann"]);
    for query in ["page=4&page_size=2", "page=0", "page=-1", "page=x", "page=", "page=9223372036854775807"] {
        let response = send(&platform, "GET", &format!("/v1/entities/?{query}"), &Value::Null);
        assert_eq!((response.status, response.json()), (404, json!({"detail": "Invalid page."})), "{query}");
    }
    for query in ["page=1", "page_size=0", "page_size=x", "page_size=99999999999999999999", "page_size=201"] {
        let response = ok(&platform, "GET", &format!("/v1/entities/?{query}"), 200, &Value::Null);
        assert_eq!(response["results"].as_array().unwrap().len(), 5, "{query}");
    }
}

#[test]
fn single_entity_is_an_array() {
    let platform = populated();
    let listed = ok(&platform, "GET", "/v1/entities/", 200, &Value::Null);
    let read = |path: &str| ok(&platform, "GET", path, 200, &Value::Null);
    assert_eq!(read("/v2/entities/user/ann/"), json!([listed["results"][4]]));
    assert_eq!(read("/v2/entities/user/a%2Fb%20%C3%BC/"), json!([listed["results"][3]]));
    assert_eq!(read("/v2/entities/user/nobody/"), json!([]));
    assert_eq!(read("/v2/entities/agent/ann/"), json!([]), "of another type");
    let response = send(&platform, "GET", "/v2/entities/robot/ann/", &Value::Null);
    assert_eq!((response.status, response.json()), (400, json!({"message": "Invalid entity type"})));
}

#[test]
fn entity_filters_have_values_of_the_project() {
    let platform = populated();
    let response = ok(&platform, "GET", "/v1/entities/filters/", 200, &Value::Null);
    assert_eq!(response["categories"], json!(["pets"]));
    assert_eq!(response["users"], json!(["a/b ü", "ann"]), "newest change first, and no one else's");
    let types = ["ADD", "UPDATE", "DELETE", "SEARCH", "GET_ALL", "GET", "DELETE_ALL", "DELETE_USER"];
    assert_eq!(response["event_type"], json!(types));
    let parameters = response["parameters"].as_array().unwrap();
    assert_eq!(parameters.len(), 6);
    for parameter in parameters {
        let keys: Vec<&String> = parameter.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["label", "name", "options", "placeholder", "type"], "{parameter}");
    }
    assert_eq!(parameters[2]["options"][1], json!({"value": "ann", "label": "ann"}));
}

#[test]
fn deleting_an_entity_deletes_its_memories() {
    let platform = populated();
    let ann = "/v2/entities/user/ann/";
    let response = ok(&platform, "DELETE", ann, 200, &Value::Null);
    assert_eq!(response["message"], "Delete in progress. This may take some time.");
    let events = rows(&platform, "events");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["event_id"], response["event_id"]);
    assert_eq!(
        (&events[0]["event_type"], &events[0]["status"]),
        (&json!("DELETE_USER"), &json!("SUCCEEDED"))
    );
    let deleted = [("Keeps bees", 1), ("Has a cat", 4)]
        .map(|(text, number)| json!({"id": uuid(number), "event": "DELETE", "memory": text}));
    let event = event(&platform, &response);
    assert_eq!(event["results"], json!(deleted), "as of every deletion of many");
    assert_eq!(memory_ids(&platform), [uuid(2), uuid(3), uuid(5)]);
    assert_eq!(names(&platform, platform.api_key()), ["run s1", "app shop", "agent bot", "user a/b ü"]);
    assert_eq!(names(&platform, platform.other_key()), ["user ann"], "only the entities of its own project");
    let history = rows(&platform, "memory_history");
    let deliveries: Vec<_> =
        history.iter().map(|row| (&row["event"], &row["old_memory"], &row["new_memory"])).collect();
    let delete = json!("DELETE");
    let texts = [json!("Keeps bees"), json!("Has a cat")];
    assert_eq!(deliveries, [(&delete, &texts[0], &Value::Null), (&delete, &texts[1], &Value::Null)]);
    assert_eq!((&history[1]["run_id"], &history[1]["memory_id"]), (&json!("s1"), &json!(uuid(4))));

    // Deleting a missing entity succeeds, so that a repeated call is not an error.
    for path in [ann, "/v2/entities/user/nobody/"] {
        assert!(ok(&platform, "DELETE", path, 200, &Value::Null)["event_id"].is_string());
    }
    assert_eq!(memory_ids(&platform).len(), 3);
    let response = send(&platform, "DELETE", "/v2/entities/robot/ann/", &Value::Null);
    assert_eq!((response.status, response.json()), (400, json!({"message": "Invalid entity type"})));
}

fn event(platform: &LocalPlatform, response: &Value) -> Value {
    let path = format!("/v1/event/{}/", response["event_id"].as_str().unwrap());
    ok(platform, "GET", &path, 200, &Value::Null)
}

/// Returns the state after a deletion: the history without its IDs, the memories with their index, the results of the
/// event, and the webhook delivery.
fn remains(path: &str) -> [Value; 4] {
    let platform = populated();
    let superseded = json!({
        "number": 6, "user_id": "bob", "memory": "Had a dog", "replaced_by": uuid(4), "lifecycle_state": "superseded",
    });
    insert_project_memories(&platform, platform.api_key(), &[superseded]);
    let (url, received) = super::webhooks::listener(200);
    let hook = json!({"name": "n", "url": url, "event_types": ["memory_delete", "memory_add"]});
    let webhooks = format!("/api/v1/webhooks/projects/{}/", platform.project_id());
    ok(&platform, "POST", &webhooks, 201, &hook);
    let response = ok(&platform, "DELETE", path, 200, &Value::Null);
    let deliveries: Vec<Value> = (0..2).map(|_| super::webhooks::next(&received).1).collect();
    let mut history = rows(&platform, "memory_history");
    for row in &mut history {
        row.remove("history_id");
    }
    let found = ["bees", "cat", "dog", "politely"].map(|query| {
        let search = json!({"query": query, "filters": {"OR": [{"user_id": "*"}, {"agent_id": "*"}]}});
        ok(&platform, "POST", "/v3/memories/search/", 200, &search)
    });
    let memories = json!([rows(&platform, "memories"), found]);
    [json!(history), memories, event(&platform, &response)["results"].clone(), json!(deliveries)]
}

#[test]
fn deleting_an_entity_equals_deleting_all_its_memories() {
    let [history, memories, results, deliveries] = remains("/v2/entities/user/ann/");
    let [all_history, all_memories, all_results, all_told] = remains("/v1/memories/?user_id=ann");
    assert_eq!(history, all_history);
    assert_eq!(memories, all_memories);
    assert_eq!(results, all_results);
    assert_eq!(deliveries, all_told);
    assert_eq!(history.as_array().unwrap().len(), 2);
    assert_eq!(deliveries[1]["event_details"]["data"]["memory"], "Has a cat");
}

#[test]
fn memory_superseded_by_a_deleted_one_is_active_again() {
    let platform = with_manual_clock();
    let old = |number: usize, newer: usize| {
        json!({
            "number": number, "user_id": "bob", "memory": "Old", "replaced_by": uuid(newer),
            "lifecycle_state": "superseded",
        })
    };
    let own = [
        old(1, 3),
        old(2, 4),
        json!({"number": 3, "agent_id": "bot", "memory": "New"}),
        json!({"number": 4, "user_id": "bob", "memory": "New"}),
    ];
    insert_project_memories(&platform, platform.api_key(), &own);
    ok(&platform, "DELETE", "/v2/entities/agent/bot/", 200, &Value::Null);
    let memories = rows(&platform, "memories");
    let state = |at: usize| (memories[at]["replaced_by"].clone(), memories[at]["lifecycle_state"].clone());
    assert_eq!(state(0), (Value::Null, json!("active")));
    assert_eq!(state(1), (json!(uuid(4)), json!("superseded")), "its newer one is still there");
}

#[test]
fn deprecated_deletion_takes_the_entity_number() {
    let platform = populated();
    for (path, status, error) in [
        ("user/ann", 400, "Invalid entity ID. Must be an integer."),
        ("user/1.0", 400, "Invalid entity ID. Must be an integer."),
        ("robot/1000", 400, "Invalid entity type"),
        ("user/77", 404, "Entity not found"),
        ("agent/1000", 404, "Entity not found"),
        ("user/5000", 404, "Entity not found"),
    ] {
        let response = send(&platform, "DELETE", &format!("/v1/entities/{path}/"), &Value::Null);
        assert_eq!((response.status, response.json()), (status, json!({"error": error})), "{path}");
    }
    assert_eq!(memory_ids(&platform).len(), 5);
    let response = ok(&platform, "DELETE", "/v1/entities/user/1000/", 200, &Value::Null);
    assert!(response["event_id"].is_string() && response["message"].is_string());
    assert_eq!(memory_ids(&platform), [uuid(2), uuid(3), uuid(5)]);
}

#[test]
fn entities_can_be_created_without_memories() {
    let platform = with_manual_clock();
    let user = json!({"user_id": "ann", "metadata": {"plan": "pro"}});
    let created = ok(&platform, "POST", "/v1/users/", 201, &user);
    let time = "2023-11-14T22:13:20.000000Z";
    let expected = json!({
        "id": created["id"], "user_id": "ann", "metadata": {"plan": "pro"}, "created_at": time, "updated_at": time,
        "graph_entities": null, "is_deleted": false, "project": created["project"],
    });
    assert_eq!(created, expected);
    assert!(created["id"].is_i64() && created["project"].is_i64());
    for (path, field, kind) in
        [("/v1/agents/", "agent_id", "agent"), ("/v1/apps/", "app_id", "app"), ("/v1/runs/", "run_id", "run")]
    {
        let created = ok(&platform, "POST", path, 201, &json!({field: "x", "name": "The X"}));
        assert_eq!(
            (&created[field], &created["name"], &created["metadata"]),
            (&json!("x"), &json!("The X"), &Value::Null)
        );
        let read = ok(&platform, "GET", &format!("/v2/entities/{kind}/x/"), 200, &Value::Null);
        assert_eq!(
            (&read[0]["name"], &read[0]["type"]),
            (&json!("x"), &json!(kind)),
            "listed by its identifier"
        );
    }
    // A second call changes name and metadata of the same entity.
    platform.clock().advance(std::time::Duration::from_secs(1));
    let again = ok(&platform, "POST", "/v1/users/", 201, &json!({"user_id": "ann"}));
    assert_eq!(
        (&again["id"], &again["metadata"], &again["created_at"]),
        (&created["id"], &Value::Null, &created["created_at"])
    );
    assert_eq!(again["updated_at"], "2023-11-14T22:13:21.000000Z");
    assert_eq!(names(&platform, platform.api_key()).len(), 4);
    assert_eq!(names(&platform, platform.other_key()).len(), 0);
}

#[test]
fn entity_creation_validates_its_body() {
    let platform = with_manual_clock();
    let before = platform.dump().unwrap();
    for (path, body, message) in [
        ("/v1/users/", json!({}), "user_id: This field is required."),
        ("/v1/users/", json!({"user_id": ""}), "user_id: This field may not be blank."),
        ("/v1/users/", json!({"user_id": null}), "user_id: This field may not be null."),
        ("/v1/users/", json!({"user_id": 7}), "user_id: Not a valid string."),
        ("/v1/users/", json!({"user_id": "a", "metadata": "x"}), "metadata: Must be an object."),
        ("/v1/agents/", json!({"agent_id": "a"}), "name: This field is required."),
        ("/v1/apps/", json!({"app_id": "a", "name": ""}), "name: This field may not be blank."),
        ("/v1/runs/", json!({"user_id": "a", "name": "n"}), "run_id: This field is required."),
        ("/v1/runs/", json!([]), "Invalid data. Expected a dictionary, but got list."),
    ] {
        let response = send(&platform, "POST", path, &body);
        assert_eq!((response.status, response.json()), (400, json!({"message": message})), "{path} {body}");
    }
    assert!(platform.dump().unwrap() == before);
}
