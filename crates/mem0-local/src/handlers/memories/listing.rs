//! Lists of memories.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::check;
use crate::clock::format_timestamp;
use crate::filter::{ENTITY_REQUIRED, Filter, TimeRange, Visibility};
use crate::handlers::Call;
use crate::handlers::memories::memory_json::{list_item, select_fields};
use crate::handlers::paging::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Paging};
use crate::protocol::body_reader::BodyReader;
use crate::protocol::error_shape::ErrorShape;
use crate::protocol::reply::{HandlerResult, HttpReply};
use crate::store::condition::{Condition, in_project};
use crate::store::listing;
use crate::store::memories::Memory;

const ENTITIES: [&str; 4] = ["user_id", "agent_id", "app_id", "run_id"];

/// Lists memories by version 3 of the API.
pub(crate) fn list(call: &mut Call<'_>) -> HandlerResult {
    let (condition, fields, paging) = by_filter(call, true)?;
    let count = listing::count(call.connection, &condition)?;
    let paging = paging.check(count)?;
    let memories = listing::page(call.connection, &condition, paging.size(), paging.offset())?;
    Ok(paging.envelope(call.request, count, to_json(&memories, &fields)))
}

/// Lists memories by version 2 of the API: the same filters, but a bare array.
pub(crate) fn list_v2(call: &mut Call<'_>) -> HandlerResult {
    let (condition, fields, paging) = by_filter(call, false)?;
    let memories = listing::page(call.connection, &condition, paging.size(), paging.offset())?;
    Ok(HttpReply::ok(&to_json(&memories, &fields).into()))
}

fn by_filter(call: &mut Call<'_>, refuse_ids: bool) -> Result<(Condition, Vec<String>, Paging), HttpReply> {
    let mut body = call.read_body()?;
    if refuse_ids {
        refuse_top_level_ids(call.errors, &mut body)?;
    }
    let filter = Filter::parse_scoped(body.take("filters").as_ref())?;
    let visibility = Visibility {
        expired: optional(&mut body, "show_expired", boolean).unwrap_or_default(),
        latest_only: optional(&mut body, "latest_only", boolean).unwrap_or_default(),
        merged: optional(&mut body, "include_merged", boolean).unwrap_or_default(),
    };
    let list_filter = ListFilter {
        start_date: optional(&mut body, "start_date", text),
        end_date: optional(&mut body, "end_date", text),
        categories: optional(&mut body, "categories", texts).unwrap_or_default(),
        keywords: optional(&mut body, "keywords", text),
    };
    let fields = optional(&mut body, "fields", texts).unwrap_or_default();
    let (page, size) = (body.take("page"), body.take("page_size"));
    let list_condition = list_filter.condition().map_err(|(name, text)| body.add_error(name, &text));
    let (Ok(list_condition), false) = (list_condition, body.has_errors()) else {
        return Err(body.error_reply());
    };
    call.check_fields(&body)?;
    let paging = Paging::read(call.request, Some("page_size"), page.as_ref(), size.as_ref())?;
    let scope = in_project(call.caller.project_scope());
    let condition =
        Condition::all([scope, filter.into_condition(), visibility.condition(call.now), list_condition]);
    Ok((condition, fields, paging))
}

/// Refuses entity IDs at the top level, which version 3 only accepts in filters; see
/// `docs/platform-api.md#entity-scope-of-a-filter`.
fn refuse_top_level_ids(errors: ErrorShape, body: &mut BodyReader) -> Result<(), HttpReply> {
    let ids = ENTITIES.map(|name| (name, body.take(name)));
    match ids.iter().find(|(_, id)| id.as_ref().is_some_and(|id| !id.is_null())) {
        Some((name, _)) => {
            let text = format!(
                "Not supported at the top level. Put it into filters: {{\"filters\": {{\"{name}\": …}}}}."
            );
            Err(errors.invalid(name, &text))
        }
        None => Ok(()),
    }
}

/// Takes a field that may be missing or null. An error is added to the body reader.
fn optional<T>(body: &mut BodyReader, name: &str, read: fn(&Value) -> Result<T, String>) -> Option<T> {
    let value = body.take(name).filter(|value| !value.is_null())?;
    read(&value).map_err(|text| body.add_error(name, &text)).ok()
}

fn boolean(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "Must be a valid boolean.".to_owned())
}

fn text(value: &Value) -> Result<String, String> {
    check::text(value).map(str::to_owned).map_err(str::to_owned)
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    let list = value.as_array().ok_or_else(|| "Expected a list of strings.".to_owned())?;
    list.iter().map(text).collect()
}

