#![allow(clippy::unwrap_used, clippy::expect_used)]
use serde_json::{Value, json};

use super::*;
use crate::cassette::exchange::RecordedBody;

fn line(request: Value, response: &Value) -> String {
    let mut exchange = json!({"request": {"method": "GET", "path": "/"}, "response": {"status": 200}});
    for (name, value) in request.as_object().unwrap() {
        exchange["request"][name] = value.clone();
    }
    exchange["response"]["body"] = json!({ "json": response });
    exchange.to_string() + "\n"
}

fn request_of(request: Value) -> RecordedRequest {
    let mut recorded = json!({"method": "GET", "path": "/"});
    for (name, value) in request.as_object().unwrap() {
        recorded[name] = value.clone();
    }
    serde_json::from_value(recorded).unwrap()
}

fn body(result: Result<RecordedResponse, String>) -> Value {
    match result.map(|result| result.body) {
        Ok(Some(RecordedBody::Json(value))) => value,
        Ok(_) => Value::Null,
        Err(message) => json!({ "message": message }),
    }
}

#[test]
fn order_and_encoding_do_not_matter_for_matching() {
    let recorded = json!({
        "method": "POST", "path": "/v1/a%21b/c%2Fd/",
        "query": [["b", "2"], ["a", "1"], ["a", "0"]],
        "body": {"json": {"x": 1, "y": [1.5, {"p": null, "q": "t"}]}},
    });
    let same = json!({
        "method": "POST", "path": "/v1/a!b/c%2fd/",
        "query": [["a", "1"], ["b", "2"], ["a", "0"]],
        "body": {"json": {"y": [1.5, {"q": "t", "p": null}], "x": 1.0}},
    });
    let mut reader = CassetteReader::from_lines(&line(recorded.clone(), &json!("yes"))).unwrap();
    assert_eq!(body(reader.respond(request_of(same.clone()), None)), "yes");
    let other = |pointer: &str, value: Value| {
        let mut other = same.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        other
    };
    for (request, difference) in [
        (other("/method", json!("PUT")), "The most similar request is on line 1: POST /v1/a%21b/c%2Fd/."),
        (
            other("/path", json!("/v1/a!b/c/d/")),
            "The most similar request is on line 1: POST /v1/a%21b/c%2Fd/.",
        ),
        (other("/query/0/1", json!("0")), "query parameter a is \"0\", \"0\", recorded \"1\", \"0\"."),
        (
            other("/query/1/0", json!("z")),
            "query parameter z is \"2\", not recorded; query parameter b is missing, recorded \"2\".",
        ),
        (other("/body/json/x", json!(2)), "body field /x is 2, recorded 1."),
        (other("/body/json/x", json!("1")), "body field /x is \"1\", recorded 1."),
        (other("/body/json/y/0", json!("bob@x.io m0-secret")), "body field /y/0 is \"[e-mail] [redacted]\""),
        (
            other("/body", json!({"text": "x"})),
            "body is x, not recorded; body field /x is missing, recorded 1",
        ),
    ] {
        let message = reader.respond(request_of(request), None).err().unwrap();
        assert!(message.starts_with("No response is recorded for "), "{message}");
        assert!(message.contains(difference), "{message}");
    }
    assert_eq!(reader.unmatched().len(), 8);
}

#[test]
fn equal_requests_get_their_responses_in_order_and_repeat_the_last() {
    let lines: String = [1, 2, 3].map(|response| line(json!({"path": "/a/"}), &json!(response))).concat();
    let mut reader = CassetteReader::from_lines(&lines).unwrap();
    let responses: Vec<Value> =
        (0..5).map(|_| body(reader.respond(request_of(json!({"path": "/a/"})), None))).collect();
    assert_eq!(responses, [1, 2, 3, 3, 3]);
    assert_eq!(reader.unused(), 0);
}

