//! Numbers in metadata keep their digits in every call.

use super::*;
use mem0::bulk::{Handle, Import};
use mem0::{AddMemories, Filter};
use serde_json::{Map, Value};
use std::io::Cursor;

/// Coordinates and long integers.
const NUMBERS: &[&str] = &[
    "117.63331139400017",
    "0.09144338512092887",
    "-73.98565409999999",
    "2.220446049250313e-16",
    "9007199254740993",
    "18446744073709551615",
    "-9223372036854775808",
];

/// Numbers that keep their digits only with `serde_json`'s feature `arbitrary_precision`. mem0ctl enables it, and so
/// does a test of the whole workspace.
const LONG_NUMBERS: &[&str] = &["18446744073709551616", "123456789012345678901234567890", "1.10"];

fn numbers() -> Vec<&'static str> {
    let is_precise = |number: &&&str| {
        let written = serde_json::from_str::<Value>(number).unwrap().to_string();
        written == **number
    };
    NUMBERS.iter().chain(LONG_NUMBERS.iter().filter(is_precise)).copied().collect()
}

fn metadata(number: &str) -> String {
    format!(r#"{{"n":{number},"nested":[{{"n":{number}}}]}}"#)
}

#[maybe_async]
#[flavour_test]
async fn adds_send_the_digits_of_the_caller() {
    let mut server = server().await;
    let client = client(&server);
    for number in numbers() {
        let metadata = metadata(number);
        let body = format!(
            r#"{{"messages":[{{"role":"user","content":"tea"}}],"user_id":"a","metadata":{metadata}}}"#
        );
        let mock =
            expect_body(&mut server, "POST", "/v3/memories/add/", &body).with_body(r#"{"results":[]}"#);
        let mock = created(mock).await;
        let given: Value = serde_json::from_str(&metadata).unwrap();
        client.add(AddMemories::new("tea").user_id("a").metadata(given)).await.unwrap();
        checked(&mock).await;
        mock.remove();
    }
}

#[maybe_async]
#[flavour_test]
async fn reads_and_exports_keep_the_digits_of_the_server() {
    for number in numbers() {
        let mut server = server().await;
        let metadata = metadata(number);
        let page = format!(
            r#"{{"count":1,"next":null,"previous":null,"results":[
                {{"id":"m","user_id":"a","score":0.5,"memory":"tea","metadata":{metadata},"new":{number}}}]}}"#
        );
        let mock = created(expect(&mut server, "POST", "/v3/memories/").with_body(page).expect(2)).await;
        let client = client(&server);
        let memory = client.get_all(Filter::user("a")).unwrap().next_item().await.unwrap().unwrap();
        assert_eq!(serde_json::to_string(&memory.metadata).unwrap(), metadata);
        assert_eq!((memory.extra["new"].to_string(), memory.score), ((*number).to_owned(), Some(0.5)));
        let mut lines = Vec::new();
        client.export_memories(Filter::user("a"), &mut lines, &Handle::new()).await.unwrap();
        let line = String::from_utf8(lines).unwrap();
        assert!(line.contains(&format!(r#""metadata":{metadata}"#)), "{line}");
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn imports_keep_the_digits_of_the_file() {
    for number in numbers() {
        let mut server = server().await;
        let metadata = metadata(number);
        let sent = Matcher::Regex(format!(r#""metadata":{},?"#, escaped(&metadata)));
        let mock = expect(&mut server, "POST", "/v3/memories/add/").match_body(sent);
        let response = r#"{"results":[{"id":"m","data":{"memory":"tea"},"event":"ADD"}]}"#;
        let mock = created(mock.with_body(response)).await;
        let line = format!(r#"{{"memory":"tea","user_id":"a","metadata":{metadata}}}"#);
        let import = Import::from_reader(Cursor::new(line)).reconcile_after(Duration::from_millis(1));
        let report = client(&server).import_memories(import).await.unwrap();
        assert_eq!((report.added, report.rejected), (1, 0), "{number}: {:?}", report.rejected_lines);
        checked(&mock).await;
    }
}

/// Regular expression that matches only this text.
fn escaped(text: &str) -> String {
    text.chars()
        .map(
            |character| {
                if character.is_alphanumeric() { character.to_string() } else { format!(r"\{character}") }
            },
        )
        .collect()
}

/// Numbers in typed fields are decoded with any features of `serde_json` that other crates enable.
#[test]
fn typed_numbers_are_decoded_with_any_serde_json_features() {
    let memory: mem0::Memory =
        serde_json::from_str(r#"{"score":0.25,"score_breakdown":{"semantic":1.5,"bm25":2},"extra":1e3}"#)
            .unwrap();
    let parts = memory.score_breakdown.unwrap();
    assert_eq!((memory.score, parts.semantic, parts.bm25), (Some(0.25), Some(1.5), Some(2.0)));
    assert_eq!(
        serde_json::from_value::<mem0::memories::ScoreBreakdown>(serde_json::to_value(&parts).unwrap())
            .unwrap(),
        parts
    );
    let moments: mem0::Memory =
        serde_json::from_str(r#"{"created_at":1767258000.5,"updated_at":7}"#).unwrap();
    let text = |moment: Option<mem0::Timestamp>| moment.unwrap().as_str().to_owned();
    assert_eq!((text(moments.created_at), text(moments.updated_at)), ("1767258000.5".into(), "7".into()));
    for number in ["1.5", "7", "18446744073709551616"] {
        assert!(serde_json::from_str::<mem0::Memory>(number).is_err(), "{number} is not an object");
    }
    let again: Map<String, Value> = serde_json::from_value(serde_json::to_value(&parts).unwrap()).unwrap();
    assert_eq!(again["semantic"].as_f64(), Some(1.5));
}
