//! Exports of memories by a schema of the caller.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::filter::{Filter, TimeRange};
use crate::handlers::Call;
use crate::protocol::body_reader::BodyReader;
use crate::protocol::reply::{HandlerResult, HttpReply};
use crate::store::after_commit::JobKind;
use crate::store::exports::{self, Export, NewExport};

pub(crate) fn create(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let Some(schema) = body.take("schema").and_then(schema) else {
        let text = "Schema is required and must be a valid object";
        return Err(HttpReply::message(StatusCode::BAD_REQUEST, text).into());
    };
    let Some(filters) = filters_of(&mut body) else {
        let text = "One of the filters: app_id, user_id, agent_id, run_id, memory_export_id is required!";
        return Err(HttpReply::error(StatusCode::BAD_REQUEST, text).into());
    };
    Filter::parse_scoped(Some(&filters))?;
    let instructions = match body.take("export_instructions") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(_) => {
            body.add_error("export_instructions", "Not a valid string.");
            return Err(body.error_reply().into());
        }
    };
    check_fields(call, &mut body)?;
    let (connection, scope, now) = (call.connection, call.caller.project_scope(), call.now);
    exports::delete_expired(connection, scope, now)?;
    let export = NewExport { schema: &schema, filters: &filters, instructions: instructions.as_deref() };
    let id = exports::create(connection, scope, &export, now)?;
    call.run_or_queue(JobKind::Export, &id)?;
    let message = "Memory export request received. The export will be ready in a few seconds.";
    Ok(HttpReply::json(StatusCode::CREATED, &json!({ "message": message, "id": id })))
}

/// Returns an export by its ID, or the latest one that matches the filters.
pub(crate) fn get(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let export_id = match body.take("memory_export_id") {
        Some(Value::String(id)) if !id.is_empty() => Some(id),
        None | Some(Value::Null | Value::String(_)) => None,
        // A value of another type matches no ID.
        Some(other) => Some(other.to_string()),
    };
    let filters = filters_of(&mut body);
    let selects: Box<dyn Fn(&Export) -> bool> = match (export_id, filters) {
        (Some(export_id), _) => Box::new(move |export| export.id == export_id),
        (None, Some(filters)) => {
            Filter::parse_scoped(Some(&filters))?;
            if !is_export_filter(&filters) {
                let text = "filters: exports can be selected by app_id, user_id, agent_id, run_id, created_at and \
                            updated_at only.";
                return Err(HttpReply::message(StatusCode::BAD_REQUEST, text).into());
            }
            Box::new(move |export| matches(&filters, export))
        }
        (None, None) => {
            let text = "One of the filters: app_id, user_id, agent_id, run_id is required!";
            return Err(HttpReply::message(StatusCode::BAD_REQUEST, text).into());
        }
    };
    check_fields(call, &mut body)?;
    let (connection, scope) = (call.connection, call.caller.project_scope());
    let found = exports::ready(connection, scope, call.now)?.into_iter().find(|export| selects(export));
    let data = found.map(|export| exports::data(connection, scope, &export.id)).transpose()?.flatten();
    match data {
        Some(data) => Ok(HttpReply::ok(&data)),
        None => Err(HttpReply::error(StatusCode::NOT_FOUND, "No memory export request found").into()),
    }
}

/// Checks a schema: a non-empty object whose `type`, if any, is `object`. The official Python client may send it as a
/// string.
fn schema(value: Value) -> Option<Value> {
    let value = match value {
        Value::String(text) => serde_json::from_str(&text).ok()?,
        value => value,
    };
    let is_valid = value.as_object().is_some_and(|schema| !schema.is_empty())
        && value.get("type").is_none_or(|kind| kind == "object");
    is_valid.then_some(value)
}

/// Takes the filters; `None` if they are missing or empty.
fn filters_of(body: &mut BodyReader) -> Option<Value> {
    body.take("filters").filter(|filters| filters.as_object().is_some_and(|fields| !fields.is_empty()))
}

