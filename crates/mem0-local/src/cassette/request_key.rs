//! Key of a request, by which requests are compared regardless of the e-mail addresses in them.

use serde_json::{Number, Value};

use crate::cassette::exchange::{RecordedBody, RecordedRequest};
use crate::cassette::pseudonymizer::Pseudonymizer;

/// Largest whole number up to which `f64` represents all whole numbers: 2^53.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_992.0;

/// A request without its addresses, and the addresses in the order of their first occurrence.
///
/// Two requests match if their templates are equal. The template contains method, path, query and body; the order of
/// names and the encoding do not matter.
pub(super) struct RequestKey {
    pub(super) template: String,
    pub(super) addresses: Vec<String>,
}

impl RequestKey {
    pub(super) fn of(request: &RecordedRequest) -> Self {
        let mut addresses = Pseudonymizer::default();
        let mut template = String::new();
        // JSON strings keep the parts of the template unambiguous.
        push_text(&mut template, &request.method, &mut addresses);
        for segment in request.segments() {
            template.push('/');
            push_text(&mut template, &segment, &mut addresses);
        }
        let mut query: Vec<_> = request.query.iter().collect();
        // The sort is stable: the order of values of one name may be significant.
        query.sort_by_key(|(name, _)| without_addresses(name));
        for (name, value) in query {
            template.push('&');
            push_text(&mut template, name, &mut addresses);
            template.push('=');
            push_text(&mut template, value, &mut addresses);
        }
        match &request.body {
            None => {}
            Some(RecordedBody::Json(value)) => {
                template.push_str(" json ");
                push_value(&mut template, value, &mut addresses);
            }
            Some(body @ (RecordedBody::Text(_) | RecordedBody::Base64(_))) => {
                let kind = if matches!(body, RecordedBody::Text(_)) { " text " } else { " base64 " };
                template.push_str(kind);
                // Binary bodies may contain addresses too.
                let body = body.clone().map(&mut |text| addresses.replace(text, placeholder));
                if let RecordedBody::Text(text) | RecordedBody::Base64(text) = body {
                    template.push_str(&text);
                }
            }
        }
        Self { template, addresses: addresses.into_addresses() }
    }
}

/// Replaces the addresses in a text by `[e-mail]`.
pub(super) fn without_addresses(text: &str) -> String {
    Pseudonymizer::default().replace(text, |_| "[e-mail]".to_owned())
}

fn placeholder(number: usize) -> String {
    format!("\u{1}{number}\u{1}")
}

fn push_text(template: &mut String, text: &str, addresses: &mut Pseudonymizer) {
    template.push_str(&Value::from(addresses.replace(text, placeholder)).to_string());
}

fn push_value(template: &mut String, value: &Value, addresses: &mut Pseudonymizer) {
    match value {
        Value::String(text) => push_text(template, text, addresses),
        Value::Array(items) => {
            template.push('[');
            for item in items {
                push_value(template, item, addresses);
                template.push(',');
            }
            template.push(']');
        }
        Value::Object(pairs) => {
            let mut pairs: Vec<_> = pairs.iter().collect();
            pairs.sort_by_cached_key(|(name, _)| without_addresses(name));
            template.push('{');
            for (name, value) in pairs {
                push_text(template, name, addresses);
                template.push(':');
                push_value(template, value, addresses);
                template.push(',');
            }
            template.push('}');
        }
        Value::Number(number) => template.push_str(&canonical_number(number)),
        Value::Null | Value::Bool(_) => template.push_str(&value.to_string()),
    }
}

/// Writes a number in one form: `1.0` becomes `1`, as languages differ in how they write it.
pub(super) fn canonical_number(number: &Number) -> String {
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() < MAX_SAFE_INTEGER => {
            // Adding 0.0 removes the sign of a negative zero.
            format!("{:.0}", value + 0.0)
        }
        _ => number.to_string(),
    }
}
