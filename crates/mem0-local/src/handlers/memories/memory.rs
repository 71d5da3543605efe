//! Operations on a single memory.

use http::StatusCode;
use serde_json::{Value, json};

use crate::filter::uuid;
use crate::handlers::Call;
use crate::handlers::memories::full_memory;
use crate::handlers::memories::memory_update::MemoryUpdate;
use crate::jobs::ingest::IngestSettings;
use crate::protocol::reply::{HandlerError, HandlerResult, HttpReply};
use crate::store::events::{self, CompletedEvent};
use crate::store::memories::{self, Memory};

/// Reads a memory, including expired and merged ones.
pub(crate) fn get(call: &mut Call<'_>) -> HandlerResult {
    Ok(HttpReply::ok(&full_memory(&find(call)?).into()))
}

pub(crate) fn update(call: &mut Call<'_>) -> HandlerResult {
    let before = find(call)?;
    let mut body = call.read_body()?;
    let mut payload = body.fields().clone();
    let Some(update) = MemoryUpdate::read(&mut body) else { return Err(body.error_reply().into()) };
    call.check_fields(&body)?;
    body.remaining_names().for_each(|name| drop(payload.remove(name)));
    if before.immutable {
        return Err(HttpReply::error(StatusCode::BAD_REQUEST, IMMUTABLE).into());
    }
    let settings = IngestSettings::of(call.connection, call.project_scope(), None)?;
    let memory = update.apply(&before, &settings, call.now);
    call.writer()?.update(&memory, &before)?;
    payload.insert("memory_id".to_owned(), memory.memory_id.clone().into());
    record_event(call, "UPDATE", &payload.into(), &[&memory])?;
    Ok(HttpReply::ok(&full_memory(&memory).into()))
}

pub(crate) fn delete(call: &mut Call<'_>) -> HandlerResult {
    let memory = find(call)?;
    let with_linked = query_flag(call, "delete_linked")?;
    let cascade_count = if with_linked { call.writer()?.delete_linked(&memory)? } else { 0 };
    if !with_linked {
        call.writer()?.delete(&memory)?;
    }
    let payload = json!({ "memory_id": memory.memory_id, "delete_linked": with_linked });
    record_event(call, "DELETE", &payload, &[&memory])?;
    let mut reply = json!({ "message": "Memory deleted successfully!" });
    if with_linked {
        reply["cascade_count"] = cascade_count.into();
    }
    Ok(HttpReply::ok(&reply))
}

/// Returns the memory of the path.
fn find(call: &Call<'_>) -> Result<Memory, HandlerError> {
    let Some(memory_id) = uuid(call.ids.get("memory_id")) else {
        return Err(HttpReply::error(StatusCode::BAD_REQUEST, "memory_id should be a valid UUID").into());
    };
    let memory = memories::get(call.connection, call.project_scope(), &memory_id)?;
    memory.ok_or_else(|| not_found().into())
}

/// Records the event of a completed write.
pub(super) fn record_event(
    call: &Call<'_>,
    event_type: &str,
    payload: &Value,
    memories: &[&Memory],
) -> rusqlite::Result<String> {
    let one = |memory: &&Memory| {
        json!({ "id": memory.memory_id, "event": event_type, "memory": memory.memory,
                "user_id": memory.user_id, "agent_id": memory.agent_id })
    };
    let results = memories.iter().map(one).collect();
    let done = CompletedEvent { event_type, payload, metadata: None, results: &results };
    events::insert_completed(call.connection, call.project_scope(), &done, call.now)
}

pub(super) fn not_found() -> HttpReply {
    HttpReply::error(StatusCode::NOT_FOUND, "Memory not found!")
}

pub(super) const IMMUTABLE: &str =
    "This memory is immutable and can't be updated; delete it and add it again.";

/// Reads a boolean query parameter.
fn query_flag(call: &Call<'_>, name: &'static str) -> Result<bool, HttpReply> {
    match call.request.query_values(name).last() {
        None | Some("false" | "False" | "0") => Ok(false),
        Some("true" | "True" | "1") => Ok(true),
        Some(_) => {
            Err(HttpReply::error(StatusCode::BAD_REQUEST, &format!("{name}: Must be a valid boolean.")))
        }
    }
}
