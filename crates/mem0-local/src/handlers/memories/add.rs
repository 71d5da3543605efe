//! Adding memories.

use serde_json::{Value, json};

use crate::handlers::Call;
use crate::jobs::add_request::AddRequest;
use crate::jobs::completion::Completion;
use crate::jobs::ingest::{self, IngestSettings};
use crate::protocol::reply::{HandlerError, HandlerResult, HttpReply};
use crate::store::after_commit::AfterCommit;
use crate::store::after_commit::JobKind;
use crate::store::events::{self, CompletedEvent};

const STORED: &str = "Memories stored successfully";
const QUEUED: &str = "Memory processing has been queued for background execution";

/// Adds memories by version 3 of the API.
pub(crate) fn add(call: &mut Call<'_>) -> HandlerResult {
    let (event_id, results) = add_memories(call, false)?;
    Ok(HttpReply::ok(&match results {
        Some(results) => json!({
            "message": STORED, "status": "SUCCEEDED", "event_id": event_id, "results": results,
        }),
        None => json!({ "status": "PENDING", "event_id": event_id }),
    }))
}

/// Adds memories by version 1 of the API. The reply is an array, or an object for output format `v1.1` and version `v2`.
pub(crate) fn add_v1(call: &mut Call<'_>) -> HandlerResult {
    let body = call.request.json().unwrap_or_default();
    let (event_id, results) = add_memories(call, body["async_mode"] == json!(false))?;
    let done = |results| json!([{ "message": STORED, "status": "SUCCEEDED", "event_id": event_id, "results": results }]);
    let queued = || json!([{ "message": QUEUED, "status": "PENDING", "event_id": event_id }]);
    let is_object = body["output_format"] == "v1.1" && body["version"] == "v2";
    Ok(HttpReply::ok(&match (results, is_object) {
        (Some(results), true) => json!({ "results": results, "relations": [] }),
        (Some(results), false) => done(results),
        (None, true) => json!({ "results": queued(), "relations": [] }),
        (None, false) => queued(),
    }))
}

/// Adds memories. Returns the ID of the event, and the results if they are ready.
fn add_memories(
    call: &mut Call<'_>,
    is_synchronous: bool,
) -> Result<(String, Option<Vec<Value>>), HandlerError> {
    let mut body = call.read_body()?;
    let mut payload = body.fields().clone();
    let Some(request) = AddRequest::read(&mut body) else { return Err(body.error_reply().into()) };
    call.check_fields(&body)?;
    body.remaining_names().for_each(|name| drop(payload.remove(name)));
    let payload = Value::Object(payload);
    let Call { connection, now, options, .. } = *call;
    if request.infer && (options.extracts || !is_synchronous) {
        let event_id = start_event(call, &payload, &request)?;
        if options.extracts || options.completion != Completion::Immediate {
            call.after_commit.push(AfterCommit::RunJob {
                kind: JobKind::Add,
                id: event_id.clone(),
                requested_at: now,
            });
        } else {
            ingest::run(connection, &event_id, now, &mut call.after_commit)?;
        }
        return Ok((event_id, None));
    }
    let settings = IngestSettings::of(connection, call.project_scope(), request.custom_categories.clone())?;
    let drafts = ingest::drafts_without_model(&request, &settings);
    let stored = ingest::store_drafts(&mut call.writer()?, &request, &settings, drafts)?;
    let (metadata, results) = (request.metadata.as_ref(), ingest::results(&stored));
    let done = CompletedEvent { event_type: "ADD", payload: &payload, metadata, results: &results };
    let event_id = events::insert_completed(connection, call.project_scope(), &done, now)?;
    let results = stored.iter().map(|(memory, event)| ingest::result(memory, event)).collect();
    Ok((event_id, Some(results)))
}

fn start_event(call: &Call<'_>, payload: &Value, request: &AddRequest) -> rusqlite::Result<String> {
    let event_id = events::create(call.connection, call.project_scope(), "ADD", payload, call.now)?;
    if let Some(metadata) = &request.metadata {
        events::set_metadata(call.connection, &event_id, metadata)?;
    }
    Ok(event_id)
}
