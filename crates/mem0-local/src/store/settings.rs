//! The settings of a project: their defaults, and what may be written to them (contract 1.2).

use serde_json::{Map, Value, json};

use crate::check;

/// Every setting as a new project has it.
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

/// What a named value of an update amounts to.
#[derive(Debug, PartialEq)]
pub(crate) enum Change {
    /// The project's name.
    Name(String),
    /// A setting, under the name it is read by.
    Setting(&'static str, Value),
    /// The identifiers that the official Python client adds (contract D9).
    Nothing,
    /// A name that is no writable setting.
    Unknown,
}

/// Reads one pair of an update. The error says what is wrong with the value.
pub(crate) fn change(name: &str, value: &Value) -> Result<Change, String> {
    let setting = |name, value: Result<Value, String>| value.map(|value| Change::Setting(name, value));
    match name {
        "name" => Ok(Change::Name(check::name(value)?.to_owned())),
        "org_id" | "project_id" => Ok(Change::Nothing),
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

/// The default day until which memories of a project are found. It can be read only (contract 1.2).
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

/// A text, or the lines of one (contract D2), which read back as a text.
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

/// Names, or objects of one name and its description; they read back as they were written (contract D3).
fn categories(value: &Value) -> Result<Value, String> {
    let list = match value {
        Value::Null => return Ok(Value::Null),
        Value::Array(list) => list,
        _ => return Err("Expected a list of categories.".to_owned()),
    };
    let fits = |category: &Value| match category {
        Value::String(name) => !name.trim().is_empty(),
        Value::Object(pair) => {
            pair.len() == 1
                && pair.iter().all(|(name, description)| !name.trim().is_empty() && description.is_string())
        }
        _ => false,
    };
    match list.iter().position(|category| !fits(category)) {
        None => Ok(value.clone()),
        Some(at) => Err(format!(
            "Item {at}: expected a name, or an object of one name and its description, none of them blank."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_as_they_are_read() {
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
        assert_eq!(change("org_id", &json!(7)), Ok(Change::Nothing));
        assert_eq!(change("retrieval_criteria", &json!([])), Ok(Change::Unknown));
        assert_eq!(change("usecase", &json!("x")), Ok(Change::Unknown), "read under this name, not written");
    }

    #[test]
    fn values_of_the_wrong_kind_are_refused() {
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
