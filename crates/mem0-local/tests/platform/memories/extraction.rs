//! Adds with a model.

use std::time::{Duration, Instant};

use mem0_local::{Completion, Extraction, LocalPlatform};
use mockito::{Matcher, Mock, Server, ServerGuard};
use serde_json::{Value, json};

use super::{ADD, event, get, request, request_ok, rows, texts};

const KEY: &str = "sk-secret";

fn platform(server: &ServerGuard) -> LocalPlatform {
    let model = Extraction::new(format!("{}/v1", server.url()), KEY, "some-model");
    LocalPlatform::builder().extraction(model).start().unwrap()
}

fn completion(server: &mut ServerGuard, content: &str) -> Mock {
    let response = json!({"choices": [{"message": {"role": "assistant", "content": content}}]});
    server.mock("POST", "/v1/chat/completions").with_body(response.to_string())
}

/// Adds memories and waits for the event.
fn add(platform: &LocalPlatform, body: &Value) -> Value {
    let response = request_ok(platform, "POST", ADD, body);
    assert_eq!(response["status"], "PENDING");
    platform.run_jobs().unwrap();
    event(platform, &response["event_id"])
}

#[test]
fn the_prompt_contains_the_settings_of_the_project() {
    let mut server = Server::new();
    let platform = platform(&server);
    let project = crate::project(platform.org_id(), platform.project_id());
    let settings = json!({
        "custom_categories": [{"beverages": "Tea and coffee"}, "billing"],
        "custom_instructions": "Keep drinks only.",
        "agent_custom_instructions": "Keep promises only.",
    });
    request_ok(&platform, "PATCH", &project, &settings);
    let old = super::add_text(&platform, "Drinks coffee", json!({"user_id": "u"}));
    let facts = json!({"memories": [
        {"memory": "Drinks tea", "speaker": "user", "categories": ["beverages", "invented"], "event_date": "2027-01-02", "supersedes": [1, 7]},
        {"memory": "Will brew at four", "speaker": "assistant", "categories": []},
        {"memory": "  "},
    ]});
    let mock = completion(&mut server, &format!("```json\n{facts}\n```"))
        .match_header("authorization", format!("Bearer {KEY}").as_str())
        .match_header("x-mem0-client", Matcher::Missing)
        .match_request(|request| {
            let body: Value = serde_json::from_slice(request.body().unwrap()).unwrap();
            let system = body["messages"][0]["content"].as_str().unwrap();
            let message = body["messages"][1]["content"].as_str().unwrap();
            let parts = [
                "Instructions for what the user stated:\nKeep drinks only.",
                "Instructions for what the assistant stated:\nKeep promises only.",
                "- beverages: Tea and coffee",
                "- billing: ",
                "1. Drinks coffee",
                "Include:\nteas",
            ];
            body["model"] == "some-model"
                && parts.iter().all(|part| system.contains(part))
                && message == "user (Ann): I drink tea now.\nassistant: I will brew at four."
        })
        .expect(1)
        .create();
    let body = json!({
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "I drink tea now.", "name": "Ann"},
            {"role": "assistant", "content": "I will brew at four."},
        ],
        "user_id": "u", "agent_id": "a", "run_id": "r", "metadata": {"k": 1}, "includes": "teas",
    });
    let event = add(&platform, &body);
    mock.assert();
    assert_eq!(event["status"], "SUCCEEDED", "{event}");
    assert_eq!(texts(&platform), ["Drinks coffee", "Drinks tea", "Will brew at four"]);
    let tea = get(&platform, event["results"][0]["id"].as_str().unwrap());
    assert_eq!(
        (&tea["user_id"], &tea["agent_id"], &tea["session_id"]),
        (&json!("u"), &Value::Null, &json!("r"))
    );
    assert_eq!((&tea["categories"], &tea["metadata"]), (&json!(["beverages"]), &json!({"k": 1})));
    assert_eq!(rows(&platform, "memories")[1]["event_date"], 1_798_848_000_000_000_i64);
    let brew = get(&platform, event["results"][1]["id"].as_str().unwrap());
    assert_eq!(
        (&brew["user_id"], &brew["agent_id"], &brew["categories"]),
        (&Value::Null, &json!("a"), &json!([]))
    );
    let old = get(&platform, &old);
    assert_eq!((&old["lifecycle_state"], &old["replaced_by"]), (&json!("superseded"), &tea["id"]));
}

