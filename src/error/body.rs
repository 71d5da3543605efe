//! The bodies of refusals, in all the shapes the platform uses.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::redact::one_line;

/// How many values a body may have to be read as JSON: a value takes many times the memory of its text.
const MOST_VALUES: usize = 4096;

/// Where a body has texts that are about no field.
const GENERAL: [&str; 3] = ["detail", "message", "error"];

/// Words before a colon that are no field.
const NO_FIELDS: [&str; 10] =
    ["error", "errors", "detail", "details", "message", "warning", "note", "reason", "http", "https"];

type Fields = BTreeMap<String, Vec<String>>;

/// Reads what an error body says: the message in one line, and what it says of single fields. `redact` is applied
/// to every text once it is decoded: a secret may be written with escapes.
pub(crate) fn read_error_body(
    status: StatusCode,
    body: &str,
    redact: impl Fn(&str) -> String,
) -> (String, Fields) {
    let mut said = Said::default();
    match parsed(body) {
        Some(Value::Object(object)) => said.read_object(&object),
        Some(Value::Array(items)) => said.general.extend(items.iter().map(text_of)),
        Some(Value::String(text)) => said.general.push(text),
        Some(_) => {}
        None if is_markup(body) => {}
        None => said.general.push(body.to_owned()),
    }
    let clean = |text: &str| one_line(&redact(text));
    let message = clean(&said.message());
    if matches!(status, StatusCode::BAD_REQUEST | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY) {
        said.read_sentences();
    }
    let clean_field = |(field, texts): (&String, &Vec<String>)| {
        (clean(field), texts.iter().map(|text| clean(text)).collect())
    };
    let fields = said.fields.iter().map(clean_field).collect();
    if message.is_empty() {
        return (status.canonical_reason().unwrap_or("no explanation was given").to_owned(), fields);
    }
    (message, fields)
}

fn parsed(body: &str) -> Option<Value> {
    let values = body.bytes().filter(|byte| b",[{".contains(byte)).count();
    if values > MOST_VALUES { None } else { serde_json::from_str(body).ok() }
}

/// Length of a text, in bytes, up to which fields are looked for in its sentences.
const SENTENCES: usize = 4 * 1024;

/// Content of a body, not yet cleaned.
#[derive(Default)]
struct Said {
    /// Texts about no field.
    general: Vec<String>,
    fields: Fields,
    /// Texts about no field which come with details of single fields, and are mostly the same for all of them.
    after_fields: Vec<String>,
}

impl Said {
    fn read_object(&mut self, object: &Map<String, Value>) {
        for name in GENERAL {
            match object.get(name) {
                Some(Value::Object(nested)) => self.read_object(nested),
                Some(value) => self.general.push(text_of(value)),
                None => {}
            }
        }
        match object.get("errors") {
            Some(Value::Object(fields)) => self.read_fields(fields),
            Some(value) => self.general.push(text_of(value)),
            None => {}
        }
        match object.get("details") {
            Some(Value::Object(details)) => {
                for (field, value) in details {
                    if GENERAL.contains(&field.as_str()) {
                        self.after_fields.push(text_of(value));
                    } else {
                        self.read_field(field, value);
                    }
                }
            }
            Some(value) => self.general.push(text_of(value)),
            None => {}
        }
        self.general.retain(|text| !text.is_empty());
        if self.general.is_empty() && self.after_fields.is_empty() && self.fields.is_empty() {
            self.read_fields(object);
            return;
        }
        for (field, value) in object {
            let is_read =
                GENERAL.contains(&field.as_str()) || ["errors", "details"].contains(&field.as_str());
            if !is_read && is_list_of_texts(value) {
                self.read_field(field, value);
            }
        }
    }

    fn read_fields(&mut self, object: &Map<String, Value>) {
        for (field, value) in object {
            self.read_field(field, value);
        }
    }

