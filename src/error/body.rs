//! Parser of error bodies, in all shapes that the platform uses.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::redact::one_line;

/// Maximum number of JSON values in a body that is parsed: a value takes many times the memory of its text.
const MAX_VALUES: usize = 4096;

/// Keys of messages that are not about a field.
const MESSAGE_KEYS: [&str; 3] = ["detail", "message", "error"];

/// Words before a colon that are not field names.
const NOT_FIELD_NAMES: [&str; 10] =
    ["error", "errors", "detail", "details", "message", "warning", "note", "reason", "http", "https"];

type Fields = BTreeMap<String, Vec<String>>;

/// Parses an error body: the message in one line, and the messages per field. `redact` is applied to the decoded texts,
/// because a secret may be escaped.
pub(crate) fn read_error_body(
    status: StatusCode,
    body: &str,
    redact: impl Fn(&str) -> String,
) -> (String, Fields) {
    let mut parsed = ParsedBody::default();
    match parse(body) {
        Some(Value::Object(object)) => parsed.read_object(&object),
        Some(Value::Array(items)) => parsed.messages.extend(items.iter().map(text_of)),
        Some(Value::String(text)) => parsed.messages.push(text),
        Some(_) => {}
        None if is_markup(body) => {}
        None => parsed.messages.push(body.to_owned()),
    }
    let clean = |text: &str| one_line(&redact(text));
    let message = clean(&parsed.message());
    if matches!(status, StatusCode::BAD_REQUEST | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY) {
        parsed.read_sentences();
    }
    let clean_field = |(field, texts): (&String, &Vec<String>)| {
        (clean(field), texts.iter().map(|text| clean(text)).collect())
    };
    let fields = parsed.fields.iter().map(clean_field).collect();
    if message.is_empty() {
        return (status.canonical_reason().unwrap_or("no message").to_owned(), fields);
    }
    (message, fields)
}

fn parse(body: &str) -> Option<Value> {
    let values = body.bytes().filter(|byte| b",[{".contains(byte)).count();
    if values > MAX_VALUES { None } else { serde_json::from_str(body).ok() }
}

/// Maximum length in bytes of a message that is searched for fields.
const MAX_SEARCHED_LEN: usize = 4 * 1024;

/// Content of an error body, before redaction.
#[derive(Default)]
struct ParsedBody {
    /// Messages that are not about a field.
    messages: Vec<String>,
    fields: Fields,
    /// Messages next to messages of fields. They are mostly generic, so they come last.
    generic_messages: Vec<String>,
}

impl ParsedBody {
    fn read_object(&mut self, object: &Map<String, Value>) {
        for name in MESSAGE_KEYS {
            match object.get(name) {
                Some(Value::Object(nested)) => self.read_object(nested),
                Some(value) => self.messages.push(text_of(value)),
                None => {}
            }
        }
        match object.get("errors") {
            Some(Value::Object(fields)) => self.read_fields(fields),
            Some(value) => self.messages.push(text_of(value)),
            None => {}
        }
        match object.get("details") {
            Some(Value::Object(details)) => {
                for (field, value) in details {
                    if MESSAGE_KEYS.contains(&field.as_str()) {
                        self.generic_messages.push(text_of(value));
                    } else {
                        self.read_field(field, value);
                    }
                }
            }
            Some(value) => self.messages.push(text_of(value)),
            None => {}
        }
        self.messages.retain(|text| !text.is_empty());
        if self.messages.is_empty() && self.generic_messages.is_empty() && self.fields.is_empty() {
            self.read_fields(object);
            return;
        }
        for (field, value) in object {
            let is_read =
                MESSAGE_KEYS.contains(&field.as_str()) || ["errors", "details"].contains(&field.as_str());
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
        let parts = self.messages.iter().cloned().chain(fields).chain(self.generic_messages.iter().cloned());
        joined(parts)
    }

    /// Extracts fields from messages such as "email: Enter one. role: Not a role.".
    fn read_sentences(&mut self) {
        for text in &self.messages {
            let mut rest = searched_part(text).trim();
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

/// Part of a message that is searched for fields.
fn searched_part(text: &str) -> &str {
    let end =
        (0..=text.len().min(MAX_SEARCHED_LEN)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

/// Field name at the start of a text, and the text after its colon.
fn field_at_start(text: &str) -> Option<(&str, &str)> {
    let (field, rest) = text.split_once(": ")?;
    let is_name = field.starts_with(|first: char| first.is_ascii_lowercase())
        && field.chars().all(|character| character.is_ascii_alphanumeric() || "_.[]".contains(character));
    (is_name && !NOT_FIELD_NAMES.contains(&field)).then_some((field, rest))
}

/// Start of the sentence about the next field.
fn next_field(text: &str) -> Option<usize> {
    let ends = text.match_indices([' ']).filter(|(at, _)| text[..*at].ends_with(['.', '!', '?', ';', ',']));
    ends.map(|(at, _)| at + 1).find(|at| field_at_start(&text[*at..]).is_some())
}

/// Whether a value is a list of messages, which is how Django reports the errors of a field.
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

/// Joins parts with semicolons. Full stops before the semicolons are removed.
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
    fn documented_shapes_are_parsed() {
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
    fn fields_beside_a_message_are_parsed() {
        let (message, fields_read) =
            read(r#"{"detail":"Invalid input.","code":"invalid","name":["This field is required."]}"#);
        assert_eq!(message, "Invalid input; name: This field is required.");
        assert_eq!(fields_read, fields([("name", "This field is required.")]));
    }

    #[test]
    fn a_body_of_sentence_ends_is_parsed_in_linear_time() {
        let (message, fields_read) = read(&format!("a: {}", ". ".repeat(128 * 1024)));
        assert!(message.starts_with("a: ") && fields_read.len() == 1, "{message}");
    }

    #[test]
    fn details_are_fields_and_part_of_the_message() {
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
    fn a_field_is_extracted_from_the_start_of_a_sentence() {
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
    fn a_field_may_have_an_object() {
        let (message, fields) = read(r#"{"event_types":{"0":["bad"]}}"#);
        assert_eq!(message, r#"event_types: {"0":["bad"]}"#);
        assert_eq!(fields.len(), 1);
    }

    #[test]
    fn a_message_is_one_redacted_line_of_limited_length() {
        let (message, _) = read("{\"message\":\"a\\n\\u001b[31mb bob@x.io\"}");
        assert_eq!(message, "a [31mb [e-mail]");
        let (message, _) = read(&"é".repeat(10_000));
        assert_eq!(message.chars().count(), crate::redact::MAX_LINE_CHARS + 1);
        let (message, fields) = read(&format!("[{}0]", "{},".repeat(MAX_VALUES)));
        assert!(message.starts_with("[{},") && fields.is_empty(), "too many values to be parsed");
    }
}
