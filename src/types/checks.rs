//! Checks that the bodies of several calls share.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::filter::DateOrTimestamp;
use crate::ids::is_dot_segment;
use crate::types::body::Body;

/// Fields with the owner of a memory, in the order in which the official clients send them.
pub(crate) const ENTITY_IDS: [&str; 4] = ["user_id", "agent_id", "app_id", "run_id"];

/// Message for an entity id that is a dot segment.
pub(crate) const DOT_SEGMENT: &str =
    "is `.` or `..`, which are not allowed in a URL path; no call could read or delete this entity";

/// Refuses a text that is set but empty.
pub(crate) fn check_text(body: &Body, field: &'static str) -> Result<()> {
    match body.text(field) {
        Some(text) if text.trim().is_empty() => {
            Err(Error::invalid(field, "is empty; set a value or leave it out"))
        }
        _ => Ok(()),
    }
}

/// Refuses an entity id that is empty or a dot segment.
pub(crate) fn check_entity_id(body: &Body, field: &'static str) -> Result<()> {
    match body.text(field) {
        Some(text) if is_dot_segment(text) => Err(Error::invalid(field, DOT_SEGMENT)),
        _ => check_text(body, field),
    }
}

/// Refuses a value other than an object or `null`.
pub(crate) fn check_object(body: &Body, field: &'static str) -> Result<()> {
    match body.value(field) {
        None | Some(Value::Object(_) | Value::Null) => Ok(()),
        Some(_) => Err(Error::invalid(field, "is not an object; pass one such as {\"key\": \"value\"}")),
    }
}

/// Refuses text that is neither a date nor a timestamp, and numbers that JSON cannot hold.
pub(crate) fn check_date_or_timestamp(body: &Body, field: &'static str) -> Result<()> {
    let value = match body.value(field) {
        None | Some(Value::Number(_)) => return Ok(()),
        Some(Value::String(text)) => DateOrTimestamp::from(text.as_str()),
        Some(_) => DateOrTimestamp::from(f64::NAN),
    };
    value.check(field)
}

/// Refuses a number outside the range.
pub(crate) fn check_range(body: &Body, field: &'static str, min: f64, max: f64) -> Result<()> {
    let Some(value) = body.value(field) else { return Ok(()) };
    if value.as_f64().is_some_and(|number| (min..=max).contains(&number)) {
        return Ok(());
    }
    Err(Error::invalid(field, format!("is out of range; expected {min} to {max}")))
}

/// Refuses entity ids beside the filters, where the platform does not accept them.
pub(crate) fn check_no_ids(body: &Body) -> Result<()> {
    match ENTITY_IDS.iter().find(|field| body.get(field).is_some()) {
        Some(field) => Err(Error::invalid(
            field,
            "belongs in the filters; use Filter::user, Filter::agent, Filter::app or Filter::run",
        )),
        None => Ok(()),
    }
}
