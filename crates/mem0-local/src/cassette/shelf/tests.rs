#![allow(clippy::unwrap_used, clippy::expect_used)]
use serde_json::{Value, json};

use super::*;
use crate::cassette::exchange::Content;

fn line(request: Value, answer: &Value) -> String {
    let mut exchange = json!({"request": {"method": "GET", "path": "/"}, "answer": {"status": 200}});
    for (name, value) in request.as_object().unwrap() {
        exchange["request"][name] = value.clone();
    }
    exchange["answer"]["body"] = json!({ "json": answer });
    exchange.to_string() + "\n"
}

fn asked(request: Value) -> Asked {
    let mut whole = json!({"method": "GET", "path": "/"});
    for (name, value) in request.as_object().unwrap() {
        whole[name] = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

fn body(answered: Result<Answered, String>) -> Value {
    match answered.map(|answered| answered.body) {
        Ok(Some(Content::Json(value))) => value,
        Ok(_) => Value::Null,
        Err(sentence) => json!({ "sentence": sentence }),
    }
}

#[test]
fn requests_are_alike_however_they_are_written() {
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
    let mut shelf = Shelf::from_lines(&line(recorded.clone(), &json!("yes"))).unwrap();
    assert_eq!(body(shelf.answer(asked(same.clone()), None)), "yes");
    let other = |pointer: &str, value: Value| {
        let mut other = same.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        other
    };
    for (request, difference) in [
        (other("/method", json!("PUT")), "The nearest is line 1, POST /v1/a%21b/c%2Fd/."),
        (other("/path", json!("/v1/a!b/c/d/")), "The nearest is line 1, POST /v1/a%21b/c%2Fd/."),
        (other("/query/0/1", json!("0")), "the query's a is \"0\", \"0\", and \"1\", \"0\" was recorded."),
        (
            other("/query/1/0", json!("z")),
            "the query's z is \"2\", and was not there; the query's b is not there",
        ),
        (other("/body/json/x", json!(2)), "the body's /x is 2, and 1 was recorded."),
        (other("/body/json/x", json!("1")), "the body's /x is \"1\", and 1 was recorded."),
        (other("/body/json/y/0", json!("bob@x.io m0-secret")), "the body's /y/0 is \"[e-mail] [redacted]\""),
        (
            other("/body", json!({"text": "x"})),
            "the body is x, and was not there; the body's /x is not there",
        ),
    ] {
        let sentence = shelf.answer(asked(request), None).err().unwrap();
        assert!(sentence.starts_with("The recording has no answer to "), "{sentence}");
        assert!(sentence.contains(difference), "{sentence}");
    }
    assert_eq!(shelf.missed().len(), 8);
}

#[test]
fn equal_requests_are_answered_in_order_and_then_as_the_last() {
    let lines: String = [1, 2, 3].map(|answer| line(json!({"path": "/a/"}), &json!(answer))).concat();
    let mut shelf = Shelf::from_lines(&lines).unwrap();
    let answers: Vec<Value> =
        (0..5).map(|_| body(shelf.answer(asked(json!({"path": "/a/"})), None))).collect();
    assert_eq!(answers, [1, 2, 3, 3, 3]);
    assert_eq!(shelf.unasked(), 0);
}

#[test]
fn an_address_is_one_stand_in_for_the_whole_run() {
    let member = |number: u32| json!({"query": [["email", format!("person-{number}@example.com")]]});
    let lines = [
        line(member(2), &json!({"who": "person-2@example.com", "by": "person-1@example.com"})),
        line(member(3), &json!({"who": "person-3@example.com"})),
        line(member(2), &json!("again")),
        line(json!({"path": "/list/"}), &json!(["person-1@example.com", "person-2@example.com"])),
    ];
    let mut shelf = Shelf::from_lines(&lines.concat()).unwrap();
    let mut ask = |email: &str| body(shelf.answer(asked(json!({"query": [["email", email]]})), None));
    assert_eq!(ask("Ann@x.io"), json!({"who": "Ann@x.io", "by": "person-1@example.com"}));
    assert_eq!(ask("bob@x.io"), json!({"who": "bob@x.io"}));
    assert_eq!(ask("ann@X.io"), "again");
    assert_eq!(ask("person-2@example.com"), "again", "a stand-in means itself");
    let stranger = ask("carl@x.io");
    let said = stranger["sentence"].as_str().unwrap();
    assert!(said.contains("it differs in who is named in it") && !said.contains("carl"), "{said}");
    let listed = body(shelf.answer(asked(json!({"path": "/list/"})), None));
    assert_eq!(listed, json!(["person-1@example.com", "Ann@x.io"]));
}

#[test]
fn the_same_person_twice_is_not_two() {
    let two = json!({"body": {"json": ["person-1@example.com", "person-2@example.com"]}});
    let mut shelf = Shelf::from_lines(&line(two, &json!("two"))).unwrap();
    let mut ask = |list: Value| body(shelf.answer(asked(json!({"body": {"json": list}})), None));
    assert!(ask(json!(["a@x.io", "A@x.io"]))["sentence"].is_string());
    assert_eq!(ask(json!(["a@x.io", "b@x.io"])), "two");
}

#[test]
fn the_first_key_stands_for_the_first() {
    let by = |key: &str, answer: &str| line(json!({"key": key}), &json!(answer));
    let lines = [by("key-1", "owner's"), by("key-2", "reader's"), by("key-1", "owner's, later")].concat();
    let mut shelf = Shelf::from_lines(&lines).unwrap();
    let mut ask = |key: Option<&str>| body(shelf.answer(asked(json!({})), key));
    assert_eq!(ask(Some("some-owner")), "owner's");
    assert_eq!(ask(Some("some-reader")), "reader's");
    assert_eq!(ask(Some("some-owner")), "owner's, later");
    assert_eq!(ask(Some("some-reader")), "reader's");
    // Any other key is as good, and gets what is left.
    assert_eq!(ask(Some("some-third")), "owner's, later");
    assert_eq!(ask(None), "owner's, later");
}

#[test]
fn a_cassette_that_is_wrong_is_refused_with_its_line() {
    let good = line(json!({}), &json!(1));
    for (text, words) in [
        (String::new(), "it holds no exchange"),
        (format!("{good}\n{{\n{good}"), "line 3: "),
        (format!("{good}[]\n"), "line 2: "),
        (good.replace("200", "99"), "line 1: answer.status: is no status of an answer"),
        (good.replace("200", "101"), "line 1: answer.status: is no status of an answer"),
        (good.replace("200", "\"bob@x.io\""), "line 1: answer.status: invalid type"),
        (good.replace("\"json\":1", "\"base64\":\"?\""), "line 1: answer.body: is no base64"),
        (good.trim_end().trim_end_matches('}').to_owned(), "it holds no exchange"),
    ] {
        let error = Shelf::from_lines(&text).err().expect(words).to_string();
        assert!(error.starts_with("the cassette can't be used: ") && error.contains(words), "{error}");
        assert!(!error.contains("bob@x.io"), "{error}");
    }
    // A recorder that was killed in the middle of a line has left the others.
    let torn = format!("{good}{}", &good[..good.len() / 2]);
    assert_eq!(Shelf::from_lines(&torn).unwrap().len(), 1);
    // And one that was killed between a line and its end.
    assert_eq!(Shelf::from_lines(good.trim_end()).unwrap().len(), 1);
}