/// Checks for unknown fields. The `org_id` and `project_id` that clients add are ignored: the key determines the project.
fn check_fields(call: &mut Call<'_>, body: &mut BodyReader) -> Result<(), HttpReply> {
    body.take("org_id");
    body.take("project_id");
    call.check_fields(body)
}

const ENTITIES: [&str; 4] = ["user_id", "agent_id", "app_id", "run_id"];
const TIMES: [&str; 2] = ["created_at", "updated_at"];

/// Whether filters use only fields of an export.
fn is_export_filter(filters: &Value) -> bool {
    filters.as_object().is_some_and(|fields| {
        fields.iter().all(|(name, value)| match (name.as_str(), value) {
            ("AND" | "OR" | "NOT", Value::Array(parts)) => parts.iter().all(is_export_filter),
            ("NOT", part) => is_export_filter(part),
            (name, _) => ENTITIES.contains(&name) || TIMES.contains(&name),
        })
    })
}

/// Whether an export matches filters. Its entities are those in its own filters.
fn matches(filters: &Value, export: &Export) -> bool {
    let Some(fields) = filters.as_object() else { return false };
    fields.iter().all(|(name, value)| match (name.as_str(), value) {
        ("AND", Value::Array(parts)) => parts.iter().all(|part| matches(part, export)),
        // An `OR` next to an `AND` has no effect; see `docs/platform-api.md#filter-grammar`.
        ("OR", _) if fields.contains_key("AND") => true,
        ("OR", Value::Array(parts)) => parts.iter().any(|part| matches(part, export)),
        ("NOT", Value::Array(parts)) => !parts.iter().any(|part| matches(part, export)),
        ("NOT", part) => !matches(part, export),
        ("created_at", condition) => matches_time(export.created_at, condition),
        ("updated_at", condition) => matches_time(export.ready_at, condition),
        (name, condition) => {
            let mut ids = Vec::new();
            ids_in(&export.filters, name, &mut ids);
            matches_id(&ids, condition)
        }
    })
}

/// Collects the IDs of a field in filters.
fn ids_in<'a>(filters: &'a Value, field: &str, ids: &mut Vec<&'a Value>) {
    for (name, value) in filters.as_object().into_iter().flatten() {
        match value {
            Value::Array(parts) if name == "AND" || name == "OR" => {
                for part in parts {
                    ids_in(part, field, ids);
                }
            }
            Value::Object(operators) if name == field => {
                ids.extend(operators.get("eq"));
                ids.extend(operators.get("in").and_then(Value::as_array).into_iter().flatten());
            }
            value if name == field => ids.push(value),
            _ => {}
        }
    }
}

fn matches_id(ids: &[&Value], condition: &Value) -> bool {
    let is = |value: &Value| if value == "*" { !ids.is_empty() } else { ids.contains(&value) };
    match condition {
        Value::Object(operators) => operators.iter().all(|(operator, value)| match operator.as_str() {
            "eq" => is(value),
            "ne" => !is(value),
            "in" => value.as_array().is_some_and(|all| all.iter().any(is)),
            _ => false,
        }),
        value => is(value),
    }
}

fn matches_time(time: i64, condition: &Value) -> bool {
    let one = Map::from_iter([("eq".to_owned(), condition.clone())]);
    let operators = condition.as_object().unwrap_or(&one);
    let range = |value: &Value| value.as_str().and_then(TimeRange::parse);
    operators.iter().all(|(operator, value)| match (operator.as_str(), range(value)) {
        ("in", _) => {
            let is_in = |value| range(value).is_some_and(|range| range.contains(time));
            value.as_array().is_some_and(|all| all.iter().any(is_in))
        }
        ("eq", Some(range)) => range.contains(time),
        ("ne", Some(range)) => !range.contains(time),
        ("gt", Some(range)) => time >= range.until,
        ("gte", Some(range)) => time >= range.from,
        ("lt", Some(range)) => time < range.from,
        ("lte", Some(range)) => time < range.until,
        _ => false,
    })
}
