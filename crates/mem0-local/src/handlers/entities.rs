//! Users, agents, apps and runs.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::check;
use crate::clock::format_timestamp;
use crate::handlers::Call;
use crate::handlers::paging::Paging;
use crate::protocol::reply::{HandlerResult, HttpReply};
use crate::store::entities::{self, Entity, TYPES};
use crate::store::events::{self, CompletedEvent};
use crate::store::{memories, project_members, projects};
use mem0::Role;

const INVALID_TYPE: &str = "Invalid entity type";

/// Event types; see `docs/platform-api.md#events`.
const EVENT_TYPES: [&str; 8] =
    ["ADD", "UPDATE", "DELETE", "SEARCH", "GET_ALL", "GET", "DELETE_ALL", "DELETE_USER"];

/// Maximum number of users in the list of filters.
const MAX_USERS: i64 = 1000;

pub(crate) fn list(call: &mut Call<'_>) -> HandlerResult {
    let (connection, scope) = (call.connection, call.caller.project_scope());
    let totals = entities::totals(connection, scope)?;
    let count = totals.iter().sum();
    let paging = Paging::read(call.request, Some("page_size"), None, None)?.check(count)?;
    let owner = owner(call)?;
    let found = entities::list(connection, scope, paging.size(), paging.offset())?;
    let found = found.iter().map(|entity| to_json(entity, &owner)).collect();
    let mut envelope = paging.fields(call.request, count, found);
    for (entity_type, total) in TYPES.iter().zip(totals) {
        envelope.insert(format!("total_{entity_type}s"), json!(total));
    }
    Ok(HttpReply::ok(&envelope.into()))
}

pub(crate) fn filters(call: &mut Call<'_>) -> HandlerResult {
    let (connection, scope) = (call.connection, call.caller.project_scope());
    let categories = entities::categories(connection, scope)?;
    let users = entities::user_ids(connection, scope, MAX_USERS)?;
    let options = |values: &[&str]| -> Value {
        values.iter().map(|value| json!({ "value": value, "label": value })).collect()
    };
    let texts: Vec<&str> = categories.iter().map(String::as_str).collect();
    let names: Vec<&str> = users.iter().map(String::as_str).collect();
    let parameter = |name: &str, label: &str, options: Value| {
        let kind = if options == json!([]) { "text" } else { "select" };
        let placeholder = format!("Any {}", label.to_lowercase());
        json!({ "name": name, "label": label, "type": kind, "placeholder": placeholder, "options": options })
    };
    Ok(HttpReply::ok(&json!({
        "event_type": EVENT_TYPES,
        "categories": categories,
        "users": users,
        "parameters": [
            parameter("event_type", "Event type", options(&EVENT_TYPES)),
            parameter("categories", "Category", options(&texts)),
            parameter("user_id", "User", options(&names)),
            parameter("agent_id", "Agent", json!([])),
            parameter("app_id", "App", json!([])),
            parameter("run_id", "Run", json!([])),
        ],
    })))
}

/// Returns an array, which is empty if there is no such entity.
pub(crate) fn get(call: &mut Call<'_>) -> HandlerResult {
    let (entity_type, entity_id) = (call.ids.get("entity_type"), call.ids.get("entity_id"));
    if !TYPES.contains(&entity_type) {
        return Err(HttpReply::message(StatusCode::BAD_REQUEST, INVALID_TYPE).into());
    }
    let found = entities::get(call.connection, call.caller.project_scope(), entity_type, entity_id)?;
    let owner = owner(call)?;
    let found: Value = found.iter().map(|entity| to_json(entity, &owner)).collect();
    Ok(HttpReply::ok(&found))
}

pub(crate) fn delete(call: &mut Call<'_>) -> HandlerResult {
    let (entity_type, entity_id) = (call.ids.get("entity_type"), call.ids.get("entity_id"));
    if !TYPES.contains(&entity_type) {
        return Err(HttpReply::message(StatusCode::BAD_REQUEST, INVALID_TYPE).into());
    }
    delete_all_of(call, entity_type, entity_id)
}

pub(crate) fn delete_by_number(call: &mut Call<'_>) -> HandlerResult {
    let (entity_type, number) = (call.ids.get("entity_type"), call.ids.get("entity_id"));
    if !TYPES.contains(&entity_type) {
        return Err(HttpReply::error(StatusCode::BAD_REQUEST, INVALID_TYPE).into());
    }
    let Ok(number) = number.parse::<i64>() else {
        let text = "Invalid entity ID. Must be an integer.";
        return Err(HttpReply::error(StatusCode::BAD_REQUEST, text).into());
    };
    let scope = call.caller.project_scope();
    let Some(entity_id) = entities::id_of(call.connection, scope, entity_type, number)? else {
        return Err(HttpReply::error(StatusCode::NOT_FOUND, "Entity not found").into());
    };
    delete_all_of(call, entity_type, &entity_id)
}

