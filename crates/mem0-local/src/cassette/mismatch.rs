//! Messages about requests without a recorded response.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cassette::exchange::{RecordedBody, RecordedRequest};
use crate::cassette::request_key::{canonical_number, without_addresses};
use mem0::redact::redact_keys;

/// Maximum number of differences in a message, and of characters shown of a value.
const MAX_DIFFERENCES: usize = 3;
const MAX_VALUE_CHARS: usize = 60;

/// Message with the most similar recorded request and the differences to it, without e-mail addresses. `recorded`
/// contains requests with their line numbers in the file.
pub(super) fn describe(
    request: &RecordedRequest,
    recorded: &[(usize, &RecordedRequest)],
    is_same_template: bool,
) -> String {
    let name = |request: &RecordedRequest| {
        format!("{} {}", request.method, redact_keys(&without_addresses(&request.path)))
    };
    let missing = format!("No response is recorded for {}", name(request));
    let Some(min_distance) = recorded.iter().map(|(_, one)| distance(request, one)).min() else {
        return format!("{missing}.");
    };
    let current = parts(request);
    let nearest = recorded
        .iter()
        .filter(|(_, one)| distance(request, one) == min_distance)
        .map(|(line, one)| (line, one, differences(&current, &parts(one))))
        .min_by_key(|(_, _, differences)| differences.len());
    let Some((line, request, differences)) = nearest else { return format!("{missing}.") };
    let suffix = if min_distance != (0, false) {
        String::new()
    } else if is_same_template || differences.is_empty() {
        ": only the e-mail addresses differ".to_owned()
    } else {
        let more = differences.len().saturating_sub(MAX_DIFFERENCES);
        let named = differences.into_iter().take(MAX_DIFFERENCES).collect::<Vec<_>>().join("; ");
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        format!(": {named}{more}")
    };
    format!("{missing}. The most similar request is on line {line}: {}{suffix}.", name(request))
}

/// Number of path segments that differ, and whether the method differs.
fn distance(one: &RecordedRequest, other: &RecordedRequest) -> (usize, bool) {
    let path = |request: &RecordedRequest| -> Vec<String> {
        request.segments().iter().map(|text| without_addresses(text)).collect()
    };
    let (segments, other_segments) = (path(one), path(other));
    let same = segments.iter().zip(&other_segments).filter(|(one, other)| one == other).count();
    (segments.len().max(other_segments.len()) - same, one.method != other.method)
}

/// Values of the query and the body, by their location.
fn parts(request: &RecordedRequest) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    let redacted = |text: &str| redact_keys(&without_addresses(text));
    for (name, value) in &request.query {
        let value_text: &mut String = parts.entry(format!("query parameter {}", redacted(name))).or_default();
        if !value_text.is_empty() {
            value_text.push_str(", ");
        }
        value_text.push_str(&Value::from(redacted(value)).to_string());
    }
    match &request.body {
        None => {}
        Some(RecordedBody::Json(value)) => collect("", value, &mut parts),
        Some(RecordedBody::Text(text)) => drop(parts.insert("body".into(), redacted(text))),
        Some(RecordedBody::Base64(_)) => drop(parts.insert("body".into(), "bytes".into())),
    }
    parts
}

/// Collects the scalar values of a JSON body by their JSON pointers.
fn collect(pointer: &str, value: &Value, parts: &mut BTreeMap<String, String>) {
    let redacted = |text: &str| redact_keys(&without_addresses(text));
    let value_text = match value {
        Value::Object(pairs) if !pairs.is_empty() => {
            for (name, value) in pairs {
                collect(&format!("{pointer}/{}", redacted(name)), value, parts);
            }
            return;
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, value) in items.iter().enumerate() {
                collect(&format!("{pointer}/{at}"), value, parts);
            }
            return;
        }
        Value::String(text) => Value::from(redacted(text)).to_string(),
        Value::Number(number) => canonical_number(number),
        other => other.to_string(),
    };
    let location = if pointer.is_empty() { "body".to_owned() } else { format!("body field {pointer}") };
    parts.insert(location, value_text);
}

fn differences(current: &BTreeMap<String, String>, recorded: &BTreeMap<String, String>) -> Vec<String> {
    let mut differences = Vec::new();
    for (location, value_text) in current {
        match recorded.get(location) {
            Some(recorded_text) if recorded_text == value_text => {}
            Some(recorded_text) => {
                differences.push(format!(
                    "{location} is {}, recorded {}",
                    truncate(value_text),
                    truncate(recorded_text)
                ));
            }
            None => differences.push(format!("{location} is {}, not recorded", truncate(value_text))),
        }
    }
    let missing = recorded.iter().filter(|(location, _)| !current.contains_key(*location));
    differences.extend(missing.map(|(location, recorded_text)| {
        format!("{location} is missing, recorded {}", truncate(recorded_text))
    }));
    differences
}

fn truncate(text: &str) -> String {
    let printable: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match printable.char_indices().nth(MAX_VALUE_CHARS) {
        Some((end, _)) => format!("{}…", &printable[..end]),
        None => printable,
    }
}
