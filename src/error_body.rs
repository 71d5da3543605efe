//! The bodies of refusals, in all the shapes the platform uses (contract 2.1).

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::mask::one_line;

/// What an error body says: the message in one line, and what it says of single fields.
pub(crate) fn read_error_body(status: StatusCode, body: &str) -> (String, BTreeMap<String, Vec<String>>) {
    let mut fields = BTreeMap::new();
    let said = match serde_json::from_str::<Value>(body) {
        Ok(Value::Object(object)) => said_by_object(&object, &mut fields),
        Ok(Value::Array(items)) => joined(items.iter().map(text_of)),
        Ok(Value::String(text)) => text,
        Ok(_) => String::new(),
        Err(_) if is_markup(body) => String::new(),
        Err(_) => body.to_owned(),
    };
    let said = one_line(&said);
    if said.is_empty() {
        return (status.canonical_reason().unwrap_or("no explanation was given").to_owned(), fields);
    }
    (said, fields)
}

fn said_by_object(object: &Map<String, Value>, fields: &mut BTreeMap<String, Vec<String>>) -> String {
    if let Some(Value::Object(errors)) = object.get("errors") {
        collect_fields(errors, fields);
    }
    let general = ["detail", "message", "error"]
        .iter()
        .filter_map(|key| object.get(*key))
        .map(text_of)
        .chain(object.get("details").and_then(|details| details.get("message")).map(text_of));
    let general = joined(general.filter(|text| !text.is_empty()));
    if general.is_empty() && fields.is_empty() {
        collect_fields(object, fields);
    }
    if general.is_empty() {
        joined(fields.iter().map(|(field, messages)| format!("{field}: {}", messages.join(" "))))
    } else {
        general
    }
}

fn collect_fields(object: &Map<String, Value>, fields: &mut BTreeMap<String, Vec<String>>) {
    for (field, value) in object {
        let messages = match value {
            Value::Array(items) => items.iter().map(|item| one_line(&text_of(item))).collect(),
            other => vec![one_line(&text_of(other))],
        };
        fields.insert(one_line(field), messages);
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => joined(items.iter().map(text_of)),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

fn is_markup(body: &str) -> bool {
    body.trim_start().starts_with('<')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> (String, BTreeMap<String, Vec<String>>) {
        read_error_body(StatusCode::BAD_REQUEST, body)
    }

    #[test]
    fn every_documented_shape_is_read() {
        let name = BTreeMap::from([("name".to_owned(), vec!["This field is required.".to_owned()])]);
        let none = BTreeMap::new;
        for (body, message, fields) in [
            (r#"{"detail":"Invalid page."}"#, "Invalid page.", none()),
            (r#"{"message":"Organization not found"}"#, "Organization not found", none()),
            (r#"{"error":"Webhook not found"}"#, "Webhook not found", none()),
            (
                r#"{"errors":{"name":["This field is required."]}}"#,
                "name: This field is required.",
                name.clone(),
            ),
            (r#"{"name":["This field is required."]}"#, "name: This field is required.", name),
            (r#"["One of the filters is required"]"#, "One of the filters is required", none()),
            (r#"{"error":"Bad","details":{"message":"why"}}"#, "Bad; why", none()),
            ("", "Bad Request", none()),
            ("<html><body>502</body></html>", "Bad Request", none()),
            ("upstream down", "upstream down", none()),
            ("null", "Bad Request", none()),
            ("17", "Bad Request", none()),
            (r#"{"detail":["a","b"]}"#, "a; b", none()),
            (r#"{"detail":null}"#, "detail: ", BTreeMap::from([("detail".to_owned(), vec![String::new()])])),
        ] {
            let read = read(body);
            assert_eq!((read.0.as_str(), &read.1), (message.trim_end(), &fields), "{body}");
        }
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
        assert_eq!(message.chars().count(), crate::mask::LINE_LIMIT + 1);
    }
}
