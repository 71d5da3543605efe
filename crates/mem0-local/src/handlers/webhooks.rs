//! Webhooks of projects.

use http::StatusCode;
use serde_json::{Value, json};

use crate::check;
use crate::clock::format_timestamp;
use crate::handlers::Call;
use crate::protocol::body_reader::BodyReader;
use crate::protocol::reply::{HandlerError, HandlerResult, HttpReply};
use crate::store::webhooks::{self, Webhook, WebhookFields};
use crate::webhooks::client::{EVENT_TYPES, parse_url};

/// Maximum length of a URL.
const MAX_URL_LEN: usize = 2048;

pub(crate) fn list(call: &mut Call<'_>) -> HandlerResult {
    let found: Value = webhooks::list(call.connection, call.project_id())?.iter().map(to_json).collect();
    Ok(HttpReply::ok(&found))
}

pub(crate) fn create(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let name = body.name();
    let url = body.required("url", url);
    let event_types = body.required("event_types", event_types);
    let is_active = is_active(&mut body).unwrap_or(true);
    let (Some(name), Some(url), Some(event_types), false) = (name, url, event_types, body.has_errors())
    else {
        return Err(body.error_reply().into());
    };
    check_fields(call, &mut body)?;
    let fields = WebhookFields { name: &name, url: &url, event_types: &event_types, is_active };
    let (connection, user_id) = (call.connection, &call.caller.user_id);
    let webhook_id = webhooks::create(connection, call.project_id(), user_id, &fields, call.now)?;
    let created = webhooks::get(connection, &webhook_id)?.ok_or_else(missing)?;
    Ok(HttpReply::json(StatusCode::CREATED, &to_json(&created)))
}

pub(crate) fn update(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let before = webhooks::get(call.connection, call.ids.get("webhook_id"))?.ok_or_else(missing)?;
    let name = body.optional("name", |value| check::name(value).map(str::to_owned).map_err(str::to_owned));
    let url = body.optional("url", url);
    let event_types = body.optional("event_types", event_types);
    let is_active = is_active(&mut body);
    if body.has_errors() {
        return Err(body.error_reply().into());
    }
    check_fields(call, &mut body)?;
    let fields = WebhookFields {
        name: name.as_ref().unwrap_or(&before.name),
        url: url.as_ref().unwrap_or(&before.url),
        event_types: event_types.as_ref().unwrap_or(&before.event_types),
        is_active: is_active.unwrap_or(before.is_active),
    };
    webhooks::update(call.connection, &before.id, &fields, call.now)?;
    Ok(HttpReply::message(StatusCode::OK, "Webhook updated successfully"))
}

pub(crate) fn delete(call: &mut Call<'_>) -> HandlerResult {
    webhooks::delete(call.connection, call.ids.get("webhook_id"))?;
    Ok(HttpReply::message(StatusCode::OK, "Webhook deleted successfully"))
}

/// Checks for unknown fields. A `project_id` in the body is ignored: the path determines the project.
fn check_fields(call: &mut Call<'_>, body: &mut BodyReader) -> Result<(), HttpReply> {
    body.take("project_id");
    call.check_fields(body)
}

fn url(value: &Value) -> Result<String, String> {
    let url = check::text(value)?;
    if url.len() > MAX_URL_LEN {
        return Err(format!("Ensure this field has no more than {MAX_URL_LEN} characters."));
    }
    parse_url(url).map(|_| url.to_owned()).ok_or_else(|| "Enter a valid URL.".to_owned())
}

/// Checks a list of event types. It must not be empty, because there is no useful default.
fn event_types(value: &Value) -> Result<Value, String> {
    let Some(types) = value.as_array() else { return Err("Expected a list of event types.".to_owned()) };
    if types.is_empty() {
        return Err("This list may not be empty.".to_owned());
    }
    match types.iter().find(|kind| !kind.as_str().is_some_and(|kind| EVENT_TYPES.contains(&kind))) {
        Some(Value::String(unknown)) => Err(format!("\"{unknown}\" is not a valid choice.")),
        Some(_) => Err("Not a valid string.".to_owned()),
        None => Ok(value.clone()),
    }
}

fn is_active(body: &mut BodyReader) -> Option<bool> {
    body.optional("is_active", |value| value.as_bool().ok_or_else(|| "Must be a valid boolean.".to_owned()))
}

fn missing() -> HandlerError {
    HttpReply::error(StatusCode::NOT_FOUND, "Webhook not found").into()
}

fn to_json(webhook: &Webhook) -> Value {
    json!({
        "webhook_id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "event_types": webhook.event_types,
        "owner": webhook.owner,
        "is_active": webhook.is_active,
        "project": webhook.project,
        "created_at": format_timestamp(webhook.created_at),
        "updated_at": format_timestamp(webhook.updated_at),
    })
}