/// Lists memories by version 1 of the API: an array, or an object if both `page` and `page_size` are given.
pub(crate) fn list_v1(call: &mut Call<'_>) -> HandlerResult {
    let one = |name| call.request.query_values(name).last().filter(|value| !value.is_empty());
    let list_parameter = |name: &str| -> Vec<String> {
        let with_brackets = format!("{name}[]");
        let values = call.request.query.iter().filter(|(known, _)| *known == name || *known == with_brackets);
        values.map(|(_, value)| value.clone()).filter(|value| !value.is_empty()).collect()
    };
    let mut filters: Map<String, Value> =
        ENTITIES.iter().filter_map(|name| Some(((*name).to_owned(), json!(one(name)?)))).collect();
    if filters.is_empty() {
        return Ok(HttpReply::json(StatusCode::BAD_REQUEST, &json!([ENTITY_REQUIRED])));
    }
    if let Some(metadata) = one("metadata") {
        match serde_json::from_str::<Value>(metadata) {
            Ok(Value::Object(metadata)) if metadata.is_empty() => {}
            Ok(metadata @ Value::Object(_)) => {
                filters.insert("metadata".to_owned(), metadata);
            }
            _ => return Ok(HttpReply::error(StatusCode::BAD_REQUEST, "metadata must be a JSON object")),
        }
    }
    let filter = match Filter::parse(&filters.into()) {
        Ok(filter) => filter,
        Err(rejection) => return Ok(HttpReply::error(StatusCode::BAD_REQUEST, &rejection.text())),
    };
    let list_filter = ListFilter {
        start_date: one("start_date").map(str::to_owned),
        end_date: one("end_date").map(str::to_owned),
        categories: list_parameter("categories"),
        keywords: one("keywords").map(str::to_owned),
    };
    let list_condition = list_filter.condition().map_err(|(name, text)| call.errors.invalid(name, &text))?;
    let scope = in_project(call.caller.project_scope());
    let visible = Visibility::default().condition(call.now);
    let condition = Condition::all([scope, filter.into_condition(), visible, list_condition]);
    let fields = list_parameter("fields");
    if one("page").is_some() && one("page_size").is_some() {
        let count = listing::count(call.connection, &condition)?;
        let paging = Paging::read(call.request, Some("page_size"), None, None)?.check(count)?;
        let memories = listing::page(call.connection, &condition, paging.size(), paging.offset())?;
        return Ok(paging.envelope(call.request, count, to_json(&memories, &fields)));
    }
    let limit = match one("limit").map(str::parse::<i64>) {
        None => DEFAULT_PAGE_SIZE,
        Some(Ok(limit)) if limit > MAX_PAGE_SIZE => {
            return Ok(HttpReply::error(StatusCode::BAD_REQUEST, "limit must be <= 200"));
        }
        Some(Ok(limit)) if limit > 0 => limit,
        Some(_) => return Ok(HttpReply::error(StatusCode::BAD_REQUEST, "limit must be a positive integer")),
    };
    let memories = listing::page(call.connection, &condition, limit, 0)?;
    Ok(HttpReply::ok(&to_json(&memories, &fields).into()))
}

/// Lists the memories of one user, agent, app or run, 100 per page.
pub(crate) fn of_entity(call: &mut Call<'_>) -> HandlerResult {
    let column = match call.ids.get("entity_type") {
        "user" => "user_id",
        "agent" => "agent_id",
        "app" => "app_id",
        "run" => "run_id",
        _ => return Ok(HttpReply::error(StatusCode::BAD_REQUEST, "Invalid entity type")),
    };
    let scope = call.caller.project_scope();
    let entity =
        Condition::new(format!("memories.{column} = ?"), [call.ids.get("entity_id").to_owned().into()]);
    let condition = Condition::all([in_project(scope), entity, Visibility::default().condition(call.now)]);
    let count = listing::count(call.connection, &condition)?;
    let paging = Paging::read(call.request, None, None, None)?.check(count)?;
    let mut results = Vec::new();
    for memory in listing::page(call.connection, &condition, paging.size(), paging.offset())? {
        let is_updated = listing::is_updated(call.connection, scope, &memory.memory_id)?;
        results.push(json!({
            "id": memory.memory_id,
            "memory": memory.memory,
            "metadata": memory.metadata,
            "categories": memory.categories,
            "input": memory.input,
            "is_updated": is_updated,
            "created_at": format_timestamp(memory.created_at),
            "updated_at": format_timestamp(memory.updated_at),
        }));
    }
    Ok(paging.envelope(call.request, count, results))
}

fn to_json(memories: &[Memory], fields: &[String]) -> Vec<Value> {
    memories.iter().map(|memory| select_fields(list_item(memory), fields).into()).collect()
}

/// Parameters of a list besides its filter.
struct ListFilter {
    /// First day of creation.
    start_date: Option<String>,
    /// Last day of creation.
    end_date: Option<String>,
    /// Categories, of which a memory must have at least one.
    categories: Vec<String>,
    /// Words that must all be in the text of a memory, ignoring case.
    keywords: Option<String>,
}

impl ListFilter {
    /// Returns the SQL condition. The error is the name of the invalid field and a description.
    fn condition(&self) -> Result<Condition, (&'static str, String)> {
        let words: Vec<Value> =
            self.keywords.iter().flat_map(|keywords| keywords.split_whitespace()).map(icontains).collect();
        let filters = [
            ("start_date", self.start_date.as_ref().map(|day| json!({ "created_at": { "gte": day } }))),
            ("end_date", self.end_date.as_ref().map(|day| json!({ "created_at": { "lte": day } }))),
            ("categories", some(&self.categories).map(|names| json!({ "categories": { "in": names } }))),
            ("keywords", some(&words).map(|words| json!({ "AND": words }))),
        ];
        let present = filters.into_iter().filter_map(|(name, filter)| Some((name, filter?)));
        let read = present.map(|(name, filter)| {
            if name.ends_with("_date") {
                let day = filter.pointer("/created_at/gte").or(filter.pointer("/created_at/lte"));
                day.and_then(Value::as_str)
                    .and_then(TimeRange::parse_date)
                    .ok_or((name, INVALID_DATE.to_owned()))?;
            }
            Filter::parse(&filter).map(Filter::into_condition).map_err(|rejection| (name, rejection.text()))
        });
        read.collect::<Result<Vec<_>, _>>().map(Condition::all)
    }
}

const INVALID_DATE: &str = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";

fn icontains(word: &str) -> Value {
    json!({ "keywords": { "icontains": word } })
}

fn some<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}
