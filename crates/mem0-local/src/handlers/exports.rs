//! Exports of memories into a form of the caller's.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::filter::{Filter, Span};
use crate::handlers::Call;
use crate::protocol::body_reader::BodyReader;
use crate::protocol::reply::{Answer, HttpReply};
use crate::store::after_commit::JobKind;
use crate::store::exports::{self, Export, NewExport};

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let mut body = call.body()?;
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
            return Err(body.refusal().into());
        }
    };
    rest(call, &mut body)?;
    let (connection, scope, now) = (call.connection, call.caller.project_scope(), call.now);
    exports::delete_expired(connection, scope, now)?;
    let export = NewExport { schema: &schema, filters: &filters, instructions: instructions.as_deref() };
    let id = exports::create(connection, scope, &export, now)?;
    call.run_job(JobKind::Export, &id)?;
    let message = "Memory export request received. The export will be ready in a few seconds.";
    Ok(HttpReply::json(StatusCode::CREATED, &json!({ "message": message, "id": id })))
}

/// By its identifier, or the latest one of the entities that the filters name.
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let mut body = call.body()?;
    let export_id = match body.take("memory_export_id") {
        Some(Value::String(id)) if !id.is_empty() => Some(id),
        None | Some(Value::Null | Value::String(_)) => None,
        // What is no text is nobody's identifier.
        Some(other) => Some(other.to_string()),
    };
    let filters = filters_of(&mut body);
    let wanted: Box<dyn Fn(&Export) -> bool> = match (export_id, filters) {
        (Some(export_id), _) => Box::new(move |export| export.id == export_id),
        (None, Some(filters)) => {
            Filter::parse_scoped(Some(&filters))?;
            if !is_of_exports(&filters) {
                let text = "filters: exports are found by app_id, user_id, agent_id, run_id, created_at and \
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
    rest(call, &mut body)?;
    let (connection, scope) = (call.connection, call.caller.project_scope());
    let found = exports::ready(connection, scope, call.now)?.into_iter().find(|export| wanted(export));
    let data = found.map(|export| exports::data(connection, scope, &export.id)).transpose()?.flatten();
    match data {
        Some(data) => Ok(HttpReply::ok(&data)),
        None => Err(HttpReply::error(StatusCode::NOT_FOUND, "No memory export request found").into()),
    }
}

/// A schema: an object that is not empty and does not say it is of another type. The official Python client sends
/// one as a text, too.
fn schema(value: Value) -> Option<Value> {
    let value = match value {
        Value::String(text) => serde_json::from_str(&text).ok()?,
        value => value,
    };
    let fits = value.as_object().is_some_and(|schema| !schema.is_empty())
        && value.get("type").is_none_or(|kind| kind == "object");
    fits.then_some(value)
}

/// Filters that say something.
fn filters_of(body: &mut BodyReader) -> Option<Value> {
    body.take("filters").filter(|filters| filters.as_object().is_some_and(|fields| !fields.is_empty()))
}

/// The identifiers that clients add mean nothing: the key decides.
fn rest(call: &mut Call<'_>, body: &mut BodyReader) -> Result<(), HttpReply> {
    body.take("org_id");
    body.take("project_id");
    call.rest(body)
}

const ENTITIES: [&str; 4] = ["user_id", "agent_id", "app_id", "run_id"];
const TIMES: [&str; 2] = ["created_at", "updated_at"];

/// Whether filters ask for nothing but what an export has.
fn is_of_exports(filters: &Value) -> bool {
    filters.as_object().is_some_and(|fields| {
        fields.iter().all(|(name, value)| match (name.as_str(), value) {
            ("AND" | "OR" | "NOT", Value::Array(parts)) => parts.iter().all(is_of_exports),
            ("NOT", part) => is_of_exports(part),
            (name, _) => ENTITIES.contains(&name) || TIMES.contains(&name),
        })
    })
}

/// Whether an export is one that filters ask for. It is of the entities that its own filters name, and as old as
/// it is.
fn matches(filters: &Value, export: &Export) -> bool {
    let Some(fields) = filters.as_object() else { return false };
    fields.iter().all(|(name, value)| match (name.as_str(), value) {
        ("AND", Value::Array(parts)) => parts.iter().all(|part| matches(part, export)),
        // Beside an AND, an OR means nothing (memory semantics 1.1).
        ("OR", _) if fields.contains_key("AND") => true,
        ("OR", Value::Array(parts)) => parts.iter().any(|part| matches(part, export)),
        ("NOT", Value::Array(parts)) => !parts.iter().any(|part| matches(part, export)),
        ("NOT", part) => !matches(part, export),
        ("created_at", condition) => is_then(export.created_at, condition),
        ("updated_at", condition) => is_then(export.ready_at, condition),
        (name, condition) => {
            let mut named = Vec::new();
            named_by(&export.filters, name, &mut named);
            is_named(&named, condition)
        }
    })
}

/// The identifiers of a kind that filters name.
fn named_by<'a>(filters: &'a Value, field: &str, named: &mut Vec<&'a Value>) {
    for (name, value) in filters.as_object().into_iter().flatten() {
        match value {
            Value::Array(parts) if name == "AND" || name == "OR" => {
                for part in parts {
                    named_by(part, field, named);
                }
            }
            Value::Object(operators) if name == field => {
                named.extend(operators.get("eq"));
                named.extend(operators.get("in").and_then(Value::as_array).into_iter().flatten());
            }
            value if name == field => named.push(value),
            _ => {}
        }
    }
}

fn is_named(named: &[&Value], condition: &Value) -> bool {
    let is = |wanted: &Value| if wanted == "*" { !named.is_empty() } else { named.contains(&wanted) };
    match condition {
        Value::Object(operators) => operators.iter().all(|(operator, wanted)| match operator.as_str() {
            "eq" => is(wanted),
            "ne" => !is(wanted),
            "in" => wanted.as_array().is_some_and(|all| all.iter().any(is)),
            _ => false,
        }),
        wanted => is(wanted),
    }
}

fn is_then(time: i64, condition: &Value) -> bool {
    let one = Map::from_iter([("eq".to_owned(), condition.clone())]);
    let operators = condition.as_object().unwrap_or(&one);
    let span = |wanted: &Value| wanted.as_str().and_then(Span::read);
    operators.iter().all(|(operator, wanted)| match (operator.as_str(), span(wanted)) {
        ("in", _) => {
            let is_in = |wanted| span(wanted).is_some_and(|span| span.contains(time));
            wanted.as_array().is_some_and(|all| all.iter().any(is_in))
        }
        ("eq", Some(span)) => span.contains(time),
        ("ne", Some(span)) => !span.contains(time),
        ("gt", Some(span)) => time >= span.until,
        ("gte", Some(span)) => time >= span.from,
        ("lt", Some(span)) => time < span.from,
        ("lte", Some(span)) => time < span.until,
        _ => false,
    })
}
