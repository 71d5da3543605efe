//! Secrets that a cassette does not contain.

use mem0::client::RetryPolicy;
use mem0::webhooks::{NewWebhook, WebhookEventType};
use mem0::{MemoryClient, Role};
use mem0_local::{LocalPlatform, Replay};
use mockito::Server;
use serde_json::json;

use crate::{lines, recorder, walk};

const KEY: &str = "m0-Secret-key-of-mine";
/// API key without the usual form.
const ODD_KEY: &str = "k&y/with=odd%signs+";

fn client(url: &str, key: &str) -> MemoryClient {
    MemoryClient::builder().base_url(url).api_key(key).retry(RetryPolicy::none()).build().unwrap()
}

/// Sends and echoes keys and addresses in every kind of body.
#[test]
fn keys_and_addresses_are_redacted_everywhere() {
    let mut server = Server::new();
    let echo = |body: Vec<u8>| move |_: &mockito::Request| body.clone();
    let words = "ann@x.io, Ann@X.io, b%2Bb%40x.io";
    let json = json!({
        words: [KEY, ODD_KEY, {"deep": format!("<{words}> {KEY}.")}],
        "next": "https://h.example/?email=b%2Bb%40x.io&k=k%26y%2Fwith%3Dodd%25signs%2B",
        "secret": "hunter2", "Token": "hunter3", "number": 1.5, "escaped": r"k\u0026y/with=odd%25signs+",
        "Api-Key": "hunter6", "authorization": ["Basic hunter7"], "client_secret": "hunter8", "X-API-Key": "hunter9",
        "tokens": ["hunter13"], "bearer": "hunter14", "secretAccessKey": "hunter15", "credentials": "hunter16", "PASSWORDS": "hunter17",
        "token": {"value": "hunter10", "parts": ["hunter11", {"of": "hunter12"}], "seconds": 60, "none": null},
    });
    let mut binary = vec![0xFF, 0xFE, 0x00];
    binary.extend_from_slice(format!("{words} {KEY} {ODD_KEY}").as_bytes());
    for (path, body) in [
        ("/json/", json.to_string().into_bytes()),
        ("/text/", format!("{words} {KEY} {ODD_KEY}").into_bytes()),
        ("/binary/", binary.clone()),
    ] {
        server
            .mock("POST", mockito::Matcher::Regex(format!("^{path}")))
            .with_header("x-request-id", KEY)
            .with_header("set-cookie", "session=hunter4")
            .with_header("retry-after", "ann@x.io")
            .with_body_from_request(echo(body))
            .expect_at_least(1)
            .create();
    }
    let (recorder, file, _folder) = recorder(&server.url());
    // A key without the usual form is redacted once it was used as a key.
    for key in [ODD_KEY, KEY] {
        for path in ["json", "text", "binary"] {
            let client = client(recorder.url(), key);
            let segments = [path, ODD_KEY, "ann@x.io", ""];
            let request = client.request(mem0::client::Method::POST, segments);
            let request = request.query("email", "b+b@x.io").query(KEY, ODD_KEY).query("password", "hunter5");
            // Only one response is JSON.
            let _ = request.json(&json).send::<serde_json::Value>();
        }
    }
    assert_eq!(recorder.recorded(), 6);
    let lines = lines(&file);
    let mut texts = Vec::new();
    for line in &lines {
        walk(line, &mut |text| {
            texts.push(text.to_owned());
            let decoded = percent_decode(text);
            texts.push(decoded);
        });
        for body in [&line["request"]["body"], &line["response"]["body"]] {
            if let Some(text) = body["base64"].as_str() {
                let bytes = base64(text);
                assert!(bytes.starts_with(&binary[..3]));
                texts.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    for text in &texts {
        let text = text.to_lowercase();
        for secret in ["secret-key", "odd%signs", "hunter", "ann@", "b+b@", "x.io"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    assert!(lines.iter().any(|line| line["response"]["body"]["base64"].is_string()), "one is binary");
    let response = &lines[0]["response"]["body"]["json"];
    assert_eq!(response["next"], "https://h.example/?email=person-2%40example.com&k=[redacted]");
    assert_eq!(response["number"], 1.5);
    assert_eq!((&response["token"]["seconds"], &response["token"]["none"]), (&json!(60), &json!(null)));
    assert_eq!(lines[0]["request"]["query"][0], json!(["email", "person-2@example.com"]));
    assert_eq!(lines[0]["request"]["key"], "key-1");
    assert_eq!(lines[5]["request"]["key"], "key-2");
    let permissions = std::fs::metadata(&file).unwrap().permissions();
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777, 0o600);

    // The original requests match the redacted ones.
    let replay = Replay::start(&file).unwrap();
    let client = client(replay.url(), "m0-any-other");
    let request = client.request(mem0::client::Method::POST, ["json", ODD_KEY, "ann@x.io", ""]);
    let request = request.query("email", "b+b@x.io").query(KEY, ODD_KEY).query("password", "hunter5");
    // Sent by another key, the unusual key is ordinary text.
    assert!(request.json(&json).send::<serde_json::Value>().is_err());
    assert_eq!(replay.unmatched().len(), 1);
    assert!(
        !replay.unmatched()[0].contains("x.io") && !replay.unmatched()[0].contains("Secret"),
        "{:?}",
        replay.unmatched()
    );
}

#[test]
fn only_the_host_of_a_webhook_url_is_recorded() {
    let platform = LocalPlatform::start().unwrap();
    let (recorder, file, _folder) = recorder(platform.url());
    let webhooks = client(recorder.url(), platform.api_key()).project().webhooks();
    for url in [
        "https://hooks.example/services/T0/s3cr3t",
        "https://u:s3cr3t@h.example/?t=s3cr3t",
        "https://h.example/",
    ] {
        // The response of the platform does not matter here.
        let _ = webhooks.create(NewWebhook::new("Hook", url, [WebhookEventType::MemoryAdd]));
    }
    webhooks.list().unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("s3cr3t") && !text.contains("services"), "{text}");
    for kept in
        ["\"https://hooks.example/redacted\"", "\"https://h.example/redacted\"", "\"https://h.example/\""]
    {
        assert!(text.contains(kept), "{kept}: {text}");
    }
}

/// The same address gets the same pseudonym under concurrency, and every line is complete.
#[test]
fn records_and_replays_concurrent_requests() {
    let platform = LocalPlatform::start().unwrap();
    let (recorder, file, _folder) = recorder(platform.url());
    std::thread::scope(|scope| {
        for number in 0..8 {
            let client = client(recorder.url(), platform.api_key());
            scope.spawn(move || {
                for round in 0..5 {
                    let email = format!("member-{number}-{round}@x.io");
                    client.project().add_member(email.as_str(), Role::Reader).unwrap();
                    client.project().update_member(email.as_str(), Role::Owner).unwrap();
                }
            });
        }
    });
    let lines = lines(&file);
    assert_eq!((lines.len(), recorder.recorded()), (8 + 80, 88));
    let of = |method: &str| {
        let requests =
            lines.iter().map(|line| &line["request"]).filter(|request| request["method"] == method);
        let mut people: Vec<String> =
            requests.map(|request| request["body"]["json"]["email"].as_str().unwrap().to_owned()).collect();
        people.sort();
        people
    };
    let (added, updated) = (of("POST"), of("PUT"));
    assert_eq!(added, updated);
    assert_eq!(added.iter().collect::<std::collections::HashSet<_>>().len(), 40);
    drop((recorder, platform));

    // Concurrent replays each get the responses of one address.
    let replay = Replay::start(&file).unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let client = client(replay.url(), "m0-any-key");
            scope.spawn(move || {
                let email = format!("somebody-{number}@y.io");
                client.project().add_member(email.as_str(), Role::Reader).unwrap();
                client.project().update_member(email.as_str(), Role::Owner).unwrap();
            });
        }
    });
    assert_eq!(replay.unmatched(), [""; 0]);
}

fn percent_decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}