#[test]
fn images_are_sent_to_the_model() {
    let mut server = Server::new();
    let platform = platform(&server);
    let image = json!({"type": "image_url", "image_url": {"url": "https://x.io/a.jpg"}});
    let expected = image.clone();
    let mock = completion(&mut server, "{\"memories\": []}")
        .match_request(move |request| {
            let body: Value = serde_json::from_slice(request.body().unwrap()).unwrap();
            body["messages"][1]["content"][1] == expected
        })
        .expect(1)
        .create();
    let event = add(&platform, &json!({"messages": [{"role": "user", "content": image}], "user_id": "u"}));
    mock.assert();
    assert_eq!(
        (&event["status"], &event["results"]),
        (&json!("SUCCEEDED"), &json!([])),
        "none is a success, too"
    );
}

#[test]
fn documents_are_sent_as_text() {
    let mut server = Server::new();
    let platform = platform(&server);
    let mock = completion(&mut server, "{\"memories\": []}")
        .match_request(|request| {
            let body: Value = serde_json::from_slice(request.body().unwrap()).unwrap();
            body["messages"][1]["content"]
                == "user: Read these.\nuser: [PDF document at https://x.io/a.pdf]\nuser: [text document]\nTea"
        })
        .expect(1)
        .create();
    let messages = json!([
        {"role": "user", "content": "Read these."},
        {"role": "user", "content": {"type": "pdf_url", "pdf_url": {"url": "https://x.io/a.pdf"}}},
        {"role": "user", "content": {"type": "txt_url", "txt_url": {"url": "VGVh"}}},
    ]);
    let event = add(&platform, &json!({"messages": messages, "user_id": "u"}));
    mock.assert();
    assert_eq!(event["status"], "SUCCEEDED");
}

/// An export includes the memories of earlier adds with a model.
#[test]
fn exports_wait_for_earlier_adds() {
    let mut server = Server::new();
    let _mock =
        completion(&mut server, &json!({"memories": [{"memory": "Drinks tea"}]}).to_string()).create();
    let model = Extraction::new(format!("{}/v1", server.url()), KEY, "m");
    let builder = LocalPlatform::builder().extraction(model).completion(Completion::Manual);
    let platform = builder.start().unwrap();
    request_ok(&platform, "POST", ADD, &json!({"messages": "I drink tea.", "user_id": "u"}));
    let schema = json!({"properties": {"facts": {"type": "array", "items": {"type": "string"}}}});
    let export = json!({"schema": schema, "filters": {"user_id": "u"}});
    let created = request(&platform, "POST", "/v1/exports/", &export).json();
    platform.run_jobs().unwrap();
    let actual =
        request_ok(&platform, "POST", "/v1/exports/get/", &json!({"memory_export_id": created["id"]}));
    assert_eq!(actual, json!({"facts": ["Drinks tea"]}));
}

#[test]
fn a_failing_endpoint_fails_the_event_with_a_message() {
    let mut server = Server::new();
    let platform = platform(&server);
    let body = json!({"messages": "I drink tea.", "user_id": "u"});
    let message = json!({"choices": [{"message": {"content": "Sure, SAID!"}}]}).to_string();
    for (status, response, attempts, words) in [
        (500, format!("{{\"error\": {{\"message\": \"SAID {KEY}\"}}}}"), 3, "status 500"),
        (429, "SAID".to_owned(), 3, "status 429"),
        (401, "{\"detail\": \"SAID\"}".to_owned(), 1, "status 401"),
        (302, String::new(), 1, "status 302"),
        (200, "<html>SAID".to_owned(), 1, "the response is not JSON"),
        (200, "{\"SAID\": 1}".to_owned(), 1, "has no choices[0].message.content"),
        (200, message, 1, "contains no JSON object"),
        (200, json!({"choices": [{"message": {"content": "{}"}}]}).to_string(), 1, "no list of memories"),
    ] {
        let mock = server
            .mock("POST", "/v1/chat/completions")
            .with_status(status)
            .with_header("retry-after", "0")
            .with_body(response)
            .expect(attempts)
            .create();
        let event = add(&platform, &body);
        mock.assert();
        mock.remove();
        assert_eq!(event["status"], "FAILED", "{event}");
        let error = event["error"].as_str().unwrap();
        let call = format!("POST /v1/chat/completions at {}", server.host_with_port());
        assert!(error.contains(words) && error.contains(&call), "{error}");
        assert!(error.contains(&format!("(attempts: {attempts})")), "{error}");
        assert!(!error.contains(KEY) && !error.contains("SAID"), "{error}");
    }
    assert_eq!(texts(&platform), [""; 0]);
}

#[test]
fn requests_to_an_overloaded_endpoint_are_retried() {
    let mut server = Server::new();
    let platform = platform(&server);
    let busy = server.mock("POST", "/v1/chat/completions").with_status(503).with_header("retry-after", "0");
    let busy = busy.expect(2).create();
    let completion_mock = completion(&mut server, "{\"memories\": [\"Drinks tea\"]}").expect(1).create();
    let event = add(&platform, &json!({"messages": "I drink tea.", "user_id": "u"}));
    busy.assert();
    completion_mock.assert();
    assert_eq!(event["status"], "SUCCEEDED", "{event}");
}

