//! The searches of the first two versions (contract 3.5). Decay has no part in them.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::filter::Filter;
use crate::handlers::Call;
use crate::handlers::memories::search::{OWNERS, results};
use crate::protocol::reply::{Answer, HttpReply};
use crate::search::query::SearchQuery;
use crate::search::scope;

/// Identifiers stand beside the question.
pub(crate) fn search_v1(call: &mut Call<'_>) -> Answer {
    const NO_OWNER: &str = "At least one of the filters: agent_id, user_id, app_id, run_id is required!";
    let mut body = call.body()?;
    let payload = body.copy();
    let text = body.query();
    let top_k = body.top_k();
    let shown = body.shown();
    let fields = body.texts("fields");
    let categories = body.texts("categories");
    let mut all = Vec::new();
    for owner in OWNERS {
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
        return Err(body.refusal().into());
    }
    if !is_scoped {
        return Err(HttpReply::message(StatusCode::BAD_REQUEST, NO_OWNER).into());
    }
    call.rest(&body)?;
    let filters = json!({ "AND": all });
    let query = SearchQuery {
        project: call.project_scope(),
        text,
        condition: Filter::parse_scoped(Some(&filters))?.into_condition().and(shown.condition(call.now)),
        scope: scope::of(&filters),
        threshold: 0.1,
        top_k,
        is_literal: false,
        has_decay: false,
        fields,
        payload,
    };
    let results = results(call, query)?;
    Ok(HttpReply::ok(&if has_relations {
        json!({"results": results, "relations": []})
    } else {
        results.into()
    }))
}

/// With filters, and a bare list as its answer.
pub(crate) fn search_v2(call: &mut Call<'_>) -> Answer {
    let mut body = call.body()?;
    let payload = body.copy();
    let text = body.query();
    let top_k = body.top_k();
    let threshold = body.threshold(0.3);
    let shown = body.shown();
    let fields = body.texts("fields");
    let filters = body.take("filters");
    for ignored in
        ["version", "rerank", "keyword_search", "filter_memories", "output_format", "org_id", "project_id"]
    {
        body.take(ignored);
    }
    if body.has_errors() {
        return Err(body.refusal().into());
    }
    call.rest(&body)?;
    let filter = Filter::parse_for_search(filters.as_ref(), call.options.known_faults)?;
    let filters = filters.unwrap_or_else(|| Value::Object(Map::new()));
    let query = SearchQuery {
        project: call.project_scope(),
        text,
        condition: filter.into_condition().and(shown.condition(call.now)),
        scope: scope::of(&filters),
        threshold,
        top_k,
        is_literal: false,
        has_decay: false,
        fields,
        payload,
    };
    Ok(HttpReply::ok(&results(call, query)?.into()))
}
