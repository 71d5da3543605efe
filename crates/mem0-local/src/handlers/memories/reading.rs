//! One memory, and what happened to memories.

use http::StatusCode;
use serde_json::{Value, json};

use crate::clock::format_timestamp;
use crate::filter::uuid;
use crate::handlers::Call;
use crate::handlers::memories::shown::single;
use crate::handlers::paging::Paging;
use crate::protocol::reply::{Answer, HttpReply};
use crate::store::history_entries::{self, Entry};
use crate::store::memories;

/// A memory by its identifier, expired or merged ones too.
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let memory_id = memory_id(call)?;
    match memories::get(call.connection, call.caller.project_scope(), &memory_id)? {
        Some(memory) => Ok(HttpReply::ok(&single(&memory).into())),
        None => Ok(HttpReply::error(StatusCode::NOT_FOUND, "Memory not found!")),
    }
}

/// What happened to a memory, oldest first. One that was never there has no history.
pub(crate) fn history(call: &mut Call<'_>) -> Answer {
    let memory_id = memory_id(call)?;
    let entries = history_entries::of_memory(call.connection, call.caller.project_scope(), &memory_id)?;
    Ok(HttpReply::ok(&entries.iter().map(shown).collect()))
}

/// What happened to the project's memories, newest first.
pub(crate) fn feed(call: &mut Call<'_>) -> Answer {
    let scope = call.caller.project_scope();
    let count = history_entries::count(call.connection, scope)?;
    let paging = Paging::read(call.request, Some("limit"), None, None)?.check(count)?;
    let entries = history_entries::page(call.connection, scope, paging.size(), paging.offset())?;
    Ok(paging.envelope(call.request, count, entries.iter().map(shown).collect()))
}

/// The identifier of the path.
fn memory_id(call: &Call<'_>) -> Result<String, HttpReply> {
    uuid(call.ids.get("memory_id"))
        .ok_or_else(|| HttpReply::error(StatusCode::BAD_REQUEST, "memory_id should be a valid UUID"))
}

fn shown(entry: &Entry) -> Value {
    json!({
        "id": entry.history_id,
        "memory_id": entry.memory_id,
        "event": entry.event,
        "input": entry.input,
        "old_memory": entry.old_memory,
        "new_memory": entry.new_memory,
        "user_id": entry.user_id,
        "agent_id": entry.agent_id,
        "app_id": entry.app_id,
        "session_id": entry.run_id,
        "categories": entry.categories,
        "metadata": entry.metadata,
        "created_at": format_timestamp(entry.created_at),
        "updated_at": format_timestamp(entry.updated_at),
    })
}