    fn read_field(&mut self, field: &str, value: &Value) {
        let texts = self.fields.entry(field.to_owned()).or_default();
        match value {
            Value::Array(items) => texts.extend(items.iter().map(text_of)),
            other => texts.push(text_of(other)),
        }
    }

    fn message(&self) -> String {
        let fields = self.fields.iter().map(|(field, texts)| format!("{field}: {}", texts.join(" ")));
        let parts = self.general.iter().cloned().chain(fields).chain(self.after_fields.iter().cloned());
        joined(parts)
    }

    /// Takes the fields out of texts such as "email: Enter one. role: Not a role.".
    fn read_sentences(&mut self) {
        for text in &self.general {
            let mut rest = beginning(text).trim();
            while let Some((field, after)) = field_at_start(rest) {
                let end = next_field(after).unwrap_or(after.len());
                let message = after[..end].trim().to_owned();
                let texts = self.fields.entry(field.to_owned()).or_default();
                if !texts.contains(&message) {
                    texts.push(message);
                }
                rest = &after[end..];
            }
        }
    }
}

/// The part of a text that is searched for fields.
fn beginning(text: &str) -> &str {
    let end = (0..=text.len().min(SENTENCES)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

/// The name of the field a text begins with, and what follows its colon.
fn field_at_start(text: &str) -> Option<(&str, &str)> {
    let (field, rest) = text.split_once(": ")?;
    let is_name = field.starts_with(|first: char| first.is_ascii_lowercase())
        && field.chars().all(|character| character.is_ascii_alphanumeric() || "_.[]".contains(character));
    (is_name && !NO_FIELDS.contains(&field)).then_some((field, rest))
}

/// Where the sentence about the next field begins.
fn next_field(text: &str) -> Option<usize> {
    let ends = text.match_indices([' ']).filter(|(at, _)| text[..*at].ends_with(['.', '!', '?', ';', ',']));
    ends.map(|(at, _)| at + 1).find(|at| field_at_start(&text[*at..]).is_some())
}

/// Whether a value is what Django says of a field: one or more sentences.
fn is_list_of_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|texts| !texts.is_empty() && texts.iter().all(Value::is_string))
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => joined(items.iter().map(text_of)),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The parts in one text. A full stop before a semicolon is left out.
fn joined(parts: impl Iterator<Item = String>) -> String {
    let mut whole = String::new();
    for part in parts {
        if !whole.is_empty() {
            whole.truncate(whole.trim_end_matches('.').len());
            whole.push_str("; ");
        }
        whole.push_str(&part);
    }
    whole
}

fn is_markup(body: &str) -> bool {
    body.trim_start().starts_with('<')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> (String, Fields) {
        read_error_body(StatusCode::BAD_REQUEST, body, str::to_owned)
    }

    fn fields<const N: usize>(fields: [(&str, &str); N]) -> Fields {
        fields.into_iter().map(|(field, text)| (field.to_owned(), vec![text.to_owned()])).collect()
    }

    #[test]
    fn every_documented_shape_is_read() {
        let name = || fields([("name", "This field is required.")]);
        let none = BTreeMap::new;
        for (body, message, fields) in [
            (r#"{"detail":"Invalid page."}"#, "Invalid page.", none()),
            (r#"{"message":"Organization not found"}"#, "Organization not found", none()),
            (r#"{"error":"Webhook not found"}"#, "Webhook not found", none()),
            (r#"{"errors":{"name":["This field is required."]}}"#, "name: This field is required.", name()),
            (r#"{"name":["This field is required."]}"#, "name: This field is required.", name()),
            (r#"["One of the filters is required"]"#, "One of the filters is required", none()),
            (r#"{"error":"Bad","details":{"message":"why"}}"#, "Bad; why", none()),
            ("", "Bad Request", none()),
            ("<html><body>502</body></html>", "Bad Request", none()),
            ("upstream down", "upstream down", none()),
            ("null", "Bad Request", none()),
            ("17", "Bad Request", none()),
            (r#"{"detail":["a","b"]}"#, "a; b", none()),
            (r#"{"detail":null}"#, "detail:", fields([("detail", "")])),
        ] {
            assert_eq!(read(body), (message.to_owned(), fields), "{body}");
        }
    }

    #[test]
    fn fields_beside_a_general_message_are_read() {
        let (message, said) =
            read(r#"{"detail":"Invalid input.","code":"invalid","name":["This field is required."]}"#);
        assert_eq!(message, "Invalid input; name: This field is required.");
        assert_eq!(said, fields([("name", "This field is required.")]));
    }

    #[test]
    fn a_body_made_of_beginnings_of_fields_is_read_in_linear_time() {
        let (message, said) = read(&format!("a: {}", ". ".repeat(128 * 1024)));
        assert!(message.starts_with("a: ") && said.len() == 1, "{message}");
    }

    #[test]
    fn the_details_of_a_refusal_are_fields_and_part_of_the_message() {
        let required = "This field is required.";
        for (body, message, fields) in [
            (
                r#"{"error":"400 Bad Request","details":{"message":"Invalid input data.","user_id":["This field is required."]}}"#,
                "400 Bad Request; user_id: This field is required; Invalid input data.",
                fields([("user_id", required)]),
            ),
            (r#"{"details":{"user_id":"no"}}"#, "user_id: no", fields([("user_id", "no")])),
            (r#"{"error":"Bad","details":"why"}"#, "Bad; why", fields([])),
            (r#"{"error":"Bad","details":["why","how"]}"#, "Bad; why; how", fields([])),
            (r#"{"error":{"message":"why","code":7}}"#, "why", fields([])),
            (
                r#"{"detail":{"role":["Not a role."]}}"#,
                "role: Not a role.",
                fields([("role", "Not a role.")]),
            ),
            (
                r#"{"message":"Invalid.","errors":{"role":["Not a role."]}}"#,
                "Invalid; role: Not a role.",
                fields([("role", "Not a role.")]),
            ),
        ] {
            assert_eq!(read(body), (message.to_owned(), fields), "{body}");
        }
    }

    #[test]
    fn a_sentence_that_begins_with_a_field_is_about_it() {
        for (text, expected) in [
            ("user_id: This field is required.", fields([("user_id", "This field is required.")])),
            (
                "email: No. Really not. role: Not a role.",
                fields([("email", "No. Really not."), ("role", "Not a role.")]),
            ),
            ("messages[0].role: unknown", fields([("messages[0].role", "unknown")])),
            ("email: is `a: b`", fields([("email", "is `a: b`")])),
            ("Not found: user_id", fields([])),
            ("error: it is down", fields([])),
            ("https://x.io: no", fields([])),
            ("user_id:", fields([])),
        ] {
            for body in [
                serde_json::json!({"message": text}).to_string(),
                serde_json::json!([text]).to_string(),
                text.into(),
            ] {
                assert_eq!(read(&body), (text.to_owned(), expected.clone()), "{body}");
            }
        }
        let (_, fields) = read_error_body(StatusCode::BAD_GATEWAY, "upstream: refused", str::to_owned);
        assert!(fields.is_empty(), "{fields:?}");
    }

    #[test]
    fn a_field_may_hold_an_object() {
        let (message, fields) = read(r#"{"event_types":{"0":["bad"]}}"#);
        assert_eq!(message, r#"event_types: {"0":["bad"]}"#);
        assert_eq!(fields.len(), 1);
    }

    #[test]
    fn a_message_is_one_masked_line_of_limited_length() {
        let (message, _) = read("{\"message\":\"a\\n\\u001b[31mb bob@x.io\"}");
        assert_eq!(message, "a [31mb [e-mail]");
        let (message, _) = read(&"é".repeat(10_000));
        assert_eq!(message.chars().count(), crate::redact::LINE_LIMIT + 1);
        let (message, fields) = read(&format!("[{}0]", "{},".repeat(MOST_VALUES)));
        assert!(message.starts_with("[{},") && fields.is_empty(), "too many values to be a message");
    }
}
