//! Profiles of users by the schema of a project.

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Map, Value, json};

use crate::clock::format_timestamp;
use crate::handlers::Call;
use crate::jobs::profile;
use crate::protocol::body_reader::BodyReader;
use crate::protocol::reply::{HandlerError, HandlerResult, HttpReply};
use crate::store::after_commit::JobKind;
use crate::store::{entities, profiles};

/// Minimum interval between sample jobs, in microseconds.
const SAMPLE_INTERVAL: i64 = 60 * 1_000_000;

/// Default number of users in a sample.
const DEFAULT_SAMPLE_SIZE: i64 = 5;
const MAX_SAMPLE_SIZE: i64 = 10;

pub(crate) fn settings(call: &mut Call<'_>) -> HandlerResult {
    Ok(HttpReply::ok(&current_settings(call)?))
}

/// Changes the settings. A missing field is unchanged, null restores the default.
pub(crate) fn update_settings(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let mut settings = current_settings(call)?;
    match body.take("enabled") {
        None => {}
        Some(Value::Null) => settings["enabled"] = json!(false),
        Some(Value::Bool(enabled)) => settings["enabled"] = json!(enabled),
        Some(_) => body.add_error("enabled", "Must be a valid boolean."),
    }
    for (field, value) in user_settings(&mut body)? {
        match field.as_str() {
            "schema" => match schema_error(&value) {
                Some(mistake) => body.add_error("entities.user.schema", &mistake),
                None => settings["entities"]["user"]["schema"] = value,
            },
            "custom_instructions" if value.is_null() || value.is_string() => {
                settings["entities"]["user"]["custom_instructions"] = value;
            }
            "custom_instructions" => {
                body.add_error("entities.user.custom_instructions", "Not a valid string.");
            }
            unknown => return Err(unsupported(&format!("entities.user.{unknown}")).into()),
        }
    }
    if let Some(flat) = body.remaining_names().next() {
        return Err(unsupported(flat).into());
    }
    if body.has_errors() {
        return Err(body.error_reply().into());
    }
    profiles::set_settings(call.connection, call.caller.project_scope(), &settings)?;
    Ok(HttpReply::ok(&settings))
}

pub(crate) fn get(call: &mut Call<'_>) -> HandlerResult {
    let (connection, scope) = (call.connection, call.caller.project_scope());
    let user_id = call.ids.get("entity_id");
    if entities::get(connection, scope, "user", user_id)?.is_none() {
        return Err(unknown_user().into());
    }
    let profile = profiles::get(connection, scope, user_id)?;
    let is_enabled = current_settings(call)?["enabled"] == true;
    let status = match &profile {
        _ if !is_enabled => "not_enabled",
        Some(profile) => &profile.status,
        None if profiles::has_pending_job(connection, scope, user_id)? => "pending",
        None => "insufficient_data",
    };
    let visible = profile.as_ref().filter(|_| is_enabled);
    let mut reply = json!({
        "profile": visible.map_or(json!({}), |profile| profile.content.clone()),
        "status": status,
        "entity_type": "user",
        "entity_id": user_id,
        "updated_at": visible.and_then(|profile| profile.updated_at).map(format_timestamp),
        "generation_count": profile.as_ref().map_or(0, |profile| profile.generation_count),
    });
    if let Some(error) = visible.and_then(|profile| profile.error.as_ref()) {
        reply["error"] = json!(error);
    }
    Ok(HttpReply::ok(&reply))
}

fn unknown_user() -> HttpReply {
    HttpReply::error(StatusCode::NOT_FOUND, "User not found")
}

/// Request for a profile job.
enum JobRequest {
    Trigger(String),
    Sample(i64),
}

pub(crate) fn create_job(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let request = read_job(&mut body);
    let key = idempotency_key(call)?;
    let (connection, scope, now) = (call.connection, call.caller.project_scope(), call.now);
    if let Some(key) = key
        && let Some(job) = profiles::job_by_key(connection, scope, key)?
    {
        let mut reply = job["response"].clone();
        reply["replayed"] = json!(true);
        return Ok(HttpReply::json(StatusCode::ACCEPTED, &reply));
    }
    let (Some(request), false) = (request, body.has_errors()) else { return Err(body.error_reply().into()) };
    call.check_fields(&body)?;
    let settings = current_settings(call)?;
    let schema = &settings["entities"]["user"]["schema"];
    if settings["enabled"] != true || schema.is_null() {
        let text = "Profiles are not enabled for this project: set enabled and entities.user.schema at \
                    /v2/profiles/settings/ first.";
        return Err(HttpReply::error(StatusCode::BAD_REQUEST, text).into());
    }
    let user_ids = match &request {
        JobRequest::Trigger(user_id) => {
            entities::get(connection, scope, "user", user_id)?.ok_or_else(unknown_user)?;
            vec![user_id.clone()]
        }
        JobRequest::Sample(limit) => {
            check_sample_interval(call)?;
            entities::user_ids(connection, scope, *limit)?
        }
    };
    let job_id = profiles::new_job_id(connection)?;
    let reply = job_reply(&job_id, &request, &user_ids);
    let job = profile::pending(&reply, &job_id, schema, &user_ids);
    profiles::insert_job(connection, scope, &job_id, key, &job, now)?;
    call.run_or_queue(JobKind::Profiles, &job_id)?;
    Ok(HttpReply::json(StatusCode::ACCEPTED, &reply))
}

pub(crate) fn get_job(call: &mut Call<'_>) -> HandlerResult {
    match profiles::job(call.connection, call.caller.project_scope(), call.ids.get("job_id"))? {
        Some(job) => Ok(HttpReply::ok(&json!({ "job": job["job"] }))),
        None => Err(HttpReply::error(StatusCode::NOT_FOUND, "Job not found").into()),
    }
}

