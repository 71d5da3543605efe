//! Profiles: what is known of a user, in a form of the project's.

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Map, Value, json};

use crate::clock::format_timestamp;
use crate::handlers::Call;
use crate::jobs::profile;
use crate::protocol::body_reader::BodyReader;
use crate::protocol::reply::{Answer, Failure, HttpReply};
use crate::store::after_commit::JobKind;
use crate::store::{entities, profiles};

/// How long after a sample the next one is refused, in microseconds: a minute.
const SAMPLES_APART: i64 = 60 * 1_000_000;

/// How many users a sample has where it is not said.
const SAMPLE: i64 = 5;
const LARGEST_SAMPLE: i64 = 10;

pub(crate) fn settings(call: &mut Call<'_>) -> Answer {
    Ok(HttpReply::ok(&current(call)?))
}

/// What is left out stays as it is; null goes back to the default.
pub(crate) fn update_settings(call: &mut Call<'_>) -> Answer {
    let mut body = call.body()?;
    let mut settings = current(call)?;
    match body.take("enabled") {
        None => {}
        Some(Value::Null) => settings["enabled"] = json!(false),
        Some(Value::Bool(enabled)) => settings["enabled"] = json!(enabled),
        Some(_) => body.add_error("enabled", "Must be a valid boolean."),
    }
    for (field, value) in user_settings(&mut body)? {
        match field.as_str() {
            "schema" => match schema_mistake(&value) {
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
    if let Some(flat) = body.unknown().next() {
        return Err(unsupported(flat).into());
    }
    if body.has_errors() {
        return Err(body.refusal().into());
    }
    profiles::set_settings(call.connection, call.caller.project_scope(), &settings)?;
    Ok(HttpReply::ok(&settings))
}

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let (connection, scope) = (call.connection, call.caller.project_scope());
    let user_id = call.ids.get("entity_id");
    if entities::get(connection, scope, "user", user_id)?.is_none() {
        return Err(unknown_user().into());
    }
    let profile = profiles::get(connection, scope, user_id)?;
    let is_enabled = current(call)?["enabled"] == true;
    let status = match &profile {
        _ if !is_enabled => "not_enabled",
        Some(profile) => &profile.status,
        None if profiles::has_pending_job(connection, scope, user_id)? => "pending",
        None => "insufficient_data",
    };
    let shown = profile.as_ref().filter(|_| is_enabled);
    let mut answer = json!({
        "profile": shown.map_or(json!({}), |profile| profile.content.clone()),
        "status": status,
        "entity_type": "user",
        "entity_id": user_id,
        "updated_at": shown.and_then(|profile| profile.updated_at).map(format_timestamp),
        "generation_count": profile.as_ref().map_or(0, |profile| profile.generation_count),
    });
    if let Some(error) = shown.and_then(|profile| profile.error.as_ref()) {
        answer["error"] = json!(error);
    }
    Ok(HttpReply::ok(&answer))
}

fn unknown_user() -> HttpReply {
    HttpReply::error(StatusCode::NOT_FOUND, "User not found")
}

/// What a job is to do.
enum Desired {
    Trigger(String),
    Sample(i64),
}

pub(crate) fn create_job(call: &mut Call<'_>) -> Answer {
    let mut body = call.body()?;
    let wanted = wanted(&mut body);
    let key = idempotency_key(call)?;
    let (connection, scope, now) = (call.connection, call.caller.project_scope(), call.now);
    if let Some(key) = key
        && let Some(job) = profiles::job_by_key(connection, scope, key)?
    {
        let mut answer = job["answer"].clone();
        answer["replayed"] = json!(true);
        return Ok(HttpReply::json(StatusCode::ACCEPTED, &answer));
    }
    let (Some(wanted), false) = (wanted, body.has_errors()) else { return Err(body.refusal().into()) };
    call.rest(&body)?;
    let settings = current(call)?;
    let schema = &settings["entities"]["user"]["schema"];
    if settings["enabled"] != true || schema.is_null() {
        let text = "Profiles are not enabled for this project: set enabled and entities.user.schema at \
                    /v2/profiles/settings/ first.";
        return Err(HttpReply::error(StatusCode::BAD_REQUEST, text).into());
    }
    let user_ids = match &wanted {
        Desired::Trigger(user_id) => {
            entities::get(connection, scope, "user", user_id)?.ok_or_else(unknown_user)?;
            vec![user_id.clone()]
        }
        Desired::Sample(limit) => {
            refuse_early_sample(call)?;
            entities::user_ids(connection, scope, *limit)?
        }
    };
    let job_id = profiles::new_job_id(connection)?;
    let answer = answer(&job_id, &wanted, &user_ids);
    let job = profile::pending(&answer, &job_id, schema, &user_ids);
    profiles::insert_job(connection, scope, &job_id, key, &job, now)?;
    call.run_job(JobKind::Profiles, &job_id)?;
    Ok(HttpReply::json(StatusCode::ACCEPTED, &answer))
}

pub(crate) fn get_job(call: &mut Call<'_>) -> Answer {
    match profiles::job(call.connection, call.caller.project_scope(), call.ids.get("job_id"))? {
        Some(job) => Ok(HttpReply::ok(&json!({ "job": job["job"] }))),
        None => Err(HttpReply::error(StatusCode::NOT_FOUND, "Job not found").into()),
    }
}

/// The settings of the caller's project, in full.
fn current(call: &Call<'_>) -> rusqlite::Result<Value> {
    let settings = profiles::settings(call.connection, call.caller.project_scope())?;
    Ok(settings.unwrap_or_else(|| {
        json!({
            "enabled": false,
            "capabilities": {},
            "entities": { "user": { "schema": null, "custom_instructions": null } },
        })
    }))
}

/// What is written for users. Nothing else has profiles.
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
        "Unsupported settings: {name}. Send enabled at the top, and schema and custom_instructions in \
         entities.user."
    );
    HttpReply::error(StatusCode::BAD_REQUEST, &text)
}