#[test]
fn responses_may_contain_reasoning_and_text_around_the_json() {
    let json = "{\"memories\": [{\"memory\": \"Drinks tea\"}]}";
    for content in [
        json.to_owned(),
        format!("<think>The user said {{\"memories\": [\"no\"]}}…</think>\n{json}"),
        format!("Sure! Here it is:\n```json\n{json}\n```\nAnything else?"),
        format!("In the form {{memories}} that you asked for: {json} - done."),
        // Some servers cut off the closing or the opening tag.
        format!("<think>First {{\"memories\": [\"no\"]}}, but rather\n{json}"),
        format!("First {{\"memories\": [\"no\"]}}, but rather</think>{json}"),
        format!("<think>I could say </think> or {{\"memories\": [\"no\"]}}.</think>{json}"),
        format!("<think>{}</think>{json}", "{".repeat(1000)),
    ] {
        let mut server = Server::new();
        let platform = platform(&server);
        let mock = completion(&mut server, &content).expect(1).create();
        let event = add(&platform, &json!({"messages": "I drink tea.", "user_id": "u"}));
        mock.assert();
        assert_eq!(event["status"], "SUCCEEDED", "{content}: {event}");
        assert_eq!(texts(&platform), ["Drinks tea"], "{content}");
    }
}

#[test]
fn memories_may_contain_reasoning_tags() {
    let fact = "Writes <think> and </think> by hand";
    let json = json!({"memories": [{"memory": fact}]}).to_string();
    for content in [json.clone(), format!("<think>Hm.</think>{json}"), format!("```json\n{json}\n```")] {
        let mut server = Server::new();
        let platform = platform(&server);
        let _mock = completion(&mut server, &content).create();
        let event = add(&platform, &json!({"messages": "I write tags by hand.", "user_id": "u"}));
        assert_eq!(event["status"], "SUCCEEDED", "{content}: {event}");
        assert_eq!(texts(&platform), [fact], "{content}");
    }
}

#[test]
fn a_slow_endpoint_does_not_block_requests() {
    // Accepts connections and never responds.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let limit = Duration::from_secs(30);
    let model = Extraction::new(url, KEY, "m").timeout(limit);
    let mut platform = LocalPlatform::builder().extraction(model).start().unwrap();
    let started = Instant::now();
    let response = request_ok(&platform, "POST", ADD, &json!({"messages": "I drink tea.", "user_id": "u"}));
    let _connection = listener.accept().unwrap();
    assert_eq!(event(&platform, &response["event_id"])["status"], "RUNNING");
    super::add_text(&platform, "At once", json!({"user_id": "u"}));
    assert_eq!(texts(&platform), ["At once"]);
    platform.stop();
    assert!(started.elapsed() < limit, "neither requests nor stop() wait for the endpoint");
}

#[test]
fn a_timeout_fails_the_event() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let model = Extraction::new(url, KEY, "m").timeout(Duration::from_millis(100));
    let platform = LocalPlatform::builder().extraction(model).start().unwrap();
    let event = add(&platform, &json!({"messages": "I drink tea.", "user_id": "u"}));
    assert_eq!(event["status"], "FAILED");
    assert!(event["error"].as_str().unwrap().contains("timed out"), "{event}");
}

#[test]
fn invalid_endpoints_are_rejected_at_the_start() {
    for (url, key, model, words) in [
        ("http://models.example/v1", KEY, "m", "unencrypted"),
        ("models.example", KEY, "m", "not a URL"),
        ("https://user:hunter2@models.example", KEY, "m", "user name or password"),
        ("http://127.0.0.1:1", "", "m", "api_key"),
        ("http://127.0.0.1:1", "two words", "m", "api_key"),
        ("http://127.0.0.1:1", KEY, " ", "model"),
    ] {
        let extraction = Extraction::new(url, key, model);
        assert!(!format!("{extraction:?}").contains("secret"));
        let refused =
            LocalPlatform::builder().extraction(extraction).start().expect_err("a refusal").to_string();
        assert!(refused.contains(words) && !refused.contains("hunter2"), "{refused}");
    }
}

#[test]
fn adds_without_inference_do_not_use_the_model() {
    let server = Server::new();
    let platform = platform(&server);
    super::add_text(&platform, "Drinks tea", json!({"user_id": "u"}));
    assert_eq!(texts(&platform), ["Drinks tea"]);
    let refused = request(&platform, "POST", ADD, &json!({"messages": "x"}));
    assert_eq!(refused.status, 400);
}
