//! Batch updates and deletions, which change all memories or none.

use std::collections::HashMap;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::filter::uuid;
use crate::handlers::Call;
use crate::handlers::memories::memory::{IMMUTABLE, record_event};
use crate::handlers::memories::memory_update::MemoryUpdate;
use crate::jobs::ingest::IngestSettings;
use crate::protocol::body_reader::BodyReader;
use crate::protocol::reply::{HandlerError, HandlerResult, HttpReply};
use crate::store::memories::{self, Memory};

/// Maximum number of memories in a batch.
const MAX_BATCH_LEN: usize = 1000;

pub(crate) fn update(call: &mut Call<'_>) -> HandlerResult {
    let items = items(call, "updated")?;
    let mut updates = Vec::with_capacity(items.len());
    for (at, mut item) in items.iter().cloned().enumerate() {
        item.remove("memory_id");
        let mut body = BodyReader::from_fields(call.errors, item);
        let Some(update) = MemoryUpdate::read_item(&mut body) else {
            return Err(item_error(at, body.error_reply()).into());
        };
        call.check_fields(&body)?;
        updates.push(update);
    }
    let mut found = find(call, &items)?;
    let is_fixed = |item| found.get(&memory_id(item)).is_some_and(|memory| memory.immutable);
    if let Some(at) = items.iter().position(is_fixed) {
        let text = format!("Item {at}: {IMMUTABLE}");
        return Err(HttpReply::error(StatusCode::BAD_REQUEST, &text).into());
    }
    let settings = IngestSettings::of(call.connection, call.project_scope(), None)?;
    for (item, update) in items.iter().zip(&updates) {
        let Some(memory) = found.get_mut(&memory_id(item)) else { continue };
        let changed = update.apply(memory, &settings, call.now);
        call.writer()?.update(&changed, memory)?;
        *memory = changed;
    }
    let changed: Vec<&Memory> = in_order(&items, &found);
    record_event(call, "UPDATE", &json!({ "memories": items }), &changed)?;
    Ok(HttpReply::message(StatusCode::OK, &format!("Successfully updated {} memories", changed.len())))
}

pub(crate) fn delete(call: &mut Call<'_>) -> HandlerResult {
    let items = items(call, "deleted")?;
    for item in &items {
        for name in item.keys().filter(|name| *name != "memory_id") {
            call.handle_unknown(name)?;
        }
    }
    let found = find(call, &items)?;
    let deleted = in_order(&items, &found);
    for memory in &deleted {
        call.writer()?.delete(memory)?;
    }
    record_event(call, "DELETE", &json!({ "memories": items }), &deleted)?;
    Ok(HttpReply::message(StatusCode::OK, &format!("Successfully deleted {} memories", deleted.len())))
}

/// Takes the items of a batch. Each has a valid memory ID.
fn items(call: &mut Call<'_>, done: &str) -> Result<Vec<Map<String, Value>>, HandlerError> {
    let mut body = call.read_body()?;
    let items = match body.take("memories") {
        Some(Value::Array(items)) => items,
        Some(_) => return Err(call.errors.invalid("memories", "Expected a list of items.").into()),
        None => return Err(call.errors.invalid("memories", "This field is required.").into()),
    };
    call.check_fields(&body)?;
    if items.is_empty() {
        return Err(call.errors.invalid("memories", "This list may not be empty.").into());
    }
    if items.len() > MAX_BATCH_LEN {
        let text = format!("Maximum of {MAX_BATCH_LEN} memories can be {done} in a single request");
        return Err(HttpReply::error(StatusCode::BAD_REQUEST, &text).into());
    }
    let checked = items.into_iter().enumerate().map(|(at, item)| match item {
        Value::Object(item) if item.get("memory_id").and_then(Value::as_str).and_then(uuid).is_some() => {
            Ok(item)
        }
        Value::Object(_) => Err(format!("Item {at}: memory_id should be a valid UUID")),
        _ => Err(format!("Item {at}: Expected an object with a memory_id.")),
    });
    let checked: Result<Vec<_>, String> = checked.collect();
    checked.map_err(|text| HttpReply::error(StatusCode::BAD_REQUEST, &text).into())
}

fn memory_id(item: &Map<String, Value>) -> String {
    item.get("memory_id").and_then(Value::as_str).and_then(uuid).unwrap_or_default()
}

/// Returns the memories of a batch by ID. A missing one is an error.
fn find(call: &Call<'_>, items: &[Map<String, Value>]) -> Result<HashMap<String, Memory>, HandlerError> {
    let mut found = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        let memory_id = memory_id(item);
        if found.contains_key(&memory_id) {
            continue;
        }
        let Some(memory) = memories::get(call.connection, call.project_scope(), &memory_id)? else {
            let text = format!("Item {at}: Memory not found! Nothing was changed.");
            return Err(HttpReply::error(StatusCode::BAD_REQUEST, &text).into());
        };
        found.insert(memory_id, memory);
    }
    Ok(found)
}

/// Returns each memory once, in the order of the items.
fn in_order<'a>(items: &[Map<String, Value>], found: &'a HashMap<String, Memory>) -> Vec<&'a Memory> {
    let mut seen = std::collections::HashSet::new();
    items
        .iter()
        .map(memory_id)
        .filter(|memory_id| seen.insert(memory_id.clone()))
        .filter_map(|memory_id| found.get(&memory_id))
        .collect()
}

/// Adds the index of an item to an error reply.
fn item_error(at: usize, refusal: HttpReply) -> HttpReply {
    let body: Value = serde_json::from_slice(&refusal.body).unwrap_or_default();
    let text = body["error"].as_str().unwrap_or_default();
    HttpReply::error(refusal.status, &format!("Item {at}: {text}"))
}
