//! Events: asynchronous operations of a project and their results.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::clock::format_timestamp;
use crate::handlers::Call;
use crate::handlers::paging::Paging;
use crate::protocol::reply::{HandlerResult, HttpReply};
use crate::store::events::{self, Event};

pub(crate) fn list(call: &mut Call<'_>) -> HandlerResult {
    let count = events::count(call.connection, call.project_scope())?;
    let paging = Paging::read(call.request, Some("page_size"), None, None)?.check(count)?;
    let found = events::list(call.connection, call.project_scope(), paging.size(), paging.offset())?;
    Ok(paging.envelope(call.request, count, found.iter().map(|event| to_json(event).into()).collect()))
}

pub(crate) fn get(call: &mut Call<'_>) -> HandlerResult {
    const NOT_FOUND: &str = "Event not found or you don't have permission to access it.";
    let event = events::get(call.connection, call.project_scope(), call.ids.get("event_id"))?;
    let Some(event) = event else { return Err(HttpReply::error(StatusCode::NOT_FOUND, NOT_FOUND).into()) };
    let mut json = to_json(&event);
    json.insert("graph_status".to_owned(), Value::Null);
    json.insert("error".to_owned(), json!(event.error));
    Ok(HttpReply::ok(&json.into()))
}

fn to_json(event: &Event) -> Map<String, Value> {
    let mut payload = event.payload.clone();
    if let Some(payload) = payload.as_object_mut() {
        // The payload of an event does not contain the timestamp of the add; see `docs/platform-api.md#events`.
        payload.remove("timestamp");
    }
    let latency = event.completed_at.map(|to| {
        let duration = u64::try_from(to.saturating_sub(event.created_at)).unwrap_or_default();
        Duration::from_micros(duration).as_secs_f64() * 1000.0
    });
    [
        ("id", json!(event.event_id)),
        ("event_type", json!(event.event_type)),
        ("status", json!(event.status)),
        ("payload", payload),
        ("metadata", json!(event.metadata)),
        ("results", event.results.clone()),
        ("created_at", json!(format_timestamp(event.created_at))),
        ("updated_at", json!(format_timestamp(event.updated_at))),
        ("started_at", json!(event.started_at.map(format_timestamp))),
        ("completed_at", json!(event.completed_at.map(format_timestamp))),
        ("latency", json!(latency)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