#[test]
fn an_address_keeps_its_pseudonym() {
    let member = |number: u32| json!({"query": [["email", format!("person-{number}@example.com")]]});
    let lines = [
        line(member(2), &json!({"who": "person-2@example.com", "by": "person-1@example.com"})),
        line(member(3), &json!({"who": "person-3@example.com"})),
        line(member(2), &json!("again")),
        line(json!({"path": "/list/"}), &json!(["person-1@example.com", "person-2@example.com"])),
    ];
    let mut reader = CassetteReader::from_lines(&lines.concat()).unwrap();
    let mut request =
        |email: &str| body(reader.respond(request_of(json!({"query": [["email", email]]})), None));
    assert_eq!(request("Ann@x.io"), json!({"who": "Ann@x.io", "by": "person-1@example.com"}));
    assert_eq!(request("bob@x.io"), json!({"who": "bob@x.io"}));
    assert_eq!(request("ann@X.io"), "again");
    assert_eq!(request("person-2@example.com"), "again", "a pseudonym stands for itself");
    let unmatched = request("carl@x.io");
    let message = unmatched["message"].as_str().unwrap();
    assert!(message.contains("only the e-mail addresses differ") && !message.contains("carl"), "{message}");
    let listed = body(reader.respond(request_of(json!({"path": "/list/"})), None));
    assert_eq!(listed, json!(["person-1@example.com", "Ann@x.io"]));
}

#[test]
fn one_address_does_not_match_two_pseudonyms() {
    let two = json!({"body": {"json": ["person-1@example.com", "person-2@example.com"]}});
    let mut reader = CassetteReader::from_lines(&line(two, &json!("two"))).unwrap();
    let mut request = |list: Value| body(reader.respond(request_of(json!({"body": {"json": list}})), None));
    assert!(request(json!(["a@x.io", "A@x.io"]))["message"].is_string());
    assert_eq!(request(json!(["a@x.io", "b@x.io"])), "two");
}

#[test]
fn keys_are_mapped_in_order_of_first_use() {
    let line_of = |key: &str, response: &str| line(json!({"key": key}), &json!(response));
    let lines =
        [line_of("key-1", "owner's"), line_of("key-2", "reader's"), line_of("key-1", "owner's, later")]
            .concat();
    let mut reader = CassetteReader::from_lines(&lines).unwrap();
    let mut request = |key: Option<&str>| body(reader.respond(request_of(json!({})), key));
    assert_eq!(request(Some("some-owner")), "owner's");
    assert_eq!(request(Some("some-reader")), "reader's");
    assert_eq!(request(Some("some-owner")), "owner's, later");
    assert_eq!(request(Some("some-reader")), "reader's");
    // Further keys get the last response.
    assert_eq!(request(Some("some-third")), "owner's, later");
    assert_eq!(request(None), "owner's, later");
}

#[test]
fn an_invalid_cassette_is_rejected_with_the_line_number() {
    let valid = line(json!({}), &json!(1));
    for (text, words) in [
        (String::new(), "the file contains no exchange"),
        (format!("{valid}\n{{\n{valid}"), "line 3: "),
        (format!("{valid}[]\n"), "line 2: "),
        (valid.replace("200", "99"), "line 1: response.status: not a valid final HTTP status"),
        (valid.replace("200", "101"), "line 1: response.status: not a valid final HTTP status"),
        (valid.replace("200", "\"bob@x.io\""), "line 1: response.status: invalid type"),
        (valid.replace("\"json\":1", "\"base64\":\"?\""), "line 1: response.body: invalid base64"),
        (valid.trim_end().trim_end_matches('}').to_owned(), "the file contains no exchange"),
    ] {
        let error = CassetteReader::from_lines(&text).err().expect(words).to_string();
        assert!(error.starts_with("invalid cassette: ") && error.contains(words), "{error}");
        assert!(!error.contains("bob@x.io"), "{error}");
    }
    // The last line of a killed recorder may be incomplete.
    let incomplete = format!("{valid}{}", &valid[..valid.len() / 2]);
    assert_eq!(CassetteReader::from_lines(&incomplete).unwrap().len(), 1);
    // Or lack its line break.
    assert_eq!(CassetteReader::from_lines(valid.trim_end()).unwrap().len(), 1);
}
