//! What differs in a project's settings.

use serde_json::Value;

use super::step::SettingChange;
use super::text::{is_same_text, visible};
use super::{CurrentProject, DesiredProject};

/// The settings that differ, the name among them.
pub(super) fn changed_settings(
    name: &str,
    desired: &DesiredProject,
    current: Option<&CurrentProject>,
) -> Vec<SettingChange> {
    let there = current.map(|current| &current.project).and_then(|project| {
        let Ok(Value::Object(object)) = serde_json::to_value(project) else { return None };
        Some(object)
    });
    let mut changes = Vec::new();
    let was = |name: &str| there.as_ref().and_then(|there| there.get(name)).cloned().unwrap_or_default();
    if current.is_some() && was("name").as_str().is_none_or(|was| !is_same_text(was, name)) {
        changes.push(SettingChange { name: "name", from: was("name"), to: name.into() });
    }
    for (name, read_as, to) in desired.settings() {
        let from = was(read_as);
        if !is_same(&from, &to) {
            changes.push(SettingChange { name, from, to });
        }
    }
    changes
}

/// Whether two values of a setting mean the same: never set and set to nothing do, and so do a number and its text,
/// categories in another order, and texts that look the same.
fn is_same(from: &Value, to: &Value) -> bool {
    let is_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    match (from, to) {
        (Value::String(text), Value::Number(number)) => *text == number.to_string(),
        (Value::Array(from), Value::Array(to)) => {
            let sorted = |list: &[Value]| {
                let mut texts: Vec<String> = list.iter().map(|value| seen(value).to_string()).collect();
                texts.sort();
                texts
            };
            sorted(from) == sorted(to)
        }
        (Value::String(from), Value::String(to)) => is_same_text(from, to),
        _ => from == to || (is_nothing(from) && is_nothing(to)),
    }
}

/// A value whose texts are as people see them.
fn seen(value: &Value) -> Value {
    match value {
        Value::String(text) => visible(text).into(),
        Value::Array(list) => list.iter().map(seen).collect(),
        Value::Object(object) => {
            Value::Object(object.iter().map(|(name, value)| (visible(name), seen(value))).collect())
        }
        other => other.clone(),
    }
}