/// Returns the profile settings of the caller's project.
fn current_settings(call: &Call<'_>) -> rusqlite::Result<Value> {
    let settings = profiles::settings(call.connection, call.caller.project_scope())?;
    Ok(settings.unwrap_or_else(|| {
        json!({
            "enabled": false,
            "capabilities": {},
            "entities": { "user": { "schema": null, "custom_instructions": null } },
        })
    }))
}

/// Takes the settings of users. Other entities have no profiles.
fn user_settings(body: &mut BodyReader) -> Result<Map<String, Value>, HttpReply> {
    let entities = match body.take("entities") {
        None => return Ok(Map::new()),
        Some(Value::Object(entities)) => entities,
        Some(_) => return Err(unsupported("entities")),
    };
    let mut settings = Map::new();
    for (entity_type, value) in entities {
        match value {
            Value::Object(fields) if entity_type == "user" => settings = fields,
            _ => return Err(unsupported(&format!("entities.{entity_type}"))),
        }
    }
    Ok(settings)
}

fn unsupported(name: &str) -> HttpReply {
    let text = format!(
        "Unsupported settings: {name}. Send enabled at the top level, and schema and custom_instructions in \
         entities.user."
    );
    HttpReply::error(StatusCode::BAD_REQUEST, &text)
}

/// Checks a schema and returns the error, if any. It must have properties, and each property a description, at any depth.
fn schema_error(schema: &Value) -> Option<String> {
    if schema.is_null() {
        return None;
    }
    let properties = schema["properties"].as_object().filter(|properties| !properties.is_empty());
    if properties.is_none() || schema.get("type").is_some_and(|kind| kind != "object") {
        return Some("Must be a JSON schema of an object with properties.".to_owned());
    }
    let name = property_without_description(schema)?;
    Some(format!("Property \"{name}\" needs a description."))
}

fn property_without_description(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(fields) => {
            let properties = fields.get("properties").and_then(Value::as_object).into_iter().flatten();
            let is_described = |property: &Value| {
                property["description"].as_str().is_some_and(|description| !description.trim().is_empty())
            };
            for (name, property) in properties {
                if !is_described(property) {
                    return Some(name);
                }
                if let Some(name) = property_without_description(property) {
                    return Some(name);
                }
            }
            fields.get("items").and_then(property_without_description)
        }
        _ => None,
    }
}

fn read_job(body: &mut BodyReader) -> Option<JobRequest> {
    let text = |body: &mut BodyReader, field: &str| {
        body.required(field, |value| match value.as_str() {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err("Not a valid string.".to_owned()),
        })
    };
    let operation = text(body, "operation");
    if text(body, "entity_type").is_some_and(|entity_type| entity_type != "user") {
        body.add_error("entity_type", "Only users have profiles.");
    }
    match operation?.as_str() {
        "trigger" => text(body, "entity_id").map(JobRequest::Trigger),
        "sample" => {
            let limit = body.optional("limit", |value| {
                let limit = value.as_i64().filter(|limit| (1..=MAX_SAMPLE_SIZE).contains(limit));
                limit.ok_or_else(|| format!("Must be an integer from 1 to {MAX_SAMPLE_SIZE}."))
            });
            Some(JobRequest::Sample(limit.unwrap_or(DEFAULT_SAMPLE_SIZE)))
        }
        other => {
            body.add_error("operation", &format!("\"{other}\" is not a valid choice."));
            None
        }
    }
}

/// Returns the idempotency key of the request.
fn idempotency_key<'a>(call: &Call<'a>) -> Result<Option<&'a str>, HttpReply> {
    let Some(key) = call.request.headers.get("idempotency-key") else { return Ok(None) };
    match key.to_str() {
        Ok(key) if key.len() <= 255 => Ok(Some(key).filter(|key| !key.is_empty())),
        _ => {
            let text = "Idempotency-Key: must be at most 255 ASCII characters.";
            Err(HttpReply::error(StatusCode::BAD_REQUEST, text))
        }
    }
}

fn check_sample_interval(call: &Call<'_>) -> Result<(), HandlerError> {
    let last = profiles::last_sample(call.connection, call.caller.project_scope())?;
    let remaining = last.map_or(0, |last| last.saturating_add(SAMPLE_INTERVAL).saturating_sub(call.now));
    // After the clock was set back, the interval does not apply.
    if remaining <= 0 || remaining > SAMPLE_INTERVAL {
        return Ok(());
    }
    let seconds = remaining / 1_000_000 + i64::from(remaining % 1_000_000 > 0);
    let text = format!("A sample run just started. Try again in {seconds} seconds.");
    let reply = HttpReply::error(StatusCode::TOO_MANY_REQUESTS, &text);
    Err(reply.header(RETRY_AFTER, &seconds.to_string()).into())
}

/// Returns the reply for a new job. Its status is `pending`, even if the job is complete already.
fn job_reply(job_id: &str, request: &JobRequest, user_ids: &[String]) -> Value {
    let count = user_ids.len();
    let operation = match request {
        JobRequest::Trigger(_) => "trigger",
        JobRequest::Sample(_) => "sample",
    };
    let mut reply = json!({
        "job_id": job_id,
        "status": "pending",
        "status_url": format!("/v2/profiles/jobs/{job_id}/"),
        "operation": operation,
        "entity_type": "user",
        "entity_count_reserved": count,
        "replayed": false,
    });
    if let JobRequest::Sample(_) = request {
        reply["sampled"] = json!(count);
        reply["entity_ids"] = json!(user_ids);
    }
    reply
}
