//! Comparison of project settings.

use serde_json::Value;

use super::step::SettingChange;
use super::text::{is_same_text, normalize};
use super::{CurrentProject, DesiredProject};

/// Changed settings of a project, including its name.
pub(super) fn changed_settings(
    name: &str,
    desired: &DesiredProject,
    current: Option<&CurrentProject>,
) -> Vec<SettingChange> {
    let settings = current.map(|current| &current.project).and_then(|project| {
        let Ok(Value::Object(object)) = serde_json::to_value(project) else { return None };
        Some(object)
    });
    let mut changes = Vec::new();
    let current_value =
        |name: &str| settings.as_ref().and_then(|settings| settings.get(name)).cloned().unwrap_or_default();
    if current.is_some() && current_value("name").as_str().is_none_or(|current| !is_same_text(current, name))
    {
        changes.push(SettingChange { name: "name", from: current_value("name"), to: name.into() });
    }
    for (name, read_name, to) in desired.settings() {
        let from = current_value(read_name);
        if !is_equivalent(&from, &to) {
            changes.push(SettingChange { name, from, to });
        }
    }
    changes
}

/// Whether two values of a setting are equivalent. Null equals an empty value, a number equals its text, categories are
/// compared in any order, and texts after normalization.
fn is_equivalent(from: &Value, to: &Value) -> bool {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    match (from, to) {
        (Value::String(text), Value::Number(number)) => *text == number.to_string(),
        (Value::Array(from), Value::Array(to)) => {
            let sorted = |list: &[Value]| {
                let mut texts: Vec<String> =
                    list.iter().map(|value| normalize_value(value).to_string()).collect();
                texts.sort();
                texts
            };
            sorted(from) == sorted(to)
        }
        (Value::String(from), Value::String(to)) => is_same_text(from, to),
        _ => from == to || (is_empty(from) && is_empty(to)),
    }
}

/// Normalizes all texts of a value.
fn normalize_value(value: &Value) -> Value {
    match value {
        Value::String(text) => normalize(text).into(),
        Value::Array(list) => list.iter().map(normalize_value).collect(),
        Value::Object(object) => Value::Object(
            object.iter().map(|(name, value)| (normalize(name), normalize_value(value))).collect(),
        ),
        other => other.clone(),
    }
}
