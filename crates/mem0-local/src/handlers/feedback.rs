//! Feedback on memories.

use http::StatusCode;
use serde_json::{Value, json};

use crate::filter::uuid;
use crate::handlers::Call;
use crate::protocol::reply::{HandlerResult, HttpReply};
use crate::store::{feedback, memories};

const VALUES: [&str; 3] = ["POSITIVE", "NEGATIVE", "VERY_NEGATIVE"];

pub(crate) fn send(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let Some(memory_id) = body.take("memory_id").as_ref().and_then(Value::as_str).and_then(uuid) else {
        return Err(HttpReply::error(StatusCode::BAD_REQUEST, "Invalid memory_id").into());
    };
    let value = match body.take("feedback") {
        None | Some(Value::Null) => None,
        Some(Value::String(value)) if VALUES.contains(&value.as_str()) => Some(value),
        Some(value) => {
            let value = value.as_str().map_or(value.to_string(), str::to_owned);
            body.add_error("feedback", &format!("\"{value}\" is not a valid choice."));
            None
        }
    };
    let reason = match body.take("feedback_reason") {
        None | Some(Value::Null) => None,
        Some(Value::String(reason)) => Some(reason),
        Some(_) => {
            body.add_error("feedback_reason", "Not a valid string.");
            None
        }
    };
    if body.has_errors() {
        return Err(body.error_reply().into());
    }
    call.check_fields(&body)?;
    if memories::get(call.connection, call.caller.project_scope(), &memory_id)?.is_none() {
        return Err(unknown(call).into());
    }
    let (id, reason) = match &value {
        Some(value) => {
            let id = feedback::set(call.connection, &memory_id, value, reason.as_deref(), call.now)?;
            (Some(id), reason)
        }
        None => (feedback::remove(call.connection, &memory_id)?, None),
    };
    Ok(HttpReply::ok(&json!({ "id": id, "feedback": value, "feedback_reason": reason })))
}

/// Returns the reply for an unknown memory: 404, or 500 as on the hosted platform (MEM-5745).
fn unknown(call: &Call<'_>) -> HttpReply {
    if call.options.known_faults {
        return HttpReply::error(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error");
    }
    HttpReply::error(StatusCode::NOT_FOUND, "Memory not found!")
}
