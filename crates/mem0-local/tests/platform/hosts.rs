//! Check of the `Host` header by a platform, a replay and a recorder.

use std::fs;

use mem0_local::{LocalPlatform, Recorder, Replay};
use serde_json::json;

use crate::ORGANIZATIONS;
use crate::raw_http::{RawConnection, RawResponse};

fn send(url: &str, target: &str, host: &str, key: &str) -> RawResponse {
    let mut connection = RawConnection::open(url);
    connection.send(format!("GET {target} HTTP/1.1\r\n{host}Authorization: Token {key}\r\n\r\n"));
    connection.read_response(false).expect("an answer")
}

#[test]
fn request_for_another_host_is_refused_on_every_route() {
    let platform = LocalPlatform::builder().allow_host("Mem0.Test").start().unwrap();
    let (url, key) = (platform.url(), platform.api_key());
    for target in ["/v1/ping/", ORGANIZATIONS, "/nowhere", "/", "http://evil.example/v1/ping/"] {
        for host in ["Host: evil.example\r\n", "Host: 127.0.0.1.evil.example:80\r\n", "", "Host: \r\n"] {
            for key in [key, "m0-local-unknown"] {
                let refused = send(url, target, host, key);
                assert_eq!(refused.status, 421, "{target} {host:?}: {refused:?}");
                let detail = refused.json()["detail"].as_str().unwrap().to_owned();
                assert!(detail.contains("--allow-host"), "{detail}");
            }
        }
    }
    for target in ["http://evil.example/v1/ping/", "http://evil.example:80/v1/ping/"] {
        assert_eq!(send(url, target, "Host: localhost\r\n", key).status, 421, "{target}");
    }
    let repeated = send(url, "/v1/ping/", "Host: localhost\r\nHost: evil.example\r\n", key);
    assert!([400, 421].contains(&repeated.status), "{repeated:?}");
    assert!(platform.request_log().is_empty(), "a request that was refused is not looked at");
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]", "mem0.test:8080", "app.localhost"] {
        let response = send(url, "/v1/ping/", &format!("Host: {host}\r\n"), key);
        assert_eq!(response.status, 200, "{host}: {response:?}");
    }
    assert_eq!(send(url, "http://localhost/v1/ping/", "Host: localhost\r\n", key).status, 200);
}

#[test]
fn replay_and_recorder_check_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let cassette = folder.path().join("ping.jsonl");
    let platform = LocalPlatform::start().unwrap();
    let recorder = Recorder::builder(platform.url(), &cassette).allow_host("mem0.test").start().unwrap();
    let key = platform.api_key();
    assert_eq!(send(recorder.url(), "/v1/ping/", "Host: evil.example\r\n", key).status, 421);
    assert_eq!(recorder.recorded(), 0);
    assert_eq!(send(recorder.url(), "/v1/ping/", "Host: mem0.test\r\n", key).status, 200);
    drop(recorder);
    assert!(fs::read_to_string(&cassette).unwrap().contains("/v1/ping/"));
    let replay = Replay::builder(&cassette).allow_host("mem0.test").start().unwrap();
    let refused = send(replay.url(), "/v1/ping/", "Host: evil.example\r\n", key);
    assert!(refused.status == 421 && refused.body.contains("--allow-host"), "{refused:?}");
    assert_eq!(send(replay.url(), "/v1/ping/", "Host: mem0.test\r\n", key).status, 200);
}

#[test]
fn keys_are_random_without_a_seed() {
    let keys = |platform: &LocalPlatform| {
        json!([platform.api_key(), platform.reader_key(), platform.other_key(), platform.project_id()])
    };
    let (one, other) = (LocalPlatform::start().unwrap(), LocalPlatform::start().unwrap());
    for (own, yours) in keys(&one).as_array().unwrap().iter().zip(keys(&other).as_array().unwrap()) {
        assert_ne!(own, yours);
    }
    let seeded = || LocalPlatform::builder().seed(7).start().unwrap();
    assert_eq!(keys(&seeded()), keys(&seeded()));
}
