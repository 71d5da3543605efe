//! Searches by versions 1 and 2 of the API, without decay. See `docs/platform-api.md#deprecated-memory-operations`.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::filter::Filter;
use crate::handlers::Call;
use crate::handlers::memories::search::{ENTITY_IDS, run_search};
use crate::protocol::reply::{HandlerResult, HttpReply};
use crate::search::query::SearchQuery;
use crate::search::scope;

/// Searches by version 1 of the API, with entity IDs at the top level.
pub(crate) fn search_v1(call: &mut Call<'_>) -> HandlerResult {
    const ENTITY_REQUIRED: &str =
        "At least one of the filters: agent_id, user_id, app_id, run_id is required!";
    let mut body = call.read_body()?;
    let payload = body.to_value();
    let text = body.query();
    let top_k = body.top_k();
    let visibility = body.visibility();
    let fields = body.texts("fields");
    let categories = body.texts("categories");
    let mut all = Vec::new();
    for owner in ENTITY_IDS {
        all.extend(body.take(owner).filter(|id| !id.is_null()).map(|id| json!({ owner: id })));
    }
    let is_scoped = !all.is_empty();
    all.extend(
        categories.filter(|names| !names.is_empty()).map(|names| json!({"categories": {"in": names}})),
    );
    if let Some(Value::Object(metadata)) = body.take("metadata") {
        all.extend(metadata.into_iter().map(|(key, value)| json!({"metadata": {key: value}})));
    }
    let has_relations = body.take("output_format") == Some(json!("v1.1"));
    for ignored in
        ["only_metadata_based_search", "filter_memories", "rerank", "keyword_search", "org_id", "project_id"]
    {
        body.take(ignored);
    }
    if body.has_errors() {
        return Err(body.error_reply().into());
    }
    if !is_scoped {
        return Err(HttpReply::message(StatusCode::BAD_REQUEST, ENTITY_REQUIRED).into());
    }
    call.check_fields(&body)?;
    let filters = json!({ "AND": all });
    let query = SearchQuery {
        project: call.project_scope(),
        text,
        condition: Filter::parse_scoped(Some(&filters))?.into_condition().and(visibility.condition(call.now)),
        scope: scope::of(&filters),
        threshold: 0.1,
        top_k,
        is_literal: false,
        has_decay: false,
        fields,
        payload,
    };
    let results = run_search(call, query)?;
    Ok(HttpReply::ok(&if has_relations {
        json!({"results": results, "relations": []})
    } else {
        results.into()
    }))
}

/// Searches by version 2 of the API, with filters. The reply is a bare array.
pub(crate) fn search_v2(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let payload = body.to_value();
    let text = body.query();
    let top_k = body.top_k();
    let threshold = body.threshold(0.3);
    let visibility = body.visibility();
    let fields = body.texts("fields");
    let filters = body.take("filters");
    for ignored in
        ["version", "rerank", "keyword_search", "filter_memories", "output_format", "org_id", "project_id"]
    {
        body.take(ignored);
    }
    if body.has_errors() {
        return Err(body.error_reply().into());
    }
    call.check_fields(&body)?;
    let filter = Filter::parse_for_search(filters.as_ref(), call.options.known_faults)?;
    let filters = filters.unwrap_or_else(|| Value::Object(Map::new()));
    let query = SearchQuery {
        project: call.project_scope(),
        text,
        condition: filter.into_condition().and(visibility.condition(call.now)),
        scope: scope::of(&filters),
        threshold,
        top_k,
        is_literal: false,
        has_decay: false,
        fields,
        payload,
    };
    Ok(HttpReply::ok(&run_search(call, query)?.into()))
}
