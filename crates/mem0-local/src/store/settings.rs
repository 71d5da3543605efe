//! Settings of a project: defaults and accepted values. See `docs/platform-api.md#project-fields`.

use serde_json::{Map, Value, json};

use crate::check;

/// Settings of a new project.
pub(crate) fn defaults() -> Map<String, Value> {
    let Value::Object(defaults) = json!({
        "description": null,
        "usecase": null,
        "memory_depth": null,
        "inclusion_prompt": null,
        "exclusion_prompt": null,
        "custom_categories": null,
        "custom_instructions": null,
        "agent_custom_instructions": null,
        "update_custom_instructions": null,
        "summary_custom_instructions": null,
        "summary_batch_size": 10,
        "summary_max_tokens": null,
        "expiration_date": null,
        "enable_graph": false,
        "multilingual": false,
        "version": "v3",
        "active_prompt_profile": null,
        "decay": false,
    }) else {
        return Map::new();
    };
    defaults
}

/// Effect of one field of an update.
#[derive(Debug, PartialEq)]
pub(crate) enum Change {
    /// New name of the project.
    Name(String),
    /// New value of a setting, with the name by which it is read.
    Setting(&'static str, Value),
    /// ID that the official Python client adds: see `docs/platform-api.md#ids-in-body-and-query`.
    Ignored,
    /// Name that is not a writable setting.
    Unknown,
}

/// Reads one field of an update. The error describes the invalid value.
pub(crate) fn change(name: &str, value: &Value) -> Result<Change, String> {
    let setting = |name, value: Result<Value, String>| value.map(|value| Change::Setting(name, value));
    match name {
        "name" => Ok(Change::Name(check::name(value)?.to_owned())),
        "org_id" | "project_id" => Ok(Change::Ignored),
        "description" => setting("description", nullable_text(value)),
        "custom_instructions" => setting("custom_instructions", instructions(value)),
        "agent_custom_instructions" => setting("agent_custom_instructions", instructions(value)),
        "custom_categories" => setting("custom_categories", categories(value)),
        "memory_depth" => setting("memory_depth", nullable_text(value)),
        "inclusion_prompt" => setting("inclusion_prompt", nullable_text(value)),
        "exclusion_prompt" => setting("exclusion_prompt", nullable_text(value)),
        "usecase_setting" => setting("usecase", usecase(value)),
        "multilingual" => setting("multilingual", boolean(value)),
        "decay" => setting("decay", boolean(value)),
        "enable_graph" => setting("enable_graph", boolean(value)),
        "version" => setting("version", check::name(value).map(Value::from).map_err(str::to_owned)),
        _ => Ok(Change::Unknown),
    }
}

/// Default expiration date of memories. It is read-only: see `docs/platform-api.md#project-fields`.
pub(crate) fn expiration_date(value: &Value) -> Result<Value, String> {
    if !value.is_null() {
        check::date(value)?;
    }
    Ok(value.clone())
}

fn nullable_text(value: &Value) -> Result<Value, String> {
    if !value.is_null() {
        check::text(value)?;
    }
    Ok(value.clone())
}

fn boolean(value: &Value) -> Result<Value, String> {
    if value.is_boolean() { Ok(value.clone()) } else { Err("Must be a valid boolean.".to_owned()) }
}

/// A string, or an array of lines, which is stored as a string: see
/// `docs/platform-api.md#type-of-custom-instructions`.
fn instructions(value: &Value) -> Result<Value, String> {
    let Value::Array(lines) = value else { return nullable_text(value) };
    let lines = lines.iter().map(check::text).collect::<Result<Vec<_>, _>>()?;
    Ok(Value::String(lines.join("\n")))
}

fn usecase(value: &Value) -> Result<Value, String> {
    match value {
        Value::Null | Value::String(_) => Ok(value.clone()),
        Value::Number(number) => Ok(Value::String(number.to_string())),
        _ => Err("Must be a string or a number.".to_owned()),
    }
}

/// Names, or objects with one name and its description. They are returned as written: see
/// `docs/platform-api.md#items-of-custom-categories`.
fn categories(value: &Value) -> Result<Value, String> {
    let list = match value {
        Value::Null => return Ok(Value::Null),
        Value::Array(list) => list,
        _ => return Err("Expected a list of categories.".to_owned()),
    };
    let is_valid = |category: &Value| match category {
        Value::String(name) => !name.trim().is_empty(),
        Value::Object(pair) => {
            pair.len() == 1
                && pair.iter().all(|(name, description)| !name.trim().is_empty() && description.is_string())
        }
        _ => false,
    };
    match list.iter().position(|category| !is_valid(category)) {
        None => Ok(value.clone()),
        Some(at) => Err(format!(
            "Item {at}: expected a name, or an object with one name and its description; neither may be blank."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_values_as_they_are_read() {
        for (name, value, read_as, stored) in [
            ("description", json!(null), "description", json!(null)),
            ("custom_instructions", json!(["a", "b"]), "custom_instructions", json!("a\nb")),
            ("agent_custom_instructions", json!(""), "agent_custom_instructions", json!("")),
            ("custom_categories", json!(["a", {"b": "c"}]), "custom_categories", json!(["a", {"b": "c"}])),
            ("custom_categories", json!(null), "custom_categories", json!(null)),
            ("usecase_setting", json!(3), "usecase", json!("3")),
            ("version", json!("v2"), "version", json!("v2")),
            ("decay", json!(true), "decay", json!(true)),
        ] {
            assert_eq!(change(name, &value), Ok(Change::Setting(read_as, stored)), "{name}");
        }
        assert_eq!(change("org_id", &json!(7)), Ok(Change::Ignored));
        assert_eq!(change("retrieval_criteria", &json!([])), Ok(Change::Unknown));
        assert_eq!(change("usecase", &json!("x")), Ok(Change::Unknown), "a name for reading only");
    }

    #[test]
    fn rejects_values_of_the_wrong_type() {
        for (name, value) in [
            ("name", json!(null)),
            ("name", json!("  ")),
            ("name", json!("x".repeat(256))),
            ("description", json!(1)),
            ("custom_instructions", json!([1])),
            ("custom_instructions", json!({})),
            ("custom_categories", json!("billing")),
            ("custom_categories", json!([1])),
            ("custom_categories", json!([""])),
            ("custom_categories", json!([{}])),
            ("custom_categories", json!([{"a": "b", "c": "d"}])),
            ("custom_categories", json!([{"a": 1}])),
            ("multilingual", json!("true")),
            ("decay", json!(1)),
            ("decay", json!(null)),
            ("enable_graph", json!("no")),
            ("memory_depth", json!(2)),
            ("usecase_setting", json!(true)),
            ("version", json!(null)),
        ] {
            assert!(change(name, &value).is_err(), "{name}: {value}");
        }
    }
}