/// Deletes an entity and its memories. The reply says that the deletion is in progress, as on the hosted platform, but it
/// is complete already.
fn delete_all_of(call: &mut Call<'_>, entity_type: &str, entity_id: &str) -> HandlerResult {
    let (connection, scope, now) = (call.connection, call.caller.project_scope(), call.now);
    let deleted = memories::of_entity(connection, scope, entity_type, entity_id)?;
    let results = call.writer()?.delete_each(&deleted)?;
    entities::delete(connection, scope, entity_type, entity_id)?;
    let payload = json!({ "entity_type": entity_type, "entity_id": entity_id });
    let done =
        CompletedEvent { event_type: "DELETE_USER", payload: &payload, metadata: None, results: &results };
    let event_id = events::insert_completed(connection, scope, &done, now)?;
    let message = "Delete in progress. This may take some time.";
    Ok(HttpReply::ok(&json!({ "message": message, "event_id": event_id })))
}

pub(crate) fn create_user(call: &mut Call<'_>) -> HandlerResult {
    create(call, "user")
}

pub(crate) fn create_agent(call: &mut Call<'_>) -> HandlerResult {
    create(call, "agent")
}

pub(crate) fn create_app(call: &mut Call<'_>) -> HandlerResult {
    create(call, "app")
}

pub(crate) fn create_run(call: &mut Call<'_>) -> HandlerResult {
    create(call, "run")
}

/// Creates an entity, or changes the name and metadata of an existing one.
fn create(call: &mut Call<'_>, entity_type: &str) -> HandlerResult {
    let id_field = format!("{entity_type}_id");
    let mut body = call.read_body()?;
    let non_empty = |value: &Value| check::non_empty(value).map(str::to_owned).map_err(str::to_owned);
    let entity_id = body.required(&id_field, non_empty);
    let has_name = entity_type != "user";
    let name = has_name.then(|| body.required("name", non_empty)).flatten();
    let metadata = body.take("metadata").filter(|metadata| !metadata.is_null());
    if metadata.as_ref().is_some_and(|metadata| !metadata.is_object()) {
        body.add_error("metadata", "Must be an object.");
    }
    let (Some(entity_id), false) = (entity_id, body.has_errors()) else {
        return Err(body.error_reply().into());
    };
    call.check_fields(&body)?;
    let (connection, scope) = (call.connection, call.caller.project_scope());
    let described = (name.as_deref(), metadata.as_ref());
    let entity = entities::set_details(connection, scope, (entity_type, &entity_id), described, call.now)?;
    let mut json = Map::from_iter([
        ("id".to_owned(), json!(entity.number)),
        (id_field, json!(entity.id)),
        ("metadata".to_owned(), json!(entity.metadata)),
        ("created_at".to_owned(), json!(format_timestamp(entity.created_at))),
        ("updated_at".to_owned(), json!(format_timestamp(entity.updated_at))),
        ("graph_entities".to_owned(), Value::Null),
        ("is_deleted".to_owned(), json!(false)),
        ("project".to_owned(), json!(projects::number(connection, scope)?)),
    ]);
    if has_name {
        json.insert("name".to_owned(), json!(entity.name));
    }
    Ok(HttpReply::json(StatusCode::CREATED, &json.into()))
}

/// Returns the JSON of an entity. Its `name` is the identifier to delete it by.
fn to_json(entity: &Entity, owner: &Value) -> Value {
    json!({
        "id": entity.number.to_string(),
        "name": entity.id,
        "type": entity.kind,
        "owner": owner,
        "metadata": entity.metadata,
        "created_at": format_timestamp(entity.created_at),
        "updated_at": format_timestamp(entity.updated_at),
    })
}

/// Returns the owner of the project's entities: the user name of the first OWNER.
fn owner(call: &Call<'_>) -> rusqlite::Result<Value> {
    let scope = call.caller.project_scope();
    let members = project_members::list(call.connection, scope.org_id, scope.project_id)?;
    let owner = members.into_iter().find(|member| member.role == Role::Owner);
    Ok(json!(owner.map(|owner| owner.username)))
}
