//! Logs, spans and panics of the whole process, including those of the HTTP libraries, contain neither the API key nor
//! a member's e-mail address. There is one test, since loggers are global to the process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calls;
mod recorder;
#[allow(dead_code, clippy::duplicate_mod)]
#[path = "../hostile/server.rs"]
mod server;

use std::panic::{AssertUnwindSafe, catch_unwind};

use mem0::client::Method;
use mem0::organizations::Organization;

use calls::{EMAIL, KEY, call_async, call_blocking, clients};
use recorder::Record;
use server::{Script, Server, Step};

fn response(status: &str, body: &str) -> Vec<Step> {
    let length = body.len();
    let request_id = if body.contains(KEY) { KEY } else { "req-7" };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nx-request-id: {request_id}\r\n\r\n");
    vec![Step::Send(format!("{head}{body}").into_bytes())]
}

/// Scripts of responses with and without secrets, one per client.
fn scripts() -> [Script; 5] {
    let echo = format!(r#"{{"message":"{KEY} {EMAIL}","members":[{{"email":"{EMAIL}"}}]}}"#);
    let retried = vec![response("503 No", ""), response("200 OK", r#"{"message":"done"}"#)];
    [
        Script::new(response("200 OK", r#"{"message":"done"}"#)),
        Script { steps: retried, ..Script::new(vec![]) },
        Script::new(vec![Step::Reset]),
        Script::new(response("404 Not Found", &echo)),
        Script::new(response("200 OK", &echo)),
    ]
}

#[test]
fn no_record_contains_the_key_or_an_address() {
    recorder::install();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut retries = 0;
    for script in scripts() {
        let server = Server::start(script);
        let (blocking, asynchronous) = clients(&server.url());
        let outcomes = [call_blocking(&blocking), runtime.block_on(call_async(&asynchronous))].concat();
        assert!(outcomes.len() >= 12);
        drop((blocking, asynchronous));
        server.stop();
        let records = recorder::taken();
        assert!(records.iter().any(|record| record.origin == "mem0"), "the spans of the calls are missing");
        assert!(records.iter().any(|record| record.origin.starts_with("ureq")), "ureq logs nothing");
        assert!(records.iter().any(|record| record.origin.starts_with("hyper_util")), "hyper logs nothing");
        retries += retries_with_their_call(&records);
        assert_clean(&records);
    }
    assert!(retries > 0, "no retry was recorded");
    panics();
    assert_clean(&recorder::taken());
}

/// Number of retry events. Fails if one does not name its call.
fn retries_with_their_call(records: &[Record]) -> usize {
    let mut count = 0;
    for record in records.iter().filter(|record| record.text.contains("retrying")) {
        let text = &record.text;
        let path = text.split_once(" path=").map_or("", |(_, rest)| rest);
        assert!(text.contains(" method=") && path.trim_start_matches('"').starts_with('/'), "{text}");
        let error = text.split_once(" error=").map_or("", |(_, rest)| rest);
        assert!(
            ["GET /", "PUT /", "DELETE /", "POST /"].iter().any(|call| error.starts_with(call)),
            "{text}"
        );
        count += 1;
    }
    count
}

/// Panics with values and errors in their messages.
fn panics() {
    let echo = format!(r#"{{"name":"{EMAIL}","members":[{{"email":"{EMAIL}"}}],"invitations":["{EMAIL}"]}}"#);
    let (client, _) = clients("http://127.0.0.1:1");
    let organization = serde_json::from_str::<Organization>(&echo);
    let refused = client.project().remove_member(EMAIL);
    let raw = client.request(Method::GET, ["v1", EMAIL]).query("email", EMAIL);
    let is_refused = catch_unwind(AssertUnwindSafe(|| refused.unwrap())).is_err();
    let is_unwanted = catch_unwind(AssertUnwindSafe(|| organization.unwrap_err())).is_err();
    let shown = format!("{client:?} {raw:?}");
    let is_shown = catch_unwind(|| panic!("{shown}")).is_err();
    assert!(is_refused && is_unwanted && is_shown);
}

/// Fails if a secret is in a record, or in the bytes that several records show.
fn assert_clean(records: &[Record]) {
    let secrets = [KEY, EMAIL, "ann.o%2Bhidden%40members.example", "members.example"];
    for record in records {
        for secret in secrets {
            assert!(
                !record.text.contains(secret),
                "{secret} is in a record of {}: {}",
                record.origin,
                record.text
            );
        }
    }
    let bytes = recorder::dumped_bytes(records);
    for secret in secrets {
        assert!(!bytes.contains(secret), "{secret} is in the bytes that were logged:\n{bytes}");
    }
}
