//! What the bodies of several calls are checked for before they are sent.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::id::is_dots;
use crate::types::DateOrTimestamp;
use crate::types::body::Body;

/// The fields that say whose a memory is, in the order the official clients send them.
pub(crate) const ENTITY_IDS: [&str; 4] = ["user_id", "agent_id", "app_id", "run_id"];

/// Message for an entity id of dots.
pub(crate) const DOTS: &str =
    "is `.` or `..`, which can't be part of a URL; no call could read or delete this entity";

/// Refuses a text that is set and empty.
pub(crate) fn check_text(body: &Body, field: &'static str) -> Result<()> {
    match body.text(field) {
        Some(text) if text.trim().is_empty() => {
            Err(Error::invalid(field, "is empty; give one, or leave it out"))
        }
        _ => Ok(()),
    }
}

/// Refuses an entity id that is empty, or that no URL can name.
pub(crate) fn check_entity_id(body: &Body, field: &'static str) -> Result<()> {
    match body.text(field) {
        Some(text) if is_dots(text) => Err(Error::invalid(field, DOTS)),
        _ => check_text(body, field),
    }
}

/// Refuses what is set and is neither an object nor `null`.
pub(crate) fn check_object(body: &Body, field: &'static str) -> Result<()> {
    match body.value(field) {
        None | Some(Value::Object(_) | Value::Null) => Ok(()),
        Some(_) => Err(Error::invalid(field, "is no object; give one, such as {\"key\": \"value\"}")),
    }
}

/// Refuses text that is neither a day nor a moment, and what could not be written as a number.
pub(crate) fn check_moment(body: &Body, field: &'static str) -> Result<()> {
    let moment = match body.value(field) {
        None | Some(Value::Number(_)) => return Ok(()),
        Some(Value::String(text)) => DateOrTimestamp::from(text.as_str()),
        Some(_) => DateOrTimestamp::from(f64::NAN),
    };
    moment.check(field)
}

/// Refuses a number outside of its range.
pub(crate) fn check_range(body: &Body, field: &'static str, least: f64, most: f64) -> Result<()> {
    let Some(value) = body.value(field) else { return Ok(()) };
    if value.as_f64().is_some_and(|number| (least..=most).contains(&number)) {
        return Ok(());
    }
    Err(Error::invalid(field, format!("is out of range; expected {least} to {most}")))
}

/// Refuses identifiers beside the filters, where the platform does not take them.
pub(crate) fn check_no_ids(body: &Body) -> Result<()> {
    match ENTITY_IDS.iter().find(|field| body.get(field).is_some()) {
        Some(field) => Err(Error::invalid(field, "belongs into the filters; use Filter::user and its like")),
        None => Ok(()),
    }
}
