//! What a request asks, so that it can be compared with another in which people have other addresses.

use serde_json::{Number, Value};

use crate::cassette::exchange::{Asked, Content};
use crate::cassette::people::People;

/// Numbers beyond this are not all whole numbers of their own.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// A request without its addresses, and the addresses in the order in which they stand in it.
///
/// Two requests are alike if their shapes are the same: method, path, query and body, whatever the order of names and
/// however it is all encoded.
pub(super) struct Question {
    pub(super) shape: String,
    pub(super) people: Vec<String>,
}

impl Question {
    pub(super) fn of(asked: &Asked) -> Self {
        let mut people = People::default();
        let mut shape = String::new();
        // As JSON, so that nothing that was sent can look like a part of something else.
        push(&mut shape, &asked.method, &mut people);
        for segment in asked.segments() {
            shape.push('/');
            push(&mut shape, &segment, &mut people);
        }
        let mut query: Vec<_> = asked.query.iter().collect();
        // Of values of one name the order may mean something.
        query.sort_by_key(|(name, _)| faceless(name));
        for (name, value) in query {
            shape.push('&');
            push(&mut shape, name, &mut people);
            shape.push('=');
            push(&mut shape, value, &mut people);
        }
        match &asked.body {
            None => {}
            Some(Content::Json(value)) => {
                shape.push_str(" json ");
                push_value(&mut shape, value, &mut people);
            }
            Some(body @ (Content::Text(_) | Content::Base64(_))) => {
                let kind = if matches!(body, Content::Text(_)) { " text " } else { " base64 " };
                shape.push_str(kind);
                // What is no text may have addresses too.
                let body = body.clone().map(&mut |text| people.replace(text, placeholder));
                if let Content::Text(text) | Content::Base64(text) = body {
                    shape.push_str(&text);
                }
            }
        }
        Self { shape, people: people.into_met() }
    }
}

/// The text without saying who is in it.
pub(super) fn faceless(text: &str) -> String {
    People::default().replace(text, |_| "[e-mail]".to_owned())
}

fn placeholder(number: usize) -> String {
    format!("\u{1}{number}\u{1}")
}

fn push(shape: &mut String, text: &str, people: &mut People) {
    shape.push_str(&Value::from(people.replace(text, placeholder)).to_string());
}

fn push_value(shape: &mut String, value: &Value, people: &mut People) {
    match value {
        Value::String(text) => push(shape, text, people),
        Value::Array(items) => {
            shape.push('[');
            for item in items {
                push_value(shape, item, people);
                shape.push(',');
            }
            shape.push(']');
        }
        Value::Object(pairs) => {
            let mut pairs: Vec<_> = pairs.iter().collect();
            pairs.sort_by_cached_key(|(name, _)| faceless(name));
            shape.push('{');
            for (name, value) in pairs {
                push(shape, name, people);
                shape.push(':');
                push_value(shape, value, people);
                shape.push(',');
            }
            shape.push('}');
        }
        Value::Number(number) => shape.push_str(&plain(number)),
        Value::Null | Value::Bool(_) => shape.push_str(&value.to_string()),
    }
}

/// `1.0` is `1`: languages differ in which of them they write.
pub(super) fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() < LARGEST_WHOLE => {
            // Zero has a sign here.
            format!("{:.0}", value + 0.0)
        }
        _ => number.to_string(),
    }
}
