//! What to say of a request that was not recorded.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cassette::exchange::{Asked, Content};
use crate::cassette::question::{faceless, plain};
use mem0::redact::redact_keys;

/// How many differences are named, and how much of a value is shown.
const DIFFERENCES: usize = 3;
const MAX_EXCERPT_CHARS: usize = 60;

/// A sentence that names the recorded request that is most like this one, and what differs. It shows no address. Each of
/// `recorded` has its line in the file.
pub(super) fn describe(asked: &Asked, recorded: &[(usize, &Asked)], is_alike: bool) -> String {
    let name = |asked: &Asked| format!("{} {}", asked.method, redact_keys(&faceless(&asked.path)));
    let missing = format!("The recording has no answer to {}", name(asked));
    let Some(least) = recorded.iter().map(|(_, one)| far(asked, one)).min() else {
        return format!("{missing}.");
    };
    let own = parts(asked);
    let nearest = recorded
        .iter()
        .filter(|(_, one)| far(asked, one) == least)
        .map(|(line, one)| (line, one, differences(&own, &parts(one))))
        .min_by_key(|(_, _, differences)| differences.len());
    let Some((line, request, differences)) = nearest else { return format!("{missing}.") };
    let what = if least != (0, false) {
        String::new()
    } else if is_alike || differences.is_empty() {
        ": it differs in who is named in it".to_owned()
    } else {
        let more = differences.len().saturating_sub(DIFFERENCES);
        let named = differences.into_iter().take(DIFFERENCES).collect::<Vec<_>>().join("; ");
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        format!(": {named}{more}")
    };
    format!("{missing}. The nearest is line {line}, {}{what}.", name(request))
}

/// How many segments of the path differ, and whether the method does.
fn far(one: &Asked, other: &Asked) -> (usize, bool) {
    let path =
        |asked: &Asked| -> Vec<String> { asked.segments().iter().map(|text| faceless(text)).collect() };
    let (ones, others) = (path(one), path(other));
    let same = ones.iter().zip(&others).filter(|(one, other)| one == other).count();
    (ones.len().max(others.len()) - same, one.method != other.method)
}

/// Everything that is said beside method and path, by its place.
fn parts(asked: &Asked) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    let shown = |text: &str| redact_keys(&faceless(text));
    for (name, value) in &asked.query {
        let said: &mut String = parts.entry(format!("the query's {}", shown(name))).or_default();
        if !said.is_empty() {
            said.push_str(", ");
        }
        said.push_str(&Value::from(shown(value)).to_string());
    }
    match &asked.body {
        None => {}
        Some(Content::Json(value)) => collect("", value, &mut parts),
        Some(Content::Text(text)) => drop(parts.insert("the body".into(), shown(text))),
        Some(Content::Base64(_)) => drop(parts.insert("the body".into(), "bytes".into())),
    }
    parts
}

/// The texts, numbers and such of a body, by their JSON pointers.
fn collect(pointer: &str, value: &Value, parts: &mut BTreeMap<String, String>) {
    let shown = |text: &str| redact_keys(&faceless(text));
    let said = match value {
        Value::Object(pairs) if !pairs.is_empty() => {
            for (name, value) in pairs {
                collect(&format!("{pointer}/{}", shown(name)), value, parts);
            }
            return;
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, value) in items.iter().enumerate() {
                collect(&format!("{pointer}/{at}"), value, parts);
            }
            return;
        }
        Value::String(text) => Value::from(shown(text)).to_string(),
        Value::Number(number) => plain(number),
        other => other.to_string(),
    };
    let place = if pointer.is_empty() { "the body".to_owned() } else { format!("the body's {pointer}") };
    parts.insert(place, said);
}

fn differences(own: &BTreeMap<String, String>, recorded: &BTreeMap<String, String>) -> Vec<String> {
    let mut differences = Vec::new();
    for (place, said) in own {
        match recorded.get(place) {
            Some(known) if known == said => {}
            Some(known) => {
                differences.push(format!("{place} is {}, and {} was recorded", cut(said), cut(known)));
            }
            None => differences.push(format!("{place} is {}, and was not there", cut(said))),
        }
    }
    let gone = recorded.iter().filter(|(place, _)| !own.contains_key(*place));
    differences.extend(gone.map(|(place, known)| format!("{place} is not there, and was {}", cut(known))));
    differences
}

fn cut(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match plain.char_indices().nth(MAX_EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}
