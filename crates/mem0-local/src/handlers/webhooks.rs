//! Webhooks: who is told what changes in a project.

use http::StatusCode;
use serde_json::{Value, json};

use crate::check;
use crate::clock::format_timestamp;
use crate::handlers::Call;
use crate::protocol::body_reader::BodyReader;
use crate::protocol::reply::{Answer, Failure, HttpReply};
use crate::store::webhooks::{self, Webhook, WebhookFields};
use crate::webhooks::delivery::{EVENT_TYPES, address};

/// Longer URLs are refused.
const URL_LIMIT: usize = 2048;

pub(crate) fn list(call: &mut Call<'_>) -> Answer {
    let found: Value = webhooks::list(call.connection, call.project_id())?.iter().map(shown).collect();
    Ok(HttpReply::ok(&found))
}

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let mut body = call.body()?;
    let name = body.name();
    let url = body.required("url", url);
    let event_types = body.required("event_types", event_types);
    let is_active = is_active(&mut body).unwrap_or(true);
    let (Some(name), Some(url), Some(event_types), false) = (name, url, event_types, body.has_errors())
    else {
        return Err(body.refusal().into());
    };
    rest(call, &mut body)?;
    let fields = WebhookFields { name: &name, url: &url, event_types: &event_types, is_active };
    let (connection, user_id) = (call.connection, &call.caller.user_id);
    let webhook_id = webhooks::create(connection, call.project_id(), user_id, &fields, call.now)?;
    let made = webhooks::get(connection, &webhook_id)?.ok_or_else(missing)?;
    Ok(HttpReply::json(StatusCode::CREATED, &shown(&made)))
}

pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let mut body = call.body()?;
    let before = webhooks::get(call.connection, call.ids.get("webhook_id"))?.ok_or_else(missing)?;
    let name = body.optional("name", |value| check::name(value).map(str::to_owned).map_err(str::to_owned));
    let url = body.optional("url", url);
    let event_types = body.optional("event_types", event_types);
    let is_active = is_active(&mut body);
    if body.has_errors() {
        return Err(body.refusal().into());
    }
    rest(call, &mut body)?;
    let fields = WebhookFields {
        name: name.as_ref().unwrap_or(&before.name),
        url: url.as_ref().unwrap_or(&before.url),
        event_types: event_types.as_ref().unwrap_or(&before.event_types),
        is_active: is_active.unwrap_or(before.is_active),
    };
    webhooks::update(call.connection, &before.id, &fields, call.now)?;
    Ok(HttpReply::message(StatusCode::OK, "Webhook updated successfully"))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    webhooks::delete(call.connection, call.ids.get("webhook_id"))?;
    Ok(HttpReply::message(StatusCode::OK, "Webhook deleted successfully"))
}

/// The project that clients repeat in the body is the one of the path.
fn rest(call: &mut Call<'_>, body: &mut BodyReader) -> Result<(), HttpReply> {
    body.take("project_id");
    call.rest(body)
}

fn url(value: &Value) -> Result<String, String> {
    let url = check::text(value)?;
    if url.len() > URL_LIMIT {
        return Err(format!("Ensure this field has no more than {URL_LIMIT} characters."));
    }
    address(url).map(|_| url.to_owned()).ok_or_else(|| "Enter a valid URL.".to_owned())
}

/// A list of known types, which may not be empty: there is no default that would be of use.
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

fn missing() -> Failure {
    HttpReply::error(StatusCode::NOT_FOUND, "Webhook not found").into()
}

fn shown(webhook: &Webhook) -> Value {
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
