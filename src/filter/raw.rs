//! Checks of a filter given as JSON, before it is sent: see `docs/platform-api.md`.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Accepted operators per group of fields, and the message for other operators.
const OPERATORS: [(&[&str], &[&str], &str); 5] = [
    (
        &["user_id", "agent_id", "app_id", "run_id"],
        &["eq", "ne", "in"],
        "has an unsupported operator in the filters; use eq, ne or in; to exclude several values, use a NOT around an in",
    ),
    (
        &["created_at", "updated_at", "timestamp", "expiration_date"],
        &["gt", "gte", "lt", "lte", "ne", "in"],
        "has an unsupported operator in the filters; use gt, gte, lt, lte, ne or in; to match a value, use the value alone",
    ),
    (
        &["categories"],
        &["in", "contains"],
        "has an unsupported operator in the filters; use in or contains; to exclude values, use a NOT around them",
    ),
    (
        &["keywords"],
        &["contains", "icontains"],
        "has an unsupported operator in the filters; use contains or icontains",
    ),
    (&["memory_ids"], &["in"], "has an unsupported operator in the filters; use in, or a list alone"),
];

const METADATA_OPERATORS: [&str; 3] = ["eq", "ne", "contains"];

/// Refuses filters that the platform rejects, and conditions that it silently ignores.
pub(super) fn check(filter: &Value) -> Result<()> {
    let Value::Object(filter) = filter else {
        return Err(Error::invalid("filters", "is not an object; pass one such as {\"user_id\": \"alice\"}"));
    };
    if filter.contains_key("AND") && filter.contains_key("OR") {
        let message = "has an OR beside an AND in one object, which the platform ignores; move the OR into the list of the AND";
        return Err(Error::invalid("filters", message));
    }
    filter.iter().try_for_each(|(key, value)| match key.as_str() {
        "AND" | "OR" | "NOT" => check_joined(value),
        "metadata" => check_metadata(value),
        field => check_condition(field, value),
    })
}

fn check_joined(value: &Value) -> Result<()> {
    match value {
        Value::Array(filters) => filters.iter().try_for_each(check),
        filter => check(filter),
    }
}

fn check_condition(field: &str, value: &Value) -> Result<()> {
    let Value::Object(operators) = value else { return Ok(()) };
    for (fields, known, message) in OPERATORS {
        if let Some(field) = fields.iter().find(|name| **name == field)
            && !are_known(operators, known)
        {
            return Err(Error::invalid(field, message));
        }
    }
    Ok(())
}

fn check_metadata(value: &Value) -> Result<()> {
    let Value::Object(keys) = value else { return Ok(()) };
    let mut conditions = keys.values().filter_map(Value::as_object);
    if conditions.all(|operators| are_known(operators, &METADATA_OPERATORS)) {
        return Ok(());
    }
    let message = "has an unsupported operator or a nested key in the filters; use eq, ne or contains; to match one of \
                   several values, use an OR of several conditions";
    Err(Error::invalid("metadata", message))
}

fn are_known(operators: &Map<String, Value>, known: &[&str]) -> bool {
    operators.keys().all(|operator| known.contains(&operator.as_str()))
}

/// Whether a condition selects a user, agent, app or run: `ne`, null and an empty list do not.
pub(super) fn is_scope(field: &str, value: &Value) -> bool {
    let is_entity = matches!(field, "user_id" | "agent_id" | "app_id" | "run_id");
    let selects = |(operator, value): (&String, &Value)| match operator.as_str() {
        "ne" => false,
        "in" => value.as_array().is_some_and(|ids| ids.iter().any(|id| !id.is_null())),
        _ => !value.is_null(),
    };
    is_entity
        && match value {
            Value::Object(operators) => operators.iter().any(selects),
            value => !value.is_null(),
        }
}

pub(super) fn has_scope(filter: &Value) -> bool {
    match filter {
        Value::Object(object) => object.iter().any(|(key, value)| match key.as_str() {
            "AND" | "OR" => has_scope(value),
            "NOT" => false,
            field => is_scope(field, value),
        }),
        Value::Array(filters) => filters.iter().any(has_scope),
        _ => false,
    }
}