/// What is wrong with a schema: it has properties, and each of them a description, at any depth.
fn schema_mistake(schema: &Value) -> Option<String> {
    if schema.is_null() {
        return None;
    }
    let properties = schema["properties"].as_object().filter(|properties| !properties.is_empty());
    if properties.is_none() || schema.get("type").is_some_and(|kind| kind != "object") {
        return Some("Must be a JSON schema of an object with properties.".to_owned());
    }
    let name = undescribed(schema)?;
    Some(format!("Property \"{name}\" needs a description."))
}

fn undescribed(schema: &Value) -> Option<&str> {
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
                if let Some(name) = undescribed(property) {
                    return Some(name);
                }
            }
            fields.get("items").and_then(undescribed)
        }
        _ => None,
    }
}

fn wanted(body: &mut BodyReader) -> Option<Desired> {
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
        "trigger" => text(body, "entity_id").map(Desired::Trigger),
        "sample" => {
            let limit = body.optional("limit", |value| {
                let limit = value.as_i64().filter(|limit| (1..=LARGEST_SAMPLE).contains(limit));
                limit.ok_or_else(|| format!("Must be an integer from 1 to {LARGEST_SAMPLE}."))
            });
            Some(Desired::Sample(limit.unwrap_or(SAMPLE)))
        }
        other => {
            body.add_error("operation", &format!("\"{other}\" is not a valid choice."));
            None
        }
    }
}

/// The key under which the same request counts once.
fn idempotency_key<'a>(call: &Call<'a>) -> Result<Option<&'a str>, HttpReply> {
    let Some(key) = call.request.headers.get("idempotency-key") else { return Ok(None) };
    match key.to_str() {
        Ok(key) if key.len() <= 255 => Ok(Some(key).filter(|key| !key.is_empty())),
        _ => {
            let text = "Idempotency-Key: has to be ASCII, of at most 255 characters.";
            Err(HttpReply::error(StatusCode::BAD_REQUEST, text))
        }
    }
}

fn refuse_early_sample(call: &Call<'_>) -> Result<(), Failure> {
    let last = profiles::last_sample(call.connection, call.caller.project_scope())?;
    let left = last.map_or(0, |last| last.saturating_add(SAMPLES_APART).saturating_sub(call.now));
    // A clock that was put back is no reason to wait.
    if left <= 0 || left > SAMPLES_APART {
        return Ok(());
    }
    let seconds = left / 1_000_000 + i64::from(left % 1_000_000 > 0);
    let text = format!("A sample run just started. Try again in {seconds} seconds.");
    let reply = HttpReply::error(StatusCode::TOO_MANY_REQUESTS, &text);
    Err(reply.header(RETRY_AFTER, &seconds.to_string()).into())
}

/// The job is answered as one that is to come, whether or not it is done by then.
fn answer(job_id: &str, wanted: &Desired, user_ids: &[String]) -> Value {
    let count = user_ids.len();
    let operation = match wanted {
        Desired::Trigger(_) => "trigger",
        Desired::Sample(_) => "sample",
    };
    let mut answer = json!({
        "job_id": job_id,
        "status": "pending",
        "status_url": format!("/v2/profiles/jobs/{job_id}/"),
        "operation": operation,
        "entity_type": "user",
        "entity_count_reserved": count,
        "replayed": false,
    });
    if let Desired::Sample(_) = wanted {
        answer["sampled"] = json!(count);
        answer["entity_ids"] = json!(user_ids);
    }
    answer
}
