//! The searches of the first two versions (contract 3.5). Decay has no part in them.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::filter::Filter;
use crate::handlers::Call;
use crate::handlers::memories::search::{OWNERS, Search, results};
use crate::protocol::reply::{Answer, Reply};

/// Identifiers stand beside the question.
pub(crate) fn search_v1(call: &mut Call<'_>) -> Answer {
    const NO_OWNER: &str = "At least one of the filters: agent_id, user_id, app_id, run_id is required!";
    let mut form = call.form()?;
    let payload = form.copy();
    let query = form.query();
    let top_k = form.top_k();
    let shown = form.shown();
    let fields = form.texts("fields");
    let categories = form.texts("categories");
    let mut all = Vec::new();
    for owner in OWNERS {
        all.extend(form.take(owner).filter(|id| !id.is_null()).map(|id| json!({ owner: id })));
    }
    let is_scoped = !all.is_empty();
    all.extend(
        categories.filter(|names| !names.is_empty()).map(|names| json!({"categories": {"in": names}})),
    );
    if let Some(Value::Object(metadata)) = form.take("metadata") {
        all.extend(metadata.into_iter().map(|(key, value)| json!({"metadata": {key: value}})));
    }
    let has_relations = form.take("output_format") == Some(json!("v1.1"));
    for ignored in
        ["only_metadata_based_search", "filter_memories", "rerank", "keyword_search", "org_id", "project_id"]
    {
        form.take(ignored);
    }
    if form.has_errors() {
        return Err(form.refusal().into());
    }
    if !is_scoped {
        return Err(Reply::message(StatusCode::BAD_REQUEST, NO_OWNER).into());
    }
    call.rest(&form)?;
    let filters = json!({ "AND": all });
    let search = Search {
        query,
        filter: Filter::read(Some(&filters))?,
        filters,
        shown,
        top_k,
        threshold: 0.1,
        literally: false,
        fields,
        decays: false,
        payload,
    };
    let results = results(call, &search)?;
    Ok(Reply::ok(&if has_relations { json!({"results": results, "relations": []}) } else { results.into() }))
}

/// With filters, and a bare list as its answer.
pub(crate) fn search_v2(call: &mut Call<'_>) -> Answer {
    let mut form = call.form()?;
    let payload = form.copy();
    let query = form.query();
    let top_k = form.top_k();
    let threshold = form.threshold(0.3);
    let shown = form.shown();
    let fields = form.texts("fields");
    let filters = form.take("filters");
    for ignored in
        ["version", "rerank", "keyword_search", "filter_memories", "output_format", "org_id", "project_id"]
    {
        form.take(ignored);
    }
    if form.has_errors() {
        return Err(form.refusal().into());
    }
    call.rest(&form)?;
    let filter = Filter::read_for_search(filters.as_ref(), call.options.known_faults)?;
    let filters = filters.unwrap_or_else(|| Value::Object(Map::new()));
    let search = Search {
        query,
        filters,
        filter,
        shown,
        top_k,
        threshold,
        literally: false,
        fields,
        decays: false,
        payload,
    };
    Ok(Reply::ok(&results(call, &search)?.into()))
}
